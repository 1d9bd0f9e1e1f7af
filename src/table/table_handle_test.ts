import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DeltaError, DeltaTable, memoryStore } from "../mod.ts";
import { contextFor, loadAt } from "./reach_table.ts";
import { TableHandle } from "./table_handle.ts";
import type { OperationCost } from "./table_reports.ts";

async function closedTable() {
  const store = memoryStore();
  const table = await DeltaTable.create(store.url, {
    store,
    schema: {
      kind: "struct",
      fields: [
        { name: "id", type: { kind: "long" }, nullable: true, metadata: {} },
      ],
    },
    properties: { "delta.enableChangeDataFeed": "true" },
  });
  await table.append([{ id: 1n }]);
  const { snapshot } = table;
  const transaction = table.transaction();
  const begun = table.changes({ from: 0 });
  await table.close();
  // A second time does nothing.
  await table.close();
  return { store, table, snapshot, transaction, begun };
}

Deno.test("every call of a closed table is refused, and does nothing", async (t) => {
  const { store, table, snapshot, transaction, begun } = await closedTable();
  const calls: Record<string, () => unknown> = {
    append: () => table.append([{ id: 2n }]),
    overwrite: () => table.overwrite([{ id: 2n }]),
    appendSelect: () => table.appendSelect(),
    delete: () => table.delete(),
    update: () => table.update({ set: { id: 3 } }),
    merge: () => table.merge({ source: [{ id: 1n }], on: ["id"] }),
    optimize: () => table.optimize(),
    vacuum: () => table.vacuum(),
    restore: () => table.restore({ version: 0 }),
    checkpoint: () => table.checkpoint(),
    compactLog: () => table.compactLog(),
    cleanup: () => table.cleanup(),
    alter: () => table.alter.setProperties({ properties: { "a.b": "c" } }),
    refresh: () => table.refresh(),
    at: () => table.at({ version: 0 }),
    resolve: () => table.resolve("token", 1),
    history: () => Array.fromAsync(table.history()),
    rows: () => Array.fromAsync(table.rows()),
    scan: () => Array.fromAsync(table.scan()),
    toArrow: () => table.toArrow(),
    count: () => table.count(),
    files: () => Array.fromAsync(table.files()),
    changes: () => Array.fromAsync(table.changes({ from: 0 })),
    "changes asked for before": () => begun.next(),
    "a snapshot's rows": () => Array.fromAsync(snapshot.rows()),
    "a snapshot's timestamp": () => snapshot.timestamp(),
    "a transaction's commit": () =>
      transaction.setTxn({ appId: "a", version: 1 }).commit(),
  };
  for (const [name, call] of Object.entries(calls)) {
    await t.step(name, async () => {
      const error = await assertRejects(async () => await call(), DeltaError);
      assertEquals(error.code, "DELTA_HANDLE_CLOSED", error.message);
      assertEquals(error.outcome, "failed");
    });
  }
  assertThrows(() => table.transaction(), DeltaError);
  // What it was is still told; and another handle goes on.
  assertEquals([table.version, snapshot.version], [1, 1]);
  const other = await DeltaTable.open(store.url, { store });
  assertEquals(other.version, 1);
  assert(await other.count() === 1);
});

Deno.test("move() never goes back: calls of one handle may overlap", async () => {
  const { store } = await closedTable();
  const context = await contextFor(store.url, { store });
  const at = (version?: number) =>
    loadAt(context, { version }, undefined, undefined);
  const handle = new TableHandle(context, await at(0), { store });
  assertEquals(handle.move(await at(1)).version, 1);
  assertEquals(handle.move(await at(0)).version, 1);
  assertEquals([handle.snapshot.version, handle.state.version], [1, 1]);
});

Deno.test("costs() counts the calls of the store from its own on", async () => {
  const { store } = await closedTable();
  const context = await contextFor(store.url, { store });
  const snapshot = await loadAt(context, {}, undefined, undefined);
  const handle = new TableHandle(context, snapshot, { store });
  const cost = handle.costs();
  await context.store.head("nothing");
  const { requests, durationMs }: OperationCost = cost();
  assertEquals(requests, 1);
  assert(durationMs >= 0);
});
