/**
 * Which files tell what changed from one version to another: read from the
 * commits of the range, checked whole before a row is read.
 *
 * A version with change data files is told by them and nothing else. Any other
 * is told by the files that it adds and removes; a file that is removed and
 * added again with another deletion vector, by the difference of the two.
 *
 * Source: Delta protocol, "Add CDC File" and "Change Data Files".
 *
 * @module
 */

import type {
  Action,
  AddCdcFile,
  AddFile,
  CommitInfo,
  DeletionVectorDescriptor,
  Metadata,
  RemoveFile,
} from "../actions/action.ts";
import { parseCommit } from "../actions/commit_codec.ts";
import { dvUniqueId, fileKey } from "../actions/file_key.ts";
import { DeltaError, throwIfAborted } from "../errors.ts";
import { readCommit } from "../log/commit_file.ts";
import { completeMetadata, inCommitTimestampOf } from "../log/core_replay.ts";
import { listLog } from "../log/log_listing.ts";
import { commitPath } from "../log/log_path.ts";
import { checkReadable } from "../protocol/support.ts";
import { tableProperties } from "../protocol/table_property.ts";
import { parseSchema } from "../schema/schema_json.ts";
import { loadSnapshot } from "../snapshot/load_snapshot.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { commitTimestamps } from "../snapshot/time_travel.ts";
import type { TableContext } from "../store/table_context.ts";
import { incompatibility } from "./shared/read_compatible.ts";

/** A file that tells of changed rows. */
export type ChangeSource =
  /** A change data file: its rows say themselves what became of them. */
  | { readonly kind: "recorded"; readonly file: AddFile }
  /** Every live row of a file came or went. */
  | { readonly kind: "insert" | "delete"; readonly file: AddFile }
  /** A file whose deleted rows became others. */
  | {
    readonly kind: "vectors";
    /** The file, without a vector. */
    readonly file: AddFile;
    /** The rows deleted before. */
    readonly before: DeletionVectorDescriptor | undefined;
    /** The rows deleted after. */
    readonly after: DeletionVectorDescriptor | undefined;
  };

/** What one version changed. */
export interface VersionChanges {
  /** The version. */
  readonly version: number;
  /** Its time, in milliseconds since the epoch. */
  readonly timestamp: number;
  /** Where its changed rows are. */
  readonly sources: readonly ChangeSource[];
}

/** A range of versions, both ends included. */
export interface ChangeRange {
  /** The first version. */
  readonly from: number;
  /** The last one; its schema is the rows'. */
  readonly to: Snapshot;
}

/**
 * Reads what every version of a range changed.
 *
 * @throws {DeltaError} `DELTA_MISSING_CHANGE_DATA` where the feed was off in a
 *   part of the range, or a commit of it is gone;
 *   `DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE` where a schema of the
 *   range is not readable as the last one; what the log has to object.
 */
export async function readChangeRange(
  context: TableContext,
  { from, to }: ChangeRange,
  signal: AbortSignal | undefined,
): Promise<readonly VersionChanges[]> {
  const first = from === to.version
    ? to
    : await loadSnapshot(context, { version: from, signal });
  const times = await timesOf(context, signal);
  let metadata = first.metadata;
  checkMetadata(context, { from, to }, from, metadata);
  const versions: VersionChanges[] = [];
  for (let version = from; version <= to.version; version++) {
    throwIfAborted(signal, `Reading the changes of ${context.url}`);
    const actions = await commitActions(context, { from, to }, version, signal);
    for (const action of actions) {
      if ("protocol" in action) checkReadable(action.protocol);
      if (!("metaData" in action)) continue;
      metadata = completeMetadata(action.metaData);
      checkMetadata(context, { from, to }, version, metadata);
    }
    const { info, sources } = changesOf(
      context,
      version,
      actions,
      metadata.partitionColumns.length > 0,
    );
    const own = tableProperties(metadata.configuration).enableInCommitTimestamps
      ? inCommitTimestampOf(info)
      : undefined;
    const timestamp = own ?? times.get(version) ?? 0;
    versions.push({ version, timestamp, sources });
  }
  return versions;
}

