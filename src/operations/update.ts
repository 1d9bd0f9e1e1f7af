/**
 * Updates rows: new values for columns of the rows that a predicate picks. A row
 * whose partition column changes moves to its new partition.
 *
 * Source: Delta protocol, "Deletion Vectors" and "Add CDC File".
 *
 * @module
 */

import { DeltaError, throwIfAborted } from "../errors.ts";
import {
  type PredicateInput,
  toPredicate,
} from "../expression/predicate_input.ts";
import { checkWritable } from "../protocol/support.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";
import {
  type Assignments,
  bindAssignments,
  columnsOfBatch,
  microsOf,
  rowUpdater,
} from "./shared/assignments.ts";
import {
  beginChange,
  CHANGE_OPTIONS,
  type ChangeOptions,
  type ChangeResult,
  commitChange,
  unchanged,
} from "./shared/change_result.ts";
import { orAbort } from "./shared/delete_from.ts";
import { predicateText } from "./shared/predicate_text.ts";
import { checkNotAppendOnly } from "./shared/removes.ts";
import { keepsFeed, RowChanges, type RowEdit } from "./shared/row_changes.ts";
import { enforcerOf, outdated } from "./shared/row_enforcer.ts";
import { searchRows } from "./shared/search.ts";
import { checkKnown, checkTargetFileSize, isApplied } from "./write_options.ts";

/** Options of {@link update}. */
export interface UpdateOptions extends ChangeOptions {
  /** New values by column: a value, an expression of the row's columns, or `{ sql }`. */
  readonly set: Assignments;
  /** Which rows, as a predicate or SQL text; every row by default. */
  readonly where?: PredicateInput | undefined;
}

/**
 * Updates the rows for which a predicate is true. Expressions see the row as it
 * was; generated columns that are not set are worked out anew.
 *
 * @param context The table.
 * @param base The state whose rows change.
 * @param options New values, and which rows.
 * @returns What became of it; `nothing-to-do` where no row matched.
 * @throws {DeltaError} `DELTA_COLUMN_NOT_FOUND`; values that do not fit or break a constraint; else as `deleteRows`.
 */
export async function update(
  context: TableContext,
  base: Snapshot,
  options: UpdateOptions,
): Promise<ChangeResult> {
  const startedAt = context.host.now();
  const { set, signal } = options;
  const what = `Cannot update ${context.url}`;
  checkKnown(options, [...CHANGE_OPTIONS, "set", "where"], what);
  checkTargetFileSize(options.targetFileSize, what);
  checkSets(set, what);
  throwIfAborted(signal, `Updating ${context.url}`);
  checkWritable(base.protocol, base.metadata, base.schema, {
    operation: "update",
  });
  checkNotAppendOnly(context, base, "update");
  if (isApplied(base, options.txn)) {
    return unchanged(context, base, "already-applied", startedAt);
  }
  const edit = updateOf(context, base, set, what);
  const where = options.where === undefined
    ? undefined
    : toPredicate(options.where);
  const transaction = beginChange(
    context,
    base,
    "UPDATE",
    {
      predicate: JSON.stringify(
        where ? [predicateText(options.where!, base.schema)] : [],
      ),
    },
    options,
    "update",
  );
  const files = await searchRows(context, base, transaction, where, signal);
  if (files.length === 0 && !options.txn) {
    return unchanged(context, base, "nothing-to-do", startedAt);
  }
  const changes = new RowChanges(context, base, {
    recordsChanges: keepsFeed(base),
    targetFileSize: options.targetFileSize,
    signal,
  });
  let updated = 0;
  const counted: RowEdit = (touched, first) => {
    updated += touched.numRows;
    return edit(touched, first);
  };
  const staged = await orAbort(changes, async () => {
    for (const file of files) await changes.change(file, counted, true);
  });
  return await commitChange(context, transaction, {
    staged,
    startedAt,
    counts: { updated },
    operationMetrics: {
      numRemovedFiles: staged.goneFiles,
      numRemovedBytes: staged.goneBytes,
      numAddedFiles: staged.newFiles,
      numAddedBytes: staged.newBytes,
      numUpdatedRows: updated,
      numCopiedRows: staged.copiedRows,
    },
  });
}

function updateOf(
  context: TableContext,
  base: Snapshot,
  set: Assignments,
  what: string,
): RowEdit {
  const { schema } = base;
  const assignments = bindAssignments(set, schema, schema, what, {
    now: microsOf(context),
  });
  const apply = rowUpdater(assignments, schema);
  const enforce = enforcerOf(context, base);
  const recompute = outdated(enforce, assignments, base);
  return (touched) => {
    const updated = apply(touched, columnsOfBatch(touched, schema));
    const rows = enforce(updated, { recompute });
    return {
      rows: [{ batch: rows }],
      changes: [
        { type: "update_preimage", batch: touched },
        { type: "update_postimage", batch: rows },
      ],
    };
  };
}

function checkSets(set: Assignments, what: string): void {
  if (typeof set === "object" && set !== null && Object.keys(set).length > 0) {
    return;
  }
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what,
    why: "nothing is set",
    fix: "Give the option set at least one column and its value",
  });
}
