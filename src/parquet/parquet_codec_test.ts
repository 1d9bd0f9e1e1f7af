import { assert, assertEquals, assertRejects } from "@std/assert";
import * as arrow from "apache-arrow";
import { DeltaError } from "../errors.ts";
import type { Row } from "../schema/value.ts";
import { toArrowSchema } from "./arrow_schema.ts";
import { buildBatch } from "./build_column.ts";
import { type ByteSource, bytesSource } from "./byte_source.ts";
import { batchOf, dataOf } from "./column_data.ts";
import { readFooter } from "./footer.ts";
import {
  type ReadOptions,
  readParquet,
  writeParquet,
} from "./parquet_codec.ts";
import {
  EVERY_TYPE,
  field,
  randomRows,
  readRows,
  schemaOf,
} from "./parquet_fixture_test.ts";

const NUMBERS = schemaOf(
  field("id", "long"),
  field("name", "string"),
  field("st", schemaOf(field("x", "integer"), field("y", "integer"))),
  field("st.x", "integer"),
  field("m", {
    kind: "map",
    keyType: { kind: "string" },
    valueType: { kind: "integer" },
    valueContainsNull: true,
  }),
);

function numbers(from: number, count: number): Row[] {
  return Array.from({ length: count }, (_, i) => ({
    id: BigInt(from + i),
    name: `n${from + i}`,
    st: { x: i, y: 100 - i },
    "st.x": 7,
    m: new Map([["k", i]]),
  }));
}

async function numbersFile(
  rows: number,
  rowGroupRows: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const batch = buildBatch(NUMBERS, numbers(0, rows));
  const file = await writeParquet(batch.schema, [batch], {
    codec: "zstd",
    rowGroupRows,
  });
  return file.bytes;
}

function watched(source: ByteSource): ByteSource & { bytes: number } {
  const counted = {
    ...source,
    bytes: 0,
    read(start: number, end: number) {
      counted.bytes += end - start;
      return source.read(start, end);
    },
  };
  return counted;
}

async function batchesOf(bytes: Uint8Array, options: ReadOptions = {}) {
  const found: { names: string[]; rows: number; firstRow: number }[] = [];
  const source = bytesSource("memory.parquet", bytes);
  for await (const { batch, firstRow } of readParquet(source, options)) {
    const names = batch.schema.fields.map((f) => f.name);
    found.push({ names, rows: batch.numRows, firstRow });
  }
  return found;
}

for (
  const codec of ["zstd", "snappy", "gzip", "brotli", "lz4_raw", "uncompressed"]
) {
  Deno.test(`writeParquet() gives back every type when the codec is ${codec}`, async () => {
    // Given rows of every type, nulls at every level, in slices,
    const rows = randomRows(codec.length * 31, EVERY_TYPE, 400);
    const batch = buildBatch(EVERY_TYPE, rows);
    const parts = [batch.slice(0, 13), batch.slice(13, 300), batch.slice(300)];
    // when they are written in row groups of 150 rows and read again,
    const { bytes, rowCount } = await writeParquet(batch.schema, parts, {
      codec: codec.toUpperCase(),
      rowGroupRows: 150,
    });
    // then nothing has changed.
    assertEquals(rowCount, 400);
    assertEquals(await readRows(bytes, EVERY_TYPE), rows);
    const footer = await readFooter(bytesSource("f", bytes));
    assertEquals(footer.rowGroups.map((g) => g.rowCount), [150, 150, 100]);
    assertEquals(footer.createdBy, "litmus 0.1.0");
  });
}

Deno.test("writeParquet() writes field ids, nested ones too", async () => {
  const batch = buildBatch(EVERY_TYPE, []);
  const { bytes } = await writeParquet(batch.schema, [], { codec: "zstd" });
  const footer = await readFooter(bytesSource("f", bytes));
  const ids = new Map(
    footer.leaves.map((leaf) => [leaf.path.join("/"), leaf.element.fieldId]),
  );
  assertEquals(ids.get("i64"), 7);
  assertEquals(ids.get("record/a"), 9);
  assertEquals(ids.get("i32"), undefined);
});

Deno.test("writeParquet() makes a file without rows when there are none", async () => {
  const batch = buildBatch(NUMBERS, []);
  for (const batches of [[], [batch, batch]]) {
    const { bytes, rowCount } = await writeParquet(batch.schema, batches, {
      codec: "snappy",
    });
    assertEquals(rowCount, 0);
    assertEquals(await batchesOf(bytes), []);
  }
});

