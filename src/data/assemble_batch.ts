/**
 * Arrow batches put together from columns, under the field names and types of a
 * Delta schema, without copying a value.
 *
 * @module
 */

import * as arrow from "apache-arrow";
import { toArrowSchema } from "../parquet/arrow_schema.ts";
import type { StructType } from "../schema/data_type.ts";

const schemas = new WeakMap<StructType, arrow.Schema>();

/** The Arrow schema of a Delta schema, made once per schema object. */
export function arrowSchemaOf(schema: StructType): arrow.Schema {
  let known = schemas.get(schema);
  if (!known) {
    known = toArrowSchema(schema);
    schemas.set(schema, known);
  }
  return known;
}

/**
 * Puts columns together to a batch.
 *
 * @param schema The Arrow schema; it gives names and types at every depth.
 * @param columns A column per field, of the same layout as the field's type.
 * @param numRows Rows of each.
 */
export function assembleBatch(
  schema: arrow.Schema,
  columns: readonly arrow.Data[],
  numRows: number,
): arrow.RecordBatch {
  const children = schema.fields.map((field, i) =>
    retype(columns[i]!, field.type)
  );
  const data = arrow.makeData({
    type: new arrow.Struct(schema.fields),
    length: numRows,
    nullCount: 0,
    children,
  });
  return new arrow.RecordBatch(schema, data);
}

/** The same values under another type of the same layout: only names and nullability differ. */
export function retype(data: arrow.Data, type: arrow.DataType): arrow.Data {
  if (data.type === type) return data;
  const children = data.children.map((child, i) =>
    retype(child, (type.children![i] as arrow.Field).type)
  );
  return new arrow.Data(
    type,
    data.offset,
    data.length,
    data.nullCount,
    data,
    children,
    data.dictionary,
    data.variadicBuffers,
  );
}

/** Whether columns of two types have the same buffers, so that {@link retype} may go between them. */
export function sameLayout(a: arrow.DataType, b: arrow.DataType): boolean {
  if (a.typeId !== b.typeId) return false;
  if (a.typeId === arrow.Type.Struct) {
    return a.children.length === b.children.length &&
      (a.children as arrow.Field[]).every((field, i) => {
        const twin = b.children[i] as arrow.Field;
        return field.name === twin.name && sameLayout(field.type, twin.type);
      });
  }
  if (a.typeId === arrow.Type.List) {
    return sameLayout(childType(a, 0), childType(b, 0));
  }
  if (a.typeId === arrow.Type.Map) {
    const [x, y] = [childType(a, 0), childType(b, 0)];
    return sameLayout(childType(x, 0), childType(y, 0)) &&
      sameLayout(childType(x, 1), childType(y, 1));
  }
  if (a.typeId === arrow.Type.Decimal) {
    const [x, y] = [a as arrow.Decimal, b as arrow.Decimal];
    return x.bitWidth === y.bitWidth && x.scale === y.scale &&
      x.precision === y.precision;
  }
  return String(a) === String(b);
}

function childType(type: arrow.DataType, index: number): arrow.DataType {
  return (type.children![index] as arrow.Field).type;
}

/** Bytes that the rows of a column take, near enough for planning, whatever buffers they are slices of. */
export function bytesOf(data: arrow.Data): number {
  const validity = data.nullBitmap?.length ? data.length >> 3 : 0;
  switch (data.typeId) {
    case arrow.Type.Null:
      return 0;
    case arrow.Type.Bool:
      return validity + (data.length >> 3);
    case arrow.Type.Utf8:
    case arrow.Type.Binary: {
      const offsets = data.valueOffsets as Int32Array;
      const used = (offsets[data.length] ?? 0) - (offsets[0] ?? 0);
      return validity + 4 * data.length + used;
    }
    case arrow.Type.List:
    case arrow.Type.Map: {
      const offsets = data.valueOffsets as Int32Array;
      const used = (offsets[data.length] ?? 0) - (offsets[0] ?? 0);
      const child = data.children[0]!;
      const each = child.length === 0 ? 0 : bytesOf(child) / child.length;
      return validity + 4 * data.length + used * each;
    }
    case arrow.Type.Struct:
      return data.children.reduce((sum, c) => sum + bytesOf(c), validity);
    default: {
      const { values } = data;
      const each = (values as Uint8Array | undefined)?.BYTES_PER_ELEMENT ?? 8;
      return validity + data.length * data.stride * each;
    }
  }
}
