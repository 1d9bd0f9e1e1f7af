import { assert, assertEquals } from "@std/assert";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import {
  type DataType,
  type Decimal,
  DeltaTable,
  formatDecimal,
  type Row,
  type StructField,
  type StructType,
  type Value,
} from "../../src/mod.ts";

const SCRIPT = new URL("read_table.py", import.meta.url);

async function run(
  python: string,
  args: string[],
): Promise<{ ok: boolean; stdout: string; stderr: string } | undefined> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(python, { args })
      .output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { ok: success, stdout: text(stdout), stderr: text(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** A Python that has deltalake: the one that LITMUS_PYTHON names, else one that is found. */
async function findPython(): Promise<string | undefined> {
  const named = Deno.env.get("LITMUS_PYTHON");
  const candidates = named
    ? [named]
    : [join(homedir(), ".cache/litmus/venv/bin/python"), "python3"];
  for (const python of candidates) {
    const found = await run(python, ["-c", "import deltalake, pyarrow"]);
    if (found?.ok) return python;
    if (named) {
      throw new Error(
        `LITMUS_PYTHON cannot import deltalake: ${found?.stderr}`,
      );
    }
  }
  return undefined;
}

const python = await findPython();
if (!python) {
  console.warn(
    "SKIPPED: no Python with deltalake; set LITMUS_PYTHON, or pip install deltalake pyarrow",
  );
}

function interop(name: string, body: (folder: string) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !python,
    fn: async () => {
      const folder = await mkdtemp(join(tmpdir(), "litmus-interop-"));
      try {
        await body(folder);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  });
}

/** What deltalake reads, a list of rows per table. */
async function readByDeltalake(tables: string[]): Promise<unknown[]> {
  const result = await run(python!, [SCRIPT.pathname, ...tables]);
  assert(result?.ok, result?.stderr ?? "no python");
  return result.stdout.trim().split("\n").map((line) => JSON.parse(line));
}

/** A value as `read_table.py` prints it. */
function encode(value: Value, type: DataType): unknown {
  if (value === null) return null;
  switch (type.kind) {
    case "string":
      return value;
    case "float":
    case "double":
      return pythonFloat(value as number);
    case "decimal":
      return formatDecimal(value as Decimal);
    case "binary":
      return Array.from(
        value as Uint8Array,
        (byte) => byte.toString(16).padStart(2, "0"),
      ).join("");
    case "struct":
      return encodeRow(value as Row, type);
    case "array":
      return (value as Value[]).map((item) => encode(item, type.elementType));
    case "map":
      return [...value as Map<Value, Value>].map(([key, item]) => [
        encode(key, type.keyType),
        encode(item, type.valueType),
      ]);
    default:
      return String(value);
  }
}

function encodeRow(row: Row, type: StructType): unknown {
  return Object.fromEntries(
    type.fields.map((f) => [f.name, encode(row[f.name] ?? null, f.type)]),
  );
}

function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (Object.is(value, -0)) return "-0.0";
  return Number.isInteger(value) ? `${value}.0` : String(value);
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
  const [rows] = await readByDeltalake([folder]);
  assertEquals(rows, [...ROWS, ...odd].map((row) => encodeRow(row, ALL)));
});

interop("deltalake reads partitions of every simple type", async (folder) => {
  const schema = struct(field("id", "long"), ...SIMPLE);
  const expected: unknown[] = [];
  const paths: string[] = [];
  // A table per column: readers differ in which types they partition by.
  for (const column of SIMPLE) {
    const path = join(folder, column.name);
    const table = await DeltaTable.create(path, {
      schema,
      partitionBy: [column.name],
    });
    const rows = ROWS.map((row) =>
      Object.fromEntries(schema.fields.map((f) => [f.name, row[f.name]!]))
    );
    await table.append(rows);
    paths.push(path);
    expected.push(rows.map((row) => encodeRow(row, schema)));
  }
  const read = await readByDeltalake(paths);
  SIMPLE.forEach((column, i) =>
    assertEquals(read[i], expected[i], `partitioned by ${column.name}`)
  );
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
    const [read] = await readByDeltalake([folder]);
    const nulls = [{ id: 98n, p: null }, { id: 99n, p: null }];
    assertEquals(
      read,
      [...rows, ...nulls].map((row) => encodeRow(row, schema)),
    );
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
      const [latest, early] = await readByDeltalake([folder, `${folder}@12`]);
      assertEquals(latest, written.map((row) => encodeRow(row, ALL)));
      assertEquals((early as unknown[]).length, 12);
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
    const [read] = await readByDeltalake([folder]);
    assertEquals(read, [
      { id: "1", "a b": "x", "c,d": null },
      { id: "2", "a b": null, "c,d": "true" },
    ]);
  },
);
