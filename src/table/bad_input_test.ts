import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { col } from "../expression/predicate.ts";
import type { StructType } from "../schema/data_type.ts";
import { memoryStore } from "../store/memory_store.ts";
import { DeltaTable } from "../table.ts";

const SCHEMA: StructType = {
  kind: "struct",
  fields: [
    { name: "id", type: { kind: "long" }, nullable: true, metadata: {} },
    { name: "s", type: { kind: "string" }, nullable: true, metadata: {} },
  ],
};

/** A table of two rows, spoken to as JavaScript would: without types. */
// deno-lint-ignore no-explicit-any
async function untyped(): Promise<any> {
  const store = memoryStore();
  const schema = SCHEMA;
  const table = await DeltaTable.create("memory://", { store, schema });
  await table.append([{ id: 1n, s: "a" }, { id: 2n, s: "b" }]);
  return table;
}

async function refused(call: () => unknown, about: string): Promise<void> {
  const error = await assertRejects(async () => await call(), DeltaError);
  assertEquals(error.code, "DELTA_INVALID_ARGUMENT", about);
  assertEquals(error.outcome, "failed", about);
}

Deno.test("a delete whose options are no options deletes nothing", async (t) => {
  // Each of these spreads into no option at all, which would mean every row.
  for (
    const [name, options] of Object.entries({
      number: 5,
      function: (row: { id: bigint }) => row.id === 1n,
      signal: new AbortController().signal,
      list: [],
      map: new Map([["where", "id = 1"]]),
      null: null,
      date: new Date(0),
    })
  ) {
    await t.step(name, async () => {
      const table = await untyped();
      await refused(() => table.delete(options), name);
      assertEquals(await table.count(), 2);
    });
  }
});

Deno.test("every call of a table refuses options that are none, and names that no option has", async (t) => {
  const reads = ["rows", "scan", "toArrow", "count", "files", "history", "at"];
  const writes = ["delete", "update", "merge", "optimize", "restore", "vacuum"];
  const others = ["refresh", "checkpoint", "cleanup", "compactLog", "changes"];
  for (const name of [...reads, ...writes, ...others, "appendSelect"]) {
    await t.step(name, async () => {
      const table = await untyped();
      for (const options of [null, 5, "id = 1", { wheer: "id = 1" }]) {
        await refused(async () => {
          const answer = table[name](options);
          if (Symbol.asyncIterator in answer) await Array.fromAsync(answer);
          else await answer;
        }, `${name} ${options}`);
      }
      assertEquals(table.version, 1);
    });
  }
});

const NONE: readonly unknown[] = [undefined, null, 5, true, {}, () => 1];

Deno.test("changes of columns refuse what names none", async () => {
  const table = await untyped();
  const { alter } = table;
  for (const column of [...NONE, [], [5], [[]], [null]]) {
    const about = `${JSON.stringify(column)}`;
    await refused(() => alter.renameColumn({ column, to: "x" }), about);
    await refused(() => alter.widenColumn({ column, type: "long" }), about);
    await refused(() => alter.setNotNull({ column }), about);
    await refused(() => alter.dropNotNull({ column }), about);
    await refused(() => alter.setDefault({ column, default: "1" }), about);
    await refused(() => alter.dropDefault({ column }), about);
    await refused(() => alter.dropColumns({ columns: [column] }), about);
    await refused(() => alter.addColumns({ columns: [column] }), about);
    const named = { name: column, type: "long" };
    await refused(() => alter.addColumns({ columns: [named] }), about);
  }
  assertEquals(table.version, 1);
});

Deno.test("a merge refuses clauses that are no list, and a condition that is none", async () => {
  const table = await untyped();
  const source = [{ id: 1n, s: "c" }];
  const on = ["id"];
  const whenMatched = [{ update: "all" }];
  const whenNotMatched = [{ insert: "all" }];
  for (const none of [...NONE, [5], [null]]) {
    const about = `${JSON.stringify(none)}`;
    const merge = (options: object) =>
      refused(() => table.merge({ source, on, ...options }), about);
    await merge({ on: none, whenMatched });
    if (none === undefined) continue;
    await merge({ whenMatched: none, whenNotMatched });
    await merge({ whenMatched, whenNotMatched: none });
    await merge({ whenMatched, whenNotMatchedBySource: none });
  }
  // A record may be one of no columns.
  for (const none of [null, 5, true, [5], () => 1]) {
    const about = `${JSON.stringify(none)}`;
    const merge = (options: object) =>
      refused(() => table.merge({ source, on, ...options }), about);
    await merge({ whenMatched: [{ update: none }] });
    await merge({ whenNotMatched: [{ insert: none }] });
    await merge({ whenNotMatchedBySource: [{ update: none }] });
    await refused(() => table.appendSelect({ add: none }), about);
    await refused(() => table.update({ set: none }), about);
  }
  // No column at all would match every row with every other.
  await refused(() => table.merge({ source, on: [], whenMatched }), "[]");
  assertEquals(table.version, 1);
});

