/**
 * Merges rows into a table: target rows that match a source row are updated or
 * deleted, source rows that match none are inserted, and target rows that match
 * none are updated or deleted if that is asked for. A hash join: the source is
 * held in memory, the target is read as a stream.
 *
 * Conditions and values see both rows, as `target.x` and `source.x`: the path
 * `["source", "x"]`. A bare `x` is the target's where the target is seen and has
 * it, else the source's.
 *
 * @module
 */

import type { Transaction } from "../commit/transaction.ts";
import { throwIfAborted } from "../errors.ts";
import { bindPredicate } from "../expression/bind.ts";
import { checkWritable } from "../protocol/support.ts";
import { planScan } from "../scan/plan_scan.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";
import {
  beginChange,
  type ChangeResult,
  commitChange,
  unchanged,
} from "./shared/change_result.ts";
import { orAbort } from "./shared/delete_from.ts";
import {
  bindMerge,
  type BoundMerge,
  checkClauses,
  isInsertOnly,
  MERGE_OPTIONS,
  type MergeOptions,
  mergeParameters,
} from "./shared/merge_clauses.ts";
import { indexSource } from "./shared/merge_keys.ts";
import {
  type MatchedFile,
  Matcher,
  type MatchPlan,
} from "./shared/merge_match.ts";
import {
  changeFile,
  insertedRows,
  insertsOf,
  type MergeCounts,
} from "./shared/merge_rows.ts";
import { checkNotAppendOnly } from "./shared/removes.ts";
import { keepsFeed, RowChanges } from "./shared/row_changes.ts";
import { checkKnown, checkTargetFileSize, isApplied } from "./write_options.ts";

export type {
  MergeOptions,
  MergeRowClause,
  WhenMatched,
  WhenNotMatched,
  WhenNotMatchedBySource,
} from "./shared/merge_clauses.ts";

/**
 * Merges rows into a table.
 *
 * @param context The table.
 * @param base The state to merge into.
 * @param options The source, when rows match, and what happens then.
 * @returns What became of it; `nothing-to-do` where no row was concerned.
 * @throws {DeltaError} `DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE`; else as `update`.
 */
export async function merge(
  context: TableContext,
  base: Snapshot,
  options: MergeOptions,
): Promise<ChangeResult> {
  const startedAt = context.host.now();
  const { signal } = options;
  const what = `Cannot merge into ${context.url}`;
  checkKnown(options, MERGE_OPTIONS, what);
  checkTargetFileSize(options.targetFileSize, what);
  checkClauses(options, what);
  throwIfAborted(signal, `Merging into ${context.url}`);
  const intent = isInsertOnly(options) ? "append" : "merge";
  checkWritable(base.protocol, base.metadata, base.schema, {
    operation: intent,
  });
  if (intent === "merge") checkNotAppendOnly(context, base, "merge into");
  if (isApplied(base, options.txn)) {
    return unchanged(context, base, "already-applied", startedAt);
  }
  const bound = await bindMerge(context, base, options, what);
  const transaction = beginChange(
    context,
    base,
    "MERGE",
    mergeParameters(options, bound.scope),
    options,
    intent,
  );
  const { files, unmatched } = await matchRows(
    context,
    base,
    transaction,
    bound,
    signal,
  );
  const inserts = insertsOf(bound, unmatched);
  const isNothing = files.length === 0 && inserts.length === 0 && !options.txn;
  if (isNothing) return unchanged(context, base, "nothing-to-do", startedAt);
  const changes = new RowChanges(context, base, {
    recordsChanges: keepsFeed(base) && files.length > 0,
    targetFileSize: options.targetFileSize,
    signal,
  });
  const counts: MergeCounts = { updated: 0, deleted: 0, inserted: 0 };
  const staged = await orAbort(changes, async () => {
    for (const file of files) {
      await changeFile(context, changes, base, bound, file, counts);
    }
    for (const batch of insertedRows(base.schema, bound, inserts)) {
      counts.inserted += batch.numRows;
      await changes.insert(batch);
    }
  });
  const { updated, deleted, inserted } = counts;
  return await commitChange(context, transaction, {
    staged,
    startedAt,
    counts,
    operationMetrics: {
      numSourceRows: bound.source.batch.numRows,
      numTargetRowsInserted: inserted,
      numTargetRowsUpdated: updated,
      numTargetRowsDeleted: deleted,
      numTargetRowsCopied: staged.copiedRows,
      numOutputRows: inserted + updated + staged.copiedRows,
      numTargetFilesAdded: staged.newFiles,
      numTargetFilesRemoved: staged.goneFiles,
      numTargetBytesAdded: staged.newBytes,
      numTargetBytesRemoved: staged.goneBytes,
    },
  });
}

/** Matches rows, and declares what of the table was read. */
async function matchRows(
  context: TableContext,
  base: Snapshot,
  transaction: Transaction,
  bound: BoundMerge,
  signal: AbortSignal | undefined,
): Promise<{ files: MatchedFile[]; unmatched: Uint32Array }> {
  const { source, condition, notMatchedBySource } = bound;
  const { partitionColumns } = base.metadata;
  const index = indexSource(source, condition, partitionColumns);
  const readsAll = notMatchedBySource.length > 0 || !index.bounds;
  if (readsAll) transaction.readWholeTable();
  else transaction.readPredicate(index.bounds!);
  const candidates = readsAll
    ? undefined
    : bindPredicate(index.bounds!, base.schema);
  const plan: MatchPlan = { ...bound, index, candidates };
  const matcher = new Matcher(context, base, plan);
  const files: MatchedFile[] = [];
  for (const add of planScan(await base.files(signal), base, candidates)) {
    transaction.readFile(add.path, add.deletionVector);
    const matched = await matcher.match(add, signal);
    if (matched) files.push(matched);
  }
  const { matchedSource } = matcher;
  const unmatched = bound.notMatched.length === 0
    ? new Uint32Array()
    : rowsWithout(matchedSource);
  return { files, unmatched };
}

function rowsWithout(flags: Uint8Array): Uint32Array {
  const rows = new Uint32Array(flags.length);
  let count = 0;
  flags.forEach((flag, row) => {
    if (flag === 0) rows[count++] = row;
  });
  return rows.slice(0, count);
}
