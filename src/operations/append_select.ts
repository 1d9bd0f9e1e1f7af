/**
 * Appends rows that are read from the table itself, as INSERT … SELECT does.
 *
 * What is written depends on what was read, so it is no blind append: a commit
 * that changes the rows it read is a conflict.
 *
 * @module
 */

import { throwIfAborted } from "../errors.ts";
import { bindPredicate } from "../expression/bind.ts";
import type { Expression } from "../expression/predicate.ts";
import {
  type PredicateInput,
  toPredicate,
} from "../expression/predicate_input.ts";
import { checkWritable } from "../protocol/support.ts";
import { planScan } from "../scan/plan_scan.ts";
import { scan } from "../scan/read_scan.ts";
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
import { RowChanges } from "./shared/row_changes.ts";
import { enforcerOf, outdated } from "./shared/row_enforcer.ts";
import { checkKnown, checkTargetFileSize, isApplied } from "./write_options.ts";

/** Options of {@link appendSelect}. */
export interface AppendSelectOptions extends ChangeOptions {
  /** Which rows are read, as a predicate or SQL text; every row by default. */
  readonly where?: PredicateInput | undefined;
  /** New values for columns of the copies: a value, an expression of the row's columns, or `{ sql }`. */
  readonly set?: Assignments | undefined;
  /** Numbers to be added to columns of the copies. */
  readonly add?: Readonly<Record<string, number | bigint>> | undefined;
}

/**
 * Appends a copy of each row for which a predicate is true, with new values for
 * some columns.
 *
 * @param context The table.
 * @param base The state whose rows are read.
 * @param options Which rows, and what their copies have instead.
 * @returns What became of it; `nothing-to-do` where no row matched.
 * @throws {DeltaError} As `update`.
 */
export async function appendSelect(
  context: TableContext,
  base: Snapshot,
  options: AppendSelectOptions = {},
): Promise<ChangeResult> {
  const startedAt = context.host.now();
  const { signal } = options;
  const what = `Cannot append to ${context.url}`;
  checkKnown(options, [...CHANGE_OPTIONS, "where", "set", "add"], what);
  checkTargetFileSize(options.targetFileSize, what);
  throwIfAborted(signal, `Appending to ${context.url}`);
  checkWritable(base.protocol, base.metadata, base.schema, {
    operation: "append",
  });
  if (isApplied(base, options.txn)) {
    return unchanged(context, base, "already-applied", startedAt);
  }
  const { schema } = base;
  const set = { ...options.set, ...additions(options.add) };
  const assignments = bindAssignments(set, schema, schema, what, {
    now: microsOf(context),
  });
  const apply = rowUpdater(assignments, schema);
  const where = options.where === undefined
    ? undefined
    : toPredicate(options.where);
  const transaction = beginChange(
    context,
    base,
    "WRITE",
    {
      mode: "Append",
      partitionBy: JSON.stringify(base.metadata.partitionColumns),
    },
    options,
    "append",
  );
  if (where) transaction.readPredicate(where);
  else transaction.readWholeTable();
  const bound = where && bindPredicate(where, schema);
  for (const add of planScan(await base.files(signal), base, bound)) {
    transaction.readFile(add.path, add.deletionVector);
  }
  const changes = new RowChanges(context, base, {
    recordsChanges: false,
    targetFileSize: options.targetFileSize,
    signal,
  });
  const recompute = outdated(enforcerOf(context, base), assignments, base);
  let inserted = 0;
  const staged = await orAbort(changes, async () => {
    for await (const batch of scan(context, base, { where, signal })) {
      inserted += batch.numRows;
      const copies = apply(batch, columnsOfBatch(batch, schema));
      await changes.insert(copies, recompute);
    }
  });
  if (inserted === 0 && !options.txn) {
    return unchanged(context, base, "nothing-to-do", startedAt);
  }
  return await commitChange(context, transaction, {
    staged,
    startedAt,
    counts: { inserted },
    operationMetrics: {
      numFiles: staged.newFiles,
      numOutputRows: inserted,
      numOutputBytes: staged.newBytes,
    },
  });
}

function additions(
  add: AppendSelectOptions["add"] = {},
): Record<string, Expression> {
  return Object.fromEntries(
    Object.entries(add).map(([name, value]) => [name, {
      kind: "arithmetic",
      op: "+",
      left: { kind: "column", path: [name] },
      right: { kind: "literal", value },
    }]),
  );
}
