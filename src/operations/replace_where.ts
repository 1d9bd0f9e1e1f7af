/**
 * Replaces the rows of a predicate in one commit: data takes the place of every
 * row for which it is true, and all other rows stay.
 *
 * @module
 */

import type { RecordBatch } from "apache-arrow";
import { decodePath } from "../actions/file_key.ts";
import { Transaction } from "../commit/transaction.ts";
import { rowFilter } from "../data/row_filter.ts";
import type { TableData } from "../data/row_input.ts";
import { deleteOrphans } from "../data/write_data_files.ts";
import { DeltaError } from "../errors.ts";
import { bindPredicate } from "../expression/bind.ts";
import type { Predicate } from "../expression/predicate.ts";
import {
  type PredicateInput,
  toPredicate,
} from "../expression/predicate_input.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";
import { predicateText } from "./shared/predicate_text.ts";
import {
  DELETE_ROWS,
  keepsFeed,
  RowChanges,
  type StagedChanges,
} from "./shared/row_changes.ts";
import { searchRows } from "./shared/search.ts";
import {
  unwritten,
  type WriteOptions,
  type WriteResult,
} from "./write_options.ts";
import {
  certainlyFailed,
  commitWritten,
  writeRows,
  type WrittenRows,
} from "./write_rows.ts";

/**
 * Replaces the rows for which a predicate is true.
 *
 * @param context The table.
 * @param base The state whose rows go.
 * @param data The new rows, all of which the predicate must be true for.
 * @param where The predicate, or its SQL text.
 * @param options What else to do.
 * @returns The report, and the table's new state.
 * @throws {DeltaError} `DELTA_REPLACE_WHERE_MISMATCH` naming the first row outside; else as `overwrite`.
 */
export async function replaceWhere(
  context: TableContext,
  base: Snapshot,
  data: TableData,
  where: PredicateInput,
  options: WriteOptions,
): Promise<WriteResult> {
  const { signal } = options;
  const predicate = toPredicate(where);
  const transaction = new Transaction(context, base, {
    operation: "WRITE",
    operationParameters: {
      mode: "Overwrite",
      partitionBy: JSON.stringify(base.metadata.partitionColumns),
      predicate: predicateText(where, base.schema),
    },
    intent: "overwrite",
    userMetadata: options.userMetadata,
    rules: options.rules,
    signal,
  });
  if (options.txn) transaction.setTxn(options.txn);
  const files = await searchRows(
    context,
    base,
    transaction,
    predicate,
    signal,
  );
  const partly = files.some((file) => file.positions !== undefined);
  const changes = new RowChanges(context, base, {
    recordsChanges: keepsFeed(base) && partly,
    targetFileSize: options.targetFileSize,
    signal,
  });
  const check = rowChecker(context, base, predicate, where);
  let written: WrittenRows | undefined;
  let staged: StagedChanges;
  try {
    for (const file of files) await changes.change(file, DELETE_ROWS, false);
    written = await writeRows(context, base, data, options, async (batch) => {
      check(batch);
      await changes.record({ type: "insert", batch });
    });
    staged = await changes.finish();
  } catch (error) {
    await changes.abort();
    await deleteOrphans(context, pathsOf(written));
    throw error;
  }
  const isNothing = files.length === 0 && written.adds.length === 0 &&
    !options.txn;
  if (isNothing) return unwritten(base, "nothing-to-do");
  for (const remove of staged.removes) transaction.remove(remove);
  for (const add of staged.adds) transaction.add(add);
  for (const cdc of staged.cdc) transaction.cdc(cdc);
  try {
    const result = await commitWritten(
      context,
      transaction,
      written,
      staged.goneFiles,
    );
    if (result.report.outcome !== "committed") {
      await deleteOrphans(context, staged.stored);
    }
    return result;
  } catch (error) {
    if (certainlyFailed(error)) await deleteOrphans(context, staged.stored);
    throw error;
  }
}

function pathsOf(written: WrittenRows | undefined): string[] {
  return (written?.adds ?? []).map((add) => decodePath(add.path));
}

/** Refuses a row for which the predicate is not true: nobody would replace it the next time. */
function rowChecker(
  context: TableContext,
  base: Snapshot,
  predicate: Predicate,
  where: PredicateInput,
): (batch: RecordBatch) => void {
  const { fields } = base.schema;
  const filter = rowFilter(bindPredicate(predicate, base.schema), fields)!;
  let firstRow = 0;
  return (batch) => {
    const inside = filter(batch.data.children, batch.numRows, undefined);
    if (inside) {
      const outside = inside.findIndex((row, i) => row !== i);
      const row = firstRow + (outside < 0 ? inside.length : outside);
      throw new DeltaError("DELTA_REPLACE_WHERE_MISMATCH", {
        what: `Cannot replace rows of ${context.url}`,
        why: `row ${row} of the data does not meet ${
          predicateText(where, base.schema)
        }`,
        fix: "Leave such rows out, or append them",
        context: { row, predicate: predicateText(where, base.schema) },
      });
    }
    firstRow += batch.numRows;
  };
}
