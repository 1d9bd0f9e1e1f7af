/**
 * The definition that a table gets with data of another schema: what `overwrite`
 * with `overwriteSchema` makes of it.
 *
 * @module
 */

import type * as arrow from "apache-arrow";
import { inferAdditions } from "../../data/infer_rows.ts";
import {
  type InputChunk,
  readChunks,
  type TableData,
} from "../../data/row_input.ts";
import type { WriteTarget } from "../../data/write_data_files.ts";
import { DeltaError } from "../../errors.ts";
import { fromArrowSchema } from "../../parquet/arrow_schema.ts";
import { mapFields } from "../../schema/column_mapping.ts";
import { sameType, type StructType } from "../../schema/data_type.ts";
import { findField } from "../../schema/schema_path.ts";
import type { RowInput } from "../../schema/value.ts";
import type { TableContext } from "../../store/table_context.ts";
import { withSchema } from "../write_rows.ts";

const NO_COLUMNS: StructType = { kind: "struct", fields: [] };

/** Data whose beginning has been looked at. */
export interface PeekedData {
  /** Its schema, by its first rows. */
  readonly schema: StructType;
  /** All of it. */
  readonly data: TableData;
}

/** Finds out the schema of data by its first rows; the data can be read once after that. */
export async function peekSchema(data: TableData): Promise<PeekedData> {
  const chunks = readChunks(data);
  const first = await chunks.next();
  if (first.done) return { schema: NO_COLUMNS, data: [] };
  return {
    schema: schemaOfChunk(first.value),
    data: rejoined(first.value, chunks),
  };
}

/**
 * The table with another schema and partitioning. Columns that stay what they
 * were keep their ids and everything else that is said of them.
 *
 * @param partitionBy The partition columns; those of the table by default.
 * @returns The same object where nothing changes.
 * @throws {DeltaError} `DELTA_INVALID_SCHEMA`; `DELTA_INVALID_ARGUMENT` where a partition column of the table is gone.
 */
export function redefined(
  context: TableContext,
  target: WriteTarget,
  wanted: StructType,
  partitionBy: readonly string[] | undefined,
): WriteTarget {
  const fields = wanted.fields.map((field) => {
    const known = findField(target.schema, field.name);
    return known?.name === field.name && sameType(known.type, field.type)
      ? known
      : field;
  });
  const old = target.metadata.partitionColumns;
  const columns = partitionBy ?? old;
  const gone = columns.find((name) => !fields.some((f) => f.name === name));
  if (gone !== undefined) {
    throw new DeltaError("DELTA_INVALID_ARGUMENT", {
      what: `Cannot overwrite the schema of ${context.url}`,
      why: `the table is to be partitioned by ${gone}, which the data lacks`,
      fix: "Name columns of the data in the option partitionBy",
      context: { column: gone },
    });
  }
  const isSame = fields.length === target.schema.fields.length &&
    fields.every((field, i) => field === target.schema.fields[i]) &&
    columns.length === old.length &&
    columns.every((name, i) => name === old[i]);
  if (isSame) return target;
  return withSchema(context, target, { kind: "struct", fields }, columns);
}

function schemaOfChunk(chunk: InputChunk): StructType {
  if (chunk.kind === "rows") return inferAdditions(NO_COLUMNS, chunk.rows);
  // Field ids of whatever the Arrow schema came from are not the table's.
  return mapFields(
    fromArrowSchema(chunk.batch.schema),
    (field) => ({ ...field, metadata: {} }),
  );
}

async function* rejoined(
  first: InputChunk,
  rest: AsyncIterable<InputChunk>,
): AsyncGenerator<readonly RowInput[] | arrow.RecordBatch> {
  yield itemOf(first);
  for await (const chunk of rest) yield itemOf(chunk);
}

function itemOf(chunk: InputChunk): readonly RowInput[] | arrow.RecordBatch {
  return chunk.kind === "rows" ? chunk.rows : chunk.batch;
}
