/**
 * The types of values that callers give: that of what stands beside them, or
 * their own.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import { isDecimal } from "../schema/coerce_scalar.ts";
import { coerceValue } from "../schema/coerce_value.ts";
import type { DataType, DecimalType } from "../schema/data_type.ts";
import { decimalDigits } from "../schema/decimal.ts";
import type { BoundExpression, BoundLiteral } from "./bound.ts";
import { fitsInteger } from "./cast_text.ts";
import { unsupported } from "./expression_error.ts";
import type { Expression, LiteralExpression } from "./expression_tree.ts";
import { asDecimal, isIntegral, isNumeric } from "./type_coercion.ts";

const BOOLEAN: DataType = { kind: "boolean" };

/** Whether an expression is a value without a type. */
export function isUntyped(
  expression: Expression,
): expression is LiteralExpression {
  return expression.kind === "literal" && !expression.type;
}

/**
 * A literal as a value of the type beside it, where it is one; else of the type
 * that it has by itself.
 *
 * @param natural Whether a literal that is none of that type is taken by itself, whatever it is;
 *   else only a number beside a number is.
 */
export function bindLiteral(
  { value, type }: LiteralExpression,
  beside: DataType | undefined,
  natural = false,
): BoundLiteral {
  if (type) {
    return {
      kind: "literal",
      value: coerceValue(value, type, "the literal"),
      type,
    };
  }
  if (beside && beside.kind !== "void") {
    try {
      const coerced = coerceValue(value, beside, "the literal");
      return { kind: "literal", value: coerced, type: beside };
    } catch (cause) {
      const own = naturalType(value);
      const mayMeet = cause instanceof DeltaError &&
        (natural || isNumeric(beside) && own !== undefined && isNumeric(own));
      if (!mayMeet) throw cause;
    }
  }
  const own = naturalType(value);
  if (!own) {
    throw unsupported("a literal", "nothing beside it gives it a type");
  }
  return {
    kind: "literal",
    value: coerceValue(value, own, "the literal"),
    type: own,
  };
}

/** The type of a value given without one; undefined for lists, maps and structs. */
function naturalType(value: unknown): DataType | undefined {
  switch (typeof value) {
    case "boolean":
      return BOOLEAN;
    case "string":
      return { kind: "string" };
    case "bigint":
      return BigInt.asIntN(64, value) === value
        ? { kind: "long" }
        : { kind: "decimal", precision: 38, scale: 0 };
    case "number":
      return (value | 0) === value
        ? { kind: "integer" }
        : Number.isSafeInteger(value)
        ? { kind: "long" }
        : { kind: "double" };
  }
  if (value === null || value === undefined) return { kind: "void" };
  if (value instanceof Uint8Array) return { kind: "binary" };
  if (value instanceof Date) return { kind: "timestamp" };
  if (!isDecimal(value)) return undefined;
  const precision = Math.max(1, decimalDigits(value), value.scale);
  return { kind: "decimal", precision, scale: value.scale };
}

/** A whole literal as one of the narrower type beside it: then no value of a column is converted. */
export function narrowed(
  beside: BoundExpression,
  literal: BoundExpression,
): BoundLiteral | undefined {
  if (literal.kind !== "literal" || literal.value === null) return undefined;
  if (beside.kind === "literal") return undefined;
  if (!isIntegral(literal.type) || !isIntegral(beside.type)) return undefined;
  const value = BigInt(literal.value as number);
  if (!fitsInteger(value, beside.type)) return undefined;
  const isLong = beside.type.kind === "long";
  return {
    kind: "literal",
    value: isLong ? value : Number(value),
    type: beside.type,
  };
}

/** The decimal type of a side of arithmetic; a whole literal has the digits that it is written with. */
export function decimalOf(
  arg: BoundExpression,
): DecimalType {
  if (arg.kind === "literal" && arg.value !== null && isIntegral(arg.type)) {
    const digits = String(arg.value).replace("-", "").length;
    return { kind: "decimal", precision: digits, scale: 0 };
  }
  return asDecimal(arg.type);
}
