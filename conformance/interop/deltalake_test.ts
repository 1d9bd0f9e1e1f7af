import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import {
  type DataType,
  DeltaTable,
  type Row,
  type StructField,
  type StructType,
} from "../../src/mod.ts";
import { needs } from "../../testing/needs.ts";
import { contentsOf, difference, differences } from "./compare.ts";
import { encoderOf } from "../canonical/canonical_rows.ts";
import { startDeltalake, withFolder } from "./foreign_engine.ts";

const machine = needs({ python: true });
const deltalake = machine.ignore ? undefined : startDeltalake();
Deno.test.afterAll(async () => await deltalake?.close());

function interop(name: string, body: (folder: string) => Promise<void>): void {
  Deno.test({ name, ...machine, fn: () => withFolder(body) });
}

/** Requires that deltalake reads exactly these rows, at the newest version. */
async function assertReads(
  table: DeltaTable,
  rows: readonly Row[],
  what?: string,
): Promise<void> {
  const encode = encoderOf(table.schema);
  const expected = contentsOf(rows.map((row) => encode(row)), table.schema);
  const [answer] = await deltalake!.read(table.url, [table.version]);
  assertEquals(difference(expected, answer!), [], what);
}

const field = (
  name: string,
  type: DataType | DataType["kind"],
): StructField => ({
  name,
  type: typeof type === "string" ? { kind: type } as DataType : type,
  nullable: true,
  metadata: {},
});

const struct = (...fields: StructField[]): StructType => ({
  kind: "struct",
  fields,
});

const SIMPLE = [
  field("byte", "byte"),
  field("short", "short"),
  field("integer", "integer"),
  field("float", "float"),
  field("double", "double"),
  field("small", { kind: "decimal", precision: 9, scale: 2 }),
  field("large", { kind: "decimal", precision: 38, scale: 10 }),
  field("string", "string"),
  field("boolean", "boolean"),
  field("date", "date"),
  field("timestamp", "timestamp"),
  field("ntz", "timestamp_ntz"),
];

const ALL = struct(
  field("id", "long"),
  ...SIMPLE,
  field("binary", "binary"),
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

const ROWS: Row[] = [
  {
    id: 1n,
    byte: -128,
    short: 32767,
    integer: -2147483648,
    float: 1.5,
    double: -0,
    small: { unscaled: -999999999n, scale: 2 },
    large: { unscaled: 99999999999999999999999999999999999999n, scale: 10 },
    string: "it's 100% a/b=c\\d:e?f#g&h+i é 😀",
    boolean: false,
    date: -719161,
    timestamp: -62135510400000000n,
    ntz: 253402300799999999n,
    binary: new Uint8Array(),
    nested: { a: 1, deep: { b: "😀" } },
    list: [1n, null, -9223372036854775808n],
    map: new Map([["k", { x: NaN }], ["", null]]),
  },
  {
    id: 2n,
    ...Object.fromEntries(ALL.fields.slice(1).map((f) => [f.name, null])),
  },
  {
    id: 3n,
    byte: 0,
    short: 0,
    integer: 0,
    float: -2.25,
    double: 0.1,
    small: { unscaled: 0n, scale: 2 },
    large: { unscaled: -1n, scale: 10 },
    string: "x".repeat(200),
    boolean: true,
    date: 2932896,
    timestamp: 1n,
    ntz: -1n,
    binary: Uint8Array.of(0, 255),
    nested: { a: null, deep: null },
    list: [],
    map: new Map(),
  },
];

interop("deltalake reads every type as it was written", async (folder) => {
  const table = await DeltaTable.create(folder, { schema: ALL });
  await table.append(ROWS);
  const odd: Row[] = [
    { ...ROWS[1]!, id: 4n, string: "", float: NaN, double: Infinity },
    { ...ROWS[1]!, id: 5n, float: -Infinity, double: NaN },
  ];
  await table.append(odd);
  await assertReads(table, [...ROWS, ...odd]);
});

interop("deltalake reads partitions of every simple type", async (folder) => {
  const schema = struct(field("id", "long"), ...SIMPLE);
  // A table per column: readers differ in which types they partition by.
  for (const column of SIMPLE) {
    const table = await DeltaTable.create(join(folder, column.name), {
      schema,
      partitionBy: [column.name],
    });
    const rows = ROWS.map((row) =>
      Object.fromEntries(schema.fields.map((f) => [f.name, row[f.name]!]))
    );
    await table.append(rows);
    await assertReads(table, rows, `partitioned by ${column.name}`);
  }
});

interop(
  "deltalake reads partition values that need escaping",
  async (folder) => {
    const schema = struct(field("id", "long"), field("p", "string"));
    const table = await DeltaTable.create(folder, {
      schema,
      partitionBy: ["p"],
    });
    const values = [
      " ",
      "a b",
      "a/b",
      "a%20b",
      "a%b",
      "a+b",
      "a=b",
      "a:b",
      "a?b#c",
      "'\"`",
      "é漢😀",
      "..",
      "null",
      "__HIVE_DEFAULT_PARTITION__",
      "\\",
      "[x]{y}",
      "\t",
    ];
    const rows = values.map((p, i) => ({ id: BigInt(i), p }));
    await table.append([...rows, { id: 98n, p: "" }, { id: 99n, p: null }]);
    const nulls = [{ id: 98n, p: null }, { id: 99n, p: null }];
    await assertReads(table, [...rows, ...nulls]);
  },
);

const CHECKPOINTS: Record<string, Record<string, string>> = {
  classic: {},
  "with parsed statistics": { "delta.checkpoint.writeStatsAsStruct": "true" },
  "without JSON statistics": {
    "delta.checkpoint.writeStatsAsStruct": "true",
    "delta.checkpoint.writeStatsAsJson": "false",
  },
  v2: { "delta.checkpointPolicy": "v2" },
};

for (const [name, properties] of Object.entries(CHECKPOINTS)) {
  interop(
    `deltalake reads many versions over checkpoints, ${name}`,
    async (folder) => {
      const table = await DeltaTable.create(folder, {
        schema: ALL,
        properties: { "delta.checkpointInterval": "10", ...properties },
      });
      const written: Row[] = [];
      for (let i = 0; i < 24; i++) {
        const row = { ...ROWS[i % 3]!, id: BigInt(i) };
        if (i === 15) {
          await table.overwrite([row]);
          written.length = 0;
        } else await table.append([row]);
        written.push(row);
      }
      await assertReads(table, written);
      const early = [9, 10, 12, 20];
      assertEquals(await differences(deltalake!, folder, early), []);
    },
  );
}

interop(
  "deltalake reads columns that were added and mapped",
  async (folder) => {
    const schema = struct(field("id", "long"), field("a b", "string"));
    const table = await DeltaTable.create(folder, {
      schema,
      properties: { "delta.columnMapping.mode": "name" },
    });
    await table.append([{ id: 1n, "a b": "x" }]);
    await table.append([{ id: 2n, "a b": null, "c,d": true }], {
      mergeSchema: true,
    });
    await assertReads(table, [
      { id: 1n, "a b": "x", "c,d": null },
      { id: 2n, "a b": null, "c,d": true },
    ]);
  },
);

interop("a row that deltalake reads otherwise is told", async (folder) => {
  const schema = struct(field("id", "long"));
  const table = await DeltaTable.create(folder, { schema });
  await table.append([{ id: 1n }]);
  const [answer] = await deltalake!.read(folder, [1]);
  const [found] = difference(contentsOf(['["2"]'], schema), answer!);
  assert(found?.includes('missing 1: ["2"]'), found);
});
