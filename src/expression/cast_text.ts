/**
 * Text to a value of a type and back, as CAST does it in Spark's ANSI mode with
 * UTC for the time zone.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import { type DataType, typeName } from "../schema/data_type.ts";
import {
  decimalDigits,
  formatDecimal,
  parseDecimal,
} from "../schema/decimal.ts";
import { formatDate, formatTimestamp, parseTimestamp } from "../schema/time.ts";
import { MICROS_PER_DAY } from "../schema/time.ts";
import type { Decimal, Value } from "../schema/value.ts";
import { noValue, unsupported } from "./expression_error.ts";

/** Bits of each integer type. */
const BITS: Readonly<Record<string, number>> = {
  byte: 8,
  short: 16,
  integer: 32,
  long: 64,
};

const YES: ReadonlySet<string> = new Set(["t", "true", "y", "yes", "1"]);
const NO: ReadonlySet<string> = new Set(["f", "false", "n", "no", "0"]);
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const DATE = /^([+-]?\d{4,7})(?:-(\d{1,2})(?:-(\d{1,2})(?:[ T].*)?)?)?$/;

const utf8 = new TextEncoder();

/**
 * Reads a text as a value of a type.
 *
 * @throws {DeltaError} `DELTA_EXPRESSION_FAILED` when the text is none,
 *   `DELTA_UNSUPPORTED_EXPRESSION` for a type no text is cast to.
 */
export function castText(text: string, type: DataType): NonNullable<Value> {
  const trimmed = text.trim();
  switch (type.kind) {
    case "string":
      return text;
    case "binary":
      return utf8.encode(text);
    case "boolean":
      return toBoolean(trimmed.toLowerCase()) ?? refuse(text, type);
    case "byte":
    case "short":
    case "integer":
      return Number(toWhole(trimmed, type, text));
    case "long":
      return toWhole(trimmed, type, text);
    case "float":
      return Math.fround(toDouble(trimmed) ?? refuse(text, type));
    case "double":
      return toDouble(trimmed) ?? refuse(text, type);
    case "decimal":
      return NUMBER.test(trimmed)
        ? fitDecimal(parseDecimal(trimmed), type)
        : refuse(text, type);
    case "date":
      return toDays(trimmed) ?? refuse(text, type);
    case "timestamp":
    case "timestamp_ntz":
      return toMicros(trimmed, type.kind) ?? refuse(text, type);
    default:
      throw unsupported(
        `a cast of text to ${typeName(type)}`,
        "no text is a value of it",
      );
  }
}

/**
 * Writes a value as text.
 *
 * @param type The value's type; one without parts.
 */
export function textOf(value: NonNullable<Value>, type: DataType): string {
  switch (type.kind) {
    case "decimal":
      return formatDecimal(value as Decimal);
    case "float":
    case "double":
      return floatText(value as number, type.kind === "float");
    case "date":
      return shortYear(formatDate(value as number));
    case "timestamp":
    case "timestamp_ntz": {
      const text = shortYear(formatTimestamp(value as bigint, "none"));
      return text.includes(".") ? text.replace(/0+$/, "") : text;
    }
    case "binary":
      return new TextDecoder("utf-8", { ignoreBOM: true })
        .decode(value as Uint8Array);
    default:
      return String(value);
  }
}

/**
 * A decimal with the digits of a type, rounded half away from zero.
 *
 * @throws {DeltaError} `DELTA_EXPRESSION_FAILED` when it has too many digits before the point.
 */
export function fitDecimal(
  decimal: Decimal,
  type: { readonly precision: number; readonly scale: number },
): Decimal {
  const fitted = roundDecimal(decimal, type.scale);
  if (decimalDigits(fitted) <= type.precision) return fitted;
  throw noValue(
    formatDecimal(decimal),
    `it has more digits than decimal(${type.precision},${type.scale}) holds`,
  );
}

/** A decimal with another scale, rounded half away from zero. */
export function roundDecimal(decimal: Decimal, scale: number): Decimal {
  const { unscaled } = decimal;
  const more = scale - decimal.scale;
  if (more >= 0) return { unscaled: unscaled * 10n ** BigInt(more), scale };
  return { unscaled: divideRounded(unscaled, 10n ** BigInt(-more)), scale };
}

