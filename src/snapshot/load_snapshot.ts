/**
 * Opens a version of a table: hint and list, select, read, replay, gate.
 *
 * Only what is no file list is read: from a checkpoint the leaves of protocol,
 * metaData, txn and domainMetadata; commits are scanned without keeping their
 * adds. One listing, one GET per commit past the checkpoint.
 *
 * Source: Delta protocol, "Last Checkpoint File" and "Action Reconciliation".
 *
 * @module
 */

import type { Metadata, Protocol, Txn } from "../actions/action.ts";
import { DeltaError, throwIfAborted } from "../errors.ts";
import { completeMetadata } from "../log/core_replay.ts";
import { readLastCheckpoint } from "../log/last_checkpoint.ts";
import {
  type CommitEntry,
  listLog,
  type LogListing,
} from "../log/log_listing.ts";
import { commitPath, type Version } from "../log/log_path.ts";
import { type LogSegment, selectLogSegment } from "../log/log_segment.ts";
import {
  type KeptBytes,
  readCore,
  readFiles,
  readTombstones,
  type SegmentCore,
} from "../log/segment_reader.ts";
import { checkReadable } from "../protocol/support.ts";
import { tableProperties } from "../protocol/table_property.ts";
import { parseSchema } from "../schema/schema_json.ts";
import type { TableContext } from "../store/table_context.ts";
import { fileSetOf } from "./file_set.ts";
import {
  FileSource,
  makeSnapshot,
  type ReadTombstones,
  type Snapshot,
  type SnapshotState,
} from "./snapshot.ts";

