/**
 * A scan: the plan's files one after another, as batches, in bounded memory.
 *
 * @module
 */

import type * as arrow from "apache-arrow";
import type { AddFile } from "../actions/action.ts";
import { type OpenDataFile, openDataFile } from "../data/open_data_file.ts";
import { partitionRows, readOpenFile } from "../data/read_data_file.ts";
import { checkTypeChanges } from "../data/type_widening.ts";
import { throwIfAborted } from "../errors.ts";
import { bindPredicate } from "../expression/bind.ts";
import type { Predicate } from "../expression/predicate.ts";
import { toArrowSchema } from "../parquet/arrow_schema.ts";
import { batchOf } from "../parquet/column_data.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";
import {
  columnsToScan,
  countByStatistics,
  isPartitionOnly,
  planScan,
  schemaOfScan,
  trackingToScan,
} from "./plan_scan.ts";

/** What to scan. */
export interface ScanOptions {
  /** Top-level columns, in the order wanted; all by default. */
  readonly columns?: readonly string[] | undefined;
  /** Only rows for which it is true; all by default. */
  readonly where?: Predicate | undefined;
  /** Adds each row's id and commit version as the last two columns, `_row_id` and `_row_commit_version`. */
  readonly rowIds?: boolean | undefined;
  /** Rows of a batch at most; 65,536 by default. */
  readonly batchRows?: number | undefined;
  /** Cancels the scan between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/** How many files are opened ahead of the one that is read. */
const OPENED_AHEAD = 3;

/**
 * Reads the rows of a snapshot. Files are read one at a time, in the order of
 * the snapshot's file set; only footers and deletion vectors are fetched ahead.
 *
 * @param context Where the table is.
 * @param snapshot The version to read.
 * @returns Logical batches in canonical Arrow types, none of them empty.
 * @throws {DeltaError} `DELTA_COLUMN_NOT_FOUND`, `DELTA_UNSUPPORTED_TYPE_CHANGE`,
 * `DELTA_UNSUPPORTED_OPERATION` for row ids that a table does not keep,
 * `DELTA_ABORTED`; `DELTA_FILE_NOT_FOUND`, `DELTA_DATA_FILE_CORRUPT` and
 * `DELTA_DELETION_VECTOR_CORRUPT`, each naming the file.
 */
export async function* scan(
  context: TableContext,
  snapshot: Snapshot,
  options: ScanOptions = {},
): AsyncGenerator<arrow.RecordBatch> {
  const { batchRows, rowIds, signal, where } = options;
  const { schema } = snapshot;
  const columns = columnsToScan(schema, options.columns);
  const tracking = rowIds ? trackingToScan(snapshot) : undefined;
  const wanted = where && bindPredicate(where, schema);
  checkTypeChanges(schema);
  // A table that was never given a schema has no row that could be shown.
  if (schema.fields.length === 0) return;
  const files = planScan(await snapshot.files(signal), snapshot, wanted);
  // Where partitions decide, the plan has decided: the rows need no look.
  const predicate = wanted && isPartitionOnly(wanted, snapshot.metadata)
    ? undefined
    : wanted;
  const partition = new Set(snapshot.metadata.partitionColumns);
  const needsFile = predicate !== undefined || tracking !== undefined ||
    columns.fields.some((field) => !partition.has(field.name));
  const opened = openedAhead(context, files, needsFile, signal);
  const read = { columns, predicate, tracking, batchRows, signal };
  const shown = toArrowSchema(schemaOfScan(schema, options.columns, rowIds));
  for await (const { add, rows, open } of opened) {
    if (!open) {
      yield* partitionRows(snapshot, add, rows, columns, batchRows);
      continue;
    }
    for await (const batch of readOpenFile(open, snapshot, read)) {
      yield tracking
        ? batchOf(shown, batch.data.children, batch.numRows)
        : batch;
    }
  }
}

/** A file whose turn has come: opened, or its rows counted. */
type ScannedFile =
  | {
    readonly add: AddFile;
    readonly open: OpenDataFile;
    readonly rows?: never;
  }
  | { readonly add: AddFile; readonly open?: never; readonly rows: number };

/** Opens files in order, some ahead of the reader. */
async function* openedAhead(
  context: TableContext,
  files: Iterator<AddFile>,
  needsFile: boolean,
  signal: AbortSignal | undefined,
): AsyncGenerator<ScannedFile> {
  const ahead: Promise<ScannedFile>[] = [];
  const start = async (add: AddFile): Promise<ScannedFile> => {
    const rows = needsFile ? undefined : countByStatistics(add);
    return rows === undefined
      ? { add, open: await openDataFile(context, add, { signal }) }
      : { add, rows };
  };
  const startNext = (): void => {
    const next = files.next();
    if (next.done) return;
    const file = start(next.value);
    // Its failure is thrown when its turn comes, and not before.
    file.catch(() => {});
    ahead.push(file);
  };
  for (let i = 0; i <= OPENED_AHEAD; i++) startNext();
  try {
    for (let file = ahead.shift(); file; file = ahead.shift()) {
      throwIfAborted(signal, `Scanning ${context.url}`);
      const ready = await file;
      startNext();
      yield ready;
    }
  } finally {
    // A consumer that stops early leaves no request behind.
    await Promise.allSettled(ahead);
  }
}
