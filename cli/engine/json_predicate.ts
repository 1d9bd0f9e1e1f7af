/**
 * Predicates of the engine protocol to the engine's own: arrays to expressions.
 *
 * @module
 */

import { DeltaError } from "../../src/errors.ts";
import {
  and,
  col,
  type CompareOp,
  lit,
  not,
  or,
  type Predicate,
} from "../../src/expression/predicate.ts";
import type {
  DataType,
  JsonValue,
  StructType,
} from "../../src/schema/data_type.ts";
import { fieldAt } from "../../src/schema/schema_path.ts";
import { decodeValue } from "../canonical_values.ts";

const COMPARISONS: ReadonlySet<unknown> = new Set<CompareOp>([
  "=",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
]);

/** A column's way from the top. */
export type Path = readonly [string, ...string[]];

/** Finds what a path means: the way to the column, and its type; nothing where there is none. */
export type FindColumn = (
  path: Path,
) => { readonly path: Path; readonly type: DataType } | undefined;

/** Finds columns of one schema. */
export function columnsIn(schema: StructType): FindColumn {
  return (path) => {
    const field = fieldAt(schema, path);
    return field && { path, type: field.type };
  };
}

/**
 * Reads a predicate; its values are in the canonical encoding of their columns.
 *
 * @param columns The columns that it may name.
 * @throws {DeltaError} `DELTA_COLUMN_NOT_FOUND`, or `DELTA_INVALID_ARGUMENT`
 *   where it has another form.
 */
export function parsePredicate(
  json: JsonValue,
  columns: StructType | FindColumn,
): Predicate {
  const schema = typeof columns === "function" ? columns : columnsIn(columns);
  if (!Array.isArray(json)) throw malformed(json);
  const [op, ...rest] = json;
  if (op === "and" || op === "or") {
    const args = rest.map((arg) => parsePredicate(arg, schema));
    return op === "and" ? and(...args) : or(...args);
  }
  if (op === "not" && rest.length === 1) {
    return not(parsePredicate(rest[0]!, schema));
  }
  if (op === "isNull" && rest.length === 1) {
    const [path] = columnOf(rest[0]!, schema);
    return col(...path).isNull();
  }
  if (op === "in" && rest.length === 2 && Array.isArray(rest[1])) {
    const [path, type] = columnOf(rest[0]!, schema);
    const values = rest[1].map((value) =>
      decodeValue(value, type, path.join("."))
    );
    return col(...path).in(values);
  }
  if (COMPARISONS.has(op) && rest.length === 2) {
    const [path, type] = columnOf(rest[0]!, schema);
    const right = lit(decodeValue(rest[1]!, type, path.join(".")));
    return { kind: "compare", op: op as CompareOp, left: col(...path), right };
  }
  throw malformed(json);
}

function columnOf(json: JsonValue, find: FindColumn): [Path, DataType] {
  const path = typeof json === "string" ? [json] : json;
  if (
    !Array.isArray(path) || path.length === 0 ||
    !path.every((name) => typeof name === "string")
  ) throw malformed(json);
  const found = find(path as unknown as Path);
  if (!found) {
    throw new DeltaError("DELTA_COLUMN_NOT_FOUND", {
      what: "Cannot evaluate the predicate",
      why: `the table has no column ${path.join(".")}`,
      fix: "Name a column of the table's schema",
      context: { path },
    });
  }
  return [found.path, found.type];
}

function malformed(json: JsonValue): DeltaError {
  return new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: "Cannot evaluate the predicate",
    why: `${JSON.stringify(json).slice(0, 80)} is none`,
    fix:
      'Write it as ["and", p, …], ["isNull", column] or ["=", column, value]',
  });
}
