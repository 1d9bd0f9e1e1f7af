import { assertEquals } from "@std/assert";
import type { Protocol } from "../actions/action.ts";
import { parseSchema } from "../schema/schema_json.ts";
import { rowRules } from "./row_rules.ts";

const SCHEMA = parseSchema(JSON.stringify({
  type: "struct",
  fields: [
    { name: "a", type: "integer" },
    {
      name: "b",
      type: "long",
      metadata: { "delta.generationExpression": "a + 1" },
    },
    {
      name: "c",
      type: "integer",
      metadata: {
        "delta.invariants": '{"expression":{"expression":"c < 10"}}',
      },
    },
  ],
}));

const CONFIGURATION = {
  "delta.constraints.z": "a > 0",
  "delta.constraints.b": "a < 5",
};

function rulesOf(protocol: Protocol): string[] {
  const { checks, generated } = rowRules(
    SCHEMA,
    { configuration: CONFIGURATION },
    protocol,
  );
  return [
    ...checks.map(({ name, sql }) => `${name}: ${sql}`),
    ...generated.map(({ field, sql }) => `${field.name} = ${sql}`),
  ];
}

Deno.test("rowRules() finds what the protocol puts in force, in a fixed order", () => {
  const legacy = (minWriterVersion: number): Protocol => ({
    minReaderVersion: 1,
    minWriterVersion,
  });
  const invariant = "invariant of c: c < 10";
  assertEquals(rulesOf(legacy(1)), []);
  assertEquals(rulesOf(legacy(2)), [invariant]);
  assertEquals(rulesOf(legacy(4)), [
    invariant,
    "b: a < 5",
    "z: a > 0",
    "b = a + 1",
  ]);
  const listed = { ...legacy(7), writerFeatures: ["checkConstraints"] };
  assertEquals(rulesOf(listed), ["b: a < 5", "z: a > 0"]);
});
