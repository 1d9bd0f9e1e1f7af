/**
 * Timestamps to versions, and the history of a table.
 *
 * A version's time is its in-commit timestamp where those are enabled, else the
 * modification time of its commit file, moved forward where it does not grow
 * (next = max(own, previous + 1 ms)). A timestamp finds the latest version at or
 * before it; one before the first version or after the last is refused.
 *
 * Source: Delta protocol, "In-Commit Timestamps".
 *
 * @module
 */

import type { CommitInfo, Metadata } from "../actions/action.ts";
import { forEachAction } from "../actions/commit_codec.ts";
import { DeltaError, throwIfAborted } from "../errors.ts";
import { readLogFile } from "../log/commit_file.ts";
import { inCommitTimestampOf } from "../log/core_replay.ts";
import { type CommitEntry, listLog } from "../log/log_listing.ts";
import type { LogListing } from "../log/log_listing.ts";
import { commitPath, type Version } from "../log/log_path.ts";
import { legalRange } from "../log/log_segment.ts";
import { orderedParallel } from "../log/ordered_parallel.ts";
import type { TableContext } from "../store/table_context.ts";
import { loadSnapshot } from "./load_snapshot.ts";

/** A version and its time. */
export interface VersionTime {
  /** The version. */
  readonly version: Version;
  /** Its time, in milliseconds since the epoch. */
  readonly timestamp: number;
}

/** One commit of the history. */
export interface HistoryEntry extends VersionTime {
  /** Provenance; `undefined` where the commit has none. */
  readonly commitInfo: CommitInfo | undefined;
}

/** Options of {@link history}. */
export interface HistoryOptions {
  /** How many commits at most; all by default. */
  readonly limit?: number | undefined;
  /** Cancels the reads. */
  readonly signal?: AbortSignal | undefined;
}

/** How many commits the history reads ahead. */
const PARALLEL_COMMITS = 8;

/** Up to so many in-commit timestamps are all read, which tolerates ones that do not grow; of more a few are. */
const FEW_COMMITS = 256;

/** Bytes in which the first line of a commit, its provenance, is looked for first. */
const HEAD_BYTES = 32 * 1024;

/**
 * The latest version at or before a time.
 *
 * @param timestampMs The time, in milliseconds since the epoch.
 * @throws {DeltaError} `DELTA_TIMESTAMP_OUT_OF_RANGE` with the legal range;
 * what `loadSnapshot` throws.
 */
