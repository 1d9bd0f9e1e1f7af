/**
 * Takes a snapshot forward by newer commits: without I/O where the caller has
 * their actions, else with one listing and one GET each.
 *
 * @module
 */

import type { Action, CommitInfo } from "../actions/action.ts";
import { isBlankCommit, parseCommit } from "../actions/commit_codec.ts";
import { DeltaError } from "../errors.ts";
import { readCommit } from "../log/commit_file.ts";
import {
  completeMetadata,
  CoreReplay,
  inCommitTimestampOf,
  isCore,
} from "../log/core_replay.ts";
import {
  type CheckpointFiles,
  type CommitEntry,
  listLog,
  type LogListing,
} from "../log/log_listing.ts";
import { commitPath, type Version } from "../log/log_path.ts";
import type { LogSegment } from "../log/log_segment.ts";
import { orderedParallel } from "../log/ordered_parallel.ts";
import { checkReadable } from "../protocol/support.ts";
import { parseSchema } from "../schema/schema_json.ts";
import type { TableContext } from "../store/table_context.ts";
import { advanceFileSet, type FileSet } from "./file_set.ts";
import { filesFrom, loadSnapshot, tombstonesFrom } from "./load_snapshot.ts";
import {
  FileSource,
  fileSourceOf,
  makeSnapshot,
  type Snapshot,
  type SnapshotState,
  stateOf,
} from "./snapshot.ts";

/** A commit that a snapshot does not have yet. */
export interface NewCommit {
  /** Its version. */
  readonly version: Version;
  /** Its actions. */
  readonly actions: readonly Action[];
  /** When the store wrote it, in milliseconds since the epoch; the caller's clock will do. */
  readonly modificationTime: number;
  /** Size of its file in bytes, where known. */
  readonly size?: number | undefined;
  /** Whether its file holds nothing: read as empty, never built upon. */
  readonly isEmpty?: boolean | undefined;
}

/** Past so many new commits a refresh opens the table anew, from a checkpoint if there is one. */
const MANY_COMMITS = 64;

/** How many new commits a refresh reads at once. */
const PARALLEL_COMMITS = 16;

/** So many file actions are merged into a loaded file set at the latest. */
const MANY_ACTIONS = 4096;

/** File sets not merged yet: what was loaded, and the commits since. */
interface Pending {
  readonly files: FileSet;
  readonly commits: readonly (readonly Action[])[];
  readonly actionCount: number;
}

const pendingOf = new WeakMap<FileSource, Pending>();

/**
 * The snapshot after newer commits; no I/O. A file list that was loaded is
 * kept up to date (merged when next asked for), one that was not stays so.
 *
 * @param commits The versions after `base.version`, ascending and gapless.
 * @throws {DeltaError} `DELTA_UNSUPPORTED_*` when a commit raises the protocol
 * past this engine; `DELTA_INTERNAL` when the versions do not follow.
 */
export function advanceSnapshot(
  context: TableContext,
  base: Snapshot,
  commits: readonly NewCommit[],
): Snapshot {
  if (commits.length === 0) return base;
  checkFollows(context, base, commits);
  const segment = advanceSegment(base.segment, commits);
  const state = advanceState(context, base, segment, commits);
  const pending = advancePending(base, commits);
  const source = pending
    ? new FileSource(() => Promise.resolve().then(() => merge(pending)))
    : filesFrom(context, segment);
  if (pending) pendingOf.set(source, pending);
  return makeSnapshot(state, source, tombstonesFrom(context, segment));
}

/**
 * The newest version of the table, from a snapshot of an older one. One listing
 * from the snapshot's version on; the table is opened anew where the new
 * commits are many or their start is gone.
 *
 * @throws {DeltaError} As `loadSnapshot`.
 */
