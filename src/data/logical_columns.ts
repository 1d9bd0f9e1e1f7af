/**
 * Columns of a data file as columns of the table: fields found by name or id,
 * missing ones null, extra ones dropped, old types widened, at every depth.
 *
 * What is stored as the table has it is passed on without a copy.
 *
 * Source: Delta protocol, "Column Mapping", "Type Widening".
 *
 * @module
 */

import * as arrow from "apache-arrow";
import { DeltaError } from "../errors.ts";
import {
  FIELD_ID_KEY,
  toArrowField,
  toArrowType,
} from "../parquet/arrow_schema.ts";
import { buildColumn } from "../parquet/build_column.ts";
import { castColumn } from "../parquet/cast_batch.ts";
import { nullColumn as nullsOf } from "../parquet/column_data.ts";
import {
  type ColumnMappingMode,
  fieldId,
  physicalName,
} from "../schema/column_mapping.ts";
import {
  type DataType,
  type StructField,
  type StructType,
  typeName,
} from "../schema/data_type.ts";
import { foldCase } from "../schema/schema_path.ts";
import type { Value } from "../schema/value.ts";
import { checkReadableAs } from "./type_widening.ts";

/** A field of a data file, as far as finding it goes. */
export interface FileField {
  /** Its name in the file. */
  readonly name: string;
  /** Its Parquet field id, where it has one. */
  readonly id: number | undefined;
}

/**
 * Finds a field of the table among fields of a file: by id in `id` mode, else
 * by physical name, in any case where no name is spelled the same.
 *
 * @returns The index, or -1 where the file lacks it.
 * @throws {DeltaError} `DELTA_DATA_FILE_CORRUPT` where two names differ in case only and neither is right.
 */
export function findFileField(
  fields: readonly FileField[],
  field: StructField,
  mode: ColumnMappingMode,
): number {
  if (mode === "id") {
    const id = fieldId(field);
    // A column of the engine's own, in change data files, has no id on either side.
    return fields.findIndex((f) =>
      f.id === id && (id !== undefined || f.name === field.name)
    );
  }
  const name = mode === "none" ? field.name : physicalName(field);
  const exact = fields.findIndex((f) => f.name === name);
  if (exact >= 0) return exact;
  const folded = foldCase(name);
  const alike = fields.flatMap((f, i) =>
    foldCase(f.name) === folded ? [i] : []
  );
  if (alike.length <= 1) return alike[0] ?? -1;
  throw new DeltaError("DELTA_DATA_FILE_CORRUPT", {
    what: `Cannot find the column ${name} in a data file`,
    why: `the file has ${alike.map((i) => fields[i]!.name).join(" and ")}`,
    fix: "Rewrite the file with columns whose names differ by more than case",
    context: { column: name },
  });
}

/** Name and id of an Arrow field that came out of a Parquet file. */
export function fileFieldOf(field: arrow.Field): FileField {
  const id = field.metadata.get(FIELD_ID_KEY);
  return { name: field.name, id: id === undefined ? undefined : Number(id) };
}

/**
 * A column of a file as the column of the table.
 *
 * @param data The file's column.
 * @param type The type that the table's schema says.
 * @param mode How nested fields are found.
 * @param path The column, for messages.
 * @returns The column in the canonical Arrow type of `type`.
 * @throws {DeltaError} `DELTA_UNSUPPORTED_TYPE_CHANGE` where the file's type cannot become the table's.
 */
export function toLogicalColumn(
  data: arrow.Data,
  type: DataType,
  mode: ColumnMappingMode,
  path: string,
): arrow.Data {
  if (type.kind === "void" || data.typeId === arrow.Type.Null) {
    return nullColumn(type, data.length);
  }
  switch (type.kind) {
    case "struct":
      return structColumn(data, type, mode, path);
    case "array":
    case "map":
      return listColumn(data, type, mode, path);
    case "variant":
      if (data.typeId !== arrow.Type.Struct) throw otherShape(data, type, path);
      return castColumn(data, type, toArrowType(type));
    default:
      return leafColumn(data, type, path);
  }
}

/** A column of nulls. */
export function nullColumn(type: DataType, length: number): arrow.Data {
  return nullsOf(toArrowType(type), length);
}

