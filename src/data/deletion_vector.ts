/**
 * Deletion vectors: the deleted rows of a data file, inline in the log or in a
 * file of their own, checked before they are believed.
 *
 * Source: Delta protocol, "Deletion Vectors" and "Deletion Vector Format".
 *
 * @module
 */

import { crc32 } from "node:zlib";
import type { DeletionVectorDescriptor } from "../actions/action.ts";
import { DeltaError } from "../errors.ts";
import type { CallOptions } from "../store/object_store.ts";
import type { TableContext } from "../store/table_context.ts";
import { resolveDeletionVectorPath } from "./data_path.ts";
import { RowSet } from "./roaring.ts";
import { decodeZ85, encodeZ85 } from "./z85.ts";

/** The deleted rows of one data file, by their position in it. */
export type DeletedRows = RowSet;

/** First byte of a deletion vector file. */
export const DELETION_VECTOR_FILE_VERSION = 1;

const PORTABLE_MAGIC = 1_681_511_377;
const NATIVE_MAGIC = 1_681_511_376;
// A vector this near to its file's start is read with the version byte.
const WORTH_READING_FROM_START = 4_096;

/**
 * Reads the deleted rows that a descriptor speaks of.
 *
 * @param context The table.
 * @param vector The descriptor, from an `add` or `remove`.
 * @throws {DeltaError} `DELTA_FILE_NOT_FOUND` where its file is missing,
 * `DELTA_DELETION_VECTOR_CORRUPT` where it is cut, damaged or of another size.
 */
export async function loadDeletionVector(
  context: TableContext,
  vector: DeletionVectorDescriptor,
  options: CallOptions = {},
): Promise<DeletedRows> {
  if (vector.storageType === "i") return parseInline(context, vector);
  if (vector.storageType !== "u" && vector.storageType !== "p") {
    throw corrupt(
      context.url,
      `its storage type "${vector.storageType}" is unknown`,
    );
  }
  const { store, path } = await resolveDeletionVectorPath(context, vector);
  const offset = vector.offset ?? 0;
  const start = offset <= WORTH_READING_FROM_START ? 0 : offset;
  const end = offset + 4 + vector.sizeInBytes + 4;
  const found = await store.get(path, { ...options, range: { start, end } });
  const name = `${store.url}/${path}`;
  if (!found) {
    throw new DeltaError("DELTA_FILE_NOT_FOUND", {
      what: `Cannot read the deletion vector ${name}`,
      why: "the store has no such file, but the log names it",
      fix: "Restore the file, or restore the table to an earlier version",
      context: { path: name },
    });
  }
  if (found.bytes.length < end - start) {
    throw corrupt(
      name,
      `the file ends ${end - start - found.bytes.length} bytes too early`,
    );
  }
  if (start === 0 && offset > 0) checkFileVersion(found.bytes[0]!, name);
  const block = checkBlock(found.bytes.subarray(offset - start), vector, name);
  return parseRows(block, vector, name);
}

/**
 * Serialises deleted rows as the log's inline form and the file form both
 * want them: magic number and portable bitmap.
 */
export function serialiseDeletedRows(
  rows: DeletedRows,
): Uint8Array<ArrayBuffer> {
  const bitmap = rows.serialise();
  const bytes = new Uint8Array(4 + bitmap.length);
  new DataView(bytes.buffer).setUint32(0, PORTABLE_MAGIC, true);
  bytes.set(bitmap, 4);
  return bytes;
}

/** A descriptor whose vector stands in the log itself. */
export function inlineDeletionVector(
  rows: DeletedRows,
): DeletionVectorDescriptor {
  const bytes = serialiseDeletedRows(rows);
  return {
    storageType: "i",
    pathOrInlineDv: encodeZ85(bytes),
    sizeInBytes: bytes.length,
    cardinality: rows.size,
  };
}

