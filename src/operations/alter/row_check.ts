/**
 * The first row of a table that a predicate is true of, in words: who wants to
 * promise something of every row looks for one that breaks it.
 *
 * @module
 */

import type { RecordBatch } from "apache-arrow";
import { columnsOf } from "../../expression/bind.ts";
import type { Predicate } from "../../expression/predicate.ts";
import { columnReader } from "../../parquet/arrow_values.ts";
import { scan } from "../../scan/read_scan.ts";
import { formatDecimal } from "../../schema/decimal.ts";
import type { DataType } from "../../schema/data_type.ts";
import { formatPath, resolvePath } from "../../schema/schema_path.ts";
import { formatDate, formatTimestamp } from "../../schema/time.ts";
import type { Decimal, Value } from "../../schema/value.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import type { TableContext } from "../../store/table_context.ts";

/** Rows read at once. */
const BATCH_ROWS = 16_384;

/**
 * Looks for a row. Files that cannot hold one are not opened.
 *
 * @param where True of the rows looked for.
 * @returns The row as `{id = 5, name = "x"}`; undefined where there is none.
 * @throws {DeltaError} What binding and scanning find wrong.
 */
export async function findRow(
  context: TableContext,
  snapshot: Snapshot,
  where: Predicate,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const looked = columnsOf(where).map((path) =>
    resolvePath(snapshot.schema, path.slice(0, 1))?.[0]
  );
  const all = snapshot.schema.fields.map((field) => field.name);
  const columns = all.filter((name) => looked.includes(name));
  const batches = scan(context, snapshot, {
    // A predicate without columns is true of any row there is.
    columns: columns.length > 0 ? columns : all,
    where,
    batchRows: BATCH_ROWS,
    signal,
  });
  for await (const batch of batches) {
    if (batch.numRows > 0) return rowText(batch, snapshot);
  }
  return undefined;
}

/** The first row of a batch, in words. */
function rowText(batch: RecordBatch, snapshot: Snapshot): string {
  const values = batch.schema.fields.map((column, i) => {
    const field = snapshot.schema.fields.find((f) => f.name === column.name)!;
    const value = columnReader(batch.data.children[i]!, field.type)(0);
    return `${formatPath([column.name])} = ${valueText(value, field.type)}`;
  });
  return `{${values.join(", ")}}`;
}

/** A value, short, for messages. */
export function valueText(value: Value, type: DataType): string {
  if (value === null) return "null";
  switch (type.kind) {
    case "decimal":
      return formatDecimal(value as Decimal);
    case "date":
      return formatDate(value as number);
    case "timestamp":
    case "timestamp_ntz":
      return formatTimestamp(value as bigint);
    case "binary":
      return `${(value as Uint8Array).length} bytes`;
    case "string":
      return JSON.stringify(shortened(value as string));
    case "struct":
    case "array":
    case "map":
    case "variant":
      return `of type ${type.kind}`;
    default:
      return String(value);
  }
}

/** A long text would hide the message. */
function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
