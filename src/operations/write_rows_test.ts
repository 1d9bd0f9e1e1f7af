import { assert, assertEquals, assertRejects } from "@std/assert";
import { DeltaError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { StructType } from "../schema/data_type.ts";
import { loadSnapshot } from "../snapshot/load_snapshot.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { type Fault, faultOn, faultyStore } from "../store/faulty_store.ts";
import { memoryStore } from "../store/memory_store.ts";
import type { ObjectStore } from "../store/object_store.ts";
import { contextOf } from "../store/table_context.ts";
import { append } from "./append.ts";
import { createTable, existing, schemaOf } from "./create.ts";
import { overwrite, removeOf } from "./overwrite.ts";
import { isApplied, unwritten } from "./write_options.ts";
import { withSchema } from "./write_rows.ts";

const SCHEMA: StructType = {
  kind: "struct",
  fields: [
    { name: "id", type: { kind: "long" }, nullable: true, metadata: {} },
  ],
};

/** A machine whose clock runs only while something sleeps. */
function fastHost(): Host {
  let now = 1_700_000_000_000, names = 0;
  return {
    now: () => now,
    sleep: (ms) => {
      now += ms;
      return Promise.resolve();
    },
    uuid: () => `00000000-0000-4000-8000-${`${names++}`.padStart(12, "0")}`,
    random: () => 0.5,
  };
}

async function tableIn(
  store: ObjectStore,
  properties: Record<string, string> = {},
): Promise<Snapshot> {
  const context = contextOf(store, { host: fastHost() });
  const { snapshot } = await createTable(context, {
    schema: SCHEMA,
    properties,
  });
  return snapshot;
}

async function dataFilesIn(store: ObjectStore): Promise<string[]> {
  const paths = await Array.fromAsync(store.list(""), (meta) => meta.path);
  return paths.filter((path) => path.endsWith(".parquet"));
}

/** Appends a row where every request for the commit meets a fault. */
async function appendThrough(
  inner: ObjectStore,
  fault: Fault,
  times: number,
): Promise<DeltaError | number> {
  const plan = faultOn({ name: "putIfAbsent", times }, fault);
  const context = contextOf(faultyStore(inner, plan), { host: fastHost() });
  try {
    const base = await loadSnapshot(context, {});
    const { report } = await append(context, base, [{ id: 1n }]);
    return report.version;
  } catch (error) {
    assert(error instanceof DeltaError, String(error));
    return error;
  }
}

Deno.test("append() is one commit when the store loses the answer", async () => {
  const store = memoryStore();
  await tableIn(store);
  assertEquals(await appendThrough(store, { kind: "after" }, 1), 1);
  assertEquals((await dataFilesIn(store)).length, 1);
  const latest = await loadSnapshot(contextOf(store), {});
  assertEquals([latest.version, (await latest.files()).count], [1, 1]);
});

Deno.test("append() keeps its data file when nobody knows whether the commit took effect", async () => {
  const store = memoryStore();
  await tableIn(store);
  const error = await appendThrough(store, { kind: "before" }, Infinity);
  assert(error instanceof DeltaError);
  assertEquals([error.outcome, error.retry], ["unknown", "unknown"]);
  assertEquals((await dataFilesIn(store)).length, 1);
});

Deno.test("append() deletes its data file when the store refuses the commit", async () => {
  const store = memoryStore();
  await tableIn(store);
  const error = await appendThrough(store, { kind: "rejected" }, Infinity);
  assert(error instanceof DeltaError);
  assertEquals(error.outcome, "failed");
  assertEquals(await dataFilesIn(store), []);
});

Deno.test("overwrite() of an empty table with nothing makes no version", async () => {
  const store = memoryStore();
  const base = await tableIn(store);
  const { report } = await overwrite(contextOf(store), base, []);
  assertEquals(report.outcome, "nothing-to-do");
});

Deno.test("overwrite() with nothing empties the table", async () => {
  const store = memoryStore();
  const context = contextOf(store);
  const filled = await append(context, await tableIn(store), [{ id: 1n }]);
  const { report, snapshot } = await overwrite(context, filled.snapshot, []);
  assertEquals([report.version, report.removedFiles], [2, 1]);
  assertEquals((await snapshot.files()).count, 0);
});

Deno.test("removeOf() keeps what tells the logical file, and drops its statistics", () => {
  const remove = removeOf({
    path: "a",
    partitionValues: { p: null },
    size: 5,
    modificationTime: 1,
    dataChange: true,
    stats: "{}",
    baseRowId: 7,
  }, 99);
  assertEquals(remove, {
    path: "a",
    deletionTimestamp: 99,
    dataChange: true,
    extendedFileMetadata: true,
    partitionValues: { p: null },
    size: 5,
    baseRowId: 7,
  });
});

Deno.test("isApplied() asks for the application's version or a later one", async () => {
  const store = memoryStore();
  const base = await tableIn(store);
  const txn = { appId: "a", version: 5 };
  assertEquals(isApplied(base, txn), false);
  const { snapshot } = await append(contextOf(store), base, [{ id: 1n }], {
    txn,
  });
  assertEquals(isApplied(snapshot, txn), true);
  assertEquals(isApplied(snapshot, { appId: "a", version: 6 }), false);
  assertEquals(isApplied(snapshot, { appId: "b", version: 5 }), false);
  assertEquals(unwritten(snapshot, "already-applied").report.version, 1);
});

Deno.test("withSchema() lists the feature that a new type needs", async () => {
  const base = await tableIn(memoryStore());
  const ntz: StructType = {
    kind: "struct",
    fields: [...SCHEMA.fields, {
      name: "at",
      type: { kind: "timestamp_ntz" },
      nullable: true,
      metadata: {},
    }],
  };
  const grown = withSchema(contextOf(memoryStore()), base, ntz, []);
  assert(grown.protocol.readerFeatures?.includes("timestampNtz"));
});

Deno.test("append() that adds a column of a plain type leaves the protocol alone", async () => {
  const store = memoryStore();
  const base = await tableIn(store);
  const rows = [{ id: 1n, at: new Date(0) }];
  const { snapshot } = await append(contextOf(store), base, rows, {
    mergeSchema: true,
  });
  assertEquals(snapshot.protocol, base.protocol);
  assertEquals(snapshot.schema.fields[1]!.type.kind, "timestamp");
});

Deno.test("createTable() keeps the answer of a create whose reply was lost", async () => {
  const inner = memoryStore();
  const plan = faultOn({ name: "putIfAbsent" }, { kind: "after" });
  const context = contextOf(faultyStore(inner, plan), { host: fastHost() });
  const { created, snapshot } = await createTable(context, { schema: SCHEMA });
  assertEquals([created, snapshot.version], [true, 0]);
});

Deno.test("existing() is undefined where nothing is, and throws where the log is broken", async () => {
  const store = memoryStore();
  assertEquals(await existing(contextOf(store)), undefined);
  await store.put(
    "_delta_log/00000000000000000000.json",
    new TextEncoder().encode('{"metaData":'),
  );
  await assertRejects(() => existing(contextOf(store)), DeltaError, "00000");
});

Deno.test("schemaOf() refuses what is no schema", async () => {
  for (const input of [5, null, { fields: 3 }]) {
    const error = await assertRejects(
      () => Promise.resolve().then(() => schemaOf(input as never)),
      DeltaError,
    );
    assertEquals(error.code, "DELTA_INVALID_ARGUMENT");
  }
});
