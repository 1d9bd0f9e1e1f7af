/**
 * Canonical JSON values to values of this engine and back, for the types that
 * the suite's tables use.
 *
 * @module
 */

import {
  and,
  col,
  type CompareOp,
  type DataType,
  lit,
  not,
  or,
  type Predicate,
  type Row,
  type StructType,
  type Value,
} from "../../src/mod.ts";
import type { ColumnName, Json, JsonPredicate } from "../engine_adapter.ts";

/** Reads a canonical value. */
export function decodeValue(json: Json, type: DataType): Value {
  if (json === null) return null;
  switch (type.kind) {
    case "long":
    case "timestamp":
    case "timestamp_ntz":
      return BigInt(json as string | number);
    default:
      return json as Value;
  }
}

/** Writes a canonical value. */
export function encodeValue(value: Value, type: DataType): Json {
  if (value === null) return null;
  switch (type.kind) {
    case "long":
    case "timestamp":
    case "timestamp_ntz":
      return String(value);
    case "date":
      return new Date((value as number) * 86_400_000).toISOString().slice(
        0,
        10,
      );
    case "string":
    case "boolean":
    case "byte":
    case "short":
    case "integer":
      return value as string | number | boolean;
    case "float":
    case "double":
      return encodeDouble(value as number);
    default:
      throw new TypeError(`the suite does not encode ${type.kind}`);
  }
}

function encodeDouble(value: number): Json {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  return Object.is(value, -0) ? "-0" : value;
}

/** A row of a request as an object of the engine. */
export function decodeRow(
  row: readonly Json[],
  schema: StructType,
): Record<string, Value> {
  const out: Record<string, Value> = {};
  schema.fields.forEach((field, i) => {
    out[field.name] = decodeValue(row[i] ?? null, field.type);
  });
  return out;
}

/** A row of the engine as an array in schema order. */
export function encodeRow(row: Row, schema: StructType): Json[] {
  return schema.fields.map((field) =>
    encodeValue(row[field.name] ?? null, field.type)
  );
}

/** The engine's own form of a predicate. */
export function toPredicate(
  json: JsonPredicate,
  schema: StructType,
): Predicate {
  switch (json[0]) {
    case "and":
    case "or": {
      const args = (json.slice(1) as JsonPredicate[]).map((arg) =>
        toPredicate(arg, schema)
      );
      return json[0] === "and" ? and(...args) : or(...args);
    }
    case "not":
      return not(toPredicate(json[1] as JsonPredicate, schema));
    case "isNull":
      return column(json[1] as ColumnName).isNull();
    case "in": {
      const type = typeOf(json[1] as ColumnName, schema);
      const values = (json[2] as readonly Json[]).map((v) =>
        decodeValue(v, type)
      );
      return column(json[1] as ColumnName).in(values);
    }
    default: {
      const type = typeOf(json[1] as ColumnName, schema);
      const right = lit(decodeValue(json[2] as Json, type));
      return {
        kind: "compare",
        op: json[0] as CompareOp,
        left: column(json[1] as ColumnName),
        right,
      };
    }
  }
}

function pathOf(name: ColumnName): [string, ...string[]] {
  return (typeof name === "string" ? [name] : [...name]) as [
    string,
    ...string[],
  ];
}

const column = (name: ColumnName) => col(...pathOf(name));

function typeOf(name: ColumnName, schema: StructType): DataType {
  let type: DataType = schema;
  for (const part of pathOf(name)) {
    if (type.kind !== "struct") break;
    const found: DataType | undefined = type.fields
      .find((field) => field.name === part)?.type;
    type = found ?? { kind: "string" };
  }
  return type;
}
