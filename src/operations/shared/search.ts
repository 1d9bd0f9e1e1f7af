/**
 * The rows that a condition concerns, file by file, and what the search says it
 * has read.
 *
 * @module
 */

import type { Transaction } from "../../commit/transaction.ts";
import { findRows } from "../../data/rewrite_file.ts";
import { throwIfAborted } from "../../errors.ts";
import { bindPredicate } from "../../expression/bind.ts";
import type { Predicate } from "../../expression/predicate.ts";
import {
  countByStatistics,
  isPartitionOnly,
  planScan,
} from "../../scan/plan_scan.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import type { TableContext } from "../../store/table_context.ts";
import type { TouchedFile } from "./row_changes.ts";

/**
 * Finds the rows for which a predicate is true, and declares what was read:
 * without a predicate the whole table, else the predicate and every file that
 * may have held such a row.
 *
 * Where partition values decide, or there is no predicate, files are taken
 * whole and not opened.
 *
 * @param transaction Takes the declarations.
 * @returns The files that hold such rows.
 */
export async function searchRows(
  context: TableContext,
  base: Snapshot,
  transaction: Transaction,
  where: Predicate | undefined,
  signal: AbortSignal | undefined,
): Promise<TouchedFile[]> {
  if (where) transaction.readPredicate(where);
  else transaction.readWholeTable();
  const predicate = where && bindPredicate(where, base.schema);
  const whole = !predicate || isPartitionOnly(predicate, base.metadata);
  const touched: TouchedFile[] = [];
  const files = await base.files(signal);
  for (const add of planScan(files, base, predicate)) {
    throwIfAborted(signal, `Searching ${context.url}`);
    transaction.readFile(add.path, add.deletionVector);
    if (whole) {
      const found = countByStatistics(add);
      touched.push({ add, positions: undefined, found });
      continue;
    }
    const file = await findRows(context, base, add, { predicate, signal });
    if (file.found > 0) touched.push(file);
  }
  return touched;
}

/** How many rows were found; `undefined` where a file's statistics do not tell. */
export function rowsFound(files: readonly TouchedFile[]): number | undefined {
  let rows = 0;
  for (const { found } of files) {
    if (found === undefined) return undefined;
    rows += found;
  }
  return rows;
}
