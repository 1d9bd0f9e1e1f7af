import { assertEquals } from "@std/assert";
import { bindPredicate } from "../expression/bind.ts";
import { and, col, not, or } from "../expression/predicate.ts";
import type { StructType } from "../schema/data_type.ts";
import { describePredicate } from "./describe_predicate.ts";

const SCHEMA: StructType = {
  kind: "struct",
  fields: [
    { name: "s", type: { kind: "string" }, nullable: true, metadata: {} },
    { name: "n", type: { kind: "long" }, nullable: true, metadata: {} },
    { name: "d", type: { kind: "date" }, nullable: true, metadata: {} },
    {
      name: "m",
      type: { kind: "decimal", precision: 5, scale: 2 },
      nullable: true,
      metadata: {},
    },
    { name: "t", type: { kind: "timestamp" }, nullable: true, metadata: {} },
  ],
};

Deno.test("describePredicate() says what was read close to SQL", () => {
  const cases: [Parameters<typeof bindPredicate>[0], string][] = [
    [col("s").eq("it's"), "s = 'it''s'"],
    [
      and(col("n").gt(1), or(col("n").lt(5), col("s").isNull())),
      "n > 1 AND (n < 5 OR s IS NULL)",
    ],
    [not(col("s").in(["a", null])), "NOT (s IN ('a', null))"],
    [col("d").ge("2024-02-03"), "d >= DATE '2024-02-03'"],
    [col("m").le("1.50"), "m <= 1.50"],
  ];
  for (const [predicate, text] of cases) {
    assertEquals(describePredicate(bindPredicate(predicate, SCHEMA)), text);
  }
  const time = bindPredicate(col("t").lt("2024-02-03T04:05:06Z"), SCHEMA);
  assertEquals(
    describePredicate(time).startsWith("t < TIMESTAMP '2024-02-03T04:05:06"),
    true,
  );
});
