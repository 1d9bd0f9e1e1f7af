/**
 * Adds rows to a table: data files first, which nobody can see, then one commit
 * that names them all.
 *
 * @module
 */

import { Transaction } from "../commit/transaction.ts";
import type { TableData } from "../data/row_input.ts";
import { throwIfAborted } from "../errors.ts";
import { checkWritable } from "../protocol/support.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";
import {
  checkWriteOptions,
  isApplied,
  unwritten,
  type WriteOptions,
  type WriteResult,
} from "./write_options.ts";
import { commitWritten, writeRows } from "./write_rows.ts";

/**
 * Appends data in one commit, however many batches it comes in. Nothing of the
 * table is read, so it commutes with whatever others do to its rows.
 *
 * @param context The table.
 * @param base The state to build on; newer commits are found out about by losing the race.
 * @param data The rows.
 * @param options What else to do.
 * @returns The report, and the table's new state.
 * @throws {DeltaError} The data's faults before anything is committed; conflicts by name;
 *   `DELTA_COMMIT_UNKNOWN` when the store never said.
 */
export async function append(
  context: TableContext,
  base: Snapshot,
  data: TableData,
  options: WriteOptions = {},
): Promise<WriteResult> {
  checkWriteOptions(options, `Cannot append to ${context.url}`);
  throwIfAborted(options.signal, `Appending to ${context.url}`);
  checkWritable(base.protocol, base.metadata, base.schema, {
    operation: "append",
  });
  if (isApplied(base, options.txn)) return unwritten(base, "already-applied");
  const transaction = new Transaction(context, base, {
    operation: "WRITE",
    operationParameters: {
      mode: "Append",
      partitionBy: JSON.stringify(base.metadata.partitionColumns),
    },
    intent: "append",
    userMetadata: options.userMetadata,
    rules: options.rules,
    signal: options.signal,
  });
  if (options.txn) transaction.setTxn(options.txn);
  const written = await writeRows(context, base, data, options);
  if (written.adds.length === 0 && !written.metadata && !options.txn) {
    return unwritten(base, "nothing-to-do");
  }
  return await commitWritten(context, transaction, written, 0);
}
