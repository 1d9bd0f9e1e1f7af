import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  col,
  defaultRules,
  DeltaError,
  DeltaTable,
  memoryStore,
  type ObjectStore,
  type RebaseRules,
  type Row,
  type StructField,
  type StructType,
} from "../mod.ts";
import { contextFor, loadAt, within } from "./reach_table.ts";

const field = (name: string, kind: "long" | "string"): StructField => ({
  name,
  type: { kind },
  nullable: true,
  metadata: {},
});

const ORDERS: StructType = {
  kind: "struct",
  fields: [field("id", "long"), field("item", "string")],
};

const ROWS = [
  { id: 1n, item: "kite" },
  { id: 2n, item: "drum" },
  { id: 3n, item: null },
];

/** A table of one file with three rows, at version 1. */
async function orders(
  properties: Record<string, string> = {},
  store: ObjectStore = memoryStore(),
): Promise<DeltaTable> {
  const table = await DeltaTable.create(store.url, {
    store,
    schema: ORDERS,
    properties,
  });
  await table.append(ROWS);
  return table;
}

async function rowsOf(table: DeltaTable): Promise<Row[]> {
  const rows = await Array.fromAsync(table.rows());
  return rows.sort((a, b) => a.id! < b.id! ? -1 : 1);
}

Deno.test("every verb that commits moves the handle to its version, and answers plainly", async () => {
  const table = await orders();
  const reports = [
    await table.update({ set: { item: "flute" }, where: "id = 3" }),
    await table.delete({ where: col("id").eq(2) }),
    await table.merge({
      source: [{ id: 1n, item: "kites" }, { id: 4n, item: "top" }],
      on: ["id"],
      whenMatched: [{ update: "all" }],
      whenNotMatched: [{ insert: "all" }],
    }),
    await table.appendSelect({
      where: "id > 3",
      set: { id: col("id").plus(1) },
    }),
    await table.overwrite([{ id: 5n, item: "ball" }], { where: "id = 5" }),
    await table.optimize(),
    await table.alter.addColumns({ columns: [{ name: "n", type: "long" }] }),
    await table.restore({ version: 1 }),
  ];
  assert(reports.every((r) => r.committed && r.attempts === 1 && r.token));
  assertEquals(reports.map((r) => [r.version, r.readVersion, r.outcome]), [
    [2, 1, "committed"],
    [3, 2, "committed"],
    [4, 3, "committed"],
    [5, 4, "committed"],
    [6, 5, "committed"],
    [7, 6, "committed"],
    [8, 7, "committed"],
    [9, 8, "committed"],
  ]);
  for (const report of reports) assert(!("snapshot" in report));
  assertEquals(table.version, 9);
  assertEquals(await rowsOf(table), ROWS);
  const before = await table.at({ version: 6 });
  assertEquals(
    (await Array.fromAsync(before.rows({ where: "id > 2" })))
      .map((row) => row.item).sort(),
    ["ball", "flute", "top"],
  );
  const { length } = await Array.fromAsync(table.history());
  assertEquals(length, 10);
});

Deno.test("verbs that find nothing to do leave the handle where it is", async () => {
  const table = await orders();
  const none = { where: "id > 99" };
  const reports = [
    await table.append([]),
    await table.overwrite([], none),
    await table.delete(none),
    await table.update({ set: { item: "x" }, ...none }),
    await table.appendSelect(none),
    await table.optimize(),
    await table.restore({ version: 1 }),
  ];
  assertEquals(
    reports.map((r) => [r.outcome, r.committed, r.version]),
    Array(7).fill(["nothing-to-do", false, 1]),
  );
  assertEquals(table.version, 1);
});

Deno.test("what looks after the log and old files makes no version", async () => {
  const table = await orders();
  await table.delete({ where: "id = 1" });
  const checkpoint = await table.checkpoint();
  assertEquals([checkpoint.version, checkpoint.files], [2, 1]);
  assertEquals((await table.compactLog({ from: 0, to: 2 })).outcome, "written");
  assertEquals((await table.cleanup()).outcome, "nothing-to-do");
  const vacuum = await table.vacuum();
  assertEquals([vacuum.outcome, vacuum.files.length], ["nothing-to-do", 0]);
  assert(!("snapshot" in vacuum) && !("snapshot" in checkpoint));
  assertEquals(table.version, 2);
  assertEquals((await table.refresh()).version, 2);
});

