import { assertEquals } from "@std/assert";
import { col } from "../expression/predicate.ts";
import { append } from "../operations/append.ts";
import { createTable } from "../operations/create.ts";
import type { StructType } from "../schema/data_type.ts";
import { memoryStore } from "../store/memory_store.ts";
import { contextOf } from "../store/table_context.ts";
import { stateOf, TableSnapshot } from "./table_snapshot.ts";

const SCHEMA: StructType = {
  kind: "struct",
  fields: [
    { name: "id", type: { kind: "long" }, nullable: true, metadata: {} },
    {
      name: "__proto__",
      type: { kind: "string" },
      nullable: true,
      metadata: {},
    },
  ],
};

async function snapshotOf(rows: number): Promise<TableSnapshot> {
  const context = contextOf(memoryStore());
  const { snapshot: base } = await createTable(context, {
    schema: SCHEMA,
    partitionBy: ["id"],
  });
  const data = Array.from({ length: rows }, (_, i) => ({ id: BigInt(i) }));
  const { snapshot } = await append(context, base, data, {
    txn: { appId: "a", version: 4 },
  });
  return new TableSnapshot(context, snapshot);
}

Deno.test("TableSnapshot tells what its version holds", async () => {
  const snapshot = await snapshotOf(3);
  assertEquals(snapshot.version, 1);
  assertEquals(stateOf(snapshot).version, 1);
  assertEquals(snapshot.partitionColumns, ["id"]);
  assertEquals([...snapshot.appTransactions], [["a", 4]]);
  assertEquals(snapshot.domains.size, 0);
  assertEquals(await snapshot.count({ where: col("id").lt(2) }), 2);
  assertEquals(await snapshot.count({ where: "id < 2" }), 2);
  const files = await Array.fromAsync(
    snapshot.files({ where: col("id").eq(1) }),
  );
  assertEquals(files.map((file) => file.partitionValues), [{ id: "1" }]);
});

Deno.test("rows() gives a column called __proto__ as one of the row's own", async () => {
  const [row] = await Array.fromAsync((await snapshotOf(1)).rows());
  assertEquals(Object.keys(row!), ["id", "__proto__"]);
  assertEquals(Object.getPrototypeOf(row), Object.prototype);
});

Deno.test("toArrow() of a table without rows still has its columns", async () => {
  const table = await (await snapshotOf(0)).toArrow({ columns: ["__proto__"] });
  assertEquals(table.numRows, 0);
  assertEquals(table.schema.fields.map((f) => f.name), ["__proto__"]);
});
