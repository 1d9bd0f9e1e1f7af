/**
 * Functions of numbers.
 *
 * @module
 */

import type { DataType, DecimalType } from "../schema/data_type.ts";
import { parseDecimal } from "../schema/decimal.ts";
import type { Decimal, Value } from "../schema/value.ts";
import { arithmetic } from "./arithmetic.ts";
import type { BoundExpression } from "./bound.ts";
import {
  fitDecimal,
  fitsInteger,
  floatText,
  roundDecimal,
} from "./cast_text.ts";
import { noValue, unsupported } from "./expression_error.ts";
import {
  fill,
  type FunctionRule,
  type RowValue,
  strict,
  strictly,
} from "./function_rule.ts";
import { isFloating, isIntegral } from "./type_coercion.ts";

const DOUBLE: DataType = { kind: "double" };
const LONG: DataType = { kind: "long" };

const same = (args: readonly BoundExpression[]): DataType => args[0]!.type;

/** The functions, by name. */
export const NUMBER_FUNCTIONS: Readonly<Record<string, FunctionRule>> = {
  abs: ofNumber((value, type) =>
    isNegative(value) ? negate(value, type) : value
  ),
  negative: ofNumber(negate),
  positive: ofNumber((value) => value),
  sign: strict(["double"], DOUBLE, Math.sign),
  sqrt: strict(["double"], DOUBLE, Math.sqrt),
  power: strict(["double", "double"], DOUBLE, (a: number, b: number) => a ** b),
  floor: rounding(Math.floor, (n, d) => floorOf(n, d)),
  ceil: rounding(Math.ceil, (n, d) => -floorOf(-n, d)),
  isnan: {
    ...strict(["double"], { kind: "boolean" }, Number.isNaN),
    compile: ([read]) => (row) => Number.isNaN(read!(row)),
  },
  round: {
    arity: [1, 2],
    bind: ([arg, places], name) => {
      const value = fill(arg!, "number", name);
      const digits = places ? fill(places, "integer", name) : undefined;
      const scale = scaleOf(digits, name);
      return {
        args: digits ? [value, digits] : [value],
        type: roundedType(value.type, scale),
      };
    },
    compile: ([read], { args, type, name }) => {
      const scale = scaleOf(args[1], name);
      return strictly([read!], (value) => rounded(value, scale, type));
    },
  },
};

/** A function whose result is of the type of its number. */
function ofNumber(
  compute: (value: NonNullable<Value>, type: DataType) => Value,
): FunctionRule {
  const { arity, bind } = strict(["number"], same, () => null);
  return {
    arity,
    bind,
    compile: (args, { type }): RowValue =>
      strictly(args, (value) => compute(value, type)),
  };
}

function isNegative(value: NonNullable<Value>): boolean {
  if (typeof value === "object") return (value as Decimal).unscaled < 0n;
  return (value as number) < 0 || Object.is(value, -0);
}

function negate(value: NonNullable<Value>, type: DataType): Value {
  if (typeof value === "object") {
    const { unscaled, scale } = value as Decimal;
    return { unscaled: -unscaled, scale };
  }
  if (isFloating(type)) return -value as number;
  const zero = type.kind === "long" ? 0n : 0;
  return arithmetic("-", type, type)(zero, value as number);
}

/** Floor and ceiling: whole numbers of any type become long, decimals lose their fraction. */
function rounding(
  ofFloat: (value: number) => number,
  quotient: (a: bigint, b: bigint) => bigint,
): FunctionRule {
  return {
    arity: [1, 1],
    bind: ([arg], name) => {
      const value = fill(arg!, "number", name);
      return { args: [value], type: wholeType(value.type) };
    },
    compile: (args, { type }) =>
      strictly(args, (value: NonNullable<Value>): Value => {
        if (typeof value === "bigint") return value;
        if (typeof value === "number") return toLong(ofFloat(value));
        const { unscaled, scale } = value as Decimal;
        const whole = quotient(unscaled, 10n ** BigInt(scale));
        return fitDecimal({ unscaled: whole, scale: 0 }, type as DecimalType);
      }),
  };
}

function wholeType(type: DataType): DataType {
  if (type.kind !== "decimal") return LONG;
  const precision = type.scale === 0
    ? type.precision
    : type.precision - type.scale + 1;
  return { kind: "decimal", precision: Math.max(1, precision), scale: 0 };
}

function floorOf(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient;
}

/** A whole number as a long: the nearest there is, and 0 for NaN, as Java has it. */
function toLong(value: number): bigint {
  if (Number.isNaN(value)) return 0n;
  if (value >= 2 ** 63) return 2n ** 63n - 1n;
  return value < -(2 ** 63) ? -(2n ** 63n) : BigInt(value);
}

function scaleOf(digits: BoundExpression | undefined, name: string): number {
  if (!digits) return 0;
  if (digits.kind === "literal" && typeof digits.value === "number") {
    return digits.value;
  }
  throw unsupported(`${name}()`, "its number of digits is not written out");
}

function roundedType(type: DataType, scale: number): DataType {
  if (type.kind !== "decimal") return type;
  const whole = type.precision - type.scale + 1;
  if (scale < 0) {
    const precision = Math.min(38, Math.max(whole, 1 - scale));
    return { kind: "decimal", precision, scale: 0 };
  }
  const kept = Math.min(scale, type.scale);
  return {
    kind: "decimal",
    precision: Math.min(38, whole + kept),
    scale: kept,
  };
}

function rounded(
  value: NonNullable<Value>,
  scale: number,
  type: DataType,
): Value {
  if (type.kind === "decimal") {
    return fitDecimal(roundAt(value as Decimal, scale), type);
  }
  if (isIntegral(type)) {
    if (scale >= 0) return value;
    const unscaled = BigInt(value as number);
    const whole = roundAt({ unscaled, scale: 0 }, scale).unscaled;
    if (!fitsInteger(whole, type)) {
      throw noValue(`${value} rounded`, "it is outside of its type's range");
    }
    return type.kind === "long" ? whole : Number(whole);
  }
  if (!Number.isFinite(value)) return value;
  const single = type.kind === "float";
  const decimal = parseDecimal(floatText(value as number, single));
  const { unscaled, scale: left } = roundAt(decimal, scale);
  const result = Number(`${unscaled}e${-left}`);
  return single ? Math.fround(result) : result;
}

/** Rounds half away from zero at a digit; a negative one stands before the point. */
function roundAt(decimal: Decimal, scale: number): Decimal {
  if (scale >= decimal.scale) return decimal;
  if (scale >= 0) return roundDecimal(decimal, scale);
  const factor = 10n ** BigInt(-scale);
  const { unscaled } = roundDecimal(
    { unscaled: decimal.unscaled, scale: decimal.scale - scale },
    0,
  );
  return { unscaled: unscaled * factor, scale: 0 };
}
