/**
 * Casts of bound expressions; a literal is cast at once.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import { type DataType, sameType } from "../schema/data_type.ts";
import type { BoundExpression } from "./bound.ts";
import { conversion } from "./cast_value.ts";

/**
 * The expression as another type. A literal that does not fit stays a cast, an
 * error only for rows that come to it.
 *
 * @throws {DeltaError} `DELTA_UNSUPPORTED_EXPRESSION` where there is no such cast.
 */
export function castTo(
  arg: BoundExpression,
  type: DataType,
  safe = false,
): BoundExpression {
  if (sameType(arg.type, type)) return arg;
  const convert = conversion(arg.type, type);
  if (arg.kind === "literal") {
    if (arg.value === null) return { kind: "literal", value: null, type };
    try {
      return { kind: "literal", value: convert(arg.value), type };
    } catch (cause) {
      const failed = cause instanceof DeltaError &&
        cause.code === "DELTA_EXPRESSION_FAILED";
      if (!failed) throw cause;
      if (safe) return { kind: "literal", value: null, type };
    }
  }
  return { kind: "cast", arg, type, safe };
}
