/**
 * Which type two values meet in, and which type arithmetic gives: the rules of
 * Spark's ANSI mode, so that an expression of a table means here what it means
 * to the engine that wrote it.
 *
 * @module
 */

import {
  type DataType,
  type DecimalType,
  sameType,
} from "../schema/data_type.ts";
import type { ArithmeticOp } from "./expression_tree.ts";

const INTEGRAL: readonly string[] = ["byte", "short", "integer", "long"];

/** Digits of each integer type as a decimal. */
const DIGITS: Readonly<Record<string, number>> = {
  byte: 3,
  short: 5,
  integer: 10,
  long: 20,
};

/** Most digits of a decimal, */
const MOST_DIGITS = 38;
/** and those after the point that a result keeps where it has to give up some. */
const LEAST_SCALE = 6;

/** Whether a type is one of whole numbers. */
export function isIntegral(type: DataType): boolean {
  return INTEGRAL.includes(type.kind);
}

/** Whether a type is one of numbers. */
export function isNumeric(type: DataType): boolean {
  return isIntegral(type) || isFloating(type) || type.kind === "decimal";
}

/** Whether a type is one of floating-point numbers. */
export function isFloating(type: DataType): boolean {
  return type.kind === "float" || type.kind === "double";
}

/** The type both values are converted to before they meet; undefined where there is none. */
export function commonType(a: DataType, b: DataType): DataType | undefined {
  if (a.kind === "void") return b;
  if (b.kind === "void" || sameType(a, b)) return a;
  if (isNumeric(a) && isNumeric(b)) return commonNumber(a, b);
  if (a.kind === "string") return withText(b);
  if (b.kind === "string") return withText(a);
  const kinds = new Set<string>([a.kind, b.kind]);
  for (const kind of ["timestamp", "timestamp_ntz"] as const) {
    if (!kinds.has(kind)) continue;
    if (kinds.has("date") || kinds.has("timestamp_ntz")) return { kind };
  }
  return undefined;
}

/** A decimal type that holds every value of an integer or decimal type. */
export function asDecimal(type: DataType): DecimalType {
  if (type.kind === "decimal") return type;
  return {
    kind: "decimal",
    precision: DIGITS[type.kind] ?? MOST_DIGITS,
    scale: 0,
  };
}

/** The type of a result of arithmetic on two decimals. */
export function decimalResult(
  op: ArithmeticOp,
  { precision: p1, scale: s1 }: DecimalType,
  { precision: p2, scale: s2 }: DecimalType,
): DecimalType {
  const most = Math.max(s1, s2);
  switch (op) {
    case "*":
      return adjusted(p1 + p2 + 1, s1 + s2);
    case "/": {
      const scale = Math.max(LEAST_SCALE, s1 + p2 + 1);
      return adjusted(p1 - s1 + s2 + scale, scale);
    }
    case "%":
      return adjusted(Math.min(p1 - s1, p2 - s2) + most, most);
    case "div":
      return adjusted(p1 - s1 + s2, 0);
    default:
      return adjusted(Math.max(p1 - s1, p2 - s2) + most + 1, most);
  }
}

/**
 * Whether a conversion keeps the order of values and never fails: bounds of a
 * column are then bounds of what it is converted to.
 */
export function keepsOrder(from: DataType, to: DataType): boolean {
  if (sameType(from, to)) return true;
  if (isIntegral(from)) {
    return to.kind === "decimal"
      ? to.precision - to.scale >= asDecimal(from).precision
      : isFloating(to) ||
        INTEGRAL.indexOf(to.kind) >= INTEGRAL.indexOf(from.kind);
  }
  if (from.kind === "decimal") {
    return to.kind === "double" ||
      to.kind === "decimal" && to.scale >= from.scale &&
        to.precision - to.scale >= from.precision - from.scale;
  }
  if (from.kind === "float") return to.kind === "double";
  return from.kind === "timestamp" && to.kind === "timestamp_ntz" ||
    from.kind === "timestamp_ntz" && to.kind === "timestamp";
}

function commonNumber(a: DataType, b: DataType): DataType {
  if (isIntegral(a) && isIntegral(b)) {
    return INTEGRAL.indexOf(a.kind) >= INTEGRAL.indexOf(b.kind) ? a : b;
  }
  if (!isFloating(a) && !isFloating(b)) {
    const [x, y] = [asDecimal(a), asDecimal(b)];
    const scale = Math.max(x.scale, y.scale);
    const whole = Math.max(x.precision - x.scale, y.precision - y.scale);
    return adjusted(whole + scale, scale);
  }
  // Two floats are the same type and never come here; with any other number both are doubles.
  return { kind: "double" };
}

function withText(other: DataType): DataType | undefined {
  if (isIntegral(other)) return { kind: "long" };
  if (isNumeric(other)) return { kind: "double" };
  return ["boolean", "binary", "date", "timestamp", "timestamp_ntz"]
      .includes(other.kind)
    ? other
    : undefined;
}

function adjusted(precision: number, scale: number): DecimalType {
  if (precision <= MOST_DIGITS) return { kind: "decimal", precision, scale };
  const kept = Math.max(
    MOST_DIGITS - (precision - scale),
    Math.min(scale, LEAST_SCALE),
  );
  return { kind: "decimal", precision: MOST_DIGITS, scale: kept };
}
