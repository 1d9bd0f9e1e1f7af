import { assertEquals, assertRejects } from "@std/assert";
import { column, columns } from "../../testing/built_table.ts";
import { DeltaError } from "../errors.ts";
import { col } from "../expression/predicate.ts";
import { append } from "../operations/append.ts";
import { createTable } from "../operations/create.ts";
import type { StructType } from "../schema/data_type.ts";
import { memoryStore } from "../store/memory_store.ts";
import { contextOf } from "../store/table_context.ts";
import { DeltaTable } from "../table.ts";
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

Deno.test("rowIds adds the id and the commit version of each row, of whatever columns and rows are asked for", async () => {
  const table = await DeltaTable.create("memory://row-ids", {
    schema: SCHEMA,
    partitionBy: ["id"],
    properties: { "delta.enableRowTracking": "true" },
    data: [{ id: 5n }, { id: 6n }, { id: 7n }],
  });
  const rows = await Array.fromAsync(
    table.rows({ columns: ["id"], where: "id > 5", rowIds: true }),
  );
  assertEquals(rows.map((row) => Object.keys(row)), [
    ["id", "_row_id", "_row_commit_version"],
    ["id", "_row_id", "_row_commit_version"],
  ]);
  assertEquals(
    rows.map((row) => [row["id"], row["_row_commit_version"]]),
    [[6n, 0n], [7n, 0n]],
  );
  const arrow = await table.toArrow({ columns: [], rowIds: true });
  assertEquals(arrow.numRows, 3);
  const ids = [...arrow.getChild("_row_id")!].map(Number).sort();
  assertEquals(ids, [0, 1, 2]);
});

Deno.test("rowIds is refused where a table keeps none, has columns of such names, or changes are read", async () => {
  const code = async (read: () => AsyncIterable<unknown>) => {
    const error = await assertRejects(
      () => Array.fromAsync(read()),
      DeltaError,
    );
    return error.code;
  };
  const plain = await snapshotOf(1);
  assertEquals(
    await code(() => plain.rows({ rowIds: true })),
    "DELTA_UNSUPPORTED_OPERATION",
  );
  const properties = {
    "delta.enableRowTracking": "true",
    "delta.enableChangeDataFeed": "true",
  };
  const named = await DeltaTable.create("memory://row-id-named", {
    schema: columns(column("_ROW_ID", "long")),
    properties,
  });
  assertEquals(
    await code(() => named.rows({ rowIds: true })),
    "DELTA_UNSUPPORTED_OPERATION",
  );
  const changes = { from: 0, rowIds: true };
  assertEquals(
    await code(() => named.changes(changes)),
    "DELTA_INVALID_ARGUMENT",
  );
});
