/**
 * Takes the table back to an earlier version: a new version whose files, schema
 * and properties are exactly those of the earlier one.
 *
 * The protocol never loses a feature by it, in-commit timestamps stay on, column
 * ids are never given out twice, and what applications and domains recorded
 * since stays recorded. Every data file and deletion vector that comes back is
 * looked for first: vacuum may have taken it.
 *
 * @module
 */

import type { AddFile, Metadata, Protocol } from "../actions/action.ts";
import { fileKey } from "../actions/file_key.ts";
import { Transaction } from "../commit/transaction.ts";
import {
  resolveDataPath,
  resolveDeletionVectorPath,
} from "../data/data_path.ts";
import { DeltaError, throwIfAborted } from "../errors.ts";
import { orderedParallel } from "../log/ordered_parallel.ts";
import { upgradedProtocol } from "../protocol/protocol_for.ts";
import { checkWritable } from "../protocol/support.ts";
import {
  featureNamed,
  featuresOf,
  hasFeature,
} from "../protocol/table_feature.ts";
import { tableProperties } from "../protocol/table_property.ts";
import { columnMappingMode, MAX_ID_KEY } from "../schema/column_mapping.ts";
import { eachFile } from "../snapshot/file_set.ts";
import { loadSnapshot } from "../snapshot/load_snapshot.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { versionAt } from "../snapshot/time_travel.ts";
import type { TableContext } from "../store/table_context.ts";
import { removeOf } from "./shared/removes.ts";
import {
  committedResult,
  type MaintenanceResult,
  nothingToDo,
} from "./shared/maintenance_result.ts";
import { checkKnown, type OperationOptions } from "./write_options.ts";

/** Options of {@link restore}: a version or a time, one of them. */
export interface RestoreOptions extends OperationOptions {
  /** The version to go back to. */
  readonly version?: number | undefined;
  /** The time to go back to: the latest version at or before it. */
  readonly timestamp?: Date | number | undefined;
  /** Restores without files that are gone, instead of refusing; false by default. */
  readonly ignoreMissingFiles?: boolean | undefined;
}

/** What {@link restore} did. */
export interface RestoreMetrics {
  /** The version it went back to. */
  readonly restoredVersion: number;
  /** Files that came back. */
  readonly filesRestored: number;
  /** Files that went. */
  readonly filesRemoved: number;
  /** Bytes of the files that came back. */
  readonly bytesRestored: number;
  /** Bytes of the files that went. */
  readonly bytesRemoved: number;
  /** Files left out because they are gone; see `ignoreMissingFiles`. */
  readonly missingFiles: readonly string[];
  /** How long it took, by the host's clock. */
  readonly durationMs: number;
}

/** What became of a restore. */
export type RestoreResult = MaintenanceResult<RestoreMetrics>;

const OPTIONS: readonly (keyof RestoreOptions)[] = [
  "version",
  "timestamp",
  "ignoreMissingFiles",
  "userMetadata",
  "signal",
  "rules",
];
/** Requests under way at a time. */
const PARALLEL = 16;
/** Missing files that an error names. */
const NAMED_FILES = 10;
const TIMES_ON = "delta.enableInCommitTimestamps";
const TIME_KEYS: readonly string[] = [
  TIMES_ON,
  "delta.inCommitTimestampEnablementVersion",
  "delta.inCommitTimestampEnablementTimestamp",
];

/**
 * Restores an earlier version. Any commit that comes in between makes it a
 * conflict: it replaces the whole table.
 *
 * @param context The table.
 * @param base The state to replace.
 * @throws {DeltaError} `DELTA_VERSION_NOT_FOUND`, `DELTA_TIMESTAMP_OUT_OF_RANGE`;
 *   `DELTA_FILE_NOT_FOUND` naming files that vacuum took; `DELTA_CANNOT_MODIFY_APPEND_ONLY`;
 *   conflicts by name.
 */
