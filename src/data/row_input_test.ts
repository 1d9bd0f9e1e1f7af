import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as arrow from "apache-arrow";
import { DeltaError } from "../errors.ts";
import { columnReader } from "../parquet/arrow_values.ts";
import { buildBatch } from "../parquet/column_builder.ts";
import type { DataType, StructField, StructType } from "../schema/data_type.ts";
import type { RowInput, Value } from "../schema/value.ts";
import { sameLayout } from "./assemble_batch.ts";
import { grownSchema } from "./grow_schema.ts";
import { inferAdditions } from "./infer_rows.ts";
import {
  type InputChunk,
  readChunks,
  rowsOf,
  schemaWanted,
  type TableData,
  toBatch,
} from "./row_input.ts";

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

const PAIR = struct(field("a", "long"), field("b", "string"));

function valuesOf(batch: arrow.RecordBatch, schema: StructType): Value[][] {
  const readers = schema.fields.map((f, i) =>
    columnReader(batch.data.children[i]!, f.type)
  );
  return Array.from(
    { length: batch.numRows },
    (_, row) => readers.map((read) => read(row)),
  );
}

const rows = (...items: RowInput[]): InputChunk => ({
  kind: "rows",
  rows: items,
});

const columns = (items: Record<string, unknown>): InputChunk => ({
  kind: "batch",
  batch: arrow.tableFromArrays(items as Record<string, number[]>).batches[0]!,
});

Deno.test("readChunks() takes rows and Arrow, nested in iterables, in order", async () => {
  const table = arrow.tableFromArrays({ a: [1, 2] });
  async function* mixed() {
    yield { a: 1n };
    yield [{ a: 2n }, { a: 3n }];
    yield table;
    yield table.batches[0]!;
    yield { a: 4n };
  }
  const chunks = await Array.fromAsync(readChunks(mixed()));
  assertEquals(chunks.map((c) => [c.kind, rowsOf(c)]), [
    ["rows", 3],
    ["batch", 2],
    ["batch", 2],
    ["rows", 1],
  ]);
});

Deno.test("readChunks() bounds what is converted at a time", async () => {
  const many = Array.from({ length: 40_000 }, () => ({ a: 1n }));
  const chunks = await Array.fromAsync(readChunks(many));
  assertEquals(chunks.map(rowsOf), [16_384, 16_384, 7_232]);
  const fat = Array.from({ length: 6 }, () => ({ b: "x".repeat(4 << 20) }));
  assertEquals((await Array.fromAsync(readChunks(fat))).map(rowsOf), [2, 2, 2]);
});

Deno.test("readChunks() refuses what is neither rows nor Arrow", async () => {
  for (const data of [5, "text", null, {}, [[1]], [null], [new Map()]]) {
    const error = await assertRejects(
      () => Array.fromAsync(readChunks(data as unknown as TableData)),
      DeltaError,
    );
    assertEquals(error.code, "DELTA_INVALID_ARGUMENT");
  }
});

Deno.test("toBatch() finds columns by name in any case and fills what is missing", () => {
  const batch = toBatch(rows({ A: 1, b: "x" }, { a: 2n }, {}), PAIR);
  assertEquals(valuesOf(batch, PAIR), [[1n, "x"], [2n, null], [null, null]]);
});

Deno.test("toBatch() names the row of a value that does not fit", () => {
  assertThrows(
    () => toBatch(rows({ a: 1n }, { a: "two" }), PAIR, 40),
    DeltaError,
    "row 41",
  );
});

Deno.test("toBatch() refuses a row that holds a column twice", () => {
  assertThrows(() => toBatch(rows({ a: 1n, A: 2n }), PAIR), DeltaError, "A");
  // Rows that spell it differently, each once, are fine.
  const batch = toBatch(rows({ a: 1n }, { A: 2n }), PAIR);
  assertEquals(valuesOf(batch, PAIR).map(([a]) => a), [1n, 2n]);
});

Deno.test("toBatch() shares Arrow that is canonical already", () => {
  const source = buildBatch(PAIR, [{ a: 1n, b: "x" }, { a: 2n, b: null }]);
  const batch = toBatch({ kind: "batch", batch: source }, PAIR);
  assertEquals(batch.data.children[0]!.values, source.data.children[0]!.values);
  assert(
    batch.data.children[0]!.values.buffer ===
      source.data.children[0]!.values.buffer,
  );
});

Deno.test("toBatch() casts Arrow of other physical types", () => {
  const schema = struct(
    field("u", "long"),
    field("s", "string"),
    field("t", "timestamp"),
    field("d", { kind: "decimal", precision: 5, scale: 2 }),
  );
  const t = arrow.makeData({
    type: new arrow.Timestamp(arrow.TimeUnit.MILLISECOND),
    data: BigInt64Array.of(1500n),
  });
  const batch = new arrow.RecordBatch({
    t,
    s: arrow.vectorFromArray(["x"]).data[0]!,
    u: arrow.makeData({
      type: new arrow.Uint32(),
      data: Uint32Array.of(2 ** 31),
    }),
    d: arrow.makeData({ type: new arrow.Int8(), data: Int8Array.of(-7) }),
  });
  assertEquals(valuesOf(toBatch({ kind: "batch", batch }, schema), schema), [
    [2147483648n, "x", 1_500_000n, { unscaled: -700n, scale: 2 }],
  ]);
});

