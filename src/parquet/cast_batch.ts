/**
 * Batches as files hold them, turned into the canonical Arrow types of a
 * schema. What is canonical already is shared, not copied.
 *
 * @module
 */

import * as arrow from "apache-arrow";
import type { DataType, StructField, StructType } from "../schema/data_type.ts";
import { listBounds } from "./arrow_buffers.ts";
import { toArrowSchema } from "./arrow_schema.ts";
import {
  columnReader,
  type FieldNaming,
  findChild,
  ownName,
} from "./arrow_values.ts";
import { buildColumn } from "./build_column.ts";
import { batchOf, dataOf, nullColumn } from "./column_data.ts";

/**
 * Casts a batch to a schema: columns by name, in the schema's order, widened
 * where the file is older than the type; a column that is not there is null.
 *
 * @param naming The name a field has in the batch; its own by default. The
 * result always has the schema's names.
 * @throws {DeltaError} `DELTA_UNSUPPORTED_TYPE_CHANGE` when a column does not widen to its type.
 */
export function castBatch(
  batch: arrow.RecordBatch,
  schema: StructType,
  naming: FieldNaming = ownName,
): arrow.RecordBatch {
  const arrowSchema = toArrowSchema(schema);
  const columns = castFields(
    batch.schema.fields,
    batch.data.children,
    schema.fields,
    arrowSchema.fields,
    batch.numRows,
    naming,
  );
  return batchOf(arrowSchema, columns, batch.numRows);
}

/** Casts one column to the canonical Arrow type of `type`, which is `to`. */
export function castColumn(
  data: arrow.Data,
  type: DataType,
  to: arrow.DataType,
  naming: FieldNaming = ownName,
): arrow.Data {
  if (data.typeId === arrow.Type.Null || type.kind === "void") {
    return nullColumn(to, data.length);
  }
  if (sameStorage(data.type, to)) return retyped(data, to, data.children);
  if (type.kind === "variant") {
    const plain = plainVariant(data, to);
    if (plain !== undefined) return plain;
  }
  if (type.kind === "struct" && data.typeId === arrow.Type.Struct) {
    return retyped(
      data,
      to,
      castFields(
        data.type.children as arrow.Field[],
        data.children,
        type.fields,
        to.children as arrow.Field[],
        data.length,
        naming,
      ),
    );
  }
  const element = (to.children?.[0] as arrow.Field | undefined)?.type;
  if (type.kind === "array" && listBounds(data) !== undefined) {
    const child = castColumn(
      data.children[0]!,
      type.elementType,
      element!,
      naming,
    );
    return withOffsets(data, to, child);
  }
  const entries = data.children?.[0];
  if (
    type.kind === "map" && listBounds(data) !== undefined &&
    entries?.typeId === arrow.Type.Struct && entries.children.length === 2
  ) {
    const [key, value] = element!.children as arrow.Field[];
    const children = [
      castColumn(entries.children[0]!, type.keyType, key!.type, naming),
      castColumn(entries.children[1]!, type.valueType, value!.type, naming),
    ];
    return withOffsets(data, to, retyped(entries, element!, children));
  }
  return rebuilt(data, type, to, naming);
}

function castFields(
  from: readonly arrow.Field[],
  columns: readonly arrow.Data[],
  fields: readonly StructField[],
  to: readonly arrow.Field[],
  length: number,
  naming: FieldNaming,
): arrow.Data[] {
  return fields.map((field, i) => {
    const child = findChild(from, field, naming);
    return child < 0
      ? nullColumn(to[i]!.type, length)
      : castColumn(columns[child]!, field.type, to[i]!.type, naming);
  });
}

/** Whether two leaf types keep their values in the same bytes. */
function sameStorage(from: arrow.DataType, to: arrow.DataType): boolean {
  if (from.typeId !== to.typeId) return false;
  switch (from.typeId) {
    case arrow.Type.Bool:
    case arrow.Type.Utf8:
    case arrow.Type.Binary:
      return true;
    case arrow.Type.Int: {
      const [a, b] = [from as arrow.Int, to as arrow.Int];
      return a.bitWidth === b.bitWidth && a.isSigned === b.isSigned;
    }
    case arrow.Type.Float:
      return (from as arrow.Float).precision === (to as arrow.Float).precision;
    case arrow.Type.Decimal: {
      const [a, b] = [from as arrow.Decimal, to as arrow.Decimal];
      return a.bitWidth === b.bitWidth && a.scale === b.scale;
    }
    case arrow.Type.Date:
      return (from as arrow.Date_).unit === (to as arrow.Date_).unit;
    case arrow.Type.Timestamp:
      return (from as arrow.Timestamp).unit === (to as arrow.Timestamp).unit;
    default:
      return false;
  }
}

/** The same buffers under another type and with other children. */
function retyped(
  data: arrow.Data,
  type: arrow.DataType,
  children: readonly arrow.Data[],
): arrow.Data {
  const nulls = data.nullBitmap as Uint8Array | undefined;
  return dataOf(
    type,
    data.length,
    nulls === undefined || nulls?.length === 0 ? 0 : data.nullCount,
    {
      nulls,
      offsets: data.valueOffsets as Int32Array | undefined,
      values: data.values,
    },
    [...children],
    data.offset,
  );
}

/** A list or map with the same bounds over a cast child. */
function withOffsets(
  data: arrow.Data,
  type: arrow.DataType,
  child: arrow.Data,
): arrow.Data {
  if (data.typeId === arrow.Type.List || data.typeId === arrow.Type.Map) {
    return retyped(data, type, [child]);
  }
  const { start, end } = listBounds(data)!;
  const offsets = new Int32Array(data.length + 1);
  for (let i = 0; i < data.length; i++) {
    offsets[i] = start(i);
    offsets[i + 1] = end(i);
  }
  return dataOf(
    type,
    data.length,
    data.nullCount,
    { nulls: data.nullBitmap as Uint8Array | undefined, offsets },
    [child],
    data.offset,
  );
}

/** A variant column that is not shredded needs its two fields in order, no more. */
function plainVariant(
  data: arrow.Data,
  to: arrow.DataType,
): arrow.Data | undefined {
  const names = (data.type.children as arrow.Field[]).map((f) => f.name);
  const metadata = data.children[names.indexOf("metadata")];
  const value = data.children[names.indexOf("value")];
  if (
    names.includes("typed_value") || metadata === undefined ||
    value === undefined || value.nullCount > data.nullCount ||
    metadata.typeId !== arrow.Type.Binary || value.typeId !== arrow.Type.Binary
  ) return undefined;
  return retyped(data, to, [metadata, value]);
}

function rebuilt(
  data: arrow.Data,
  type: DataType,
  to: arrow.DataType,
  naming: FieldNaming,
): arrow.Data {
  const read = columnReader(data, type, naming);
  const values = Array.from({ length: data.length }, (_, row) => read(row));
  return buildColumn(type, values, to);
}