export async function restore(
  context: TableContext,
  base: Snapshot,
  options: RestoreOptions,
): Promise<RestoreResult> {
  const startedAt = context.host.now();
  const { signal } = options;
  const what = `Cannot restore ${context.url}`;
  checkKnown(options, OPTIONS, what);
  throwIfAborted(signal, `Restoring ${context.url}`);
  checkWritable(base.protocol, base.metadata, base.schema, {
    operation: "restore",
  });
  const target = await targetOf(context, options, what);
  checkClustering(base, target, what);
  const { back: files, gone } = await difference(base, target, signal);
  const back = await withLatestRowIds(base, files, gone, signal);
  const missing = await missingOf(context, back, signal);
  if (missing.size > 0 && !options.ignoreMissingFiles) {
    throw filesAreGone(target, [...missing], what);
  }
  const adds = back.filter((file) => !missing.has(file.path));
  const metadata = restoredMetadata(base, target);
  const protocol = restoredProtocol(base, target, metadata);
  const metrics = (): RestoreMetrics => ({
    restoredVersion: target.version,
    filesRestored: adds.length,
    filesRemoved: gone.length,
    bytesRestored: sizeOf(adds),
    bytesRemoved: sizeOf(gone),
    missingFiles: [...missing],
    durationMs: context.host.now() - startedAt,
  });
  if (adds.length + gone.length === 0 && metadata === base.metadata) {
    return nothingToDo(base, metrics());
  }
  const transaction = begin(context, base, options);
  if (protocol !== base.protocol) transaction.setProtocol(protocol);
  if (metadata !== base.metadata) transaction.setMetadata(metadata);
  const now = context.host.now();
  for (const file of gone) transaction.remove(removeOf(file, now));
  for (const file of adds) transaction.add({ ...file, dataChange: true });
  const live = await base.files(signal);
  const result = await transaction.commit({
    operationMetrics: {
      numRestoredFiles: String(adds.length),
      numRemovedFiles: String(gone.length),
      restoredFilesSize: String(sizeOf(adds)),
      removedFilesSize: String(sizeOf(gone)),
      numOfFilesAfterRestore: String(live.count + adds.length - gone.length),
      tableSizeAfterRestore: String(
        live.sizeInBytes + sizeOf(adds) - sizeOf(gone),
      ),
    },
  });
  return committedResult(result, metrics());
}

function begin(
  context: TableContext,
  base: Snapshot,
  options: RestoreOptions,
): Transaction {
  const { version, timestamp } = options;
  const transaction = new Transaction(context, base, {
    operation: "RESTORE",
    operationParameters: {
      version: version ?? null,
      timestamp: timestamp === undefined
        ? null
        : new Date(timestamp).toISOString(),
    },
    intent: "restore",
    userMetadata: options.userMetadata,
    rules: options.rules,
    signal: options.signal,
  });
  return transaction.readWholeTable();
}

async function targetOf(
  context: TableContext,
  { version, timestamp, signal }: RestoreOptions,
  what: string,
): Promise<Snapshot> {
  if ((version === undefined) === (timestamp === undefined)) {
    throw new DeltaError("DELTA_INVALID_ARGUMENT", {
      what,
      why: version === undefined
        ? "neither version nor timestamp is given"
        : "version and timestamp are both given",
      fix: "Give one of them",
    });
  }
  return await loadSnapshot(context, {
    version: version ?? await versionAt(context, Number(timestamp), { signal }),
    signal,
  });
}

/** Clustering columns are in a domain of Delta's own, which this engine does not write. */
function checkClustering(base: Snapshot, target: Snapshot, what: string): void {
  const domain = "delta.clustering";
  const [now, then] = [base, target].map((snapshot) =>
    snapshot.domains.get(domain)?.configuration
  );
  if (now === then) return;
  throw new DeltaError("DELTA_UNSUPPORTED_OPERATION", {
    what,
    why: `the clustering columns of version ${target.version} are others, ` +
      "and this engine does not change clustering",
    fix: "Restore with Delta Spark, or to a version clustered as now",
    context: { domain },
  });
}

/** Files that come back, and files that go. */
async function difference(
  base: Snapshot,
  target: Snapshot,
  signal: AbortSignal | undefined,
): Promise<{ readonly back: AddFile[]; readonly gone: AddFile[] }> {
  const keyOf = (file: AddFile) => fileKey(file.path, file.deletionVector);
  const live = new Map<string, AddFile>();
  for (const file of eachFile(await base.files(signal))) {
    live.set(keyOf(file), file);
  }
  const back: AddFile[] = [];
  for (const file of eachFile(await target.files(signal))) {
    if (!live.delete(keyOf(file))) back.push(file);
  }
  return { back, gone: [...live.values()] };
}

/**
 * Files that had no row ids yet, with those that they were given since: a file
 * keeps the ids that its path had last.
 */
