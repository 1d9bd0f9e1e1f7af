/**
 * Every function of SQL that this engine knows, by name.
 *
 * @module
 */

import { CHOICE_FUNCTIONS } from "./choice_functions.ts";
import { unsupported } from "./expression_error.ts";
import type { FunctionRule } from "./function_rule.ts";
import { NUMBER_FUNCTIONS } from "./number_functions.ts";
import { TEXT_FUNCTIONS } from "./text_functions.ts";
import { TIME_FUNCTIONS } from "./time_functions.ts";

const FUNCTIONS: Readonly<Record<string, FunctionRule>> = {
  ...CHOICE_FUNCTIONS,
  ...NUMBER_FUNCTIONS,
  ...TEXT_FUNCTIONS,
  ...TIME_FUNCTIONS,
};

const OTHER_NAMES: Readonly<Record<string, string>> = {
  btrim: "trim",
  ceiling: "ceil",
  char_length: "length",
  character_length: "length",
  date: "to_date",
  date_diff: "datediff",
  dayofmonth: "day",
  ifnull: "coalesce",
  lcase: "lower",
  len: "length",
  nvl: "coalesce",
  pow: "power",
  signum: "sign",
  substr: "substring",
  timestamp: "to_timestamp",
  ucase: "upper",
  week: "weekofyear",
};

/** The one name of a function that may have several. */
export function functionName(name: string): string {
  return Object.hasOwn(OTHER_NAMES, name) ? OTHER_NAMES[name]! : name;
}

/**
 * A function by its one name.
 *
 * @throws {DeltaError} `DELTA_UNSUPPORTED_EXPRESSION` for one that this engine does not know.
 */
export function functionNamed(name: string): FunctionRule {
  if (Object.hasOwn(FUNCTIONS, name)) return FUNCTIONS[name]!;
  throw unsupported(`${name}()`, "this engine does not know the function");
}

/** The names of all functions, sorted. */
export const FUNCTION_NAMES: readonly string[] = [
  ...Object.keys(FUNCTIONS),
  ...Object.keys(OTHER_NAMES),
].sort();
