import { assert, assertEquals, assertRejects } from "@std/assert";
import { column, columns } from "../../testing/built_table.ts";
import { changedTable } from "../../testing/changed_table.ts";
import { virtualHost } from "../../testing/virtual_host.ts";
import { DeltaError } from "../errors.ts";
import { col } from "../expression/predicate.ts";
import { loadSnapshot } from "../snapshot/load_snapshot.ts";
import { type Fault, faultOn, faultyStore } from "../store/faulty_store.ts";
import { memoryStore } from "../store/memory_store.ts";
import { contextOf } from "../store/table_context.ts";
import { append } from "./append.ts";
import { createTable } from "./create.ts";
import { deleteRows } from "./delete.ts";

const SCHEMA = columns(column("id", "long"), column("p", "string"));
const VECTORS = { "delta.enableDeletionVectors": "true" };
const FEED = { "delta.enableChangeDataFeed": "true" };
const ROWS = [
  { id: 1, p: "a" },
  { id: 2, p: "a" },
  { id: 3, p: "b" },
  { id: 4, p: null },
];

Deno.test("deleteRows() drops partitions without opening a file, and needs no change files for it", async () => {
  const table = await changedTable(SCHEMA, {
    partitionBy: ["p"],
    properties: FEED,
    rows: ROWS,
  });
  table.store.reset();
  const base = await table.load();
  table.store.reset();
  const result = await deleteRows(table.context, base, { where: "p = 'a'" });
  const read = table.store.calls.filter((call) =>
    call.path.endsWith("parquet")
  );
  assertEquals(read, []);
  assertEquals(result.metrics.numDeletedRows, 2);
  assertEquals(result.metrics.numRemovedFiles, 1);
  assertEquals(result.metrics.numAddedChangeFiles, 0);
  assertEquals(
    (await table.changes(2)).map((row) => [row["id"], row["_change_type"]]),
    [[1n, "delete"], [2n, "delete"]],
  );
});

Deno.test("deleteRows() tells every change of a version in change files once it needs one", async () => {
  const table = await changedTable(SCHEMA, {
    partitionBy: ["p"],
    properties: FEED,
    rows: ROWS,
  });
  const where = "id = 1 OR p = 'b'";
  const result = await deleteRows(table.context, await table.load(), { where });
  assertEquals(result.metrics.numRemovedFiles, 2);
  const actions = await table.actions(2);
  assertEquals(actions.filter((action) => "cdc" in action).length, 2);
  const ids = (await table.changes(2)).map((row) => row["id"]);
  assertEquals(ids.sort(), [1n, 3n]);
});

Deno.test("deleteRows() extends a deletion vector, and removes the file when no row is left", async () => {
  const table = await changedTable(SCHEMA, {
    properties: VECTORS,
    rows: ROWS,
  });
  const first = await deleteRows(table.context, await table.load(), {
    where: col("id").eq(1),
  });
  assertEquals(first.metrics.numDeletionVectorsAdded, 1);
  assertEquals(first.metrics.numCopiedRows, 0);
  const second = await deleteRows(table.context, first.snapshot, {
    where: col("id").eq(3),
  });
  const actions = await table.actions(3);
  const add = actions.find((action) => "add" in action)!;
  const remove = actions.find((action) => "remove" in action)!;
  assert("add" in add && "remove" in remove);
  assertEquals(add.add.path, remove.remove.path);
  assertEquals(add.add.deletionVector!.cardinality, 2);
  assertEquals(remove.remove.deletionVector!.cardinality, 1);
  assertEquals(JSON.parse(add.add.stats!).numRecords, 4);
  assertEquals(JSON.parse(add.add.stats!).tightBounds, false);
  assertEquals(second.metrics.numDeletionVectorsRemoved, 1);
  const last = await deleteRows(table.context, second.snapshot, {
    where: col("id").gt(0),
  });
  assertEquals(last.metrics.numRemovedFiles, 1);
  assertEquals(await table.rows(), []);
});

Deno.test("deleteRows() keeps the rows for which the predicate is null", async () => {
  const table = await changedTable(SCHEMA, { rows: ROWS });
  await deleteRows(table.context, await table.load(), {
    where: "NOT p = 'a'",
  });
  assertEquals((await table.rows()).length, 3);
});

Deno.test("deleteRows() commits nothing where no row matches", async () => {
  const table = await changedTable(SCHEMA, { rows: ROWS });
  const result = await deleteRows(table.context, await table.load(), {
    where: "id = 99",
  });
  assertEquals(
    [result.outcome, result.committed, result.version],
    ["nothing-to-do", false, 1],
  );
  assertEquals((await table.load()).version, 1);
});

