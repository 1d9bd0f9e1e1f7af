/**
 * Which files rebuild one version of the table. Pure: looks at a listing, opens
 * no file.
 *
 * Source: Delta protocol, "Checkpoints", "Log Compaction Files" and "Action
 * Reconciliation".
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import type {
  CheckpointFiles,
  CommitEntry,
  CompactionEntry,
  LogListing,
} from "./log_listing.ts";
import { commitPath, type Version } from "./log_path.ts";

/** The files that rebuild one version of the table, and nothing more. */
export interface LogSegment {
  /** Version the segment rebuilds. */
  readonly version: Version;
  /** Checkpoint to start from; `undefined` when replay starts at commit 0. */
  readonly checkpoint: CheckpointFiles | undefined;
  /** Commits on top: ascending, gapless, ending at `version`. Empty when the checkpoint is the version. */
  readonly commits: readonly CommitEntry[];
  /** Compactions that may stand for some of the commits: ascending, disjoint. */
  readonly compactions: readonly CompactionEntry[];
  /** Versions among the commits and the head whose file is known to hold nothing, no byte or blanks alone: read as empty, never built upon. */
  readonly emptyCommits: readonly Version[];
  /** The commit file of `version` itself, where it is still there: also under a checkpoint. */
  readonly head: CommitEntry | undefined;
}

/** A file to replay: one commit, or a compaction that stands for several. */
export type ReplayFile =
  | { readonly kind: "commit"; readonly entry: CommitEntry }
  | { readonly kind: "compaction"; readonly entry: CompactionEntry };

/**
 * Every way to rebuild a version that the listing offers, best first: from the
 * newest checkpoint at or below it, from older ones, from commit 0.
 *
 * @param table The table, for messages.
 * @param version Version to rebuild; the latest in the listing by default.
 * @returns At least one segment.
 * @throws {DeltaError} `DELTA_VERSION_NOT_FOUND` when the version is beyond the
 * latest or its log is gone, `DELTA_VERSIONS_NOT_CONTIGUOUS` when a commit is
 * missing in between, `DELTA_CHECKPOINT_CORRUPT` when the log starts with a
 * checkpoint that lacks a part, `DELTA_TABLE_NOT_FOUND` when there is nothing.
 */
export function selectLogSegments(
  table: string,
  listing: LogListing,
  version: Version | undefined = listing.latest,
): readonly LogSegment[] {
  if (listing.latest === undefined || version === undefined) {
    throw nothingThere(table, listing);
  }
  if (version > listing.latest) throw noSuchVersion(table, listing, version);
  const segments: LogSegment[] = [];
  for (const checkpoint of listing.checkpoints) {
    if (checkpoint.version > version) continue;
    const segment = segmentFrom(listing, checkpoint, version);
    if (segment) segments.push(segment);
  }
  const whole = segmentFrom(listing, undefined, version);
  if (whole) segments.push(whole);
  if (segments.length === 0) throw unreachable(table, listing, version);
  return segments;
}

/**
 * The best segment of {@link selectLogSegments}.
 *
 * @throws {DeltaError} As {@link selectLogSegments}.
 */
export function selectLogSegment(
  table: string,
  listing: LogListing,
  version?: Version,
): LogSegment {
  return selectLogSegments(table, listing, version)[0]!;
}

/**
 * The files of a segment to replay after its checkpoint, ascending.
 *
 * @param useCompactions Whether compactions may stand for commits.
 */
export function replayFiles(
  segment: LogSegment,
  useCompactions: boolean,
): readonly ReplayFile[] {
  const files: ReplayFile[] = [];
  const byStart = new Map(segment.compactions.map((c) => [c.start, c]));
  let skipTo = -1;
  for (const entry of segment.commits) {
    if (entry.version < skipTo) continue;
    const compaction = useCompactions ? byStart.get(entry.version) : undefined;
    if (compaction) {
      files.push({ kind: "compaction", entry: compaction });
      skipTo = compaction.end + 1;
    } else files.push({ kind: "commit", entry });
  }
  return files;
}

/** The versions that the listing can rebuild, oldest and newest; `undefined` when it holds none. */
export function legalRange(
  listing: LogListing,
): { readonly earliest: Version; readonly latest: Version } | undefined {
  const latest = listing.latest;
  if (latest === undefined) return undefined;
  const oldest = listing.checkpoints.at(-1)?.version ?? Infinity;
  const start = listing.commits[0]?.version === 0 ? 0 : oldest;
  return Number.isFinite(start) ? { earliest: start, latest } : undefined;
}

