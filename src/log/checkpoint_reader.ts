/**
 * Reads checkpoints: classic, in parts, and V2 in Parquet or JSON with
 * sidecars. Three questions, three reads: the state without files, the live
 * files, the tombstones. Each opens only the columns, row groups and sidecars
 * that it needs.
 *
 * Source: Delta protocol, "Checkpoints", "Checkpoint Schema" and "Sidecar
 * File Information".
 *
 * @module
 */

import * as arrow from "apache-arrow";
import type {
  Action,
  AddFile,
  Metadata,
  RemoveFile,
  Sidecar,
} from "../actions/action.ts";
import { forEachAction } from "../actions/commit_codec.ts";
import { decodePath } from "../actions/file_key.ts";
import { DeltaError } from "../errors.ts";
import { type ByteSource, objectSource } from "../parquet/byte_source.ts";
import {
  type ParquetFooter,
  readFooter,
  type RowGroup,
} from "../parquet/footer.ts";
import { readParquet } from "../parquet/parquet_codec.ts";
import type { ObjectMeta } from "../store/object_store.ts";
import type { TableContext } from "../store/table_context.ts";
import { readLogFile } from "./commit_file.ts";
import { completeMetadata } from "./core_replay.ts";
import {
  BATCH_ROWS,
  FILE_STRUCT,
  type FileBatch,
  FileBatchBuilder,
  liveRows,
} from "./file_batch.ts";
import type { CheckpointFiles } from "./log_listing.ts";
import { sidecarPath } from "./log_path.ts";
import { orderedParallel } from "./ordered_parallel.ts";
import {
  childOf,
  columnOf,
  plainReader,
  validityReader,
} from "./plain_values.ts";

/** How many parts or sidecars are read at once. */
const PARALLEL_FILES = 4;

/** A leaf that every action of a kind has: where it is null, there is no such action. */
const WITNESS: Readonly<Record<string, string>> = {
  protocol: "protocol.minReaderVersion",
  metaData: "metaData.id",
  txn: "txn.appId",
  domainMetadata: "domainMetadata.domain",
  add: "add.path",
  remove: "remove.path",
  sidecar: "sidecar.path",
};

const CORE = ["protocol", "metaData", "txn", "domainMetadata"] as const;

/** An opened Parquet file of a checkpoint. */
interface OpenedFile {
  readonly source: ByteSource;
  readonly footer: ParquetFooter;
}

/**
 * Reads the protocol, metadata, application transactions and metadata domains
 * of a checkpoint; no file list, no sidecar.
 *
 * @throws {DeltaError} `DELTA_CHECKPOINT_CORRUPT` naming the file when one is
 * cut, damaged or gone; the store's own errors.
 */
export async function readCheckpointCore(
  context: TableContext,
  checkpoint: CheckpointFiles,
  signal?: AbortSignal,
): Promise<readonly Action[]> {
  if (checkpoint.format === "json") {
    const actions: Action[] = [];
    await visitJson(context, checkpoint, signal, (action) => {
      if (CORE.some((kind) => kind in action)) actions.push(action);
    });
    return actions;
  }
  const actions: Action[] = [];
  const parts = orderedParallel(
    checkpoint.files,
    PARALLEL_FILES,
    (file) => readCorePart(context, file, signal),
  );
  for await (const part of parts) actions.push(...part);
  return actions;
}

/**
 * Reads the live files of a checkpoint, its sidecars included.
 *
 * @throws {DeltaError} As {@link readCheckpointCore}.
 */
export async function* readCheckpointFiles(
  context: TableContext,
  checkpoint: CheckpointFiles,
  signal?: AbortSignal,
): AsyncGenerator<FileBatch> {
  if (checkpoint.format === "json") {
    const builder = new FileBatchBuilder();
    const sidecars: Sidecar[] = [];
    await visitJson(context, checkpoint, signal, (action) => {
      if ("add" in action) builder.add(action.add);
      else if ("sidecar" in action) sidecars.push(action.sidecar);
    });
    yield* builder.finish();
    yield* everyPart(
      sidecarFiles(sidecars),
      (file) => readFilePart(context, file, signal),
    );
    return;
  }
  const sidecars: Sidecar[] = [];
  yield* everyPart(checkpoint.files, async (file) => {
    const opened = await open(context, file, signal);
    sidecars.push(...await readSidecars(context, opened, signal));
    return readFilePart(context, file, signal, opened);
  });
  yield* everyPart(
    sidecarFiles(sidecars),
    (file) => readFilePart(context, file, signal),
  );
}

/**
 * Reads the tombstones of a checkpoint, its sidecars included.
 *
 * @throws {DeltaError} As {@link readCheckpointCore}.
 */
