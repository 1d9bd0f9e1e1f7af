import { assert, assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { coerceValue } from "./coerce_value.ts";
import type { DataType } from "./data_type.ts";
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

Deno.test("coerceValue() takes null and undefined for null, in every type, and scalars as they are", () => {
  for (
    const json of ["long", "void", "variant", { type: "struct", fields: [] }]
  ) {
    assertEquals(coerce(undefined, json), null);
    assertEquals(coerce(null, json), null);
  }
  assertEquals(coerce(5, "long"), 5n);
  assertEquals(
    coerce(Float32Array.of(1, 2), { type: "array", elementType: "double" }),
    [1, 2],
  );
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
