import { assert, assertEquals } from "@std/assert";
import { buildBatch } from "../parquet/column_builder.ts";
import type { DataType, StructField, StructType } from "../schema/data_type.ts";
import type { Value } from "../schema/value.ts";
import {
  statisticsCollector,
  type StatisticsLimit,
} from "./collect_statistics.ts";

const field = (name: string, type: DataType): StructField => ({
  name,
  type,
  nullable: true,
  metadata: {},
});

const struct = (...fields: StructField[]): StructType => ({
  kind: "struct",
  fields,
});

function statisticsOf(
  schema: StructType,
  rows: readonly Record<string, Value>[],
  limit: StatisticsLimit = { columns: -1 },
): string {
  const collector = statisticsCollector(schema, schema, limit);
  collector.observe(buildBatch(schema, rows));
  return collector.format();
}

/** Bounds of one column, as JSON text. */
function boundsOf(
  type: DataType,
  ...values: Value[]
): [string | undefined, string | undefined] {
  const schema = struct(field("x", type));
  const text = statisticsOf(schema, values.map((x) => ({ x })));
  const at = (section: string) =>
    new RegExp(`"${section}":\\{"x":(.*?)\\}[,}]`).exec(text)?.[1];
  return [at("minValues"), at("maxValues")];
}

Deno.test("statisticsCollector() keeps every digit of a long", () => {
  const bounds = boundsOf(
    { kind: "long" },
    9007199254740993n,
    -9223372036854775808n,
  );
  assertEquals(bounds, ["-9223372036854775808", "9007199254740993"]);
});

Deno.test("statisticsCollector() writes decimals as numbers with every digit", () => {
  const type: DataType = { kind: "decimal", precision: 38, scale: 2 };
  const big = 99999999999999999999999999999999999999n;
  const bounds = boundsOf(
    type,
    { unscaled: big, scale: 2 },
    { unscaled: -5n, scale: 2 },
    null,
  );
  assertEquals(bounds, ["-0.05", "999999999999999999999999999999999999.99"]);
});

Deno.test("statisticsCollector() leaves bounds out where a NaN is", () => {
  assertEquals(boundsOf({ kind: "double" }, 1, NaN, 3), [undefined, undefined]);
});

Deno.test("statisticsCollector() leaves an infinite bound out and keeps the other", () => {
  assertEquals(boundsOf({ kind: "double" }, 1.5, Infinity), ["1.5", undefined]);
});

Deno.test("statisticsCollector() takes both zeros in between its bounds", () => {
  assertEquals(boundsOf({ kind: "double" }, 0), ["-0.0", "0.0"]);
  assertEquals(boundsOf({ kind: "double" }, -0), ["-0.0", "0.0"]);
});

Deno.test("statisticsCollector() rounds microseconds outwards to milliseconds", () => {
  assertEquals(boundsOf({ kind: "timestamp" }, 1n), [
    '"1970-01-01T00:00:00.000Z"',
    '"1970-01-01T00:00:00.001Z"',
  ]);
  assertEquals(boundsOf({ kind: "timestamp_ntz" }, -1n), [
    '"1969-12-31T23:59:59.999"',
    '"1970-01-01T00:00:00.000"',
  ]);
});

Deno.test("statisticsCollector() leaves out years that readers disagree on", () => {
  assertEquals(boundsOf({ kind: "date" }, 19723, 2932897), [
    '"2024-01-01"',
    undefined,
  ]);
});

Deno.test("statisticsCollector() bounds long strings by a prefix", () => {
  const text = "a".repeat(40);
  assertEquals(boundsOf({ kind: "string" }, text), [
    JSON.stringify("a".repeat(32)),
    JSON.stringify("a".repeat(32) + "\x7f"),
  ]);
});

Deno.test("statisticsCollector() never splits a surrogate pair and stays above it", () => {
  const text = "😀".repeat(40);
  const [min, max] = boundsOf({ kind: "string" }, text);
  assertEquals(JSON.parse(min!), "😀".repeat(32));
  assertEquals(JSON.parse(max!), "😀".repeat(32) + "\u{10FFFF}");
});

Deno.test("statisticsCollector() leaves a maximum out when no short text is above", () => {
  const last = "\u{10FFFF}".repeat(100);
  const [min, max] = boundsOf({ kind: "string" }, last);
  assertEquals(JSON.parse(min!), "\u{10FFFF}".repeat(32));
  assertEquals(max, undefined);
});

Deno.test("statisticsCollector() orders strings by their UTF-8 bytes", () => {
  // In UTF-16 the emoji comes before U+FF5E; in UTF-8 after.
  assertEquals(boundsOf({ kind: "string" }, "～", "😀", ""), [
    '""',
    JSON.stringify("😀"),
  ]);
});

Deno.test("statisticsCollector() counts a null parent as a null child", () => {
  const inner = struct(
    field("a", { kind: "integer" }),
    field("b", { kind: "boolean" }),
  );
  const schema = struct(
    field("s", inner),
    field("l", {
      kind: "array",
      elementType: { kind: "integer" },
      containsNull: true,
    }),
  );
  const text = statisticsOf(schema, [
    { s: null, l: null },
    { s: { a: 5, b: null }, l: [1] },
    { s: { a: null, b: true }, l: [] },
  ]);
  assertEquals(JSON.parse(text), {
    numRecords: 3,
    minValues: { s: { a: 5 } },
    maxValues: { s: { a: 5 } },
    nullCount: { s: { a: 2, b: 2 }, l: 1 },
  });
});

Deno.test("statisticsCollector() stops after the number of leaves it is given", () => {
  const int: DataType = { kind: "integer" };
  const schema = struct(
    field("a", int),
    field("s", struct(field("b", int), field("c", int))),
    field("d", int),
  );
  const rows = [{ a: 1, s: { b: 2, c: 3 }, d: 4 }];
  const two = JSON.parse(statisticsOf(schema, rows, { columns: 2 }));
  assertEquals(two.minValues, { a: 1, s: { b: 2 } });
  const named = JSON.parse(
    statisticsOf(schema, rows, { columns: 0, names: "s.c, D" }),
  );
  assertEquals(named.minValues, { s: { c: 3 }, d: 4 });
});

Deno.test("statisticsCollector() sees only the rows of a slice", () => {
  const schema = struct(
    field("i", { kind: "integer" }),
    field("t", { kind: "string" }),
    field("s", struct(field("n", { kind: "long" }))),
  );
  const rows = Array.from({ length: 40 }, (_, n) => ({
    i: n % 3 === 0 ? null : n,
    t: n % 4 === 0 ? null : `t${n}`,
    s: n % 5 === 0 ? null : { n: BigInt(n) },
  }));
  const collector = statisticsCollector(schema, schema, { columns: -1 });
  collector.observe(buildBatch(schema, rows).slice(11, 22));
  const sliced = JSON.parse(collector.format());
  assertEquals(sliced, JSON.parse(statisticsOf(schema, rows.slice(11, 22))));
  assert(sliced.numRecords === 11);
});
