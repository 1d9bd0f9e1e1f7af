/**
 * Writes a version's whole state as a checkpoint, and the hint that names it.
 *
 * A classic checkpoint is one file, and two writers of one version write the
 * same state, so that it does not matter whose stays. A V2 checkpoint keeps its
 * files in one sidecar and is named by a UUID, or now and then as a classic one,
 * so that a reader that knows no V2 finds the protocol that tells it so. The hint
 * is written last, and only when the checkpoint is there.
 *
 * Source: Delta protocol, "Checkpoints", "V2 Spec" and "Last Checkpoint File".
 *
 * @module
 */

import type * as arrow from "apache-arrow";
import type {
  DomainMetadata,
  Metadata,
  Protocol,
  RemoveFile,
  Sidecar,
  Txn,
} from "../actions/action.ts";
import { DeltaError } from "../errors.ts";
import { writeParquet } from "../parquet/parquet_codec.ts";
import {
  columnMappingMode,
  physicalName,
  physicalSchema,
} from "../schema/column_mapping.ts";
import type { StructType } from "../schema/data_type.ts";
import type { PutOutcome } from "../store/object_store.ts";
import type { TableContext } from "../store/table_context.ts";
import {
  CHECKPOINT_BATCH_ROWS,
  type CheckpointLayout,
  checkpointLayout,
} from "./checkpoint_columns.ts";
import type { FileBatch } from "./file_batch.ts";
import type { CheckpointFiles } from "./log_listing.ts";
import {
  checkpointPath,
  LAST_CHECKPOINT_PATH,
  sidecarPath,
  uuidCheckpointPath,
  type Version,
} from "./log_path.ts";
import { type ParsedColumns, parsedColumns } from "./parsed_columns.ts";

/** The state of a version, as a checkpoint holds it. */
export interface CheckpointState {
  /** The version; its commit must be there. */
  readonly version: Version;
  /** Its protocol. */
  readonly protocol: Protocol;
  /** Its metadata. */
  readonly metadata: Metadata;
  /** Its logical schema. */
  readonly schema: StructType;
  /** The newest version of each application. */
  readonly transactions: ReadonlyMap<string, Txn>;
  /** Its domains, removed ones left out. */
  readonly domains: ReadonlyMap<string, DomainMetadata>;
  /** Its live files. */
  readonly files: readonly FileBatch[];
  /** Its tombstones, expired ones too. */
  readonly tombstones: readonly RemoveFile[];
}

/** How a checkpoint is written. */
export interface CheckpointOptions {
  /** `delta.checkpointPolicy`. */
  readonly policy: "classic" | "v2";
  /** Gives a V2 checkpoint the name of a classic one; false by default. */
  readonly classicName?: boolean | undefined;
  /** `delta.checkpoint.writeStatsAsJson`. */
  readonly statsAsJson: boolean;
  /** `delta.checkpoint.writeStatsAsStruct`. */
  readonly statsAsStruct: boolean;
  /** `delta.deletedFileRetentionDuration`: older tombstones are left out. */
  readonly tombstoneRetentionMs: number;
  /** `delta.setTransactionRetentionDuration`: older transactions are left out; `undefined` keeps all. */
  readonly transactionRetentionMs?: number | undefined;
  /** Cancels between requests. */
  readonly signal?: AbortSignal | undefined;
}

/** What was written. */
export interface WrittenCheckpoint {
  /** Its version. */
  readonly version: Version;
  /** The top-level file, as a listing would show it. */
  readonly checkpoint: CheckpointFiles;
  /** Number of actions in it, its sidecars' included. */
  readonly size: number;
  /** Bytes of all its files. */
  readonly sizeInBytes: number;
  /** Number of live files. */
  readonly numOfAddFiles: number;
}

/** Rows per row group: a reader of the small kinds opens only the first. */
const ROW_GROUP_ROWS = 100_000;

