/**
 * Rows in the canonical encoding of the engine protocol: a row is a JSON array
 * with one text per value, and a table's contents are one digest.
 *
 * Nothing is lossy and nothing depends on the engine: a `long` is a string, a
 * timestamp is microseconds as a string, a map is its pairs in the order of
 * their keys' JSON text, a variant is tagged.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import {
  type DataType,
  type Decimal,
  formatDecimal,
  type StructType,
  type Value,
  type Variant,
} from "../../src/mod.ts";
import { compareUtf8 } from "../../src/store/store_path.ts";

/** Writes one value as canonical JSON text. */
export type Encoder = (value: Value) => string;

/**
 * The encoder of a type: the type is looked at once, not per value.
 *
 * @param type Any type.
 * @returns Its encoder; null of any type is `null`.
 */
export function encoderOf(type: DataType): Encoder {
  const encode = encoderOfPresent(type);
  return (value) =>
    value === null || value === undefined ? "null" : encode(value);
}

/**
 * Writes one value as canonical JSON text.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(encodeValue(42n, { kind: "long" }), '"42"');
 * ```
 */
export function encodeValue(value: Value, type: DataType): string {
  return encoderOf(type)(value);
}

/** Writes one row, given as values in the order of the schema. */
export function encodeRow(
  values: readonly Value[],
  schema: StructType,
): string {
  return `[${
    schema.fields.map((f, i) => encodeValue(values[i]!, f.type)).join(",")
  }]`;
}

/**
 * The digest of a table's contents: the rows' texts, sorted by their UTF-8
 * bytes, joined by line feeds, as SHA-256 in hexadecimal.
 *
 * @param texts Encoded rows, in any order; sorted in place.
 */
export function rowsDigest(texts: string[]): string {
  sortUtf8(texts);
  const hash = createHash("sha256");
  const batch = 4096;
  for (let i = 0; i < texts.length; i += batch) {
    hash.update((i > 0 ? "\n" : "") + texts.slice(i, i + batch).join("\n"));
  }
  return hash.digest("hex");
}

const SURROGATE = /[\ud800-\udfff]/;

/**
 * Sorts texts by their UTF-8 bytes, in place. That is the order of UTF-16
 * units unless surrogates are about, so the engine's own sort does where none is.
 */
export function sortUtf8(texts: string[]): string[] {
  return texts.some((text) => SURROGATE.test(text))
    ? texts.sort(compareUtf8)
    : texts.sort();
}

function encoderOfPresent(type: DataType): Encoder {
  switch (type.kind) {
    case "boolean":
    case "byte":
    case "short":
    case "integer":
      return String;
    case "long":
    case "timestamp":
    case "timestamp_ntz":
      return (value) => `"${value as bigint}"`;
    case "float":
    case "double":
      return (value) => `"${formatFloat(value as number)}"`;
    case "decimal":
      return (value) =>
        `"${formatDecimal(withScale(value as Decimal, type.scale))}"`;
    case "string":
      return encodeText;
    case "binary":
      return (value) => `"${formatHex(value as Uint8Array)}"`;
    case "date":
      return (value) => `"${formatDate(value as number)}"`;
    case "void":
      return () => "null";
    case "variant":
      return (value) => encodeVariant(value as Variant);
    case "struct":
      return structEncoder(type);
    case "array": {
      const element = encoderOf(type.elementType);
      return (value) =>
        `[${(value as readonly Value[]).map(element).join(",")}]`;
    }
    case "map":
      return mapEncoder(encoderOf(type.keyType), encoderOf(type.valueType));
  }
}

const PLAIN = /^[ !#-[\]-\u007f]*$/;

/** A text in quotes; most need no escaping, and `JSON.stringify` is slower. */
function encodeText(value: Value): string {
  const text = value as string;
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

function structEncoder(type: StructType): Encoder {
  const fields = type.fields.map((f) => ({
    name: f.name,
    encode: encoderOf(f.type),
  }));
  return (value) => {
    const struct = value as Readonly<Record<string, Value>>;
    return `[${fields.map((f) => f.encode(struct[f.name]!)).join(",")}]`;
  };
}

function mapEncoder(key: Encoder, item: Encoder): Encoder {
  return (value) => {
    const pairs = [...(value as ReadonlyMap<Value, Value>)]
      .map(([k, v]) => [key(k), item(v)] as const)
      .sort((a, b) => compareUtf8(a[0], b[0]));
    return `[${pairs.map(([k, v]) => `[${k},${v}]`).join(",")}]`;
  };
}

function encodeVariant(variant: Variant): string {
  return `[${variantParts(variant).join(",")}]`;
}

function variantParts(variant: Variant): string[] {
  const tag = `"${variant.kind}"`;
  switch (variant.kind) {
    case "null":
      return [tag];
    case "boolean":
      return [tag, String(variant.value)];
    case "float":
    case "double":
      return [tag, `"${formatFloat(variant.value)}"`];
    case "decimal":
      return [tag, `"${formatDecimal(variant.value)}"`];
    case "string":
    case "uuid":
      return [tag, encodeText(variant.value)];
    case "binary":
      return [tag, `"${formatHex(variant.value)}"`];
    case "date":
      return [tag, `"${formatDate(variant.value)}"`];
    case "array":
      return [tag, `[${variant.value.map(encodeVariant).join(",")}]`];
    case "object": {
      const fields = [...variant.value]
        .sort((a, b) => compareUtf8(a[0], b[0]))
        .map(([name, v]) => `[${encodeText(name)},${encodeVariant(v)}]`);
      return [tag, `[${fields.join(",")}]`];
    }
    default:
      return [tag, `"${variant.value}"`];
  }
}

const formatFloat = (x: number): string => Object.is(x, -0) ? "-0" : String(x);

function formatHex(bytes: Uint8Array): string {
  const { buffer, byteOffset, byteLength } = bytes;
  return Buffer.from(buffer, byteOffset, byteLength).toString("hex");
}

function withScale(value: Decimal, scale: number): Decimal {
  if (value.scale > scale) {
    throw new RangeError(`a decimal with ${value.scale} digits, not ${scale}`);
  }
  const factor = 10n ** BigInt(scale - value.scale);
  return { unscaled: value.unscaled * factor, scale };
}

/** Days since 1970 as a date of any year; `Date` ends before the days do. */
function formatDate(days: number): string {
  const cycle = 146_097; // days in 400 years
  const cycles = Math.floor(days / cycle);
  const iso = new Date((days - cycles * cycle) * 86_400_000).toISOString();
  const year = Number(iso.slice(0, 4)) + cycles * 400;
  const digits = year >= 0 && year <= 9999
    ? String(year).padStart(4, "0")
    : (year < 0 ? "-" : "+") + String(Math.abs(year)).padStart(6, "0");
  return digits + iso.slice(4, 10);
}
