/**
 * The schema that a table would need for data in Arrow: what the data has and
 * the table lacks, and nothing that merely is another physical type.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import type { DataType, StructField, StructType } from "../schema/data_type.ts";
import { canWiden } from "../schema/schema_evolution.ts";
import { findField, formatPath } from "../schema/schema_path.ts";

/**
 * The table's schema grown by the columns of an incoming one, at any depth.
 *
 * @param table The table's schema.
 * @param incoming The schema of the data.
 * @param widen Whether a wider incoming type replaces the table's; else the table's stays, and
 *   whether the values fit is found out when they are read.
 * @returns The table's own schema object when nothing is new.
 * @throws {DeltaError} `DELTA_SCHEMA_MISMATCH` for a new column without a type.
 */
export function grownSchema(
  table: StructType,
  incoming: StructType,
  widen: boolean,
): StructType {
  return grow(table, incoming, widen, []);
}

function grow(
  table: StructType,
  incoming: StructType,
  widen: boolean,
  path: readonly string[],
): StructType {
  let changed = false;
  const fields = table.fields.map((field) => {
    const twin = incoming.fields.find((f) =>
      findField(table, f.name) === field
    );
    const type = twin
      ? growType(field.type, twin.type, widen, [...path, field.name])
      : field.type;
    if (type === field.type) return field;
    changed = true;
    return { ...field, type };
  });
  for (const field of incoming.fields) {
    if (findField(table, field.name)) continue;
    fields.push(newField(field, [...path, field.name]));
    changed = true;
  }
  return changed ? { kind: "struct", fields } : table;
}

function growType(
  table: DataType,
  incoming: DataType,
  widen: boolean,
  path: readonly string[],
): DataType {
  if (table.kind === "struct" && incoming.kind === "struct") {
    return grow(table, incoming, widen, path);
  }
  if (table.kind === "array" && incoming.kind === "array") {
    const here = [...path, "element"];
    const elementType = growType(
      table.elementType,
      incoming.elementType,
      widen,
      here,
    );
    return elementType === table.elementType
      ? table
      : { ...table, elementType };
  }
  if (table.kind === "map" && incoming.kind === "map") {
    const keyType = growType(table.keyType, incoming.keyType, widen, path);
    const valueType = growType(
      table.valueType,
      incoming.valueType,
      widen,
      [...path, "value"],
    );
    return keyType === table.keyType && valueType === table.valueType
      ? table
      : { ...table, keyType, valueType };
  }
  return widen && canWiden(table, incoming) ? incoming : table;
}

/** A new column: old rows lack it, so it takes nulls; ids of the data's own are not the table's. */
function newField(field: StructField, path: readonly string[]): StructField {
  if (field.type.kind === "void") {
    throw new DeltaError("DELTA_SCHEMA_MISMATCH", {
      what: `Cannot add column ${formatPath(path)}`,
      why: "the data has it as nulls without a type",
      fix: "Cast the column to a type, or leave it out",
      context: { column: path.join(".") },
    });
  }
  return {
    name: field.name,
    type: newType(field.type, path),
    nullable: true,
    metadata: {},
  };
}

function newType(type: DataType, path: readonly string[]): DataType {
  switch (type.kind) {
    case "struct":
      return {
        kind: "struct",
        fields: type.fields.map((f) => newField(f, [...path, f.name])),
      };
    case "array":
      return {
        ...type,
        elementType: newType(type.elementType, [...path, "element"]),
      };
    case "map":
      return {
        ...type,
        keyType: newType(type.keyType, [...path, "key"]),
        valueType: newType(type.valueType, [...path, "value"]),
      };
    default:
      return type;
  }
}