/**
 * Writes a checkpoint and then the hint.
 *
 * @throws {DeltaError} `DELTA_STORE_REJECTED`, `DELTA_STORE_UNAVAILABLE`,
 * `DELTA_INTERNAL` when the file written lacks rows (it is then not published).
 */
export async function writeCheckpoint(
  context: TableContext,
  state: CheckpointState,
  options: CheckpointOptions,
): Promise<WrittenCheckpoint> {
  const now = context.host.now();
  const kept = withoutExpired(state, options, now);
  const { signal } = options;
  if (options.policy === "classic") {
    const path = checkpointPath(state.version);
    const layout = layoutOf(kept, options, { core: true, files: true });
    const rows = [coreRows(kept), ...fileRows(kept)];
    const bytes = await encode(path, layout, rows, actionCount(kept));
    await put(context, path, bytes, signal);
    return await writeHint(context, kept, { path, bytes }, 0, options);
  }
  const sidecar = await writeSidecar(context, kept, options, now);
  const path = options.classicName
    ? checkpointPath(state.version)
    : uuidCheckpointPath(state.version, context.host.uuid(), "parquet");
  // The files are in the sidecar, but Spark refuses a top-level file without their columns.
  const layout = layoutOf(
    kept,
    { ...options, statsAsStruct: false },
    { core: true, files: true },
  );
  const sidecars = sidecar ? [sidecar] : [];
  const core = coreRows(kept, sidecars);
  const count = coreCount(kept) + 1 + sidecars.length;
  const bytes = await encode(path, layout, [core], count);
  await put(context, path, bytes, signal);
  const sidecarBytes = sidecar?.sizeInBytes ?? 0;
  return await writeHint(context, kept, { path, bytes }, sidecarBytes, options);

  function coreRows(from: CheckpointState, sidecars: readonly Sidecar[] = []) {
    return (layout: CheckpointLayout): arrow.RecordBatch =>
      layout.coreBatch({
        protocol: from.protocol,
        metadata: from.metadata,
        transactions: [...from.transactions.values()],
        domains: [...from.domains.values()],
        v2Version: from.version,
        sidecars,
      });
  }
}

type Rows = (layout: CheckpointLayout) => arrow.RecordBatch;

/** Live files and tombstones, a batch at a time. */
function fileRows(state: CheckpointState): Rows[] {
  const rows: Rows[] = state.files.map((files) => (layout) =>
    layout.fileBatch(files)
  );
  for (
    let at = 0;
    at < state.tombstones.length;
    at += CHECKPOINT_BATCH_ROWS
  ) {
    const some = state.tombstones.slice(at, at + CHECKPOINT_BATCH_ROWS);
    rows.push((layout) => layout.removeBatch(some));
  }
  return rows;
}

async function writeSidecar(
  context: TableContext,
  state: CheckpointState,
  options: CheckpointOptions,
  now: number,
): Promise<Sidecar | undefined> {
  const layout = layoutOf(state, options, { core: false, files: true });
  const rows = fileRows(state);
  if (rows.length === 0) return undefined;
  const name = `${context.host.uuid()}.parquet`;
  const path = sidecarPath(name);
  const count = fileCount(state) + state.tombstones.length;
  const bytes = await encode(path, layout, rows, count);
  await put(context, path, bytes, options.signal);
  return { path: name, sizeInBytes: bytes.length, modificationTime: now };
}

/** Encodes batches one at a time, and checks that none was lost on the way. */
async function encode(
  path: string,
  layout: CheckpointLayout,
  rows: readonly Rows[],
  count: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const batches = function* (): Generator<arrow.RecordBatch> {
    for (const make of rows) yield make(layout);
  };
  const { bytes, rowCount } = await writeParquet(layout.schema, batches(), {
    codec: "snappy",
    rowGroupRows: ROW_GROUP_ROWS,
  });
  if (rowCount === count) return bytes;
  throw new DeltaError("DELTA_INTERNAL", {
    what: `Cannot write ${path}`,
    why: `${rowCount} of ${count} actions came out of the encoder`,
    fix: "Report this as a defect; the table is unharmed",
  });
}

