import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { checkSchemaShape } from "./check_shape.ts";
import type { DataType, StructType } from "./data_type.ts";

const long: DataType = { kind: "long" };
const holding = (type: unknown) => ({
  kind: "struct",
  fields: [{ name: "a", type, nullable: true, metadata: {} }],
});

Deno.test("checkSchemaShape() hands back a schema of every nested type", () => {
  const schema = holding({
    kind: "map",
    keyType: long,
    valueType: {
      kind: "array",
      elementType: holding({ kind: "decimal", precision: 9, scale: 2 }),
      containsNull: true,
    },
    valueContainsNull: false,
  }) as StructType;
  assertStrictEquals(checkSchemaShape(schema), schema);
});

Deno.test("checkSchemaShape() names the column that is no column", () => {
  const list = (elementType: unknown) => ({
    kind: "array",
    elementType,
    containsNull: true,
  });
  for (
    const [schema, column] of [
      [null, undefined],
      [holding(undefined), "a"],
      [holding("long"), "a"],
      [holding(list(undefined)), "a.element"],
      [holding(list(holding(null))), "a.element.a"],
      [holding({ ...list(long), containsNull: 1 }), "a"],
    ] as const
  ) {
    const error = assertThrows(() => checkSchemaShape(schema), DeltaError);
    assertEquals(error.code, "DELTA_INVALID_SCHEMA");
    assertEquals(error.details.context?.column, column);
  }
});
