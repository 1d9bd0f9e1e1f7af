import { assert, assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { parseSchema } from "../schema/schema_json.ts";
import type { DataType } from "../schema/data_type.ts";
import { bindAs, bindExpression, bindPredicate } from "./bind.ts";
import { narrowed } from "./bind_literal.ts";
import { columnsOf } from "./columns_of.ts";
import {
  and,
  call,
  col,
  type CompareExpression,
  lit,
  not,
  or,
  type Predicate,
} from "./predicate.ts";

const SCHEMA = parseSchema(JSON.stringify({
  type: "struct",
  fields: [
    { name: "Id", type: "long" },
    { name: "n", type: "integer" },
    { name: "ok", type: "boolean" },
    { name: "day", type: "date" },
    { name: "d", type: "decimal(5,2)" },
    { name: "f", type: "double" },
    {
      name: "s",
      type: { type: "struct", fields: [{ name: "City", type: "string" }] },
    },
    {
      name: "l",
      type: {
        type: "array",
        elementType: { type: "struct", fields: [{ name: "x", type: "long" }] },
      },
    },
  ],
}));

const bind = (predicate: Predicate) => bindPredicate(predicate, SCHEMA);

function codeOf(predicate: Predicate): string {
  return assertThrows(() => bind(predicate), DeltaError).code;
}

Deno.test("bindPredicate() spells columns as the schema does and gives literals the column's type", () => {
  const bound = bind(
    and(col("ID").eq(5), col("s", "city").ne("x"), col("day").lt("2024-01-01")),
  );
  assert(bound.kind === "and");
  assertEquals(bound.args.map((arg) => arg.kind === "compare" && arg.left), [
    { kind: "column", path: ["Id"], type: { kind: "long" } },
    { kind: "column", path: ["s", "City"], type: { kind: "string" } },
    { kind: "column", path: ["day"], type: { kind: "date" } },
  ]);
  assertEquals(
    bound.args.map((arg) =>
      arg.kind === "compare" && arg.right.kind === "literal" && arg.right.value
    ),
    [5n, "x", 19723],
  );
});

Deno.test("bindPredicate() puts the column on the left and turns the comparison round", () => {
  const flipped: CompareExpression = {
    kind: "compare",
    op: "<",
    left: lit(3),
    right: col("n"),
  };
  assertEquals(bind(flipped), bind(col("n").gt(3)));
});

Deno.test("bindPredicate() compares columns of one kind, whatever their widths", () => {
  const bound = bind(col("n").lt(col("Id")));
  assertEquals(bound.kind === "compare" && bound.by, { kind: "long" });
  assertEquals(bound.type, { kind: "boolean" });
  assertEquals(
    codeOf(col("n").lt(col("ok"))),
    "DELTA_UNSUPPORTED_EXPRESSION",
  );
});

Deno.test("bindPredicate() refuses columns that are not there or have no one value per row", () => {
  for (
    const predicate of [
      col("nope").eq(1),
      col("s", "nope").isNull(),
      col("l", "element", "x").eq(1),
    ]
  ) {
    assertEquals(codeOf(predicate), "DELTA_COLUMN_NOT_FOUND");
  }
});

Deno.test("bindPredicate() refuses literals that are no value of the column's type", () => {
  assertEquals(codeOf(col("day").gt("2023-02-30")), "DELTA_VALUE_OUT_OF_RANGE");
  assertEquals(codeOf(col("Id").eq("5")), "DELTA_SCHEMA_MISMATCH");
  assertEquals(codeOf(col("n").in([1, "x"])), "DELTA_SCHEMA_MISMATCH");
});

Deno.test("bindPredicate() refuses by name what it cannot evaluate", () => {
  for (
    const predicate of [
      col("s").eq(null),
      col("l").in([]),
      col("n"),
      col("n").plus(1),
      col("ok").plus(col("n")).eq(1),
      col("day").cast({ kind: "boolean" }),
      call("soundex", "x").eq("x"),
      call("upper").eq("x"),
      call("now").gt(col("day")),
      { kind: "lambda" } as unknown as Predicate,
    ]
  ) assertEquals(codeOf(predicate), "DELTA_UNSUPPORTED_EXPRESSION");
});

Deno.test("bindPredicate() lets any column be tested for null, and a boolean one stand alone", () => {
  assertEquals(bind(col("l").isNull()).kind, "isNull");
  assertEquals(bind(not(col("OK"))).kind, "not");
  assertEquals(bind(lit(true)).kind, "literal");
});

Deno.test("columnsOf() lists each column once, in the order met", () => {
  const predicate = or(
    col("b").eq(col("a")),
    not(and(col("a").isNull(), col("s", "c").in([1]))),
  );
  assertEquals(columnsOf(predicate), [["b"], ["a"], ["s", "c"]]);
});

/** How a comparison with a value is bound: the type that decides, and what is converted. */
function meeting(predicate: Predicate): unknown[] {
  const bound = bind(predicate);
  assert(bound.kind === "compare");
  return [bound.by.kind, bound.left.kind, bound.right.kind];
}

Deno.test("bindPredicate() lets numbers of different kinds meet in the wider one", () => {
  assertEquals(meeting(col("n").gt(1.5)), ["double", "cast", "literal"]);
  assertEquals(meeting(col("n").lt(2 ** 40)), ["long", "cast", "literal"]);
  assertEquals(meeting(col("d").gt(0.125)), ["double", "cast", "literal"]);
  assertEquals(meeting(col("d").gt("0.5")), ["decimal", "column", "literal"]);
  assertEquals(meeting(col("n").eq(col("d"))), ["decimal", "cast", "column"]);
  assertEquals(meeting(col("f").eq(col("n"))), ["double", "column", "cast"]);
});

Deno.test("bindAs() takes values of the column's type, and casts expressions to it", () => {
  const long: DataType = { kind: "long" };
  assertEquals(bindAs(lit(5), long, SCHEMA, "x"), {
    kind: "literal",
    value: 5n,
    type: long,
  });
  assertEquals(bindAs(col("n"), long, SCHEMA, "x").kind, "cast");
  assertThrows(() => bindAs(lit("5"), long, SCHEMA, "x"), DeltaError, "x");
});

Deno.test("bindExpression() knows the time only where it is told", () => {
  const now = call("current_date");
  assertEquals(bindExpression(now, SCHEMA, { now: 86_400_000_001n }), {
    kind: "literal",
    value: 1,
    type: { kind: "date" },
  });
  assertThrows(() => bindExpression(now, SCHEMA), DeltaError, "current_date");
});

Deno.test("narrowed() gives a whole literal the narrower type beside it, where it fits", () => {
  const long = (value: bigint) =>
    ({ kind: "literal", value, type: { kind: "long" } }) as const;
  const byte = { kind: "column", path: ["b"], type: { kind: "byte" } } as const;
  assertEquals(narrowed(byte, long(127n)), {
    kind: "literal",
    value: 127,
    type: { kind: "byte" },
  });
  assertEquals(narrowed(byte, long(128n)), undefined);
  assertEquals(narrowed(byte, byte), undefined);
});
