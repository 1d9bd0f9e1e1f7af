import { assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import type { DataType, StructField, StructType } from "./data_type.ts";
import {
  fieldAt,
  findField,
  formatPath,
  leafPaths,
  parseColumnList,
  resolvePath,
} from "./schema_path.ts";

const field = (name: string, type: DataType): StructField => ({
  name,
  type,
  nullable: true,
  metadata: {},
});
const struct = (...fields: StructField[]): StructType => ({
  kind: "struct",
  fields,
});
const LONG: DataType = { kind: "long" };

const SCHEMA = struct(
  field("Id", LONG),
  field(
    "address",
    struct(field("City", { kind: "string" }), field("zip", LONG)),
  ),
  field("tags", {
    kind: "map",
    keyType: { kind: "string" },
    valueType: struct(field("x", LONG)),
    valueContainsNull: true,
  }),
  field("list", { kind: "array", elementType: LONG, containsNull: false }),
);

Deno.test("fieldAt() finds a column whatever the capitalisation, and nothing where there is none", () => {
  assertEquals(fieldAt(SCHEMA, ["id"])?.name, "Id");
  assertEquals(fieldAt(SCHEMA, ["ADDRESS", "city"])?.name, "City");
  assertEquals(fieldAt(SCHEMA, ["address", "street"]), undefined);
  assertEquals(fieldAt(SCHEMA, ["id", "x"]), undefined);
  assertEquals(fieldAt(SCHEMA, []), undefined);
});

Deno.test("fieldAt() steps into lists and maps by element, key and value", () => {
  assertEquals(fieldAt(SCHEMA, ["tags", "value", "x"])?.type, LONG);
  assertEquals(fieldAt(SCHEMA, ["tags", "key"])?.nullable, false);
  assertEquals(fieldAt(SCHEMA, ["list", "element"])?.nullable, false);
  assertEquals(fieldAt(SCHEMA, ["list", "key"]), undefined);
});

Deno.test("findField() prefers the exact name", () => {
  const both = struct(field("a", LONG), field("A", { kind: "date" }));
  assertEquals(findField(both, "A")?.type.kind, "date");
});

Deno.test("resolvePath() spells a path as the schema does", () => {
  assertEquals(resolvePath(SCHEMA, ["ADDRESS", "ZIP"]), ["address", "zip"]);
  assertEquals(resolvePath(SCHEMA, ["nope"]), undefined);
});

Deno.test("leafPaths() enters structs and counts a list or a map as one leaf", () => {
  assertEquals(leafPaths(SCHEMA), [
    ["Id"],
    ["address", "City"],
    ["address", "zip"],
    ["tags"],
    ["list"],
  ]);
});

Deno.test("parseColumnList() reads what formatPath() writes", () => {
  const paths = [["a"], ["b", "c d"], ["x.y"], ["q`t", "é"]];
  assertEquals(parseColumnList(paths.map(formatPath).join(", ")), paths);
  assertEquals(parseColumnList(" "), []);
});

Deno.test("parseColumnList() refuses empty names and open backticks", () => {
  for (const text of ["a,,b", "a.", "`a", "a b`c`", ","]) {
    assertThrows(() => parseColumnList(text), DeltaError, text);
  }
});
