/**
 * The forms in which callers give conditions and values: expressions, SQL text,
 * or plain values.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import {
  type Expression,
  isExpression,
  type Predicate,
} from "./expression_tree.ts";
import { parseSql } from "./parse_sql.ts";

/** A condition as callers give it: built, or SQL text. */
export type PredicateInput = Predicate | string;

/** An expression given as SQL text where a plain string would be a value. */
export interface SqlText {
  /** The text, in Spark's dialect. */
  readonly sql: string;
}

/**
 * A condition in any of its forms as an expression.
 *
 * @param where An expression, or SQL text.
 * @throws {DeltaError} `DELTA_UNSUPPORTED_EXPRESSION` for text that is none,
 *   `DELTA_INVALID_ARGUMENT` for anything else.
 */
export function toPredicate(where: PredicateInput): Predicate {
  if (typeof where === "string") return parseSql(where);
  if (isExpression(where)) return where;
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: "Cannot use the condition",
    why: `it is neither SQL text nor an expression but ${
      where === null ? "null" : typeof where
    }`,
    fix: 'Write it as col("id").gt(5) or "id > 5"',
  });
}

/**
 * What a column is set to, in any of its forms, as an expression: an expression,
 * `{ sql: "n + 1" }`, or a value.
 *
 * @throws {DeltaError} `DELTA_UNSUPPORTED_EXPRESSION` for SQL text that is no expression.
 */
export function toExpression(input: unknown): Expression {
  if (isExpression(input)) return input;
  return isSqlText(input)
    ? parseSql(input.sql)
    : { kind: "literal", value: input };
}

function isSqlText(input: unknown): input is SqlText {
  return typeof input === "object" && input !== null && "sql" in input &&
    typeof input.sql === "string" && Object.keys(input).length === 1;
}
