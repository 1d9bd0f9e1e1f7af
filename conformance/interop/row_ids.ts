/**
 * Row ids and row commit versions of one table as this engine and as Spark tell
 * them, while both change it in turn.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DeltaTable } from "../../src/mod.ts";
import { assertTracked, type Tracked } from "../../testing/tracked_rows.ts";
import type { ForeignEngine } from "./foreign_engine.ts";

/** Rows of a table by the column `id`, as this engine tells them. */
export async function ourRowIds(
  table: DeltaTable,
): Promise<Map<string, Tracked>> {
  const rows = new Map<string, Tracked>();
  for await (const row of table.rows({ columns: ["id"], rowIds: true })) {
    rows.set(String(row["id"]), {
      rowId: row["_row_id"] as bigint,
      version: row["_row_commit_version"] as bigint,
    });
  }
  return rows;
}

/** Rows of a table by the column `id`, as Spark tells them. */
export async function sparkRowIds(
  spark: ForeignEngine,
  folder: string,
): Promise<Map<string, Tracked>> {
  const query = "SELECT id, _metadata.row_id, _metadata.row_commit_version " +
    `FROM delta.\`${folder}\``;
  const { rows } = await spark.run("sql", { statements: [query] });
  return new Map((rows as string[]).map((text) => {
    const [id, rowId, version] = JSON.parse(text) as [string, string, string];
    return [String(id), { rowId: BigInt(rowId), version: BigInt(version) }];
  }));
}

/** Requires that both engines tell the same of a table. */
export async function assertSameRowIds(
  spark: ForeignEngine,
  table: DeltaTable,
  folder: string,
  what: string,
): Promise<Map<string, Tracked>> {
  const ours = await ourRowIds(table);
  const theirs = await sparkRowIds(spark, folder);
  assert.deepEqual(ours, theirs, what);
  return ours;
}

/** What is done to a table: by us, or by Spark in SQL, and which rows it writes. */
interface Change {
  readonly name: string;
  readonly ours?: (table: DeltaTable) => Promise<unknown>;
  /** With `{table}` for the table. */
  readonly spark?: string;
  readonly written?: (id: number) => boolean;
}

const source = [2, 3, 9, 40].map((id) => ({ id, p: "a", v: 100 + id }));
const isMatched = (id: number): boolean => id === 2 || id === 3 || id === 9;

const CHANGES: readonly Change[] = [
  { name: "append", ours: (t) => t.append(rowsFrom(10, 6)) },
  {
    name: "update",
    ours: (t) =>
      t.update({ set: { v: { sql: "v + 1" } }, where: "id % 4 = 1" }),
    written: (id) => id % 4 === 1,
  },
  {
    name: "update to another partition",
    ours: (t) => t.update({ set: { p: "c" }, where: "id = 6" }),
    written: (id) => id === 6,
  },
  { name: "delete", ours: (t) => t.delete({ where: "id % 7 = 0" }) },
  {
    name: "merge",
    ours: (t) =>
      t.merge({
        source,
        on: ["id"],
        whenMatched: [
          { condition: "source.id = 3", delete: true },
          { update: "all" },
        ],
        whenNotMatched: [{ insert: "all" }],
      }),
    written: isMatched,
  },
  { name: "append before optimize", ours: (t) => t.append(rowsFrom(80, 4)) },
  { name: "optimize", ours: (t) => t.optimize() },
  {
    name: "Spark's UPDATE",
    spark: "UPDATE {table} SET v = v + 1 WHERE id % 3 = 1",
    written: (id) => id % 3 === 1,
  },
  {
    name: "Spark's MERGE",
    spark: "MERGE INTO {table} t USING (SELECT id FROM range(8, 60, 16)) s " +
      "ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = -1 " +
      "WHEN NOT MATCHED THEN INSERT (id, p, v) VALUES (s.id, 'a', -2)",
    written: (id) => id % 16 === 8,
  },
  { name: "Spark's DELETE", spark: "DELETE FROM {table} WHERE id = 10" },
  { name: "append again", ours: (t) => t.append(rowsFrom(70, 2)) },
  { name: "Spark's OPTIMIZE", spark: "OPTIMIZE {table}" },
  {
    name: "update after Spark",
    ours: (t) => t.update({ set: { v: 0 }, where: "id % 2 = 0" }),
    written: (id) => id % 2 === 0,
  },
  { name: "Z-order", ours: (t) => t.optimize({ zOrderBy: ["v", "id"] }) },
];

function rowsFrom(from: number, count: number) {
  return Array.from({ length: count }, (_, i) => ({
    id: from + i,
    p: i % 2 === 0 ? "a" : "b",
    v: 0,
  }));
}

/**
 * Changes a table that tracks its rows in every way, by both engines, and
 * requires after each change that both tell the same ids, and that each row has
 * kept its own.
 */
export async function checkRowIds(
  spark: ForeignEngine,
  folder: string,
  options: {
    readonly properties: Readonly<Record<string, string>>;
    readonly partitionBy?: readonly string[];
  },
): Promise<void> {
  const field = (name: string, type: string) => ({
    name,
    type,
    nullable: true,
    metadata: {},
  });
  await using table = await DeltaTable.create(folder, {
    schema: {
      type: "struct",
      fields: [field("id", "long"), field("p", "string"), field("v", "long")],
    },
    partitionBy: options.partitionBy ?? [],
    properties: { "delta.enableRowTracking": "true", ...options.properties },
  });
  await table.append(rowsFrom(0, 10));
  let before = await assertSameRowIds(spark, table, folder, "append");
  let highest = 9n;
  for (const { name, ours, spark: sql, written } of CHANGES) {
    const from = table.version;
    if (ours) await ours(table);
    else {
      const statement = sql!.replace("{table}", `delta.\`${folder}\``);
      await spark.run("sql", { statements: [statement] });
      await table.refresh();
    }
    assert.deepEqual(table.version, from + 1, name);
    const after = await assertSameRowIds(spark, table, folder, name);
    const isWritten = (id: string): boolean => written?.(Number(id)) ?? false;
    highest = assertTracked(before, after, table.version, isWritten, highest);
    before = after;
  }
  assert(before.size > 10);
}
