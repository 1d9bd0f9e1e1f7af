/**
 * The second pass of a merge: the rows that its clauses make.
 *
 * @module
 */

import * as arrow from "apache-arrow";
import { arrowSchemaOf } from "../../data/assemble_batch.ts";
import { batchOf, nullColumn } from "../../parquet/column_data.ts";
import { takeRows } from "../../parquet/take_rows.ts";
import type { StructType } from "../../schema/data_type.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import type { TableContext } from "../../store/table_context.ts";
import { type Columns, columnsOfBatch, rowUpdater } from "./assignments.ts";
import type { BoundInsert, BoundMerge } from "./merge_clauses.ts";
import type { MatchedFile } from "./merge_match.ts";
import { bothSides, compileTest } from "./merge_scope.ts";
import type { MergeSource } from "./merge_source.ts";
import type { NewRows, RowChange, RowChanges, RowEdit } from "./row_changes.ts";
import { enforcerOf, outdated } from "./row_enforcer.ts";

/** Rows counted by what happened to them. */
export interface MergeCounts {
  /** Updated. */
  updated: number;
  /** Deleted. */
  deleted: number;
  /** Inserted. */
  inserted: number;
}

/** Changes the matched rows of a file as their clauses say. */
export async function changeFile(
  context: TableContext,
  changes: RowChanges,
  base: Snapshot,
  bound: BoundMerge,
  matched: MatchedFile,
  counts: MergeCounts,
): Promise<void> {
  const clauses = [...bound.matched, ...bound.notMatchedBySource];
  const { clauses: numbers, sources, file } = matched;
  let updates = 0;
  for (const number of numbers) {
    if (clauses[number]!.deletes) counts.deleted++;
    else updates++;
  }
  counts.updated += updates;
  const enforce = enforcerOf(context, base);
  const edit: RowEdit = (touched, first) => {
    const rows: NewRows[] = [];
    const made: RowChange[] = [];
    clauses.forEach(({ update, sets }, number) => {
      const picked = rowsOf(numbers, number, first, touched.numRows);
      if (picked.length === 0) return;
      const whole = picked.length === touched.numRows;
      const old = whole ? touched : takeRows(touched, picked);
      if (!update) {
        made.push({ type: "delete", batch: old });
        return;
      }
      const columns = bothSides(
        columnsOfBatch(old, base.schema),
        bound.source.columns,
        (row) => sources[first + picked[row]!]!,
      );
      const batch = enforce(update(old, columns), {
        recompute: outdated(enforce, sets, base),
      });
      rows.push({ batch, from: whole ? undefined : picked });
      made.push(
        { type: "update_preimage", batch: old },
        { type: "update_postimage", batch },
      );
    });
    return { rows, changes: made };
  };
  await changes.change(file, edit, updates > 0);
}

/** Which of `count` touched rows from `first` on a clause is for, counted from there. */
function rowsOf(
  numbers: Uint32Array,
  clause: number,
  first: number,
  count: number,
): Uint32Array {
  const rows = new Uint32Array(count);
  let found = 0;
  for (let i = 0; i < count; i++) {
    if (numbers[first + i] === clause) rows[found++] = i;
  }
  return rows.subarray(0, found);
}

/** Source rows that a clause inserts. */
export interface Insert {
  /** The clause. */
  readonly clause: BoundInsert;
  /** The rows. */
  readonly rows: readonly number[];
}

/** Rows of a batch of inserted rows. */
const INSERT_ROWS = 16_384;

/** Which source rows without a match each clause inserts. */
export function insertsOf(bound: BoundMerge, unmatched: Uint32Array): Insert[] {
  const columns = sourceColumns(bound.source, (row) => row);
  const tests = bound.notMatched.map((c) => compileTest(c.condition, columns));
  const rows: number[][] = tests.map(() => []);
  for (const row of unmatched) {
    const clause = tests.findIndex((test) => test(row));
    if (clause >= 0) rows[clause]!.push(row);
  }
  return bound.notMatched.map((clause, i) => ({ clause, rows: rows[i]! }))
    .filter((insert) => insert.rows.length > 0);
}

/** The rows to insert, with the columns that their clause gives. */
export function* insertedRows(
  schema: StructType,
  bound: BoundMerge,
  inserts: readonly Insert[],
): Generator<arrow.RecordBatch> {
  for (const { clause, rows } of inserts) {
    const update = rowUpdater(clause.values, schema);
    const given = new Set(clause.values.map(({ index }) => index));
    for (let at = 0; at < rows.length; at += INSERT_ROWS) {
      const some = rows.slice(at, at + INSERT_ROWS);
      const columns = sourceColumns(bound.source, (row) => some[row]!);
      yield onlyColumns(update(nullRows(schema, some.length), columns), given);
    }
  }
}

function nullRows(schema: StructType, count: number): arrow.RecordBatch {
  const arrowSchema = arrowSchemaOf(schema);
  const columns = arrowSchema.fields.map((f) => nullColumn(f.type, count));
  return batchOf(arrowSchema, columns, count);
}

/** The batch without columns that nobody gave: they take their default. */
function onlyColumns(
  batch: arrow.RecordBatch,
  given: ReadonlySet<number>,
): arrow.RecordBatch {
  const { fields } = batch.schema;
  if (given.size === fields.length) return batch;
  return batchOf(
    new arrow.Schema(fields.filter((_, i) => given.has(i))),
    batch.data.children.filter((_, i) => given.has(i)),
    batch.numRows,
  );
}

function sourceColumns(
  source: MergeSource,
  sourceRow: (row: number) => number,
): Columns {
  return bothSides(() => () => null, source.columns, sourceRow);
}
