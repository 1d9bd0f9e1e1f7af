import { assertEquals } from "@std/assert";
import type { Metadata } from "../actions/action.ts";
import { bindPredicate } from "../expression/bind.ts";
import { and, col, not, or, type Predicate } from "../expression/predicate.ts";
import type { DataType, StructType } from "../schema/data_type.ts";
import { fileMatcher } from "./data_skipping.ts";

const field = (name: string, type: DataType) => ({
  name,
  type,
  nullable: true,
  metadata: {},
});

const SCHEMA: StructType = {
  kind: "struct",
  fields: [
    field("id", { kind: "long" }),
    field("s", { kind: "string" }),
    field("d", { kind: "double" }),
    field("t", { kind: "timestamp" }),
    field("n", { kind: "decimal", precision: 20, scale: 2 }),
    field("ok", { kind: "boolean" }),
    field("p", { kind: "string" }),
    field("in", {
      kind: "struct",
      fields: [field("x", { kind: "integer" })],
    }),
  ],
};

const METADATA: Metadata = {
  id: "0",
  format: { provider: "parquet" },
  schemaString: "",
  partitionColumns: ["p"],
  configuration: {},
};

function matches(where: Predicate, stats: string, p: string | null = "a") {
  const bound = bindPredicate(where, SCHEMA);
  return fileMatcher(bound, { schema: SCHEMA, metadata: METADATA })({
    partitionValues: { p },
    stats,
  });
}

/** The statistics of a file whose only column has these. */
function stats(
  column: string,
  facts: { min?: string; max?: string; nulls?: number; rows?: number },
): string {
  const parts = [`"numRecords":${facts.rows ?? 10}`];
  if (facts.min) parts.push(`"minValues":{"${column}":${facts.min}}`);
  if (facts.max) parts.push(`"maxValues":{"${column}":${facts.max}}`);
  if (facts.nulls !== undefined) {
    parts.push(`"nullCount":{"${column}":${facts.nulls}}`);
  }
  return `{${parts.join(",")}}`;
}

const TEN_TO_TWENTY = stats("id", { min: "10", max: "20", nulls: 0 });
const SEVEN_ONLY = stats("id", { min: "7", max: "7", nulls: 0 });
const LONG_TEXT = "abcdefghijklmnopqrstuvwxyz012345";