export async function* readCheckpointTombstones(
  context: TableContext,
  checkpoint: CheckpointFiles,
  signal?: AbortSignal,
): AsyncGenerator<RemoveFile> {
  const sidecars: Sidecar[] = [];
  const readPart = async (file: NamedFile): Promise<RemoveFile[]> => {
    const opened = await open(context, file, signal);
    if (checkpoint.files.some((own) => own.path === file.path)) {
      sidecars.push(...await readSidecars(context, opened, signal));
    }
    return readRemoves(context, opened, signal);
  };
  if (checkpoint.format === "json") {
    const removes: RemoveFile[] = [];
    await visitJson(context, checkpoint, signal, (action) => {
      if ("remove" in action) removes.push(action.remove);
      else if ("sidecar" in action) sidecars.push(action.sidecar);
    });
    yield* removes;
  } else yield* everyPart(checkpoint.files, readPart);
  yield* everyPart(sidecarFiles(sidecars), readPart);
}

/** A file to open, with the size that somebody gave for it. */
interface NamedFile {
  readonly path: string;
  readonly size?: number;
}

async function* everyPart<T>(
  files: readonly NamedFile[],
  read: (file: NamedFile) => Promise<readonly T[]>,
): AsyncGenerator<T> {
  for await (const part of orderedParallel(files, PARALLEL_FILES, read)) {
    yield* part;
  }
}

function sidecarFiles(sidecars: readonly Sidecar[]): NamedFile[] {
  return sidecars.map(({ path, sizeInBytes }) => ({
    path: sidecarPath(decodePath(path)),
    size: sizeInBytes,
  }));
}

async function visitJson(
  context: TableContext,
  checkpoint: CheckpointFiles,
  signal: AbortSignal | undefined,
  visit: (action: Action) => void,
): Promise<void> {
  const { path, size } = checkpoint.files[0]!;
  await blaming(context, path, async () => {
    const bytes = await readLogFile(context, path, { size, signal });
    if (bytes === undefined) throw gone(context, path);
    let whole = false;
    forEachAction(bytes, path, (action) => {
      whole ||= "checkpointMetadata" in action;
      visit(action);
    });
    if (!whole) throw corrupt(context, path, "it has no checkpointMetadata");
  });
}

function open(
  context: TableContext,
  file: NamedFile,
  signal: AbortSignal | undefined,
): Promise<OpenedFile> {
  return blaming(context, file.path, async () => {
    const source = await objectSource(context.store, file.path, {
      size: file.size,
      signal,
    });
    return { source, footer: await readFooter(source) };
  });
}

async function readCorePart(
  context: TableContext,
  file: ObjectMeta,
  signal: AbortSignal | undefined,
): Promise<Action[]> {
  const opened = await open(context, file, signal);
  const actions: Action[] = [];
  const batches = readKinds(context, opened, CORE, CORE, signal);
  for await (const batch of batches) {
    for (const kind of CORE) {
      for (const value of structsOf(batch, kind)) {
        actions.push({ [kind]: complete(kind, value) } as unknown as Action);
      }
    }
  }
  return actions;
}

function complete(kind: typeof CORE[number], value: object): object {
  return kind === "metaData" ? completeMetadata(value as Metadata) : value;
}

async function readSidecars(
  context: TableContext,
  opened: OpenedFile,
  signal: AbortSignal | undefined,
): Promise<Sidecar[]> {
  const sidecars: Sidecar[] = [];
  const kinds = ["sidecar"];
  for await (const batch of readKinds(context, opened, kinds, kinds, signal)) {
    sidecars.push(...structsOf(batch, "sidecar") as Generator<Sidecar>);
  }
  return sidecars;
}

async function readRemoves(
  context: TableContext,
  opened: OpenedFile,
  signal: AbortSignal | undefined,
): Promise<RemoveFile[]> {
  const removes: RemoveFile[] = [];
  const kinds = ["remove"];
  for await (const batch of readKinds(context, opened, kinds, kinds, signal)) {
    for (const value of structsOf(batch, "remove")) {
      const remove = { dataChange: false, ...value } as RemoveFile;
      removes.push(withoutEmptyVector(remove));
    }
  }
  return removes;
}

async function readFilePart(
  context: TableContext,
  file: NamedFile,
  signal: AbortSignal | undefined,
  opened?: OpenedFile,
): Promise<FileBatch[]> {
  const own = opened ?? await open(context, file, signal);
  const columns = addColumns(own.footer);
  const batches: FileBatch[] = [];
  const read = readKinds(context, own, ["add"], columns, signal);
  for await (const batch of read) {
    const add = columnOf(batch, "add");
    if (add) batches.push(addBatch(add));
  }
  return batches.filter((batch) => batch.rows.length > 0);
}

/** The children of the `add` column as a batch of their own, and the rows that hold one. */
function addBatch(add: arrow.Data): FileBatch {
  const fields = (add.type as arrow.Struct).children;
  const path = childOf(add, "path");
  const hasAdd = validityReader(add);
  const hasPath = path ? validityReader(path) : () => false;
  const batch = new arrow.RecordBatch(
    new arrow.Schema(fields),
    arrow.makeData({
      type: new arrow.Struct(fields),
      length: add.length,
      nullCount: 0,
      children: [...add.children],
    }),
  );
  const rows = liveRows(add.length, (row) => !hasAdd(row) || !hasPath(row));
  return { batch, rows };
}

