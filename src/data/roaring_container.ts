/**
 * Containers of a Roaring bitmap, in memory and on the wire.
 *
 * Source: the Roaring format specification.
 *
 * @module
 */

/** One container in memory: sorted low halves, or a bitmap of 65,536 bits. */
export type Container = Uint16Array | Uint32Array;

/** Rows of a container. */
export const CONTAINER_ROWS = 65_536;
/** Containers of a bucket. */
export const KEYS_PER_BUCKET = 65_536;

const BITMAP_BYTES = 8_192;
const LONGEST_LIST = 4_096;
const COOKIE_WITH_RUNS = 12_347;
const COOKIE = 12_346;
const OFFSETS_FROM = 4;

/** How many rows a container holds. */
export function sizeOf(container: Container): number {
  if (container instanceof Uint16Array) return container.length;
  let size = 0;
  for (let word of container) {
    word -= word >>> 1 & 0x5555_5555;
    word = (word & 0x3333_3333) + (word >>> 2 & 0x3333_3333);
    size += Math.imul(word + (word >>> 4) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
  }
  return size;
}

/** First index whose value is at least `low`. */
export function indexFrom(list: Uint16Array, low: number): number {
  let [from, to] = [0, list.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (list[middle]! < low) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** A sorted list, duplicates allowed, as the smaller of list and bitmap. */
export function packList(sorted: Uint16Array): Container {
  const distinct = sorted.filter((low, i) => i === 0 || low !== sorted[i - 1]);
  return distinct.length <= LONGEST_LIST ? distinct : bitmapOf(distinct);
}

/** The container as a bitmap. */
export function bitmapOf(container: Container): Uint32Array {
  if (container instanceof Uint32Array) return container;
  const bits = new Uint32Array(BITMAP_BYTES / 4);
  for (const low of container) bits[low >>> 5]! |= 1 << (low & 31);
  return bits;
}

/** The container as a sorted list. */
export function unpack(container: Container): Uint16Array {
  if (container instanceof Uint16Array) return container;
  const list = new Uint16Array(sizeOf(container));
  let at = 0;
  for (let low = 0; low < CONTAINER_ROWS; low++) {
    if (container[low >>> 5]! >>> (low & 31) & 1) list[at++] = low;
  }
  return list;
}

/** The rows of both. */
export function either(a: Container, b: Container): Container {
  const bits = bitmapOf(a).slice();
  const other = bitmapOf(b);
  for (let i = 0; i < bits.length; i++) bits[i]! |= other[i]!;
  return sizeOf(bits) <= LONGEST_LIST ? unpack(bits) : bits;
}

/** A walk over bytes, little-endian unless told, that never reads past their end. */
export class ByteWalk {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  #at = 0;

  /** Starts at the first byte. */
  constructor(bytes: Uint8Array, littleEndian = true) {
    this.#bytes = bytes;
    this.#littleEndian = littleEndian;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** The next bytes. */
  take(count: number): Uint8Array {
    const start = this.#at;
    if (start + count > this.#bytes.length) {
      throw new RangeError(
        `the bitmap is cut: ${this.#bytes.length} bytes, ` +
          `${start + count} wanted`,
      );
    }
    this.#at += count;
    return this.#bytes.subarray(start, this.#at);
  }

  /** The next two bytes as a number. */
  u16(): number {
    const at = this.#at;
    this.take(2);
    return this.#view.getUint16(at, this.#littleEndian);
  }

  /** The next four bytes as a number. */
  u32(): number {
    const at = this.#at;
    this.take(4);
    return this.#view.getUint32(at, this.#littleEndian);
  }

  /** The next eight bytes as a number, the lower half first. */
  u64(): number {
    return this.u32() + this.u32() * 2 ** 32;
  }
}

/** Reads one 32-bit Roaring bitmap into `into`, under the bucket's key. */
export function parseBucket(
  reader: ByteWalk,
  bucket: number,
  into: Map<number, Container>,
): void {
  const cookie = reader.u32();
  const hasRuns = (cookie & 0xffff) === COOKIE_WITH_RUNS;
  if (!hasRuns && cookie !== COOKIE) {
    throw new RangeError(`no Roaring bitmap starts with ${cookie}`);
  }
  const count = hasRuns ? (cookie >>> 16) + 1 : reader.u32();
  if (count > KEYS_PER_BUCKET) throw new RangeError(`${count} containers`);
  const runFlags = hasRuns ? reader.take((count + 7) >>> 3) : undefined;
  const headers: { key: number; size: number }[] = [];
  for (let i = 0; i < count; i++) {
    headers.push({ key: reader.u16(), size: reader.u16() + 1 });
  }
  if (!hasRuns || count >= OFFSETS_FROM) reader.take(4 * count);
  for (const [i, { key, size }] of headers.entries()) {
    if (i > 0 && key <= headers[i - 1]!.key) {
      throw new RangeError("container keys do not ascend");
    }
    const isRuns = runFlags && (runFlags[i >>> 3]! >>> (i & 7) & 1) === 1;
    const container = isRuns
      ? parseRuns(reader)
      : size <= LONGEST_LIST
      ? parseList(reader, size)
      : parseBitmap(reader);
    if (sizeOf(container) !== size) {
      throw new RangeError(
        `a container of ${size} rows holds ${sizeOf(container)}`,
      );
    }
    into.set(bucket * KEYS_PER_BUCKET + key, container);
  }
}

function parseList(reader: ByteWalk, size: number): Container {
  const list = new Uint16Array(size);
  for (let i = 0; i < size; i++) {
    list[i] = reader.u16();
    if (i > 0 && list[i]! <= list[i - 1]!) {
      throw new RangeError("a list container does not ascend");
    }
  }
  return list;
}

function parseBitmap(reader: ByteWalk): Container {
  const bits = new Uint32Array(BITMAP_BYTES / 4);
  for (let i = 0; i < bits.length; i++) bits[i] = reader.u32();
  return bits;
}

function parseRuns(reader: ByteWalk): Container {
  const bits = new Uint32Array(BITMAP_BYTES / 4);
  const runs = reader.u16();
  for (let i = 0; i < runs; i++) {
    const start = reader.u16();
    const end = start + reader.u16();
    if (end >= CONTAINER_ROWS) throw new RangeError("a run passes its end");
    for (let low = start; low <= end; low++) {
      bits[low >>> 5]! |= 1 << (low & 31);
    }
  }
  return sizeOf(bits) <= LONGEST_LIST ? unpack(bits) : bits;
}

function runsOf(list: Uint16Array): Uint16Array {
  const runs: number[] = [];
  for (let i = 0; i < list.length; i++) {
    const start = list[i]!;
    while (i + 1 < list.length && list[i + 1] === list[i]! + 1) i++;
    runs.push(start, list[i]! - start);
  }
  return Uint16Array.from(runs);
}

/** A 32-bit Roaring bitmap, in parts: containers by their key within the bucket, ascending. */
export function bucketBytes(
  entries: readonly [number, Container][],
): Uint8Array[] {
  const bodies = entries.map(([, container]) => containerBytes(container));
  const hasRuns = bodies.some((body) => body.isRuns);
  const parts: Uint8Array[] = [];
  if (hasRuns) {
    parts.push(u32Bytes(COOKIE_WITH_RUNS | (entries.length - 1) << 16));
    const flags = new Uint8Array((entries.length + 7) >>> 3);
    bodies.forEach((body, i) => {
      if (body.isRuns) flags[i >>> 3]! |= 1 << (i & 7);
    });
    parts.push(flags);
  } else parts.push(u32Bytes(COOKIE), u32Bytes(entries.length));
  for (const [key, container] of entries) {
    parts.push(u16Bytes([key, sizeOf(container) - 1]));
  }
  if (!hasRuns || entries.length >= OFFSETS_FROM) {
    let offset = 4 * entries.length +
      parts.reduce((sum, part) => sum + part.length, 0);
    for (const { bytes } of bodies) {
      parts.push(u32Bytes(offset));
      offset += bytes.length;
    }
  }
  return [...parts, ...bodies.map((body) => body.bytes)];
}

function containerBytes(
  container: Container,
): { bytes: Uint8Array; isRuns: boolean } {
  const list = unpack(container);
  const runs = runsOf(list);
  const plain = list.length <= LONGEST_LIST ? 2 * list.length : BITMAP_BYTES;
  if (2 + 2 * runs.length < plain) {
    return { bytes: u16Bytes([runs.length / 2, ...runs]), isRuns: true };
  }
  if (list.length <= LONGEST_LIST) {
    return { bytes: u16Bytes(list), isRuns: false };
  }
  const bytes = new Uint8Array(BITMAP_BYTES);
  for (const low of list) bytes[low >>> 3]! |= 1 << (low & 7);
  return { bytes, isRuns: false };
}

function u16Bytes(values: Iterable<number> & { length: number }): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  let at = 0;
  for (const value of values) {
    bytes[at++] = value & 255;
    bytes[at++] = value >>> 8;
  }
  return bytes;
}

/** A number in 4 bytes, little-endian. */
export function u32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** A number in 8 bytes, little-endian. */
export function u64Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

/** The parts as one. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