async function timesOf(
  context: TableContext,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, number>> {
  const { commits } = await listLog(context, signal ? { signal } : {});
  return new Map(
    commitTimestamps(commits).map((time) => [time.version, time.timestamp]),
  );
}

async function commitActions(
  context: TableContext,
  range: ChangeRange,
  version: number,
  signal: AbortSignal | undefined,
): Promise<readonly Action[]> {
  const file = await readCommit(context, version, { signal });
  if (file) return parseCommit(file.bytes, file.path);
  throw missing(
    context,
    range,
    version,
    `${commitPath(version)} has been cleaned up`,
    "Begin at a version whose commit is still there",
  );
}

/** The feed is on, and the columns are readable as those of the range's end. */
function checkMetadata(
  context: TableContext,
  range: ChangeRange,
  version: number,
  metadata: Metadata,
): void {
  if (!tableProperties(metadata.configuration).enableChangeDataFeed) {
    throw missing(
      context,
      range,
      version,
      `delta.enableChangeDataFeed is not on at version ${version}`,
      "Ask for versions since it was set to true",
    );
  }
  if (metadata.schemaString === range.to.metadata.schemaString) return;
  const schema = parseSchema(metadata.schemaString);
  const why = incompatibility(schema, range.to.schema);
  if (why === undefined) return;
  throw new DeltaError("DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE", {
    what: doing(context, range),
    why: `the schema of version ${version} is not readable as that of ` +
      `version ${range.to.version}: ${why}`,
    fix: "Read the changes before and after the change of schema apart",
    context: { table: context.url, version, to: range.to.version },
  });
}

interface CommitChanges {
  readonly info: CommitInfo | undefined;
  readonly sources: readonly ChangeSource[];
}

function changesOf(
  context: TableContext,
  version: number,
  actions: readonly Action[],
  isPartitioned: boolean,
): CommitChanges {
  let info: CommitInfo | undefined;
  const recorded: AddCdcFile[] = [];
  const added = new Map<string, AddFile>();
  const removed = new Map<string, RemoveFile>();
  for (const action of actions) {
    if ("commitInfo" in action) info ??= action.commitInfo;
    else if ("cdc" in action) recorded.push(action.cdc);
    else if ("add" in action && action.add.dataChange) {
      added.set(fileKey(action.add.path), action.add);
    } else if ("remove" in action && action.remove.dataChange) {
      removed.set(fileKey(action.remove.path), action.remove);
    }
  }
  if (recorded.length > 0) {
    const sources = recorded.map((cdc): ChangeSource => ({
      kind: "recorded",
      file: { ...cdc, modificationTime: 0 },
    }));
    return { info, sources };
  }
  if (changedNothing(info)) return { info, sources: [] };
  const sources: ChangeSource[] = [];
  for (const [key, add] of added) {
    const remove = removed.get(key);
    if (!remove) sources.push({ kind: "insert", file: add });
    else sources.push(...vectorChange(add, remove));
  }
  for (const [key, remove] of removed) {
    if (added.has(key)) continue;
    const file = fileOf(context, version, remove, isPartitioned);
    sources.push({ kind: "delete", file });
  }
  return { info, sources };
}

/** The same file with other deleted rows; nothing where they are the same. */
function vectorChange(add: AddFile, remove: RemoveFile): ChangeSource[] {
  const { deletionVector: after, stats: _stats, ...file } = add;
  const before = remove.deletionVector;
  const isSame =
    (before && dvUniqueId(before)) === (after && dvUniqueId(after));
  return isSame ? [] : [{ kind: "vectors", file, before, after }];
}

/** A removed file as the add that it takes back. */
function fileOf(
  context: TableContext,
  version: number,
  remove: RemoveFile,
  isPartitioned: boolean,
): AddFile {
  const { path, size, deletionVector } = remove;
  // Without partition columns there is nothing that it could say.
  const partitionValues = remove.partitionValues ??
    (isPartitioned ? undefined : {});
  if (partitionValues) {
    return {
      path,
      partitionValues,
      // 0 is no hint: the store is asked.
      size: size ?? 0,
      modificationTime: 0,
      dataChange: true,
      ...(deletionVector && { deletionVector }),
    };
  }
  throw new DeltaError("DELTA_MISSING_CHANGE_DATA", {
    what: `Cannot read the changes of version ${version} of ${context.url}`,
    why: `it removes ${path} and does not say of which partition`,
    fix: "Leave the version out of the range",
    context: { table: context.url, version, path },
  });
}

const MERGED_ROWS: readonly string[] = [
  "numTargetRowsInserted",
  "numTargetRowsUpdated",
  "numTargetRowsDeleted",
];

/** A merge that changed no row may still have rewritten files; then it says so in its metrics. */
function changedNothing(info: CommitInfo | undefined): boolean {
  return info?.operation === "MERGE" &&
    MERGED_ROWS.every((name) => info.operationMetrics?.[name] === "0");
}

function doing(context: TableContext, { from, to }: ChangeRange): string {
  return `Cannot read the changes of ${context.url} from version ${from} to ${to.version}`;
}

function missing(
  context: TableContext,
  range: ChangeRange,
  version: number,
  why: string,
  fix: string,
): DeltaError {
  return new DeltaError("DELTA_MISSING_CHANGE_DATA", {
    what: doing(context, range),
    why,
    fix,
    context: {
      table: context.url,
      version,
      from: range.from,
      to: range.to.version,
    },
  });
}
