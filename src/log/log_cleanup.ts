/**
 * Deletes what has expired from `_delta_log`.
 *
 * Everything from the cut-off checkpoint on stays: that checkpoint, its commit
 * and all later ones, so that every version from there on can be read. Without
 * such a checkpoint nothing is deleted.
 *
 * Source: Delta protocol, "Metadata Cleanup".
 *
 * @module
 */

import { forEachAction } from "../actions/commit_codec.ts";
import { decodePath } from "../actions/file_key.ts";
import { DeltaError } from "../errors.ts";
import { objectSource } from "../parquet/byte_source.ts";
import { readFooter } from "../parquet/footer.ts";
import { readParquet } from "../parquet/parquet_codec.ts";
import type { ObjectMeta } from "../store/object_store.ts";
import type { TableContext } from "../store/table_context.ts";
import { readCheckpointCore } from "./checkpoint_reader.ts";
import { readLogFile } from "./commit_file.ts";
import {
  type CheckpointFiles,
  type CommitEntry,
  type LogListing,
  sortLog,
} from "./log_listing.ts";
import {
  LOG_FOLDER,
  parseLogFile,
  SIDECAR_FOLDER,
  sidecarPath,
} from "./log_path.ts";
import { childOf, columnOf, plainReader } from "./plain_values.ts";
import { agreedTime, LARGEST_SKEW_MS } from "./store_clock.ts";

/** How the log is cleaned. */
export interface CleanupOptions {
  /** How long commits are kept: `delta.logRetentionDuration`. */
  readonly retentionMs: number;
  /** Cancels between requests. */
  readonly signal?: AbortSignal | undefined;
}

const DAY_MS = 86_400_000;

/** How many objects are deleted per request. */
const BATCH = 1_000;

/** Names of version checksum files: cleaned with their commit. */
const CHECKSUM = /^(\d{20})\.crc$/;

/**
 * Deletes expired commits, checkpoints, checksums, compactions and sidecars.
 *
 * Time is the store's, as the newest file of the log shows it, or the host's
 * where that is earlier. When the two are more than a day apart the store is
 * asked for its time: the table may have been idle. Where that is a day apart
 * as well, a clock is wrong and nothing is deleted.
 *
 * @returns How many files were deleted.
 * @throws {DeltaError} The store's own errors.
 */
export async function cleanLog(
  context: TableContext,
  options: CleanupOptions,
): Promise<number> {
  const { signal } = options;
  const objects: ObjectMeta[] = [];
  const list = context.store.list(`${LOG_FOLDER}/`, { signal });
  for await (const object of list) objects.push(object);
  const now = await timeToCleanBy(context, objects, signal);
  if (now === undefined) return 0;
  const listing = sortLog(objects);
  const cutoff = midnight(now - options.retentionMs);
  const keep = await cutoffCheckpoint(context, listing, cutoff, signal);
  if (!keep) return 0;
  const doomed = expiredFiles(objects, keep.version);
  const sidecars = await expiredSidecars(
    context,
    objects,
    listing.checkpoints.filter((c) => c.version >= keep.version),
    now,
    signal,
  );
  const paths = [...doomed, ...sidecars];
  for (let at = 0; at < paths.length; at += BATCH) {
    await context.store.delete(paths.slice(at, at + BATCH), { signal });
  }
  return paths.length;
}

/** The time that store and host agree on, the earlier of the two; `undefined` where they do not. */
async function timeToCleanBy(
  context: TableContext,
  objects: readonly ObjectMeta[],
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  if (objects.length === 0) return undefined;
  const newest = objects.reduce((max, o) => Math.max(max, o.lastModified), 0);
  const host = context.host.now();
  if (Math.abs(host - newest) <= LARGEST_SKEW_MS) return Math.min(host, newest);
  try {
    const what = `The log of ${context.url} was not cleaned`;
    return await agreedTime(context, what, signal);
  } catch (error) {
    if (!(error instanceof DeltaError) || error.code === "DELTA_ABORTED") {
      throw error;
    }
    context.warn(error.message);
    return undefined;
  }
}

function midnight(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS) * DAY_MS;
}

