/**
 * The schema's JSON text to {@link StructType} and back.
 *
 * Source: Delta protocol, "Schema Serialization Format".
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import type {
  DataType,
  JsonValue,
  PrimitiveName,
  StructField,
  StructType,
} from "./data_type.ts";

/** Spellings of a type without parameters: the protocol's, and those of old or lax writers. */
const PRIMITIVES: ReadonlyMap<string, PrimitiveName> = new Map<
  string,
  PrimitiveName
>([
  ...([
    "string",
    "long",
    "integer",
    "short",
    "byte",
    "float",
    "double",
    "boolean",
    "binary",
    "date",
    "timestamp",
    "timestamp_ntz",
    "variant",
    "void",
  ] as const).map((name) => [name, name] as const),
  ["null", "void"],
  ["int", "integer"],
  ["bigint", "long"],
  ["smallint", "short"],
  ["tinyint", "byte"],
  ["timestampWithoutTimezone", "timestamp_ntz"],
  ["timestamp without time zone", "timestamp_ntz"],
]);

/**
 * Reads a table's `schemaString`. A missing or empty one is a table without columns.
 *
 * @throws {DeltaError} `DELTA_UNSUPPORTED_DATA_TYPE` naming the column and the type,
 *   `DELTA_INVALID_SCHEMA` when the text is no schema.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const schema = parseSchema(
 *   '{"type":"struct","fields":[{"name":"id","type":"long","nullable":false,"metadata":{}}]}',
 * );
 * assert.deepEqual(schema.fields[0]!.type, { kind: "long" });
 * ```
 */
export function parseSchema(text: string | undefined): StructType {
  if (text === undefined || text.trim() === "") {
    return { kind: "struct", fields: [] };
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid("", `its text is not JSON: ${(cause as Error).message}`);
  }
  const type = parseDataType(json);
  if (type.kind !== "struct") throw invalid("", "it is not a struct");
  return type;
}

/** Writes a schema as the `schemaString` of a metaData action. */
export function formatSchema(schema: StructType): string {
  return JSON.stringify(formatDataType(schema));
}

/**
 * Reads one type of a schema.
 *
 * @param json The parsed JSON: a name, or an object with `type`.
 * @param path Dotted path of the column, for the error.
 * @throws {DeltaError} As {@link parseSchema}.
 */
export function parseDataType(json: unknown, path: string = ""): DataType {
  if (typeof json === "string") return parseNamed(json, path);
  if (!isObject(json)) throw invalid(path, "its type is missing");
  const at = (step: string) => path === "" ? step : `${path}.${step}`;
  switch (json.type) {
    case "struct":
      return parseStruct(json, path);
    case "array":
      return {
        kind: "array",
        elementType: parseDataType(json.elementType, at("element")),
        containsNull: json.containsNull !== false,
      };
    case "map":
      return {
        kind: "map",
        keyType: parseDataType(json.keyType, at("key")),
        valueType: parseDataType(json.valueType, at("value")),
        valueContainsNull: json.valueContainsNull !== false,
      };
  }
  if (typeof json.type !== "string") throw invalid(path, "its type is missing");
  return parseNamed(json.type, path);
}

/** Writes one type as the JSON value of a schema. */
export function formatDataType(type: DataType): JsonValue {
  switch (type.kind) {
    case "decimal":
      return `decimal(${type.precision},${type.scale})`;
    case "array":
      return {
        type: "array",
        elementType: formatDataType(type.elementType),
        containsNull: type.containsNull,
      };
    case "map":
      return {
        type: "map",
        keyType: formatDataType(type.keyType),
        valueType: formatDataType(type.valueType),
        valueContainsNull: type.valueContainsNull,
      };
    case "struct":
      return { type: "struct", fields: type.fields.map(formatField) };
    default:
      return PRIMITIVES.get(type.kind) ?? type.kind;
  }
}

function formatField(field: StructField): JsonValue {
  return {
    name: field.name,
    type: formatDataType(field.type),
    nullable: field.nullable,
    metadata: field.metadata,
  };
}

function parseStruct(
  json: Record<string, unknown>,
  path: string,
): StructType {
  if (!Array.isArray(json.fields)) throw invalid(path, "it has no fields list");
  return {
    kind: "struct",
    fields: json.fields.map((field) => parseField(field, path)),
  };
}

function parseField(json: unknown, parent: string): StructField {
  if (!isObject(json) || typeof json.name !== "string") {
    throw invalid(parent, "a field has no name");
  }
  const path = parent === "" ? json.name : `${parent}.${json.name}`;
  return {
    name: json.name,
    type: parseDataType(json.type, path),
    nullable: json.nullable !== false,
    metadata: isObject(json.metadata)
      ? json.metadata as Record<string, JsonValue>
      : {},
  };
}

function parseNamed(name: string, path: string): DataType {
  const primitive = PRIMITIVES.get(name);
  if (primitive) return { kind: primitive };
  // Old schemas name these outright; the length is the writer's concern.
  if (/^(var)?char\(\d+\)$/.test(name)) return { kind: "string" };
  if (name === "decimal") return { kind: "decimal", precision: 10, scale: 0 };
  const decimal = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(name);
  if (!decimal) throw unsupported(name, path);
  const precision = Number(decimal[1]);
  const scale = Number(decimal[2]);
  if (precision < 1 || precision > 38 || scale > precision) {
    throw unsupported(name, path);
  }
  return { kind: "decimal", precision, scale };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unsupported(type: string, path: string): DeltaError {
  return new DeltaError("DELTA_UNSUPPORTED_DATA_TYPE", {
    what: path === "" ? "Cannot read the type" : `Cannot read column ${path}`,
    why: `its type ${JSON.stringify(type)} is not known to this engine`,
    fix: "Read the table with an engine that knows the type",
    context: { column: path, type },
  });
}

function invalid(path: string, why: string): DeltaError {
  return new DeltaError("DELTA_INVALID_SCHEMA", {
    what: path === "" ? "Cannot read the schema" : `Cannot read column ${path}`,
    why,
    fix: "The metaData action must hold a schema as the protocol writes it",
    context: { column: path },
  });
}
