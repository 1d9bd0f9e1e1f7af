/**
 * Rewrites data files so that reading gets cheaper: small ones are packed
 * together, ones with many deleted rows are written without them, and rows are
 * put in Z-order where that is asked for. No row changes: every action says
 * `dataChange: false`.
 *
 * What describes a file goes with it: new files have neither the tags of the old
 * ones, as with Spark, nor their `clusteringProvider`, for nothing is clustered
 * here. What describes a row stays: where the table tracks its rows each takes
 * its id and its commit version along.
 *
 * One commit for all partitions, which declares as read the files it rewrites
 * and nothing else: appends and changes elsewhere pass. What it finds in good
 * order it leaves alone, so that a second run finds nothing to do.
 *
 * @module
 */

import type * as arrow from "apache-arrow";
import type { AddFile } from "../actions/action.ts";
import { decodePath } from "../actions/file_key.ts";
import { Transaction } from "../commit/transaction.ts";
import { parseStatistics } from "../data/parse_statistics.ts";
import { readDataFile } from "../data/read_data_file.ts";
import { dataFileWriter, deleteOrphans } from "../data/write_data_files.ts";
import { DeltaError, throwIfAborted } from "../errors.ts";
import { bindPredicate } from "../expression/bind.ts";
import { compareValues } from "../expression/evaluate.ts";
import {
  type PredicateInput,
  toPredicate,
} from "../expression/predicate_input.ts";
import { rowTrackingColumns } from "../protocol/row_tracking.ts";
import { tableProperties } from "../protocol/table_property.ts";
import { isPartitionOnly, planScan } from "../scan/plan_scan.ts";
import {
  columnMappingMode,
  physicalName,
  physicalSchema,
} from "../schema/column_mapping.ts";
import type { StructField, StructType } from "../schema/data_type.ts";
import { formatPath } from "../schema/schema_path.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";
import { checkRewritable } from "./shared/check_rewritable.ts";
import {
  type CompactionGroup,
  planCompaction,
  TARGET_SIZE_TAG,
  Z_ORDER_TAG,
} from "./shared/compaction_plan.ts";
import {
  committedResult,
  type MaintenanceResult,
  nothingToDo,
} from "./shared/maintenance_result.ts";
import { predicateText } from "./shared/predicate_text.ts";
import { removeOf } from "./shared/removes.ts";
import { checkKnown, type OperationOptions } from "./write_options.ts";
import { certainlyFailed } from "./write_rows.ts";
import { zOrderColumns, zOrdered } from "./z_order.ts";

/** Options of {@link optimize}. */
export interface OptimizeOptions extends OperationOptions {
  /** Which partitions: a condition on partition columns, built or as SQL text. All by default. */
  readonly where?: PredicateInput | undefined;
  /** The size of file aimed at, in bytes; `delta.targetFileSize`, else 100 MiB by default. */
  readonly targetSizeBytes?: number | undefined;
  /** Columns to put the rows in Z-order by; files are only packed without. */
  readonly zOrderBy?: readonly string[] | undefined;
}

/** What {@link optimize} did. */
export interface OptimizeMetrics {
  /** Files written. */
  readonly filesAdded: number;
  /** Files they take the place of. */
  readonly filesRemoved: number;
  /** Bytes of the files written. */
  readonly bytesAdded: number;
  /** Bytes of the files they take the place of. */
  readonly bytesRemoved: number;
  /** Rows rewritten. */
  readonly rows: number;
  /** Partitions that had something to rewrite. */
  readonly partitions: number;
  /** Files looked at and left as they are. */
  readonly filesSkipped: number;
  /** How long it took, by the host's clock. */
  readonly durationMs: number;
}

/** What became of an optimize. */
export type OptimizeResult = MaintenanceResult<OptimizeMetrics>;

/** Size of file aimed at where neither the caller nor the table says one. */
export const DEFAULT_TARGET_SIZE = 100 * 2 ** 20;

const OPTIONS: readonly (keyof OptimizeOptions)[] = [
  "where",
  "targetSizeBytes",
  "zOrderBy",
  "userMetadata",
  "signal",
  "rules",
];

