/**
 * Replaces all rows of a table in one commit.
 *
 * @module
 */

import type { AddFile, RemoveFile } from "../actions/action.ts";
import { Transaction } from "../commit/transaction.ts";
import type { TableData } from "../data/row_input.ts";
import { DeltaError, throwIfAborted } from "../errors.ts";
import { checkWritable } from "../protocol/support.ts";
import { tableProperties } from "../protocol/table_property.ts";
import { eachFile } from "../snapshot/file_set.ts";
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
 * Replaces every row. It read the whole table, so whatever another commit
 * changes meanwhile is a conflict; data without rows leaves the table empty.
 *
 * @param context The table.
 * @param base The state whose rows go.
 * @param data The new rows.
 * @param options What else to do.
 * @returns The report, and the table's new state.
 * @throws {DeltaError} `DELTA_CANNOT_MODIFY_APPEND_ONLY`; else as `append`.
 */
export async function overwrite(
  context: TableContext,
  base: Snapshot,
  data: TableData,
  options: WriteOptions = {},
): Promise<WriteResult> {
  checkWriteOptions(options, `Cannot overwrite ${context.url}`);
  throwIfAborted(options.signal, `Overwriting ${context.url}`);
  checkWritable(base.protocol, base.metadata, base.schema, {
    operation: "overwrite",
  });
  if (isApplied(base, options.txn)) return unwritten(base, "already-applied");
  checkNotAppendOnly(context, base);
  const transaction = new Transaction(context, base, {
    operation: "WRITE",
    operationParameters: {
      mode: "Overwrite",
      partitionBy: JSON.stringify(base.metadata.partitionColumns),
    },
    intent: "overwrite",
    userMetadata: options.userMetadata,
    rules: options.rules,
    signal: options.signal,
  });
  transaction.readWholeTable();
  if (options.txn) transaction.setTxn(options.txn);
  const removes = await removeAll(context, base, options.signal);
  for (const remove of removes) transaction.remove(remove);
  const written = await writeRows(context, base, data, options);
  const isNothing = removes.length === 0 && written.adds.length === 0 &&
    !written.metadata && !options.txn;
  if (isNothing) return unwritten(base, "nothing-to-commit");
  return await commitWritten(context, transaction, written, removes.length);
}

/** A tombstone for every live file. */
export async function removeAll(
  context: TableContext,
  base: Snapshot,
  signal: AbortSignal | undefined,
): Promise<RemoveFile[]> {
  const now = context.host.now();
  const files = await base.files(signal);
  return Array.from(eachFile(files), (add) => removeOf(add, now));
}

/** The action that takes back an add. */
export function removeOf(add: AddFile, deletionTimestamp: number): RemoveFile {
  const { path, partitionValues, size, tags, deletionVector } = add;
  const { baseRowId, defaultRowCommitVersion } = add;
  return {
    path,
    deletionTimestamp,
    dataChange: true,
    extendedFileMetadata: true,
    partitionValues,
    size,
    ...(tags && { tags }),
    ...(deletionVector && { deletionVector }),
    ...(baseRowId !== undefined && { baseRowId }),
    ...(defaultRowCommitVersion !== undefined && { defaultRowCommitVersion }),
  };
}

/** Refuses on a table that only ever grows, before anything is written. */
export function checkNotAppendOnly(
  context: TableContext,
  base: Snapshot,
): void {
  if (!tableProperties(base.metadata.configuration).appendOnly) return;
  throw new DeltaError("DELTA_CANNOT_MODIFY_APPEND_ONLY", {
    what: `Cannot overwrite ${context.url}`,
    why: "delta.appendOnly is true, so its rows may not be removed",
    fix: "Append instead, or set delta.appendOnly to false first",
  });
}