Deno.test("every call of a table refuses shared options of another type", async () => {
  const table = await untyped();
  for (const none of [null, 5, "no", []]) {
    await refused(() => table.rows({ rowIds: none }).next(), "row ids");
  }
  for (const none of [null, 5, {}, []]) {
    await refused(() => table.transaction({ operation: none }), "operation");
  }
  for (const operationParameters of [null, 5, "x", []]) {
    await refused(() => table.transaction({ operationParameters }), "those");
  }
  const rows = [{ id: 3n, s: "c" }];
  await refused(() => table.append(rows, { userMetadata: { by: "me" } }), "um");
  await refused(() => table.append(rows, { signal: {} }), "signal");
  await refused(() => table.append(rows, { mergeSchema: "no" }), "merge");
  await refused(() => table.append(rows, { partition: 5 }), "partition");
  await refused(() => table.append(rows, null), "null");
  await refused(() => table.rows({ signal: 5 }).next(), "read");
  await refused(() => table.rows({ columns: "id" }).next(), "columns");
  await refused(() => table.toArrow({ columns: [5] }), "columns");
  await refused(() => table.optimize({ zOrderBy: "id" }), "z-order");
  await refused(() => table.transaction({ userMetadata: 5 }), "transaction");
  await refused(
    () => table.count({ where: col("id").in("12" as never) }),
    "in",
  );
  await refused(() => table.count({ where: col(5 as never).eq(1) }), "path");
  await refused(() => Array.fromAsync(table.history({ limit: -1 })), "limit");
  await refused(() => table.at({ timestamp: null }), "time");
  assertEquals(table.version, 1);
});

Deno.test("resolve() refuses a token or a version that no error ever named", async () => {
  const table = await untyped();
  for (
    const [token, version] of [
      [undefined, 1],
      ["", 1],
      ["x", undefined],
      ["x", "1"],
      ["x", -1],
      ["x", 1.5],
      ["x", NaN],
    ]
  ) {
    await refused(() => table.resolve(token, version), `${token} ${version}`);
  }
  assertEquals((await table.refresh()).version, 1);
});

Deno.test("open() and create() refuse a place that is no text, and create() names that are none", async () => {
  // deno-lint-ignore no-explicit-any
  const door: any = DeltaTable;
  for (const uri of [undefined, null, 5, {}, new URL("memory://x")]) {
    await refused(() => door.open(uri), `${uri}`);
    await refused(() => door.create(uri, { schema: SCHEMA }), `${uri}`);
    await refused(() => door.exists(uri), `${uri}`);
  }
  const create = (options: unknown) => () =>
    door.create("memory://", {
      store: memoryStore(),
      schema: SCHEMA,
      ...options as object,
    });
  await refused(create({ partitionBy: "s" }), "partitionBy");
  await refused(create({ partitionBy: [1] }), "partitionBy");
  await refused(create({ name: 5 }), "name");
  await refused(create({ description: {} }), "description");
  await refused(create({ userMetadata: { a: 1 } }), "userMetadata");
  await refused(() => door.open("memory://x", null), "null");
});

Deno.test("create() refuses a schema that no reader could read", async (t) => {
  const field = (extra: object) => ({
    kind: "struct",
    fields: [{ ...SCHEMA.fields[0], ...extra }],
  });
  const { metadata: _, ...bare } = SCHEMA.fields[0]!;
  for (
    const [name, schema] of Object.entries({
      "no fields": { kind: "struct" },
      "no struct": { kind: "long" },
      "a field that is null": { kind: "struct", fields: [null] },
      "a name that is a number": field({ name: 5 }),
      "a name that is no text": field({ name: "\ud800" }),
      "nullable that is text": field({ nullable: "no" }),
      "no metadata": { kind: "struct", fields: [bare] },
      "no type": field({ type: undefined }),
      "a list of nothing": field({ type: { kind: "array" } }),
      "a list without containsNull": field({
        type: { kind: "array", elementType: { kind: "long" } },
      }),
      "a map without values": field({
        type: { kind: "map", keyType: { kind: "long" } },
      }),
    })
  ) {
    await t.step(name, async () => {
      const store = memoryStore();
      const error = await assertRejects(
        () =>
          DeltaTable.create("memory://", { store, schema: schema as never }),
        DeltaError,
      );
      assertEquals(error.code, "DELTA_INVALID_SCHEMA");
      assertEquals(await Array.fromAsync(store.list("")), []);
    });
  }
});

Deno.test("a condition of any length is refused in a message of a few lines", async () => {
  const table = await untyped();
  const error = await assertRejects(
    () => table.count({ where: `${"(".repeat(50_000)}id = 1` }),
    DeltaError,
  );
  assertStringIncludes(error.message, "((((");
  assertEquals(error.message.length < 1_000, true, `${error.message.length}`);
});

Deno.test("transaction() refuses one file under two spellings", async () => {
  const table = await untyped();
  const file = {
    partitionValues: {},
    size: 1,
    modificationTime: 1,
    dataChange: true,
  };
  const transaction = table.transaction();
  transaction.add({ ...file, path: "a%20b" });
  transaction.add({ ...file, path: "a b" });
  await refused(() => transaction.commit(), "twice");
});
