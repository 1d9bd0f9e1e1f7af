/**
 * Rows of a batch to the partitions they belong to.
 *
 * Source: Delta protocol, "Partition Value Serialization".
 *
 * @module
 */

import type { RecordBatch } from "apache-arrow";
import type { PartitionValues } from "../actions/action.ts";
import { columnReader } from "../parquet/arrow_values.ts";
import type { StructField, StructType } from "../schema/data_type.ts";
import { formatPartitionValue } from "../schema/partition_value.ts";
import type { Value } from "../schema/value.ts";

/** The rows of a batch that belong to one partition. */
export interface PartitionRows {
  /** Tells the partition from every other one. */
  readonly key: string;
  /** Value of each partition column, by physical name, as the log spells it. */
  readonly values: PartitionValues;
  /** The rows, ascending; `undefined` when they are all rows of the batch. */
  readonly rows: Uint32Array | undefined;
}

/** A partition column: where it is in the batch, and what the log calls it. */
export interface PartitionColumn {
  /** Index among the columns of the batch. */
  readonly index: number;
  /** The column. */
  readonly field: StructField;
  /** Its physical name. */
  readonly physicalName: string;
}

/**
 * Finds the partition columns of a schema, in the order of the partitioning.
 *
 * @param schema The table's schema.
 * @param partitionColumns Logical names, as the metadata holds them.
 * @param physical Logical field to physical name.
 * @returns A column per name.
 */
export function partitionColumnsOf(
  schema: StructType,
  partitionColumns: readonly string[],
  physical: (field: StructField) => string,
): PartitionColumn[] {
  return partitionColumns.map((name) => {
    const index = schema.fields.findIndex((field) => field.name === name);
    const field = schema.fields[index]!;
    return { index, field, physicalName: physical(field) };
  });
}

/**
 * Groups the rows of a batch by partition, first seen first. A null and an
 * empty string are the same partition, because the log cannot tell them apart.
 *
 * @param batch Rows of the table's schema.
 * @param columns The partition columns.
 * @returns The groups; none for a batch without rows.
 */
export function splitPartitions(
  batch: RecordBatch,
  columns: readonly PartitionColumn[],
): PartitionRows[] {
  if (batch.numRows === 0) return [];
  if (columns.length === 0) return [{ key: "", values: {}, rows: undefined }];
  const texts = columns.map((column) => textReader(batch, column));
  const groups = new Map<
    string,
    { rows: number[]; parts: (string | null)[] }
  >();
  for (let row = 0; row < batch.numRows; row++) {
    const parts = texts.map((text) => text(row));
    const key = partitionKey(parts);
    const group = groups.get(key);
    if (group) group.rows.push(row);
    else groups.set(key, { rows: [row], parts });
  }
  return [...groups].map(([key, { rows, parts }]) => ({
    key,
    values: Object.fromEntries(
      columns.map((column, i) => [column.physicalName, parts[i]!]),
    ),
    rows: rows.length === batch.numRows ? undefined : Uint32Array.from(rows),
  }));
}

/** Lengths in front keep apart what a separator inside a value would join. */
function partitionKey(parts: readonly (string | null)[]): string {
  return parts.map((part) => part === null ? "-" : `${part.length}:${part}`)
    .join("|");
}

/** The log's text of a column's value in a row, worked out once per value. */
function textReader(
  batch: RecordBatch,
  { index, field }: PartitionColumn,
): (row: number) => string | null {
  const read = columnReader(batch.data.children[index]!, field.type);
  const known = new Map<Value, string | null>();
  return (row) => {
    const value = read(row);
    // A Map takes 0 and -0 for one key, and objects for as many as there are.
    if (value === 0 || (typeof value === "object" && value !== null)) {
      return formatPartitionValue(value, field.type);
    }
    let text = known.get(value);
    if (text === undefined) {
      text = formatPartitionValue(value, field.type);
      known.set(value, text);
    }
    return text;
  };
}
