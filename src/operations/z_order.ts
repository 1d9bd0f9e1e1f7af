/**
 * Rows in Z-order: sorted by the interleaved bits of their ranks in several
 * columns, so that rows that are near in all of them stand near each other and
 * each file covers a small part of every column.
 *
 * Rows are sorted in groups of a million rows or 128 MiB of Arrow data,
 * whichever comes first: that bounds the memory. Inside a group the order is
 * exact; between groups it is that of the input.
 *
 * @module
 */

import type * as arrow from "apache-arrow";
import { bytesOf } from "../data/assemble_batch.ts";
import { boundsOf } from "../data/column_bounds.ts";
import { DeltaError } from "../errors.ts";
import { comparatorOf } from "../expression/evaluate.ts";
import { columnReader } from "../parquet/arrow_values.ts";
import { concatBatches, takeRows } from "../parquet/column_builder.ts";
import { tableProperties } from "../protocol/table_property.ts";
import type { DataType, StructField } from "../schema/data_type.ts";
import {
  checkNames,
  findField,
  foldCase,
  leafPaths,
  parseColumnList,
} from "../schema/schema_path.ts";
import type { Value } from "../schema/value.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

/** How much is sorted at a time. */
export interface ZOrderLimits {
  /** Rows of a group at most. */
  readonly rows: number;
  /** Arrow bytes of a group at most. */
  readonly bytes: number;
}

/** The bound of memory: a million rows, 128 MiB of Arrow data. */
export const Z_ORDER_LIMITS: ZOrderLimits = {
  rows: 2 ** 20,
  bytes: 128 * 2 ** 20,
};

/** Rows of a batch handed out. */
const BATCH_ROWS = 65_536;
const LARGEST_RANK = 2 ** 32 - 1;

/**
 * The columns of a Z-order.
 *
 * @throws {DeltaError} `DELTA_COLUMN_NOT_FOUND`; `DELTA_INVALID_ARGUMENT` for a
 * partition column, one without minimum and maximum in the statistics, one
 * named twice; `DELTA_UNSUPPORTED_OPERATION` for a clustered table.
 */
export function zOrderColumns(
  snapshot: Snapshot,
  names: readonly string[],
): readonly StructField[] {
  const { schema, metadata, domains } = snapshot;
  checkNames(names, {
    what: "Cannot put the rows in Z-order",
    option: "zOrderBy",
  });
  if (domains.has("delta.clustering")) {
    throw new DeltaError("DELTA_UNSUPPORTED_OPERATION", {
      what: `Cannot put the rows in Z-order by ${names.join(", ")}`,
      why:
        "the table is clustered: its domain delta.clustering has the columns",
      fix: "Leave zOrderBy out: small files are packed all the same",
    });
  }
  const chosen = names.map((name) => {
    const field = findField(schema, name);
    if (!field) {
      throw new DeltaError("DELTA_COLUMN_NOT_FOUND", {
        what: `Cannot put the rows in Z-order by ${name}`,
        why: `the table's columns are ${
          schema.fields.map((f) => f.name).join(", ")
        }`,
        fix: "Name columns of the table, from the top",
        context: { column: name },
      });
    }
    const why = metadata.partitionColumns.includes(field.name)
      ? "the table is partitioned by it: within a partition it has one value"
      : whyNoBounds(snapshot, field);
    if (why !== undefined) throw badColumn(field.name, why);
    return field;
  });
  const twice = chosen.find((field, i) => chosen.indexOf(field) < i);
  if (twice) throw badColumn(twice.name, "it is named twice");
  return chosen;
}

