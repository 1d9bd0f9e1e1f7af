/**
 * Thrift's compact protocol, as far as Parquet's footers and page headers use
 * it: a reader that never leaves its bytes, and a writer.
 *
 * Source: Apache Thrift, "Thrift Compact protocol encoding".
 *
 * @module
 */

/** The wire types of fields and elements. */
export const WIRE = {
  stop: 0,
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
  uuid: 13,
} as const;

/** How deep structs may nest before they are taken for damage. */
const MAX_DEPTH = 32;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/** The error of bytes that are not Thrift; the caller names the file. */
export class ThriftError extends Error {
  /** The class name. */
  override readonly name: string = "ThriftError";
}

/** Reads values one after the other. */
export class ThriftReader {
  /** The bytes read from. */
  readonly bytes: Uint8Array;
  /** Where the next byte is. */
  position: number;

  /**
   * Starts at a position.
   *
   * @param bytes The bytes; nothing outside of them is read.
   * @param position Where to start.
   */
  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  /** One byte. */
  byte(): number {
    const value = this.bytes[this.position];
    if (value === undefined) throw new ThriftError("it ends too early");
    this.position++;
    return value;
  }

  /** An unsigned number of up to ten bytes. */
  varint(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
    throw new ThriftError("a number has more than ten bytes");
  }

  /** A signed number; exact within 53 bits. */
  integer(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A run of bytes, not copied. */
  binary(): Uint8Array {
    const length = this.varint();
    const end = this.position + length;
    if (end > this.bytes.length) throw new ThriftError("it ends too early");
    const value = this.bytes.subarray(this.position, end);
    this.position = end;
    return value;
  }

  /** A string. */
  string(): string {
    return utf8.decode(this.binary());
  }

  /** The head of a list: its length and the type of its elements. */
  listHead(): { size: number; type: number } {
    const head = this.byte();
    const short = head >> 4;
    const size = short === 15 ? this.varint() : short;
    // Every element takes a byte at least.
    if (size > this.bytes.length - this.position) {
      throw new ThriftError("a list is longer than the bytes left");
    }
    return { size, type: head & 15 };
  }

  /** A list, each element read by `element`; elements of another type are refused. */
  list<T>(type: number, element: () => T): T[] {
    const head = this.listHead();
    if (head.size > 0 && head.type !== type) {
      throw new ThriftError(`a list holds type ${head.type}, not ${type}`);
    }
    const values: T[] = [];
    for (let i = 0; i < head.size; i++) values.push(element());
    return values;
  }

  /**
   * A struct: `field` reads each field that it knows and answers true; the
   * others are skipped.
   */
  struct(field: (id: number, type: number) => boolean): void {
    let id = 0;
    for (;;) {
      const head = this.byte();
      if (head === WIRE.stop) return;
      const delta = head >> 4;
      id = delta === 0 ? this.integer() : id + delta;
      if (!field(id, head & 15)) this.skip(head & 15, 0);
    }
  }

  /** Steps over a value. */
  skip(type: number, depth: number): void {
    if (depth > MAX_DEPTH) throw new ThriftError("it nests too deeply");
    switch (type) {
      case WIRE.true:
      case WIRE.false:
        return;
      case WIRE.byte:
        this.byte();
        return;
      case WIRE.i16:
      case WIRE.i32:
      case WIRE.i64:
        this.varint();
        return;
      case WIRE.double:
        this.#advance(8);
        return;
      case WIRE.uuid:
        this.#advance(16);
        return;
      case WIRE.binary:
        this.binary();
        return;
      case WIRE.list:
      case WIRE.set: {
        const head = this.listHead();
        for (let i = 0; i < head.size; i++) {
          this.#skipElement(head.type, depth);
        }
        return;
      }
      case WIRE.map:
        return this.#skipMap(depth);
      case WIRE.struct:
        return this.#skipStruct(depth);
      default:
        throw new ThriftError(`it holds the unknown type ${type}`);
    }
  }

  #skipMap(depth: number): void {
    const size = this.varint();
    if (size === 0) return;
    const types = this.byte();
    for (let i = 0; i < size; i++) {
      this.#skipElement(types >> 4, depth);
      this.#skipElement(types & 15, depth);
    }
  }

