import { assertEquals } from "@std/assert";
import { and, col, isExpression, lit, not, or } from "./predicate.ts";

Deno.test("col() starts every comparison", () => {
  const a = col("a");
  const ops = [a.eq(1), a.ne(1), a.lt(1), a.le(1), a.gt(1), a.ge(1)];
  assertEquals(ops.map((e) => e.op), ["=", "!=", "<", "<=", ">", ">="]);
  assertEquals(ops[0]!.right, lit(1));
  assertEquals(a.eq(col("b", "c")).right.kind, "column");
});

Deno.test("builders nest as they read", () => {
  const p = or(
    and(col("a").isNull(), not(col("b").in([1]))),
    col("c").between(1, 2),
  );
  assertEquals(p.args.map((arg) => arg.kind), ["and", "and"]);
  assertEquals(col("a").isNotNull().arg, col("a").isNull());
});

Deno.test("isExpression() takes values for literals, variants and decimals too", () => {
  assertEquals(isExpression(col("a")), true);
  for (
    const value of [null, 1, "column", { kind: "int", value: 1n }, {
      unscaled: 1n,
      scale: 0,
    }]
  ) {
    assertEquals(isExpression(value), false);
  }
});
