import { assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { scalarCoercer } from "./coerce_scalar.ts";
import { parseDecimal } from "./decimal.ts";
import { parseDataType } from "./schema_json.ts";
import type { Value } from "./value.ts";

const coerce = (input: unknown, json: unknown): Value =>
  scalarCoercer(parseDataType(json), "c")!(input);

function codeOf(input: unknown, json: unknown): string {
  const error = assertThrows(() => coerce(input, json), DeltaError);
  assertEquals(error.context["column"], "c");
  return error.code;
}

const MISMATCH = "DELTA_SCHEMA_MISMATCH";
const RANGE = "DELTA_VALUE_OUT_OF_RANGE";

Deno.test("scalarCoercer() turns each accepted form into the canonical one", () => {
  const cases: [unknown, unknown, Value][] = [
    [true, "boolean", true],
    [127n, "byte", 127],
    [-32768, "short", -32768],
    [5, "long", 5n],
    [0.1, "float", Math.fround(0.1)],
    [NaN, "double", NaN],
    ["1.5", "decimal(5,2)", parseDecimal("1.50")],
    [7n, "decimal(5,2)", parseDecimal("7.00")],
    [7, "decimal(5,2)", parseDecimal("7.00")],
    ["", "string", ""],
    [Uint8Array.of(1), "binary", Uint8Array.of(1)],
    ["2024-02-29", "date", 19782],
    [new Date("2024-02-29"), "date", 19782],
    [new Date(1), "timestamp", 1000n],
    ["1970-01-01T01:00:00+01:00", "timestamp", 0n],
    ["1970-01-01 00:00:01", "timestamp_ntz", 1_000_000n],
  ];
  for (const [input, json, value] of cases) {
    assertEquals(coerce(input, json), value, JSON.stringify(json));
  }
});

Deno.test("scalarCoercer() refuses what does not fit, and never rounds or wraps", () => {
  const cases: [unknown, unknown, string][] = [
    [128, "byte", RANGE],
    [1.5, "integer", RANGE],
    [2 ** 53, "long", RANGE],
    [2n ** 63n, "long", RANGE],
    [1e300, "float", RANGE],
    ["1", "integer", MISMATCH],
    [1, "string", MISMATCH],
    [1, "boolean", MISMATCH],
    [1n, "double", MISMATCH],
    ["\ud800", "string", RANGE],
    [1.5, "decimal(5,2)", MISMATCH],
    ["1.555", "decimal(5,2)", RANGE],
    ["1000", "decimal(5,2)", RANGE],
    ["abc", "decimal(5,2)", RANGE],
    [new Date("2024-02-29T12:00:00Z"), "date", RANGE],
    [1.5, "date", RANGE],
    ["2024-01-01 00:00:00", "timestamp", MISMATCH],
    ["2024-01-01T00:00:00Z", "timestamp_ntz", MISMATCH],
    ["2024-01-01T00:00:00.0000001Z", "timestamp", RANGE],
    [new Date(NaN), "timestamp", RANGE],
    [1700000000, "timestamp", MISMATCH],
    ["x", "void", MISMATCH],
    [[1], "binary", MISMATCH],
  ];
  for (const [input, json, code] of cases) {
    assertEquals(codeOf(input, json), code, `${String(input)} as ${json}`);
  }
});

Deno.test("scalarCoercer() leaves types with parts to others", () => {
  const list = parseDataType({ type: "array", elementType: "long" });
  assertEquals(scalarCoercer(list, "c"), undefined);
  assertEquals(scalarCoercer({ kind: "variant" }, "c"), undefined);
});
