/**
 * Arrow batches to rows in the canonical encoding, each encoded once, straight
 * from the batch's buffers.
 *
 * @module
 */

import type { RecordBatch } from "apache-arrow";
import { columnReader } from "../../src/parquet/arrow_values.ts";
import type { StructField, StructType } from "../../src/schema/data_type.ts";
import { encoderOf } from "../../conformance/canonical/canonical_rows.ts";

/** Writes one row of a batch's column. */
type CellWriter = (row: number) => string;

/**
 * Encodes every row.
 *
 * @param batches Batches whose columns have the names of the schema.
 * @param schema The columns wanted, in their order.
 * @returns A text per row, in the order read.
 */
export async function encodeBatches(
  batches: AsyncIterable<RecordBatch>,
  schema: StructType,
): Promise<string[]> {
  const encoders = schema.fields.map((field) => encoderOf(field.type));
  const rows: string[] = [];
  for await (const batch of batches) {
    const cells = schema.fields.map((field, i): CellWriter => {
      const read = columnReader(columnOf(batch, field), field.type);
      const encode = encoders[i]!;
      return (row) => encode(read(row));
    });
    const texts: string[] = new Array(cells.length);
    for (let row = 0; row < batch.numRows; row++) {
      for (let c = 0; c < cells.length; c++) texts[c] = cells[c]!(row);
      rows.push(`[${texts.join(",")}]`);
    }
  }
  return rows;
}

function columnOf(batch: RecordBatch, field: StructField) {
  const at = batch.schema.fields.findIndex((f) => f.name === field.name);
  const column = batch.data.children[at];
  if (!column) throw new Error(`the scan gave no column ${field.name}`);
  return column;
}
