import { assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import {
  assignColumnMapping,
  columnMappingMode,
  fieldId,
  highestId,
  physicalName,
  physicalPath,
  physicalSchema,
} from "./column_mapping.ts";
import type { StructType } from "./data_type.ts";
import { parseSchema } from "./schema_json.ts";

const mapped = (id: number, name: string) => ({
  "delta.columnMapping.id": id,
  "delta.columnMapping.physicalName": name,
});

const SCHEMA: StructType = parseSchema(JSON.stringify({
  type: "struct",
  fields: [
    { name: "a", type: "long", metadata: mapped(1, "col-1") },
    {
      name: "s",
      metadata: mapped(2, "col-2"),
      type: {
        type: "array",
        elementType: {
          type: "struct",
          fields: [{ name: "b", type: "long", metadata: mapped(3, "col-3") }],
        },
      },
    },
    {
      name: "t",
      type: { type: "struct", fields: [{ name: "n", type: "date" }] },
    },
  ],
}));

Deno.test("columnMappingMode() reads the property and refuses a mode nobody knows", () => {
  assertEquals(columnMappingMode({}), "none");
  assertEquals(
    columnMappingMode({ "delta.columnMapping.mode": "name" }),
    "name",
  );
  assertEquals(columnMappingMode({ "delta.columnMapping.mode": "ID" }), "id");
  assertThrows(
    () => columnMappingMode({ "delta.columnMapping.mode": "x" }),
    DeltaError,
  );
});

Deno.test("physicalSchema() renames at every depth, and nothing in mode none", () => {
  const physical = physicalSchema(SCHEMA, "name");
  assertEquals(physical.fields.map((f) => f.name), ["col-1", "col-2", "t"]);
  const list = physical.fields[1]!.type;
  assertEquals(
    list.kind === "array" && list.elementType.kind === "struct" &&
      list.elementType.fields[0]!.name,
    "col-3",
  );
  assertEquals(fieldId(physical.fields[0]!), 1);
  assertEquals(physicalSchema(SCHEMA, "none"), SCHEMA);
});

Deno.test("physicalPath() follows structs and stops where there is no column", () => {
  assertEquals(physicalPath(SCHEMA, ["a"], "id"), ["col-1"]);
  assertEquals(physicalPath(SCHEMA, ["t", "n"], "name"), ["t", "n"]);
  assertEquals(physicalPath(SCHEMA, ["a"], "none"), ["a"]);
  assertEquals(physicalPath(SCHEMA, ["nope"], "name"), undefined);
});

Deno.test("assignColumnMapping() gives ids above every id ever used, and keeps what is there", () => {
  // Given a table whose highest id belongs to a column that is gone,
  let count = 0;
  const uuid = () => `u${++count}`;
  // when two fields lack a mapping,
  const { schema, maxColumnId } = assignColumnMapping(
    SCHEMA,
    { "delta.columnMapping.maxColumnId": "7" },
    uuid,
  );
  // then they get 8 and 9, parents first, and the others stay.
  const [a, , t] = schema.fields;
  assertEquals(maxColumnId, 9);
  assertEquals([fieldId(a!), physicalName(a!)], [1, "col-1"]);
  assertEquals([fieldId(t!), physicalName(t!)], [8, "col-u1"]);
  const inner = t!.type.kind === "struct" ? t!.type.fields[0]! : undefined;
  assertEquals([fieldId(inner!), physicalName(inner!)], [9, "col-u2"]);
  // And a second time changes nothing.
  assertEquals(assignColumnMapping(schema, {}, uuid).schema, schema);
});

Deno.test("highestId() counts the ids of list elements and map entries too", () => {
  const nested = parseSchema(JSON.stringify({
    type: "struct",
    fields: [{
      name: "l",
      type: { type: "array", elementType: "long" },
      metadata: {
        "delta.columnMapping.id": 3,
        "delta.columnMapping.nested.ids": { "l.element": 12 },
      },
    }],
  }));
  assertEquals(highestId(nested), 12);
});
