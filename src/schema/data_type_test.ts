import { assert, assertEquals, assertFalse } from "@std/assert";
import { type DataType, sameType, typeName } from "./data_type.ts";

const LONG: DataType = { kind: "long" };
const array = (elementType: DataType, containsNull = true): DataType => ({
  kind: "array",
  elementType,
  containsNull,
});
const map = (valueType: DataType, valueContainsNull = true): DataType => ({
  kind: "map",
  keyType: { kind: "string" },
  valueType,
  valueContainsNull,
});
const struct = (name: string, type: DataType, nullable = true): DataType => ({
  kind: "struct",
  fields: [{ name, type, nullable, metadata: {} }],
});
const decimal = (precision: number, scale: number): DataType => ({
  kind: "decimal",
  precision,
  scale,
});

Deno.test("sameType() tells types apart by everything but metadata", () => {
  // Given types that all differ,
  const types: DataType[] = [
    LONG,
    { kind: "integer" },
    decimal(9, 2),
    decimal(9, 3),
    decimal(10, 2),
    array(LONG),
    array(LONG, false),
    array(decimal(9, 2)),
    map(LONG),
    map(LONG, false),
    map(array(LONG)),
    struct("a", LONG),
    struct("b", LONG),
    struct("a", LONG, false),
    struct("a", struct("a", LONG)),
    { kind: "struct", fields: [] },
  ];
  // then each is the same as itself only.
  for (const [i, a] of types.entries()) {
    for (const [j, b] of types.entries()) {
      assertEquals(sameType(a, b), i === j, `${typeName(a)} ${typeName(b)}`);
    }
  }
});

Deno.test("sameType() looks past field metadata", () => {
  const plain = struct("a", LONG);
  const commented: DataType = {
    kind: "struct",
    fields: [{
      name: "a",
      type: LONG,
      nullable: true,
      metadata: { comment: "x" },
    }],
  };
  assert(sameType(plain, commented));
  assertFalse(sameType(plain, LONG));
});

Deno.test("typeName() spells types as SQL does", () => {
  assertEquals(
    typeName(struct("a", map(array(decimal(9, 2))))),
    "struct<a:map<string,array<decimal(9,2)>>>",
  );
});