/** A column with one value in every row. */
export function constantColumn(
  type: DataType,
  value: Value,
  length: number,
): arrow.Data {
  return buildColumn(type, new Array(length).fill(value));
}

function structColumn(
  data: arrow.Data,
  type: StructType,
  mode: ColumnMappingMode,
  path: string,
): arrow.Data {
  if (data.typeId !== arrow.Type.Struct) throw otherShape(data, type, path);
  const fields = (data.type.children as arrow.Field[]).map(fileFieldOf);
  const children = type.fields.map((field) => {
    const at = findFileField(fields, field, mode);
    return at < 0 ? nullColumn(field.type, data.length) : toLogicalColumn(
      data.children[at]!,
      field.type,
      mode,
      `${path}.${field.name}`,
    );
  });
  return arrow.makeData({
    type: new arrow.Struct(type.fields.map(toArrowField)),
    length: data.length,
    nullCount: data.nullCount,
    ...bitmapOf(data),
    children,
  });
}

function listColumn(
  data: arrow.Data,
  type: DataType & { kind: "array" | "map" },
  mode: ColumnMappingMode,
  path: string,
): arrow.Data {
  const wanted = type.kind === "array" ? arrow.Type.List : arrow.Type.Map;
  if (data.typeId !== wanted) return uncommonList(data, type, mode, path);
  const inner = data.children[0]!;
  const child = type.kind === "array"
    ? toLogicalColumn(inner, type.elementType, mode, `${path}.element`)
    : entriesColumn(inner, type, mode, path);
  return arrow.makeData({
    type: toArrowType(type) as arrow.List,
    length: data.length,
    nullCount: data.nullCount,
    ...bitmapOf(data),
    valueOffsets: data.valueOffsets,
    child,
  });
}

function entriesColumn(
  entries: arrow.Data,
  type: DataType & { kind: "map" },
  mode: ColumnMappingMode,
  path: string,
): arrow.Data {
  const entryType =
    ((toArrowType(type) as arrow.Map_).children[0] as arrow.Field).type;
  return arrow.makeData({
    type: entryType as arrow.Struct,
    length: entries.length,
    nullCount: 0,
    children: [
      toLogicalColumn(entries.children[0]!, type.keyType, mode, `${path}.key`),
      toLogicalColumn(
        entries.children[1]!,
        type.valueType,
        mode,
        `${path}.value`,
      ),
    ],
  });
}

/** Lists that only other writers' hints bring: with 64-bit offsets, or of a fixed size. */
function uncommonList(
  data: arrow.Data,
  type: DataType & { kind: "array" | "map" },
  mode: ColumnMappingMode,
  path: string,
): arrow.Data {
  const isList = data.typeId === arrow.Type.LargeList ||
    data.typeId === arrow.Type.FixedSizeList;
  if (type.kind !== "array" || !isList) throw otherShape(data, type, path);
  return castColumn(
    data,
    type,
    toArrowType(type),
    mode === "none" ? undefined : physicalName,
  );
}

function leafColumn(
  data: arrow.Data,
  type: DataType,
  path: string,
): arrow.Data {
  checkReadableAs(data.type, type, path);
  const wanted = toArrowType(type);
  return isBytes(data.type) && isBytes(wanted)
    ? data.clone(wanted)
    : castColumn(data, type, wanted);
}

function isBytes(type: arrow.DataType): boolean {
  return type.typeId === arrow.Type.Utf8 || type.typeId === arrow.Type.Binary;
}

/** The null bitmap, where there is one. */
function bitmapOf(data: arrow.Data): { nullBitmap?: Uint8Array } {
  if (data.nullCount === 0 || !data.nullBitmap?.length) return {};
  return { nullBitmap: data.nullBitmap };
}

function otherShape(
  data: arrow.Data,
  type: DataType,
  path: string,
): DeltaError {
  return new DeltaError("DELTA_UNSUPPORTED_TYPE_CHANGE", {
    what: `Cannot read the column ${path} of type ${typeName(type)}`,
    why: `the data file has it as ${data.type}`,
    fix: "Rewrite the file in the table's schema",
    context: { column: path, file: String(data.type) },
  });
}
