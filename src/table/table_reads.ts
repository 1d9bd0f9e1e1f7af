/**
 * What of a table is read through its handle: the version that it points at,
 * other versions, the history and the change data feed.
 *
 * @module
 */

import type * as arrow from "apache-arrow";
import type { AddFile, Metadata, Protocol } from "../actions/action.ts";
import { DeltaError } from "../errors.ts";
import {
  changes,
  type ChangesOptions,
} from "../operations/change_data_feed.ts";
import { checkKnown } from "../operations/write_options.ts";
import type { StructType } from "../schema/data_type.ts";
import type { Row } from "../schema/value.ts";
import { history } from "../snapshot/time_travel.ts";
import { loadAt } from "./reach_table.ts";
import type { TableHandle } from "./table_handle.ts";
import {
  COMMON_OPTIONS,
  type FilterOptions,
  POINT_OPTIONS,
  type PointInTime,
  type ReadOptions,
  type ScanOptions,
  type SignalOptions,
  timestampMs,
} from "./table_options.ts";
import type { TableCommit } from "./table_reports.ts";
import { TableSnapshot } from "./table_snapshot.ts";

/** Options of {@link TableReads.history}. */
export interface HistoryOptions {
  /** How many commits at most, the newest ones; all by default. */
  readonly limit?: number | undefined;
  /** Cancels the reading. */
  readonly signal?: AbortSignal | undefined;
}

const CHANGES_OPTIONS: readonly (keyof ChangesOptions)[] = [
  ...COMMON_OPTIONS,
  "from",
  "fromTimestamp",
  "to",
  "toTimestamp",
];

/** What of a table is read: the half of `DeltaTable` that changes nothing. */
export abstract class TableReads {
  readonly #handle: TableHandle;

  /**
   * Made by the table.
   *
   * @param handle What it stands on.
   */
  constructor(handle: TableHandle) {
    this.#handle = handle;
  }

  /** Where the table is. */
  get url(): string {
    return this.#handle.context.url;
  }

  /** The version that the handle points at. */
  get snapshot(): TableSnapshot {
    return this.#handle.snapshot;
  }

  /** The version's number. */
  get version(): number {
    return this.#handle.snapshot.version;
  }

  /** The columns. */
  get schema(): StructType {
    return this.#handle.snapshot.schema;
  }

  /** The metadata. */
  get metadata(): Metadata {
    return this.#handle.snapshot.metadata;
  }

  /** What a reader and a writer must know. */
  get protocol(): Protocol {
    return this.#handle.snapshot.protocol;
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
    const { context } = this.#handle;
    context.checkOpen?.(what);
    const snapshot = await loadAt(context, point, time, options.signal);
    return new TableSnapshot(context, snapshot);
  }

  /** The commits that the log still has, newest first. */
  async *history(options: HistoryOptions = {}): AsyncGenerator<TableCommit> {
    const what = `Cannot read the history of ${this.url}`;
    checkKnown(options, ["limit", "signal"], what);
    checkLimit(options.limit, what);
    const { context } = this.#handle;
    context.checkOpen?.(what);
    for await (const entry of history(context, options)) {
      const { version, timestamp, commitInfo } = entry;
      yield { ...commitInfo, version, timestamp };
    }
  }

  /** Reads the rows as Arrow batches; see {@link TableSnapshot.scan}. */
  scan(options: ScanOptions = {}): AsyncGenerator<arrow.RecordBatch> {
    return this.#handle.snapshot.scan(options);
  }

  /** Reads the rows as objects; see {@link TableSnapshot.rows}. */
  rows(options: ScanOptions = {}): AsyncGenerator<Row> {
    return this.#handle.snapshot.rows(options);
  }

  /** Reads the rows as one Arrow table. */
  async toArrow(options: ReadOptions = {}): Promise<arrow.Table> {
    return await this.#handle.snapshot.toArrow(options);
  }

  /** Counts the rows. */
  async count(options: FilterOptions = {}): Promise<number> {
    return await this.#handle.snapshot.count(options);
  }

  /** The data files; see {@link TableSnapshot.files}. */
  files(options: FilterOptions = {}): AsyncGenerator<AddFile> {
    return this.#handle.snapshot.files(options);
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
    const { context, state } = this.#handle;
    context.checkOpen?.(what);
    return changes(context, state, options);
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
