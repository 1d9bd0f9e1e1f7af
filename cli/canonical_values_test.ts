import { assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../src/errors.ts";
import type { DataType, JsonValue } from "../src/schema/data_type.ts";
import { decodeRow, decodeValue } from "./canonical_values.ts";

const LONG: DataType = { kind: "long" };

Deno.test("decodeValue() refuses every form but the canonical one", () => {
  const cases: readonly (readonly [DataType, JsonValue])[] = [
    [{ kind: "boolean" }, "true"],
    [{ kind: "integer" }, 1.5],
    [{ kind: "integer" }, "1"],
    [LONG, 1],
    [LONG, "1.0"],
    [LONG, ""],
    [{ kind: "double" }, 1],
    [{ kind: "double" }, " "],
    [{ kind: "double" }, "one"],
    [{ kind: "decimal", precision: 9, scale: 2 }, "1e3"],
    [{ kind: "string" }, 1],
    [{ kind: "binary" }, "abc"],
    [{ kind: "binary" }, "ZZ"],
    [{ kind: "date" }, "2023-02-29"],
    [{ kind: "date" }, "2023-2-3"],
    [{ kind: "timestamp" }, "2024-01-01T00:00:00Z"],
    [{ kind: "array", elementType: LONG, containsNull: true }, { a: 1 }],
    [{ kind: "map", keyType: LONG, valueType: LONG, valueContainsNull: true }, [
      ["1"],
    ]],
    [{ kind: "variant" }, ["int"]],
    [{ kind: "variant" }, ["whatever", "1"]],
    [{ kind: "void" }, 1],
  ];
  for (const [type, json] of cases) {
    const error = assertThrows(
      () => decodeValue(json, type, "price"),
      DeltaError,
      "price",
      `${type.kind} took ${JSON.stringify(json)}`,
    );
    assertEquals(error.code, "DELTA_INVALID_ARGUMENT");
  }
});

Deno.test("decodeRow() wants an array as long as the schema, and names the field at fault", () => {
  const schema: DataType & { kind: "struct" } = {
    kind: "struct",
    fields: [
      { name: "a", type: LONG, nullable: true, metadata: {} },
      { name: "__proto__", type: LONG, nullable: true, metadata: {} },
    ],
  };
  assertThrows(() => decodeRow(["1"], schema), DeltaError, "2 values");
  assertThrows(() => decodeRow({ a: "1" }, schema), DeltaError, "2 values");
  assertThrows(() => decodeRow([1, "2"], schema), DeltaError, "a:");
  assertEquals(Object.entries(decodeRow(["1", "2"], schema)), [
    ["a", 1n],
    ["__proto__", 2n],
  ]);
});
