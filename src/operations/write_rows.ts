/**
 * Data to data files of a table, its schema grown on the way where that is asked
 * for: what `append` and `overwrite` share.
 *
 * @module
 */

import type { RecordBatch } from "apache-arrow";
import type { AddFile, Metadata, Protocol } from "../actions/action.ts";
import { decodePath } from "../actions/file_key.ts";
import type { Transaction } from "../commit/transaction.ts";
import { type RowEnforcer, rowEnforcer } from "../data/enforce_rows.ts";
import {
  type InputChunk,
  readChunks,
  schemaWanted,
  type TableData,
  toPartialBatch,
} from "../data/row_input.ts";
import {
  dataFileWriter,
  deleteOrphans,
  type WriteTarget,
} from "../data/write_data_files.ts";
import { DeltaError } from "../errors.ts";
import { upgradedProtocol } from "../protocol/protocol_for.ts";
import { tableProperties } from "../protocol/table_property.ts";
import {
  assignColumnMapping,
  columnMappingMode,
  MAX_ID_KEY,
} from "../schema/column_mapping.ts";
import { coerceValue } from "../schema/coerce_value.ts";
import type { StructType } from "../schema/data_type.ts";
import { formatSchema } from "../schema/schema_json.ts";
import { mergeSchemas, validateSchema } from "../schema/schema_evolution.ts";
import { findField, formatPath } from "../schema/schema_path.ts";
import type { Value } from "../schema/value.ts";
import type { TableContext } from "../store/table_context.ts";
import type {
  CommitReport,
  WriteOptions,
  WriteResult,
} from "./write_options.ts";

/** Data files that no commit names yet, and what the table must become for them. */
export interface WrittenRows {
  /** An action per file. */
  readonly adds: readonly AddFile[];
  /** Their rows. */
  readonly rows: number;
  /** Their bytes. */
  readonly bytes: number;
  /** The new metadata, where the schema grew. */
  readonly metadata: Metadata | undefined;
  /** The new protocol, where the grown schema needs one. */
  readonly protocol: Protocol | undefined;
}

/**
 * Writes data to data files of the table. On failure what was put is deleted
 * again: no commit can name it.
 *
 * @param inspect Sees every batch before it is written, and may throw.
 * @throws {DeltaError} Whatever the data, the schema or the store has to object.
 */
