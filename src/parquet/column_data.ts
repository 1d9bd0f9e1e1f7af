/**
 * Arrow columns and batches out of buffers.
 *
 * @module
 */

import * as arrow from "apache-arrow";

/** A batch of columns built already, which must fit the schema. */
export function batchOf(
  schema: arrow.Schema,
  columns: readonly arrow.Data[],
  rowCount: number,
): arrow.RecordBatch {
  return new arrow.RecordBatch(
    schema,
    new arrow.Data(
      new arrow.Struct(schema.fields),
      0,
      rowCount,
      0,
      undefined,
      [...columns],
    ) as arrow.Data<arrow.Struct>,
  );
}

/** A column of nulls alone. */
export function nullColumn(
  type: arrow.DataType,
  length: number,
): arrow.Data {
  if (type.typeId === arrow.Type.Null) {
    return new arrow.Data(type, 0, length, length);
  }
  const nulls = new Uint8Array(bitmapBytes(length));
  const children = (type.children ?? []) as arrow.Field[];
  switch (type.typeId) {
    case arrow.Type.Struct:
      return dataOf(
        type,
        length,
        length,
        { nulls },
        children.map((child) => nullColumn(child.type, length)),
      );
    case arrow.Type.List:
    case arrow.Type.Map:
      return dataOf(
        type,
        length,
        length,
        { nulls, offsets: new Int32Array(length + 1) },
        children.map((child) => nullColumn(child.type, 0)),
      );
    case arrow.Type.Utf8:
    case arrow.Type.Binary:
      return dataOf(type, length, length, {
        nulls,
        offsets: new Int32Array(length + 1),
        values: new Uint8Array(0),
      });
    case arrow.Type.Bool:
      return dataOf(type, length, length, {
        nulls,
        values: new Uint8Array(bitmapBytes(length)),
      });
    default: {
      const stride = strideOf(type);
      return dataOf(type, length, length, {
        nulls,
        values: new type.ArrayType(length * stride),
      });
    }
  }
}

/** The buffers of a column. */
export interface ColumnBuffers {
  /** Validity, one bit a row; left out when no row is null. */
  readonly nulls?: Uint8Array | undefined;
  /** Where each row's values start. */
  readonly offsets?: Int32Array | undefined;
  /** The values. */
  readonly values?: unknown;
}

/** Puts a column together. */
export function dataOf(
  type: arrow.DataType,
  length: number,
  nullCount: number,
  buffers: ColumnBuffers,
  children: arrow.Data[] = [],
  offset = 0,
): arrow.Data {
  return new arrow.Data(
    type,
    offset,
    length,
    nullCount,
    [
      buffers.offsets,
      buffers.values,
      nullCount === 0 ? undefined : buffers.nulls,
      undefined,
    ] as never,
    children,
  );
}

/** How many elements of its buffer a value of a fixed-width type takes. */
function strideOf(type: arrow.DataType): number {
  if (type.typeId === arrow.Type.Decimal) {
    return (type as arrow.Decimal).bitWidth >> 5;
  }
  return type.typeId === arrow.Type.FixedSizeBinary
    ? (type as arrow.FixedSizeBinary).byteWidth
    : 1;
}

/** Bytes of a bitmap of so many bits, padded to eight as Arrow wants. */
export function bitmapBytes(bits: number): number {
  return ((bits + 63) & ~63) >> 3;
}