const CASES: readonly [string, Predicate, string, boolean][] = [
  ["equal below", col("id").eq(9), TEN_TO_TWENTY, false],
  ["equal at the edge", col("id").eq(10), TEN_TO_TWENTY, true],
  ["equal above", col("id").eq(21), TEN_TO_TWENTY, false],
  ["less", col("id").lt(10), TEN_TO_TWENTY, false],
  ["less or equal", col("id").le(10), TEN_TO_TWENTY, true],
  ["greater", col("id").gt(20), TEN_TO_TWENTY, false],
  ["greater or equal", col("id").ge(20), TEN_TO_TWENTY, true],
  ["not equal to all there is", col("id").ne(7), SEVEN_ONLY, false],
  ["not equal to some", col("id").ne(10), TEN_TO_TWENTY, true],
  ["not of equal", not(col("id").eq(7)), SEVEN_ONLY, false],
  ["not of what never is", not(col("id").gt(50)), TEN_TO_TWENTY, true],
  ["not of what always is", not(col("id").lt(50)), TEN_TO_TWENTY, false],
  ["in", col("id").in([1, 2, 30]), TEN_TO_TWENTY, false],
  ["in, one hit", col("id").in([1, 15]), TEN_TO_TWENTY, true],
  ["in nothing", col("id").in([]), TEN_TO_TWENTY, false],
  ["compared with null", col("id").eq(null), TEN_TO_TWENTY, false],
  ["is null, none", col("id").isNull(), TEN_TO_TWENTY, false],
  ["is null, some", col("id").isNull(), stats("id", { nulls: 3 }), true],
  ["is null, unknown", col("id").isNull(), stats("id", {}), true],
  [
    "is not null, all",
    col("id").isNotNull(),
    stats("id", { nulls: 10 }),
    false,
  ],
  ["is not null, some", col("id").isNotNull(), stats("id", { nulls: 9 }), true],
  ["all null", col("id").lt(100), stats("id", { nulls: 10 }), false],
  ["or", or(col("id").lt(10), col("id").gt(20)), TEN_TO_TWENTY, false],
  ["and", and(col("id").gt(5), col("id").gt(20)), TEN_TO_TWENTY, false],
  ["no statistics", col("id").eq(9), "", true],
  ["broken statistics", col("id").eq(9), '{"numRecords":', true],
  ["no bound", col("id").eq(9), stats("id", { nulls: 0 }), true],
  [
    "a long past 2^53",
    col("id").eq(9007199254740993n),
    stats("id", { min: "9007199254740993", max: "9007199254740993" }),
    true,
  ],
  [
    "the long beside it",
    col("id").eq(9007199254740992n),
    stats("id", { min: "9007199254740993", max: "9007199254740993" }),
    false,
  ],
  [
    "every digit of a decimal",
    col("n").gt("123456789012345678.90"),
    stats("n", { min: "1.5", max: "123456789012345678.91" }),
    true,
  ],
  [
    "a decimal one digit above",
    col("n").gt("123456789012345678.91"),
    stats("n", { min: "1.5", max: "123456789012345678.91" }),
    false,
  ],
  ["text above", col("s").gt("b"), stats("s", { max: '"aa"' }), false],
  [
    "text that a cut maximum may stand for",
    col("s").gt(`${LONG_TEXT}zzz`),
    stats("s", { max: `"${LONG_TEXT}"` }),
    true,
  ],
  [
    "text that a cut maximum with a tie breaker may stand for",
    col("s").eq(`${LONG_TEXT}\u{1f600}`),
    stats("s", { max: `"${LONG_TEXT}\ufffd"` }),
    true,
  ],
  [
    "text above a cut maximum",
    col("s").gt("b"),
    stats("s", { max: `"${LONG_TEXT}"` }),
    false,
  ],
  [
    "a timestamp whose microseconds were cut",
    col("t").ge("2024-01-01T00:00:00.123456Z"),
    stats("t", { max: '"2024-01-01T00:00:00.123Z"' }),
    true,
  ],
  [
    "a timestamp a millisecond later",
    col("t").ge("2024-01-01T00:00:00.124Z"),
    stats("t", { max: '"2024-01-01T00:00:00.123Z"' }),
    false,
  ],
  [
    "a timestamp of another zone",
    col("t").ge("2024-01-01T01:00:00Z"),
    stats("t", { max: '"2024-01-01T00:00:00.000-02:00"' }),
    true,
  ],
  [
    "NaN above a maximum without it",
    col("d").gt(5),
    stats("d", { min: "1.0", max: "2.0" }),
    true,
  ],
  [
    "NaN never between two numbers",
    col("d").between(5, 6),
    stats("d", { min: "1.0", max: "2.0" }),
    false,
  ],
  [
    "a number below the minimum",
    col("d").lt(1),
    stats("d", { min: "1.0", max: "2.0" }),
    false,
  ],
  [
    "minus zero is zero",
    col("d").eq(0),
    stats("d", { min: "-0.0", max: "-0.0" }),
    true,
  ],
  [
    "NaN itself",
    col("d").eq(NaN),
    stats("d", { min: "1.0", max: "2.0" }),
    true,
  ],
  [
    "a boolean column",
    col("ok"),
    stats("ok", { min: "false", max: "false" }),
    false,
  ],
  [
    "a nested field",
    col("in", "x").gt(5),
    '{"numRecords":1,"maxValues":{"in":{"x":5}}}',
    false,
  ],
  ["another partition", col("p").eq("b"), "", false],
  ["this partition", col("p").eq("a"), "", true],
  ["not this partition", col("p").ne("a"), "", false],
  [
    "partition or column",
    or(col("p").eq("b"), col("id").gt(20)),
    TEN_TO_TWENTY,
    false,
  ],
];

Deno.test("fileMatcher() skips a file only when no row can match", async (t) => {
  for (const [name, where, text, expected] of CASES) {
    await t.step(name, () => assertEquals(matches(where, text), expected));
  }
});

Deno.test("fileMatcher() takes null and empty partition values for null", () => {
  for (const p of [null, ""]) {
    assertEquals(matches(col("p").isNull(), "", p), true);
    assertEquals(matches(col("p").eq("a"), "", p), false);
    assertEquals(matches(col("p").ne("a"), "", p), false);
  }
  assertEquals(matches(col("p").isNull(), "", "a"), false);
});

Deno.test("fileMatcher() finds mapped columns by their physical names", () => {
  const schema: StructType = {
    kind: "struct",
    fields: [{
      name: "a",
      type: { kind: "long" },
      nullable: true,
      metadata: { "delta.columnMapping.physicalName": "col-1" },
    }],
  };
  const metadata = {
    ...METADATA,
    partitionColumns: [],
    configuration: { "delta.columnMapping.mode": "name" },
  };
  const mayMatch = fileMatcher(bindPredicate(col("a").gt(5), schema), {
    schema,
    metadata,
  });
  assertEquals(mayMatch({ stats: stats("col-1", { max: "5" }) }), false);
  assertEquals(mayMatch({ stats: stats("a", { max: "5" }) }), true);
});
