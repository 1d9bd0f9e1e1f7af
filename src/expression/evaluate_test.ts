import { assert, assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import type { DataType } from "../schema/data_type.ts";
import { parseDecimal } from "../schema/decimal.ts";
import { parseDataType, parseSchema } from "../schema/schema_json.ts";
import type { Value } from "../schema/value.ts";
import { bindPredicate } from "./bind.ts";
import { compareText, compareValues, compilePredicate } from "./evaluate.ts";
import { and, col, not, or, type Predicate } from "./predicate.ts";

const SCHEMA = parseSchema(JSON.stringify({
  type: "struct",
  fields: [
    { name: "n", type: "integer" },
    { name: "b", type: "boolean" },
    { name: "f", type: "double" },
    { name: "d", type: "decimal(5,2)" },
    { name: "x", type: "binary" },
    { name: "t", type: "string" },
    { name: "l", type: "long" },
  ],
}));

/** What a predicate says of one row. */
function ask(predicate: Predicate, row: Record<string, Value>): boolean | null {
  const bound = bindPredicate(predicate, SCHEMA);
  return compilePredicate(bound, ([name]) => () => row[name!] ?? null)(0);
}

Deno.test("compilePredicate() follows SQL's three-valued logic", () => {
  const values: (boolean | null)[] = [true, false, null];
  const all = (a: boolean | null, b: boolean | null) =>
    a === false || b === false ? false : a === null || b === null ? null : true;
  for (const a of values) {
    for (const n of [1, 0, null]) {
      const row = { b: a, n };
      const b = n === null ? null : n === 1;
      const flip = (x: boolean | null) => x === null ? null : !x;
      assertEquals(ask(and(col("b"), col("n").eq(1)), row), all(a, b));
      assertEquals(
        ask(or(col("b"), col("n").eq(1)), row),
        flip(all(flip(a), flip(b))),
      );
      assertEquals(ask(not(col("b")), row), flip(a));
    }
  }
  assertEquals(ask(and(), {}), true);
  assertEquals(ask(or(), {}), false);
});

Deno.test("compilePredicate() knows nulls from values", () => {
  assertEquals(ask(col("n").isNull(), {}), true);
  assertEquals(ask(col("n").isNotNull(), { n: 0 }), true);
  assertEquals(ask(col("n").eq(null), { n: 0 }), null);
  assertEquals(ask(col("n").ne(5), {}), null);
});

Deno.test("compilePredicate() takes IN as SQL does, a null in the list included", () => {
  assertEquals(ask(col("n").in([1, 2]), { n: 2 }), true);
  assertEquals(ask(col("n").in([1, 2]), { n: 3 }), false);
  assertEquals(ask(col("n").in([1, null]), { n: 3 }), null);
  assertEquals(ask(col("n").in([1]), {}), null);
  assertEquals(ask(col("n").in([]), {}), false);
  assertEquals(ask(col("d").in(["1.5"]), { d: parseDecimal("1.50") }), true);
  assertEquals(
    ask(col("x").in([Uint8Array.of(1)]), { x: Uint8Array.of(1) }),
    true,
  );
  assertEquals(ask(col("f").in([NaN, 0]), { f: NaN }), true);
  assertEquals(ask(col("f").in([0]), { f: -0 }), true);
});

Deno.test("compilePredicate() compares each operator rightly at the border", () => {
  const n = col("n");
  const answers = (value: number) =>
    [n.eq(5), n.ne(5), n.lt(5), n.le(5), n.gt(5), n.ge(5), n.between(4, 5)]
      .map((predicate) => ask(predicate, { n: value }));
  assertEquals(answers(4), [false, true, true, true, false, false, true]);
  assertEquals(answers(5), [true, false, false, true, false, true, true]);
  assertEquals(answers(6), [false, true, false, false, true, true, false]);
});

Deno.test("compilePredicate() compares columns of different widths", () => {
  assertEquals(ask(col("n").lt(col("l")), { n: 1, l: 2n ** 53n + 1n }), true);
  assertEquals(ask(col("l").eq(col("n")), { n: 7, l: 7n }), true);
});

Deno.test("compilePredicate() asks for each column once", () => {
  let asked = 0;
  const bound = bindPredicate(
    and(col("n").gt(1), col("n").lt(5), col("N").ne(3)),
    SCHEMA,
  );
  compilePredicate(bound, () => {
    asked++;
    return () => 2;
  });
  assertEquals(asked, 1);
});

Deno.test("compareValues() puts NaN above all, equal to itself, and -0 at 0", () => {
  const double: DataType = { kind: "double" };
  assert(compareValues(NaN, Infinity, double) > 0);
  assert(compareValues(-Infinity, NaN, double) < 0);
  assertEquals(compareValues(NaN, NaN, double), 0);
  assertEquals(compareValues(-0, 0, double), 0);
});

Deno.test("compareText() is the order of the UTF-8 bytes", () => {
  // Given texts from every stretch of UTF-16, drawn by a seeded generator,
  const units = [
    "a",
    "\0",
    "\u007f",
    "\u0080",
    "\u07ff",
    "\ud7ff",
    "\ue000",
    "\uffff",
    "\u{10000}",
    "\u{10ffff}",
  ];
  let seed = 42;
  const next = (n: number) =>
    (seed = (seed * 1103515245 + 12345) % 2 ** 31) % n;
  const text = () =>
    Array.from({ length: next(4) }, () => units[next(units.length)]).join("");
  const bytes: DataType = { kind: "binary" };
  const encode = (s: string) => new TextEncoder().encode(s);
  // when two are compared, then as their bytes are.
  for (let i = 0; i < 5000; i++) {
    const [a, b] = [text(), text()];
    assertEquals(
      Math.sign(compareText(a, b)),
      Math.sign(compareValues(encode(a), encode(b), bytes)),
      JSON.stringify([a, b]),
    );
  }
});

Deno.test("compareValues() orders decimals, binary, lists and structs, nulls first", () => {
  const decimal = parseDataType("decimal(5,2)");
  assert(compareValues(parseDecimal("2"), parseDecimal("10.00"), decimal) < 0);
  assert(
    compareValues(Uint8Array.of(0x80), Uint8Array.of(0x7f, 1), {
      kind: "binary",
    }) > 0,
  );
  const list: DataType = {
    kind: "array",
    elementType: { kind: "long" },
    containsNull: true,
  };
  assert(compareValues([1n], [1n, null], list) < 0);
  assert(compareValues([null], [1n], list) < 0);
  assert(
    compareValues({ n: 1, b: false }, { n: 1, b: true }, {
      kind: "struct",
      fields: SCHEMA.fields.slice(0, 2),
    }) < 0,
  );
  assertEquals(compareValues(null, null, decimal), 0);
});

Deno.test("compareValues() refuses types without an order", () => {
  assertThrows(
    () =>
      compareValues(
        new Map(),
        new Map(),
        parseDataType({ type: "map", keyType: "long", valueType: "long" }),
      ),
    DeltaError,
  );
});
