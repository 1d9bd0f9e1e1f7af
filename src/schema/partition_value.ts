/**
 * Partition values: the text of the log to a value and back.
 *
 * Source: Delta protocol, "Partition Value Serialization".
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import { type DataType, typeName } from "./data_type.ts";
import {
  decimalDigits,
  formatDecimal,
  parseDecimal,
  rescale,
} from "./decimal.ts";
import {
  formatDate,
  formatTimestamp,
  parseDate,
  parseTimestamp,
} from "./time.ts";
import type { Decimal, Value } from "./value.ts";

const INTEGERS: Readonly<
  Record<"byte" | "short" | "integer", readonly [number, number]>
> = {
  byte: [-0x80, 0x7f],
  short: [-0x8000, 0x7fff],
  integer: [-0x8000_0000, 0x7fff_ffff],
};
const MIN_LONG = -(2n ** 63n);
const MAX_LONG = 2n ** 63n - 1n;

/**
 * Reads a partition value. Null, absent and the empty string are null. A
 * timestamp without a zone is read in UTC.
 *
 * @throws {DeltaError} `DELTA_LOG_FILE_CORRUPT` when the text is not a value of the type,
 *   `DELTA_UNSUPPORTED_DATA_TYPE` for a type that no partition column may have.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(parsePartitionValue("2024-01-01", { kind: "date" }), 19723);
 * assert.equal(parsePartitionValue("", { kind: "string" }), null);
 * ```
 */
export function parsePartitionValue(
  text: string | null | undefined,
  type: DataType,
): Value {
  if (text === null || text === undefined || text === "") return null;
  try {
    return parse(text, type);
  } catch (cause) {
    if (!(cause instanceof DeltaError) || cause.kind === "unsupported") {
      throw cause;
    }
    throw corrupt(text, type, cause);
  }
}

/**
 * Writes a partition value. Null and the empty string are null; timestamps are
 * ISO 8601 in UTC, those without a zone `yyyy-mm-dd hh:mm:ss[.ffffff]`.
 *
 * @throws {DeltaError} `DELTA_VALUE_OUT_OF_RANGE` for binary that is not UTF-8: the log cannot hold it.
 */
export function formatPartitionValue(
  value: Value,
  type: DataType,
): string | null {
  if (value === null) return null;
  switch (type.kind) {
    case "string":
      return value === "" ? null : value as string;
    case "byte":
    case "short":
    case "integer":
    case "long":
    case "boolean":
      return String(value);
    case "float":
      return formatFloat(value as number, shortestFloat);
    case "double":
      return formatFloat(value as number, String);
    case "decimal":
      return formatDecimal(rescale(value as Decimal, type.scale));
    case "date":
      return formatDate(value as number);
    case "timestamp":
      return formatTimestamp(value as bigint, "utc");
    case "timestamp_ntz":
      return formatTimestamp(value as bigint, "none");
    case "binary":
      return formatBinary(value as Uint8Array);
    default:
      throw notPartition(type);
  }
}

/** Whether a column of the type may be a partition column. */
export function isPartitionType(type: DataType): boolean {
  return !["struct", "array", "map", "variant", "void"].includes(type.kind);
}

function parse(text: string, type: DataType): Value {
  switch (type.kind) {
    case "string":
      return text;
    case "byte":
    case "short":
    case "integer":
      return parseInteger(text, type, ...INTEGERS[type.kind]);
    case "long":
      return parseLong(text, type);
    case "float":
      return Math.fround(parseFloating(text, type));
    case "double":
      return parseFloating(text, type);
    case "boolean":
      return parseBoolean(text, type);
    case "decimal":
      return parseFitting(text, type.precision, type.scale, type);
    case "date":
      return parseDate(text);
    case "timestamp":
      return parseTimestamp(text, "utc");
    case "timestamp_ntz":
      return parseTimestamp(text, "none");
    case "binary":
      return new TextEncoder().encode(text);
    case "void":
      return null;
    default:
      throw notPartition(type);
  }
}

function parseInteger(
  text: string,
  type: DataType,
  min: number,
  max: number,
): number {
  const number = /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : NaN;
  if (!(number >= min && number <= max)) throw corrupt(text, type);
  return number === 0 ? 0 : number;
}

function parseLong(text: string, type: DataType): bigint {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) throw corrupt(text, type);
  const number = BigInt(text.trim().replace(/^\+/, ""));
  if (number < MIN_LONG || number > MAX_LONG) throw corrupt(text, type);
  return number;
}

function parseFloating(text: string, type: DataType): number {
  const word = text.trim().toLowerCase();
  if (word === "nan") return NaN;
  const infinity = /^([+-]?)(inf|infinity)$/.exec(word);
  if (infinity) return infinity[1] === "-" ? -Infinity : Infinity;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?[fd]?$/.test(word)) {
    throw corrupt(text, type);
  }
  return Number(word.replace(/[fd]$/, ""));
}

function parseBoolean(text: string, type: DataType): boolean {
  const word = text.trim().toLowerCase();
  if (word !== "true" && word !== "false") throw corrupt(text, type);
  return word === "true";
}

function parseFitting(
  text: string,
  precision: number,
  scale: number,
  type: DataType,
): Decimal {
  const decimal = rescale(parseDecimal(text), scale);
  if (decimalDigits(decimal) > precision) throw corrupt(text, type);
  return decimal;
}

function formatFloat(
  value: number,
  format: (value: number) => string,
): string {
  if (Object.is(value, -0)) return "-0.0";
  return Number.isInteger(value) && Math.abs(value) < 1e21
    ? `${value}.0`
    : format(value);
}

/** The shortest decimal text that rounds to the same float: 0.1, not 0.10000000149011612. */
function shortestFloat(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  for (let digits = 1; digits <= 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return String(rounded);
  }
  return String(value);
}

function formatBinary(value: Uint8Array): string | null {
  if (value.length === 0) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      value,
    );
  } catch (cause) {
    throw new DeltaError("DELTA_VALUE_OUT_OF_RANGE", {
      what: "Cannot write a binary partition value",
      why: "it is not UTF-8, and the log keeps partition values as text",
      fix: "Partition by another column",
      cause,
    });
  }
}

function corrupt(text: string, type: DataType, cause?: unknown): DeltaError {
  return new DeltaError("DELTA_LOG_FILE_CORRUPT", {
    what: `Cannot read the partition value ${JSON.stringify(text)}`,
    why: `it is not a value of type ${typeName(type)}`,
    fix: "The file action that holds it was not written by the protocol",
    cause,
  });
}

function notPartition(type: DataType): DeltaError {
  return new DeltaError("DELTA_UNSUPPORTED_DATA_TYPE", {
    what: `Cannot partition by a column of type ${typeName(type)}`,
    why: "partition values are text, and the type has none",
    fix: "Partition by a column of a simple type",
  });
}
