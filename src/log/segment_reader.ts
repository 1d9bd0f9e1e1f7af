/**
 * Reads what a log segment holds: the state without files, the live files, the
 * tombstones. Where a checkpoint turns out damaged, an older one or the commits
 * take its place; where nothing can, the damaged file is named. Never a shorter
 * table.
 *
 * Source: Delta protocol, "Action Reconciliation" and "Log Compaction Files".
 *
 * @module
 */

import type {
  Action,
  AddFile,
  CommitInfo,
  RemoveFile,
} from "../actions/action.ts";
import { forEachAction, isBlankCommit } from "../actions/commit_codec.ts";
import { fileKey } from "../actions/file_key.ts";
import { DeltaError } from "../errors.ts";
import type { TableContext } from "../store/table_context.ts";
import {
  readCheckpointCore,
  readCheckpointFiles,
  readCheckpointTombstones,
} from "./checkpoint_reader.ts";
import { readLogFile } from "./commit_file.ts";
import {
  CoreReplay,
  type CoreState,
  inCommitTimestampOf,
  isCore,
} from "./core_replay.ts";
import type { FileBatch } from "./file_batch.ts";
import { listLog } from "./log_listing.ts";
import {
  type LogSegment,
  type ReplayFile,
  replayFiles,
  selectLogSegments,
} from "./log_segment.ts";
import { orderedParallel } from "./ordered_parallel.ts";
import { FileReplay, TombstoneReplay } from "./replay.ts";

/** How many commits are read at once. */
const PARALLEL_COMMITS = 16;

/** Commits of at most so many bytes in all are kept between the core read and the file list. */
const KEPT_BYTES = 8 * 1024 * 1024;

/** Bytes of commits that were read already, by path. */
export type KeptBytes = Map<string, Uint8Array<ArrayBuffer>>;

/** How to read a segment. */
export interface SegmentReadOptions {
  /** Cancels the read. */
  readonly signal?: AbortSignal | undefined;
  /** Bytes of commits from an earlier read; the core read fills it when they are few. */
  readonly kept?: KeptBytes | undefined;
}

/** The state without files, and which files told it. */
export interface SegmentCore extends CoreState {
  /** The segment that was read in the end. */
  readonly segment: LogSegment;
  /** In-commit timestamp of the version, where in-commit timestamps are enabled. */
  readonly inCommitTimestamp: number | undefined;
}

/**
 * Reads the state without files.
 *
 * @throws {DeltaError} `DELTA_LOG_FILE_CORRUPT`, `DELTA_CHECKPOINT_CORRUPT`,
 * `DELTA_VERSIONS_NOT_CONTIGUOUS`, each naming the file; the store's own errors.
 */
export function readCore(
  context: TableContext,
  segment: LogSegment,
  options: SegmentReadOptions = {},
): Promise<SegmentCore> {
  return withFallback(
    context,
    segment,
    options,
    (one, compactions) => coreOf(context, one, compactions, options),
  );
}

/**
 * Reads the live files.
 *
 * @throws {DeltaError} As {@link readCore}.
 */
export function readFiles(
  context: TableContext,
  segment: LogSegment,
  options: SegmentReadOptions = {},
): Promise<readonly FileBatch[]> {
  return withFallback(
    context,
    segment,
    options,
    (one, compactions) => filesOf(context, one, compactions, options),
  );
}

/**
 * Reads the tombstones: every `remove` that no newer action took back.
 *
 * @throws {DeltaError} As {@link readCore}.
 */
export function readTombstones(
  context: TableContext,
  segment: LogSegment,
  options: SegmentReadOptions = {},
): Promise<readonly RemoveFile[]> {
  return withFallback(
    context,
    segment,
    options,
    (one, compactions) => tombstonesOf(context, one, compactions, options),
  );
}

type ReadSegment<T> = (segment: LogSegment, compactions: boolean) => Promise<T>;

/** Tries the segment, then every other way to the same version that a fresh listing offers. */
async function withFallback<T>(
  context: TableContext,
  segment: LogSegment,
  options: SegmentReadOptions,
  read: ReadSegment<T>,
): Promise<T> {
  let failure: unknown;
  try {
    return await withoutDamagedCompactions(context, segment, read);
  } catch (error) {
    if (!isReplaceable(error)) throw error;
    failure = error;
  }
  const tried = new Set([startOf(segment)]);
  for (const other of await otherSegments(context, segment, options)) {
    if (tried.has(startOf(other))) continue;
    tried.add(startOf(other));
    try {
      const value = await withoutDamagedCompactions(context, other, read);
      context.warn(
        `${(failure as DeltaError).message} Read from ${
          startOf(other)
        } instead.`,
      );
      return value;
    } catch (error) {
      if (!isReplaceable(error)) throw error;
    }
  }
  throw failure;
}

