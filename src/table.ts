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

import type * as arrow from "apache-arrow";
import type {
  AddFile,
  CommitInfo,
  Metadata,
  Protocol,
} from "./actions/action.ts";
import { resolveCommit, type ResolvedCommit } from "./commit/resolve_commit.ts";
import { Transaction, type TransactionOptions } from "./commit/transaction.ts";
import type { TableData } from "./data/row_input.ts";
import { DeltaError } from "./errors.ts";
import { append } from "./operations/append.ts";
import {
  appendSelect,
  type AppendSelectOptions,
} from "./operations/append_select.ts";
import { changes, type ChangesOptions } from "./operations/change_data_feed.ts";
import { checkpoint, type CheckpointResult } from "./operations/checkpoint.ts";
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
import {
  optimize,
  type OptimizeOptions,
  type OptimizeResult,
} from "./operations/optimize.ts";
import { overwrite, type OverwriteOptions } from "./operations/overwrite.ts";
import {
  restore,
  type RestoreOptions,
  type RestoreResult,
} from "./operations/restore.ts";
import type { ChangeResult } from "./operations/shared/change_result.ts";
import { update, type UpdateOptions } from "./operations/update.ts";
import {
  vacuum,
  type VacuumOptions,
  type VacuumResult,
} from "./operations/vacuum.ts";
import {
  checkKnown,
  checkOptions,
  type CommitReport,
  type OperationOptions,
  type WriteOptions,
  type WriteResult,
} from "./operations/write_options.ts";
import type { StructType } from "./schema/data_type.ts";
import type { Row } from "./schema/value.ts";
import { refreshSnapshot } from "./snapshot/advance_snapshot.ts";
import type { Snapshot } from "./snapshot/snapshot.ts";
import { history } from "./snapshot/time_travel.ts";
import {
  contextFor,
  type CountedContext,
  loadAt,
  within,
} from "./table/reach_table.ts";
import { TableAlter } from "./table/table_alter.ts";
import {
  COMMON_OPTIONS,
  type FilterOptions,
  type OpenOptions,
  POINT_OPTIONS,
  type PointInTime,
  type ReadOptions,
  type ScanOptions,
  type TableOptions,
  timestampMs,
} from "./table/table_options.ts";
import { stateOf, TableSnapshot } from "./table/table_snapshot.ts";

/** Options of {@link DeltaTable.create}. */
export interface CreateTableOptions
  extends TableOptions, Omit<CreateOptions, "rules" | "signal"> {}

/** What an operation cost. */
export interface OperationCost {
  /** Store calls from the call to its answer, those of maintenance that fell due included; calls of one handle that overlap are counted together. */
  readonly requests: number;
  /** How long it took by the host's clock, in milliseconds. */
  readonly durationMs: number;
}

/** What an append or an overwrite did. */
export type WriteReport = CommitReport & OperationCost;

/** What a delete, an update or a merge did. */
export type ChangeReport = Omit<ChangeResult, "snapshot"> & OperationCost;

/** What an optimize did. */
export type OptimizeReport = Omit<OptimizeResult, "snapshot"> & OperationCost;

/** What a restore did. */
export type RestoreReport = Omit<RestoreResult, "snapshot"> & OperationCost;

/** What a vacuum did. */
export type VacuumReport = Omit<VacuumResult, "snapshot"> & OperationCost;

/** What was written as a checkpoint. */
export type CheckpointReport =
  & Omit<CheckpointResult, "snapshot">
  & OperationCost;

/** One commit of a table's history: its provenance, and which version it is. */
export interface TableCommit extends CommitInfo {
  /** The version that it made. */
  readonly version: number;
  /** When, in milliseconds since the epoch: the time that time travel goes by. */
  readonly timestamp: number;
}

