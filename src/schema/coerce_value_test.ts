import { assert, assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { coerceValue } from "./coerce_value.ts";
import type { DataType } from "./data_type.ts";
import { parseDecimal } from "./decimal.ts";
import { parseDataType } from "./schema_json.ts";
import type { Value } from "./value.ts";

const type = (json: unknown): DataType => parseDataType(json);
const coerce = (input: unknown, json: unknown): Value =>
  coerceValue(input, type(json), "c");

function codeOf(input: unknown, json: unknown): string {
  const error = assertThrows(() => coerce(input, json), DeltaError);
  assert(error.message.includes("c"));
  return error.code;
}

const MISMATCH = "DELTA_SCHEMA_MISMATCH";
const RANGE = "DELTA_VALUE_OUT_OF_RANGE";

Deno.test("coerceValue() turns each accepted form into the canonical one", () => {
  const cases: [unknown, unknown, Value][] = [
    [undefined, "long", null],
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
    [Float32Array.of(1, 2), { type: "array", elementType: "double" }, [1, 2]],
  ];
  for (const [input, json, value] of cases) {
    assertEquals(coerce(input, json), value, JSON.stringify(json));
  }
});

Deno.test("coerceValue() refuses what does not fit, and never rounds or wraps", () => {
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

Deno.test("coerceValue() fills structs by field name and refuses names they lack", () => {
  const struct = {
    type: "struct",
    fields: [{ name: "a", type: "long" }, { name: "b", type: "string" }],
  };
  assertEquals(coerce({ a: 1 }, struct), { a: 1n, b: null });
  assertEquals(codeOf({ A: 1 }, struct), MISMATCH);
  assertEquals(codeOf([1], struct), MISMATCH);
  const error = assertThrows(() => coerce({ a: "x" }, struct), DeltaError);
  assertEquals(error.context["column"], "c.a");
});

Deno.test("coerceValue() takes maps as Map, pairs or object, and refuses a key that comes twice", () => {
  const map = { type: "map", keyType: "string", valueType: "long" };
  const expected = new Map([["a", 1n], ["b", null]]);
  assertEquals(coerce(new Map([["a", 1], ["b", null]]), map), expected);
  assertEquals(coerce([["a", 1], ["b", null]], map), expected);
  assertEquals(coerce({ a: 1, b: null }, map), expected);
  assertEquals(codeOf([["a", 1], ["a", 2]], map), MISMATCH);
  assertEquals(codeOf([["a"]], map), MISMATCH);
});

Deno.test("coerceValue() refuses nulls inside lists and maps that may hold none", () => {
  const list = { type: "array", elementType: "long", containsNull: false };
  const map = {
    type: "map",
    keyType: "long",
    valueType: "long",
    valueContainsNull: false,
  };
  const code = "DELTA_NOT_NULL_CONSTRAINT_VIOLATED";
  assertEquals(codeOf([1, null], list), code);
  assertEquals(codeOf(new Map([[1, null]]), map), code);
  assertEquals(codeOf(new Map([[null, 1]]), map), code);
});

Deno.test("coerceValue() checks variants through and through", () => {
  const good: Value = {
    kind: "object",
    value: new Map<string, Value>([
      ["a", { kind: "array", value: [{ kind: "int", value: 5n }] }],
      ["n", { kind: "null" }],
    ]),
  } as Value;
  assertEquals(coerce(good, "variant"), good);
  for (
    const bad of [
      5,
      { kind: "int", value: 5 },
      { kind: "int", value: 2n ** 63n },
      { kind: "nope", value: 1 },
      { kind: "array", value: [{ kind: "string", value: 1 }] },
    ]
  ) assertThrows(() => coerce(bad, "variant"), DeltaError);
});
