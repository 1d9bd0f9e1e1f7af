/**
 * New values of columns as the engine protocol writes them: `{value}` or
 * `{add}`, to what the engine takes.
 *
 * @module
 */

import { DeltaError } from "../../src/errors.ts";
import { col, type Expression, lit } from "../../src/expression/predicate.ts";
import {
  type DataType,
  type JsonValue,
  type StructType,
  typeName,
} from "../../src/schema/data_type.ts";
import { findField } from "../../src/schema/schema_path.ts";
import { decodeValue } from "../canonical_values.ts";
import { invalid, type JsonObject } from "./arguments.ts";
import type { Path } from "./json_predicate.ts";

/** New values by column. */
export type Assigned = Readonly<Record<string, Expression>>;

/**
 * Reads a `set`: `{"column": {"value": v}}`, or `{"column": {"add": n}}`.
 *
 * @param op The operation, for messages.
 * @param side What stands before a column whose old value is added to.
 * @throws {DeltaError} `DELTA_COLUMN_NOT_FOUND`, `DELTA_INVALID_ARGUMENT`.
 */
export function parseSet(
  op: string,
  set: JsonObject,
  schema: StructType,
  side: readonly string[] = [],
): Assigned {
  return Object.fromEntries(
    Object.entries(set).map(([name, json]) => {
      const type = columnType(op, name, schema);
      const keys = typeof json === "object" && json !== null
        ? Object.keys(json)
        : [];
      const change = json as JsonObject;
      if (keys.length === 1 && keys[0] === "value") {
        return [name, lit(decodeValue(change.value!, type, name))];
      }
      if (keys.length === 1 && keys[0] === "add") {
        return [name, sum(op, name, change.add!, type, side)];
      }
      throw invalid(
        op,
        `the new value of ${name} is neither {"value": v} nor {"add": n}`,
      );
    }),
  );
}

/**
 * Reads an `add`: `{"column": n}`.
 *
 * @throws {DeltaError} As {@link parseSet}.
 */
export function parseAdd(
  op: string,
  add: JsonObject,
  schema: StructType,
): Assigned {
  return Object.fromEntries(
    Object.entries(add).map(([name, json]) => [
      name,
      sum(op, name, json, columnType(op, name, schema), []),
    ]),
  );
}

const NUMBERS: ReadonlySet<string> = new Set([
  "byte",
  "short",
  "integer",
  "long",
  "float",
  "double",
  "decimal",
]);

function sum(
  op: string,
  name: string,
  json: JsonValue,
  type: DataType,
  side: readonly string[],
): Expression {
  if (!NUMBERS.has(type.kind) || json === null) {
    throw invalid(
      op,
      `${JSON.stringify(json)} cannot be added to ${name}, ` +
        `a column of type ${typeName(type)}`,
    );
  }
  const value = decodeValue(spelled(json, type), type, name);
  const path = [...side, name] as unknown as Path;
  return col(...path).plus(lit(value)).cast(type);
}

/** A plain number as its column's canonical form spells it: people write `{"add": 1}`. */
function spelled(json: JsonValue, type: DataType): JsonValue {
  const isPlain = ["byte", "short", "integer"].includes(type.kind);
  if (isPlain) return typeof json === "string" ? Number(json) : json;
  return typeof json === "number" ? String(json) : json;
}

function columnType(op: string, name: string, schema: StructType): DataType {
  const field = findField(schema, name);
  if (field) return field.type;
  throw new DeltaError("DELTA_COLUMN_NOT_FOUND", {
    what: `Cannot run ${op}`,
    why: `the table has no column ${name}`,
    fix: "Name a column of the table's schema",
    context: { column: name },
  });
}
