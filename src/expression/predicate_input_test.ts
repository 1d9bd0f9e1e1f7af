import { assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { parseSql } from "./parse_sql.ts";
import { col, lit } from "./predicate.ts";
import { toExpression, toPredicate } from "./predicate_input.ts";

Deno.test("toPredicate() takes SQL text and expressions, and nothing else", () => {
  assertEquals(toPredicate("a > 1"), parseSql("a > 1"));
  const built = col("a").gt(1);
  assertEquals(toPredicate(built), built);
  for (const input of [null, undefined, 5, { sql: "a > 1" }]) {
    const error = assertThrows(() => toPredicate(input as never), DeltaError);
    assertEquals(error.code, "DELTA_INVALID_ARGUMENT");
  }
});

Deno.test("toExpression() tells SQL text from values", () => {
  assertEquals(toExpression({ sql: "n + 1" }), parseSql("n + 1"));
  assertEquals(toExpression(col("n")), col("n"));
  for (const value of ["n + 1", 5, null, { sql: "x", other: 1 }, [1]]) {
    assertEquals(toExpression(value), lit(value));
  }
});
