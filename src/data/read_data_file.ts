/**
 * One `add` to batches of the table's rows: the file's columns as the schema
 * has them now, partition values, deleted rows gone, a predicate applied.
 *
 * Source: Delta protocol, "Column Mapping", "Deletion Vectors", "Type
 * Widening", "Partition Value Serialization".
 *
 * @module
 */

import * as arrow from "apache-arrow";
import type { AddFile, Metadata } from "../actions/action.ts";
import { throwIfAborted } from "../errors.ts";
import type { BoundPredicate } from "../expression/bind.ts";
import { toArrowSchema } from "../parquet/arrow_schema.ts";
import { batchOf } from "../parquet/column_data.ts";
import { type FileBatch, readParquet } from "../parquet/parquet_codec.ts";
import { takeRows } from "../parquet/take_rows.ts";
import type { RowTrackingColumns } from "../protocol/row_tracking.ts";
import {
  type ColumnMappingMode,
  columnMappingMode,
  physicalName,
} from "../schema/column_mapping.ts";
import type { StructField, StructType } from "../schema/data_type.ts";
import { parsePartitionValue } from "../schema/partition_value.ts";
import type { Value } from "../schema/value.ts";
import type { TableContext } from "../store/table_context.ts";
import {
  constantColumn,
  fileFieldOf,
  findFileField,
  nullColumn,
  toLogicalColumn,
} from "./logical_columns.ts";
import { type OpenDataFile, openDataFile } from "./open_data_file.ts";
import { columnsToRead, fileColumns } from "./projection.ts";
import { rowFilter } from "./row_filter.ts";
import { rowGroupsToRead } from "./row_group_skipping.ts";
import {
  type StableRowIds,
  stableRowIds,
  withHiddenFields,
} from "./stable_row_ids.ts";

/** The table, as far as reading a file goes. */
export interface ReadTable {
  /** The logical schema. */
  readonly schema: StructType;
  /** Partition columns and configuration. */
  readonly metadata: Metadata;
}

/** What of a file to read, and how. */
export interface ReadDataFileOptions {
  /** The columns of the batches, a part of the logical schema, in their order. */
  readonly columns: StructType;
  /** Only rows for which it is true; bound to the table's whole schema. */
  readonly predicate?: BoundPredicate | undefined;
  /** Adds the row ids and the row commit versions to the batches, last, under these names. */
  readonly tracking?: RowTrackingColumns | undefined;
  /** Rows of a batch at most; 65,536 by default. */
  readonly batchRows?: number | undefined;
  /** Cancels the reading. */
  readonly signal?: AbortSignal | undefined;
}

/** Some rows that stand one after another in a file. */
export interface FileRows {
  /** All of them, deleted and unwanted ones too, with the columns asked for. */
  readonly batch: arrow.RecordBatch;
  /** Position of the first in the file. */
  readonly firstRow: number;
  /** Indices, in the batch, of the rows that are wanted; `undefined` for all. */
  readonly rows: Uint32Array | undefined;
}

const BATCH_ROWS = 65_536;

/**
 * Reads the live rows of a data file, in their order, as logical batches in
 * canonical Arrow types.
 *
 * @param context The table's place.
 * @param table Its schema and metadata.
 * @param add The file.
 * @throws {DeltaError} `DELTA_FILE_NOT_FOUND`, `DELTA_DATA_FILE_CORRUPT`,
 * `DELTA_DELETION_VECTOR_CORRUPT`, each naming the file;
 * `DELTA_UNSUPPORTED_TYPE_CHANGE`, naming the column.
 */
export async function* readDataFile(
  context: TableContext,
  table: ReadTable,
  add: AddFile,
  options: ReadDataFileOptions,
): AsyncGenerator<arrow.RecordBatch> {
  const open = await openDataFile(context, add, options);
  yield* readOpenFile(open, table, options);
}

/** As {@link readDataFile}, of a file that has been opened. */
export async function* readOpenFile(
  open: OpenDataFile,
  table: ReadTable,
  options: ReadDataFileOptions,
): AsyncGenerator<arrow.RecordBatch> {
  for await (const { batch, rows } of readFileRows(open, table, options)) {
    if (rows?.length === 0 || batch.numRows === 0) continue;
    yield rows ? takeRows(batch, rows) : batch;
  }
}

