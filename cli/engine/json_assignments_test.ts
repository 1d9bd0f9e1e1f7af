import { assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../../src/errors.ts";
import { col, lit } from "../../src/expression/predicate.ts";
import type { StructType } from "../../src/schema/data_type.ts";
import { parseSchema } from "../../src/schema/schema_json.ts";
import type { JsonObject } from "./arguments.ts";
import { parseAdd, parseSet } from "./json_assignments.ts";

const SCHEMA: StructType = parseSchema(JSON.stringify({
  type: "struct",
  fields: ["long", "integer", "decimal(9,2)", "date", "double"].map((type) => ({
    name: type.slice(0, 4),
    type,
    nullable: true,
    metadata: {},
  })),
}));

Deno.test("parseSet() reads values and sums by the column's type", () => {
  const set = {
    long: { add: 1 },
    inte: { add: "2" },
    deci: { add: "-0.05" },
    doub: { add: 0.5 },
    date: { value: "1970-01-02" },
  };
  const sum = (name: string, value: unknown) =>
    col("target", name).plus(lit(value))
      .cast(SCHEMA.fields.find((f) => f.name === name)!.type);
  assertEquals(parseSet("merge", set, SCHEMA, ["target"]), {
    long: sum("long", 1n),
    inte: sum("inte", 2),
    deci: sum("deci", { unscaled: -5n, scale: 2 }),
    doub: sum("doub", 0.5),
    date: lit(1),
  });
  assertEquals(parseAdd("appendSelect", { long: "7" }, SCHEMA), {
    long: col("long").plus(lit(7n)).cast({ kind: "long" }),
  });
});

Deno.test("parseSet() refuses every other form", () => {
  const cases: readonly (readonly [JsonObject, string])[] = [
    [{ long: 1 }, "DELTA_INVALID_ARGUMENT"],
    [{ long: null }, "DELTA_INVALID_ARGUMENT"],
    [{ long: {} }, "DELTA_INVALID_ARGUMENT"],
    [{ long: { value: 1 } }, "DELTA_INVALID_ARGUMENT"],
    [{ long: { value: "1", add: 1 } }, "DELTA_INVALID_ARGUMENT"],
    [{ long: { add: 1.5 } }, "DELTA_INVALID_ARGUMENT"],
    [{ long: { add: null } }, "DELTA_INVALID_ARGUMENT"],
    [{ inte: { add: "x" } }, "DELTA_INVALID_ARGUMENT"],
    [{ date: { add: 1 } }, "DELTA_INVALID_ARGUMENT"],
    [{ nobody: { add: 1 } }, "DELTA_COLUMN_NOT_FOUND"],
  ];
  for (const [set, code] of cases) {
    const error = assertThrows(
      () => parseSet("update", set, SCHEMA),
      DeltaError,
    ) as DeltaError;
    assertEquals(error.code, code, JSON.stringify(set));
  }
});