async function withLatestRowIds(
  base: Snapshot,
  back: readonly AddFile[],
  gone: readonly AddFile[],
  signal: AbortSignal | undefined,
): Promise<AddFile[]> {
  const isTracked = hasFeature(base.protocol, "rowTracking");
  if (!isTracked || back.every((add) => add.baseRowId !== undefined)) {
    return [...back];
  }
  const known = new Map<string, Pick<AddFile, "baseRowId">>();
  for (const file of [...await base.tombstones(signal), ...gone]) {
    const { path, baseRowId, defaultRowCommitVersion } = file;
    if (baseRowId === undefined) continue;
    known.set(fileKey(path), {
      baseRowId,
      ...(defaultRowCommitVersion !== undefined && { defaultRowCommitVersion }),
    });
  }
  return back.map((add) =>
    add.baseRowId === undefined
      ? { ...add, ...known.get(fileKey(add.path)) }
      : add
  );
}

/** The paths, as the log spells them, of files that are not there, or whose deletion vector is not. */
async function missingOf(
  context: TableContext,
  files: readonly AddFile[],
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  const missing = new Set<string>();
  const looks = orderedParallel(files, PARALLEL, async (file) => {
    const places = [await resolveDataPath(context, file.path)];
    const vector = file.deletionVector;
    if (vector && vector.storageType !== "i") {
      places.push(await resolveDeletionVectorPath(context, vector));
    }
    for (const { store, path } of places) {
      if (!await store.head(path, { signal })) return { file, there: false };
    }
    return { file, there: true };
  });
  for await (const { file, there } of looks) {
    if (!there) missing.add(file.path);
  }
  return missing;
}

function filesAreGone(
  target: Snapshot,
  missing: readonly string[],
  what: string,
): DeltaError {
  const named = missing.slice(0, NAMED_FILES).join(", ");
  const more = missing.length - NAMED_FILES;
  return new DeltaError("DELTA_FILE_NOT_FOUND", {
    what: `${what} to version ${target.version}`,
    why: `${missing.length} of its files are gone: ${named}${
      more > 0 ? ` and ${more} more` : ""
    }`,
    fix: "Vacuum deleted them: restore a later version, or give " +
      "ignoreMissingFiles: true to go without their rows",
    context: { version: target.version, paths: missing },
  });
}

/** The metadata as it was; the very object of now where nothing differs. */
function restoredMetadata(base: Snapshot, target: Snapshot): Metadata {
  const now = base.metadata.configuration;
  const configuration: Record<string, string> = {
    ...target.metadata.configuration,
  };
  // Time may not fall back, and an id of a column never means another one.
  if (tableProperties(now).enableInCommitTimestamps) {
    for (const key of TIME_KEYS) {
      if (now[key] === undefined) delete configuration[key];
      else configuration[key] = now[key];
    }
  }
  if (columnMappingMode(configuration) !== "none") {
    const ids = [now, configuration].map((c) => Number(c[MAX_ID_KEY] ?? 0));
    configuration[MAX_ID_KEY] = String(Math.max(...ids));
  }
  const metadata: Metadata = {
    ...target.metadata,
    id: base.metadata.id,
    configuration,
  };
  return isSame(metadata, base.metadata) ? base.metadata : metadata;
}

/** The features of now, and those that the version had beside them. */
function restoredProtocol(
  base: Snapshot,
  target: Snapshot,
  metadata: Metadata,
): Protocol {
  const has = featuresOf(base.protocol);
  const lost = [...featuresOf(target.protocol)].filter((f) => !has.has(f));
  const covered = upgradedProtocol(
    base.protocol,
    target.schema,
    metadata.configuration,
  );
  if (lost.length === 0) return covered;
  const writers = [...new Set([...featuresOf(covered), ...lost])].sort();
  const readers = writers.filter((name) =>
    featureNamed(name)?.kind === "reader-writer"
  );
  return readers.length === 0
    ? { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: writers }
    : {
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: readers,
      writerFeatures: writers,
    };
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  const [x, y] = [a, b] as [Record<string, unknown>, Record<string, unknown>];
  const keys = new Set([...Object.keys(x), ...Object.keys(y)]);
  return [...keys].every((key) => isSame(x[key], y[key]));
}

function sizeOf(files: readonly AddFile[]): number {
  return files.reduce((sum, file) => sum + file.size, 0);
}