/** Options of {@link DeltaTable.history}. */
export interface HistoryOptions {
  /** How many commits at most, the newest ones; all by default. */
  readonly limit?: number | undefined;
  /** Cancels the reading. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a call that may be cancelled. */
export interface SignalOptions {
  /** Cancels the call. */
  readonly signal?: AbortSignal | undefined;
}

const TABLE_OPTIONS: readonly (keyof TableOptions)[] = [
  "storage",
  "signal",
  "host",
  "store",
  "rules",
  "onWarning",
];
const OPEN_OPTIONS: readonly string[] = [
  ...TABLE_OPTIONS,
  "version",
  "timestamp",
];
const CREATE_OPTIONS: readonly string[] = [
  ...TABLE_OPTIONS,
  "schema",
  "partitionBy",
  "properties",
  "mode",
  "name",
  "description",
  "userMetadata",
  "data",
  "targetFileSize",
];
const CHANGES_OPTIONS: readonly (keyof ChangesOptions)[] = [
  ...COMMON_OPTIONS,
  "from",
  "fromTimestamp",
  "to",
  "toTimestamp",
];
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

/** What a handle stands on. */
interface Handle {
  readonly context: CountedContext;
  readonly snapshot: Snapshot;
  readonly options: TableOptions;
  readonly created: boolean;
}

/** A handle on a Delta table. */
export class DeltaTable {
  readonly #context: CountedContext;
  readonly #options: TableOptions;
  #snapshot: TableSnapshot;
  /** Whether the call that gave this handle made or replaced the table. */
  readonly created: boolean;
  /** Changes of the table's definition: columns, constraints, properties, features. */
  readonly alter: TableAlter;