/**
 * Rewrites what is worth rewriting. Files stream: of each group one file is read
 * at a time, and one is written.
 *
 * @param context The table.
 * @param base The state to work on.
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` for a condition on other columns, a bad size
 *   or column; `DELTA_UNSUPPORTED_FEATURES_FOR_WRITE` naming what a rewrite would break;
 *   `DELTA_CONCURRENT_DELETE_READ` or `DELTA_CONCURRENT_DELETE_DELETE` when somebody else
 *   removed a file meanwhile; what reading and writing have to object.
 */
export async function optimize(
  context: TableContext,
  base: Snapshot,
  options: OptimizeOptions = {},
): Promise<OptimizeResult> {
  const startedAt = context.host.now();
  const what = `Cannot optimize ${context.url}`;
  const aims = aimsOf(base, options, what);
  throwIfAborted(options.signal, `Optimizing ${context.url}`);
  checkRewritable(base, what);
  const files = [...await filesToLookAt(base, options, what)];
  const groups = planCompaction(files, aims);
  const removed = groups.flatMap((group) => group.files);
  const figures = {
    filesAdded: 0,
    filesRemoved: removed.length,
    bytesAdded: 0,
    bytesRemoved: sizeOf(removed),
    rows: 0,
    partitions: groups.length,
    filesSkipped: files.length - removed.length,
  };
  if (groups.length === 0) {
    const durationMs = context.host.now() - startedAt;
    return nothingToDo(base, { ...figures, durationMs });
  }
  const transaction = begin(context, base, options, aims.targetSize);
  const added: AddFile[] = [];
  let rows = 0;
  try {
    for (const group of groups) {
      rows += await rewrite(context, base, group, aims, options, added);
    }
    const deletionTimestamp = context.host.now();
    for (const file of removed) {
      transaction.readFile(file.path, file.deletionVector);
      transaction.remove({
        ...removeOf(file, deletionTimestamp),
        dataChange: false,
      });
    }
    for (const file of added) transaction.add(file);
    const result = await transaction.commit({
      operationMetrics: operationMetrics(added, removed),
    });
    return committedResult(result, {
      ...figures,
      filesAdded: added.length,
      bytesAdded: sizeOf(added),
      rows,
      durationMs: context.host.now() - startedAt,
    });
  } catch (error) {
    if (certainlyFailed(error)) {
      await deleteOrphans(context, added.map((add) => decodePath(add.path)));
    }
    throw error;
  }
}

/** What the call asks for, checked. */
interface Aims {
  readonly targetSize: number;
  readonly zOrder: readonly StructField[];
  readonly zOrderBy: string | undefined;
  readonly rowCount: (file: AddFile) => number | undefined;
}

function aimsOf(base: Snapshot, options: OptimizeOptions, what: string): Aims {
  checkKnown(options, OPTIONS, what);
  const { targetSizeBytes, zOrderBy } = options;
  const isSize = targetSizeBytes === undefined ||
    (Number.isFinite(targetSizeBytes) && targetSizeBytes >= 1);
  if (!isSize) {
    throw new DeltaError("DELTA_INVALID_ARGUMENT", {
      what,
      why: `targetSizeBytes is ${targetSizeBytes}, not a number of bytes`,
      fix: "Give the size of file aimed at, in bytes",
    });
  }
  if (zOrderBy?.length === 0) {
    throw new DeltaError("DELTA_INVALID_ARGUMENT", {
      what,
      why: "zOrderBy names no column",
      fix: "Name columns, or leave it out to pack small files",
    });
  }
  const zOrder = zOrderBy ? zOrderColumns(base, zOrderBy) : [];
  const { targetFileSize } = tableProperties(base.metadata.configuration);
  return {
    targetSize: targetSizeBytes ?? targetFileSize ?? DEFAULT_TARGET_SIZE,
    zOrder,
    zOrderBy: zOrder.length > 0
      ? zOrder.map((field) => formatPath([field.name])).join(",")
      : undefined,
    rowCount: (file) => parseStatistics(file.stats, NO_COLUMNS).numRecords,
  };
}

async function filesToLookAt(
  base: Snapshot,
  { where, signal }: OptimizeOptions,
  what: string,
): Promise<Iterable<AddFile>> {
  const files = await base.files(signal);
  if (where === undefined) return planScan(files, base, undefined);
  const bound = bindPredicate(toPredicate(where), base.schema);
  if (!isPartitionOnly(bound, base.metadata)) {
    const { partitionColumns } = base.metadata;
    throw new DeltaError("DELTA_INVALID_ARGUMENT", {
      what,
      why: partitionColumns.length > 0
        ? `its condition is not on the partition columns ${
          partitionColumns.join(", ")
        } alone`
        : "it has a condition, and the table is not partitioned",
      fix: "Choose whole partitions: files are rewritten whole",
    });
  }
  return planScan(files, base, bound);
}