function layoutOf(
  state: CheckpointState,
  options: CheckpointOptions,
  parts: { readonly core: boolean; readonly files: boolean },
): CheckpointLayout {
  return checkpointLayout({
    ...parts,
    v2: options.policy === "v2",
    statsAsJson: options.statsAsJson,
    parsed: parts.files && options.statsAsStruct ? parsedOf(state) : undefined,
  });
}

function parsedOf(state: CheckpointState): ParsedColumns {
  const mode = columnMappingMode(state.metadata.configuration);
  const partitions = state.metadata.partitionColumns.map((name) => {
    const field = state.schema.fields.find((f) => f.name === name);
    return field && mode !== "none" ? physicalName(field) : name;
  });
  return parsedColumns(physicalSchema(state.schema, mode), partitions);
}

/** The state without what has expired. */
function withoutExpired(
  state: CheckpointState,
  options: CheckpointOptions,
  now: number,
): CheckpointState {
  const oldest = now - options.tombstoneRetentionMs;
  const oldestTxn = options.transactionRetentionMs === undefined
    ? -Infinity
    : now - options.transactionRetentionMs;
  return {
    ...state,
    tombstones: state.tombstones.filter((remove) =>
      (remove.deletionTimestamp ?? 0) > oldest
    ),
    transactions: new Map(
      [...state.transactions].filter(([, txn]) =>
        (txn.lastUpdated ?? Infinity) > oldestTxn
      ),
    ),
  };
}

function fileCount(state: CheckpointState): number {
  return state.files.reduce((sum, files) => sum + files.rows.length, 0);
}

function coreCount(state: CheckpointState): number {
  return 2 + state.transactions.size + state.domains.size;
}

function actionCount(state: CheckpointState): number {
  return coreCount(state) + fileCount(state) + state.tombstones.length;
}

async function writeHint(
  context: TableContext,
  state: CheckpointState,
  top: { readonly path: string; readonly bytes: Uint8Array },
  sidecarBytes: number,
  options: CheckpointOptions,
): Promise<WrittenCheckpoint> {
  const isV2 = options.policy === "v2";
  const written: WrittenCheckpoint = {
    version: state.version,
    checkpoint: {
      version: state.version,
      naming: isV2 && !options.classicName ? "uuid" : "classic",
      format: "parquet",
      files: [{
        path: top.path,
        size: top.bytes.length,
        lastModified: context.host.now(),
      }],
    },
    size: actionCount(state) + (isV2 ? 1 : 0) + (sidecarBytes > 0 ? 1 : 0),
    sizeInBytes: top.bytes.length + sidecarBytes,
    numOfAddFiles: fileCount(state),
  };
  const hint = {
    version: written.version,
    size: written.size,
    sizeInBytes: written.sizeInBytes,
    numOfAddFiles: written.numOfAddFiles,
    ...(isV2
      ? {
        v2Checkpoint: {
          path: top.path.slice(top.path.lastIndexOf("/") + 1),
          sizeInBytes: top.bytes.length,
          modificationTime: context.host.now(),
        },
      }
      : {}),
  };
  const bytes = new TextEncoder().encode(JSON.stringify(hint));
  await put(context, LAST_CHECKPOINT_PATH, bytes, options.signal);
  return written;
}

async function put(
  context: TableContext,
  path: string,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const outcome: PutOutcome = await context.store.put(path, bytes, { signal });
  if (outcome.kind === "written") return;
  throw new DeltaError(
    outcome.kind === "rejected"
      ? "DELTA_STORE_REJECTED"
      : "DELTA_STORE_UNAVAILABLE",
    {
      what: `Cannot write ${path} of ${context.url}`,
      why: outcome.reason,
      fix: "The table is unharmed; a later commit writes a checkpoint again",
      cause: outcome.cause,
      context: { path },
    },
  );
}
