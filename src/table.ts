/**
 * A Delta table: the front door. A handle points at one version, moves when it
 * commits or is refreshed, and hands out versions that never change.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const table = await DeltaTable.create("memory://lake/people", {
 *   schema: {
 *     kind: "struct",
 *     fields: [
 *       { name: "name", type: { kind: "string" }, nullable: true, metadata: {} },
 *     ],
 *   },
 * });
 * const { version } = await table.append([{ name: "Ada" }, { name: "Grace" }]);
 * assert.equal(version, 1);
 * assert.equal(await table.count(), 2);
 * ```
 *
 * @module
 */

import { resolveCommit, type ResolvedCommit } from "./commit/resolve_commit.ts";
import { Transaction, type TransactionOptions } from "./commit/transaction.ts";
import type { TableData } from "./data/row_input.ts";
import { append } from "./operations/append.ts";
import {
  appendSelect,
  type AppendSelectOptions,
} from "./operations/append_select.ts";
import { checkpoint } from "./operations/checkpoint.ts";
import {
  cleanup,
  type CleanupLogOptions,
  type CleanupLogResult,
} from "./operations/cleanup.ts";
import {
  compactLog,
  type CompactLogOptions,
  type CompactLogResult,
} from "./operations/compact_log.ts";
import {
  type CreateOptions,
  createTable,
  existing,
} from "./operations/create.ts";
import { type DeleteOptions, deleteRows } from "./operations/delete.ts";
import { merge, type MergeOptions } from "./operations/merge.ts";
import { optimize, type OptimizeOptions } from "./operations/optimize.ts";
import { overwrite, type OverwriteOptions } from "./operations/overwrite.ts";
import { restore, type RestoreOptions } from "./operations/restore.ts";
import { update, type UpdateOptions } from "./operations/update.ts";
import { vacuum, type VacuumOptions } from "./operations/vacuum.ts";
import {
  checkKnown,
  checkOptions,
  type WriteOptions,
} from "./operations/write_options.ts";
import { refreshSnapshot } from "./snapshot/advance_snapshot.ts";
import { contextFor, loadAt, within } from "./table/reach_table.ts";
import { TableAlter } from "./table/table_alter.ts";
import { TableHandle } from "./table/table_handle.ts";
import {
  CREATE_OPTIONS,
  OPEN_OPTIONS,
  type OpenOptions,
  type SignalOptions,
  type TableOptions,
  timestampMs,
} from "./table/table_options.ts";
import { TableReads } from "./table/table_reads.ts";
import type {
  ChangeReport,
  CheckpointReport,
  OperationCost,
  OptimizeReport,
  RestoreReport,
  VacuumReport,
  WriteReport,
} from "./table/table_reports.ts";
import type { TableSnapshot } from "./table/table_snapshot.ts";

/** Options of {@link DeltaTable.create}. */
export interface CreateTableOptions
  extends TableOptions, Omit<CreateOptions, "rules" | "signal"> {}

const TRANSACTION_OPTIONS: readonly (keyof TransactionOptions)[] = [
  "operation",
  "operationParameters",
  "userMetadata",
  "intent",
  "rules",
  "limits",
  "maintenance",
  "signal",
];

/** A handle on a Delta table. */
export class DeltaTable extends TableReads {
  readonly #handle: TableHandle;
  readonly #options: TableOptions;
  /** Whether the call that gave this handle made or replaced the table. */
  readonly created: boolean;
  /** Changes of the table's definition: columns, constraints, properties, features. */
  readonly alter: TableAlter;

  private constructor(
    handle: TableHandle,
    options: TableOptions,
    created: boolean,
  ) {
    super(handle);
    this.#handle = handle;
    this.#options = options;
    this.created = created;
    this.alter = new TableAlter(async (alter, options) =>
      await handle.run(options, alter)
    );
  }

  /**
   * Opens a table at its newest version, or at another.
   *
   * @param uri `s3://bucket/table`, `file:///folder`, a folder's path, or `memory://name`.
   * @param options Which version; how the store is reached.
   * @throws {DeltaError} `DELTA_TABLE_NOT_FOUND`, `DELTA_VERSION_NOT_FOUND`,
   *   `DELTA_TIMESTAMP_OUT_OF_RANGE`, `DELTA_UNSUPPORTED_FEATURES_FOR_READ`, and
   *   whatever the log or the store has to object.
   */
  static async open(
    uri: string,
    options: OpenOptions = {},
  ): Promise<DeltaTable> {
    checkKnown(options, OPEN_OPTIONS, `Cannot open ${uri}`);
    const time = timestampMs(options);
    return await within(uri, options, async (context) => {
      const snapshot = await loadAt(context, options, time, options.signal);
      const handle = new TableHandle(context, snapshot, options);
      return new DeltaTable(handle, options, false);
    });
  }