Deno.test("writeParquet() joins batches into row groups and cuts long ones", async () => {
  const whole = buildBatch(NUMBERS, numbers(0, 1000));
  async function* small() {
    for (let row = 0; row < 1000; row += 30) {
      await Promise.resolve();
      yield whole.slice(row, row + 30);
    }
  }
  const { bytes } = await writeParquet(whole.schema, small(), {
    codec: "zstd",
    rowGroupRows: 400,
  });
  const footer = await readFooter(bytesSource("f", bytes));
  assertEquals(footer.rowGroups.map((g) => g.rowCount), [400, 400, 200]);
  assertEquals(await readRows(bytes, NUMBERS), numbers(0, 1000));
});

Deno.test("writeParquet() rejects when its source fails, at any batch", async () => {
  const batch = buildBatch(NUMBERS, numbers(0, 10));
  async function* source(failing: number) {
    for (let i = 0; i < failing; i++) yield batch;
    await Promise.resolve();
    throw new Error("the source broke");
  }
  for (const failing of [0, 1, 5]) {
    const options = { codec: "zstd", rowGroupRows: 7 };
    await assertRejects(
      () => writeParquet(batch.schema, source(failing), options),
      Error,
      "the source broke",
    );
  }
});

Deno.test("writeParquet() refuses what does not fit", async (t) => {
  const batch = buildBatch(NUMBERS, numbers(0, 3));
  const other = buildBatch(schemaOf(field("id", "string")), [{ id: "x" }]);
  const required = buildBatch(
    schemaOf({ ...field("id", "long"), nullable: false }),
    [{ id: null }],
  );
  const cases: [string, () => Promise<unknown>, string][] = [
    [
      "an unknown codec",
      () => writeParquet(batch.schema, [batch], { codec: "lzo" }),
      "DELTA_INVALID_ARGUMENT",
    ],
    [
      "row groups of no rows",
      () =>
        writeParquet(batch.schema, [batch], { codec: "zstd", rowGroupRows: 0 }),
      "DELTA_INVALID_ARGUMENT",
    ],
    [
      "a batch of other columns",
      () => writeParquet(batch.schema, [batch, other], { codec: "zstd" }),
      "DELTA_SCHEMA_MISMATCH",
    ],
    [
      "a null where none may be",
      () => writeParquet(required.schema, [required], { codec: "zstd" }),
      "DELTA_SCHEMA_MISMATCH",
    ],
  ];
  for (const [name, run, code] of cases) {
    await t.step(name, async () => {
      const error = await assertRejects(run, DeltaError);
      assertEquals(error.code, code);
    });
  }
});

Deno.test("readParquet() gives exactly the columns asked for", async (t) => {
  const bytes = await numbersFile(10, 5);
  const cases: [ReadOptions["columns"], string[]][] = [
    [["id"], ["id"]],
    [["name", "id"], ["id", "name"]],
    [["st"], ["st"]],
    [[["st.x"]], ["st.x"]],
    [["nowhere", "m"], ["m"]],
    [["nowhere"], []],
    [["st.y"], ["st"]],
    [["m.entries.value"], ["m"]],
  ];
  for (const [columns, names] of cases) {
    await t.step(JSON.stringify(columns), async () => {
      const batches = await batchesOf(bytes, { columns });
      assertEquals(batches.map((b) => b.names), [names, names]);
      assertEquals(batches.map((b) => b.rows), [5, 5]);
    });
  }
});

Deno.test("readParquet() reads one leaf of a struct and whole map entries", async () => {
  const bytes = await numbersFile(4, 4);
  const rows = await readRows(bytes, NUMBERS, {
    columns: ["st.y", "m.entries.key"],
  });
  assertEquals(rows[3], {
    id: null,
    name: null,
    st: { x: null, y: 97 },
    "st.x": null,
    m: new Map([["k", 3]]),
  });
});

Deno.test("readParquet() reads chosen row groups and tells positions in the file", async () => {
  const bytes = await numbersFile(100, 30);
  const batches = await batchesOf(bytes, { rowGroups: [3, 1], batchRows: 20 });
  assertEquals(batches.map(({ rows, firstRow }) => [rows, firstRow]), [
    [10, 90],
    [20, 30],
    [10, 50],
  ]);
  const rows = await readRows(bytes, NUMBERS, { rowGroups: [1] });
  assertEquals(rows, numbers(0, 100).slice(30, 60));
});