export async function refreshSnapshot(
  context: TableContext,
  base: Snapshot,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Snapshot> {
  const { signal } = options;
  const newestAt = context.host.now();
  const from = base.version + 1;
  const listing = await listLog(context, signal ? { from, signal } : { from });
  if (listing.latest === undefined) return restamp(base, newestAt);
  if (!canAdvance(base, listing)) return loadSnapshot(context, { signal });
  const commits: NewCommit[] = [];
  const reads = orderedParallel(
    listing.commits,
    PARALLEL_COMMITS,
    (entry) => readNewCommit(context, entry, signal),
  );
  for await (const commit of reads) {
    // Cleanup took it since the listing: only a fresh look helps.
    if (!commit) return loadSnapshot(context, { signal });
    commits.push(commit);
  }
  return restamp(advanceSnapshot(context, base, commits), newestAt);
}

/**
 * The same snapshot, told of a checkpoint that was written at or below its
 * version: commits up to it are no longer needed to rebuild the version.
 */
export function withCheckpoint(
  context: TableContext,
  base: Snapshot,
  checkpoint: CheckpointFiles,
): Snapshot {
  const { version } = checkpoint;
  if (version <= (base.checkpointVersion ?? -1) || version > base.version) {
    return base;
  }
  const after = (v: Version): boolean => v > version;
  const { segment } = base;
  const shorter: LogSegment = {
    ...segment,
    checkpoint,
    commits: segment.commits.filter((c) => after(c.version)),
    compactions: segment.compactions.filter((c) => after(c.start)),
    emptyCommits: segment.emptyCommits.filter((v) =>
      after(v) || v === base.version
    ),
  };
  const state: SnapshotState = {
    ...stateOf(base),
    segment: shorter,
    emptyCommits: shorter.emptyCommits,
    checkpointVersion: version,
  };
  const source = fileSourceOf(base);
  const isThere = source.loaded !== undefined || pendingOf.has(source);
  return makeSnapshot(
    state,
    isThere ? source : filesFrom(context, shorter),
    tombstonesFrom(context, shorter),
  );
}

function canAdvance(base: Snapshot, listing: LogListing): boolean {
  const { commits, latest } = listing;
  if (latest === undefined || commits.length > MANY_COMMITS) return false;
  return commits.every((c, i) => c.version === base.version + 1 + i) &&
    commits.at(-1)?.version === latest;
}

async function readNewCommit(
  context: TableContext,
  entry: CommitEntry,
  signal: AbortSignal | undefined,
): Promise<NewCommit | undefined> {
  const { version, size, lastModified } = entry;
  const file = await readCommit(context, version, { size, signal });
  if (!file) return undefined;
  const isEmpty = isBlankCommit(file.bytes);
  if (isEmpty) {
    context.warn(
      `${file.path} of ${context.url} holds nothing: version ${version} is ` +
        "taken as empty. Nothing will be committed on top of it.",
    );
  }
  return {
    version,
    actions: parseCommit(file.bytes, file.path),
    modificationTime: lastModified,
    size: file.bytes.byteLength,
    isEmpty,
  };
}

/** The same version, known to be the newest at a later time: what was loaded stays loaded. */
function restamp(base: Snapshot, newestAt: number): Snapshot {
  return makeSnapshot(
    { ...stateOf(base), newestAt },
    fileSourceOf(base),
    base.tombstones,
  );
}

function checkFollows(
  context: TableContext,
  base: Snapshot,
  commits: readonly NewCommit[],
): void {
  const wrong = commits.findIndex((c, i) => c.version !== base.version + 1 + i);
  if (wrong < 0) return;
  throw new DeltaError("DELTA_INTERNAL", {
    what: `Cannot advance version ${base.version} of ${context.url}`,
    why: `version ${commits[wrong]!.version} does not follow ${
      base.version + wrong
    }`,
    fix: "Report this as a defect",
    context: { table: context.url, version: commits[wrong]!.version },
  });
}

function advanceSegment(
  segment: LogSegment,
  commits: readonly NewCommit[],
): LogSegment {
  const added = commits.map(({ version, modificationTime, size }) => ({
    version,
    path: commitPath(version),
    size,
    lastModified: modificationTime,
  }));
  const empty = commits.filter((c) => c.isEmpty).map((c) => c.version);
  return {
    ...segment,
    version: added.at(-1)!.version,
    commits: [...segment.commits, ...added],
    emptyCommits: [...segment.emptyCommits, ...empty],
    head: added.at(-1),
  };
}

function advanceState(
  context: TableContext,
  base: Snapshot,
  segment: LogSegment,
  commits: readonly NewCommit[],
): SnapshotState {
  const replay = new CoreReplay();
  for (const commit of [...commits].reverse()) {
    replay.visitFile(commit.actions.filter(isCore));
  }
  replay.visitFile(coreActionsOf(base));
  const core = replay.finish();
  const protocol = core.protocol!;
  const isNewMetadata = core.metadata !== base.metadata;
  const metadata = isNewMetadata
    ? completeMetadata(core.metadata!)
    : base.metadata;
  if (isNewMetadata || protocol !== base.protocol) {
    checkReadable(protocol);
  }
  return {
    version: segment.version,
    protocol,
    metadata,
    schema: isNewMetadata ? parseSchema(metadata.schemaString) : base.schema,
    transactions: core.transactions,
    domains: core.domains,
    inCommitTimestamp: timeOf(metadata.configuration, commits.at(-1)!),
    segment,
    emptyCommits: segment.emptyCommits,
    checkpointVersion: base.checkpointVersion,
    newestAt: context.host.now(),
  };
}

function coreActionsOf(base: Snapshot): Action[] {
  return [
    { protocol: base.protocol },
    { metaData: base.metadata },
    ...[...base.transactions.values()].map((txn) => ({ txn })),
    ...[...base.domains.values()].map((domainMetadata) => ({ domainMetadata })),
  ];
}

function timeOf(
  configuration: Readonly<Record<string, string>>,
  commit: NewCommit,
): number | undefined {
  const enabled = configuration["delta.enableInCommitTimestamps"];
  if (enabled?.toLowerCase() !== "true") return undefined;
  const action = commit.actions.find((a) => "commitInfo" in a) as
    | { readonly commitInfo: CommitInfo }
    | undefined;
  return inCommitTimestampOf(action?.commitInfo);
}

function advancePending(
  base: Snapshot,
  commits: readonly NewCommit[],
): Pending | undefined {
  const source = fileSourceOf(base);
  const before: Pending | undefined = source.loaded
    ? { files: source.loaded, commits: [], actionCount: 0 }
    : pendingOf.get(source);
  if (!before) return undefined;
  const added = commits.map(({ actions }) =>
    actions.filter((a) => "add" in a || "remove" in a)
  );
  const pending: Pending = {
    files: before.files,
    commits: [...before.commits, ...added],
    actionCount: added.reduce((n, a) => n + a.length, before.actionCount),
  };
  const isMany = pending.actionCount > MANY_ACTIONS ||
    pending.commits.length > MANY_COMMITS;
  return isMany
    ? { files: merge(pending), commits: [], actionCount: 0 }
    : pending;
}

function merge(pending: Pending): FileSet {
  return advanceFileSet(pending.files, pending.commits);
}
