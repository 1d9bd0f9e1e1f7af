import { assertEquals } from "@std/assert";
import { FACTS, metadata, PROTOCOL } from "../../testing/conflict_matrix.ts";
import type { Protocol } from "../actions/action.ts";
import { claimOf, droppedFeatures } from "./claims.ts";
import type { StagedActions } from "./staged_actions.ts";

const NOTHING: StagedActions = {
  adds: [],
  removes: [],
  cdc: [],
  txns: [],
  domains: [],
  metadata: undefined,
  protocol: undefined,
};

const schema = (x: Record<string, unknown>, ...more: unknown[]): string =>
  JSON.stringify({
    type: "struct",
    fields: [
      { name: "p", type: "string", nullable: true, metadata: {} },
      { name: "x", type: "long", nullable: true, metadata: {}, ...x },
      ...more,
    ],
  });

const without = (name: string): Protocol => ({
  ...PROTOCOL,
  readerFeatures: PROTOCOL.readerFeatures!.filter((f) => f !== name),
  writerFeatures: PROTOCOL.writerFeatures!.filter((f) => f !== name),
});

Deno.test("claimOf() tells what a new definition promises of rows and files", async (t) => {
  const cases: [string, Partial<StagedActions>, string][] = [
    ["nothing staged", {}, "none"],
    ["a property", { metadata: metadata({ mine: "1" }) }, "none"],
    [
      "a column more",
      {
        metadata: metadata({}, {
          schemaString: schema({}, {
            name: "y",
            type: "long",
            nullable: true,
            metadata: {},
          }),
        }),
      },
      "none",
    ],
    [
      "a constraint",
      { metadata: metadata({ "delta.constraints.c": "x > 0" }) },
      "rows",
    ],
    [
      "NOT NULL",
      { metadata: metadata({}, { schemaString: schema({ nullable: false }) }) },
      "rows",
    ],
    [
      "an invariant",
      {
        metadata: metadata({}, {
          schemaString: schema({
            metadata: { "delta.invariants": '{"expression":{}}' },
          }),
        }),
      },
      "rows",
    ],
    [
      "NOT NULL inside a struct",
      {
        metadata: metadata({}, {
          schemaString: schema({}, {
            name: "s",
            type: {
              type: "array",
              containsNull: true,
              elementType: {
                type: "struct",
                fields: [{
                  name: "in",
                  type: "long",
                  nullable: false,
                  metadata: {},
                }],
              },
            },
            nullable: true,
            metadata: {},
          }),
        }),
      },
      "rows",
    ],
    [
      "row tracking",
      { metadata: metadata({ "delta.enableRowTracking": "TRUE" }) },
      "files",
    ],
    ["the end of deletion vectors", {
      protocol: without("deletionVectors"),
    }, "files"],
    ["the end of a feature that no file tells of", {
      protocol: without("changeDataFeed"),
    }, "none"],
  ];
  for (const [name, staged, claim] of cases) {
    await t.step(name, () => {
      assertEquals(claimOf(FACTS, { ...NOTHING, ...staged }), claim);
    });
  }
  assertEquals(
    claimOf(undefined, { ...NOTHING, metadata: metadata() }),
    "none",
  );
});

Deno.test("claimOf() promises nothing new of what was promised already", () => {
  const bound = metadata({ "delta.constraints.c": "x > 0" }, {
    schemaString: schema({ nullable: false }),
  });
  const base = { ...FACTS, metadata: bound };
  const more = { ...bound, configuration: { ...bound.configuration, a: "b" } };
  assertEquals(claimOf(base, { ...NOTHING, metadata: more }), "none");
  // And to let go of it is no promise.
  assertEquals(claimOf(base, { ...NOTHING, metadata: metadata() }), "none");
});

Deno.test("droppedFeatures() knows what versions imply", () => {
  const old: Protocol = { minReaderVersion: 1, minWriterVersion: 3 };
  const listed: Protocol = {
    minReaderVersion: 1,
    minWriterVersion: 7,
    writerFeatures: ["appendOnly", "invariants"],
  };
  assertEquals(droppedFeatures(old, listed), ["checkConstraints"]);
  assertEquals(droppedFeatures(listed, old), []);
  assertEquals(droppedFeatures(old, undefined), []);
});
