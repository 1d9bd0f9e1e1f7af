/**
 * Predicates as the history shows them.
 *
 * @module
 */

import { describePredicate } from "../../commit/describe_predicate.ts";
import { bindPredicate } from "../../expression/bind.ts";
import type { PredicateInput } from "../../expression/predicate_input.ts";
import type { StructType } from "../../schema/data_type.ts";

/** The text of a predicate: SQL as it came, or what a built one says. */
export function predicateText(
  where: PredicateInput,
  schema: StructType,
): string {
  return typeof where === "string"
    ? where
    : describePredicate(bindPredicate(where, schema));
}
