import { assert, assertEquals, assertRejects } from "@std/assert";
import * as arrow from "apache-arrow";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AddFile,
  col,
  type DataType,
  DeltaError,
  DeltaTable,
  type ErrorCode,
  faultOn,
  faultyStore,
  memoryStore,
  type ObjectStore,
  type Row,
  type RowInput,
  type StructField,
  type StructType,
  tracedStore,
} from "./mod.ts";

const field = (
  name: string,
  type: DataType | DataType["kind"],
  nullable = true,
): StructField => ({
  name,
  type: typeof type === "string" ? { kind: type } as DataType : type,
  nullable,
  metadata: {},
});

const struct = (...fields: StructField[]): StructType => ({
  kind: "struct",
  fields,
});

const ORDERS = struct(field("id", "long", false), field("item", "string"));

let names = 0;

/** A table of its own, on a store that the test may wrap. */
async function tableOn(
  store: ObjectStore,
  schema: StructType = ORDERS,
  options: {
    partitionBy?: string[];
    properties?: Record<string, string>;
  } = {},
): Promise<DeltaTable> {
  return await DeltaTable.create(store.url, { store, schema, ...options });
}

function freshStore(): ObjectStore {
  return memoryStore(`table-test-${names++}`);
}

async function rowsOf(
  source: { rows(): AsyncGenerator<Row> },
  key = "id",
): Promise<Row[]> {
  const rows = await Array.fromAsync(source.rows());
  return rows.sort((a, b) => a[key]! < b[key]! ? -1 : 1);
}

async function filesOf(table: DeltaTable): Promise<AddFile[]> {
  return await Array.fromAsync(table.files());
}

async function refused(
  code: ErrorCode,
  run: () => Promise<unknown>,
): Promise<DeltaError> {
  const error = await assertRejects(run, DeltaError);
  assertEquals(error.code, code, error.message);
  return error;
}

Deno.test("append() and overwrite() make versions that stay readable", async () => {
  const store = freshStore();
  const table = await tableOn(store);
  assertEquals(table.version, 0);
  const first = await table.append([{ id: 1n, item: "a" }, {
    id: 2,
    item: null,
  }]);
  assertEquals([first.version, first.rows, first.files], [1, 2, 1]);
  await table.append([{ id: 3n, item: "" }]);
  const third = await table.overwrite([{ id: 9n, item: "z" }]);
  assertEquals([third.version, third.removedFiles], [3, 2]);

  const again = await DeltaTable.open(store.url, { store });
  assertEquals(await rowsOf(again), [{ id: 9n, item: "z" }]);
  assertEquals(await rowsOf(await again.at({ version: 2 })), [
    { id: 1n, item: "a" },
    { id: 2n, item: null },
    { id: 3n, item: "" },
  ]);
  assertEquals(await (await again.at({ version: 0 })).count(), 0);
  const history = await Array.fromAsync(again.history());
  assertEquals(
    history.map((entry) => [entry.version, entry.operation]),
    [[3, "WRITE"], [2, "WRITE"], [1, "WRITE"], [0, "CREATE TABLE"]],
  );
});