export async function versionAt(
  context: TableContext,
  timestampMs: number,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Version> {
  const what = `Cannot open ${context.url} as of ${spell(timestampMs)}`;
  if (!Number.isFinite(timestampMs)) throw notATime(context, what);
  const timeline = await readTimeline(context, options.signal);
  const [first, last] = await timeline.ends();
  if (timestampMs < first.timestamp || timestampMs > last.timestamp) {
    throw outOfRange(context, timestampMs, { what, first, last });
  }
  return await timeline.find(timestampMs);
}

/**
 * The first version at or after a time. Before version 0 there was nothing: it
 * is the first one since any earlier time.
 *
 * @param timestampMs The time, in milliseconds since the epoch.
 * @throws {DeltaError} `DELTA_TIMESTAMP_OUT_OF_RANGE` for a time after the last
 * version, or before the first where earlier ones have been cleaned up; what
 * `loadSnapshot` throws.
 */
export async function firstVersionSince(
  context: TableContext,
  timestampMs: number,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Version> {
  const time = Math.ceil(timestampMs);
  const what = `Cannot find the first version of ${context.url} since ` +
    spell(time);
  if (!Number.isFinite(time)) throw notATime(context, what);
  const timeline = await readTimeline(context, options.signal);
  const [first, last] = await timeline.ends();
  const isTooEarly = time < first.timestamp && first.version > 0;
  if (isTooEarly || time > last.timestamp) {
    throw outOfRange(context, time, { what, first, last });
  }
  // Times are whole milliseconds, and grow.
  return time <= first.timestamp
    ? first.version
    : await timeline.find(time - 1) + 1;
}

/**
 * Modification times of commits, ascending by version, made to grow.
 *
 * @param commits Ascending by version.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const commit = (version: number, lastModified: number) => ({
 *   version,
 *   lastModified,
 *   path: "",
 *   size: 1,
 * });
 * const times = commitTimestamps([commit(0, 50), commit(1, 40), commit(2, 90)]);
 * assert.deepEqual(times.map((t) => t.timestamp), [50, 51, 90]);
 * ```
 */
export function commitTimestamps(
  commits: readonly CommitEntry[],
): VersionTime[] {
  let before = -Infinity;
  return commits.map(({ version, lastModified }) => {
    before = Math.max(Math.floor(lastModified), before + 1);
    return { version, timestamp: before };
  });
}

/**
 * The commits that the log still has, newest first; each is read when asked
 * for, some ahead.
 *
 * @throws {DeltaError} What `loadSnapshot` throws; `DELTA_LOG_FILE_CORRUPT`.
 */
export async function* history(
  context: TableContext,
  options: HistoryOptions = {},
): AsyncGenerator<HistoryEntry> {
  const { limit = Infinity, signal } = options;
  const timeline = await readTimeline(context, signal);
  const newest = [...timeline.times].reverse().slice(
    0,
    Number.isFinite(limit) ? Math.max(0, limit) : undefined,
  );
  yield* orderedParallel(newest, PARALLEL_COMMITS, async (time) => {
    throwIfAborted(signal, `Reading the history of ${context.url}`);
    const commitInfo = await readInfo(context, time.version, signal);
    const own = timeline.isInCommit(time.version)
      ? inCommitTimestampOf(commitInfo)
      : undefined;
    return { ...time, timestamp: own ?? time.timestamp, commitInfo };
  });
}

/** When which version was. */
interface Timeline {
  /** Modification times, made to grow, of every commit in the log; ascending. */
  readonly times: readonly VersionTime[];
  /** Whether a version's time is in its commit. */
  isInCommit(version: Version): boolean;
  /** The first and last version that can be rebuilt. */
  ends(): Promise<readonly [VersionTime, VersionTime]>;
  /** The latest version at or before a time between the ends. */
  find(timestampMs: number): Promise<Version>;
}

/** Since when times are in the commits. */
interface Enablement {
  readonly version: Version;
  readonly timestamp: number;
}

async function readTimeline(
  context: TableContext,
  signal: AbortSignal | undefined,
): Promise<Timeline> {
  const [{ metadata, version: latest }, listing] = await Promise.all([
    loadSnapshot(context, { signal }),
    listLog(context, signal ? { signal } : {}),
  ]);
  const enabled = enablementOf(metadata);
  const times = commitTimestamps(listing.commits)
    .filter((t) => t.version <= latest)
    .map((time) => beforeEnablement(time, enabled));
  // Only what can be rebuilt can be travelled to.
  const legal = reachable(times, listing);
  const isInCommit = (version: Version): boolean =>
    enabled !== undefined && version >= enabled.version;
  const timeOf = async (time: VersionTime): Promise<number> => {
    if (!isInCommit(time.version)) return time.timestamp;
    const info = await readInfo(context, time.version, signal);
    return inCommitTimestampOf(info) ?? time.timestamp;
  };
  const timed = async (time: VersionTime): Promise<VersionTime> => ({
    version: time.version,
    timestamp: await timeOf(time),
  });
  return {
    times,
    isInCommit,
    async ends() {
      if (legal.length === 0) throw noTimes(context, latest);
      return [await timed(legal[0]!), await timed(legal.at(-1)!)];
    },
    async find(timestampMs) {
      const split = enabled
        ? legal.findIndex((t) => isInCommit(t.version))
        : -1;
      if (split < 0) return lastAtOrBefore(legal, timestampMs);
      const before = legal.slice(0, split);
      if (before.length > 0 && timestampMs < enabled!.timestamp) {
        return lastAtOrBefore(before, timestampMs);
      }
      const after = legal.slice(split);
      return after.length > FEW_COMMITS
        ? await searchInCommit(after, timestampMs, timeOf)
        : lastAtOrBefore(await growing(after, timeOf), timestampMs);
    },
  };
}

/** In-commit timestamps of all versions, moved forward where a writer broke its word and they do not grow. */
async function growing(
  times: readonly VersionTime[],
  timeOf: (time: VersionTime) => Promise<number>,
): Promise<VersionTime[]> {
  const found: VersionTime[] = [];
  let before = -Infinity;
  const reads = orderedParallel(times, PARALLEL_COMMITS, timeOf);
  for await (const own of reads) {
    before = Math.max(own, before + 1);
    found.push({ version: times[found.length]!.version, timestamp: before });
  }
  return found;
}

/** Binary search over in-commit timestamps, which grow: one commit is read per step. */
async function searchInCommit(
  times: readonly VersionTime[],
  timestampMs: number,
  timeOf: (time: VersionTime) => Promise<number>,
): Promise<Version> {
  let [low, high] = [0, times.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (await timeOf(times[middle]!) <= timestampMs) low = middle;
    else high = middle - 1;
  }
  return times[low]!.version;
}

function lastAtOrBefore(
  times: readonly VersionTime[],
  timestampMs: number,
): Version {
  let found = times[0]!;
  for (const time of times) {
    if (time.timestamp > timestampMs) break;
    found = time;
  }
  return found.version;
}

/** The commits from the first version on that can be rebuilt, without gaps. */
function reachable(
  times: readonly VersionTime[],
  listing: LogListing,
): readonly VersionTime[] {
  const earliest = legalRange(listing)?.earliest ?? 0;
  let start = times.length;
  for (let i = times.length - 1; i >= 0; i--) {
    const follows = i === times.length - 1 ||
      times[i]!.version + 1 === times[i + 1]!.version;
    if (!follows || times[i]!.version < earliest) break;
    start = i;
  }
  return times.slice(start);
}

/**
 * Copying a log gives old commits new modification times. What was committed
 * before in-commit timestamps were enabled is older than the enabling commit.
 */
function beforeEnablement(
  time: VersionTime,
  enabled: Enablement | undefined,
): VersionTime {
  if (!enabled || time.version >= enabled.version) return time;
  const newest = enabled.timestamp - (enabled.version - time.version);
  return time.timestamp <= newest ? time : { ...time, timestamp: newest };
}

function enablementOf(metadata: Metadata): Enablement | undefined {
  const { configuration } = metadata;
  const enabled = configuration["delta.enableInCommitTimestamps"];
  if (enabled?.toLowerCase() !== "true") return undefined;
  const version = configuration["delta.inCommitTimestampEnablementVersion"];
  const time = configuration["delta.inCommitTimestampEnablementTimestamp"];
  // Without them, in-commit timestamps were there from the start.
  if (version === undefined || time === undefined) {
    return { version: 0, timestamp: -Infinity };
  }
  return { version: Number(version), timestamp: Number(time) };
}

/** A commit's provenance; its first line is enough where it stands there, as it should. */
async function readInfo(
  context: TableContext,
  version: Version,
  signal: AbortSignal | undefined,
): Promise<CommitInfo | undefined> {
  const path = commitPath(version);
  const range = { start: 0, end: HEAD_BYTES };
  const head = await context.store.get(path, { range, signal });
  const end = head?.bytes.indexOf(0x0a) ?? -1;
  if (head && end > 0) {
    const info = infoIn(head.bytes.subarray(0, end), path);
    if (info) return info;
  }
  if (!head || head.size === 0) return undefined;
  const bytes = await readLogFile(context, path, { size: head.size, signal });
  return bytes && infoIn(bytes, path);
}

function infoIn(bytes: Uint8Array, path: string): CommitInfo | undefined {
  let info: CommitInfo | undefined;
  forEachAction(bytes, path, (action) => {
    if ("commitInfo" in action) info ??= action.commitInfo;
  });
  return info;
}

/** What cannot be done, and the ends of the history. */
interface Refused {
  readonly what: string;
  readonly first: VersionTime;
  readonly last: VersionTime;
}

function outOfRange(
  context: TableContext,
  timestampMs: number,
  { what, first, last }: Refused,
): DeltaError {
  const range = `${spell(first.timestamp)}, version ${first.version}, to ${
    spell(last.timestamp)
  }, version ${last.version}`;
  return new DeltaError("DELTA_TIMESTAMP_OUT_OF_RANGE", {
    what,
    why: `its history reaches from ${range}`,
    fix: "Ask for a time in that range",
    context: {
      table: context.url,
      timestamp: timestampMs,
      earliest: first.timestamp,
      latest: last.timestamp,
    },
  });
}

function noTimes(context: TableContext, latest: Version): DeltaError {
  return new DeltaError("DELTA_TIMESTAMP_OUT_OF_RANGE", {
    what: `Cannot find a version of ${context.url} by its time`,
    why: `its log has only checkpoints: version ${latest} has no commit file`,
    fix: `Ask for version ${latest} by its number`,
    context: { table: context.url, latest },
  });
}

function notATime(context: TableContext, what: string): DeltaError {
  return new DeltaError("DELTA_INVALID_ARGUMENT", {
    what,
    why: "a time is a number of milliseconds since the epoch",
    fix: "Pass such a number, or a Date's getTime()",
    context: { table: context.url },
  });
}

/** A time in ISO 8601 and in milliseconds; the latter alone outside the calendar of `Date`. */
function spell(timestampMs: number): string {
  const date = new Date(timestampMs);
  return Number.isNaN(date.getTime())
    ? `${timestampMs} ms`
    : `${date.toISOString()} (${timestampMs} ms)`;
}