Deno.test("toBatch() refuses Arrow values that would wrap or not fit", () => {
  const schema = struct(field("a", "long"));
  const batch = new arrow.RecordBatch({
    a: arrow.makeData({
      type: new arrow.Uint64(),
      data: BigUint64Array.of(2n ** 63n),
    }),
  });
  const error = assertThrows(
    () => toBatch({ kind: "batch", batch }, schema),
    DeltaError,
  );
  assertEquals(error.code, "DELTA_VALUE_OUT_OF_RANGE");
  const small = struct(field("a", "byte"));
  assertThrows(
    () => toBatch(columns({ a: Int32Array.of(200) }), small),
    DeltaError,
  );
});

Deno.test("toBatch() names a column whose type does not go", () => {
  const error = assertThrows(
    () => toBatch(columns({ a: ["text"] }), PAIR),
    DeltaError,
    "column a",
  );
  assertEquals(error.code, "DELTA_SCHEMA_MISMATCH");
});

Deno.test("toBatch() names unknown fields inside structs", () => {
  const schema = struct(field("s", struct(field("x", "long"))));
  const wider = struct(
    field("s", struct(field("x", "long"), field("y", "long"))),
  );
  const batch = buildBatch(wider, [{ s: { x: 1n, y: 2n } }]);
  const error = assertThrows(
    () => toBatch({ kind: "batch", batch }, schema),
    DeltaError,
  );
  assertEquals(error.context.columns, ["s.y"]);
});

Deno.test("schemaWanted() is the table's own where nothing is new", () => {
  assert(schemaWanted(rows({ a: 1 }, { b: null }), PAIR, true) === PAIR);
  assert(schemaWanted(columns({ A: Int32Array.of(1) }), PAIR, true) === PAIR);
});

Deno.test("inferAdditions() tells types of new columns from their values", () => {
  const grown = inferAdditions(struct(), [
    {
      long: 1,
      double: 1,
      text: "x",
      bytes: new Uint8Array(),
      when: new Date(),
      price: { unscaled: 1n, scale: 2 },
      list: [null, 1.5],
      map: new Map([["k", true]]),
      inner: { a: 1n },
    },
    { long: 2n, double: 0.5, inner: { b: "x" } },
  ]);
  const types = Object.fromEntries(grown.fields.map((f) => [f.name, f.type]));
  assertEquals(types, {
    long: { kind: "long" },
    double: { kind: "double" },
    text: { kind: "string" },
    bytes: { kind: "binary" },
    when: { kind: "timestamp" },
    price: { kind: "decimal", precision: 38, scale: 2 },
    list: {
      kind: "array",
      elementType: { kind: "double" },
      containsNull: true,
    },
    map: {
      kind: "map",
      keyType: { kind: "string" },
      valueType: { kind: "boolean" },
      valueContainsNull: true,
    },
    inner: struct(field("a", "long"), field("b", "string")),
  });
});

Deno.test("inferAdditions() refuses a column whose type cannot be told", () => {
  assertThrows(() => inferAdditions(PAIR, [{ x: null }]), DeltaError, "null");
  assertThrows(
    () => inferAdditions(PAIR, [{ x: 1 }, { x: "1" }]),
    DeltaError,
    "several kinds",
  );
});

Deno.test("grownSchema() adds fields at any depth, nullable, and widens where it may", () => {
  const table = struct(
    field("n", "integer"),
    field("l", {
      kind: "array",
      elementType: struct(field("x", "integer")),
      containsNull: true,
    }),
  );
  const incoming = struct(
    field("N", "long"),
    field("l", {
      kind: "array",
      elementType: struct(field("x", "byte"), {
        ...field("y", "string"),
        nullable: false,
      }),
      containsNull: true,
    }),
    { ...field("z", "date"), nullable: false },
  );
  const inner = struct(field("x", "integer"), field("y", "string"));
  const list = field("l", {
    kind: "array",
    elementType: inner,
    containsNull: true,
  });
  assertEquals(
    grownSchema(table, incoming, false),
    struct(field("n", "integer"), list, field("z", "date")),
  );
  assertEquals(grownSchema(table, incoming, true).fields[0]!.type.kind, "long");
});

Deno.test("sameLayout() tells types whose buffers differ", () => {
  const int = new arrow.Int32();
  const list = (type: arrow.DataType) =>
    new arrow.List(new arrow.Field("x", type));
  assert(sameLayout(list(int), new arrow.List(new arrow.Field("y", int))));
  assert(!sameLayout(list(int), list(new arrow.Int64())));
  assert(!sameLayout(new arrow.Utf8(), new arrow.LargeUtf8()));
  assert(
    !sameLayout(new arrow.Decimal(2, 9, 128), new arrow.Decimal(2, 9, 256)),
  );
});
