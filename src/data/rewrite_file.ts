/**
 * One data file, read through for a rewrite: its rows batch by batch, told apart
 * into those that a change touches and those that stay as they are.
 *
 * @module
 */

import type { RecordBatch } from "apache-arrow";
import type { AddFile } from "../actions/action.ts";
import type { BoundPredicate } from "../expression/bind.ts";
import { takeRows } from "../parquet/take_rows.ts";
import type { RowTrackingColumns } from "../protocol/row_tracking.ts";
import type { StructType } from "../schema/data_type.ts";
import type { TableContext } from "../store/table_context.ts";
import type { DeletedRows } from "./deletion_vector.ts";
import { openDataFile } from "./open_data_file.ts";
import {
  type FileRows,
  readFileRows,
  type ReadTable,
} from "./read_data_file.ts";

/** Rows of a file that something is to happen to. */
export interface TouchedRows {
  /** The file. */
  readonly add: AddFile;
  /** Their positions in the file, ascending; `undefined` for every live row. */
  readonly positions: Uint32Array | undefined;
}

/** What a file is searched for. */
export interface SearchOptions {
  /** Which rows; every live row by default. */
  readonly predicate?: BoundPredicate | undefined;
  /** Cancels the reading. */
  readonly signal?: AbortSignal | undefined;
}

/** How a file is split. */
export interface SplitOptions {
  /** Whether the rows that stay are wanted as well. */
  readonly keeps: boolean;
  /** Adds the row ids and the row commit versions to the batches, last. */
  readonly tracking?: RowTrackingColumns | undefined;
  /** Cancels the reading. */
  readonly signal?: AbortSignal | undefined;
}

/** What a search of a file found. */
export interface FoundRows extends TouchedRows {
  /** How many rows were found. */
  readonly found: number;
  /** Rows in the file, deleted ones included. */
  readonly rowCount: number;
  /** Rows that were deleted before, where there are any. */
  readonly deleted: DeletedRows | undefined;
}

/** Some rows of a file, in the file's order. */
export interface SplitRows {
  /** Rows that the change touches; `undefined` where there are none here. */
  readonly touched: RecordBatch | undefined;
  /** Which of all touched rows of the file the first one here is. */
  readonly firstTouched: number;
  /** Live rows that stay; `undefined` where there are none here, or they are not asked for. */
  readonly kept: RecordBatch | undefined;
}

const NO_COLUMNS: StructType = { kind: "struct", fields: [] };

/**
 * Finds the live rows of a file for which a predicate is true, reading only the
 * columns it looks at.
 *
 * @throws {DeltaError} As opening and reading the file.
 */
export async function findRows(
  context: TableContext,
  table: ReadTable,
  add: AddFile,
  options: SearchOptions,
): Promise<FoundRows> {
  const { predicate, signal } = options;
  const open = await openDataFile(context, add, { signal });
  const { deleted, footer: { rowCount } } = open;
  const live = rowCount - (deleted?.size ?? 0);
  if (!predicate) {
    return { add, rowCount, deleted, found: live, positions: undefined };
  }
  const list = new PositionList();
  const search = { columns: NO_COLUMNS, predicate, signal };
  for await (const part of readFileRows(open, table, search)) {
    list.addAll(part.firstRow, part.rows, part.batch.numRows);
  }
  const found = list.length;
  const positions = found === live ? undefined : list.toArray();
  return { add, rowCount, deleted, found, positions };
}

/**
 * Reads a file, its live rows split in two.
 *
 * @param touched Which rows go apart.
 * @throws {DeltaError} As opening and reading the file.
 */
export async function* splitFile(
  context: TableContext,
  table: ReadTable,
  touched: TouchedRows,
  { keeps, tracking, signal }: SplitOptions,
): AsyncGenerator<SplitRows> {
  const { add, positions } = touched;
  const open = await openDataFile(context, add, { signal });
  let firstTouched = 0;
  const options = { columns: table.schema, tracking, signal };
  for await (const part of readFileRows(open, table, options)) {
    const split = splitPart(part, positions, firstTouched, keeps);
    firstTouched += split.touched?.numRows ?? 0;
    if (split.touched || split.kept) yield split;
  }
}

function splitPart(
  { batch, firstRow, rows }: FileRows,
  positions: Uint32Array | undefined,
  firstTouched: number,
  keeps: boolean,
): SplitRows {
  const count = rows?.length ?? batch.numRows;
  if (!positions) {
    return { touched: taken(batch, rows), firstTouched, kept: undefined };
  }
  const end = lowerBound(positions, firstTouched, firstRow + batch.numRows);
  const apart = new Uint32Array(end - firstTouched);
  for (let i = 0; i < apart.length; i++) {
    apart[i] = positions[firstTouched + i]! - firstRow;
  }
  const whole = apart.length === batch.numRows;
  return {
    touched: taken(batch, whole ? undefined : apart),
    firstTouched,
    kept: keeps && apart.length < count
      ? taken(batch, without(rows, batch.numRows, apart))
      : undefined,
  };
}

function taken(
  batch: RecordBatch,
  rows: Uint32Array | undefined,
): RecordBatch | undefined {
  if ((rows?.length ?? batch.numRows) === 0) return undefined;
  return rows ? takeRows(batch, rows) : batch;
}

/** The rows, or all of so many, without some of them; both ascending. */
function without(
  rows: Uint32Array | undefined,
  count: number,
  apart: Uint32Array,
): Uint32Array | undefined {
  if (apart.length === 0) return rows;
  const total = rows?.length ?? count;
  const left = new Uint32Array(total - apart.length);
  let at = 0, next = 0;
  for (let i = 0; i < total; i++) {
    const row = rows ? rows[i]! : i;
    if (apart[next] === row) next++;
    else left[at++] = row;
  }
  return left;
}

/** First index at or after `from` whose position is `limit` or more. */
function lowerBound(
  positions: Uint32Array,
  from: number,
  limit: number,
): number {
  let low = from, high = positions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (positions[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Ascending positions, four bytes each, however many come. */
export class PositionList {
  #values = new Uint32Array(64);
  /** How many there are. */
  length = 0;

  /** Adds one. */
  add(position: number): void {
    this.#reserve(1);
    this.#values[this.length++] = position;
  }

  /** Adds rows of a batch; `undefined` for all `count` of them. */
  addAll(
    firstRow: number,
    rows: Uint32Array | undefined,
    count: number,
  ): void {
    const total = rows?.length ?? count;
    this.#reserve(total);
    for (let i = 0; i < total; i++) {
      this.#values[this.length++] = firstRow + (rows ? rows[i]! : i);
    }
  }

  /** The positions. */
  toArray(): Uint32Array {
    return this.#values.slice(0, this.length);
  }

  #reserve(more: number): void {
    if (this.length + more <= this.#values.length) return;
    const size = Math.max(2 * this.#values.length, this.length + more);
    const values = new Uint32Array(size);
    values.set(this.#values.subarray(0, this.length));
    this.#values = values;
  }
}