Deno.test("deleteRows() is applied once per application version", async () => {
  const table = await changedTable(SCHEMA, { rows: ROWS });
  const txn = { appId: "app", version: 7 };
  const first = await deleteRows(table.context, await table.load(), {
    where: "id = 1",
    txn,
  });
  assertEquals(first.outcome, "committed");
  const again = await deleteRows(table.context, first.snapshot, { txn });
  assertEquals([again.outcome, again.committed], ["already-applied", false]);
  assertEquals((await table.rows()).length, 3);
});

Deno.test("deleteRows() refuses an append-only table, unknown options and unknown columns", async () => {
  const table = await changedTable(SCHEMA, {
    properties: { "delta.appendOnly": "true" },
    rows: ROWS,
  });
  const plain = await changedTable(SCHEMA, { rows: ROWS });
  const cases = [
    [table, {}, "DELTA_CANNOT_MODIFY_APPEND_ONLY"],
    [plain, { wher: "id = 1" }, "DELTA_INVALID_ARGUMENT"],
    [plain, { where: "nope = 1" }, "DELTA_COLUMN_NOT_FOUND"],
    [plain, { where: "id =" }, "DELTA_UNSUPPORTED_EXPRESSION"],
  ] as const;
  for (const [{ context, load }, options, code] of cases) {
    const base = await load();
    const error = await assertRejects(
      () => deleteRows(context, base, options as never),
      DeltaError,
    );
    assertEquals(error.code, code);
  }
  assertEquals((await plain.load()).version, 1);
});

Deno.test("deleteRows() hides rows of a table that tracks them, and leaves the file its ids", async () => {
  const tracking = { "delta.enableRowTracking": "true" };
  const hiding = await changedTable(SCHEMA, {
    properties: { ...tracking, ...VECTORS },
    rows: ROWS,
  });
  await deleteRows(hiding.context, await hiding.load(), { where: "id = 1" });
  const add = (await hiding.actions(2)).find((action) => "add" in action)!;
  assert("add" in add);
  assertEquals([add.add.baseRowId, add.add.defaultRowCommitVersion], [0, 1]);
});

/** Deletes a row of four where every commit after the first two meets a fault. */
async function deleteThrough(fault: Fault): Promise<[DeltaError, string[]]> {
  const inner = memoryStore();
  const host = virtualHost(3);
  const plain = contextOf(inner, { host });
  const properties = { ...VECTORS, ...FEED };
  const { snapshot } = await createTable(plain, { schema: SCHEMA, properties });
  await append(plain, snapshot, ROWS);
  const plan = faultOn({ name: "putIfAbsent", times: Infinity }, fault);
  const context = contextOf(faultyStore(inner, plan), { host });
  const base = await loadSnapshot(context);
  const error = await assertRejects(
    () => deleteRows(context, base, { where: "id = 1" }),
    DeltaError,
  );
  const paths = await Array.fromAsync(inner.list(""), (meta) => meta.path);
  return [error, paths.filter((path) => !path.startsWith("_delta_log"))];
}

Deno.test("deleteRows() leaves no file behind when the commit is refused, and every file when nobody knows", async () => {
  const [refused, left] = await deleteThrough({ kind: "rejected" });
  assertEquals([refused.outcome, left.length], ["failed", 1]);
  const [unknown, kept] = await deleteThrough({ kind: "before" });
  assertEquals([unknown.outcome, kept.length], ["unknown", 3]);
});

Deno.test("deleteRows() conflicts with whoever changed its file first", async () => {
  const table = await changedTable(SCHEMA, { properties: VECTORS, rows: ROWS });
  const base = await table.load();
  await deleteRows(table.context, base, { where: "id = 1" });
  const error = await assertRejects(
    () => deleteRows(table.context, base, { where: "id = 2" }),
    DeltaError,
  );
  assertEquals(error.kind, "conflict");
  assertEquals((await table.rows()).length, 3);
});

Deno.test("deleteRows() on partition columns alone deletes what the condition says, and nothing where it has no value", async () => {
  const table = await changedTable(SCHEMA, {
    partitionBy: ["p"],
    rows: [{ id: 1, p: "axb" }, { id: 2, p: "axc" }, { id: 3, p: null }],
  });
  for (const where of ["CAST(p AS INT) = 7", "1 / 0 = 1"]) {
    const error = await assertRejects(
      async () =>
        await deleteRows(table.context, await table.load(), { where }),
      DeltaError,
    );
    assertEquals(error.code, "DELTA_EXPRESSION_FAILED");
  }
  const { metrics } = await deleteRows(table.context, await table.load(), {
    where: "p LIKE 'a%b'",
  });
  assertEquals(metrics.numDeletedRows, 1);
});
