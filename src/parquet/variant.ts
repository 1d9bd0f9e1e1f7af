/**
 * Variants: the binary encoding of one value of any shape, and shredded columns
 * put together again.
 *
 * Source: Apache Parquet, "Variant Binary Encoding" and "Variant Shredding".
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import type { Decimal, Variant } from "../schema/value.ts";

/** An encoded variant: the names its objects use, and the value. */
export interface EncodedVariant {
  /** The dictionary of names. */
  readonly metadata: Uint8Array<ArrayBuffer>;
  /** The value. */
  readonly value: Uint8Array<ArrayBuffer>;
}

/** The ids of the primitive types. */
const PRIMITIVE = {
  null: 0,
  true: 1,
  false: 2,
  int8: 3,
  int16: 4,
  int32: 5,
  int64: 6,
  double: 7,
  decimal4: 8,
  decimal8: 9,
  decimal16: 10,
  date: 11,
  timestamp: 12,
  timestampNtz: 13,
  float: 14,
  binary: 15,
  string: 16,
  time: 17,
  timestampNanos: 18,
  timestampNtzNanos: 19,
  uuid: 20,
} as const;

const text = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * Decodes a variant.
 *
 * @throws {DeltaError} `DELTA_DATA_FILE_CORRUPT` when the bytes are not a variant.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const { metadata, value } = encodeVariant({ kind: "int", value: 5n });
 * assert.deepEqual(decodeVariant(metadata, value), { kind: "int", value: 5n });
 * ```
 */
export function decodeVariant(
  metadata: Uint8Array,
  value: Uint8Array,
): Variant {
  return decodeWith(decodeNames(metadata), value);
}

/** Decodes a variant's value whose names are decoded already. */
export function decodeWith(
  names: readonly string[],
  value: Uint8Array,
): Variant {
  try {
    return new Decoder(names, value).decode(0);
  } catch (error) {
    if (error instanceof DeltaError) throw error;
    throw corrupt("its value is cut or points outside itself", error);
  }
}

/** Decodes a variant's dictionary of names. */
export function decodeNames(metadata: Uint8Array): readonly string[] {
  if (metadata.length < 1 || (metadata[0]! & 0xf) !== 1) {
    throw corrupt(`its metadata has version ${metadata[0]! & 0xf}, not 1`);
  }
  const width = (metadata[0]! >> 6) + 1;
  const count = unsigned(metadata, 1, width);
  const first = 1 + width * (count + 2);
  if (first > metadata.length) throw corrupt("its dictionary is cut");
  const names: string[] = [];
  let start = unsigned(metadata, 1 + width, width);
  for (let i = 0; i < count; i++) {
    const end = unsigned(metadata, 1 + width * (i + 2), width);
    if (end < start || first + end > metadata.length) {
      throw corrupt("its dictionary is cut");
    }
    names.push(text.decode(metadata.subarray(first + start, first + end)));
    start = end;
  }
  return names;
}

/** Encodes a variant, with the smallest widths that hold it and sorted names. */
export function encodeVariant(variant: Variant): EncodedVariant {
  const names = new Set<string>();
  collectNames(variant, names);
  const sorted = [...names].map((name) => ({
    name,
    bytes: encoder.encode(name),
  })).sort((a, b) => compareBytes(a.bytes, b.bytes));
  const ids = new Map(sorted.map(({ name }, id) => [name, id]));
  return {
    metadata: encodeNames(sorted.map(({ bytes }) => bytes)),
    value: encodeValue(variant, ids),
  };
}

class Decoder {
  readonly names: readonly string[];
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Every value takes a byte: more values than bytes are a trap. */
  left: number;

  constructor(names: readonly string[], bytes: Uint8Array) {
    this.names = names;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.left = bytes.byteLength;
  }

  decode(at: number): Variant {
    if (this.left-- <= 0) throw corrupt("its values overlap");
    const head = this.view.getUint8(at);
    switch (head & 3) {
      case 0:
        return this.primitive(head >> 2, at + 1);
      case 1:
        return this.string(at + 1, head >> 2);
      case 2:
        return this.object(head >> 2, at + 1);
      default:
        return this.array(head >> 2, at + 1);
    }
  }

  primitive(id: number, at: number): Variant {
    const { view } = this;
    switch (id) {
      case PRIMITIVE.null:
        return { kind: "null" };
      case PRIMITIVE.true:
        return { kind: "boolean", value: true };
      case PRIMITIVE.false:
        return { kind: "boolean", value: false };
      case PRIMITIVE.int8:
        return { kind: "int", value: BigInt(view.getInt8(at)) };
      case PRIMITIVE.int16:
        return { kind: "int", value: BigInt(view.getInt16(at, true)) };
      case PRIMITIVE.int32:
        return { kind: "int", value: BigInt(view.getInt32(at, true)) };
      case PRIMITIVE.int64:
        return { kind: "int", value: view.getBigInt64(at, true) };
      case PRIMITIVE.double:
        return { kind: "double", value: view.getFloat64(at, true) };
      case PRIMITIVE.float:
        return { kind: "float", value: view.getFloat32(at, true) };
      case PRIMITIVE.decimal4:
        return this.decimal(at, BigInt(view.getInt32(at + 1, true)));
      case PRIMITIVE.decimal8:
        return this.decimal(at, view.getBigInt64(at + 1, true));
      case PRIMITIVE.decimal16:
        return this.decimal(
          at,
          (view.getBigInt64(at + 9, true) << 64n) |
            view.getBigUint64(at + 1, true),
        );
      case PRIMITIVE.date:
        return { kind: "date", value: view.getInt32(at, true) };
      case PRIMITIVE.timestamp:
        return { kind: "timestamp", value: view.getBigInt64(at, true) };
      case PRIMITIVE.timestampNtz:
        return { kind: "timestamp_ntz", value: view.getBigInt64(at, true) };
      case PRIMITIVE.time:
        return { kind: "time", value: view.getBigInt64(at, true) };
      case PRIMITIVE.timestampNanos:
        return { kind: "timestamp_nanos", value: view.getBigInt64(at, true) };
      case PRIMITIVE.timestampNtzNanos:
        return {
          kind: "timestamp_ntz_nanos",
          value: view.getBigInt64(at, true),
        };
      case PRIMITIVE.binary:
        return {
          kind: "binary",
          value: this.slice(at + 4, view.getUint32(at, true)).slice(),
        };
      case PRIMITIVE.string:
        return this.string(at + 4, view.getUint32(at, true));
      case PRIMITIVE.uuid:
        return { kind: "uuid", value: formatUuid(this.slice(at, 16)) };
      default:
        throw corrupt(`it holds a value of the unknown type ${id}`);
    }
  }

  decimal(at: number, unscaled: bigint): Variant {
    const scale = this.view.getUint8(at);
    if (scale > 38) throw corrupt(`it holds a decimal of scale ${scale}`);
    return { kind: "decimal", value: { unscaled, scale } };
  }

  string(at: number, length: number): Variant {
    return { kind: "string", value: text.decode(this.slice(at, length)) };
  }

  object(header: number, at: number): Variant {
    const offsetWidth = (header & 3) + 1;
    const idWidth = (header >> 2 & 3) + 1;
    const countWidth = header & 16 ? 4 : 1;
    const count = unsigned(this.bytes, at, countWidth);
    const ids = at + countWidth;
    const offsets = ids + count * idWidth;
    const values = offsets + (count + 1) * offsetWidth;
    if (values > this.bytes.length) throw corrupt("it holds a cut object");
    const value = new Map<string, Variant>();
    for (let i = 0; i < count; i++) {
      const name = this.names[unsigned(this.bytes, ids + i * idWidth, idWidth)];
      if (name === undefined) {
        throw corrupt("it uses a name it does not define");
      }
      const offset = unsigned(
        this.bytes,
        offsets + i * offsetWidth,
        offsetWidth,
      );
      value.set(name, this.decode(values + offset));
    }
    return { kind: "object", value };
  }

  array(header: number, at: number): Variant {
    const offsetWidth = (header & 3) + 1;
    const countWidth = header & 4 ? 4 : 1;
    const count = unsigned(this.bytes, at, countWidth);
    const offsets = at + countWidth;
    const values = offsets + (count + 1) * offsetWidth;
    if (values > this.bytes.length) throw corrupt("it holds a cut array");
    const value: Variant[] = [];
    for (let i = 0; i < count; i++) {
      const offset = unsigned(
        this.bytes,
        offsets + i * offsetWidth,
        offsetWidth,
      );
      value.push(this.decode(values + offset));
    }
    return { kind: "array", value };
  }

  slice(at: number, length: number): Uint8Array {
    if (at + length > this.bytes.length) throw corrupt("it holds a cut value");
    return this.bytes.subarray(at, at + length);
  }
}

function unsigned(bytes: Uint8Array, at: number, width: number): number {
  if (at + width > bytes.length) throw corrupt("it is cut");
  let value = 0;
  for (let i = width - 1; i >= 0; i--) value = value * 256 + bytes[at + i]!;
  return value;
}

/** Sixteen bytes, most significant first, as a UUID is written. */
export function formatUuid(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join(
    "",
  );
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}

function collectNames(variant: Variant, names: Set<string>): void {
  if (variant.kind === "array") {
    for (const element of variant.value) collectNames(element, names);
  } else if (variant.kind === "object") {
    for (const [name, value] of variant.value) {
      names.add(name);
      collectNames(value, names);
    }
  }
}

function encodeNames(names: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const total = names.reduce((sum, name) => sum + name.length, 0);
  const width = widthOf(Math.max(total, names.length));
  const out = new Uint8Array(1 + width * (names.length + 2) + total);
  // Version 1, sorted and unique names.
  out[0] = 1 | 0x10 | (width - 1) << 6;
  putUnsigned(out, 1, width, names.length);
  let offset = 0;
  names.forEach((name, i) => {
    out.set(name, 1 + width * (names.length + 2) + offset);
    offset += name.length;
    putUnsigned(out, 1 + width * (i + 2), width, offset);
  });
  return out;
}

function encodeValue(
  variant: Variant,
  ids: ReadonlyMap<string, number>,
): Uint8Array<ArrayBuffer> {
  switch (variant.kind) {
    case "null":
      return primitive(PRIMITIVE.null, 0);
    case "boolean":
      return primitive(variant.value ? PRIMITIVE.true : PRIMITIVE.false, 0);
    case "int":
      return encodeInt(variant.value);
    case "float":
      return primitive(
        PRIMITIVE.float,
        4,
        (v) => v.setFloat32(1, variant.value, true),
      );
    case "double":
      return primitive(
        PRIMITIVE.double,
        8,
        (v) => v.setFloat64(1, variant.value, true),
      );
    case "decimal":
      return encodeDecimal(variant.value);
    case "string":
      return encodeString(variant.value);
    case "uuid":
      return encodeUuid(variant.value);
    case "binary":
      return encodeBytes(PRIMITIVE.binary, variant.value);
    case "date":
      return primitive(
        PRIMITIVE.date,
        4,
        (v) => v.setInt32(1, variant.value, true),
      );
    case "timestamp":
      return encodeLong(PRIMITIVE.timestamp, variant.value);
    case "timestamp_ntz":
      return encodeLong(PRIMITIVE.timestampNtz, variant.value);
    case "timestamp_nanos":
      return encodeLong(PRIMITIVE.timestampNanos, variant.value);
    case "timestamp_ntz_nanos":
      return encodeLong(PRIMITIVE.timestampNtzNanos, variant.value);
    case "time":
      return encodeLong(PRIMITIVE.time, variant.value);
    case "array":
      return encodeArray(variant.value.map((v) => encodeValue(v, ids)));
    case "object":
      return encodeObject(variant.value, ids);
  }
}

function primitive(
  id: number,
  size: number,
  fill?: (view: DataView) => void,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(1 + size);
  out[0] = id << 2;
  fill?.(new DataView(out.buffer));
  return out;
}

function encodeLong(id: number, value: bigint): Uint8Array<ArrayBuffer> {
  if (BigInt.asIntN(64, value) !== value) throw tooBig(`${value}`);
  return primitive(id, 8, (v) => v.setBigInt64(1, value, true));
}

function encodeInt(value: bigint): Uint8Array<ArrayBuffer> {
  const fits = (bits: number) => BigInt.asIntN(bits, value) === value;
  const small = Number(value);
  if (fits(8)) return primitive(PRIMITIVE.int8, 1, (v) => v.setInt8(1, small));
  if (fits(16)) {
    return primitive(PRIMITIVE.int16, 2, (v) => v.setInt16(1, small, true));
  }
  if (fits(32)) {
    return primitive(PRIMITIVE.int32, 4, (v) => v.setInt32(1, small, true));
  }
  return encodeLong(PRIMITIVE.int64, value);
}

function encodeDecimal({ unscaled, scale }: Decimal): Uint8Array<ArrayBuffer> {
  const digits = unscaled < 0n ? -unscaled : unscaled;
  if (scale < 0 || scale > 38 || digits >= 10n ** 38n) {
    throw tooBig(`${unscaled}e-${scale}`);
  }
  if (digits < 10n ** 9n) {
    return primitive(PRIMITIVE.decimal4, 5, (v) => {
      v.setUint8(1, scale);
      v.setInt32(2, Number(unscaled), true);
    });
  }
  if (digits < 10n ** 18n) {
    return primitive(PRIMITIVE.decimal8, 9, (v) => {
      v.setUint8(1, scale);
      v.setBigInt64(2, unscaled, true);
    });
  }
  return primitive(PRIMITIVE.decimal16, 17, (v) => {
    v.setUint8(1, scale);
    v.setBigInt64(2, BigInt.asIntN(64, unscaled), true);
    v.setBigInt64(10, unscaled >> 64n, true);
  });
}

function encodeString(value: string): Uint8Array<ArrayBuffer> {
  const bytes = encoder.encode(value);
  if (bytes.length >= 64) return encodeBytes(PRIMITIVE.string, bytes);
  const out = new Uint8Array(1 + bytes.length);
  out[0] = 1 | bytes.length << 2;
  out.set(bytes, 1);
  return out;
}

function encodeBytes(id: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = primitive(
    id,
    4 + bytes.length,
    (v) => v.setUint32(1, bytes.length, true),
  );
  out.set(bytes, 5);
  return out;
}

function encodeUuid(value: string): Uint8Array<ArrayBuffer> {
  const hex = value.replaceAll("-", "");
  if (!/^[0-9a-fA-F]{32}$/.test(hex)) {
    throw new DeltaError("DELTA_INVALID_ARGUMENT", {
      what: "Cannot encode a variant",
      why: `${JSON.stringify(value)} is not a UUID`,
      fix: "Give 32 hexadecimal digits, with or without hyphens",
    });
  }
  const out = primitive(PRIMITIVE.uuid, 16);
  for (let i = 0; i < 16; i++) {
    out[1 + i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  }
  return out;
}

function encodeArray(
  elements: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const total = elements.reduce((sum, e) => sum + e.length, 0);
  const width = widthOf(total);
  const large = elements.length > 255;
  const countWidth = large ? 4 : 1;
  const offsets = 1 + countWidth;
  const values = offsets + (elements.length + 1) * width;
  const out = new Uint8Array(values + total);
  out[0] = 3 | (width - 1) << 2 | (large ? 1 : 0) << 4;
  putUnsigned(out, 1, countWidth, elements.length);
  putValues(out, offsets, width, values, elements);
  return out;
}

function encodeObject(
  fields: ReadonlyMap<string, Variant>,
  ids: ReadonlyMap<string, number>,
): Uint8Array<ArrayBuffer> {
  // Ids are ranks of the sorted names, so their order is the names' order.
  const sorted = [...fields].map(([name, value]) => ({
    id: ids.get(name)!,
    bytes: encodeValue(value, ids),
  })).sort((a, b) => a.id - b.id);
  const total = sorted.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const width = widthOf(total);
  const idWidth = widthOf(sorted.at(-1)?.id ?? 0);
  const large = sorted.length > 255;
  const countWidth = large ? 4 : 1;
  const offsets = 1 + countWidth + sorted.length * idWidth;
  const values = offsets + (sorted.length + 1) * width;
  const out = new Uint8Array(values + total);
  out[0] = 2 | (width - 1) << 2 | (idWidth - 1) << 4 | (large ? 1 : 0) << 6;
  putUnsigned(out, 1, countWidth, sorted.length);
  sorted.forEach(({ id }, i) =>
    putUnsigned(out, 1 + countWidth + i * idWidth, idWidth, id)
  );
  putValues(out, offsets, width, values, sorted.map(({ bytes }) => bytes));
  return out;
}

function putValues(
  out: Uint8Array,
  offsets: number,
  width: number,
  values: number,
  parts: readonly Uint8Array[],
): void {
  let offset = 0;
  parts.forEach((part, i) => {
    putUnsigned(out, offsets + i * width, width, offset);
    out.set(part, values + offset);
    offset += part.length;
  });
  putUnsigned(out, offsets + parts.length * width, width, offset);
}

function putUnsigned(
  out: Uint8Array,
  at: number,
  width: number,
  value: number,
): void {
  for (let i = 0; i < width; i++) {
    out[at + i] = value % 256;
    value = Math.floor(value / 256);
  }
}

function widthOf(value: number): number {
  return value < 2 ** 8 ? 1 : value < 2 ** 16 ? 2 : value < 2 ** 24 ? 3 : 4;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!;
  }
  return a.length - b.length;
}

function tooBig(value: string): DeltaError {
  return new DeltaError("DELTA_VALUE_OUT_OF_RANGE", {
    what: "Cannot encode a variant",
    why: `${value} is beyond what a variant holds`,
    fix: "Use a decimal of at most 38 digits, or a string",
  });
}

/** The error of bytes that are not a variant. */
export function corrupt(why: string, cause?: unknown): DeltaError {
  return new DeltaError("DELTA_DATA_FILE_CORRUPT", {
    what: "Cannot decode a variant",
    why,
    fix: "Restore the file that holds it from a copy",
    cause,
  });
}