/** The leaves of `add` to read: statistics as text where there are any, else as a struct. */
function addColumns(footer: ParquetFooter): string[] {
  const there = new Set(
    footer.leaves.filter(({ path }) => path[0] === "add").map(({ path }) =>
      path[1]!
    ),
  );
  const columns = FILE_STRUCT.fields.map((field) => field.name)
    .filter((name) => there.has(name));
  if (there.has("stats_parsed") && mayLackText(footer)) {
    columns.push("stats_parsed");
  }
  return columns.map((name) => `add.${name}`);
}

/** Whether some file may have no statistics as text. */
function mayLackText(footer: ParquetFooter): boolean {
  return footer.rowGroups.some((group) => {
    const path = nullsIn(group, "add.path");
    const stats = nullsIn(group, "add.stats");
    return path === undefined || stats === undefined || stats > path;
  });
}

/** The row groups that may hold some kinds of action, by what their statistics count. */
function rowGroupsWith(
  footer: ParquetFooter,
  kinds: readonly string[],
): number[] {
  const mayHold = (group: RowGroup, kind: string): boolean => {
    const nulls = nullsIn(group, WITNESS[kind]!);
    return nulls === undefined || nulls < group.rowCount;
  };
  return [...footer.rowGroups.entries()]
    .filter(([, group]) =>
      group.rowCount > 0 && kinds.some((kind) => mayHold(group, kind))
    )
    .map(([index]) => index);
}

/** How many rows of a row group hold no value of a leaf; `undefined` where nobody counted. */
function nullsIn(group: RowGroup, leaf: string): number | undefined {
  const chunk = group.columns.find(({ path }) => path.join(".") === leaf);
  return chunk?.statistics?.nullCount;
}

/**
 * Reads the rows that may hold some kinds of action, some columns of them. A
 * row group whose statistics show that it holds none is not opened.
 */
async function* readKinds(
  context: TableContext,
  { source, footer }: OpenedFile,
  kinds: readonly string[],
  columns: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<arrow.RecordBatch> {
  const roots = new Set(footer.leaves.map(({ path }) => path[0]!));
  const known = kinds.filter((kind) => roots.has(kind));
  if (known.length === 0) return;
  const rowGroups = rowGroupsWith(footer, known);
  if (rowGroups.length === 0) return;
  const wanted = columns.filter((column) => roots.has(column.split(".")[0]!));
  const batches = readParquet(source, {
    footer,
    columns: wanted,
    rowGroups,
    batchRows: BATCH_ROWS,
    ...(signal && { signal }),
  });
  const iterator = batches[Symbol.asyncIterator]();
  for (;;) {
    const next = await blaming(context, source.name, () => iterator.next());
    if (next.done) return;
    yield next.value.batch;
  }
}

/** Every non-null struct of a column, as a plain object. */
function* structsOf(
  batch: arrow.RecordBatch,
  name: string,
): Generator<object> {
  const data = columnOf(batch, name);
  if (!data) return;
  const isValid = validityReader(data);
  const witness = childOf(data, WITNESS[name]!.split(".")[1]!);
  const hasWitness = witness ? validityReader(witness) : () => false;
  const read = plainReader(data);
  for (let row = 0; row < data.length; row++) {
    if (isValid(row) && hasWitness(row)) yield read(row) as object;
  }
}

function withoutEmptyVector(remove: RemoveFile): RemoveFile {
  const vector = remove.deletionVector as
    | Partial<
      NonNullable<AddFile["deletionVector"]>
    >
    | undefined;
  if (!vector || vector.storageType !== undefined) return remove;
  const { deletionVector: _, ...rest } = remove;
  return rest;
}

/** Runs a read of a checkpoint's file; what damages or hides the file becomes `DELTA_CHECKPOINT_CORRUPT`. */
async function blaming<T>(
  context: TableContext,
  path: string,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof DeltaError) || !DAMAGE.has(error.code)) throw error;
    if (error.code === "DELTA_CHECKPOINT_CORRUPT") throw error;
    throw corrupt(context, path, error.details.why, error);
  }
}

const DAMAGE: ReadonlySet<string> = new Set([
  "DELTA_CHECKPOINT_CORRUPT",
  "DELTA_DATA_FILE_CORRUPT",
  "DELTA_FILE_NOT_FOUND",
  "DELTA_LOG_FILE_CORRUPT",
]);

function gone(context: TableContext, path: string): DeltaError {
  return corrupt(context, path, "the file is not there");
}

function corrupt(
  context: TableContext,
  path: string,
  why: string,
  cause?: unknown,
): DeltaError {
  return new DeltaError("DELTA_CHECKPOINT_CORRUPT", {
    what: `Cannot read the checkpoint file ${path} of ${context.url}`,
    why,
    fix: "Restore the file from a backup, or delete the checkpoint if the " +
      "commits before it are still there",
    context: { table: context.url, path },
    cause,
  });
}
