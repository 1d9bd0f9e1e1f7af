import { assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { buildBatch } from "../parquet/column_builder.ts";
import type { DataType, StructField, StructType } from "../schema/data_type.ts";
import type { Value } from "../schema/value.ts";
import { enforceNotNull, missingValue } from "./enforce_columns.ts";

const field = (
  name: string,
  type: DataType,
  nullable = true,
  metadata: StructField["metadata"] = {},
): StructField => ({ name, type, nullable, metadata });

const int: DataType = { kind: "integer" };

function enforce(type: StructField, ...values: Value[]): void {
  const schema: StructType = { kind: "struct", fields: [type] };
  // Rows are built under the same schema with every null allowed.
  const batch = buildBatch(schema, values.map((x) => ({ x })));
  enforceNotNull(batch, schema, 100);
}

Deno.test("enforceNotNull() names the column and the row of a null", () => {
  const error = assertThrows(
    () => enforce(field("x", int, false), 1, null, 3),
    DeltaError,
    "row 101",
  );
  assertEquals(error.code, "DELTA_NOT_NULL_CONSTRAINT_VIOLATED");
  assertEquals(error.context.column, "x");
});

Deno.test("enforceNotNull() finds a null inside a struct that is there", () => {
  const type = field("x", {
    kind: "struct",
    fields: [field("n", int, false)],
  });
  enforce(type, { n: 1 }, null);
  assertThrows(() => enforce(type, { n: 1 }, { n: null }), DeltaError, "x.n");
});

Deno.test("enforceNotNull() finds nulls in lists and maps that take none", () => {
  const list = field("x", {
    kind: "array",
    elementType: int,
    containsNull: false,
  });
  enforce(list, [1, 2], null, []);
  assertThrows(() => enforce(list, [1, null]), DeltaError, "x.element");
  const map = field("x", {
    kind: "map",
    keyType: { kind: "string" },
    valueType: int,
    valueContainsNull: false,
  });
  enforce(map, new Map([["a", 1]]), null);
  assertThrows(
    () => enforce(map, new Map<Value, Value>([["a", null]])),
    DeltaError,
    "x.value",
  );
});

Deno.test("enforceNotNull() finds a null in a struct inside a list", () => {
  const list = field("x", {
    kind: "array",
    elementType: { kind: "struct", fields: [field("n", int, false)] },
    containsNull: true,
  });
  enforce(list, [{ n: 1 }, null]);
  assertThrows(
    () => enforce(list, [{ n: 1 }], [{ n: null }]),
    DeltaError,
    "x.element.n",
  );
});

Deno.test("missingValue() is null, a literal default, or a refusal", () => {
  const withDefault = (type: DataType, text: string) =>
    field("x", type, true, { CURRENT_DEFAULT: text });
  assertEquals(missingValue(field("x", int)), null);
  assertEquals(missingValue(withDefault(int, "-7")), -7);
  assertEquals(
    missingValue(withDefault({ kind: "string" }, "'it''s'")),
    "it's",
  );
  assertEquals(
    missingValue(withDefault({ kind: "long" }, "9007199254740993")),
    9007199254740993n,
  );
  assertEquals(
    missingValue(withDefault({ kind: "date" }, "DATE '1970-01-02'")),
    1,
  );
  assertThrows(
    () => missingValue(withDefault({ kind: "timestamp" }, "now()")),
    DeltaError,
    "now()",
  );
  assertThrows(
    () => missingValue(field("x", int, false)),
    DeltaError,
    "does not have it",
  );
});
