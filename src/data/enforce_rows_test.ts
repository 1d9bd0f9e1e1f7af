import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Protocol } from "../actions/action.ts";
import { DeltaError } from "../errors.ts";
import { columnReader } from "../parquet/arrow_values.ts";
import { buildBatch } from "../parquet/column_builder.ts";
import type { StructType } from "../schema/data_type.ts";
import { parseSchema } from "../schema/schema_json.ts";
import type { Row } from "../schema/value.ts";
import { type BatchFacts, rowEnforcer } from "./enforce_rows.ts";
import { replaceValues } from "./fill_columns.ts";

const ALL: Protocol = {
  minReaderVersion: 1,
  minWriterVersion: 7,
  writerFeatures: [
    "invariants",
    "checkConstraints",
    "generatedColumns",
    "allowColumnDefaults",
  ],
};

type Field = string | {
  type: unknown;
  nullable?: boolean;
  metadata?: Record<string, string>;
};

function schemaOf(fields: Record<string, Field>): StructType {
  return parseSchema(JSON.stringify({
    type: "struct",
    fields: Object.entries(fields).map(([name, field]) => ({
      name,
      nullable: true,
      ...(typeof field === "string" ? { type: field } : field),
    })),
  }));
}

const generated = (type: string, sql: string): Field => ({
  type,
  metadata: { "delta.generationExpression": sql },
});

const byDefault = (type: string, sql: string): Field => ({
  type,
  metadata: { CURRENT_DEFAULT: sql },
});

/** Rows that have some of the columns, enforced. */
function enforce(
  schema: StructType,
  rows: readonly Row[],
  options: {
    constraints?: Record<string, string>;
    facts?: BatchFacts;
    protocol?: Protocol;
    now?: bigint;
  } = {},
): Row[] {
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  const given: StructType = {
    kind: "struct",
    fields: schema.fields.filter((field) => names.has(field.name)),
  };
  const configuration = Object.fromEntries(
    Object.entries(options.constraints ?? {}).map(([name, sql]) =>
      [`delta.constraints.${name}`, sql] as const
    ),
  );
  const run = rowEnforcer(
    schema,
    { configuration },
    options.protocol ?? ALL,
    { now: options.now },
  );
  const batch = run(buildBatch(given, rows), options.facts);
  const readers = schema.fields.map((field, i) =>
    [field.name, columnReader(batch.data.children[i]!, field.type)] as const
  );
  return rows.map((_, row) =>
    Object.fromEntries(readers.map(([name, read]) => [name, read(row)]))
  );
}

Deno.test("rowEnforcer() lets a row through only where a constraint is true", () => {
  const schema = schemaOf({ id: "integer", s: "string" });
  const constraints = { positive: "id > 0 AND s <> 'bad'" };
  const check = (row: Row) =>
    enforce(schema, [{ id: 1, s: "ok" }, row], {
      constraints,
      facts: { firstRow: 100 },
    });
  check({ id: 2, s: "fine" });
  for (
    const [row, why] of [
      [{ id: 0, s: "x" }, 'it is false where id is 0, s is "x"'],
      [{ id: null, s: "x" }, "it is null where id is null"],
      [{ id: 1, s: null }, "it is null"],
    ] as const
  ) {
    const error = assertThrows(() => check(row), DeltaError, why);
    assertEquals(error.code, "DELTA_VIOLATE_CONSTRAINT");
    assertEquals(error.context["constraint"], "positive");
    assertEquals(error.context["row"], 101);
    assert(error.message.includes("positive (id > 0"), error.message);
  }
});

Deno.test("rowEnforcer() checks invariants, nested ones too", () => {
  const text = JSON.stringify({ expression: { expression: "p.n > 3" } });
  const schema = schemaOf({
    p: {
      type: {
        type: "struct",
        fields: [{
          name: "n",
          type: "long",
          nullable: true,
          metadata: { "delta.invariants": text },
        }],
      },
    },
  });
  enforce(schema, [{ p: { n: 4n } }]);
  assertThrows(
    () => enforce(schema, [{ p: { n: 3n } }]),
    DeltaError,
    "p.n is 3",
  );
  assertThrows(() => enforce(schema, [{ p: null }]), DeltaError, "null");
});

