/**
 * Whether what a caller hands in as a schema is one, down to every field: what
 * is written into the log as it came, no reader could read.
 *
 * Source: Delta protocol, "Schema Serialization Format".
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import type { StructType } from "./data_type.ts";
import { formatPath } from "./schema_path.ts";

type Body = Readonly<Record<string, unknown>>;

/**
 * Refuses what is no schema: a field without a name, type, nullability or
 * metadata, or with one of another kind.
 *
 * @param schema What was handed in.
 * @returns The same.
 * @throws {DeltaError} `DELTA_INVALID_SCHEMA`, naming the column.
 */
export function checkSchemaShape(schema: unknown): StructType {
  if (!isBody(schema) || schema.kind !== "struct") {
    throw misshapen([], "it is no struct");
  }
  checkType(schema, []);
  return schema as unknown as StructType;
}

function checkType(type: unknown, path: readonly string[]): void {
  if (!isBody(type) || typeof type.kind !== "string") {
    throw misshapen(path, "it has no type: an object with a kind");
  }
  switch (type.kind) {
    case "struct":
      if (!Array.isArray(type.fields)) {
        throw misshapen(path, "its fields are no list");
      }
      for (const field of type.fields) checkField(field, path);
      return;
    case "array":
      checkFlag(type, "containsNull", path);
      return checkType(type.elementType, [...path, "element"]);
    case "map":
      checkFlag(type, "valueContainsNull", path);
      checkType(type.keyType, [...path, "key"]);
      return checkType(type.valueType, [...path, "value"]);
  }
}

function checkField(field: unknown, parent: readonly string[]): void {
  if (!isBody(field) || typeof field.name !== "string") {
    throw misshapen(parent, "a column has no name");
  }
  const path = [...parent, field.name];
  checkFlag(field, "nullable", path);
  if (!isBody(field.metadata)) {
    throw misshapen(path, "its metadata is no object");
  }
  checkType(field.type, path);
}

function checkFlag(body: Body, name: string, path: readonly string[]): void {
  if (typeof body[name] === "boolean") return;
  throw misshapen(path, `its ${name} is neither true nor false`);
}

function isBody(value: unknown): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function misshapen(path: readonly string[], why: string): DeltaError {
  const column = formatPath(path);
  return new DeltaError("DELTA_INVALID_SCHEMA", {
    what: path.length === 0
      ? "Cannot use the schema"
      : `Cannot use column ${column}`,
    why,
    fix:
      'Give every field as { name: "id", type: { kind: "long" }, nullable: true, metadata: {} }',
    context: path.length === 0 ? {} : { column },
  });
}