Deno.test("readParquet() fetches no more than the columns and row groups need", async () => {
  // Given a file of several megabytes,
  const wide = schemaOf(field("a", "string"), field("b", "long"));
  const rows = Array.from({ length: 200_000 }, (_, i) => ({
    a: `text ${i * 7919 % 200_000} ${"y".repeat(20)}`,
    b: BigInt(i),
  }));
  const batch = buildBatch(wide, rows);
  const { bytes } = await writeParquet(batch.schema, [batch], {
    codec: "uncompressed",
    rowGroupRows: 50_000,
  });
  const source = watched(bytesSource("f", bytes));
  const footer = await readFooter(source);
  source.bytes = 0;
  // when one column of one row group is read,
  let count = 0;
  for await (
    const { batch } of readParquet(source, {
      footer,
      columns: ["b"],
      rowGroups: [2],
    })
  ) count += batch.numRows;
  // then only its bytes came.
  const { start, end } = footer.rowGroups[2]!.columns[1]!;
  assertEquals(count, 50_000);
  assertEquals(source.bytes, end - start);
  assert(source.bytes < bytes.length / 10);
});

Deno.test("readParquet() counts rows when no column is wanted, without fetching", async () => {
  const bytes = await numbersFile(100, 30);
  const source = watched(bytesSource("f", bytes));
  const footer = await readFooter(source);
  source.bytes = 0;
  let rows = 0;
  for await (const { batch } of readParquet(source, { footer, columns: [] })) {
    assertEquals(batch.numCols, 0);
    rows += batch.numRows;
  }
  assertEquals([rows, source.bytes], [100, 0]);
});

Deno.test("readParquet() refuses a row group that the file lacks", async () => {
  const bytes = await numbersFile(10, 5);
  for (const index of [2, -1, 0.5]) {
    const error = await assertRejects(
      () => batchesOf(bytes, { rowGroups: [index] }),
      DeltaError,
    );
    assertEquals(error.code, "DELTA_INVALID_ARGUMENT");
  }
});

Deno.test("readParquet() stops when the caller cancels", async () => {
  const bytes = await numbersFile(100, 10);
  const controller = new AbortController();
  const source = bytesSource("f", bytes);
  let batches = 0;
  const error = await assertRejects(async () => {
    for await (
      const _ of readParquet(source, { signal: controller.signal })
    ) if (++batches === 2) controller.abort();
  }, DeltaError);
  assertEquals([error.code, batches], ["DELTA_ABORTED", 2]);
});

Deno.test("readParquet() passes on a failure of the store as it is", async () => {
  const bytes = await numbersFile(100, 10);
  const whole = bytesSource("f", bytes);
  const footer = await readFooter(whole);
  const source: ByteSource = {
    ...whole,
    read: (start, end) =>
      start > 2000
        ? Promise.reject(new Error("the network is gone"))
        : whole.read(start, end),
  };
  await assertRejects(
    async () => {
      for await (const _ of readParquet(source, { footer }));
    },
    Error,
    "the network is gone",
  );
});

Deno.test("readParquet() refuses a source that gives too few bytes", async () => {
  const bytes = await numbersFile(100, 100);
  const whole = bytesSource("short.parquet", bytes);
  const footer = await readFooter(whole);
  const source: ByteSource = {
    ...whole,
    read: async (start, end) => (await whole.read(start, end)).subarray(1),
  };
  const error = await assertRejects(async () => {
    for await (const _ of readParquet(source, { footer }));
  }, DeltaError);
  assertEquals(error.code, "DELTA_DATA_FILE_CORRUPT");
  assert(error.message.includes("short.parquet"));
});

Deno.test("readParquet() decodes a row group of more than a million rows in parts", async () => {
  const schema = schemaOf(field("id", "long"));
  const count = 2 ** 20 + 70_001;
  const values = BigInt64Array.from({ length: count }, (_, i) => BigInt(i));
  const batch = batchOf(toArrowSchema(schema), [
    dataOf(new arrow.Int64(), count, 0, { values }),
  ], count);
  const { bytes } = await writeParquet(batch.schema, [batch], {
    codec: "snappy",
    rowGroupRows: 2 ** 21,
  });
  const source = bytesSource("f", bytes);
  assertEquals((await readFooter(source)).rowGroups.length, 1);
  let next = 0;
  for await (const { batch, firstRow } of readParquet(source)) {
    assertEquals(firstRow, next);
    const ids = batch.data.children[0]!.values as BigInt64Array;
    assertEquals([ids[0], ids.at(-1)], [
      BigInt(next),
      BigInt(next + batch.numRows - 1),
    ]);
    next += batch.numRows;
  }
  assertEquals(next, count);
});

Deno.test("readParquet() lets go of wasm memory when readers stop early", async () => {
  const { wasmMemory } = await import("parquet-wasm");
  const bytes = await numbersFile(50_000, 50_000);
  const readOne = async () => {
    for await (
      const _ of readParquet(bytesSource("f", bytes), { batchRows: 1000 })
    ) break;
  };
  for (let i = 0; i < 10; i++) await readOne();
  const before = wasmMemory().buffer.byteLength;
  for (let i = 0; i < 50; i++) await readOne();
  assertEquals(wasmMemory().buffer.byteLength, before);
});
