/**
 * The change data feed: the rows that came, went and changed between two
 * versions, each with what became of it, in which version and when.
 *
 * Source: Delta protocol, "Add CDC File" and "Change Data Files".
 *
 * @module
 */

import type * as arrow from "apache-arrow";
import { loadDeletionVector } from "../data/deletion_vector.ts";
import type { DeletedRows } from "../data/deletion_vector.ts";
import { fileMatcher } from "../data/data_skipping.ts";
import { openDataFile } from "../data/open_data_file.ts";
import {
  readFileRows,
  readOpenFile,
  type ReadTable,
} from "../data/read_data_file.ts";
import { DeltaError, throwIfAborted } from "../errors.ts";
import { bindPredicate, type BoundPredicate } from "../expression/bind.ts";
import {
  type PredicateInput,
  toPredicate,
} from "../expression/predicate_input.ts";
import { toArrowSchema } from "../parquet/arrow_schema.ts";
import { buildColumn } from "../parquet/build_column.ts";
import { batchOf } from "../parquet/column_data.ts";
import { takeRows } from "../parquet/take_rows.ts";
import { columnsToScan } from "../scan/plan_scan.ts";
import { columnMappingMode, physicalName } from "../schema/column_mapping.ts";
import type { DataType, StructField, StructType } from "../schema/data_type.ts";
import { foldCase } from "../schema/schema_path.ts";
import type { Value } from "../schema/value.ts";
import { loadSnapshot } from "../snapshot/load_snapshot.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";
import { type ChangeBounds, versionsOf } from "./change_bounds.ts";
import { checkPartitionValues } from "./check_partition_values.ts";
import {
  type ChangeSource,
  readChangeRange,
  type VersionChanges,
} from "./change_range.ts";