/** Options of {@link loadSnapshot}. */
export interface LoadOptions {
  /** Version to open; the latest by default. */
  readonly version?: Version | undefined;
  /** Cancels the opening. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a version of a table.
 *
 * @throws {DeltaError} `DELTA_TABLE_NOT_FOUND`; `DELTA_VERSION_NOT_FOUND` with
 * the legal range; `DELTA_VERSIONS_NOT_CONTIGUOUS`, `DELTA_LOG_FILE_CORRUPT`,
 * `DELTA_CHECKPOINT_CORRUPT`, each naming the file; `DELTA_STATE_RECOVER_ERROR`
 * when protocol or metadata are missing; `DELTA_UNSUPPORTED_*` when the table
 * demands what this engine does not know.
 */
export async function loadSnapshot(
  context: TableContext,
  options: LoadOptions = {},
): Promise<Snapshot> {
  const { version, signal } = options;
  throwIfAborted(signal, `Opening ${context.url}`);
  checkVersion(context, version);
  const openedAt = context.host.now();
  const listing = await findLog(context, version, signal);
  const segment = await selectSegment(context, listing, version, signal);
  const kept: KeptBytes = new Map();
  const core = await readCore(context, segment, { signal, kept });
  const { protocol, metadata } = demand(context, core);
  checkReadable(protocol);
  const state: SnapshotState = {
    version: segment.version,
    protocol,
    metadata,
    schema: parseSchema(metadata.schemaString),
    transactions: unexpired(context, core.transactions, metadata),
    domains: core.domains,
    inCommitTimestamp: core.inCommitTimestamp,
    segment: core.segment,
    emptyCommits: core.segment.emptyCommits,
    checkpointVersion: core.segment.checkpoint?.version,
    newestAt: segment.version === listing.latest ? openedAt : -Infinity,
  };
  return makeSnapshot(
    state,
    filesFrom(context, core.segment, kept),
    tombstonesFrom(context, core.segment),
  );
}

/** The files of a version, to be read from the log. */
export function filesFrom(
  context: TableContext,
  segment: LogSegment,
  kept: KeptBytes = new Map(),
): FileSource {
  return new FileSource(async () => {
    const files = fileSetOf(await readFiles(context, segment, { kept }));
    // In Arrow columns now: the text has served.
    kept.clear();
    return files;
  });
}

/** The tombstones of a version, to be read from the log. */
export function tombstonesFrom(
  context: TableContext,
  segment: LogSegment,
): ReadTombstones {
  return (signal) => readTombstones(context, segment, { signal });
}

/**
 * Lists the log, from the hint's version on where the hint is good for
 * anything, else whole.
 */
async function findLog(
  context: TableContext,
  version: Version | undefined,
  signal: AbortSignal | undefined,
): Promise<LogListing> {
  const hint = await readLastCheckpoint(context, signal);
  const target = version ?? Infinity;
  if (hint && hint.version > 0 && hint.version <= target) {
    const listing = await list(context, hint.version, signal);
    if (listing.checkpoints.some((c) => c.version <= target)) return listing;
  }
  const listing = await list(context, 0, signal);
  // Nothing shown, or less than the hint promises: the listing may be stale.
  const isDoubtful = listing.latest === undefined ||
    (hint !== undefined && hint.version > listing.latest);
  return isDoubtful ? await probe(context, listing, signal) : listing;
}

/** The segment; where the listing began at the hint and falls short, the whole log gets a say. */
async function selectSegment(
  context: TableContext,
  listing: LogListing,
  version: Version | undefined,
  signal: AbortSignal | undefined,
): Promise<LogSegment> {
  try {
    return selectLogSegment(context.url, listing, version);
  } catch (error) {
    if (listing.from === 0) throw error;
    const whole = await list(context, 0, signal);
    return selectLogSegment(context.url, whole, version);
  }
}

function list(
  context: TableContext,
  from: Version,
  signal: AbortSignal | undefined,
): Promise<LogListing> {
  return listLog(context, signal ? { from, signal } : { from });
}

/** Asks for commits after the last one that the listing showed. */
async function probe(
  context: TableContext,
  listing: LogListing,
  signal: AbortSignal | undefined,
): Promise<LogListing> {
  const found: CommitEntry[] = [];
  for (let next = (listing.latest ?? -1) + 1;; next++) {
    const meta = await context.store.head(commitPath(next), { signal });
    if (!meta) break;
    found.push({ version: next, ...meta });
  }
  if (found.length === 0) return listing;
  return {
    ...listing,
    commits: [...listing.commits, ...found],
    latest: found.at(-1)!.version,
  };
}

/**
 * The transactions that the table still remembers. One without a time cannot be
 * told to have expired, and forgetting it could apply its data twice.
 */
function unexpired(
  context: TableContext,
  transactions: ReadonlyMap<string, Txn>,
  metadata: Metadata,
): ReadonlyMap<string, Txn> {
  const key = "delta.setTransactionRetentionDuration";
  if (transactions.size === 0 || !(key in metadata.configuration)) {
    return transactions;
  }
  const kept = tableProperties(metadata.configuration)
    .setTransactionRetentionMs;
  if (kept === undefined) return transactions;
  const oldest = context.host.now() - kept;
  return new Map(
    [...transactions].filter(([, { lastUpdated }]) =>
      lastUpdated === undefined || lastUpdated > oldest
    ),
  );
}

/** The fields of a protocol that the specification knows; others ask nothing of anyone. */
function plainProtocol(protocol: Protocol): Protocol {
  const { minReaderVersion, minWriterVersion } = protocol;
  const { readerFeatures, writerFeatures } = protocol;
  return {
    minReaderVersion,
    minWriterVersion,
    ...(readerFeatures && { readerFeatures }),
    ...(writerFeatures && { writerFeatures }),
  };
}

/** Protocol and metadata, which every version must have. */
function demand(
  context: TableContext,
  core: SegmentCore,
): { readonly protocol: Protocol; readonly metadata: Metadata } {
  const { protocol, metadata } = core;
  if (protocol && metadata) {
    return {
      protocol: plainProtocol(protocol),
      metadata: completeMetadata(metadata),
    };
  }
  const missing = protocol
    ? "metaData"
    : metadata
    ? "protocol"
    : "protocol and no metaData";
  throw new DeltaError("DELTA_STATE_RECOVER_ERROR", {
    what: `Cannot open version ${core.segment.version} of ${context.url}`,
    why: `its log holds no ${missing} action`,
    fix: "Restore the missing files of _delta_log from a backup",
    context: { table: context.url, version: core.segment.version, missing },
  });
}

function checkVersion(
  context: TableContext,
  version: Version | undefined,
): void {
  if (version === undefined) return;
  if (Number.isSafeInteger(version) && version >= 0) return;
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: `Cannot open version ${version} of ${context.url}`,
    why: "a version is an integer from 0",
    fix: "Ask for such a version, or for none to have the latest",
    context: { table: context.url, version },
  });
}