export async function writeRows(
  context: TableContext,
  base: WriteTarget,
  data: TableData,
  options: WriteOptions,
  inspect?: (batch: RecordBatch) => void | Promise<void>,
): Promise<WrittenRows> {
  const { mergeSchema, targetFileSize, signal } = options;
  let target = base;
  const constants = constantsOf(target.schema, options.partition);
  let enforce = enforcerOf(context, target);
  const complete = (chunk: InputChunk, firstRow: number): RecordBatch => {
    const { batch, omitted } = toPartialBatch(
      chunk,
      target.schema,
      firstRow,
      constants,
    );
    return enforce(batch, { firstRow, omitted });
  };
  const writer = dataFileWriter(context, target, { targetFileSize, signal });
  try {
    for await (const chunk of readChunks(data)) {
      const grown = mergeSchema ? grownTarget(context, target, chunk) : target;
      if (grown !== target) {
        await writer.retarget(target = grown);
        enforce = enforcerOf(context, target);
      }
      // A batch without rows still has columns, which must be the table's.
      const batch = complete(chunk, writer.rows);
      await inspect?.(batch);
      await writer.write(batch);
    }
    const adds = await writer.finish();
    const changed = target === base ? undefined : target;
    return {
      adds,
      rows: writer.rows,
      bytes: adds.reduce((sum, add) => sum + add.size, 0),
      metadata: changed?.metadata,
      protocol: changed && changed.protocol !== base.protocol
        ? changed.protocol
        : undefined,
    };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** What the table demands of rows that are written now. */
function enforcerOf(context: TableContext, target: WriteTarget): RowEnforcer {
  const now = BigInt(context.host.now()) * 1000n;
  return rowEnforcer(target.schema, target.metadata, target.protocol, { now });
}

function constantsOf(
  schema: StructType,
  partition: Readonly<Record<string, unknown>> | undefined,
): ReadonlyMap<string, Value> {
  const constants = new Map<string, Value>();
  for (const [name, value] of Object.entries(partition ?? {})) {
    const field = findField(schema, name);
    if (!field) {
      throw new DeltaError("DELTA_COLUMN_NOT_FOUND", {
        what: `Cannot write to the partition ${name}`,
        why: "the table has no such column",
        fix: "Name columns of the table in the option partition",
        context: { column: name },
      });
    }
    const path = formatPath([field.name]);
    constants.set(field.name, coerceValue(value, field.type, path));
  }
  return constants;
}

/** The table as the chunk wants it; the same object when it wants nothing new. */
function grownTarget(
  context: TableContext,
  target: WriteTarget,
  chunk: InputChunk,
): WriteTarget {
  const { configuration, partitionColumns } = target.metadata;
  const widen = tableProperties(configuration).enableTypeWidening;
  const wanted = schemaWanted(chunk, target.schema, widen);
  if (wanted === target.schema) return target;
  const merged = mergeSchemas(target.schema, wanted, { widen });
  if (!merged.changed) return target;
  return withSchema(context, target, merged.schema, partitionColumns);
}

/** The table with another schema: ids and physical names given, features listed. */
export function withSchema(
  context: TableContext,
  target: WriteTarget,
  wanted: StructType,
  partitionColumns: readonly string[],
): WriteTarget {
  let schema = wanted;
  let { configuration } = target.metadata;
  const mapped = columnMappingMode(configuration) !== "none";
  if (mapped) {
    const assigned = assignColumnMapping(
      schema,
      configuration,
      () => context.host.uuid(),
    );
    schema = assigned.schema;
    configuration = {
      ...configuration,
      [MAX_ID_KEY]: String(assigned.maxColumnId),
    };
  }
  validateSchema(schema, partitionColumns, { anyNames: mapped });
  const metadata: Metadata = {
    ...target.metadata,
    configuration,
    partitionColumns,
    schemaString: formatSchema(schema),
  };
  const protocol = upgradedProtocol(target.protocol, schema, configuration);
  return { schema, metadata, protocol };
}

/**
 * Names the files and the table's changes in a commit, and deletes the files
 * again where it certainly failed.
 * Where its outcome is unknown they stay: it may still land and name them.
 */
export async function commitWritten(
  context: TableContext,
  transaction: Transaction,
  written: WrittenRows,
  removedFiles: number,
): Promise<WriteResult> {
  try {
    if (written.protocol) transaction.setProtocol(written.protocol);
    if (written.metadata) transaction.setMetadata(written.metadata);
    for (const add of written.adds) transaction.add(add);
    const result = await transaction.commit({
      operationMetrics: {
        numFiles: String(written.adds.length),
        numOutputRows: String(written.rows),
        numOutputBytes: String(written.bytes),
        ...(removedFiles > 0 && { numRemovedFiles: String(removedFiles) }),
      },
    });
    const committed = result.outcome === "committed";
    if (!committed) await dropWritten(context, written);
    const report: CommitReport = {
      outcome: result.outcome,
      committed,
      version: result.version,
      readVersion: result.readVersion,
      attempts: result.attempts,
      rows: committed ? written.rows : 0,
      files: committed ? written.adds.length : 0,
      removedFiles: committed ? removedFiles : 0,
      bytes: committed ? written.bytes : 0,
      token: result.token,
    };
    return { report, snapshot: result.snapshot };
  } catch (error) {
    if (certainlyFailed(error)) await dropWritten(context, written);
    throw error;
  }
}

/** Whether an error says that the commit has no effect and never will: only then may its files go. */
export function certainlyFailed(error: unknown): boolean {
  return error instanceof DeltaError && error.outcome === "failed" &&
    error.retry !== "unknown" && error.kind !== "internal";
}

async function dropWritten(
  context: TableContext,
  written: WrittenRows,
): Promise<void> {
  await deleteOrphans(context, written.adds.map((add) => decodePath(add.path)));
}