/** What to read of the change data feed. */
export interface ChangesOptions extends ChangeBounds {
  /** Top-level columns of the table, in the order wanted; all by default. The columns of the feed come behind them. */
  readonly columns?: readonly string[] | undefined;
  /** Only rows for which it is true, as a predicate or SQL text; it sees the table's columns. */
  readonly where?: PredicateInput | undefined;
  /** Rows of a batch at most; 65,536 by default. */
  readonly batchRows?: number | undefined;
  /** Cancels the reading. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of a row; `update_preimage` and `update_postimage` are it before and after. */
export const CHANGE_TYPE = "_change_type";
/** The version that it happened in. */
export const COMMIT_VERSION = "_commit_version";
/** The version's time. */
export const COMMIT_TIMESTAMP = "_commit_timestamp";

const field = (name: string, type: DataType): StructField => ({
  name,
  type,
  nullable: true,
  metadata: {},
});

const TYPE_FIELD = field(CHANGE_TYPE, { kind: "string" });

/** The columns of the feed, behind the table's. */
export const CHANGE_FIELDS: readonly StructField[] = [
  TYPE_FIELD,
  field(COMMIT_VERSION, { kind: "long" }),
  field(COMMIT_TIMESTAMP, { kind: "timestamp" }),
];

/** The schema of the feed. */
export function changesSchema(
  table: StructType,
  columns?: readonly string[],
): StructType {
  const { fields } = columnsToScan(table, columns);
  return { kind: "struct", fields: [...fields, ...CHANGE_FIELDS] };
}

/** A range of versions whose changes can be read, and the table as it is at its end. */
export interface OpenChanges {
  /** The columns of the batches: the table's at the end of the range, then the feed's. */
  readonly schema: StructType;
  /** Reads the changed rows, oldest version first; in one version in no order. */
  batches(): AsyncGenerator<arrow.RecordBatch>;
}

/**
 * Finds what tells the changes from one version to another. The feed must have
 * been on in all of them, from the first one's own commit on, and every schema
 * of the range must be readable as the last one: columns may have been added
 * and types widened.
 *
 * @param context The table.
 * @param snapshot The version that is the end where none is given.
 * @throws {DeltaError} `DELTA_MISSING_CHANGE_DATA`,
 *   `DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE`, `DELTA_VERSION_NOT_FOUND`,
 *   `DELTA_TIMESTAMP_OUT_OF_RANGE`, `DELTA_COLUMN_NOT_FOUND`, `DELTA_INVALID_ARGUMENT`.
 */
export async function openChanges(
  context: TableContext,
  snapshot: Snapshot,
  options: ChangesOptions,
): Promise<OpenChanges> {
  const { signal } = options;
  const { from, to: end } = await versionsOf(
    context,
    snapshot.version,
    options,
    signal,
  );
  const to = end === snapshot.version
    ? snapshot
    : await loadSnapshot(context, { version: end, signal });
  checkNames(context, to.schema);
  const columns = columnsToScan(to.schema, options.columns);
  const { where } = options;
  const predicate = where === undefined
    ? undefined
    : bindPredicate(toPredicate(where), to.schema);
  const versions = from > end
    ? []
    : await readChangeRange(context, { from, to }, signal);
  const reader: Reader = { context, to, columns, predicate, options };
  return {
    schema: changesSchema(to.schema, options.columns),
    batches: () => readVersions(reader, versions),
  };
}

/**
 * Reads the changed rows from one version to another, both included.
 *
 * @throws {DeltaError} As {@link openChanges}, before the first batch; then as a scan,
 *   and `DELTA_UNSUPPORTED_TYPE_CHANGE` where rows are too wide for the last schema.
 */
export async function* changes(
  context: TableContext,
  snapshot: Snapshot,
  options: ChangesOptions,
): AsyncGenerator<arrow.RecordBatch> {
  context.checkOpen?.(`Cannot read the changes of ${context.url}`);
  yield* (await openChanges(context, snapshot, options)).batches();
}

/** Everything that reading needs but the files. */
interface Reader {
  readonly context: TableContext;
  readonly to: Snapshot;
  readonly columns: StructType;
  readonly predicate: BoundPredicate | undefined;
  readonly options: ChangesOptions;
}

async function* readVersions(
  reader: Reader,
  versions: readonly VersionChanges[],
): AsyncGenerator<arrow.RecordBatch> {
  const mayMatch = reader.predicate && fileMatcher(reader.predicate, reader.to);
  for (const { version, timestamp, sources } of versions) {
    const known: readonly Value[] = [
      BigInt(version),
      BigInt(timestamp) * 1000n,
    ];
    for (const source of sources) {
      const { signal } = reader.options;
      throwIfAborted(signal, `Reading the changes of ${reader.context.url}`);
      const table = tableOf(reader, source);
      checkPartitionValues(reader.context, table, source.file);
      if (mayMatch && !mayMatch(source.file)) continue;
      for await (const { batch, change } of readSource(reader, source, table)) {
        yield withConstants(reader, batch, [
          ...(change === undefined ? [] : [change]),
          ...known,
        ]);
      }
    }
  }
}

/** Rows of one kind of change; where they say themselves, it is their last column. */
interface ChangedRows {
  readonly batch: arrow.RecordBatch;
  readonly change: string | undefined;
}

async function* readSource(
  reader: Reader,
  source: ChangeSource,
  table: ReadTable,
): AsyncGenerator<ChangedRows> {
  if (source.kind === "vectors") {
    return yield* readVectors(reader, source, table);
  }
  const { context, predicate, options: { batchRows, signal } } = reader;
  const change = source.kind === "recorded" ? undefined : source.kind;
  const columns = change ? reader.columns : withType(reader.columns);
  const open = await openDataFile(context, source.file, { signal });
  const rows = readOpenFile(open, table, {
    columns,
    predicate,
    batchRows,
    signal,
  });
  for await (const batch of rows) yield { batch, change };
}

/** The rows that one vector deletes and the other does not. */
async function* readVectors(
  reader: Reader,
  source: ChangeSource & { readonly kind: "vectors" },
  table: ReadTable,
): AsyncGenerator<ChangedRows> {
  const { context, columns, predicate } = reader;
  const { batchRows, signal } = reader.options;
  const load = (vector: typeof source.before) =>
    vector && loadDeletionVector(context, vector, { signal });
  const [open, before, after] = await Promise.all([
    openDataFile(context, source.file, { signal }),
    load(source.before),
    load(source.after),
  ]);
  const parts = readFileRows(open, table, {
    columns,
    predicate,
    batchRows,
    signal,
  });
  for await (const { batch, firstRow, rows } of parts) {
    const pick = (inside?: DeletedRows, outside?: DeletedRows) =>
      rowsWhere(
        rows,
        batch.numRows,
        (row) =>
          inside?.has(firstRow + row) === true &&
          outside?.has(firstRow + row) !== true,
      );
    const deleted = pick(after, before);
    const inserted = pick(before, after);
    if (deleted.length > 0) {
      yield { batch: takeRows(batch, deleted), change: "delete" };
    }
    if (inserted.length > 0) {
      yield { batch: takeRows(batch, inserted), change: "insert" };
    }
  }
}

function rowsWhere(
  rows: Uint32Array | undefined,
  count: number,
  wanted: (row: number) => boolean,
): Uint32Array {
  const found = new Uint32Array(rows?.length ?? count);
  let length = 0;
  for (let i = 0; i < found.length; i++) {
    const row = rows ? rows[i]! : i;
    if (wanted(row)) found[length++] = row;
  }
  return found.subarray(0, length);
}

/** The table as one file has it: partitioned by what the file says, whatever the table is by now. */
function tableOf({ to }: Reader, { file, kind }: ChangeSource): ReadTable {
  const mode = columnMappingMode(to.metadata.configuration);
  const partitionColumns = to.schema.fields
    .filter((field) =>
      Object.hasOwn(
        file.partitionValues,
        mode === "none" ? field.name : physicalName(field),
      )
    )
    .map((field) => field.name);
  return {
    schema: kind === "recorded" ? withType(to.schema) : to.schema,
    metadata: { ...to.metadata, partitionColumns },
  };
}

function withType({ fields }: StructType): StructType {
  return { kind: "struct", fields: [...fields, TYPE_FIELD] };
}

/** A batch with the columns that are the same in all its rows behind it. */
function withConstants(
  { columns }: Reader,
  batch: arrow.RecordBatch,
  values: readonly Value[],
): arrow.RecordBatch {
  const behind = CHANGE_FIELDS.slice(-values.length);
  const schema = toArrowSchema({
    kind: "struct",
    fields: [...columns.fields, ...CHANGE_FIELDS],
  });
  const constants = behind.map(({ type }, i) =>
    buildColumn(type, new Array(batch.numRows).fill(values[i]))
  );
  return batchOf(schema, [...batch.data.children, ...constants], batch.numRows);
}

/** A table may not use the names of the feed's columns while it has a feed. */
function checkNames(context: TableContext, schema: StructType): void {
  const names = CHANGE_FIELDS.map((field) => foldCase(field.name));
  const taken = schema.fields.find((f) => names.includes(foldCase(f.name)));
  if (!taken) return;
  throw new DeltaError("DELTA_UNSUPPORTED_OPERATION", {
    what: `Cannot read the changes of ${context.url}`,
    why: `its column ${taken.name} has the name of a column of the feed`,
    fix: "Rename the column",
    context: { table: context.url, column: taken.name },
  });
}
