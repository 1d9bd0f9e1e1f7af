import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { DeltaError } from "../errors.ts";
import type { StructType } from "./data_type.ts";
import { formatDataType, parseDataType, parseSchema } from "./schema_json.ts";
import { canWiden, mergeSchemas, validateSchema } from "./schema_evolution.ts";

/** A schema from `{ name: type }`; a name ending in `!` is not nullable. */
function schema(columns: Record<string, unknown>): StructType {
  return parseSchema(JSON.stringify(struct(columns)));
}

function struct(columns: Record<string, unknown>): unknown {
  return {
    type: "struct",
    fields: Object.entries(columns).map(([name, type]) => ({
      name: name.replace("!", ""),
      type,
      nullable: !name.endsWith("!"),
      metadata: {},
    })),
  };
}

const list = (elementType: unknown) => ({ type: "array", elementType });
const map = (keyType: unknown, valueType: unknown) => ({
  type: "map",
  keyType,
  valueType,
});
const merge = (table: StructType, incoming: StructType, widen = false) =>
  mergeSchemas(table, incoming, { widen });

Deno.test("mergeSchemas() gives the table's own schema back when nothing is new", () => {
  const table = schema({ "id!": "long", s: struct({ a: "string" }) });
  const { schema: merged, changed } = merge(
    table,
    schema({ ID: "integer", S: struct({ A: "void" }) }),
  );
  assertStrictEquals(merged, table);
  assertEquals(changed, false);
});

Deno.test("mergeSchemas() puts new columns behind the old ones, nullable, at every depth", () => {
  const table = schema({
    "id!": "long",
    s: struct({ a: "long" }),
    l: list(struct({ a: "long" })),
    m: map("string", struct({ a: "long" })),
  });
  const { schema: merged, changed, typeChanges } = merge(
    table,
    schema({
      "new!": "date",
      m: map("string", struct({ "y!": "long" })),
      l: list(struct({ x: "string", a: "long" })),
      s: struct({ b: "string" }),
    }),
  );
  assertEquals(changed, true);
  assertEquals(typeChanges, []);
  assertEquals(
    formatDataType(merged),
    formatDataType(schema({
      "id!": "long",
      s: struct({ a: "long", b: "string" }),
      l: list(struct({ a: "long", x: "string" })),
      m: map("string", struct({ a: "long", y: "long" })),
      new: "date",
    })),
  );
});

Deno.test("mergeSchemas() drops ids and expressions that belonged to another table", () => {
  const incoming = parseSchema(JSON.stringify({
    type: "struct",
    fields: [{
      name: "a",
      type: struct({ b: "long" }),
      metadata: { "delta.columnMapping.id": 9, comment: "kept" },
    }],
  }));
  const { schema: merged } = merge(schema({}), incoming);
  assertEquals(merged.fields[0]!.metadata, { comment: "kept" });
});

Deno.test("mergeSchemas() names column and types when they conflict", () => {
  const error = assertThrows(
    () =>
      merge(
        schema({ s: struct({ l: list("long") }) }),
        schema({ s: struct({ l: list("string") }) }),
      ),
    DeltaError,
  );
  assertEquals(error.code, "DELTA_FAILED_TO_MERGE_FIELDS");
  assertEquals(error.context, {
    column: ["s", "l", "element"],
    table: "long",
    incoming: "string",
  });
});