/** Why a column has no minimum and maximum in the statistics. */
function whyNoBounds(
  { schema, metadata }: Snapshot,
  field: StructField,
): string | undefined {
  if (!boundsOf(field.type)) {
    return `statistics have no minimum and maximum of ${field.type.kind}`;
  }
  const properties = tableProperties(metadata.configuration);
  const names = properties.dataSkippingStatsColumns;
  if (names !== undefined && names.trim() !== "") {
    const listed = parseColumnList(names).some((path) =>
      path.length === 1 && foldCase(path[0]!) === foldCase(field.name)
    );
    return listed ? undefined : "delta.dataSkippingStatsColumns leaves it out";
  }
  const first = properties.dataSkippingNumIndexedCols;
  const stored = schema.fields.filter((f) =>
    !metadata.partitionColumns.includes(f.name) && f.type.kind !== "void"
  );
  const at = leafPaths({ kind: "struct", fields: stored }).findIndex((path) =>
    path.length === 1 && path[0] === field.name
  );
  return first < 0 || at < first
    ? undefined
    : `statistics are kept of the first ${first} columns only`;
}

function badColumn(name: string, why: string): DeltaError {
  return new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: `Cannot put the rows in Z-order by ${name}`,
    why,
    fix: "Name columns whose minimum and maximum files are skipped by",
    context: { column: name },
  });
}

/**
 * Puts rows in Z-order, a group at a time.
 *
 * @param batches Batches of one schema.
 * @param columns Index and type of each column of the order.
 */
export async function* zOrdered(
  batches: AsyncIterable<arrow.RecordBatch>,
  columns: readonly { readonly index: number; readonly type: DataType }[],
  limits: ZOrderLimits = Z_ORDER_LIMITS,
): AsyncGenerator<arrow.RecordBatch> {
  let held: arrow.RecordBatch[] = [];
  let rows = 0;
  let bytes = 0;
  for await (const batch of batches) {
    held.push(batch);
    rows += batch.numRows;
    bytes += bytesOf(batch.data);
    if (rows < limits.rows && bytes < limits.bytes) continue;
    const full = held;
    held = [];
    rows = bytes = 0;
    yield* sorted(full, columns);
  }
  if (held.length > 0) yield* sorted(held, columns);
}

function* sorted(
  batches: arrow.RecordBatch[],
  columns: readonly { readonly index: number; readonly type: DataType }[],
): Generator<arrow.RecordBatch> {
  const all = concatBatches(batches[0]!.schema, batches);
  batches.length = 0;
  const ranks = columns.map(({ index, type }) => {
    const read = columnReader(all.data.children[index]!, type);
    return ranksOf(
      Array.from({ length: all.numRows }, (_, i) => read(i)),
      type,
    );
  });
  const order = interleavedOrder(ranks, all.numRows);
  for (let at = 0; at < order.length; at += BATCH_ROWS) {
    yield takeRows(all, order.subarray(at, at + BATCH_ROWS));
  }
}

/** Place of each value among the distinct ones, spread over 32 bits; nulls first. */
export function ranksOf(values: readonly Value[], type: DataType): Uint32Array {
  const compare = comparatorOf(type);
  const order = Uint32Array.from(values.keys())
    .filter((i) => values[i] !== null)
    .sort((a, b) => compare(values[a]!, values[b]!));
  const ranks = new Uint32Array(values.length);
  let rank = 0;
  order.forEach((row, i) => {
    const isNew = i === 0 ||
      compare(values[order[i - 1]!]!, values[row]!) !== 0;
    if (isNew) rank++;
    ranks[row] = rank;
  });
  const spread = rank === 0 ? 0 : LARGEST_RANK / rank;
  return ranks.map((own) => Math.floor(own * spread));
}

/**
 * The rows in the order of their interleaved ranks. Nothing is interleaved: of
 * two rows the column in whose ranks the highest bit differs decides.
 */
export function interleavedOrder(
  ranks: readonly Uint32Array[],
  count: number,
): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => {
    let most = 0;
    let difference = 0;
    for (const column of ranks) {
      const bits = (column[a]! ^ column[b]!) >>> 0;
      if (!hasHigherBit(bits, most)) continue;
      most = bits;
      difference = column[a]! - column[b]!;
    }
    return difference || a - b;
  });
}

/** Whether the highest bit of one number is above that of another. */
function hasHigherBit(one: number, other: number): boolean {
  return other < one && other < ((one ^ other) >>> 0);
}
