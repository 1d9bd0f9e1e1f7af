import { assert, assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { needs, tablesFolder } from "../../testing/needs.ts";
import type { StructType } from "./data_type.ts";
import { formatSchema, parseDataType, parseSchema } from "./schema_json.ts";

const SCHEMA =
  '{"type":"struct","fields":[{"name":"a","type":"decimal(10,2)","nullable":false,"metadata":{"delta.columnMapping.id":1}},' +
  '{"name":"e","type":{"type":"array","elementType":{"type":"struct","fields":[{"name":"d","type":"timestamp_ntz","nullable":true,"metadata":{}}]},"containsNull":false},"nullable":true,"metadata":{}},' +
  '{"name":"f","type":{"type":"map","keyType":"string","valueType":"variant","valueContainsNull":true},"nullable":true,"metadata":{"comment":"x"}}]}';

Deno.test("formatSchema() is the way back from parseSchema(), byte for byte", () => {
  assertEquals(formatSchema(parseSchema(SCHEMA)), SCHEMA);
});

Deno.test("formatSchema() writes the protocol's name of a type, however it is spelled", () => {
  for (const [kind, name] of [["int", "integer"], ["bigint", "long"]]) {
    const fields = [{
      name: "a",
      type: { kind },
      nullable: true,
      metadata: {},
    }];
    const lax = { kind: "struct", fields } as unknown as StructType;
    assertEquals(parseDataType(kind!).kind, name);
    assert(formatSchema(lax).includes(`"type":"${name}"`), formatSchema(lax));
  }
});

Deno.test("parseSchema() takes a missing or empty text for a table without columns", () => {
  const empty: StructType = { kind: "struct", fields: [] };
  assertEquals(parseSchema(undefined), empty);
  assertEquals(parseSchema(""), empty);
});

Deno.test("parseSchema() names the column and the type that it does not know", () => {
  const text =
    '{"type":"struct","fields":[{"name":"s","type":{"type":"struct","fields":[{"name":"geom","type":"geometry(OGC:CRS84)"}]}}]}';
  const error = assertThrows(() => parseSchema(text), DeltaError);
  assertEquals(error.code, "DELTA_UNSUPPORTED_DATA_TYPE");
  assertEquals(error.context, {
    column: "s.geom",
    type: "geometry(OGC:CRS84)",
  });
});

Deno.test("parseSchema() refuses what is no schema", () => {
  for (
    const text of [
      "{",
      '"long"',
      '{"type":"struct"}',
      '{"type":"struct","fields":[{}]}',
      '{"type":"struct","fields":[{"name":"a"}]}',
    ]
  ) {
    const error = assertThrows(() => parseSchema(text), DeltaError);
    assertEquals(error.code, "DELTA_INVALID_SCHEMA", text);
  }
});

Deno.test("parseDataType() accepts the spellings of old writers", () => {
  assertEquals(parseDataType("null"), { kind: "void" });
  assertEquals(parseDataType("timestampWithoutTimezone"), {
    kind: "timestamp_ntz",
  });
  assertEquals(parseDataType("varchar(20)"), { kind: "string" });
  assertEquals(parseDataType("decimal"), {
    kind: "decimal",
    precision: 10,
    scale: 0,
  });
});

Deno.test("parseDataType() refuses a decimal that no column can have", () => {
  for (const type of ["decimal(39,0)", "decimal(5,6)", "decimal(0,0)"]) {
    const error = assertThrows(() => parseDataType(type), DeltaError);
    assertEquals(error.code, "DELTA_UNSUPPORTED_DATA_TYPE");
  }
});

Deno.test({
  name:
    "parseSchema() reads the schema of every table that other engines wrote",
  ...needs({ tables: true }),
  fn() {
    let schemas = 0;
    for (const { name } of Deno.readDirSync(tablesFolder()!)) {
      const path = `${tablesFolder()}/${name}/expected.json`;
      if (name === "README.md") continue;
      const expected = JSON.parse(Deno.readTextFileSync(path));
      for (const version of expected.versions) {
        if (!version.schema) continue;
        const text = JSON.stringify(version.schema);
        assertEquals(
          JSON.parse(formatSchema(parseSchema(text))),
          version.schema,
        );
        schemas++;
      }
    }
    assertEquals(schemas > 700, true, `only ${schemas} schemas`);
  },
});
