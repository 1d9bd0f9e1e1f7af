import { assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../../src/errors.ts";
import { and, col, lit, not, or } from "../../src/expression/predicate.ts";
import type { JsonValue, StructType } from "../../src/schema/data_type.ts";
import { parsePredicate } from "./json_predicate.ts";

const SCHEMA: StructType = {
  kind: "struct",
  fields: [
    { name: "id", type: { kind: "long" }, nullable: true, metadata: {} },
    {
      name: "s",
      type: {
        kind: "struct",
        fields: [{
          name: "d",
          type: { kind: "date" },
          nullable: true,
          metadata: {},
        }],
      },
      nullable: true,
      metadata: {},
    },
  ],
};

Deno.test("parsePredicate() reads every form, with values of the column's type", () => {
  const json: JsonValue = [
    "and",
    ["or", ["=", "id", "5"], ["in", "id", ["6", null]]],
    ["not", ["isNull", ["s", "d"]]],
    ["<=", ["s", "d"], "1970-01-02"],
  ];
  assertEquals(
    parsePredicate(json, SCHEMA),
    and(
      or(col("id").eq(lit(5n)), col("id").in([6n, null])),
      not(col("s", "d").isNull()),
      col("s", "d").le(lit(1)),
    ),
  );
});

Deno.test("parsePredicate() refuses other forms and unknown columns", () => {
  const cases: readonly (readonly [JsonValue, string])[] = [
    ["id = 5", "DELTA_INVALID_ARGUMENT"],
    [[], "DELTA_INVALID_ARGUMENT"],
    [["~", "id", "5"], "DELTA_INVALID_ARGUMENT"],
    [["=", "id"], "DELTA_INVALID_ARGUMENT"],
    [["=", "id", 5], "DELTA_INVALID_ARGUMENT"],
    [["not"], "DELTA_INVALID_ARGUMENT"],
    [["isNull", []], "DELTA_INVALID_ARGUMENT"],
    [["=", "nobody", "5"], "DELTA_COLUMN_NOT_FOUND"],
    [["=", "s.d", "1970-01-02"], "DELTA_COLUMN_NOT_FOUND"],
  ];
  for (const [json, code] of cases) {
    const error = assertThrows(() => parsePredicate(json, SCHEMA), DeltaError);
    assertEquals(error.code, code, JSON.stringify(json));
  }
});
