/**
 * Sets of row positions as Roaring bitmaps: containers of 65,536 rows, each a
 * sorted list, a bitmap or runs on the wire.
 *
 * Source: the Roaring format specification, and Delta protocol, "Deletion
 * Vector Format".
 *
 * @module
 */

/** One container in memory: sorted low halves, or a bitmap of 65,536 bits. */
type Container = Uint16Array | Uint32Array;

const CONTAINER_ROWS = 65_536;
const BITMAP_BYTES = 8_192;
const LONGEST_LIST = 4_096;
const COOKIE_WITH_RUNS = 12_347;
const COOKIE = 12_346;
const OFFSETS_FROM = 4;
const KEYS_PER_BUCKET = 65_536;

/** An ascending set of row positions, immutable. */
export class RowSet {
  /** How many positions the set holds. */
  readonly size: number;
  /** Containers by `floor(position / 65536)`, ascending. */
  readonly #containers: ReadonlyMap<number, Container>;

  private constructor(containers: ReadonlyMap<number, Container>) {
    this.#containers = containers;
    let size = 0;
    for (const container of containers.values()) size += sizeOf(container);
    this.size = size;
  }

  /** A set of positions given in any order, duplicates allowed. */
  static of(positions: Iterable<number>): RowSet {
    const lists = new Map<number, number[]>();
    for (const position of positions) {
      const key = Math.floor(position / CONTAINER_ROWS);
      const list = lists.get(key);
      if (list) list.push(position % CONTAINER_ROWS);
      else lists.set(key, [position % CONTAINER_ROWS]);
    }
    const containers = new Map<number, Container>();
    for (const key of [...lists.keys()].sort((a, b) => a - b)) {
      containers.set(key, packList(Uint16Array.from(lists.get(key)!).sort()));
    }
    return new RowSet(containers);
  }

  /**
   * Reads a 64-bit bitmap in the portable format.
   *
   * @throws {RangeError} Where the bytes are cut or break the format.
   */
  static parsePortable(bytes: Uint8Array): RowSet {
    const reader = new Reader(bytes);
    const buckets = reader.u64();
    const containers = new Map<number, Container>();
    let previous = -1;
    for (let i = 0; i < buckets; i++) {
      const key = reader.u32();
      if (key <= previous) throw new RangeError("bucket keys do not ascend");
      if (key > 0x7fff_ffff) throw new RangeError("a bucket key is negative");
      previous = key;
      parseBucket(reader, key, containers);
    }
    return new RowSet(containers);
  }

  /**
   * Reads a 64-bit bitmap in Delta's older "native" format: the buckets in
   * order from key 0, each with its size before it.
   *
   * @param bytes The bitmap, after its magic number.
   * @param littleEndian Whether count and sizes are; the protocol's own example has them the other way.
   * @throws {RangeError} Where the bytes are cut or break the format.
   */
  static parseNative(bytes: Uint8Array, littleEndian: boolean): RowSet {
    const reader = new Reader(bytes, littleEndian);
    const buckets = reader.u32();
    const containers = new Map<number, Container>();
    for (let key = 0; key < buckets; key++) {
      const size = reader.u32();
      parseBucket(new Reader(reader.take(size)), key, containers);
    }
    return new RowSet(containers);
  }

  /** The set in the portable format, each container as small as it can be. */
  serialise(): Uint8Array<ArrayBuffer> {
    const buckets = new Map<number, [number, Container][]>();
    for (const [key, container] of this.#containers) {
      const high = Math.floor(key / KEYS_PER_BUCKET);
      const entry: [number, Container] = [key % KEYS_PER_BUCKET, container];
      const bucket = buckets.get(high);
      if (bucket) bucket.push(entry);
      else buckets.set(high, [entry]);
    }
    const parts: Uint8Array[] = [u64Bytes(buckets.size)];
    for (const [high, entries] of buckets) {
      parts.push(u32Bytes(high), ...bucketBytes(entries));
    }
    return concat(parts);
  }