/** A file of deletion vectors, and where each of them stands in it. */
export interface DeletionVectorFile {
  /** The whole file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** For each set of rows, in order: its place for the descriptor. */
  readonly entries: readonly {
    /** Byte where it starts. */
    readonly offset: number;
    /** Size of its serialised form. */
    readonly sizeInBytes: number;
    /** How many rows it holds. */
    readonly cardinality: number;
  }[];
}

/** Puts deletion vectors into one file: version byte, then size, bitmap and CRC-32 of each. */
export function formatDeletionVectorFile(
  vectors: readonly DeletedRows[],
): DeletionVectorFile {
  const bodies = vectors.map(serialiseDeletedRows);
  const bytes = new Uint8Array(
    bodies.reduce((sum, body) => sum + body.length + 8, 1),
  );
  const view = new DataView(bytes.buffer);
  bytes[0] = DELETION_VECTOR_FILE_VERSION;
  let offset = 1;
  const entries = bodies.map((body, i) => {
    const entry = {
      offset,
      sizeInBytes: body.length,
      cardinality: vectors[i]!.size,
    };
    view.setUint32(offset, body.length);
    bytes.set(body, offset + 4);
    view.setUint32(offset + 4 + body.length, crc32(body));
    offset += body.length + 8;
    return entry;
  });
  return { bytes, entries };
}

function parseInline(
  context: TableContext,
  vector: DeletionVectorDescriptor,
): DeletedRows {
  const name = `an inline deletion vector of ${context.url}`;
  const bytes = decodeZ85(vector.pathOrInlineDv);
  if (!bytes) throw corrupt(name, "it is not valid Z85");
  if (
    bytes.length < vector.sizeInBytes || bytes.length - vector.sizeInBytes > 3
  ) {
    throw corrupt(
      name,
      `it has ${bytes.length} bytes and its size is said to be ${vector.sizeInBytes}`,
    );
  }
  return parseRows(bytes.subarray(0, vector.sizeInBytes), vector, name);
}

function checkFileVersion(version: number, name: string): void {
  if (version === DELETION_VECTOR_FILE_VERSION) return;
  throw corrupt(
    name,
    `its format version is ${version}, not ${DELETION_VECTOR_FILE_VERSION}`,
  );
}

/** The bitmap between its size and its checksum, once both are right. */
function checkBlock(
  bytes: Uint8Array,
  vector: DeletionVectorDescriptor,
  name: string,
): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = view.getUint32(0);
  if (size !== vector.sizeInBytes) {
    throw corrupt(
      name,
      `the file says ${size} bytes at ${vector.offset ?? 0}, ` +
        `the log ${vector.sizeInBytes}`,
    );
  }
  const block = bytes.subarray(4, 4 + size);
  if (crc32(block) !== view.getUint32(4 + size)) {
    throw corrupt(name, "its CRC-32 checksum does not match");
  }
  return block;
}

function parseRows(
  bytes: Uint8Array,
  vector: DeletionVectorDescriptor,
  name: string,
): DeletedRows {
  const rows = parseBitmap(bytes, name);
  if (rows.size !== vector.cardinality) {
    throw corrupt(
      name,
      `it holds ${rows.size} rows and the log says ${vector.cardinality}`,
    );
  }
  return rows;
}

function parseBitmap(bytes: Uint8Array, name: string): DeletedRows {
  if (bytes.length < 4) throw corrupt(name, `it has ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const magic = view.getUint32(0, true);
  const body = bytes.subarray(4);
  try {
    if (magic === PORTABLE_MAGIC) return RowSet.parsePortable(body);
    if (magic === NATIVE_MAGIC) return RowSet.parseNative(body, true);
    if (view.getUint32(0) === NATIVE_MAGIC) {
      return RowSet.parseNative(body, false);
    }
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw corrupt(name, cause.message, cause);
  }
  throw corrupt(name, `its magic number is ${magic}`);
}

function corrupt(name: string, why: string, cause?: unknown): DeltaError {
  return new DeltaError("DELTA_DELETION_VECTOR_CORRUPT", {
    what: `Cannot read the deletion vector ${name}`,
    why,
    fix: "Restore the file, or restore the table to an earlier version",
    context: { path: name },
    cause,
  });
}