  private constructor(handle: Handle) {
    this.#context = handle.context;
    this.#options = handle.options;
    this.#snapshot = new TableSnapshot(handle.context, handle.snapshot);
    this.created = handle.created;
    this.alter = new TableAlter(async (alter, options) =>
      await this.#moved(() =>
        alter(this.#context, this.#state, this.#with(options))
      )
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
      return new DeltaTable({ context, snapshot, options, created: false });
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
      return new DeltaTable({ context, snapshot, options, created });
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

  /** Where the table is. */
  get url(): string {
    return this.#context.url;
  }

  /** The version that the handle points at. */
  get snapshot(): TableSnapshot {
    return this.#snapshot;
  }

  /** The version's number. */
  get version(): number {
    return this.#snapshot.version;
  }

  /** The columns. */
  get schema(): StructType {
    return this.#snapshot.schema;
  }

  /** The metadata. */
  get metadata(): Metadata {
    return this.#snapshot.metadata;
  }

  /** What a reader and a writer must know. */
  get protocol(): Protocol {
    return this.#snapshot.protocol;
  }

  /**
   * Another version of the table, by number or by time; the handle stays where it is.
   *
   * @throws {DeltaError} `DELTA_VERSION_NOT_FOUND` or `DELTA_TIMESTAMP_OUT_OF_RANGE`, with what there is.
   */
  async at(
    point: PointInTime,
    options: SignalOptions = {},
  ): Promise<TableSnapshot> {
    const what = `Cannot find a version of ${this.url}`;
    checkKnown(point, POINT_OPTIONS, what);
    checkKnown(options, ["signal"], what);
    const time = timestampMs(point);
    const snapshot = await loadAt(this.#context, point, time, options.signal);
    return new TableSnapshot(this.#context, snapshot);
  }

  /** Moves the handle to the newest version. */
  async refresh(options: SignalOptions = {}): Promise<TableSnapshot> {
    checkKnown(options, ["signal"], `Cannot refresh ${this.url}`);
    const base = this.#state;
    const snapshot = await refreshSnapshot(this.#context, base, {
      signal: options.signal,
    });
    return this.#move(snapshot);
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
    return await this.#after(() =>
      append(
        this.#context,
        this.#state,
        data,
        this.#with(options),
      )
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
    return await this.#after(() =>
      overwrite(
        this.#context,
        this.#state,
        data,
        this.#with(options),
      )
    );
  }

  /**
   * Appends rows of the table itself, changed or not: INSERT … SELECT. It reads
   * what it copies, so whoever changes that meanwhile makes it a conflict.
   *
   * @param options Which rows, and new values for columns of the copies.
   */
  async appendSelect(options: AppendSelectOptions = {}): Promise<ChangeReport> {
    return await this.#moved(() =>
      appendSelect(this.#context, this.#state, this.#with(options))
    );
  }

  /**
   * Deletes the rows for which a predicate is true, or all of them.
   *
   * @param options Which rows: a predicate or SQL text.
   * @throws {DeltaError} `DELTA_CANNOT_MODIFY_APPEND_ONLY`; conflicts by name; `DELTA_COMMIT_UNKNOWN`.
   */
  async delete(options: DeleteOptions = {}): Promise<ChangeReport> {
    return await this.#moved(() =>
      deleteRows(this.#context, this.#state, this.#with(options))
    );
  }

  /**
   * Gives columns new values in the rows for which a predicate is true, or in all.
   *
   * @param options The new values, which may be expressions of the row, and which rows.
   * @throws {DeltaError} As {@link DeltaTable.delete}; what is wrong with the values, before anything is committed.
   */
  async update(options: UpdateOptions): Promise<ChangeReport> {
    return await this.#moved(() =>
      update(this.#context, this.#state, this.#with(options))
    );
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
    return await this.#moved(() =>
      merge(this.#context, this.#state, this.#with(options))
    );
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
    return new Transaction(
      this.#context,
      this.#state,
      this.#with(options),
    );
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
    checkKnown(options, ["signal"], `Cannot resolve a commit of ${this.url}`);
    return await resolveCommit(this.#context, token, version, {
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
    return await this.#moved(() =>
      optimize(this.#context, this.#state, this.#with(options))
    );
  }

  /**
   * Deletes files that no version within the retention needs. Without
   * `dryRun: false` it only tells which.
   *
   * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` for a retention below the table's.
   */
  async vacuum(options: VacuumOptions = {}): Promise<VacuumReport> {
    checkOptions(options, `Cannot vacuum ${this.url}`);
    const cost = this.#costs();
    const { snapshot: _, ...report } = await vacuum(
      this.#context,
      this.#state,
      options,
    );
    return { ...report, ...cost() };
  }

  /**
   * Makes the table what it was at another version or time, in a new version.
   *
   * @throws {DeltaError} `DELTA_FILE_NOT_FOUND` naming files that are gone; `DELTA_VERSION_NOT_FOUND`.
   */
  async restore(options: RestoreOptions): Promise<RestoreReport> {
    return await this.#moved(() =>
      restore(this.#context, this.#state, this.#with(options))
    );
  }

  /** Writes a checkpoint of the version that the handle points at. */
  async checkpoint(options: SignalOptions = {}): Promise<CheckpointReport> {
    checkOptions(options, `Cannot checkpoint ${this.url}`);
    return await this.#moved(() =>
      checkpoint(this.#context, this.#state, options)
    );
  }

  /** Writes the commits since the newest checkpoint, or of another range, as one file of the log, which readers may use in their place. */
  async compactLog(options: CompactLogOptions = {}): Promise<CompactLogResult> {
    checkOptions(options, `Cannot compact the log of ${this.url}`);
    return await compactLog(this.#context, this.#state, options);
  }

  /** Deletes files of the log that no version within `delta.logRetentionDuration` needs. */
  async cleanup(options: CleanupLogOptions = {}): Promise<CleanupLogResult> {
    checkOptions(options, `Cannot clean the log of ${this.url}`);
    return await cleanup(this.#context, this.#state, options);
  }

  /** The commits that the log still has, newest first. */
  async *history(options: HistoryOptions = {}): AsyncGenerator<TableCommit> {
    const what = `Cannot read the history of ${this.url}`;
    checkKnown(options, ["limit", "signal"], what);
    checkLimit(options.limit, what);
    for await (const entry of history(this.#context, options)) {
      const { version, timestamp, commitInfo } = entry;
      yield { ...commitInfo, version, timestamp };
    }
  }

  /** Reads the rows as Arrow batches; see {@link TableSnapshot.scan}. */
  scan(options: ScanOptions = {}): AsyncGenerator<arrow.RecordBatch> {
    return this.#snapshot.scan(options);
  }

  /** Reads the rows as objects; see {@link TableSnapshot.rows}. */
  rows(options: ScanOptions = {}): AsyncGenerator<Row> {
    return this.#snapshot.rows(options);
  }

  /** Reads the rows as one Arrow table. */
  async toArrow(options: ReadOptions = {}): Promise<arrow.Table> {
    return await this.#snapshot.toArrow(options);
  }

  /** Counts the rows. */
  async count(options: FilterOptions = {}): Promise<number> {
    return await this.#snapshot.count(options);
  }

  /** The data files; see {@link TableSnapshot.files}. */
  files(options: FilterOptions = {}): AsyncGenerator<AddFile> {
    return this.#snapshot.files(options);
  }

  /**
   * Reads the change data feed: the rows that came, went and changed from one
   * version to another, in the columns of the last one, then `_change_type`
   * (`insert`, `delete`, `update_preimage`, `update_postimage`),
   * `_commit_version` and `_commit_timestamp`. The range ends, where nothing is
   * said, at the version that the handle points at.
   *
   * @param options From which version or time to which, both included; columns and rows wanted.
   * @throws {DeltaError} `DELTA_MISSING_CHANGE_DATA` where the feed was off in a part of the
   *   range, `DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE`, `DELTA_VERSION_NOT_FOUND`,
   *   `DELTA_TIMESTAMP_OUT_OF_RANGE`.
   */
  changes(options: ChangesOptions): AsyncGenerator<arrow.RecordBatch> {
    const what = `Cannot read the changes of ${this.url}`;
    checkKnown(options, CHANGES_OPTIONS, what);
    return changes(this.#context, this.#state, options);
  }

  /** Lets go of the store's connections; a store that was handed in stays open. */
  async close(): Promise<void> {
    if (!this.#options.store) await this.#context.close();
  }

  /** As {@link DeltaTable.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #state(): Snapshot {
    return stateOf(this.#snapshot);
  }

  #with<Options extends OperationOptions>(options: Options): Options {
    checkOptions(options, `Cannot write to ${this.url}`);
    return { ...options, rules: options.rules ?? this.#options.rules };
  }

  async #moved<Result extends { readonly snapshot: Snapshot }>(
    run: () => Promise<Result>,
  ): Promise<Omit<Result, "snapshot"> & OperationCost> {
    const cost = this.#costs();
    const { snapshot, ...report } = await run();
    this.#move(snapshot);
    return { ...report, ...cost() };
  }

  async #after(run: () => Promise<WriteResult>): Promise<WriteReport> {
    const cost = this.#costs();
    const { report, snapshot } = await run();
    this.#move(snapshot);
    return { ...report, ...cost() };
  }

  #costs(): () => OperationCost {
    const { store, host } = this.#context;
    const [requests, startedAt] = [store.requests, host.now()];
    return () => ({
      requests: store.requests - requests,
      durationMs: Math.max(0, host.now() - startedAt),
    });
  }

  /** Calls of one handle may overlap: it never goes back. */
  #move(snapshot: Snapshot): TableSnapshot {
    if (snapshot.version >= this.#snapshot.version) {
      this.#snapshot = new TableSnapshot(this.#context, snapshot);
    }
    return this.#snapshot;
  }
}

function checkLimit(limit: number | undefined, what: string): void {
  if (limit === undefined || (Number.isSafeInteger(limit) && limit >= 0)) {
    return;
  }
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what,
    why: `limit is ${limit}, not a number of commits`,
    fix: "Leave limit out, or give a whole number from 0",
  });
}