/**
 * The newest readable checkpoint not newer than the newest commit at or before
 * the cut-off. One that cannot be read is no ground to delete anything on.
 */
async function cutoffCheckpoint(
  context: TableContext,
  listing: LogListing,
  cutoff: number,
  signal: AbortSignal | undefined,
): Promise<CheckpointFiles | undefined> {
  const commit = cutoffCommit(listing.commits, cutoff);
  if (commit === undefined) return undefined;
  const kept = new Set(listing.commits.map((c) => c.version));
  for (const checkpoint of listing.checkpoints) {
    if (checkpoint.version > commit || !kept.has(checkpoint.version)) continue;
    try {
      await readCheckpointCore(context, checkpoint, signal);
      return checkpoint;
    } catch (error) {
      context.warn(
        `The log of ${context.url} was not cleaned up to version ${checkpoint.version}: ${
          error instanceof Error ? error.message : String(error)
        }`,
      );
    }
  }
  return undefined;
}

/** The newest version whose commit, and every one before it, is not newer than the cut-off. */
function cutoffCommit(
  commits: readonly CommitEntry[],
  cutoff: number,
): number | undefined {
  let newest: number | undefined;
  for (const commit of commits) {
    if (commit.lastModified > cutoff) break;
    newest = commit.version;
  }
  return newest;
}

/** Files of the log before a version, and compactions that start at or before it. */
function expiredFiles(
  objects: readonly ObjectMeta[],
  version: number,
): string[] {
  return objects.filter(({ path }) => {
    const name = path.slice(LOG_FOLDER.length + 1);
    const file = parseLogFile(name);
    switch (file.kind) {
      case "commit":
      case "checkpoint":
        return file.version < version;
      case "compaction":
        return file.start <= version;
      case "other": {
        const checksum = CHECKSUM.exec(name);
        return checksum !== null && Number(checksum[1]) < version;
      }
    }
  }).map((object) => object.path);
}

/** Sidecars that no checkpoint left names and that are older than a day; none where one cannot be read. */
async function expiredSidecars(
  context: TableContext,
  objects: readonly ObjectMeta[],
  checkpoints: readonly CheckpointFiles[],
  now: number,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const before = midnight(now) - DAY_MS;
  const old = objects.filter((object) =>
    object.path.startsWith(`${SIDECAR_FOLDER}/`) && object.lastModified < before
  );
  if (old.length === 0) return [];
  const named = new Set<string>();
  try {
    for (const checkpoint of checkpoints) {
      for (const file of checkpoint.files) {
        const paths = checkpoint.format === "json"
          ? await jsonSidecars(context, file, signal)
          : await parquetSidecars(context, file, signal);
        for (const path of paths) named.add(sidecarPath(decodePath(path)));
      }
    }
  } catch (error) {
    context.warn(
      `Sidecars of ${context.url} were not cleaned: ${
        error instanceof Error ? error.message : String(error)
      }`,
    );
    return [];
  }
  return old.map((object) => object.path).filter((path) => !named.has(path));
}

async function jsonSidecars(
  context: TableContext,
  file: ObjectMeta,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const { path, size } = file;
  const bytes = await readLogFile(context, path, { size, signal });
  if (bytes === undefined) throw new Error(`${path} is gone`);
  const paths: string[] = [];
  forEachAction(bytes, path, (action) => {
    if ("sidecar" in action) paths.push(action.sidecar.path);
  });
  return paths;
}

async function parquetSidecars(
  context: TableContext,
  file: ObjectMeta,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const source = await objectSource(context.store, file.path, {
    size: file.size,
    signal,
  });
  const footer = await readFooter(source);
  const has = footer.leaves.some((leaf) => leaf.path[0] === "sidecar");
  if (!has) return [];
  const paths: string[] = [];
  const options = { footer, columns: ["sidecar.path"], signal };
  for await (const { batch } of readParquet(source, options)) {
    const column = columnOf(batch, "sidecar");
    const leaf = column && childOf(column, "path");
    if (!leaf) continue;
    const read = plainReader(leaf);
    for (let row = 0; row < leaf.length; row++) {
      const path = read(row);
      if (typeof path === "string") paths.push(path);
    }
  }
  return paths;
}
