/**
 * Arithmetic on values of one type, in Spark's ANSI mode: an overflow and a
 * division by zero are errors.
 *
 * @module
 */

import type { DeltaError } from "../errors.ts";
import { type DataType, typeName } from "../schema/data_type.ts";
import type { Decimal, Value } from "../schema/value.ts";
import { divideRounded, fitDecimal, fitsInteger } from "./cast_text.ts";
import { noValue } from "./expression_error.ts";
import type { ArithmeticOp } from "./expression_tree.ts";

/** A function of two values that are not null. */
export type BinaryFunction = (
  a: NonNullable<Value>,
  b: NonNullable<Value>,
) => Value;

/**
 * The function that does the arithmetic.
 *
 * @param op What is done.
 * @param operands The type of both sides; two decimals may differ in their digits.
 * @param type The type of the result.
 */
export function arithmetic(
  op: ArithmeticOp,
  operands: DataType,
  type: DataType,
): BinaryFunction {
  switch (operands.kind) {
    case "decimal":
      return decimals(op, type) as BinaryFunction;
    case "float":
      return ((a: number, b: number) =>
        Math.fround(floats(op, a, b))) as BinaryFunction;
    case "double":
      return ((a: number, b: number) => floats(op, a, b)) as BinaryFunction;
    case "long":
      return ((a: bigint, b: bigint) =>
        checked(integers(op, a, b), type)) as BinaryFunction;
    default:
      return smallIntegers(op, type) as BinaryFunction;
  }
}

function smallIntegers(
  op: ArithmeticOp,
  type: DataType,
): (a: number, b: number) => Value {
  if (op === "div") {
    return (a, b) => integers(op, BigInt(a), BigInt(b));
  }
  const limit = type.kind === "byte"
    ? 2 ** 7
    : type.kind === "short"
    ? 2 ** 15
    : 2 ** 31;
  return (a, b) => {
    const value = floats(op, a, b);
    // Past the limit a product may be rounded, but not back below it.
    if (value >= -limit && value < limit) return value + 0;
    throw tooLarge(String(value), type);
  };
}

function integers(op: ArithmeticOp, a: bigint, b: bigint): bigint {
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "%":
      return a % notZero(b, b === 0n);
    default:
      return a / notZero(b, b === 0n);
  }
}

function floats(op: ArithmeticOp, a: number, b: number): number {
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "%":
      return a % notZero(b, b === 0);
    default:
      return a / notZero(b, b === 0);
  }
}

function decimals(
  op: ArithmeticOp,
  type: DataType,
): (a: Decimal, b: Decimal) => Value {
  const digits = type.kind === "decimal" ? type : { precision: 20, scale: 0 };
  const fit = (unscaled: bigint, scale: number) =>
    fitDecimal({ unscaled, scale }, digits);
  return (a, b) => {
    if (op === "*") return fit(a.unscaled * b.unscaled, a.scale + b.scale);
    const scale = Math.max(a.scale, b.scale);
    const x = a.unscaled * 10n ** BigInt(scale - a.scale);
    const y = b.unscaled * 10n ** BigInt(scale - b.scale);
    switch (op) {
      case "+":
        return fit(x + y, scale);
      case "-":
        return fit(x - y, scale);
      case "%":
        return fit(x % notZero(y, y === 0n), scale);
      case "div":
        return checked(x / notZero(y, y === 0n), { kind: "long" });
      default: {
        const factor = 10n ** BigInt(digits.scale);
        return fit(
          divideRounded(x * factor, notZero(y, y === 0n)),
          digits.scale,
        );
      }
    }
  };
}

function checked(value: bigint, type: DataType): bigint {
  if (fitsInteger(value, type)) return value;
  throw tooLarge(String(value), type);
}

function tooLarge(value: string, type: DataType): DeltaError {
  return noValue(value, `it is more than ${typeName(type)} holds`);
}

function notZero<T>(divisor: T, isZero: boolean): T {
  if (!isZero) return divisor;
  throw noValue("a quotient", "the divisor is zero");
}
