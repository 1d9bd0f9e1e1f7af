/**
 * The model's predicates, in SQL's three-valued logic: small enough to be
 * obviously right.
 *
 * @module
 */

import type { ColumnName, Json, JsonPredicate } from "../engine_adapter.ts";
import type { ModelRow } from "./rows.ts";

/** Whether a predicate holds for a row; null is neither. */
export function evaluate(
  predicate: JsonPredicate,
  row: ModelRow,
): boolean | null {
  switch (predicate[0]) {
    case "and":
      return all(operands(predicate, row));
    case "or":
      return negate(all(operands(predicate, row).map(negate)));
    case "not":
      return negate(evaluate(predicate[1] as JsonPredicate, row));
    case "isNull":
      return valueOf(row, predicate[1] as ColumnName) === null;
    case "in": {
      const value = valueOf(row, predicate[1] as ColumnName);
      const found = (predicate[2] as readonly Json[])
        .map((wanted) => compare("=", value, wanted));
      return negate(all(found.map(negate)));
    }
    default:
      return compare(
        predicate[0],
        valueOf(row, predicate[1] as ColumnName),
        predicate[2] as Json,
      );
  }
}

/** Whether a row is one that the predicate selects; every row where there is none. */
export function selects(
  predicate: JsonPredicate | undefined,
  row: ModelRow,
): boolean {
  return predicate === undefined || evaluate(predicate, row) === true;
}

function operands(
  predicate: JsonPredicate,
  row: ModelRow,
): (boolean | null)[] {
  return (predicate.slice(1) as JsonPredicate[]).map((p) => evaluate(p, row));
}

function all(values: readonly (boolean | null)[]): boolean | null {
  if (values.includes(false)) return false;
  return values.includes(null) ? null : true;
}

const negate = (value: boolean | null): boolean | null =>
  value === null ? null : !value;

function valueOf(row: ModelRow, name: ColumnName): Json {
  const column = typeof name === "string" ? name : name[0]!;
  return row[column] ?? null;
}

function compare(op: string, left: Json, right: Json): boolean | null {
  if (left === null || right === null) return null;
  const order = compareValues(left, right);
  switch (op) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    default:
      return order >= 0;
  }
}

const INTEGER = /^-?\d+$/;

/** Orders two values of one type: whole numbers by value, also those written as text; other text by its bytes. */
export function compareValues(left: Json, right: Json): number {
  if (isWhole(left) && isWhole(right)) {
    const [a, b] = [BigInt(left as string), BigInt(right as string)];
    return a < b ? -1 : a > b ? 1 : 0;
  }
  if (typeof left === "number" && typeof right === "number") {
    return left < right ? -1 : left > right ? 1 : 0;
  }
  const [a, b] = [String(left), String(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}

const isWhole = (value: Json): boolean =>
  typeof value === "number"
    ? Number.isInteger(value)
    : typeof value === "string" && INTEGER.test(value);