  /** Whether the position is in the set. */
  has(position: number): boolean {
    const container = this.#containers.get(
      Math.floor(position / CONTAINER_ROWS),
    );
    if (!container) return false;
    const low = position % CONTAINER_ROWS;
    if (container instanceof Uint32Array) {
      return (container[low >>> 5]! >>> (low & 31) & 1) === 1;
    }
    return indexFrom(container, low) < container.length &&
      container[indexFrom(container, low)] === low;
  }

  /** The greatest position, or -1 in an empty set. */
  get greatest(): number {
    let last = -1;
    for (const key of this.#containers.keys()) last = key;
    if (last < 0) return -1;
    const list = unpack(this.#containers.get(last)!);
    return last * CONTAINER_ROWS + list[list.length - 1]!;
  }

  /** Every position, ascending. */
  *[Symbol.iterator](): Generator<number> {
    for (const [key, container] of this.#containers) {
      for (const low of unpack(container)) yield key * CONTAINER_ROWS + low;
    }
  }

  /** This set and another's positions together. */
  union(other: RowSet): RowSet {
    const containers = new Map<number, Container>();
    const keys = new Set([
      ...this.#containers.keys(),
      ...other.#containers.keys(),
    ]);
    for (const key of [...keys].sort((a, b) => a - b)) {
      const [ours, theirs] = [
        this.#containers.get(key),
        other.#containers.get(key),
      ];
      containers.set(
        key,
        ours && theirs ? either(ours, theirs) : (ours ?? theirs)!,
      );
    }
    return new RowSet(containers);
  }

  /**
   * The positions of `[first, first + count)` that are *not* in the set,
   * relative to `first`; `undefined` when that is all of them.
   */
  others(first: number, count: number): Uint32Array<ArrayBuffer> | undefined {
    const end = first + count;
    const inside: { from: number; bits: Uint32Array }[] = [];
    const firstKey = Math.floor(first / CONTAINER_ROWS);
    const lastKey = Math.floor((end - 1) / CONTAINER_ROWS);
    for (let key = firstKey; key <= lastKey; key++) {
      const container = this.#containers.get(key);
      if (!container) continue;
      inside.push({ from: key * CONTAINER_ROWS, bits: bitmapOf(container) });
    }
    if (count === 0 || inside.length === 0) return undefined;
    const rows = new Uint32Array(count);
    let kept = 0, at = first;
    for (const { from, bits } of inside) {
      while (at < from) rows[kept++] = at++ - first;
      const stop = Math.min(end, from + CONTAINER_ROWS);
      for (; at < stop; at++) {
        const low = at - from;
        if ((bits[low >>> 5]! >>> (low & 31) & 1) === 0) {
          rows[kept++] = at - first;
        }
      }
    }
    while (at < end) rows[kept++] = at++ - first;
    return kept === count ? undefined : rows.slice(0, kept);
  }
}

function sizeOf(container: Container): number {
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
function indexFrom(list: Uint16Array, low: number): number {
  let [from, to] = [0, list.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (list[middle]! < low) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** A sorted list, duplicates allowed, as the smaller of list and bitmap. */
function packList(sorted: Uint16Array): Container {
  const distinct = sorted.filter((low, i) => i === 0 || low !== sorted[i - 1]);
  return distinct.length <= LONGEST_LIST ? distinct : bitmapOf(distinct);
}

function bitmapOf(container: Container): Uint32Array {
  if (container instanceof Uint32Array) return container;
  const bits = new Uint32Array(BITMAP_BYTES / 4);
  for (const low of container) bits[low >>> 5]! |= 1 << (low & 31);
  return bits;
}

function unpack(container: Container): Uint16Array {
  if (container instanceof Uint16Array) return container;
  const list = new Uint16Array(sizeOf(container));
  let at = 0;
  for (let low = 0; low < CONTAINER_ROWS; low++) {
    if (container[low >>> 5]! >>> (low & 31) & 1) list[at++] = low;
  }
  return list;
}

function either(a: Container, b: Container): Container {
  const bits = bitmapOf(a).slice();
  const other = bitmapOf(b);
  for (let i = 0; i < bits.length; i++) bits[i]! |= other[i]!;
  return sizeOf(bits) <= LONGEST_LIST ? unpack(bits) : bits;
}

/** A walk over bytes, little-endian unless told, that never reads past their end. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  #at = 0;

  constructor(bytes: Uint8Array, littleEndian = true) {
    this.#bytes = bytes;
    this.#littleEndian = littleEndian;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

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

  u16(): number {
    const at = this.#at;
    this.take(2);
    return this.#view.getUint16(at, this.#littleEndian);
  }

  u32(): number {
    const at = this.#at;
    this.take(4);
    return this.#view.getUint32(at, this.#littleEndian);
  }

  u64(): number {
    return this.u32() + this.u32() * 2 ** 32;
  }
}

/** Reads one 32-bit Roaring bitmap into `into`, under the bucket's key. */
function parseBucket(
  reader: Reader,
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

function parseList(reader: Reader, size: number): Container {
  const list = new Uint16Array(size);
  for (let i = 0; i < size; i++) {
    list[i] = reader.u16();
    if (i > 0 && list[i]! <= list[i - 1]!) {
      throw new RangeError("a list container does not ascend");
    }
  }
  return list;
}

function parseBitmap(reader: Reader): Container {
  const bits = new Uint32Array(BITMAP_BYTES / 4);
  for (let i = 0; i < bits.length; i++) bits[i] = reader.u32();
  return bits;
}

function parseRuns(reader: Reader): Container {
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

function bucketBytes(entries: readonly [number, Container][]): Uint8Array[] {
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

function u32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function u64Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
