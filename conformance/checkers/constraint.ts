/**
 * CHECK constraints as the suite writes them: comparisons with numbers and
 * texts, and null tests, joined by AND.
 *
 * @module
 */

import type { Json, JsonPredicate } from "../engine_adapter.ts";
import { evaluate } from "./predicate.ts";
import type { ModelRow } from "./rows.ts";

const COMPARISON = /^`?(\w+)`?\s*(<=|>=|<>|!=|=|<|>)\s*(-?\d+|'[^']*')$/;
const NULL_TEST = /^`?(\w+)`?\s+is\s+(not\s+)?null$/i;

/**
 * Compiles a constraint.
 *
 * @throws {TypeError} Where it is not one that the suite knows.
 */
export function checkConstraintText(
  text: string,
): (row: ModelRow) => boolean | null {
  const parts = text.split(/\s+and\s+/i).map((part) =>
    part.trim().replace(/^\((.*)\)$/, "$1").trim()
  );
  const predicates = parts.map(predicateOf);
  return (row) => {
    const values = predicates.map((predicate) => evaluate(predicate, row));
    if (values.includes(false)) return false;
    return values.includes(null) ? null : true;
  };
}

function predicateOf(text: string): JsonPredicate {
  const nullTest = NULL_TEST.exec(text);
  if (nullTest) {
    const isNull: JsonPredicate = ["isNull", nullTest[1]!];
    return nullTest[2] ? ["not", isNull] : isNull;
  }
  const comparison = COMPARISON.exec(text);
  if (!comparison) throw new TypeError(`the judge does not know ${text}`);
  const [, name, op, literal] = comparison;
  const value: Json = literal!.startsWith("'")
    ? literal!.slice(1, -1)
    : literal!;
  return [(op === "<>" ? "!=" : op) as "=", name!, value];
}
