/**
 * Functions that pick one of their values.
 *
 * @module
 */

import type { DataType } from "../schema/data_type.ts";
import type { Value } from "../schema/value.ts";
import type { BoundExpression } from "./bound.ts";
import { castTo } from "./cast_to.ts";
import { comparatorOf } from "./compare_values.ts";
import { unsupported } from "./expression_error.ts";
import type { FunctionRule } from "./function_rule.ts";
import { commonType } from "./type_coercion.ts";

/** The functions, by name. */
export const CHOICE_FUNCTIONS: Readonly<Record<string, FunctionRule>> = {
  coalesce: {
    arity: [1, Infinity],
    bind: (args, name) => unified(args, `${name}()`),
    compile: (args) => (row) => {
      for (const read of args) {
        const value = read(row);
        if (value !== null) return value;
      }
      return null;
    },
  },
  greatest: extreme(1),
  least: extreme(-1),
};

/**
 * Values in the one type that they all have in common.
 *
 * @throws {DeltaError} `DELTA_UNSUPPORTED_EXPRESSION` where there is none.
 */
export function unified(
  args: readonly BoundExpression[],
  what: string,
): { args: readonly BoundExpression[]; type: DataType } {
  let type: DataType | undefined = { kind: "void" };
  for (const arg of args) type = type && commonType(type, arg.type);
  if (!type) throw unsupported(what, "its values have no type in common");
  const wanted = type;
  return { args: args.map((arg) => castTo(arg, wanted)), type };
}

/** The greatest or the least of the values that are not null. */
function extreme(sign: number): FunctionRule {
  return {
    arity: [2, Infinity],
    bind: (args, name) => unified(args, `${name}()`),
    compile: (args, { type }) => {
      const compare = comparatorOf(type);
      return (row) => {
        let best: Value = null;
        for (const read of args) {
          const value = read(row);
          if (value === null) continue;
          if (best === null || compare(value, best) * sign > 0) best = value;
        }
        return best;
      };
    },
  };
}