Deno.test("append() on a folder is read back from the folder alone", async () => {
  const folder = await mkdtemp(join(tmpdir(), "litmus-table-"));
  try {
    const table = await DeltaTable.create(folder, {
      schema: ORDERS,
      partitionBy: ["item"],
    });
    await table.append([{ id: 1n, item: "a b/c%20=ü:'" }, {
      id: 2n,
      item: "",
    }]);
    await table.close();
    const again = await DeltaTable.open(`file://${folder}`);
    assertEquals(await rowsOf(again), [
      { id: 1n, item: "a b/c%20=ü:'" },
      { id: 2n, item: null },
    ]);
    assertEquals(
      await Array.fromAsync(again.rows({ where: col("item").isNull() })),
      [{ id: 2n, item: null }],
    );
    await again.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});

const EVERYTHING = struct(
  field("id", "long", false),
  field("byte", "byte"),
  field("short", "short"),
  field("integer", "integer"),
  field("float", "float"),
  field("double", "double"),
  field("small", { kind: "decimal", precision: 9, scale: 2 }),
  field("large", { kind: "decimal", precision: 38, scale: 10 }),
  field("string", "string"),
  field("binary", "binary"),
  field("boolean", "boolean"),
  field("date", "date"),
  field("timestamp", "timestamp"),
  field("ntz", "timestamp_ntz"),
  field(
    "nested",
    struct(field("a", "integer"), field("deep", struct(field("b", "string")))),
  ),
  field("list", {
    kind: "array",
    elementType: { kind: "long" },
    containsNull: true,
  }),
  field("map", {
    kind: "map",
    keyType: { kind: "string" },
    valueType: struct(field("x", "double")),
    valueContainsNull: true,
  }),
);

const EVERY_ROW: Row[] = [
  {
    id: 1n,
    byte: -128,
    short: 32767,
    integer: -2147483648,
    float: 1.5,
    double: -0,
    small: { unscaled: -999999999n, scale: 2 },
    large: { unscaled: 99999999999999999999999999999999999999n, scale: 10 },
    string: "",
    binary: new Uint8Array(),
    boolean: false,
    date: -719162,
    timestamp: -62135596800000000n,
    ntz: 253402300799999999n,
    nested: { a: 1, deep: { b: "😀" } },
    list: [1n, null, -9223372036854775808n],
    map: new Map([["k", { x: NaN }], ["", null]]),
  },
  {
    id: 2n,
    ...Object.fromEntries(
      EVERYTHING.fields.slice(1).map((f) => [f.name, null]),
    ),
  },
  {
    id: 3n,
    byte: 0,
    short: 0,
    integer: 0,
    float: NaN,
    double: Infinity,
    small: { unscaled: 0n, scale: 2 },
    large: { unscaled: -1n, scale: 10 },
    string: "a".repeat(1000),
    binary: Uint8Array.of(0, 255),
    boolean: true,
    date: 2932896,
    timestamp: 1n,
    ntz: -1n,
    nested: { a: null, deep: null },
    list: [],
    map: new Map(),
  },
];

Deno.test("append() keeps every value of every type", async () => {
  const store = freshStore();
  const table = await tableOn(store, EVERYTHING);
  await table.append(EVERY_ROW);
  const again = await DeltaTable.open(store.url, { store });
  const rows = await rowsOf(again);
  assertEquals(rows, EVERY_ROW);
  assert(Object.is(rows[0]!.double, -0), "the sign of zero is lost");
});

Deno.test("append() of a table's own Arrow writes the same rows again", async () => {
  const table = await tableOn(freshStore(), EVERYTHING);
  await table.append(EVERY_ROW);
  const copy = await tableOn(freshStore(), EVERYTHING);
  await copy.append(await table.toArrow());
  assertEquals(await rowsOf(copy), EVERY_ROW);
});

Deno.test("append() takes Arrow of other physical types that hold the values", async () => {
  const table = await tableOn(freshStore());
  const data = arrow.tableFromArrays({
    ITEM: ["x", "y", null],
    id: Int32Array.of(1, 2, 3),
  });
  await table.append(data);
  assertEquals(await rowsOf(table), [
    { id: 1n, item: "x" },
    { id: 2n, item: "y" },
    { id: 3n, item: null },
  ]);
});

Deno.test("append() makes one commit of an async iterable", async () => {
  const table = await tableOn(freshStore());
  async function* stream() {
    for (let i = 0; i < 50_000; i++) {
      if (i % 1000 === 0) await Promise.resolve();
      yield { id: BigInt(i), item: `item ${i}` };
    }
  }
  const report = await table.append(stream());
  assertEquals([report.version, report.rows, report.files], [1, 50_000, 1]);
  assertEquals(await table.count(), 50_000);
});

Deno.test("append() cuts files at the target size", async () => {
  const table = await tableOn(freshStore());
  let seed = 1;
  const noise = () => (seed = (seed * 48271) % 0x7fffffff).toString(36);
  const rows = Array.from({ length: 60_000 }, (_, i) => ({
    id: BigInt(i),
    item: noise() + noise() + noise() + noise(),
  }));
  const report = await table.append(rows, { targetFileSize: 256 * 1024 });
  const sizes = (await filesOf(table)).map((file) => file.size);
  assert(report.files > 3, `${report.files} files`);
  for (const size of sizes.slice(0, -1)) {
    assert(size > 128 * 1024 && size < 512 * 1024, `a file of ${size} bytes`);
  }
  assertEquals(await table.count(), 60_000);
});

Deno.test("append() sends two requests on a warm handle", async () => {
  const store = tracedStore(freshStore());
  await tableOn(store);
  const table = await DeltaTable.open(store.url, { store });
  for (let i = 0; i < 3; i++) {
    store.reset();
    await table.append([{ id: BigInt(i), item: "x" }]);
    assertEquals(
      store.calls.map((call) => call.name),
      ["put", "putIfAbsent"],
    );
  }
});

Deno.test("append() skips an application's version that is there", async () => {
  const store = tracedStore(freshStore());
  const table = await tableOn(store);
  const txn = { appId: "etl", version: 7 };
  await table.append([{ id: 1n, item: "a" }], { txn });
  const again = await DeltaTable.open(store.url, { store });
  store.reset();
  const report = await again.append([{ id: 1n, item: "a" }], { txn });
  assertEquals([report.outcome, report.version], ["already-applied", 1]);
  assertEquals(store.calls.length, 0);
  assertEquals(again.snapshot.appTransactions.get("etl"), 7);
});

Deno.test("append() by a handle that has not seen the application's version leaves no file behind", async () => {
  const store = tracedStore(freshStore());
  const table = await tableOn(store);
  const stale = await DeltaTable.open(store.url, { store });
  const txn = { appId: "etl", version: 1 };
  await table.append([{ id: 1n, item: "a" }], { txn });
  const report = await stale.append([{ id: 1n, item: "a" }], { txn });
  assertEquals(report.outcome, "already-applied");
  assertEquals(report.rows, 0);
  assertEquals((await dataFilesIn(store)).length, 1);
  assertEquals(await stale.count(), 1);
});

Deno.test("append() of nothing makes no version", async () => {
  const store = tracedStore(freshStore());
  const table = await tableOn(store);
  store.reset();
  for (const empty of [[], new arrow.Table(), (async function* () {})()]) {
    const report = await table.append(empty as RowInput[]);
    assertEquals([report.outcome, report.version], ["nothing-to-do", 0]);
  }
  assertEquals(store.calls.length, 0);
});

Deno.test("append() of nothing records its txn", async () => {
  const table = await tableOn(freshStore());
  const report = await table.append([], { txn: { appId: "a", version: 1 } });
  assertEquals([report.outcome, report.version, report.files], [
    "committed",
    1,
    0,
  ]);
});

Deno.test("append() refuses columns that the table lacks, naming them", async () => {
  const store = tracedStore(freshStore());
  const table = await tableOn(store);
  store.reset();
  const error = await refused(
    "DELTA_SCHEMA_MISMATCH",
    () => table.append([{ id: 1n, colour: "red", size: 3 }]),
  );
  assertEquals(error.context.columns, ["colour", "size"]);
  assertEquals(store.calls.length, 0);
});

Deno.test("append() refuses bad values before anything is written, naming row and column", async () => {
  const store = tracedStore(freshStore());
  const table = await tableOn(store);
  store.reset();
  const cases: [ErrorCode, RowInput[]][] = [
    ["DELTA_SCHEMA_MISMATCH", [{ id: 1n, item: 5 }]],
    ["DELTA_VALUE_OUT_OF_RANGE", [{ id: 2n ** 63n, item: "x" }]],
    ["DELTA_NOT_NULL_CONSTRAINT_VIOLATED", [{ id: 1n }, { id: null }]],
    ["DELTA_NOT_NULL_CONSTRAINT_VIOLATED", [{ item: "x" }]],
    ["DELTA_SCHEMA_MISMATCH", [{ id: 1n, item: "x", ITEM: "y" }]],
    ["DELTA_INVALID_ARGUMENT", [5 as unknown as RowInput]],
  ];
  for (const [code, rows] of cases) {
    await refused(code, () => table.append(rows));
  }
  assertEquals(store.calls.length, 0);
});

Deno.test("append() adds columns on request, nested ones too", async () => {
  const store = freshStore();
  const table = await tableOn(
    store,
    struct(field("id", "long"), field("s", struct(field("a", "integer")))),
  );
  await table.append([{ id: 1n, s: { a: 1 } }]);
  await table.append([{ id: 2n, s: { a: 2, b: "x" }, tags: ["t"] }], {
    mergeSchema: true,
  });
  assertEquals(await rowsOf(table), [
    { id: 1n, s: { a: 1, b: null }, tags: null },
    { id: 2n, s: { a: 2, b: "x" }, tags: ["t"] },
  ]);
  assertEquals(await rowsOf(await table.at({ version: 1 })), [
    { id: 1n, s: { a: 1 } },
  ]);
});

Deno.test("append() widens a column where the table allows it", async () => {
  const schema = struct(field("id", "integer"));
  const data = arrow.tableFromArrays({ id: BigInt64Array.of(2n ** 40n) });
  const strict = await tableOn(freshStore(), schema);
  await refused(
    "DELTA_VALUE_OUT_OF_RANGE",
    () => strict.append(data, { mergeSchema: true }),
  );
  const table = await tableOn(freshStore(), schema, {
    properties: { "delta.enableTypeWidening": "true" },
  });
  await table.append([{ id: 1 }]);
  await table.append(data, { mergeSchema: true });
  assertEquals(table.schema.fields[0]!.type.kind, "long");
  assertEquals(await rowsOf(table), [{ id: 1n }, { id: 2n ** 40n }]);
});

Deno.test("append() grows the schema in the middle of a stream", async () => {
  const table = await tableOn(freshStore());
  function* stream() {
    yield arrow.tableFromArrays({ id: BigInt64Array.of(1n) });
    yield arrow.tableFromArrays({
      id: BigInt64Array.of(2n),
      extra: Float64Array.of(0.5),
    });
  }
  const report = await table.append(stream(), { mergeSchema: true });
  assertEquals([report.version, report.rows, report.files], [1, 2, 2]);
  assertEquals(await rowsOf(table), [
    { id: 1n, item: null, extra: null },
    { id: 2n, item: null, extra: 0.5 },
  ]);
});

for (const mode of ["name", "id"]) {
  Deno.test(`append() writes physical names and ids under column mapping by ${mode}`, async () => {
    const store = freshStore();
    const schema = struct(
      field("a b", "long"),
      field("part", "string"),
      field("s", struct(field("x,y", "integer"))),
    );
    const table = await tableOn(store, schema, {
      partitionBy: ["part"],
      properties: { "delta.columnMapping.mode": mode },
    });
    await table.append([{ "a b": 1n, part: "p", s: { "x,y": 2 } }]);
    await table.append([{ "a b": 2n, part: null, s: null, more: true }], {
      mergeSchema: true,
    });
    const again = await DeltaTable.open(store.url, { store });
    assertEquals(await rowsOf(again, "a b"), [
      { "a b": 1n, part: "p", s: { "x,y": 2 }, more: null },
      { "a b": 2n, part: null, s: null, more: true },
    ]);
    const physical = again.schema.fields.map((f) =>
      f.metadata["delta.columnMapping.physicalName"]
    );
    assertEquals(new Set(physical).size, 4);
    const [file] = await filesOf(again);
    assertEquals(Object.keys(file!.partitionValues), [physical[1]]);
    assert(
      physical.includes(Object.keys(JSON.parse(file!.stats!).nullCount)[0]!),
    );
    assertEquals(
      again.metadata.configuration["delta.columnMapping.maxColumnId"],
      "5",
    );
    assertEquals(
      await Array.fromAsync(
        again.rows({ columns: ["a b"], where: col("part").eq("p") }),
      ),
      [{ "a b": 1n }],
    );
  });
}

Deno.test("append() gives a constant partition to data without the column", async () => {
  const table = await tableOn(freshStore(), ORDERS, { partitionBy: ["item"] });
  await table.append([{ id: 1n }, { id: 2n }], { partition: { item: "x" } });
  assertEquals(await rowsOf(table), [
    { id: 1n, item: "x" },
    { id: 2n, item: "x" },
  ]);
  await refused(
    "DELTA_INVALID_ARGUMENT",
    () => table.append([{ id: 1n, item: "y" }], { partition: { item: "x" } }),
  );
});

Deno.test("append() partitions by values of every simple type", async () => {
  const simple = EVERYTHING.fields.filter((f) =>
    !["struct", "array", "map"].includes(f.type.kind) &&
    !["id", "binary"].includes(f.name)
  );
  const schema = struct(field("id", "long"), ...simple);
  const table = await tableOn(freshStore(), schema, {
    partitionBy: simple.map((f) => f.name),
  });
  const pick = (row: Row) =>
    Object.fromEntries(schema.fields.map((f) => [f.name, row[f.name]!]));
  await table.append(EVERY_ROW.map(pick));
  const wanted = EVERY_ROW.map(pick).map((row) =>
    row.string === "" ? { ...row, string: null } : row
  );
  assertEquals(await rowsOf(table), wanted);
});

Deno.test("append() by a stale handle lands behind the winner", async () => {
  const store = freshStore();
  const [ours, theirs] = [
    await tableOn(store),
    await DeltaTable.open(store.url, { store }),
  ];
  await theirs.append([{ id: 1n, item: "theirs" }]);
  const report = await ours.append([{ id: 2n, item: "ours" }]);
  assertEquals([report.version, report.readVersion, report.attempts], [
    2,
    0,
    2,
  ]);
  assertEquals(await ours.count(), 2);
});

Deno.test("overwrite() conflicts with an append that it has not seen, and leaves no file behind", async () => {
  const store = freshStore();
  const table = await tableOn(store);
  await table.append([{ id: 1n, item: "a" }]);
  const stale = await DeltaTable.open(store.url, { store });
  await table.append([{ id: 2n, item: "b" }]);
  const error = await assertRejects(
    () => stale.overwrite([{ id: 9n, item: "z" }]),
    DeltaError,
  );
  assertEquals([error.kind, error.outcome], ["conflict", "failed"]);
  assertEquals((await dataFilesIn(store)).length, 2);
  assertEquals(await (await DeltaTable.open(store.url, { store })).count(), 2);
});

Deno.test("overwrite() is refused on an append-only table", async () => {
  const table = await tableOn(freshStore(), ORDERS, {
    properties: { "delta.appendOnly": "true" },
  });
  await table.append([{ id: 1n, item: "a" }]);
  await refused("DELTA_CANNOT_MODIFY_APPEND_ONLY", () => table.overwrite([]));
});

Deno.test("append() whose data file the store refuses commits nothing", async () => {
  const inner = freshStore();
  await tableOn(inner);
  const store = faultyStore(
    inner,
    faultOn({ name: "put" }, { kind: "rejected" }),
  );
  const table = await DeltaTable.open(inner.url, { store });
  const error = await refused(
    "DELTA_STORE_REJECTED",
    () => table.append([{ id: 1n, item: "a" }]),
  );
  assertEquals(error.outcome, "failed");
  assertEquals((await DeltaTable.open(inner.url, { store: inner })).version, 0);
});

Deno.test("append() that is cancelled before its commit leaves nothing behind", async () => {
  const store = freshStore();
  const table = await tableOn(store);
  const controller = new AbortController();
  function* stream() {
    yield { id: 1n, item: "a" };
    controller.abort();
    yield { id: 2n, item: "b" };
  }
  await refused(
    "DELTA_ABORTED",
    () => table.append(stream(), { signal: controller.signal }),
  );
  assertEquals(await dataFilesIn(store), []);
  assertEquals((await table.refresh()).version, 0);
});

Deno.test("options that nobody knows are refused, for they may be meant seriously", async () => {
  const store = tracedStore(freshStore());
  const table = await tableOn(store);
  store.reset();
  const odd = { wheer: col("id").eq(1n) } as object;
  await refused("DELTA_INVALID_ARGUMENT", () => table.overwrite([], odd));
  await refused("DELTA_INVALID_ARGUMENT", () => table.append([], odd));
  await refused(
    "DELTA_INVALID_ARGUMENT",
    () => table.append([{ id: 1n }], { targetFileSize: 0 }),
  );
  await refused(
    "DELTA_INVALID_ARGUMENT",
    () => DeltaTable.open(store.url, { store, versoin: 1 } as object),
  );
  assertEquals(store.calls.length, 0);
});

Deno.test("append() fills in the default of a column that a row leaves out", async () => {
  const item: StructField = {
    ...field("item", "string"),
    metadata: { CURRENT_DEFAULT: "'none'" },
  };
  const table = await tableOn(freshStore(), struct(field("id", "long"), item));
  await table.append([{ id: 1n }, { id: 2n, item: null }, {
    id: 3n,
    item: "x",
  }]);
  await table.append([{ id: 4n }]);
  assertEquals((await rowsOf(table)).map((row) => row.item), [
    "none",
    null,
    "x",
    "none",
  ]);
});

Deno.test("create() takes rows into version 0", async () => {
  const store = freshStore();
  const rows = [{ id: 1n, item: "a" }, { id: 2n, item: null }];
  const table = await DeltaTable.create(store.url, {
    store,
    schema: ORDERS,
    data: rows,
  });
  assertEquals(table.version, 0);
  assertEquals(await rowsOf(await DeltaTable.open(store.url, { store })), rows);
  await refused(
    "DELTA_TABLE_ALREADY_EXISTS",
    () => DeltaTable.create("", { store, schema: ORDERS, data: rows }),
  );
  assertEquals((await dataFilesIn(store)).length, 1);
  const replaced = await DeltaTable.create("", {
    store,
    schema: ORDERS,
    data: [{ id: 3n }],
    mode: "overwrite",
  });
  assertEquals(await rowsOf(replaced), [{ id: 3n, item: null }]);
});

Deno.test("create() with rows that loses the race leaves no file of its own", async () => {
  const store = freshStore();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 6 }, (_, i) =>
      DeltaTable.create(store.url, {
        store,
        schema: ORDERS,
        data: [{ id: BigInt(i), item: "x" }],
      })),
  );
  assertEquals(outcomes.filter((o) => o.status === "fulfilled").length, 1);
  assertEquals((await dataFilesIn(store)).length, 1);
});

