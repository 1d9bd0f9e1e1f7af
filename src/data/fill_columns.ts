/**
 * Batches made complete: columns and single values that the data leaves out.
 *
 * @module
 */

import type { Data, RecordBatch } from "apache-arrow";
import { columnReader } from "../parquet/arrow_values.ts";
import { buildColumn } from "../parquet/column_builder.ts";
import type { StructField, StructType } from "../schema/data_type.ts";
import type { Value } from "../schema/value.ts";
import { arrowSchemaOf, assembleBatch } from "./assemble_batch.ts";
import { hasDefault } from "./enforce_columns.ts";

/** Rows that leave a column out, a byte per row, by the column's name. */
export type OmittedRows = ReadonlyMap<string, Uint8Array>;

/**
 * A batch with a column for each field of the schema.
 *
 * @param batch Columns of the schema, by name; some may be missing.
 * @param schema The schema.
 * @param omitted Rows that leave out columns which others have.
 * @param valueOf The value of a column that is left out.
 */
export function fillColumns(
  batch: RecordBatch,
  schema: StructType,
  omitted: OmittedRows,
  valueOf: (field: StructField) => Value,
): RecordBatch {
  const { numRows } = batch;
  const children = childrenOf(batch);
  const isWhole = batch.schema.fields.length === schema.fields.length &&
    schema.fields.every((field, i) =>
      batch.schema.fields[i]!.name === field.name
    );
  if (isWhole && omitted.size === 0) return batch;
  const columns = schema.fields.map((field) => {
    const given = children.get(field.name);
    const left = omitted.get(field.name);
    if (given && !left) return given;
    // What a row leaves out was read as null.
    if (given && !hasDefault(field)) return given;
    const value = valueOf(field);
    if (!given) {
      return buildColumn(field.type, new Array<Value>(numRows).fill(value));
    }
    return replaceValues(given, field, left!, () => value);
  });
  return assembleBatch(arrowSchemaOf(schema), columns, numRows);
}

/** A column with the values of some rows put anew. */
export function replaceValues(
  data: Data,
  field: StructField,
  rows: Uint8Array,
  valueAt: (row: number) => Value,
): Data {
  const read = columnReader(data, field.type);
  return buildColumn(
    field.type,
    Array.from(rows, (isNew, row) => isNew ? valueAt(row) : read(row)),
  );
}

/** The columns of a batch, by name. */
export function childrenOf(batch: RecordBatch): ReadonlyMap<string, Data> {
  return new Map(
    batch.schema.fields.map((field, i) =>
      [field.name, batch.data.children[i]!] as const
    ),
  );
}