  /**
   * Creates a table. Of many that try at once, one wins; in mode `ignore` the
   * others get a handle on the winner's table, in mode `error` they are refused.
   *
   * @param uri Where; as for {@link DeltaTable.open}.
   * @param options Schema, partitioning, properties; what to do when a table is there.
   * @returns A handle; its `created` tells whether this call made the table.
   * @throws {DeltaError} `DELTA_TABLE_ALREADY_EXISTS`, `DELTA_INVALID_SCHEMA`,
   *   `DELTA_UNKNOWN_CONFIGURATION`, `DELTA_COMMIT_UNKNOWN` and so on.
   */
  static async create(
    uri: string,
    options: CreateTableOptions,
  ): Promise<DeltaTable> {
    checkKnown(options, CREATE_OPTIONS, `Cannot create ${uri}`);
    return await within(uri, options, async (context) => {
      const { snapshot, created } = await createTable(context, options);
      const handle = new TableHandle(context, snapshot, options);
      return new DeltaTable(handle, options, created);
    });
  }

  /** Whether there is a table; errors but its absence are thrown. */
  static async exists(
    uri: string,
    options: TableOptions = {},
  ): Promise<boolean> {
    const context = await contextFor(uri, options);
    try {
      return await existing(context, options.signal) !== undefined;
    } finally {
      if (!options.store) await context.close();
    }
  }

  /** Moves the handle to the newest version. */
  async refresh(options: SignalOptions = {}): Promise<TableSnapshot> {
    const what = `Cannot refresh ${this.url}`;
    checkKnown(options, ["signal"], what);
    this.#handle.checkOpen(what);
    const { context, state } = this.#handle;
    const { signal } = options;
    return this.#handle.move(await refreshSnapshot(context, state, { signal }));
  }