Deno.test("create() lets one of many win, and the others know", async () => {
  const store = freshStore();
  const outcomes = await Promise.allSettled(
    Array.from(
      { length: 8 },
      () => DeltaTable.create(store.url, { store, schema: ORDERS }),
    ),
  );
  const won = outcomes.filter((o) => o.status === "fulfilled");
  assertEquals(won.length, 1);
  for (const outcome of outcomes) {
    if (outcome.status === "fulfilled") continue;
    assertEquals(outcome.reason.code, "DELTA_TABLE_ALREADY_EXISTS");
  }
});

Deno.test("create() in mode ignore opens the winner", async () => {
  const store = freshStore();
  const tables = await Promise.all(
    Array.from(
      { length: 8 },
      () =>
        DeltaTable.create(store.url, { store, schema: ORDERS, mode: "ignore" }),
    ),
  );
  assertEquals(tables.filter((table) => table.created).length, 1);
  assertEquals(new Set(tables.map((table) => table.metadata.id)).size, 1);
});

Deno.test("create() in mode overwrite replaces definition and rows in one commit", async () => {
  const store = freshStore();
  const table = await tableOn(store);
  await table.append([{ id: 1n, item: "a" }]);
  const replaced = await DeltaTable.create(store.url, {
    store,
    schema: struct(field("n", "double")),
    mode: "overwrite",
  });
  assertEquals([replaced.version, replaced.created], [2, true]);
  assertEquals(replaced.metadata.id, table.metadata.id);
  assertEquals(await replaced.count(), 0);
  await replaced.append([{ n: 0.5 }]);
  assertEquals(await Array.fromAsync(replaced.rows()), [{ n: 0.5 }]);
  assertEquals(await rowsOf(await replaced.at({ version: 1 })), [
    { id: 1n, item: "a" },
  ]);
});