/** A quotient of integers, rounded half away from zero. */
export function divideRounded(a: bigint, b: bigint): bigint {
  const size = (n: bigint) => n < 0n ? -n : n;
  const rounded = (2n * size(a) + size(b)) / (2n * size(b));
  return (a < 0n) === (b < 0n) ? rounded : -rounded;
}

/** Whether an integer is a value of an integer type. */
export function fitsInteger(value: bigint, type: DataType): boolean {
  return BigInt.asIntN(BITS[type.kind]!, value) === value;
}

/** A floating-point number as Java writes it: `1.0`, `1.0E10`, with no more digits than it needs. */
export function floatText(value: number, single: boolean): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [mantissa, exponent] = shortest(value, single).split("e");
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) {
    const plain = decimalText(`${mantissa}e${exponent}`);
    return plain.includes(".") ? plain : `${plain}.0`;
  }
  return `${mantissa!.includes(".") ? mantissa : `${mantissa}.0`}E${
    Number(exponent)
  }`;
}

function shortest(value: number, single: boolean): string {
  if (!single) return value.toExponential();
  for (let digits = 0; digits < 9; digits++) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return text;
  }
  return value.toExponential();
}

/** A number of moderate size without an exponent. */
function decimalText(text: string): string {
  const formatted = formatDecimal(parseDecimal(text));
  return formatted.includes(".") ? formatted.replace(/\.?0+$/, "") : formatted;
}

/** Years outside of 0 to 9999 with no more digits than they need, but four. */
function shortYear(text: string): string {
  return text.replace(/^([+-])0{1,2}(?=\d{4})/, "$1");
}

function toBoolean(text: string): boolean | undefined {
  return YES.has(text) ? true : NO.has(text) ? false : undefined;
}

function toWhole(trimmed: string, type: DataType, text: string): bigint {
  if (!/^[+-]?\d{1,40}$/.test(trimmed)) return refuse(text, type);
  const value = BigInt(trimmed.replace(/^\+/, ""));
  return fitsInteger(value, type) ? value : refuse(text, type);
}

function toDouble(text: string): number | undefined {
  // Java's parser takes a letter for the type behind the digits.
  const digits = text.replace(/[dDfF]$/, "");
  if (NUMBER.test(digits)) return Number(digits);
  const word = /^([+-]?)(inf|infinity)$/i.exec(text);
  if (word) return word[1] === "-" ? -Infinity : Infinity;
  return /^nan$/i.test(text) ? NaN : undefined;
}

function toDays(text: string): number | undefined {
  const match = DATE.exec(text);
  if (!match) return undefined;
  const [, year, month = "1", day = "1"] = match;
  const micros = attempt(`${year}-${month}-${day}`);
  return micros === undefined ? undefined : Number(micros / MICROS_PER_DAY);
}

function toMicros(text: string, kind: string): bigint | undefined {
  const short = /^[+-]?\d{4,7}(-\d{1,2})?$/.exec(text);
  const full = short
    ? `${text}${short[1] ? "" : "-01"}-01`
    : text.replace(/([ T]\d{1,2})$/, "$1:00");
  // A wall clock leaves a zone aside; it is not moved.
  const micros = attempt(
    kind === "timestamp" ? full : full.replace(
      /([:\d])\s*(Z|UTC|[+-]\d{1,2}(:?\d{2}){0,2})$/i,
      (found, before) => /:.*:|\d:\d/.test(full) ? before : found,
    ),
  );
  return micros !== undefined && BigInt.asIntN(64, micros) === micros
    ? micros
    : undefined;
}

function attempt(text: string): bigint | undefined {
  try {
    return parseTimestamp(text, "utc");
  } catch (cause) {
    if (cause instanceof DeltaError) return undefined;
    throw cause;
  }
}

function refuse(text: string, type: DataType): never {
  throw noValue(
    `${JSON.stringify(text)} as ${typeName(type)}`,
    "the text is no value of the type",
  );
}
