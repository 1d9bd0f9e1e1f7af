/**
 * What callers hand in for a type without parts, to its canonical value.
 *
 * @module
 */

import { fault, mismatch, naming, outOfRange } from "./coerce_fault.ts";
import type { DataType } from "./data_type.ts";
import {
  decimalDigits,
  formatDecimal,
  parseDecimal,
  rescale,
} from "./decimal.ts";
import { namesZone, parseDate, parseTimestamp } from "./time.ts";
import type { Decimal, Value } from "./value.ts";

/** Turns an input into a value of one type, or throws. */
export type Coercer = (input: unknown) => Value;

/**
 * The coercer of a type without parts, null left aside; undefined for structs,
 * lists, maps and variants.
 */
export function scalarCoercer(
  type: DataType,
  path: string,
): Coercer | undefined {
  switch (type.kind) {
    case "boolean":
      return (input) =>
        typeof input === "boolean" ? input : mismatch(input, type, path);
    case "byte":
      return integer(type, path, -0x80, 0x7f);
    case "short":
      return integer(type, path, -0x8000, 0x7fff);
    case "integer":
      return integer(type, path, -0x8000_0000, 0x7fff_ffff);
    case "long":
      return (input) => int64(toBigInt(input, type, path), type, path);
    case "float":
      return (input) => toFloat(input, type, path);
    case "double":
      return (input) =>
        typeof input === "number" ? input : mismatch(input, type, path);
    case "decimal":
      return (input) =>
        fit(toDecimal(input, type, path), type.precision, type.scale, path);
    case "string":
      return (input) => toText(input, type, path);
    case "binary":
      return (input) =>
        input instanceof Uint8Array ? input : mismatch(input, type, path);
    case "date":
      return (input) => toDate(input, type, path);
    case "timestamp":
      return (input) => toTimestamp(input, type, path, "utc");
    case "timestamp_ntz":
      return (input) => toTimestamp(input, type, path, "none");
    case "void":
      return (input) => mismatch(input, type, path);
    default:
      return undefined;
  }
}

function integer(
  type: DataType,
  path: string,
  min: number,
  max: number,
): Coercer {
  return (input) => {
    const number = typeof input === "bigint" ? Number(input) : input;
    if (typeof number !== "number") return mismatch(input, type, path);
    if (!Number.isInteger(number) || number < min || number > max) {
      return outOfRange(input, type, path);
    }
    return number === 0 ? 0 : number;
  };
}

function toBigInt(input: unknown, type: DataType, path: string): bigint {
  if (typeof input === "bigint") return input;
  if (typeof input !== "number") return mismatch(input, type, path);
  if (!Number.isSafeInteger(input)) return outOfRange(input, type, path);
  return BigInt(input);
}

/** The integer itself, when it fits 64 bits. */
export function int64(value: bigint, type: DataType, path: string): bigint {
  return BigInt.asIntN(64, value) === value
    ? value
    : outOfRange(value, type, path);
}

function toFloat(input: unknown, type: DataType, path: string): number {
  if (typeof input !== "number") return mismatch(input, type, path);
  const rounded = Math.fround(input);
  return Number.isFinite(input) && !Number.isFinite(rounded)
    ? outOfRange(input, type, path)
    : rounded;
}

/** The text itself, when it is well-formed. */
export function toText(input: unknown, type: DataType, path: string): string {
  if (typeof input !== "string") return mismatch(input, type, path);
  if (input.isWellFormed()) return input;
  throw fault(
    "DELTA_VALUE_OUT_OF_RANGE",
    path,
    "it holds half a surrogate pair, which UTF-8 cannot",
  );
}

function toDecimal(input: unknown, type: DataType, path: string): Decimal {
  if (isDecimal(input)) return input;
  if (typeof input === "bigint") return { unscaled: input, scale: 0 };
  if (typeof input === "string") {
    return naming(path, () => parseDecimal(input));
  }
  if (typeof input !== "number") return mismatch(input, type, path);
  if (!Number.isSafeInteger(input)) {
    throw fault(
      "DELTA_SCHEMA_MISMATCH",
      path,
      `${input} is a floating-point number, which is not an exact decimal: give it as text`,
    );
  }
  return { unscaled: BigInt(input), scale: 0 };
}

function fit(
  decimal: Decimal,
  precision: number,
  scale: number,
  path: string,
): Decimal {
  const fitted = naming(path, () => rescale(decimal, scale));
  if (decimalDigits(fitted) <= precision) return fitted;
  throw fault(
    "DELTA_VALUE_OUT_OF_RANGE",
    path,
    `${
      formatDecimal(decimal)
    } has more digits than decimal(${precision},${scale}) holds`,
  );
}

function toDate(input: unknown, type: DataType, path: string): number {
  if (typeof input === "string") return naming(path, () => parseDate(input));
  const days = input instanceof Date ? input.getTime() / 86_400_000 : input;
  if (typeof days !== "number") return mismatch(input, type, path);
  if ((days | 0) === days) return days | 0;
  return input instanceof Date && Number.isFinite(days)
    ? notMidnight(input, path)
    : outOfRange(input, type, path);
}

function notMidnight(input: Date, path: string): never {
  throw fault(
    "DELTA_VALUE_OUT_OF_RANGE",
    path,
    `${input.toISOString()} is not midnight UTC, so it is no date`,
  );
}

function toTimestamp(
  input: unknown,
  type: DataType,
  path: string,
  zone: "utc" | "none",
): bigint {
  if (typeof input === "bigint") return int64(input, type, path);
  if (typeof input === "string") return parseInstant(input, type, path, zone);
  if (!(input instanceof Date)) return mismatch(input, type, path);
  const ms = input.getTime();
  return Number.isNaN(ms) ? outOfRange(input, type, path) : BigInt(ms) * 1000n;
}

function parseInstant(
  text: string,
  type: DataType,
  path: string,
  zone: "utc" | "none",
): bigint {
  const micros = naming(path, () => parseTimestamp(text, "utc"));
  if (namesZone(text) !== (zone === "utc")) {
    const wants = zone === "utc" ? "needs a time zone (Z)" : "has no time zone";
    throw fault(
      "DELTA_SCHEMA_MISMATCH",
      path,
      `a ${type.kind} ${wants}, unlike ${JSON.stringify(text)}`,
    );
  }
  if (/[.,]\d{6}0*[1-9]/.test(text)) {
    throw fault(
      "DELTA_VALUE_OUT_OF_RANGE",
      path,
      `${text} is finer than a microsecond`,
    );
  }
  return int64(micros, type, path);
}

/** Whether an input is a {@link Decimal}. */
export function isDecimal(input: unknown): input is Decimal {
  return isPlainObject(input) && typeof input.unscaled === "bigint" &&
    Number.isInteger(input.scale) && (input.scale as number) >= 0;
}

/** Whether an input is an object by name, and no list, map, date or bytes. */
export function isPlainObject(
  input: unknown,
): input is Record<string, unknown> {
  return typeof input === "object" && input !== null &&
    !Array.isArray(input) && !ArrayBuffer.isView(input) &&
    !(input instanceof Map) && !(input instanceof Date);
}