Deno.test("create() refuses what no table may have", async () => {
  const cases: [ErrorCode, Parameters<typeof DeltaTable.create>[1]][] = [
    ["DELTA_UNKNOWN_CONFIGURATION", {
      schema: ORDERS,
      properties: { "delta.nobodyKnows": "1" },
    }],
    ["DELTA_COLUMN_NOT_FOUND", { schema: ORDERS, partitionBy: ["nope"] }],
    ["DELTA_INVALID_SCHEMA", {
      schema: struct(field("a", "long"), field("A", "long")),
    }],
    ["DELTA_INVALID_ARGUMENT", { schema: ORDERS, mode: "append" as "error" }],
  ];
  for (const [code, options] of cases) {
    const store = tracedStore(freshStore());
    await refused(
      code,
      () => DeltaTable.create(store.url, { store, ...options }),
    );
    assertEquals(store.calls.length, 0);
  }
});

Deno.test("create() takes a schema as Delta's type, its JSON and Arrow's", async () => {
  const json = {
    type: "struct" as const,
    fields: [{ name: "id", type: "long", nullable: true, metadata: {} }],
  };
  const schemas = [
    struct(field("id", "long")),
    JSON.stringify(json),
    json,
    new arrow.Schema([new arrow.Field("id", new arrow.Int64(), true)]),
  ];
  for (const schema of schemas) {
    const table = await DeltaTable.create("", { store: freshStore(), schema });
    assertEquals(table.schema, struct(field("id", "long")));
    assertEquals(table.protocol, { minReaderVersion: 1, minWriterVersion: 2 });
  }
});

