/**
 * Deletes rows: files go whole where every row goes, else the rest of a file is
 * written again or the rows are hidden by a deletion vector.
 *
 * Source: Delta protocol, "Deletion Vectors" and "Add CDC File".
 *
 * @module
 */

import { throwIfAborted } from "../errors.ts";
import {
  type PredicateInput,
  toPredicate,
} from "../expression/predicate_input.ts";
import { checkWritable } from "../protocol/support.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";
import {
  beginChange,
  CHANGE_OPTIONS,
  type ChangeOptions,
  type ChangeResult,
  commitChange,
  unchanged,
} from "./shared/change_result.ts";
import { deleteFrom } from "./shared/delete_from.ts";
import { predicateText } from "./shared/predicate_text.ts";
import { checkNotAppendOnly } from "./shared/removes.ts";
import { keepsFeed, RowChanges } from "./shared/row_changes.ts";
import { rowsFound, searchRows } from "./shared/search.ts";
import { checkKnown, checkTargetFileSize, isApplied } from "./write_options.ts";

/** Options of {@link deleteRows}. */
export interface DeleteOptions extends ChangeOptions {
  /** Which rows go, as a predicate or SQL text; every row by default. */
  readonly where?: PredicateInput | undefined;
}

/**
 * Deletes the rows for which a predicate is true; those for which it is null
 * stay.
 *
 * @param context The table.
 * @param base The state whose rows go.
 * @param options Which rows.
 * @returns What became of it; `nothing-to-do` where no row matched.
 * @throws {DeltaError} `DELTA_CANNOT_MODIFY_APPEND_ONLY`; what the predicate or the store has to
 *   object; conflicts by name; `DELTA_COMMIT_UNKNOWN` when the store never said.
 */
export async function deleteRows(
  context: TableContext,
  base: Snapshot,
  options: DeleteOptions = {},
): Promise<ChangeResult> {
  const startedAt = context.host.now();
  const { signal } = options;
  const what = `Cannot delete from ${context.url}`;
  checkKnown(options, [...CHANGE_OPTIONS, "where"], what);
  checkTargetFileSize(options.targetFileSize, what);
  throwIfAborted(signal, `Deleting from ${context.url}`);
  checkWritable(base.protocol, base.metadata, base.schema, {
    operation: "delete",
  });
  checkNotAppendOnly(context, base, "delete from");
  if (isApplied(base, options.txn)) {
    return unchanged(context, base, "already-applied", startedAt);
  }
  const where = options.where === undefined
    ? undefined
    : toPredicate(options.where);
  const transaction = beginChange(
    context,
    base,
    "DELETE",
    {
      predicate: JSON.stringify(
        where ? [predicateText(options.where!, base.schema)] : [],
      ),
    },
    options,
    "delete",
  );
  const files = await searchRows(context, base, transaction, where, signal);
  if (files.length === 0 && !options.txn) {
    return unchanged(context, base, "nothing-to-do", startedAt);
  }
  const partly = files.some((file) => file.positions !== undefined);
  const changes = new RowChanges(context, base, {
    recordsChanges: keepsFeed(base) && partly,
    targetFileSize: options.targetFileSize,
    signal,
  });
  const staged = await deleteFrom(changes, files);
  const deleted = rowsFound(files);
  return await commitChange(context, transaction, {
    staged,
    startedAt,
    counts: { deleted },
    operationMetrics: {
      numRemovedFiles: staged.goneFiles,
      numRemovedBytes: staged.goneBytes,
      numAddedFiles: staged.newFiles,
      numAddedBytes: staged.newBytes,
      numDeletedRows: deleted,
      numCopiedRows: staged.copiedRows,
    },
  });
}