/**
 * As {@link readDataFile}, with the positions of the rows in the file: what a
 * writer of deletion vectors needs.
 */
export async function* readFileRows(
  open: OpenDataFile,
  table: ReadTable,
  options: ReadDataFileOptions,
): AsyncGenerator<FileRows> {
  const { columns, predicate, tracking, signal } = options;
  const { add, deleted } = open;
  const mode = columnMappingMode(table.metadata.configuration);
  const needed = columnsToRead(table.schema, columns, predicate);
  const partition = new Set(table.metadata.partitionColumns);
  const sources = needed.map((field) =>
    partition.has(field.name)
      ? constantSource(field, partitionValue(add, field, mode))
      : fileSource(field, mode)
  );
  const filter = rowFilter(predicate, needed);
  const shown = toArrowSchema(columns);
  const schema = tracking ? withHiddenFields(shown, tracking) : shown;
  const ids = tracking && stableRowIds(open, tracking);
  const inFile = needed.filter((field) => !partition.has(field.name));
  for await (const raw of rawBatches(open, table, inFile, ids, options)) {
    throwIfAborted(signal, `Reading ${open.name}`);
    const data = sources.map((source) => source(raw.batch));
    const live = deleted?.others(raw.firstRow, raw.batch.numRows);
    const batch = batchOf(
      schema,
      [...data.slice(0, columns.fields.length), ...ids?.of(raw) ?? []],
      raw.batch.numRows,
    );
    const rows = filter ? filter(data, raw.batch.numRows, live) : live;
    yield { batch, firstRow: raw.firstRow, rows };
  }
}

/**
 * Rows of a file of which only partition values are wanted: the file itself is
 * not opened.
 *
 * @param rows How many live rows the file has.
 * @param columns The columns of the batches, partition columns all.
 */
export function* partitionRows(
  table: ReadTable,
  add: AddFile,
  rows: number,
  columns: StructType,
  batchRows: number = BATCH_ROWS,
): Generator<arrow.RecordBatch> {
  const mode = columnMappingMode(table.metadata.configuration);
  const schema = toArrowSchema(columns);
  const sources = columns.fields.map((field) =>
    constantSource(field, partitionValue(add, field, mode))
  );
  for (let at = 0; at < rows; at += batchRows) {
    const empty = batchOf(NO_COLUMNS, [], Math.min(batchRows, rows - at));
    yield batchOf(
      schema,
      sources.map((source) => source(empty)),
      empty.numRows,
    );
  }
}

/** Makes a column of the table from a batch of the file. */
type ColumnSource = (batch: arrow.RecordBatch) => arrow.Data;

function fileSource(field: StructField, mode: ColumnMappingMode): ColumnSource {
  return (batch) => {
    const fields = batch.schema.fields.map(fileFieldOf);
    const at = findFileField(fields, field, mode);
    return at < 0 ? nullColumn(field.type, batch.numRows) : toLogicalColumn(
      batch.data.children[at]!,
      field.type,
      mode,
      field.name,
    );
  };
}

function constantSource(field: StructField, value: Value): ColumnSource {
  let longest: arrow.Data | undefined;
  return ({ numRows }) => {
    if (!longest || longest.length < numRows) {
      longest = constantColumn(field.type, value, numRows);
    }
    return longest.length === numRows ? longest : longest.slice(0, numRows);
  };
}

function partitionValue(
  add: AddFile,
  field: StructField,
  mode: ColumnMappingMode,
): Value {
  const name = mode === "none" ? field.name : physicalName(field);
  return parsePartitionValue(add.partitionValues[name], field.type);
}

/** The file's own batches, of the row groups and columns that are needed. */
function rawBatches(
  open: OpenDataFile,
  table: ReadTable,
  fields: readonly StructField[],
  ids: StableRowIds | undefined,
  options: ReadDataFileOptions,
): AsyncGenerator<FileBatch> {
  return readParquet(open.source, {
    footer: open.footer,
    columns: [
      ...fileColumns(open, table.metadata.configuration, fields),
      ...ids?.paths ?? [],
    ],
    rowGroups: rowGroupsToRead(open, table, options.predicate),
    batchRows: options.batchRows ?? BATCH_ROWS,
    signal: options.signal,
  });
}

const NO_COLUMNS = new arrow.Schema([]);