Deno.test("a vacuum by a stale handle keeps it where it is", async () => {
  const store = memoryStore();
  const table = await orders({}, store);
  const other = await DeltaTable.open(store.url, { store });
  await other.append([{ id: 9n, item: "later" }]);
  assertEquals((await table.vacuum()).version, 2);
  assertEquals([table.version, await table.count()], [1, 3]);
});

Deno.test("changes() tells what the verbs did", async () => {
  const table = await orders({ "delta.enableChangeDataFeed": "true" });
  await table.update({ set: { item: "kites" }, where: "id = 1" });
  await table.delete({ where: "id = 2" });
  const changes: unknown[] = [];
  for await (const batch of table.changes({ from: 2, where: "id < 3" })) {
    for (const row of batch) {
      const { item, _change_type, _commit_version } = row.toJSON();
      changes.push([item, _change_type, _commit_version]);
    }
  }
  assertEquals(changes.map((change) => String(change)).sort(), [
    "drum,delete,3",
    "kite,update_preimage,2",
    "kites,update_postimage,2",
  ]);
});

Deno.test("delete() hides rows by a deletion vector only where the table wants it", async () => {
  for (const enabled of [true, false]) {
    const table = await orders({
      "delta.feature.deletionVectors": "supported",
      "delta.enableDeletionVectors": String(enabled),
    });
    const [before] = await Array.fromAsync(table.files());
    await table.delete({ where: "id = 2" });
    const [after] = await Array.fromAsync(table.files());
    assertEquals(after!.deletionVector?.cardinality, enabled ? 1 : undefined);
    assertEquals(after!.path === before!.path, enabled);
    // The file's own rows are counted, and its bounds no longer said to be tight.
    const { numRecords, tightBounds } = JSON.parse(after!.stats!);
    assertEquals([numRecords, tightBounds], enabled ? [3, false] : [2, true]);
    assertEquals(await table.count(), 2);
  }
});

Deno.test("a table whose row tracking is suspended gives no ids", async () => {
  const table = await orders({
    "delta.feature.rowTracking": "supported",
    "delta.rowTrackingSuspended": "true",
  });
  const [file] = await Array.fromAsync(table.files());
  assertEquals([file!.baseRowId, file!.defaultRowCommitVersion], [
    undefined,
    undefined,
  ]);
  assertEquals(table.snapshot.domains.size, 0);
});

Deno.test("the rules that a table was opened with are those of its verbs", async () => {
  const store = memoryStore();
  const asked: string[] = [];
  const rules: RebaseRules = {
    ...defaultRules,
    firstRowId: (...args) => {
      asked.push("firstRowId");
      return defaultRules.firstRowId(...args);
    },
  };
  const table = await DeltaTable.create(store.url, {
    store,
    schema: ORDERS,
    rules,
    properties: { "delta.enableRowTracking": "true" },
  });
  await table.append(ROWS);
  const before = asked.length;
  await table.appendSelect({ where: "id = 1" });
  assert(asked.length > before && before > 0);
});

Deno.test("within() lets go of a store that was opened for nothing, and of no other", async () => {
  const failing = () => Promise.reject(new Error("no"));
  let closed = 0;
  const store = memoryStore();
  const watched = { ...store, close: () => Promise.resolve(void closed++) };
  await assertRejects(
    () => within(store.url, { store: watched as never }, failing),
    Error,
    "no",
  );
  assertEquals(closed, 0);
  const context = await contextFor("memory://reach-table-test", {});
  await assertRejects(
    () => loadAt(context, {}, undefined, undefined),
    DeltaError,
  );
  await context.close();
});

Deno.test("upkeep of the log says what it cost", async () => {
  const table = await orders();
  await table.append(ROWS);
  for (const report of [await table.compactLog(), await table.cleanup()]) {
    assert(report.requests > 0 && report.durationMs >= 0);
  }
});