/** The ways to a version in a fresh listing; none where the listing has none. */
async function otherSegments(
  context: TableContext,
  segment: LogSegment,
  options: SegmentReadOptions,
): Promise<readonly LogSegment[]> {
  const { signal } = options;
  const listing = await listLog(context, signal ? { signal } : {});
  try {
    return selectLogSegments(context.url, listing, segment.version);
  } catch (error) {
    // The log has nothing to fall back to: the first failure says why.
    if (error instanceof DeltaError) return [];
    throw error;
  }
}

async function withoutDamagedCompactions<T>(
  context: TableContext,
  segment: LogSegment,
  read: ReadSegment<T>,
): Promise<T> {
  if (segment.compactions.length === 0) return await read(segment, false);
  try {
    return await read(segment, true);
  } catch (error) {
    const path = error instanceof DeltaError ? error.context.path : undefined;
    if (!segment.compactions.some((c) => c.path === path)) throw error;
    context.warn(`${(error as DeltaError).message} Read its commits instead.`);
    return await read(segment, false);
  }
}

/** Whether another way to the version may succeed: a checkpoint is damaged, or cleanup took a file under our feet. */
function isReplaceable(error: unknown): boolean {
  return error instanceof DeltaError &&
    (error.code === "DELTA_CHECKPOINT_CORRUPT" ||
      error.code === "DELTA_VERSIONS_NOT_CONTIGUOUS");
}

/** Where a segment starts, in words. */
function startOf(segment: LogSegment): string {
  return segment.checkpoint?.files[0]?.path ?? "the first commit";
}

async function coreOf(
  context: TableContext,
  segment: LogSegment,
  compactions: boolean,
  options: SegmentReadOptions,
): Promise<SegmentCore> {
  const { signal } = options;
  const below = segment.checkpoint &&
    readCheckpointCore(context, segment.checkpoint, signal);
  // Looked at when its turn comes.
  below?.catch(() => {});
  const replay = new CoreReplay();
  const empty = new Set(segment.emptyCommits);
  let info: CommitInfo | undefined;
  for await (
    const file of newestFirst(context, segment, compactions, options)
  ) {
    const { path } = file.file.entry;
    const head = isHead(segment, file.file);
    if (file.file.kind === "commit" && isBlankCommit(file.bytes)) {
      empty.add(file.file.entry.version);
    }
    const core: Action[] = [];
    forEachAction(file.bytes, path, (action) => {
      if (isCore(action)) core.push(action);
      else if (head && "commitInfo" in action) info ??= action.commitInfo;
    });
    replay.visitFile(core);
  }
  if (below) replay.visitFile(await below);
  const state = replay.finish();
  warnOfEmpty(context, segment, empty);
  return {
    ...state,
    segment: { ...segment, emptyCommits: [...empty].sort((a, b) => a - b) },
    inCommitTimestamp: await headTime(context, segment, state, info, signal),
  };
}

async function filesOf(
  context: TableContext,
  segment: LogSegment,
  compactions: boolean,
  options: SegmentReadOptions,
): Promise<readonly FileBatch[]> {
  const replay = new FileReplay();
  for await (
    const file of newestFirst(context, segment, compactions, options)
  ) {
    replay.nextFile();
    forEachAction(
      file.bytes,
      file.file.entry.path,
      (action) => replay.visit(action),
    );
  }
  if (segment.checkpoint) {
    const below = readCheckpointFiles(
      context,
      segment.checkpoint,
      options.signal,
    );
    for await (const batch of below) replay.visitCheckpoint(batch);
  }
  return replay.finish();
}

async function tombstonesOf(
  context: TableContext,
  segment: LogSegment,
  compactions: boolean,
  options: SegmentReadOptions,
): Promise<readonly RemoveFile[]> {
  const replay = new TombstoneReplay();
  for await (
    const file of newestFirst(context, segment, compactions, options)
  ) {
    const actions: Action[] = [];
    forEachAction(file.bytes, file.file.entry.path, (action) => {
      if ("add" in action || "remove" in action) actions.push(action);
    });
    replay.visitFile(actions);
  }
  if (segment.checkpoint) {
    const below = readCheckpointTombstones(
      context,
      segment.checkpoint,
      options.signal,
    );
    for await (const remove of below) replay.visitRemove(remove);
  }
  return replay.finish();
}

