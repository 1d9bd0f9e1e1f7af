/**
 * Editing a schema in one place: a type replaced, a field put in, changed or
 * taken out, at any depth.
 *
 * Source: Delta protocol, "Schema Serialization Format" and "Column Mapping".
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import { mapFields, PHYSICAL_NAME_KEY } from "./column_mapping.ts";
import type { DataType, StructField, StructType } from "./data_type.ts";
import { asNewField } from "./schema_evolution.ts";
import { foldCase, formatPath } from "./schema_path.ts";

/**
 * The schema with one type in it replaced: that of a column, or of the elements
 * of a list or the keys or values of a map (steps `element`, `key`, `value`).
 *
 * @param path Where, spelled as the schema spells it; empty for the schema itself.
 * @param change What becomes of the type there.
 */
export function changeTypeAt<T extends DataType>(
  type: T,
  path: readonly string[],
  change: (type: DataType) => DataType,
): T {
  return changeType(type, path, change) as T;
}

function changeType(
  type: DataType,
  path: readonly string[],
  change: (type: DataType) => DataType,
): DataType {
  const [step, ...rest] = path;
  if (step === undefined) return change(type);
  switch (type.kind) {
    case "struct":
      return {
        ...type,
        fields: type.fields.map((field) =>
          field.name === step
            ? { ...field, type: changeType(field.type, rest, change) }
            : field
        ),
      };
    case "array":
      return {
        ...type,
        elementType: changeType(type.elementType, rest, change),
      };
    case "map":
      return step === "key"
        ? { ...type, keyType: changeType(type.keyType, rest, change) }
        : { ...type, valueType: changeType(type.valueType, rest, change) };
    default:
      return type;
  }
}

/**
 * The schema with the one field at a path replaced, or taken out.
 *
 * @param path Where, spelled as the schema spells it; its last step names a struct's field.
 * @param change The field anew; undefined takes it out.
 */
export function changeFieldAt(
  schema: StructType,
  path: readonly string[],
  change: (field: StructField) => StructField | undefined,
): StructType {
  const name = path.at(-1);
  return changeTypeAt(schema, path.slice(0, -1), (parent) => {
    if (parent.kind !== "struct") return parent;
    const fields = parent.fields.flatMap((field) => {
      if (field.name !== name) return [field];
      return change(field) ?? [];
    });
    return { ...parent, fields };
  });
}

/** Where a new field goes: in front of the others, or behind one of them; last by default. */
export type FieldPosition = "first" | { readonly after: string };

/**
 * The schema with a new field in the struct at a path: nullable, and without
 * another table's ids, expressions and widenings.
 *
 * @param parent Where the struct is, spelled as the schema spells it; empty for the top.
 * @throws {DeltaError} `DELTA_COLUMN_NOT_FOUND` when there is no field to stand behind.
 */
export function insertFieldAt(
  schema: StructType,
  parent: readonly string[],
  field: StructField,
  position?: FieldPosition,
): StructType {
  const added = asNewField(field);
  return changeTypeAt(schema, parent, (type) => {
    if (type.kind !== "struct") return type;
    const fields = [...type.fields];
    fields.splice(placeOf(fields, parent, field.name, position), 0, added);
    return { ...type, fields };
  });
}

function placeOf(
  fields: readonly StructField[],
  parent: readonly string[],
  name: string,
  position: FieldPosition | undefined,
): number {
  if (position === undefined) return fields.length;
  if (position === "first") return 0;
  const folded = foldCase(position.after);
  const at = fields.findIndex((field) => foldCase(field.name) === folded);
  if (at >= 0) return at + 1;
  throw new DeltaError("DELTA_COLUMN_NOT_FOUND", {
    what: `Cannot add column ${formatPath([...parent, name])}`,
    why: `there is no column ${formatPath([...parent, position.after])}` +
      " to put it behind",
    fix: "Put it behind a column beside it, or leave the position out",
    context: { column: [...parent, position.after] },
  });
}

/** Gives every field that has none a physical name: the one it has in the files written so far. */
export function keepNames(schema: StructType): StructType {
  return mapFields(
    schema,
    (field) =>
      typeof field.metadata[PHYSICAL_NAME_KEY] === "string" ? field : {
        ...field,
        metadata: { ...field.metadata, [PHYSICAL_NAME_KEY]: field.name },
      },
  );
}