function begin(
  context: TableContext,
  base: Snapshot,
  options: OptimizeOptions,
  targetSize: number,
): Transaction {
  return new Transaction(context, base, {
    operation: "OPTIMIZE",
    operationParameters: {
      predicate: JSON.stringify(
        options.where === undefined
          ? []
          : [predicateText(options.where, base.schema)],
      ),
      zOrderBy: JSON.stringify(options.zOrderBy ?? []),
      targetSize: String(targetSize),
    },
    intent: "optimize",
    userMetadata: options.userMetadata,
    rules: options.rules,
    signal: options.signal,
  });
}

/** Writes the rows of a group anew; the files are pushed on `added` as soon as they may be there. */
async function rewrite(
  context: TableContext,
  base: Snapshot,
  group: CompactionGroup,
  aims: Aims,
  { signal }: OptimizeOptions,
  added: AddFile[],
): Promise<number> {
  const writer = dataFileWriter(context, base, {
    targetFileSize: aims.targetSize,
    dataChange: false,
    hidden: rowTrackingColumns(base),
    signal,
  });
  try {
    const rows = rowsOf(
      context,
      base,
      inZOrder(base, group.files, aims),
      signal,
    );
    const ordered = aims.zOrderBy === undefined
      ? rows
      : zOrdered(rows, placesOf(base.schema, aims.zOrder));
    for await (const batch of ordered) await writer.write(batch);
    const files = await writer.finish();
    files.forEach((file, i) =>
      added.push({
        ...file,
        partitionValues: group.partitionValues,
        ...tagsOf(aims, i === files.length - 1),
      })
    );
    return writer.rows;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Every file but the last of a group was closed because it was full. */
function tagsOf(aims: Aims, isLast: boolean): Pick<AddFile, "tags"> {
  const full = { [TARGET_SIZE_TAG]: String(aims.targetSize) };
  if (aims.zOrderBy === undefined) return isLast ? {} : { tags: full };
  return { tags: { ...full, [Z_ORDER_TAG]: aims.zOrderBy } };
}

async function* rowsOf(
  context: TableContext,
  base: Snapshot,
  files: readonly AddFile[],
  signal: AbortSignal | undefined,
): AsyncGenerator<arrow.RecordBatch> {
  const tracking = rowTrackingColumns(base);
  const options = { columns: base.schema, tracking, signal };
  for (const file of files) {
    yield* readDataFile(context, base, file, options);
  }
}

/** Files in the order of the first column's minimum, so that a group of rows spans little of it. */
function inZOrder(
  base: Snapshot,
  files: readonly AddFile[],
  { zOrder }: Aims,
): readonly AddFile[] {
  const first = zOrder[0];
  if (!first) return files;
  const mode = columnMappingMode(base.metadata.configuration);
  const physical = physicalSchema(base.schema, mode);
  const name = mode === "none" ? first.name : physicalName(first);
  return files
    .map((file) => ({
      file,
      min: parseStatistics(file.stats, physical).column([name]).min ?? null,
    }))
    .sort((a, b) => compareValues(a.min, b.min, first.type))
    .map(({ file }) => file);
}

function placesOf(schema: StructType, fields: readonly StructField[]) {
  return fields.map((field) => ({
    index: schema.fields.indexOf(field),
    type: field.type,
  }));
}

function operationMetrics(
  added: readonly AddFile[],
  removed: readonly AddFile[],
): Record<string, string> {
  const sizes = added.map((file) => file.size).sort((a, b) => a - b);
  return {
    numAddedFiles: String(added.length),
    numRemovedFiles: String(removed.length),
    numAddedBytes: String(sizeOf(added)),
    numRemovedBytes: String(sizeOf(removed)),
    minFileSize: String(sizes[0] ?? 0),
    maxFileSize: String(sizes.at(-1) ?? 0),
  };
}

function sizeOf(files: readonly AddFile[]): number {
  return files.reduce((sum, file) => sum + file.size, 0);
}

const NO_COLUMNS: StructType = { kind: "struct", fields: [] };
