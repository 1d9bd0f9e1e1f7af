/**
 * Reads a commit whole, and creates one if absent, which is the commit point.
 *
 * Source: Delta protocol, "Delta Log Entries" and "Creation of New Log Entries".
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import type { CreateOutcome } from "../store/object_store.ts";
import type { TableContext } from "../store/table_context.ts";
import { commitPath, type Version } from "./log_path.ts";

/** A commit as the store holds it. */
export interface CommitFile {
  /** The version. */
  readonly version: Version;
  /** Path relative to the table. */
  readonly path: string;
  /** All its bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a commit.
 *
 * @returns `undefined` when there is none.
 * @throws {DeltaError} `DELTA_LOG_FILE_CORRUPT` when the store hands out only a
 * part of it; the store's own errors.
 */
export async function readCommit(
  context: TableContext,
  version: Version,
  options: {
    /** Size that a listing showed: fewer bytes are refused. */
    readonly size?: number | undefined;
    /** Cancels the read. */
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<CommitFile | undefined> {
  const path = commitPath(version);
  const bytes = await readLogFile(context, path, options);
  return bytes && { version, path, bytes };
}

/**
 * Creates a commit, or leaves the one that is there as it is. This is the
 * commit point: `created` and the version is part of the table for ever.
 */
export function createCommit(
  context: TableContext,
  version: Version,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<CreateOutcome> {
  return context.store.putIfAbsent(commitPath(version), bytes, { signal });
}

/**
 * Reads a JSON file of the log whole.
 *
 * A body that is shorter than the object is a cut answer, not a shorter
 * commit: it is asked for once more, then refused.
 *
 * @returns `undefined` when there is no such file.
 * @throws {DeltaError} `DELTA_LOG_FILE_CORRUPT` naming the file.
 */
export async function readLogFile(
  context: TableContext,
  path: string,
  options: {
    readonly size?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { signal } = options;
  let seen = 0;
  let wanted = 0;
  for (let attempt = 0; attempt < 2; attempt++) {
    const object = await context.store.get(path, { signal });
    if (object === undefined) return undefined;
    seen = object.bytes.byteLength;
    wanted = Math.max(object.size, options.size ?? 0);
    if (seen >= wanted) return object.bytes;
  }
  throw new DeltaError("DELTA_LOG_FILE_CORRUPT", {
    what: `Cannot read ${path} of ${context.url}`,
    why: `the store handed out ${seen} of its ${wanted} bytes`,
    fix: "Read again; if it stays so, restore the file from a backup",
    context: { table: context.url, path, seen, wanted },
  });
}