  /**
   * Adds rows in one commit, however many batches they come in. The handle
   * moves to the version that it made.
   *
   * @param data Rows, Arrow, or an iterable of either, async or not.
   * @param options At most once per `txn`; grow the schema; and so on.
   * @throws {DeltaError} What is wrong with the data, before anything is committed;
   *   conflicts by name; `DELTA_COMMIT_UNKNOWN` with what `resolve()` needs.
   */
  async append(
    data: TableData,
    options: WriteOptions = {},
  ): Promise<WriteReport> {
    return await this.#handle.write(
      options,
      (context, base, all) => append(context, base, data, all),
    );
  }

  /**
   * Replaces rows in one commit: all of them, those of a predicate, or the
   * partitions that the data has rows of. Whoever changes meanwhile what it
   * replaces makes it a conflict.
   *
   * @param data The new rows, as for {@link DeltaTable.append}.
   * @param options Which rows go; whether the schema becomes the data's; and as for an append.
   */
  async overwrite(
    data: TableData,
    options: OverwriteOptions = {},
  ): Promise<WriteReport> {
    return await this.#handle.write(
      options,
      (context, base, all) => overwrite(context, base, data, all),
    );
  }

  /**
   * Appends rows of the table itself, changed or not: INSERT … SELECT. It reads
   * what it copies, so whoever changes that meanwhile makes it a conflict.
   *
   * @param options Which rows, and new values for columns of the copies.
   */
  async appendSelect(options: AppendSelectOptions = {}): Promise<ChangeReport> {
    return await this.#handle.run(options, appendSelect);
  }

  /**
   * Deletes the rows for which a predicate is true, or all of them.
   *
   * @param options Which rows: a predicate or SQL text.
   * @throws {DeltaError} `DELTA_CANNOT_MODIFY_APPEND_ONLY`; conflicts by name; `DELTA_COMMIT_UNKNOWN`.
   */
  async delete(options: DeleteOptions = {}): Promise<ChangeReport> {
    return await this.#handle.run(options, deleteRows);
  }

  /**
   * Gives columns new values in the rows for which a predicate is true, or in all.
   *
   * @param options The new values, which may be expressions of the row, and which rows.
   * @throws {DeltaError} As {@link DeltaTable.delete}; what is wrong with the values, before anything is committed.
   */
  async update(options: UpdateOptions): Promise<ChangeReport> {
    return await this.#handle.run(options, update);
  }

  /**
   * Merges rows: matching rows are updated or deleted, rows that match none are
   * inserted, rows of the table that nothing matches updated or deleted, as the
   * clauses say. The source is held in memory.
   *
   * @param options The source, when rows match, and what happens then.
   * @throws {DeltaError} `DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE`; else as {@link DeltaTable.update}.
   */
  async merge(options: MergeOptions): Promise<ChangeReport> {
    return await this.#handle.run(options, merge);
  }

  /**
   * Begins a transaction on the version that the handle points at: stage
   * actions, declare what was read, commit. Its result's version is seen by the
   * handle after {@link DeltaTable.refresh}.
   */
  transaction(options: TransactionOptions = {}): Transaction {
    checkKnown(
      options,
      TRANSACTION_OPTIONS,
      `Cannot begin a transaction on ${this.url}`,
    );
    const { context, state } = this.#handle;
    return new Transaction(context, state, this.#handle.complete(options));
  }

  /**
   * Settles a commit whose outcome was `unknown`, for good: finds it, or makes
   * sure that it can never land.
   *
   * @param token The error's `context.token`.
   * @param version The error's `context.attemptedVersion`.
   */
  async resolve(
    token: string,
    version: number,
    options: SignalOptions = {},
  ): Promise<ResolvedCommit> {
    const what = `Cannot resolve a commit of ${this.url}`;
    checkKnown(options, ["signal"], what);
    this.#handle.checkOpen(what);
    return await resolveCommit(this.#handle.context, token, version, {
      signal: options.signal,
      rules: this.#options.rules,
    });
  }

  /**
   * Packs small files together, takes deleted rows out of files, and puts rows
   * in Z-order where asked to. No row changes, and appends meanwhile do not mind.
   *
   * @throws {DeltaError} `DELTA_CONCURRENT_DELETE_READ` and the like where others rewrite the same files.
   */
  async optimize(options: OptimizeOptions = {}): Promise<OptimizeReport> {
    return await this.#handle.run(options, optimize);
  }

  /**
   * Deletes files that no version within the retention needs. Without
   * `dryRun: false` it only tells which.
   *
   * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` for a retention below the table's.
   */
  async vacuum(options: VacuumOptions = {}): Promise<VacuumReport> {
    const { context, state } = this.#opened(options, "vacuum");
    const cost = this.#handle.costs();
    const { snapshot: _, ...report } = await vacuum(context, state, options);
    return { ...report, ...cost() };
  }

  /**
   * Makes the table what it was at another version or time, in a new version.
   *
   * @throws {DeltaError} `DELTA_FILE_NOT_FOUND` naming files that are gone; `DELTA_VERSION_NOT_FOUND`.
   */
  async restore(options: RestoreOptions): Promise<RestoreReport> {
    return await this.#handle.run(options, restore);
  }

  /** Writes a checkpoint of the version that the handle points at. */
  async checkpoint(options: SignalOptions = {}): Promise<CheckpointReport> {
    const handle = this.#opened(options, "checkpoint");
    return await handle.run(
      {},
      (context, base) => checkpoint(context, base, options),
    );
  }

  /** Writes the commits since the newest checkpoint, or of another range, as one file of the log, which readers may use in their place. */
  async compactLog(
    options: CompactLogOptions = {},
  ): Promise<CompactLogResult & OperationCost> {
    const { context, state } = this.#opened(options, "compact the log of");
    const cost = this.#handle.costs();
    const result = await compactLog(context, state, options);
    return { ...result, ...cost() };
  }

  /** Deletes files of the log that no version within `delta.logRetentionDuration` needs. */
  async cleanup(
    options: CleanupLogOptions = {},
  ): Promise<CleanupLogResult & OperationCost> {
    const { context, state } = this.#opened(options, "clean the log of");
    const cost = this.#handle.costs();
    const result = await cleanup(context, state, options);
    return { ...result, ...cost() };
  }

  /**
   * Ends the handle: further calls, also of the snapshots and transactions that
   * it gave, fail with `DELTA_HANDLE_CLOSED`. The store's connections are let
   * go; a store that was handed in stays open.
   */
  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** As {@link DeltaTable.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #opened(options: object, verb: string): TableHandle {
    const what = `Cannot ${verb} ${this.url}`;
    checkOptions(options, what);
    this.#handle.checkOpen(what);
    return this.#handle;
  }
}