interface ReadFile {
  readonly file: ReplayFile;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The JSON files of a segment with their bytes, newest first, some reads ahead. */
async function* newestFirst(
  context: TableContext,
  segment: LogSegment,
  compactions: boolean,
  options: SegmentReadOptions,
): AsyncGenerator<ReadFile> {
  const files = [...replayFiles(segment, compactions)].reverse();
  const total = files.reduce((sum, file) => sum + (file.entry.size ?? 0), 0);
  const kept = total <= KEPT_BYTES ? options.kept : undefined;
  yield* orderedParallel(files, PARALLEL_COMMITS, async (file) => {
    const { path } = file.entry;
    const known = options.kept?.get(path);
    if (known) return { file, bytes: known };
    const bytes = await readReplayFile(context, file, options.signal);
    kept?.set(path, bytes);
    return { file, bytes };
  });
}

async function readReplayFile(
  context: TableContext,
  file: ReplayFile,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const { path, size } = file.entry;
  const bytes = await readLogFile(context, path, { size, signal });
  if (file.kind === "compaction") return checkCompaction(context, path, bytes);
  if (bytes !== undefined) return bytes;
  throw new DeltaError("DELTA_VERSIONS_NOT_CONTIGUOUS", {
    what: `Cannot rebuild a version of ${context.url}`,
    why: `${path} was listed, and it is gone`,
    fix: "Open the table again: log cleanup may have run meanwhile",
    context: { table: context.url, path, missing: file.entry.version },
  });
}

/**
 * Bytes of a compaction that is whole and reconciled as far as anyone can tell.
 * Its commits can always take its place, so doubt is enough to refuse it: it has
 * to end with a line feed, each line has to parse, and nothing may be said twice.
 */
function checkCompaction(
  context: TableContext,
  path: string,
  bytes: Uint8Array<ArrayBuffer> | undefined,
): Uint8Array<ArrayBuffer> {
  const why = bytes === undefined
    ? "the file is gone"
    : bytes.at(-1) !== 0x0a
    ? "the file is cut"
    : whyNotReconciled(bytes, path);
  if (why === undefined) return bytes!;
  throw new DeltaError("DELTA_LOG_FILE_CORRUPT", {
    what: `Cannot read ${path} of ${context.url}`,
    why,
    fix: "Delete the compaction: its commits hold the same",
    context: { table: context.url, path },
  });
}

/** Some writers concatenate commits, newest first: such a file has lost the order of its actions. */
function whyNotReconciled(bytes: Uint8Array, path: string): string | undefined {
  const said = new Set<string>();
  let twice: string | undefined;
  try {
    forEachAction(bytes, path, (action) => {
      const subject = subjectOf(action);
      if (subject === undefined) return;
      if (said.has(subject)) twice ??= subject;
      said.add(subject);
    });
  } catch (error) {
    if (error instanceof DeltaError) return error.details.why;
    throw error;
  }
  return twice === undefined
    ? undefined
    : `it speaks twice of ${twice.replaceAll("\0", " ")}: it is not reconciled`;
}

/** What an action speaks of, where a reconciled file has one action of it at most. */
function subjectOf(action: Action): string | undefined {
  if ("add" in action) return file(action.add);
  if ("remove" in action) return file(action.remove);
  if ("protocol" in action) return "protocol";
  if ("metaData" in action) return "metaData";
  if ("txn" in action) return `txn\0${action.txn.appId}`;
  if ("domainMetadata" in action) {
    return `domain\0${action.domainMetadata.domain}`;
  }
  return undefined;

  function file(named: AddFile | RemoveFile): string {
    return `file\0${fileKey(named.path, named.deletionVector)}`;
  }
}

function isHead(segment: LogSegment, file: ReplayFile): boolean {
  return file.kind === "commit" && file.entry.version === segment.version;
}

/** The in-commit timestamp of the version, read from its commit where a checkpoint or compaction stood for it. */
async function headTime(
  context: TableContext,
  segment: LogSegment,
  state: CoreState,
  info: CommitInfo | undefined,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const enabled = state.metadata?.configuration
    ?.["delta.enableInCommitTimestamps"];
  if (enabled?.toLowerCase() !== "true") return undefined;
  if (info || !segment.head) return inCommitTimestampOf(info);
  const { path, size } = segment.head;
  const bytes = await readLogFile(context, path, { size, signal });
  let found: CommitInfo | undefined;
  if (bytes) {
    forEachAction(bytes, path, (action) => {
      if ("commitInfo" in action) found ??= action.commitInfo;
    });
  }
  return inCommitTimestampOf(found);
}

function warnOfEmpty(
  context: TableContext,
  segment: LogSegment,
  empty: ReadonlySet<number>,
): void {
  for (const version of empty) {
    const entry = segment.commits.find((c) => c.version === version) ??
      segment.head;
    context.warn(
      `${entry?.path} of ${context.url} holds nothing: version ${version} is ` +
        "taken as empty. Nothing will be committed on top of it.",
    );
  }
}
