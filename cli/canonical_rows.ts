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

import { createHash } from "node:crypto";
import type { DataType, StructType } from "../src/schema/data_type.ts";
import type { Decimal, Value, Variant } from "../src/schema/value.ts";
import { formatCanonicalDate } from "./canonical_values.ts";

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

/** Compares two texts by their UTF-8 bytes. */
export function compareUtf8(a: string, b: string): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const x = a.charCodeAt(i), y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

// A surrogate stands for a code point past all that one unit can hold.
const rank = (unit: number): number =>
  unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;

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
      return (value) => `"${formatFixed(value as Decimal, type.scale)}"`;
    case "string":
      return encodeText;
    case "binary":
      return (value) => `"${formatHex(value as Uint8Array)}"`;
    case "date":
      return (value) => `"${formatCanonicalDate(value as number)}"`;
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
  return PLAIN.test(text) ? `"${text}"` : stringify(text);
}

// The canonical form has every other character as it is; JSON.stringify
// differs only on lone surrogates, which UTF-8 text never holds.
const stringify = (text: string): string => JSON.stringify(text);

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
      return [tag, `"${formatFixed(variant.value, variant.value.scale)}"`];
    case "string":
    case "uuid":
      return [tag, encodeText(variant.value)];
    case "binary":
      return [tag, `"${formatHex(variant.value)}"`];
    case "date":
      return [tag, `"${formatCanonicalDate(variant.value)}"`];
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

/** A decimal with exactly `scale` digits after the point. */
function formatFixed(decimal: Decimal, scale: number): string {
  const unscaled = scale >= decimal.scale
    ? decimal.unscaled * 10n ** BigInt(scale - decimal.scale)
    : decimal.unscaled / 10n ** BigInt(decimal.scale - scale);
  const sign = unscaled < 0n ? "-" : "";
  const digits = String(unscaled < 0n ? -unscaled : unscaled)
    .padStart(scale + 1, "0");
  return scale === 0
    ? sign + digits
    : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

const HEX = Array.from(
  { length: 256 },
  (_, i) => i.toString(16).padStart(2, "0"),
);

function formatHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte]!;
  return text;
}
