/**
 * Sets of row positions as Roaring bitmaps: containers of 65,536 rows, each a
 * sorted list, a bitmap or runs on the wire.
 *
 * Source: the Roaring format specification, and Delta protocol, "Deletion
 * Vector Format".
 *
 * @module
 */

import {
  bitmapOf,
  bucketBytes,
  ByteWalk,
  concat,
  type Container,
  CONTAINER_ROWS,
  either,
  indexFrom,
  KEYS_PER_BUCKET,
  packList,
  parseBucket,
  sizeOf,
  u32Bytes,
  u64Bytes,
  unpack,
} from "./roaring_container.ts";

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
    const reader = new ByteWalk(bytes);
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
    const reader = new ByteWalk(bytes, littleEndian);
    const buckets = reader.u32();
    const containers = new Map<number, Container>();
    for (let key = 0; key < buckets; key++) {
      const size = reader.u32();
      parseBucket(new ByteWalk(reader.take(size)), key, containers);
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
