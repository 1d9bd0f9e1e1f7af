/**
 * How many rows a snapshot has: from statistics where they say it exactly, from
 * footers where not, by reading only where a predicate looks into the data.
 *
 * @module
 */

import type { AddFile } from "../actions/action.ts";
import { openDataFile } from "../data/open_data_file.ts";
import { throwIfAborted } from "../errors.ts";
import { bindPredicate } from "../expression/bind.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";
import { countByStatistics, isPartitionOnly, planScan } from "./plan_scan.ts";
import { scan, type ScanOptions } from "./read_scan.ts";

/**
 * Counts the rows of a snapshot.
 *
 * @param context Where the table is.
 * @param snapshot The version.
 * @param options `where` and `signal` as for {@link scan}.
 * @returns The number of rows for which `where` is true.
 */
export async function count(
  context: TableContext,
  snapshot: Snapshot,
  options: Pick<ScanOptions, "where" | "signal"> = {},
): Promise<number> {
  const { where, signal } = options;
  const wanted = where && bindPredicate(where, snapshot.schema);
  let rows = 0;
  if (snapshot.schema.fields.length === 0) return rows;
  if (wanted && !isPartitionOnly(wanted, snapshot.metadata)) {
    const batches = scan(context, snapshot, { where, signal, columns: [] });
    for await (const batch of batches) rows += batch.numRows;
    return rows;
  }
  const files = await snapshot.files(signal);
  for (const file of planScan(files, snapshot, wanted)) {
    throwIfAborted(signal, `Counting the rows of ${context.url}`);
    rows += countByStatistics(file) ??
      await countByFooter(context, file, signal);
  }
  return rows;
}

async function countByFooter(
  context: TableContext,
  file: AddFile,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { footer, deleted } = await openDataFile(context, file, { signal });
  return footer.rowCount - (deleted?.size ?? 0);
}
