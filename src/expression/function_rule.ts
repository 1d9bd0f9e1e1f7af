/**
 * What a function of SQL is here: how many values of which types it takes, and
 * how it is computed. The functions themselves are in `text_functions.ts`,
 * `time_functions.ts`, `number_functions.ts` and `choice_functions.ts`.
 *
 * @module
 */

import { type DataType, typeName } from "../schema/data_type.ts";
import type { Value } from "../schema/value.ts";
import type { BoundCall, BoundExpression } from "./bound.ts";
import { castTo } from "./cast_to.ts";
import { unsupported } from "./expression_error.ts";
import { isIntegral, isNumeric } from "./type_coercion.ts";

/** The value of something in each row. */
export type RowValue = (row: number) => Value;

/** A call with its values as the function takes them. */
export interface TypedCall {
  /** The values. */
  readonly args: readonly BoundExpression[];
  /** The type of the result. */
  readonly type: DataType;
}

/** A function of SQL. */
export interface FunctionRule {
  /** The fewest and the most values it takes. */
  readonly arity: readonly [least: number, most: number];
  /** Converts what it is given, and tells the type of the result. */
  bind(args: readonly BoundExpression[], name: string): TypedCall;
  /** Makes the function of a row. */
  compile(args: readonly RowValue[], call: BoundCall): RowValue;
}

/** What a function may want of a value. */
export type Slot =
  | "any"
  | "text"
  | "integer"
  | "number"
  | "date"
  | "timestamp"
  | "double";

// deno-lint-ignore no-explicit-any -- each function names its own types; the slots guarantee them
type Compute = (...values: any[]) => Value;

/**
 * A function that is null where any of its values is.
 *
 * @param slots What it wants of each value; the last one stands for all that follow.
 * @param type The type of the result, or how it follows from the values.
 * @param compute The function itself.
 * @param least How many values it needs at least; one per slot by default.
 * @param most How many it takes at most.
 */
export function strict(
  slots: readonly Slot[],
  type: DataType | ((args: readonly BoundExpression[]) => DataType),
  compute: Compute,
  least: number = slots.length,
  most: number = slots.length,
): FunctionRule {
  return {
    arity: [least, most],
    bind(given, name) {
      const args = given.map((arg, i) =>
        fill(arg, slots[Math.min(i, slots.length - 1)]!, name)
      );
      return { args, type: typeof type === "function" ? type(args) : type };
    },
    compile: (args) => strictly(args, compute),
  };
}

/** Computes where no value is null. */
export function strictly(
  args: readonly RowValue[],
  compute: Compute,
): RowValue {
  if (args.length === 1) {
    const [read] = args;
    return (row) => {
      const value = read!(row);
      return value === null ? null : compute(value);
    };
  }
  return (row) => {
    const values: Value[] = [];
    for (const read of args) {
      const value = read(row);
      if (value === null) return null;
      values.push(value);
    }
    return compute(...values);
  };
}

/** A value in the type that a slot wants. */
export function fill(
  arg: BoundExpression,
  slot: Slot,
  name: string,
): BoundExpression {
  const { kind } = arg.type;
  switch (slot) {
    case "any":
      return arg;
    case "text":
      return castTo(arg, { kind: "string" });
    case "double":
      if (isNumeric(arg.type) || kind === "string" || kind === "void") {
        return castTo(arg, { kind: "double" });
      }
      break;
    case "number":
      if (isNumeric(arg.type)) return arg;
      if (kind === "string" || kind === "void") {
        return castTo(arg, { kind: "double" });
      }
      break;
    case "integer":
      if (isIntegral(arg.type) || kind === "string" || kind === "void") {
        return castTo(arg, { kind: "integer" });
      }
      break;
    case "date":
    case "timestamp":
      if (
        ["date", "timestamp", "timestamp_ntz", "string", "void"].includes(kind)
      ) return castTo(arg, { kind: slot });
  }
  throw unsupported(
    `${name}()`,
    `it takes ${slot === "integer" ? "an" : "a"} ${slot}, and is given ${
      typeName(arg.type)
    }`,
  );
}

/** The text of a value that has to be written out, as a format; undefined for null. */
export function writtenText(
  arg: BoundExpression,
  name: string,
): string | undefined {
  if (arg.kind === "literal" && arg.value === null) return undefined;
  if (arg.kind === "literal" && typeof arg.value === "string") return arg.value;
  throw unsupported(`${name}()`, "its format is not a text written out");
}
