/**
 * Change data files: the rows that a version inserted, updated and deleted, each
 * with what happened to it.
 *
 * Source: Delta protocol, "Add CDC File" and "Change Data Files".
 *
 * @module
 */

import type { RecordBatch } from "apache-arrow";
import type { AddCdcFile } from "../actions/action.ts";
import { DeltaError } from "../errors.ts";
import { batchOf } from "../parquet/column_data.ts";
import type { StructField, StructType } from "../schema/data_type.ts";
import { findField } from "../schema/schema_path.ts";
import type { TableContext } from "../store/table_context.ts";
import { arrowSchemaOf } from "./assemble_batch.ts";
import { constantColumn } from "./logical_columns.ts";
import { dataFileWriter, type WriteTarget } from "./write_data_files.ts";

/** What happened to a row. */
export type ChangeType =
  | "insert"
  | "delete"
  | "update_preimage"
  | "update_postimage";

/** The folder of change data files. */
export const CHANGE_FOLDER = "_change_data";
/** The column that says what happened to a row. */
export const CHANGE_TYPE_COLUMN = "_change_type";

/** Names that the change data feed needs for itself. */
const RESERVED = [
  CHANGE_TYPE_COLUMN,
  "_commit_version",
  "_commit_timestamp",
] as const;

const CHANGE_TYPE: StructField = {
  name: CHANGE_TYPE_COLUMN,
  type: { kind: "string" },
  nullable: true,
  metadata: {},
};

/** Writes change data files batch by batch. */
export interface ChangeFileWriter {
  /** Takes rows of the table's schema, all of which fared the same. */
  write(type: ChangeType, batch: RecordBatch): Promise<void>;
  /** Closes every file and answers with their actions. */
  finish(): Promise<AddCdcFile[]>;
  /** Drops everything and deletes what was put; never throws. */
  abort(): Promise<void>;
}

/**
 * Makes a writer of change data files.
 *
 * @param context The table.
 * @param table Its schema, metadata and protocol.
 * @throws {DeltaError} `DELTA_SCHEMA_MISMATCH` where a column of the table has a name that the feed needs.
 */
export function changeFileWriter(
  context: TableContext,
  table: WriteTarget,
  options: { readonly signal?: AbortSignal | undefined } = {},
): ChangeFileWriter {
  const target = withChangeType(table);
  // No partition folders: some readers of the feed do not decode paths.
  const writer = dataFileWriter(context, target, {
    signal: options.signal,
    folder: CHANGE_FOLDER,
    firstWord: "cdc",
  });
  const schema = arrowSchemaOf(target.schema);
  return {
    async write(type, batch) {
      if (batch.numRows === 0) return;
      const change = constantColumn(CHANGE_TYPE.type, type, batch.numRows);
      const columns = [...batch.data.children, change];
      await writer.write(batchOf(schema, columns, batch.numRows));
    },
    async finish() {
      const files = await writer.finish();
      return files.map(({ path, partitionValues, size }) => ({
        path,
        partitionValues,
        size,
        dataChange: false,
      }));
    },
    abort: () => writer.abort(),
  };
}

/** The table with the column of the change type; nobody asks for statistics of its files. */
function withChangeType(table: WriteTarget): WriteTarget {
  const taken = RESERVED.find((name) => findField(table.schema, name));
  if (taken !== undefined) {
    throw new DeltaError("DELTA_SCHEMA_MISMATCH", {
      what: "Cannot record the changed rows",
      why: `the table has a column ${taken}, a name that the change feed needs`,
      fix: "Rename the column, or set delta.enableChangeDataFeed to false",
      context: { column: taken },
    });
  }
  const schema: StructType = {
    kind: "struct",
    fields: [...table.schema.fields, CHANGE_TYPE],
  };
  const { "delta.dataSkippingStatsColumns": _, ...configuration } =
    table.metadata.configuration;
  const metadata = {
    ...table.metadata,
    configuration: {
      ...configuration,
      "delta.dataSkippingNumIndexedCols": "0",
    },
  };
  return { schema, metadata, protocol: table.protocol };
}
