/**
 * CAST from any type without parts to any other, in Spark's ANSI mode: what does
 * not fit is an error, never wrapped, cut or nulled.
 *
 * @module
 */

import {
  type DataType,
  type DecimalType,
  sameType,
  typeName,
} from "../schema/data_type.ts";
import { parseDecimal } from "../schema/decimal.ts";
import { MICROS_PER_DAY } from "../schema/time.ts";
import type { Decimal, Value } from "../schema/value.ts";
import {
  castText,
  fitDecimal,
  fitsInteger,
  floatText,
  textOf,
} from "./cast_text.ts";
import { noValue, unsupported } from "./expression_error.ts";
import { isFloating, isIntegral, isNumeric } from "./type_coercion.ts";

/** A function of a value that is not null. */
export type Conversion = (value: NonNullable<Value>) => Value;

const MICROS_PER_SECOND = 1_000_000n;

/**
 * The function that casts values of one type to another.
 *
 * @throws {DeltaError} `DELTA_UNSUPPORTED_EXPRESSION` where there is no such cast.
 */
export function conversion(from: DataType, to: DataType): Conversion {
  if (sameType(from, to)) return (value) => value;
  const found = from.kind === "void"
    ? (() => null)
    : from.kind === "string"
    ? fromText(to)
    : to.kind === "string" && hasText(from)
    ? ((value: NonNullable<Value>) => textOf(value, from))
    : isNumeric(from)
    ? fromNumber(from, to)
    : fromOther(from, to);
  if (found) return found;
  throw unsupported(
    `a cast of ${typeName(from)} to ${typeName(to)}`,
    "there is none",
  );
}

function fromText(to: DataType): Conversion | undefined {
  const known = isNumeric(to) ||
    ["binary", "boolean", "date", "timestamp", "timestamp_ntz"]
      .includes(to.kind);
  return known ? (value) => castText(value as string, to) : undefined;
}

function hasText(type: DataType): boolean {
  return isNumeric(type) ||
    ["boolean", "date", "timestamp", "timestamp_ntz", "binary"]
      .includes(type.kind);
}

function fromNumber(from: DataType, to: DataType): Conversion | undefined {
  if (isIntegral(to)) return toInteger(from, to);
  switch (to.kind) {
    case "float":
      return (value) => Math.fround(toDouble(value));
    case "double":
      return toDouble;
    case "decimal":
      return toDecimal(from, to);
    case "boolean":
      return (value) =>
        typeof value === "object"
          ? (value as Decimal).unscaled !== 0n
          : Number(value) !== 0;
    case "timestamp":
      return (value) => inLong(microsOf(value), to);
    default:
      return undefined;
  }
}

/** Seconds since the epoch as microseconds. */
function microsOf(seconds: NonNullable<Value>): bigint {
  if (typeof seconds === "object") {
    const { unscaled, scale } = seconds as Decimal;
    return unscaled * MICROS_PER_SECOND / 10n ** BigInt(scale);
  }
  if (typeof seconds === "bigint" || Number.isInteger(seconds)) {
    return BigInt(seconds as number) * MICROS_PER_SECOND;
  }
  if (Number.isFinite(seconds)) {
    return BigInt(Math.trunc(seconds as number * 1e6));
  }
  throw outside(String(seconds), { kind: "timestamp" });
}

function toInteger(from: DataType, to: DataType): Conversion {
  return (value) => {
    if (isFloating(from) && !Number.isFinite(value)) {
      throw outside(String(value), to);
    }
    const whole = wholePart(value);
    if (!fitsInteger(whole, to)) throw outside(textOf(value, from), to);
    return to.kind === "long" ? whole : Number(whole);
  };
}

function wholePart(value: NonNullable<Value>): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return BigInt(Math.trunc(value));
  const { unscaled, scale } = value as Decimal;
  return unscaled / 10n ** BigInt(scale);
}

function toDouble(value: NonNullable<Value>): number {
  return typeof value === "object"
    ? Number(textOf(value, { kind: "decimal", precision: 38, scale: 0 }))
    : Number(value);
}

function toDecimal(from: DataType, to: DecimalType): Conversion {
  if (isFloating(from)) {
    return (value) => {
      // Spark's answer, even where all else that does not fit is an error.
      if (!Number.isFinite(value)) return null;
      const text = floatText(value as number, from.kind === "float");
      return fitDecimal(parseDecimal(text), to);
    };
  }
  return (value) =>
    fitDecimal(
      typeof value === "object"
        ? value as Decimal
        : { unscaled: BigInt(value as number), scale: 0 },
      to,
    );
}

function fromOther(from: DataType, to: DataType): Conversion | undefined {
  if (from.kind === "boolean" && isNumeric(to)) {
    const cast = fromNumber({ kind: "integer" }, to)!;
    return (value) => cast(value ? 1 : 0);
  }
  if (from.kind === "date") {
    return to.kind === "timestamp" || to.kind === "timestamp_ntz"
      ? (value) => inLong(BigInt(value as number) * MICROS_PER_DAY, to)
      : undefined;
  }
  if (from.kind !== "timestamp" && from.kind !== "timestamp_ntz") {
    return undefined;
  }
  if (to.kind === "timestamp" || to.kind === "timestamp_ntz") {
    return (value) => value;
  }
  if (to.kind === "date") {
    return (value) => Number(floorDivide(value as bigint, MICROS_PER_DAY));
  }
  if (from.kind === "timestamp_ntz") return undefined;
  if (isIntegral(to)) {
    return (value) => {
      const seconds = floorDivide(value as bigint, MICROS_PER_SECOND);
      if (!fitsInteger(seconds, to)) throw outside(textOf(value, from), to);
      return to.kind === "long" ? seconds : Number(seconds);
    };
  }
  if (isFloating(to)) return (value) => Number(value) / 1e6;
  return to.kind === "decimal"
    ? (value) => fitDecimal({ unscaled: value as bigint, scale: 6 }, to)
    : undefined;
}

/** A quotient rounded down. */
export function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient;
}

function inLong(micros: bigint, type: DataType): bigint {
  if (BigInt.asIntN(64, micros) === micros) return micros;
  throw outside(`${micros} microseconds`, type);
}

function outside(what: string, type: DataType): Error {
  return noValue(`${what} as ${typeName(type)}`, "it is outside of its range");
}
