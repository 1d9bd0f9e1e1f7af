/**
 * The source of a merge: all its rows in memory, in one batch.
 *
 * @module
 */

import type * as arrow from "apache-arrow";
import { arrowSchemaOf } from "../../data/assemble_batch.ts";
import { inferAdditions } from "../../data/infer_rows.ts";
import {
  type InputChunk,
  readChunks,
  type TableData,
  toBatch,
} from "../../data/row_input.ts";
import { fromArrowSchema } from "../../parquet/arrow_schema.ts";
import { concatBatches } from "../../parquet/take_rows.ts";
import type { StructField, StructType } from "../../schema/data_type.ts";
import { findField, foldCase } from "../../schema/schema_path.ts";
import type { RowInput } from "../../schema/value.ts";
import { type Columns, columnsOfBatch } from "./assignments.ts";

/** Rows to merge into a table. */
export interface MergeSource {
  /** Their columns. */
  readonly schema: StructType;
  /** All of them. */
  readonly batch: arrow.RecordBatch;
  /** Readers of their columns. */
  readonly columns: Columns;
}

/**
 * Reads the source. Columns that the target has too take the target's type;
 * others the type of the data.
 *
 * @param schema The source's schema, where the caller gives it.
 */
export async function readSource(
  data: TableData,
  target: StructType,
  schema: StructType | undefined,
): Promise<MergeSource> {
  const chunks = await Array.fromAsync(readChunks(data));
  const known = schema ?? schemaOfChunks(chunks, target);
  let rows = 0;
  const batches = chunks.map((chunk) => {
    const batch = toBatch(chunk, known, rows);
    rows += batch.numRows;
    return batch;
  });
  chunks.length = 0;
  const batch = concatBatches(arrowSchemaOf(known), batches);
  return { schema: known, batch, columns: columnsOfBatch(batch, known) };
}

function schemaOfChunks(
  chunks: readonly InputChunk[],
  target: StructType,
): StructType {
  const fields = new Map<string, StructField>();
  const meet = (name: string, own: () => StructField | undefined): void => {
    if (fields.has(foldCase(name))) return;
    const field = findField(target, name) ?? own();
    if (!field) return;
    const { type } = field;
    const plain = { name: field.name, type, nullable: true, metadata: {} };
    fields.set(foldCase(name), plain);
  };
  for (const chunk of chunks) {
    if (chunk.kind === "batch") {
      for (const field of fromArrowSchema(chunk.batch.schema).fields) {
        meet(field.name, () => field);
      }
      continue;
    }
    const grown = inferAdditions(target, chunk.rows);
    for (const name of namesOf(chunk.rows)) {
      meet(name, () => findField(grown, name));
    }
  }
  return { kind: "struct", fields: [...fields.values()] };
}

function namesOf(rows: readonly RowInput[]): Set<string> {
  const names = new Set<string>();
  for (const row of rows) for (const name in row) names.add(name);
  return names;
}