Deno.test("rowEnforcer() computes generated columns that the data leaves out, and holds the others to them", () => {
  const schema = schemaOf({
    a: "integer",
    twice: generated("long", "a * 2"),
    name: generated("string", "concat('n', a)"),
  });
  assertEquals(enforce(schema, [{ a: 2 }, { a: null }]), [
    { a: 2, twice: 4n, name: "n2" },
    { a: null, twice: null, name: null },
  ]);
  assertEquals(enforce(schema, [{ a: 2, twice: 4n }])[0]!["twice"], 4n);
  for (const twice of [5n, null]) {
    const error = assertThrows(
      () => enforce(schema, [{ a: 2, twice }]),
      DeltaError,
      "twice (a * 2)",
    );
    assertEquals(error.code, "DELTA_VIOLATE_CONSTRAINT");
  }
  // Given only some rows that leave the column out, when they are written, then only those are computed.
  const omitted = new Map([["twice", Uint8Array.of(1, 0)]]);
  const rows = [{ a: 3, twice: null }, { a: 4, twice: 8n }];
  assertEquals(
    enforce(schema, rows, { facts: { omitted } }).map((row) => row["twice"]),
    [6n, 8n],
  );
  // Given old values, when they are to be computed anew, then nothing is compared.
  const recompute = new Set(["twice"]);
  assertEquals(
    enforce(schema, [{ a: 5, twice: 1n }], { facts: { recompute } })[0],
    { a: 5, twice: 10n, name: "n5" },
  );
});

Deno.test("rowEnforcer() gives defaults to rows that leave a column out, and null to those that say null", () => {
  const schema = schemaOf({
    id: "integer",
    s: byDefault("string", "'none'"),
    n: byDefault("decimal(5,2)", "1 + 0.5"),
    d: byDefault("date", "'2024-02-29'"),
    at: byDefault("timestamp", "current_timestamp()"),
  });
  assertEquals(enforce(schema, [{ id: 1 }], { now: 7n }), [{
    id: 1,
    s: "none",
    n: { unscaled: 150n, scale: 2 },
    d: 19782,
    at: 7n,
  }]);
  const omitted = new Map([["s", Uint8Array.of(1, 0)]]);
  const rows = [{ id: 1, s: null }, { id: 2, s: null }];
  assertEquals(
    enforce(schema, rows, { facts: { omitted }, now: 0n }).map((r) => r["s"]),
    ["none", null],
  );
});

Deno.test("rowEnforcer() refuses a default that it cannot evaluate, only where it is needed", () => {
  const schema = schemaOf({ id: "integer", s: byDefault("string", "uuid()") });
  enforce(schema, [{ id: 1, s: "x" }]);
  const error = assertThrows(
    () => enforce(schema, [{ id: 1 }]),
    DeltaError,
    "uuid()",
  );
  assertEquals(error.code, "DELTA_UNSUPPORTED_EXPRESSION");
});

Deno.test("rowEnforcer() leaves aside what the protocol does not put in force", () => {
  const protocol: Protocol = { minReaderVersion: 1, minWriterVersion: 1 };
  const schema = schemaOf({
    a: "integer",
    g: generated("integer", "now()"),
    d: byDefault("integer", "5"),
  });
  assertEquals(
    enforce(schema, [{ a: -1 }], { constraints: { c: "a > 0" }, protocol }),
    [{ a: -1, g: null, d: null }],
  );
});

Deno.test("rowEnforcer() says which rule and row has no value", () => {
  const schema = schemaOf({ a: "integer" });
  const error = assertThrows(
    () =>
      enforce(schema, [{ a: 1 }, { a: 0 }], {
        constraints: { c: "1 / a > 0" },
      }),
    DeltaError,
    "c (1 / a > 0) for row 1",
  );
  assertEquals(error.code, "DELTA_EXPRESSION_FAILED");
});

Deno.test("rowEnforcer() demands values of NOT NULL columns after it filled them", () => {
  const schema = schemaOf({
    id: "integer",
    must: {
      type: "string",
      nullable: false,
      metadata: { "delta.generationExpression": "CAST(id AS STRING)" },
    },
  });
  assertEquals(enforce(schema, [{ id: 7 }])[0]!["must"], "7");
  const error = assertThrows(() => enforce(schema, [{ id: null }]), DeltaError);
  assertEquals(error.code, "DELTA_NOT_NULL_CONSTRAINT_VIOLATED");
});

Deno.test("replaceValues() puts the values of some rows anew", () => {
  const schema = schemaOf({ a: "integer" });
  const batch = buildBatch(schema, [{ a: 1 }, { a: null }, { a: 3 }]);
  const data = replaceValues(
    batch.data.children[0]!,
    schema.fields[0]!,
    Uint8Array.of(0, 1, 1),
    (row) => row * 10,
  );
  const read = columnReader(data, { kind: "integer" });
  assertEquals([0, 1, 2].map(read), [1, 10, 20]);
});