Deno.test("exists() tells a table from its absence", async () => {
  const store = freshStore();
  assertEquals(await DeltaTable.exists(store.url, { store }), false);
  await tableOn(store);
  assertEquals(await DeltaTable.exists(store.url, { store }), true);
});

Deno.test("open() finds a version by time, and tells the range when there is none", async () => {
  const table = await tableOn(freshStore());
  await table.append([{ id: 1n, item: "a" }]);
  const [latest] = await Array.fromAsync(table.history({ limit: 1 }));
  const at = await table.at({ timestamp: new Date(latest!.timestamp) });
  assertEquals(at.version, 1);
  assertEquals(await at.timestamp(), latest!.timestamp);
  await refused(
    "DELTA_TIMESTAMP_OUT_OF_RANGE",
    () => table.at({ timestamp: "1999-01-01" }),
  );
  await refused("DELTA_VERSION_NOT_FOUND", () => table.at({ version: 99 }));
  await refused(
    "DELTA_INVALID_ARGUMENT",
    () => table.at({ version: 1, timestamp: 0 }),
  );
});

Deno.test("scan() opens only the files that may match", async () => {
  const store = tracedStore(freshStore());
  const table = await tableOn(store);
  for (let i = 0; i < 5; i++) {
    await table.append([{ id: BigInt(i * 10), item: "x" }, {
      id: BigInt(i * 10 + 9),
      item: "y",
    }]);
  }
  store.reset();
  const rows = await Array.fromAsync(table.rows({ where: col("id").eq(29n) }));
  assertEquals(rows, [{ id: 29n, item: "y" }]);
  const opened = store.calls.map((call) => call.path)
    .filter((path) => path?.endsWith(".parquet"));
  assertEquals(new Set(opened).size, 1);
});

