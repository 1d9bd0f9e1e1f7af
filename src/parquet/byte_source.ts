/**
 * Where a Parquet file's bytes come from: ranges, read whole or not at all.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import type { ObjectStore } from "../store/object_store.ts";

/** Bytes by range; what the Parquet reader reads from. */
export interface ByteSource {
  /** The file's name, for messages. */
  readonly name: string;
  /** Size of the file in bytes. */
  readonly size: number;
  /**
   * Reads the bytes from `start` to `end`, `end` not included: exactly
   * `end - start` of them, or it throws.
   */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Options of {@link objectSource}. */
export interface ObjectSourceOptions {
  /** The size that the log gives; it saves a request, and may be wrong. */
  readonly size?: number | undefined;
  /** The name for messages; the path by default. */
  readonly name?: string | undefined;
  /** Cancels the reads. */
  readonly signal?: AbortSignal | undefined;
}

/** How much of a file's end is read first, to hold the footer of most files. */
export const TAIL_BYTES: number = 64 * 1024;

/** A source over bytes in memory. */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  const own = bytes as Uint8Array<ArrayBuffer>;
  return {
    name,
    size: bytes.byteLength,
    read: (start, end) =>
      Promise.resolve().then(() => {
        if (start < 0 || end > own.byteLength || start > end) {
          throw cut(name, start, end, own.byteLength);
        }
        return own.subarray(start, end);
      }),
  };
}

/**
 * A source over an object of a store. The last 64 KiB are read at once and
 * kept, so that a small file costs one request.
 *
 * @throws {DeltaError} `DELTA_FILE_NOT_FOUND` when there is no such object.
 */
export async function objectSource(
  store: ObjectStore,
  path: string,
  options: ObjectSourceOptions = {},
): Promise<ByteSource> {
  const name = options.name ?? path;
  const { signal } = options;
  const tail = await readTail(store, path, name, options);
  const { size } = tail;
  return {
    name,
    size,
    async read(start, end) {
      if (start < 0 || end > size || start > end) {
        throw cut(name, start, end, size);
      }
      if (start >= tail.start) {
        return tail.bytes.subarray(start - tail.start, end - tail.start);
      }
      const found = await store.get(path, { range: { start, end }, signal });
      if (found === undefined) throw missing(name);
      if (found.bytes.byteLength !== end - start) {
        throw cut(name, start, end, found.size);
      }
      return found.bytes;
    },
  };
}

interface Tail {
  readonly start: number;
  readonly size: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

async function readTail(
  store: ObjectStore,
  path: string,
  name: string,
  options: ObjectSourceOptions,
): Promise<Tail> {
  const { signal } = options;
  const hinted = options.size !== undefined && options.size > 0;
  if (hinted) {
    const tail = await tryTail(store, path, options.size!, signal);
    if (tail !== undefined) return tail;
  }
  // No size, or the log's size is not the object's: ask the store.
  const meta = await store.head(path, { signal });
  if (meta === undefined) throw missing(name);
  if (meta.size === 0) return { start: 0, size: 0, bytes: new Uint8Array(0) };
  const tail = await tryTail(store, path, meta.size, signal);
  if (tail === undefined) throw cut(name, 0, meta.size, meta.size);
  return tail;
}

async function tryTail(
  store: ObjectStore,
  path: string,
  size: number,
  signal: AbortSignal | undefined,
): Promise<Tail | undefined> {
  const start = Math.max(0, size - TAIL_BYTES);
  try {
    const found = await store.get(path, {
      range: { start, end: size },
      signal,
    });
    if (found === undefined) return undefined;
    if (found.size !== size || found.bytes.byteLength !== size - start) {
      return undefined;
    }
    return { start, size, bytes: found.bytes };
  } catch (error) {
    // A range past the end is refused by some stores: the size was wrong.
    if (
      start > 0 && error instanceof DeltaError &&
      error.code === "DELTA_STORE_REJECTED"
    ) return undefined;
    throw error;
  }
}

function missing(name: string): DeltaError {
  return new DeltaError("DELTA_FILE_NOT_FOUND", {
    what: `Cannot read ${name}`,
    why: "the log names it, and the store has no such object",
    fix: "Restore the file, or read an older version that does not need it",
    context: { path: name },
  });
}

function cut(
  name: string,
  start: number,
  end: number,
  size: number,
): DeltaError {
  return new DeltaError("DELTA_DATA_FILE_CORRUPT", {
    what: `Cannot read ${name}`,
    why: `bytes ${start} to ${end} were wanted, and the file has ${size} bytes`,
    fix: "Restore the file from a copy: it is cut or damaged",
    context: { path: name, start, end, size },
  });
}
