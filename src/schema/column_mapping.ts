/**
 * Column mapping: what a column is called in data files, statistics and
 * partition values, and which id it has.
 *
 * Source: Delta protocol, "Column Mapping".
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import type {
  DataType,
  JsonValue,
  StructField,
  StructType,
} from "./data_type.ts";

/** How columns of the schema are found in data files. */
export type ColumnMappingMode = "none" | "name" | "id";

/** Table property: the mode. */
export const MODE_KEY = "delta.columnMapping.mode";
/** Table property: the highest id ever given to a column. */
export const MAX_ID_KEY = "delta.columnMapping.maxColumnId";
/** Field metadata: the id. */
export const ID_KEY = "delta.columnMapping.id";
/** Field metadata: the physical name. */
export const PHYSICAL_NAME_KEY = "delta.columnMapping.physicalName";

/**
 * The table's mode; `none` where the property is absent.
 *
 * @throws {DeltaError} `DELTA_INVALID_CONFIGURATION` for any other word.
 */
export function columnMappingMode(
  configuration: Readonly<Record<string, string>>,
): ColumnMappingMode {
  const mode = (configuration[MODE_KEY] ?? "none").toLowerCase();
  if (mode === "none" || mode === "name" || mode === "id") return mode;
  throw new DeltaError("DELTA_INVALID_CONFIGURATION", {
    what: `Cannot use ${MODE_KEY}=${configuration[MODE_KEY]}`,
    why: "the modes are none, name and id",
    fix: "Set one of them",
  });
}

/** The name in data files, statistics and partition values: the mapped one, else the logical one. */
export function physicalName(field: StructField): string {
  const name = field.metadata[PHYSICAL_NAME_KEY];
  return typeof name === "string" ? name : field.name;
}

/** The column's id, where it has one. */
export function fieldId(field: StructField): number | undefined {
  const id = field.metadata[ID_KEY];
  return typeof id === "number" ? id : undefined;
}

/**
 * The same tree with physical names, metadata kept; the schema itself in mode `none`.
 */
export function physicalSchema(
  schema: StructType,
  mode: ColumnMappingMode,
): StructType {
  if (mode === "none") return schema;
  return mapFields(
    schema,
    (field) => ({ ...field, name: physicalName(field) }),
  );
}

/** The physical path of a logical one that is spelled as the schema spells it; undefined when there is no such column. */
export function physicalPath(
  schema: StructType,
  path: readonly string[],
  mode: ColumnMappingMode,
): readonly string[] | undefined {
  const names: string[] = [];
  let type: DataType = schema;
  for (const step of path) {
    if (type.kind !== "struct") return undefined;
    const field: StructField | undefined = type.fields.find((f) =>
      f.name === step
    );
    if (!field) return undefined;
    names.push(mode === "none" ? field.name : physicalName(field));
    type = field.type;
  }
  return names;
}

/** A schema whose every column is mapped. */
export interface AssignedMapping {
  /** The schema, ids and physical names in the metadata of every field. */
  readonly schema: StructType;
  /** The highest id in use or ever used: the new `delta.columnMapping.maxColumnId`. */
  readonly maxColumnId: number;
}

/**
 * Gives an id and a physical name (`col-<uuid>`) to every field that lacks
 * them, at any depth; what is there stays.
 *
 * @param configuration The table's properties, for the highest id given so far.
 * @param uuid Where fresh names come from.
 */
export function assignColumnMapping(
  schema: StructType,
  configuration: Readonly<Record<string, string>>,
  uuid: () => string,
): AssignedMapping {
  let maxColumnId = Math.max(
    Number(configuration[MAX_ID_KEY] ?? "0") || 0,
    highestId(schema),
  );
  const assigned = mapFields(schema, (field) => {
    const metadata: Record<string, JsonValue> = { ...field.metadata };
    if (fieldId(field) === undefined) metadata[ID_KEY] = ++maxColumnId;
    if (typeof metadata[PHYSICAL_NAME_KEY] !== "string") {
      metadata[PHYSICAL_NAME_KEY] = `col-${uuid()}`;
    }
    return { ...field, metadata };
  });
  return { schema: assigned, maxColumnId };
}

/** The highest column id anywhere in a schema; 0 when none has one. */
export function highestId(schema: StructType): number {
  let highest = 0;
  mapFields(schema, (field) => {
    highest = Math.max(highest, fieldId(field) ?? 0);
    const nested = field.metadata["delta.columnMapping.nested.ids"];
    if (typeof nested === "object" && nested !== null) {
      for (const id of Object.values(nested)) {
        if (typeof id === "number") highest = Math.max(highest, id);
      }
    }
    return field;
  });
  return highest;
}

/** The schema with every field replaced, parents before their children, at any depth. */
export function mapFields(
  schema: StructType,
  change: (field: StructField) => StructField,
): StructType {
  return {
    kind: "struct",
    fields: schema.fields.map((field) => {
      const changed = change(field);
      return { ...changed, type: mapType(changed.type, change) };
    }),
  };
}

function mapType(
  type: DataType,
  change: (field: StructField) => StructField,
): DataType {
  switch (type.kind) {
    case "struct":
      return mapFields(type, change);
    case "array":
      return { ...type, elementType: mapType(type.elementType, change) };
    case "map":
      return {
        ...type,
        keyType: mapType(type.keyType, change),
        valueType: mapType(type.valueType, change),
      };
    default:
      return type;
  }
}
