import { assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import type { StructField, StructType } from "./data_type.ts";
import {
  changeFieldAt,
  changeTypeAt,
  insertFieldAt,
  keepNames,
} from "./edit_schema.ts";
import { formatDataType, parseSchema } from "./schema_json.ts";
import { fieldAt } from "./schema_path.ts";

const field = (name: string, type: unknown) => ({
  name,
  type,
  nullable: true,
  metadata: {},
});

const SCHEMA: StructType = parseSchema(JSON.stringify({
  type: "struct",
  fields: [
    field("a", "long"),
    field("m", {
      type: "map",
      keyType: "string",
      valueType: {
        type: "array",
        elementType: { type: "struct", fields: [field("x", "integer")] },
        containsNull: true,
      },
      valueContainsNull: true,
    }),
  ],
}));

const X = ["m", "value", "element", "x"];
const INNER = X.slice(0, -1);

const names = (schema: StructType, path: readonly string[]) => {
  const type = path.length === 0 ? schema : fieldAt(schema, path)!.type;
  return (type as StructType).fields.map((f) => f.name);
};

const column = (name: string): StructField => ({
  name,
  type: { kind: "string" },
  nullable: false,
  metadata: { comment: "kept", "delta.columnMapping.id": 9 },
});

Deno.test("changeTypeAt() replaces one type at any depth", () => {
  const changed = changeTypeAt(SCHEMA, X, () => ({ kind: "long" }));
  assertEquals(fieldAt(changed, X)!.type, { kind: "long" });
  assertEquals(fieldAt(SCHEMA, X)!.type, { kind: "integer" });
  const keys = changeTypeAt(SCHEMA, ["m", "key"], () => ({ kind: "long" }));
  assertEquals(fieldAt(keys, ["m", "key"])!.type, { kind: "long" });
  assertEquals(
    formatDataType(changeTypeAt(SCHEMA, [...X, "no"], () => SCHEMA)),
    formatDataType(SCHEMA),
  );
});

Deno.test("changeFieldAt() changes one field, or takes it out", () => {
  const renamed = changeFieldAt(SCHEMA, X, (f) => ({ ...f, name: "y" }));
  assertEquals(names(renamed, INNER), ["y"]);
  assertEquals(names(changeFieldAt(SCHEMA, ["a"], () => undefined), []), ["m"]);
});

Deno.test("insertFieldAt() puts a field where it is wanted, nullable and without another table's ids", () => {
  assertEquals(names(insertFieldAt(SCHEMA, [], column("n")), []), [
    "a",
    "m",
    "n",
  ]);
  assertEquals(names(insertFieldAt(SCHEMA, [], column("n"), "first"), []), [
    "n",
    "a",
    "m",
  ]);
  const inside = insertFieldAt(SCHEMA, INNER, column("n"), { after: "X" });
  assertEquals(names(inside, INNER), ["x", "n"]);
  assertEquals(fieldAt(inside, [...INNER, "n"]), {
    name: "n",
    type: { kind: "string" },
    nullable: true,
    metadata: { comment: "kept" },
  });
  const error = assertThrows(
    () => insertFieldAt(SCHEMA, [], column("n"), { after: "x" }),
    DeltaError,
  );
  assertEquals(error.code, "DELTA_COLUMN_NOT_FOUND");
});

Deno.test("keepNames() makes the names that are there the physical ones, and leaves those that are mapped", () => {
  const mapped = changeFieldAt(SCHEMA, ["a"], (f) => ({
    ...f,
    metadata: { "delta.columnMapping.physicalName": "col-1" },
  }));
  const kept = keepNames(mapped);
  const physical = (path: readonly string[]) =>
    fieldAt(kept, path)!.metadata["delta.columnMapping.physicalName"];
  assertEquals([physical(["a"]), physical(["m"]), physical(X)], [
    "col-1",
    "m",
    "x",
  ]);
});
