/**
 * One version of a table, as callers see it: it never changes, whatever is
 * committed later.
 *
 * @module
 */

import * as arrow from "apache-arrow";
import type {
  AddFile,
  DomainMetadata,
  Metadata,
  Protocol,
} from "../actions/action.ts";
import { bindPredicate } from "../expression/bind.ts";
import type { Predicate } from "../expression/predicate.ts";
import { toPredicate } from "../expression/predicate_input.ts";
import { listLog } from "../log/log_listing.ts";
import { checkKnown } from "../operations/write_options.ts";
import { toArrowSchema } from "../parquet/arrow_schema.ts";
import { columnReader, setOwn } from "../parquet/arrow_values.ts";
import { count } from "../scan/count.ts";
import { planScan, schemaOfScan } from "../scan/plan_scan.ts";
import { scan } from "../scan/read_scan.ts";
import type { StructType } from "../schema/data_type.ts";
import type { Row, Value } from "../schema/value.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { commitTimestamps } from "../snapshot/time_travel.ts";
import type { TableContext } from "../store/table_context.ts";
import {
  FILTER_OPTIONS,
  type FilterOptions,
  type ReadOptions,
  SCAN_OPTIONS,
  type ScanOptions,
} from "./table_options.ts";

let read: (snapshot: TableSnapshot) => Snapshot;

/** The state beneath a snapshot, for the table's own operations. */
export function stateOf(snapshot: TableSnapshot): Snapshot {
  return read(snapshot);
}

/** One version of a table. Get one from `DeltaTable`. */
export class TableSnapshot {
  static {
    read = (snapshot) => snapshot.#snapshot;
  }

  readonly #context: TableContext;
  readonly #snapshot: Snapshot;

  /**
   * Wraps a snapshot; `table.snapshot` and `table.at()` hand them out.
   *
   * @param context The table.
   * @param snapshot The version.
   */
  constructor(context: TableContext, snapshot: Snapshot) {
    this.#context = context;
    this.#snapshot = snapshot;
  }

  /** The version. */
  get version(): number {
    return this.#snapshot.version;
  }

  /** The columns. */
  get schema(): StructType {
    return this.#snapshot.schema;
  }

  /** The metadata: id, name, partition columns, properties, the schema as JSON. */
  get metadata(): Metadata {
    return this.#snapshot.metadata;
  }

  /** What a reader and a writer of the version must know. */
  get protocol(): Protocol {
    return this.#snapshot.protocol;
  }

  /** The columns that the table is partitioned by. */
  get partitionColumns(): readonly string[] {
    return this.#snapshot.metadata.partitionColumns;
  }

  /** The newest version that each application recorded with its writes. */
  get appTransactions(): ReadonlyMap<string, number> {
    return new Map(
      [...this.#snapshot.transactions].map(([app, txn]) => [app, txn.version]),
    );
  }

  /** Metadata domains and their configuration. */
  get domains(): ReadonlyMap<string, DomainMetadata> {
    return this.#snapshot.domains;
  }

  /** When the version was committed, in milliseconds since the epoch; `undefined` where its commit file is gone. */
  async timestamp(
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<number | undefined> {
    this.#context.checkOpen?.(`Cannot read ${this.#context.url}`);
    const { version, inCommitTimestamp } = this.#snapshot;
    if (inCommitTimestamp !== undefined) return inCommitTimestamp;
    const { signal } = options;
    const log = await listLog(this.#context, signal ? { signal } : {});
    return commitTimestamps(log.commits)
      .find((commit) => commit.version === version)?.timestamp;
  }

  /**
   * Reads the rows as Arrow batches, one file after another, in bounded memory.
   *
   * @param options Columns and rows wanted.
   * @throws {DeltaError} `DELTA_COLUMN_NOT_FOUND`; `DELTA_FILE_NOT_FOUND`,
   *   `DELTA_DATA_FILE_CORRUPT` and the like, naming the file.
   */
  scan(options: ScanOptions = {}): AsyncGenerator<arrow.RecordBatch> {
    this.#check(options, SCAN_OPTIONS);
    return scan(this.#context, this.#snapshot, {
      ...options,
      where: predicateOf(options),
    });
  }

  /** Reads the rows as one Arrow table. */
  async toArrow(options: ReadOptions = {}): Promise<arrow.Table> {
    this.#check(options, SCAN_OPTIONS);
    const schema = toArrowSchema(this.#schemaOf(options));
    const batches: arrow.RecordBatch[] = [];
    for await (const batch of this.scan(options)) batches.push(batch);
    return new arrow.Table(schema, batches);
  }

  /**
   * Reads the rows as objects, one after another; their values are the exact
   * ones of `value.ts`.
   *
   * @param options Columns and rows wanted.
   * @throws {DeltaError} As {@link TableSnapshot.scan}.
   */
  async *rows(options: ScanOptions = {}): AsyncGenerator<Row> {
    this.#check(options, SCAN_OPTIONS);
    const columns = this.#schemaOf(options);
    for await (const batch of this.scan(options)) {
      yield* rowsOfBatch(batch, columns);
    }
  }

  /** Counts rows: from statistics where they are exact, by reading where they are not. */
  async count(options: FilterOptions = {}): Promise<number> {
    this.#check(options, FILTER_OPTIONS);
    return await count(this.#context, this.#snapshot, {
      ...options,
      where: predicateOf(options),
    });
  }

  /** The data files, one object at a time; with `where`, those that may hold a wanted row. */
  async *files(options: FilterOptions = {}): AsyncGenerator<AddFile> {
    this.#check(options, FILTER_OPTIONS);
    const where = predicateOf(options);
    const wanted = where && bindPredicate(where, this.schema);
    const files = await this.#snapshot.files(options.signal);
    yield* planScan(files, this.#snapshot, wanted);
  }

  #schemaOf({ columns, rowIds }: ReadOptions): StructType {
    return schemaOfScan(this.schema, columns, rowIds);
  }

  #check(options: object, known: readonly string[]): void {
    const what = `Cannot read ${this.#context.url}`;
    checkKnown(options, known, what);
    this.#context.checkOpen?.(what);
  }
}

function predicateOf({ where }: FilterOptions): Predicate | undefined {
  return where === undefined ? undefined : toPredicate(where);
}

/** Rows of a batch in canonical Arrow types, as objects by column name. */
export function* rowsOfBatch(
  batch: arrow.RecordBatch,
  columns: StructType,
): Generator<Row> {
  const readers = columns.fields.map((field, i) => ({
    name: field.name,
    read: columnReader(batch.data.children[i]!, field.type),
  }));
  for (let at = 0; at < batch.numRows; at++) {
    const row: Record<string, Value> = {};
    for (const { name, read } of readers) setOwn(row, name, read(at));
    yield row;
  }
}