  #skipStruct(depth: number): void {
    for (;;) {
      const head = this.byte();
      if (head === WIRE.stop) return;
      if (head >> 4 === 0) this.varint();
      this.skip(head & 15, depth + 1);
    }
  }

  /** In a list a boolean takes a byte; in a field it is in the head. */
  #skipElement(type: number, depth: number): void {
    if (type === WIRE.true || type === WIRE.false) this.byte();
    else this.skip(type, depth + 1);
  }

  #advance(count: number): void {
    if (this.position + count > this.bytes.length) {
      throw new ThriftError("it ends too early");
    }
    this.position += count;
  }
}

/** Writes values one after the other. */
export class ThriftWriter {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1024);
  #length = 0;
  #lastId = 0;

  /** What was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  /** A struct: `fields` writes its fields in ascending order of id. */
  struct(fields: () => void): void {
    const outer = this.#lastId;
    this.#lastId = 0;
    fields();
    this.#byte(WIRE.stop);
    this.#lastId = outer;
  }

  /** A field that is a struct. */
  structField(id: number, fields: () => void): void {
    this.#fieldHead(id, WIRE.struct);
    this.struct(fields);
  }

  /** A field whose struct `write` writes with {@link struct}. */
  rawStruct(id: number, write: () => void): void {
    this.#fieldHead(id, WIRE.struct);
    write();
  }

  /** A 16-bit field. */
  i16(id: number, value: number): void {
    this.#fieldHead(id, WIRE.i16);
    this.integer(value);
  }

  /** A 32-bit field; left out when undefined. */
  i32(id: number, value: number | undefined): void {
    if (value === undefined) return;
    this.#fieldHead(id, WIRE.i32);
    this.integer(value);
  }

  /** A 64-bit field; left out when undefined. */
  i64(id: number, value: number | undefined): void {
    if (value === undefined) return;
    this.#fieldHead(id, WIRE.i64);
    this.integer(value);
  }

  /** A string or bytes field; left out when undefined. */
  binary(id: number, value: string | Uint8Array | undefined): void {
    if (value === undefined) return;
    this.#fieldHead(id, WIRE.binary);
    this.binaryElement(value);
  }

  /** A field whose value is encoded already; left out when undefined. */
  raw(id: number, type: number, value: Uint8Array | undefined): void {
    if (value === undefined) return;
    this.#fieldHead(id, type);
    this.append(value);
  }

  /** A field that is a list, each element written by `element`. */
  list<T>(
    id: number,
    type: number,
    values: readonly T[],
    element: (value: T) => void,
  ): void {
    this.#fieldHead(id, WIRE.list);
    if (values.length < 15) this.#byte(values.length << 4 | type);
    else {
      this.#byte(0xf0 | type);
      this.#varint(values.length);
    }
    for (const value of values) element(value);
  }

  /** A signed number, as an element. */
  integer(value: number): void {
    this.#varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** A string or bytes, as an element. */
  binaryElement(value: string | Uint8Array): void {
    const bytes = typeof value === "string" ? encoder.encode(value) : value;
    this.#varint(bytes.length);
    this.append(bytes);
  }

  /** Bytes as they are. */
  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #fieldHead(id: number, type: number): void {
    const delta = id - this.#lastId;
    if (delta > 0 && delta < 16) this.#byte(delta << 4 | type);
    else {
      this.#byte(type);
      this.integer(id);
    }
    this.#lastId = id;
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  #varint(value: number): void {
    while (value >= 128) {
      this.#byte(value % 128 | 128);
      value = Math.floor(value / 128);
    }
    this.#byte(value);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * this.#bytes.length + count);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
