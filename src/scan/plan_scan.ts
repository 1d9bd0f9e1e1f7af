/**
 * What a scan reads: columns by name, and the live files that may hold a row
 * that is wanted. No I/O.
 *
 * @module
 */

import type { AddFile, Metadata, Protocol } from "../actions/action.ts";
import { fileMatcher } from "../data/data_skipping.ts";
import { parseStatistics } from "../data/parse_statistics.ts";
import { DeltaError } from "../errors.ts";
import { type BoundPredicate, columnsOf } from "../expression/bind.ts";
import { compilePredicate } from "../expression/evaluate.ts";
import {
  type RowTrackingColumns,
  rowTrackingColumns,
} from "../protocol/row_tracking.ts";
import { columnMappingMode, physicalName } from "../schema/column_mapping.ts";
import type { StructField, StructType } from "../schema/data_type.ts";
import { parsePartitionValue } from "../schema/partition_value.ts";
import { checkNames, findField } from "../schema/schema_path.ts";
import { eachFile, type FileSet } from "../snapshot/file_set.ts";

const NO_COLUMNS: StructType = { kind: "struct", fields: [] };

/** The table, as far as planning goes; a snapshot is one. */
export interface PlannedTable {
  /** The logical schema. */
  readonly schema: StructType;
  /** Partition columns and configuration. */
  readonly metadata: Metadata;
}

/**
 * The columns of a scan.
 *
 * @param names Top-level columns in the order wanted, in any capitalisation; all by default.
 * @throws {DeltaError} `DELTA_COLUMN_NOT_FOUND`; `DELTA_INVALID_ARGUMENT` for a column named twice.
 */
export function columnsToScan(
  schema: StructType,
  names: readonly string[] | undefined,
): StructType {
  if (!names) return schema;
  const list = checkNames(names, {
    what: "Cannot read columns",
    option: "columns",
  });
  const fields = list.map((name) => {
    const field = findField(schema, name);
    if (field) return field;
    throw new DeltaError("DELTA_COLUMN_NOT_FOUND", {
      what: `Cannot read the column ${name}`,
      why: `the table has ${schema.fields.map((f) => f.name).join(", ")}`,
      fix: "Name one of them",
      context: { column: name },
    });
  });
  const twice = fields.find((field, i) => fields.indexOf(field) < i);
  if (twice) {
    throw new DeltaError("DELTA_INVALID_ARGUMENT", {
      what: `Cannot read the column ${twice.name}`,
      why: "it is named twice",
      fix: "Name each column once",
      context: { column: twice.name },
    });
  }
  return { kind: "struct", fields };
}

/** The columns of a scan that tell row ids and row commit versions. */
export const ROW_ID_FIELDS: RowTrackingColumns = [
  rowIdField("_row_id"),
  rowIdField("_row_commit_version"),
];

function rowIdField(name: string): StructField {
  return { name, type: { kind: "long" }, nullable: false, metadata: {} };
}

/** The columns of a scan, and with `rowIds` those of {@link ROW_ID_FIELDS} behind them. */
export function schemaOfScan(
  schema: StructType,
  names: readonly string[] | undefined,
  rowIds: boolean | undefined,
): StructType {
  const columns = columnsToScan(schema, names);
  return rowIds
    ? { kind: "struct", fields: [...columns.fields, ...ROW_ID_FIELDS] }
    : columns;
}

/**
 * The hidden columns that tell the row ids of a table.
 *
 * @throws {DeltaError} `DELTA_UNSUPPORTED_OPERATION` where it does not track its rows, or has
 *   columns of these names.
 */
export function trackingToScan(
  table: PlannedTable & { readonly protocol: Protocol },
): RowTrackingColumns {
  const tracking = rowTrackingColumns(table);
  const taken = ROW_ID_FIELDS.find(({ name }) => findField(table.schema, name));
  if (tracking && !taken) return tracking;
  throw new DeltaError("DELTA_UNSUPPORTED_OPERATION", {
    what: "Cannot read the row ids of the table",
    why: taken
      ? `it has a column ${taken.name}`
      : "it does not track its rows: delta.enableRowTracking is not true",
    fix: "Leave out rowIds",
  });
}

/**
 * The live files that may hold a wanted row, in the file set's order, one at a
 * time.
 *
 * @param predicate Bound to the table's schema; without one every file is read.
 */
export function* planScan(
  files: FileSet,
  table: PlannedTable,
  predicate: BoundPredicate | undefined,
): Generator<AddFile> {
  if (!predicate) return yield* eachFile(files);
  const mayMatch = isPartitionOnly(predicate, table.metadata)
    ? partitionMatcher(predicate, table)
    : fileMatcher(predicate, table);
  for (const file of eachFile(files)) if (mayMatch(file)) yield file;
}

/**
 * Whether the rows of a file are wanted, told exactly, errors included: nobody
 * looks at the rows behind a predicate on partition columns alone.
 */
function partitionMatcher(
  predicate: BoundPredicate,
  { schema, metadata }: PlannedTable,
): (file: AddFile) => boolean {
  const mode = columnMappingMode(metadata.configuration);
  let values: AddFile["partitionValues"] = {};
  const holds = compilePredicate(predicate, ([name]) => {
    const field = findField(schema, name!)!;
    const key = mode === "none" ? field.name : physicalName(field);
    return () => parsePartitionValue(values[key], field.type);
  });
  return ({ partitionValues }) => {
    values = partitionValues;
    return holds(0) === true;
  };
}

/** How many live rows a file has by its statistics; `undefined` where they do not say. */
export function countByStatistics(file: AddFile): number | undefined {
  const { numRecords } = parseStatistics(file.stats, NO_COLUMNS);
  if (numRecords === undefined) return undefined;
  const left = numRecords - (file.deletionVector?.cardinality ?? 0);
  // More deleted than there were: the statistics are wrong, the footer is not.
  return left < 0 ? undefined : left;
}

/**
 * Whether partition values alone decide a predicate: then all rows of a file
 * are wanted, or none.
 */
export function isPartitionOnly(
  predicate: BoundPredicate,
  metadata: Metadata,
): boolean {
  return columnsOf(predicate).every((path) =>
    path.length === 1 && metadata.partitionColumns.includes(path[0]!)
  );
}