Deno.test("checkpoint() is what a table is opened from", async () => {
  const store = tracedStore(freshStore());
  const table = await tableOn(store, EVERYTHING);
  for (const row of EVERY_ROW) await table.append([row]);
  await table.checkpoint();
  const again = await DeltaTable.open(store.url, { store });
  assertEquals(await rowsOf(again), EVERY_ROW);
  await again.append([{ ...EVERY_ROW[1]!, id: 4n }]);
  assertEquals(await again.count(), 4);
});

Deno.test("append() numbers the rows of a table that tracks them", async () => {
  const table = await tableOn(freshStore(), ORDERS, {
    properties: { "delta.enableRowTracking": "true" },
  });
  await table.append([{ id: 1n, item: "a" }, { id: 2n, item: "b" }]);
  await table.append([{ id: 3n, item: "c" }]);
  const files = await filesOf(table);
  assertEquals(
    files.map((f) => [f.baseRowId, f.defaultRowCommitVersion]).sort(),
    [[0, 1], [2, 2]],
  );
});

async function dataFilesIn(store: ObjectStore): Promise<string[]> {
  const paths = await Array.fromAsync(store.list(""), (meta) => meta.path);
  return paths.filter((path) => path.endsWith(".parquet"));
}

Deno.test("append() reports its two requests and its time", async () => {
  const table = await DeltaTable.create("memory://table-test/cost", {
    schema: { type: "struct", fields: [] },
    mode: "overwrite",
  });
  await table.alter.addColumns({ columns: [{ name: "id", type: "long" }] });
  const { requests, durationMs } = await table.append([{ id: 1n }]);
  assertEquals(requests, 2);
  assert(durationMs >= 0);
  const deleted = await table.delete({ where: "id = 1" });
  assert(deleted.requests > 0);
});

Deno.test("create() names the hidden columns of row tracking", async () => {
  const table = await DeltaTable.create("memory://table-test/row-tracking", {
    schema: { type: "struct", fields: [] },
    properties: { "delta.enableRowTracking": "true" },
    mode: "overwrite",
  });
  const { configuration } = table.metadata;
  for (const name of ["RowId", "RowCommitVersion"]) {
    const key = `delta.rowTracking.materialized${name}ColumnName`;
    assert(configuration[key], `${key} is not set`);
  }
});