Deno.test("mergeSchemas() widens only where the table allows it, and writes it down at the nearest field", () => {
  const table = schema({
    a: "integer",
    s: struct({ l: list(list("short")) }),
    m: map("byte", "float"),
  });
  const incoming = schema({
    a: "long",
    s: struct({ l: list(list("integer")) }),
    m: map("short", "double"),
  });
  assertThrows(() => merge(table, incoming), DeltaError);
  const { schema: merged, typeChanges } = merge(table, incoming, true);
  assertEquals(typeChanges.map((change) => change.path.join(".")), [
    "a",
    "s.l.element.element",
    "m.key",
    "m.value",
  ]);
  const [a, s, m] = merged.fields;
  const changes = "delta.typeChanges";
  assertEquals(a!.metadata[changes], [{ fromType: "integer", toType: "long" }]);
  assertEquals(s!.metadata, {});
  assert(s!.type.kind === "struct");
  assertEquals(s!.type.fields[0]!.metadata[changes], [
    { fromType: "short", toType: "integer", fieldPath: "element.element" },
  ]);
  assertEquals(m!.metadata[changes], [
    { fromType: "byte", toType: "short", fieldPath: "key" },
    { fromType: "float", toType: "double", fieldPath: "value" },
  ]);
  // A second widening is added to the first.
  const again = merge(schema({}), schema({}), true);
  assertEquals(again.changed, false);
});

Deno.test("mergeSchemas() keeps earlier widenings when there is another one", () => {
  const first = merge(schema({ a: "byte" }), schema({ a: "short" }), true);
  const second = merge(first.schema, schema({ a: "long" }), true);
  assertEquals(second.schema.fields[0]!.metadata["delta.typeChanges"], [
    { fromType: "byte", toType: "short" },
    { fromType: "short", toType: "long" },
  ]);
});

Deno.test("canWiden() is the protocol's list and nothing else", () => {
  const yes = [
    "byte short",
    "byte integer",
    "byte long",
    "byte double",
    "short integer",
    "short long",
    "short double",
    "integer long",
    "integer double",
    "float double",
    "date timestamp_ntz",
    "decimal(10,2) decimal(20,2)",
    "decimal(10,2) decimal(20,5)",
    "byte decimal(10,0)",
    "integer decimal(12,2)",
    "long decimal(20,0)",
    "long decimal(22,2)",
  ];
  const no = [
    "long integer",
    "long double",
    "double float",
    "long long",
    "string binary",
    "date timestamp",
    "timestamp timestamp_ntz",
    "byte float",
    "decimal(10,2) decimal(11,4)",
    "decimal(10,2) decimal(10,2)",
    "decimal(10,2) decimal(12,1)",
    "byte decimal(4,1)",
    "integer decimal(10,1)",
    "long decimal(19,0)",
    "float decimal(38,10)",
  ];
  for (const pair of [...yes, ...no]) {
    const [from, to] = pair.split(" ").map((name) => parseDataType(name));
    assertEquals(canWiden(from!, to!), yes.includes(pair), pair);
  }
});

Deno.test("validateSchema() accepts an ordinary table", () => {
  validateSchema(
    schema({ a: "long", b: struct({ A: "void" }), "c.d": "date" }),
    ["a"],
  );
  validateSchema(schema({}), []);
  validateSchema(schema({ "a b": "long" }), [], { anyNames: true });
});

Deno.test("validateSchema() refuses schemas and partitions that no table may have", () => {
  const cases: [StructType, string[]][] = [
    [schema({ a: "long", A: "long" }), []],
    [schema({ s: list(struct({ x: "long", X: "date" })) }), []],
    [schema({ "": "long" }), []],
    [schema({ "a b": "long" }), []],
    [schema({ l: list("void") }), []],
    [schema({ a: "long", b: "long" }), ["nope"]],
    [schema({ a: "long", b: "long" }), ["a", "a"]],
    [schema({ a: "long" }), ["a"]],
    [schema({ a: list("long"), b: "long" }), ["a"]],
  ];
  for (const [bad, partitions] of cases) {
    assertThrows(() => validateSchema(bad, partitions), DeltaError);
  }
});

Deno.test("validateSchema() names both columns that case alone tells apart", () => {
  const { message } = assertThrows(
    () =>
      validateSchema(
        schema({ a: "long", A: "long" }),
        [],
      ),
    DeltaError,
  );
  assert(message.includes("there is a column a already"), message);
});
