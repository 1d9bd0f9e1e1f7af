/**
 * Small tables in memory for the tests of what changes a table's definition.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { DeltaError, type ErrorCode } from "../../errors.ts";
import { columnReader } from "../../parquet/arrow_values.ts";
import { scan } from "../../scan/read_scan.ts";
import type { Row, Value } from "../../schema/value.ts";
import { loadSnapshot } from "../../snapshot/load_snapshot.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import { memoryStore } from "../../store/memory_store.ts";
import { contextOf, type TableContext } from "../../store/table_context.ts";
import { append } from "../append.ts";
import { createTable, type SchemaInput } from "../create.ts";

export const field = (name: string, type: unknown, nullable = true) => ({
  name,
  type,
  nullable,
  metadata: {},
});

export const MAPPED = { "delta.columnMapping.mode": "name" };
export const WIDENING = { "delta.enableTypeWidening": "true" };

export interface Table {
  readonly context: TableContext;
  snapshot: Snapshot;
}

export async function tableOf(
  fields: readonly unknown[],
  properties: Record<string, string> = {},
  partitionBy: readonly string[] = [],
): Promise<Table> {
  const context = contextOf(memoryStore());
  const { snapshot } = await createTable(context, {
    schema: { type: "struct", fields } as SchemaInput,
    properties,
    partitionBy,
  });
  return { context, snapshot };
}

export async function add(table: Table, ...rows: Record<string, unknown>[]) {
  const { snapshot } = await append(table.context, table.snapshot, rows);
  table.snapshot = snapshot;
}

export async function rowsOf(table: Table, version?: number): Promise<Row[]> {
  const snapshot = await loadSnapshot(table.context, { version });
  const rows: Row[] = [];
  for await (const batch of scan(table.context, snapshot)) {
    const readers = snapshot.schema.fields.map((f, i) =>
      columnReader(batch.data.children[i]!, f.type)
    );
    for (let row = 0; row < batch.numRows; row++) {
      rows.push(Object.fromEntries(
        snapshot.schema.fields.map((f, i) => [f.name, readers[i]!(row)]),
      ));
    }
  }
  return rows.sort((a, b) => orderOf(a) < orderOf(b) ? -1 : 1);
}

/** A snapshot says nothing of the order of its rows. */
function orderOf(row: Row): string {
  return JSON.stringify(
    row,
    (_, value: Value) => typeof value === "bigint" ? `${value}` : value,
  );
}

export async function refusal(
  code: ErrorCode,
  work: () => Promise<unknown>,
): Promise<DeltaError> {
  const error = await assertRejects(work, DeltaError);
  assertEquals(error.code, code, error.message);
  return error;
}