function segmentFrom(
  listing: LogListing,
  checkpoint: CheckpointFiles | undefined,
  version: Version,
): LogSegment | undefined {
  const first = (checkpoint?.version ?? -1) + 1;
  const commits = listing.commits.filter((c) =>
    c.version >= first && c.version <= version
  );
  if (missingIn(commits, first, version) !== undefined) return undefined;
  const head = listing.commits.find((c) => c.version === version);
  return {
    version,
    checkpoint,
    commits,
    compactions: usableCompactions(listing.compactions, first, version),
    emptyCommits: emptyVersions(head ? [...commits, head] : commits),
    head,
  };
}

function emptyVersions(commits: readonly CommitEntry[]): Version[] {
  const empty = commits.filter((c) => c.size === 0).map((c) => c.version);
  return [...new Set(empty)];
}

/** First version of a range that has no commit. */
function missingIn(
  commits: readonly CommitEntry[],
  first: Version,
  last: Version,
): Version | undefined {
  for (let i = 0; first + i <= last; i++) {
    if (commits[i]?.version !== first + i) return first + i;
  }
  return undefined;
}

/** Greedy: from the left, the longest compaction that starts where the last one ended or later. */
function usableCompactions(
  compactions: readonly CompactionEntry[],
  first: Version,
  last: Version,
): CompactionEntry[] {
  const chosen: CompactionEntry[] = [];
  let next = first;
  for (const compaction of compactions) {
    const { start, end } = compaction;
    if (start < next || end > last || end === start) continue;
    chosen.push(compaction);
    next = end + 1;
  }
  return chosen;
}

function nothingThere(table: string, listing: LogListing): DeltaError {
  const broken = listing.incomplete[0];
  if (broken) return incompleteCheckpoint(table, broken);
  return new DeltaError("DELTA_TABLE_NOT_FOUND", {
    what: `Cannot open ${table}`,
    why: "its _delta_log holds neither a commit nor a checkpoint",
    fix: "Check the location, or create the table first",
    context: { table },
  });
}

function unreachable(
  table: string,
  listing: LogListing,
  version: Version,
): DeltaError {
  const base = listing.checkpoints.find((c) => c.version <= version);
  const first = base ? base.version + 1 : 0;
  const commits = listing.commits.filter((c) =>
    c.version >= first && c.version <= version
  );
  const missing = missingIn(commits, first, version)!;
  // Nothing but later files: cleanup took the start of the log.
  const cleaned = !base && !listing.commits.some((c) => c.version < missing);
  const broken = listing.incomplete.find((c) => c.version <= version);
  if (cleaned && broken) return incompleteCheckpoint(table, broken);
  const later = listing.checkpoints.some((c) => c.version > version);
  if (cleaned && later) return noSuchVersion(table, listing, version);
  return new DeltaError("DELTA_VERSIONS_NOT_CONTIGUOUS", {
    what: `Cannot rebuild version ${version} of ${table}`,
    why: `${commitPath(missing)} is missing, and no checkpoint covers it`,
    fix: "Restore the commit file from a backup, or read another version",
    context: { table, version, missing, path: commitPath(missing) },
  });
}

function noSuchVersion(
  table: string,
  listing: LogListing,
  version: Version,
): DeltaError {
  const range = legalRange(listing);
  return new DeltaError("DELTA_VERSION_NOT_FOUND", {
    what: `Cannot open version ${version} of ${table}`,
    why: range
      ? `its log has versions ${range.earliest} to ${range.latest}`
      : "its log has no version that can be rebuilt",
    fix: "Ask for a version in that range",
    context: { table, version, ...range },
  });
}

function incompleteCheckpoint(
  table: string,
  checkpoint: CheckpointFiles,
): DeltaError {
  const path = checkpoint.files[0]!.path;
  return new DeltaError("DELTA_CHECKPOINT_CORRUPT", {
    what: `Cannot open ${table}`,
    why: `the checkpoint of version ${checkpoint.version} lacks a part ` +
      `(${path} is there), and the commits before it are gone`,
    fix: "Restore the missing part from a backup",
    context: { table, version: checkpoint.version, path },
  });
}
