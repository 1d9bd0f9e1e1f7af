/**
 * Columns and batches made, picked, put together and cast: the front of
 * `build_column.ts`, `column_data.ts`, `take_rows.ts` and `cast_batch.ts`.
 *
 * @module
 */

export {
  buildBatch,
  buildBatchOfColumns,
  buildColumn,
} from "./build_column.ts";
export { castBatch, castColumn } from "./cast_batch.ts";
export { batchOf, bitmapBytes, dataOf, nullColumn } from "./column_data.ts";
export { concatBatches, everyRow, takeRows, takeValues } from "./take_rows.ts";
