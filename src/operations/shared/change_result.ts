/**
 * What the operations that change rows take and answer with, and the one commit
 * that makes their changes the table's.
 *
 * @module
 */

import { Transaction } from "../../commit/transaction.ts";
import { deleteOrphans } from "../../data/write_data_files.ts";
import type { JsonValue } from "../../schema/data_type.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import type { TableContext } from "../../store/table_context.ts";
import type { ApplicationVersion, OperationOptions } from "../write_options.ts";
import { certainlyFailed } from "../write_rows.ts";
import type { StagedChanges } from "./row_changes.ts";

/** Options of every operation that changes rows. */
export interface ChangeOptions extends OperationOptions {
  /** Makes the change happen at most once per application version. */
  readonly txn?: ApplicationVersion | undefined;
  /** Size in bytes at which a data file is closed; `delta.targetFileSize`, else 128 MiB by default. */
  readonly targetFileSize?: number | undefined;
}

/** The names of {@link ChangeOptions}. */
export const CHANGE_OPTIONS: readonly (keyof ChangeOptions)[] = [
  "txn",
  "targetFileSize",
  "userMetadata",
  "signal",
  "rules",
];

/** How much a change did. */
export interface ChangeMetrics {
  /** Rows deleted; `undefined` where files went whole and nobody had counted their rows. */
  readonly numDeletedRows: number | undefined;
  /** Rows updated. */
  readonly numUpdatedRows: number;
  /** Rows inserted. */
  readonly numInsertedRows: number;
  /** Rows written again only because they shared a file with others. */
  readonly numCopiedRows: number;
  /** New data files. */
  readonly numAddedFiles: number;
  /** Bytes of the new data files. */
  readonly numAddedBytes: number;
  /** Data files that are gone. */
  readonly numRemovedFiles: number;
  /** Their bytes. */
  readonly numRemovedBytes: number;
  /** Files that got a deletion vector, or a larger one. */
  readonly numDeletionVectorsAdded: number;
  /** Deletion vectors that were replaced, or went with their file. */
  readonly numDeletionVectorsRemoved: number;
  /** Change data files. */
  readonly numAddedChangeFiles: number;
  /** How long it took by the host's clock, in milliseconds. */
  readonly durationMs: number;
}

/**
 * What became of a change.
 *
 * - `committed`: it is the table's `version`.
 * - `already-applied`: an earlier call with this `txn` is in the table.
 * - `nothing-to-do`: no row was concerned; there is no new version.
 */
export type ChangeOutcome = "committed" | "already-applied" | "nothing-to-do";

/** What a change did. */
export interface ChangeResult {
  /** What became of it. */
  readonly outcome: ChangeOutcome;
  /** Whether it made a version. */
  readonly committed: boolean;
  /** The version it made, or the newest one known where it made none. */
  readonly version: number;
  /** The version it was prepared on. */
  readonly readVersion: number;
  /** Requests that tried to create a version. */
  readonly attempts: number;
  /** The commit's `txnId`, for `resolve()`; empty where no commit was tried. */
  readonly token: string;
  /** The table's state as the writer knows it afterwards. */
  readonly snapshot: Snapshot;
  /** How much it did. */
  readonly metrics: ChangeMetrics;
}

/** Rows of a change, counted by its operation. */
export interface RowCounts {
  /** Rows deleted, where known. */
  readonly deleted?: number | undefined;
  /** Rows updated. */
  readonly updated?: number;
  /** Rows inserted. */
  readonly inserted?: number;
}

/** A change that is ready to be committed. */
export interface PreparedChange {
  /** Its actions. */
  readonly staged: StagedChanges;
  /** Its rows. */
  readonly counts: RowCounts;
  /** Names of Spark's for the figures, beside those of files. */
  readonly operationMetrics: Readonly<Record<string, number | undefined>>;
  /** When the operation began, by the host's clock. */
  readonly startedAt: number;
}

