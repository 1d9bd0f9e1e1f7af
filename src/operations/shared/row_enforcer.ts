/**
 * What the table demands of every row that is written to it, as one function of
 * a batch.
 *
 * @module
 */

import type { RecordBatch } from "apache-arrow";
import { enforceNotNull } from "../../data/enforce_columns.ts";
import type { WriteTarget } from "../../data/write_data_files.ts";

/** Checks rows; answers with them, complete. */
export type RowEnforcer = (batch: RecordBatch) => RecordBatch;

/** The demands of a table. */
export function rowEnforcerOf(table: WriteTarget): RowEnforcer {
  return (batch) => {
    enforceNotNull(batch, table.schema);
    return batch;
  };
}
