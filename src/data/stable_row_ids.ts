/**
 * Row ids and row commit versions of the rows of a data file: what its hidden
 * columns hold, else what its action says.
 *
 * Source: Delta protocol, "Row Tracking".
 *
 * @module
 */

import * as arrow from "apache-arrow";
import { DeltaError } from "../errors.ts";
import { validityOf } from "../parquet/arrow_buffers.ts";
import { batchOf, dataOf, nullColumn } from "../parquet/column_data.ts";
import type { ColumnPath, FileBatch } from "../parquet/parquet_codec.ts";
import { takeValues } from "../parquet/take_rows.ts";
import type { RowTrackingColumns } from "../protocol/row_tracking.ts";
import type { StructField, StructType } from "../schema/data_type.ts";
import { arrowSchemaOf } from "./assemble_batch.ts";
import { fileTree } from "./file_tree.ts";
import { fileFieldOf, toLogicalColumn } from "./logical_columns.ts";
import type { OpenDataFile } from "./open_data_file.ts";

/** The hidden columns of one file. */
export interface StableRowIds {
  /** Where they are in the file; none that it lacks. */
  readonly paths: readonly ColumnPath[];
  /** Row id and row commit version of each row of a batch, no null among them. */
  of(raw: FileBatch): readonly [arrow.Data, arrow.Data];
}

/**
 * Row ids and row commit versions of a file's rows.
 *
 * @throws {DeltaError} `DELTA_INVALID_PROTOCOL` where the file's action has none to begin from.
 */
export function stableRowIds(
  open: OpenDataFile,
  [id, version]: RowTrackingColumns,
): StableRowIds {
  const { baseRowId, defaultRowCommitVersion } = open.add;
  if (baseRowId === undefined || defaultRowCommitVersion === undefined) {
    throw new DeltaError("DELTA_INVALID_PROTOCOL", {
      what: `Cannot tell the row ids of ${open.name}`,
      why: "the table tracks its rows, and the file's add action lacks " +
        (baseRowId === undefined ? "baseRowId" : "defaultRowCommitVersion"),
      fix: "Set delta.enableRowTracking to false and to true again",
      context: { path: open.name },
    });
  }
  const first = BigInt(baseRowId);
  const written = BigInt(defaultRowCommitVersion);
  return {
    paths: fileTree(open.footer)
      .filter(({ name }) => name === id.name || name === version.name)
      .map(({ path }) => path),
    of: ({ batch, firstRow }) => [
      filled(batch, id, (ids) => {
        let next = first + BigInt(firstRow);
        for (let row = 0; row < ids.length; row++) ids[row] = next++;
      }),
      filled(batch, version, (versions) => versions.fill(written)),
    ],
  };
}

/** A column of the file with values in place of its nulls, all of them where the file lacks it. */
function filled(
  batch: arrow.RecordBatch,
  field: StructField,
  fill: (values: BigInt64Array) => void,
): arrow.Data {
  const at = batch.schema.fields.map(fileFieldOf)
    .findIndex(({ name }) => name === field.name);
  const stored = at < 0 ? undefined : toLogicalColumn(
    batch.data.children[at]!,
    field.type,
    "none",
    field.name,
  );
  if (stored && stored.nullCount === 0) return stored;
  const values = new BigInt64Array(batch.numRows);
  fill(values);
  if (stored) {
    const known = stored.values as BigInt64Array;
    const isKnown = validityOf(stored)!;
    for (let row = 0; row < values.length; row++) {
      if (isKnown(row)) values[row] = known[row]!;
    }
  }
  return dataOf(LONG, values.length, 0, { values });
}

const LONG = new arrow.Int64();

/** The rows of a batch without its two hidden columns, which come last. */
export function withoutHidden(
  batch: arrow.RecordBatch,
  schema: StructType,
): arrow.RecordBatch {
  return batchOf(
    arrowSchemaOf(schema),
    batch.data.children.slice(0, schema.fields.length),
    batch.numRows,
  );
}

/**
 * Rows with the hidden columns that they are written with. Their commit version
 * is null: it is that of the commit that names their file.
 *
 * @param rows The rows, without hidden columns.
 * @param before The rows that they take the place of, with hidden columns; none for inserted rows.
 * @param from Which of `before` each row was; in the same order by default.
 */
export function withHidden(
  rows: arrow.RecordBatch,
  columns: RowTrackingColumns,
  before: arrow.RecordBatch | undefined,
  from?: Uint32Array,
): arrow.RecordBatch {
  const nulls = nullColumn(LONG, rows.numRows);
  const ids = before?.data.children.at(-2);
  return batchOf(
    withHiddenFields(rows.schema, columns),
    [
      ...rows.data.children,
      ids && from ? takeValues(ids, from) : ids ?? nulls,
      nulls,
    ],
    rows.numRows,
  );
}

/** A schema with the hidden columns at its end. */
export function withHiddenFields(
  schema: arrow.Schema,
  columns: RowTrackingColumns,
): arrow.Schema {
  const hidden = columns.map(({ name }) => new arrow.Field(name, LONG, true));
  return new arrow.Schema([...schema.fields, ...hidden], schema.metadata);
}