/** Begins the transaction of a change. */
export function beginChange(
  context: TableContext,
  base: Snapshot,
  operation: "DELETE" | "UPDATE" | "MERGE" | "WRITE",
  parameters: Readonly<Record<string, JsonValue>>,
  options: ChangeOptions,
  intent: "append" | "delete" | "update" | "merge",
): Transaction {
  const transaction = new Transaction(context, base, {
    operation,
    operationParameters: parameters,
    intent,
    userMetadata: options.userMetadata,
    rules: options.rules,
    signal: options.signal,
  });
  if (options.txn) transaction.setTxn(options.txn);
  return transaction;
}

/**
 * Commits a change; where it certainly failed its files are deleted again.
 * Where its outcome is unknown they stay: it may still land and name them.
 */
export async function commitChange(
  context: TableContext,
  transaction: Transaction,
  change: PreparedChange,
): Promise<ChangeResult> {
  const { staged, counts, startedAt } = change;
  const ms = () => Math.max(0, context.host.now() - startedAt);
  try {
    for (const remove of staged.removes) transaction.remove(remove);
    for (const add of staged.adds) transaction.add(add);
    for (const cdc of staged.cdc) transaction.cdc(cdc);
    const result = await transaction.commit({
      operationMetrics: metricTexts({
        ...change.operationMetrics,
        numDeletionVectorsAdded: staged.vectors,
        numDeletionVectorsRemoved: staged.oldVectors,
        numAddedChangeFiles: staged.cdc.length,
        executionTimeMs: ms(),
      }),
    });
    const committed = result.outcome === "committed";
    if (!committed) await deleteOrphans(context, staged.stored);
    return {
      outcome: result.outcome,
      committed,
      version: result.version,
      readVersion: result.readVersion,
      attempts: result.attempts,
      token: result.token,
      snapshot: result.snapshot,
      metrics: committed ? metricsOf(staged, counts, ms()) : noMetrics(ms()),
    };
  } catch (error) {
    if (certainlyFailed(error)) await deleteOrphans(context, staged.stored);
    throw error;
  }
}

/** The result of a change that committed nothing. */
export function unchanged(
  context: TableContext,
  base: Snapshot,
  outcome: Exclude<ChangeOutcome, "committed">,
  startedAt: number,
): ChangeResult {
  return {
    outcome,
    committed: false,
    version: base.version,
    readVersion: base.version,
    attempts: 0,
    token: "",
    snapshot: base,
    metrics: noMetrics(Math.max(0, context.host.now() - startedAt)),
  };
}

function metricsOf(
  staged: StagedChanges,
  counts: RowCounts,
  durationMs: number,
): ChangeMetrics {
  return {
    numDeletedRows: "deleted" in counts ? counts.deleted : 0,
    numUpdatedRows: counts.updated ?? 0,
    numInsertedRows: counts.inserted ?? 0,
    numCopiedRows: staged.copiedRows,
    numAddedFiles: staged.newFiles,
    numAddedBytes: staged.newBytes,
    numRemovedFiles: staged.goneFiles,
    numRemovedBytes: staged.goneBytes,
    numDeletionVectorsAdded: staged.vectors,
    numDeletionVectorsRemoved: staged.oldVectors,
    numAddedChangeFiles: staged.cdc.length,
    durationMs,
  };
}

function noMetrics(durationMs: number): ChangeMetrics {
  const nothing: StagedChanges = {
    adds: [],
    removes: [],
    cdc: [],
    stored: [],
    copiedRows: 0,
    newFiles: 0,
    newBytes: 0,
    goneFiles: 0,
    goneBytes: 0,
    vectors: 0,
    oldVectors: 0,
  };
  return metricsOf(nothing, {}, durationMs);
}

function metricTexts(
  figures: Readonly<Record<string, number | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(figures).flatMap(([name, figure]) =>
      figure === undefined ? [] : [[name, String(figure)]]
    ),
  );
}
