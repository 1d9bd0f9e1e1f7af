/**
 * Whether rows written in one schema may be read in a later one: columns may
 * have been added, and types widened; nothing may be gone, renamed or made
 * NOT NULL.
 *
 * @module
 */

import { physicalName } from "../../schema/column_mapping.ts";
import {
  type DataType,
  sameType,
  type StructType,
  typeName,
} from "../../schema/data_type.ts";
import { canWiden } from "../../schema/schema_evolution.ts";
import { findField, foldCase, formatPath } from "../../schema/schema_path.ts";

/**
 * What keeps rows of one schema from being read in another.
 *
 * @param written The schema that the rows were written in.
 * @param read The schema to read them in.
 * @returns A reason naming the column; `undefined` where nothing does.
 */
export function incompatibility(
  written: StructType,
  read: StructType,
): string | undefined {
  return ofStructs(written, read, []);
}

function ofStructs(
  written: StructType,
  read: StructType,
  parent: readonly string[],
): string | undefined {
  for (const field of written.fields) {
    const path = [...parent, field.name];
    const name = `column ${formatPath(path)}`;
    const twin = findField(read, field.name);
    if (!twin) return `${name} is gone or renamed`;
    if (foldCase(physicalName(twin)) !== foldCase(physicalName(field))) {
      return `${name} is another column of that name`;
    }
    if (field.nullable && !twin.nullable) return `${name} became NOT NULL`;
    const why = ofTypes(field.type, twin.type, path);
    if (why !== undefined) return why;
  }
  return undefined;
}

function ofTypes(
  written: DataType,
  read: DataType,
  path: readonly string[],
): string | undefined {
  if (written.kind === "struct" && read.kind === "struct") {
    return ofStructs(written, read, path);
  }
  if (written.kind === "array" && read.kind === "array") {
    return ofTypes(written.elementType, read.elementType, [...path, "element"]);
  }
  if (written.kind === "map" && read.kind === "map") {
    return ofTypes(written.keyType, read.keyType, [...path, "key"]) ??
      ofTypes(written.valueType, read.valueType, [...path, "value"]);
  }
  if (sameType(written, read) || canWiden(written, read)) return undefined;
  return `column ${formatPath(path)} was ${typeName(written)} and is ${
    typeName(read)
  }`;
}
