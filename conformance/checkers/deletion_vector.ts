/**
 * Deletion vectors for the judge: which rows of a file are gone. Code of its
 * own, not the engine's.
 *
 * Source: Delta protocol, "Deletion Vector Format".
 *
 * @module
 */

import type { JsonObject } from "./replay.ts";

const Z85 =
  "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/** The rows that a deletion vector takes away, or why it cannot be read. */
export function deletedRows(
  dv: JsonObject,
  bytesOf: (path: string) => Uint8Array | undefined,
): ReadonlySet<number> | string {
  const bitmap = whole(() => bitmapOf(dv, bytesOf));
  if (typeof bitmap === "string") return bitmap;
  const rows = whole(() => readBitmap(bitmap));
  const { cardinality } = dv;
  if (typeof rows === "string" || typeof cardinality !== "number") return rows;
  return rows.size === cardinality
    ? rows
    : `a vector that says ${cardinality} rows and has ${rows.size}`;
}

/** The path of the file that a deletion vector is in, if it is in one. */
export function vectorFile(dv: JsonObject | undefined): string | undefined {
  const text = String(dv?.pathOrInlineDv);
  if (dv?.storageType === "u" && text.length >= 20) return vectorPath(text);
  return dv?.storageType === "p" ? text : undefined;
}

/** The bytes of the bitmap, from the log or from their file. */
function bitmapOf(
  dv: JsonObject,
  bytesOf: (path: string) => Uint8Array | undefined,
): Uint8Array | string {
  const text = String(dv.pathOrInlineDv);
  const size = Number(dv.sizeInBytes);
  switch (dv.storageType) {
    case "i":
      return decodeZ85(text).subarray(0, size);
    case "u":
    case "p": {
      const path = vectorFile(dv) ?? text;
      const file = bytesOf(path);
      if (!file) return `its deletion vector ${path} is not there`;
      return whole(() => stored(file, Number(dv.offset ?? 1), size));
    }
    default:
      return `a vector of storage ${dv.storageType}`;
  }
}

/** In a file: its version, then at the offset the length (big-endian), the bitmap, a checksum. */
function stored(
  file: Uint8Array,
  offset: number,
  size: number,
): Uint8Array | string {
  if (file[0] !== 1) return `a file of vectors of version ${file[0]}`;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = view.getInt32(offset);
  if (length !== size) {
    return `a vector of ${length} bytes that the log says has ${size}`;
  }
  const bitmap = file.subarray(offset + 4, offset + 4 + length);
  const wanted = view.getUint32(offset + 4 + length);
  return crc32(bitmap) === wanted ? bitmap : "a vector whose checksum differs";
}

/** What a reading gives, also where the bytes end too soon. */
function whole<T>(read: () => T): T | string {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return "a vector that ends too soon";
    throw error;
  }
}

/** CRC-32 as in ISO 3309, bit by bit. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
  }
  return ~crc >>> 0;
}

function vectorPath(text: string): string {
  const prefix = text.slice(0, text.length - 20);
  const hex = Array.from(
    decodeZ85(text.slice(-20)),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
  const uuid = hex.replace(
    /^(.{8})(.{4})(.{4})(.{4})(.{12})$/,
    "$1-$2-$3-$4-$5",
  );
  return `${prefix === "" ? "" : `${prefix}/`}deletion_vector_${uuid}.bin`;
}

function decodeZ85(text: string): Uint8Array {
  const out = new Uint8Array((text.length / 5) * 4);
  const view = new DataView(out.buffer);
  for (let i = 0; i < text.length; i += 5) {
    let value = 0;
    for (const char of text.slice(i, i + 5)) {
      value = value * 85 + Z85.indexOf(char);
    }
    view.setUint32((i / 5) * 4, value);
  }
  return out;
}

/** A 64-bit roaring bitmap array in its portable form: magic number, count of bitmaps, then key and bitmap each. */
function readBitmap(bytes: Uint8Array): ReadonlySet<number> | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== 1681511377) return "a vector of another kind";
  const rows = new Set<number>();
  const bitmaps = Number(view.getBigUint64(4, true));
  let at = 12;
  for (let i = 0; i < bitmaps; i++) {
    const high = view.getUint32(at, true) * 2 ** 32;
    at = readRoaring(view, at + 4, (low) => rows.add(high + low));
  }
  return rows;
}

const SERIAL_COOKIE = 12347;
const NO_OFFSETS_BELOW = 4;

/** A 32-bit roaring bitmap; answers where it ends. */
function readRoaring(
  view: DataView,
  start: number,
  see: (value: number) => void,
): number {
  const cookie = view.getUint32(start, true);
  const hasRuns = (cookie & 0xffff) === SERIAL_COOKIE;
  let at = start + 4;
  let containers = (cookie >>> 16) + 1;
  const runFlags = at;
  if (hasRuns) at += Math.ceil(containers / 8);
  else {
    containers = view.getUint32(at, true);
    at += 4;
  }
  const keys = at;
  at += containers * 4;
  if (!hasRuns || containers >= NO_OFFSETS_BELOW) at += containers * 4;
  for (let i = 0; i < containers; i++) {
    const key = view.getUint16(keys + i * 4, true) * 65_536;
    const count = view.getUint16(keys + i * 4 + 2, true) + 1;
    const isRun = hasRuns &&
      (view.getUint8(runFlags + (i >> 3)) & (1 << (i & 7))) !== 0;
    at = readContainer(view, at, isRun, count, (low) => see(key + low));
  }
  return at;
}

function readContainer(
  view: DataView,
  start: number,
  isRun: boolean,
  count: number,
  see: (value: number) => void,
): number {
  let at = start;
  if (isRun) {
    const runs = view.getUint16(at, true);
    at += 2;
    for (let r = 0; r < runs; r++, at += 4) {
      const first = view.getUint16(at, true);
      const length = view.getUint16(at + 2, true);
      for (let v = 0; v <= length; v++) see(first + v);
    }
    return at;
  }
  if (count <= 4096) {
    for (let v = 0; v < count; v++, at += 2) see(view.getUint16(at, true));
    return at;
  }
  for (let v = 0; v < 65_536; v++) {
    if (view.getUint8(at + (v >> 3)) & (1 << (v & 7))) see(v);
  }
  return at + 8192;
}
