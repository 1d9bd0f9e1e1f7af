import { assertEquals } from "@std/assert";
import { parseSchema } from "../../schema/schema_json.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import { field, tableOf } from "./alter_fixture_test.ts";
import { changeColumnsIn, typeOf } from "./column_checks.ts";
import { clusteringColumns, isClusteredBy, usersOf } from "./dependents.ts";
import { findRow, valueText } from "./row_check.ts";

/** A snapshot with rules that no write of ours needs to honour. */
async function ruled(
  configuration: Record<string, string>,
  clustering?: string,
): Promise<Snapshot> {
  const { snapshot } = await tableOf([field("id", "long")]);
  const column = (name: string, metadata = {}) => ({
    ...field(name, "long"),
    metadata,
  });
  const schema = parseSchema(JSON.stringify({
    type: "struct",
    fields: [
      column("id"),
      column("twice", { "delta.generationExpression": "id * 2" }),
      column("bound", {
        "delta.invariants": '{"expression":{"expression":"bound > old"}}',
      }),
      column("old"),
      field("s", { type: "struct", fields: [field("a", "long")] }),
    ],
  }));
  const domain = "delta.clustering";
  return {
    ...snapshot,
    schema,
    metadata: { ...snapshot.metadata, configuration },
    domains: new Map(
      clustering === undefined
        ? []
        : [[domain, { domain, configuration: clustering, removed: false }]],
    ),
  };
}

Deno.test("usersOf() names constraints, generated columns and invariants that look at a column", async () => {
  const snapshot = await ruled({
    "delta.constraints.inner": "S.A > 0 AND 'old' <> 'id'",
    "delta.constraints.strange": "someday(`old`) ~~ 1",
  });
  const cases: [string[], string[]][] = [
    [["id"], ["the generated column twice"]],
    [["twice"], []],
    [["bound"], ["the invariant of column bound"]],
    // What cannot be understood counts by the names in it.
    [["old"], ["the constraint strange", "the invariant of column bound"]],
    [["s"], ["the constraint inner"]],
    [["s", "a"], ["the constraint inner"]],
  ];
  for (const [path, users] of cases) {
    assertEquals([...usersOf(snapshot, path)].sort(), users, path.join("."));
  }
});

Deno.test("isClusteredBy() finds columns by their physical names", async () => {
  const snapshot = await ruled({}, '{"clusteringColumns":[["s","a"],["id"]]}');
  assertEquals(clusteringColumns(snapshot), [["s", "a"], ["id"]]);
  assertEquals(isClusteredBy(snapshot, ["s"]), true);
  assertEquals(isClusteredBy(snapshot, ["id"]), true);
  assertEquals(isClusteredBy(snapshot, ["old"]), false);
  assertEquals(isClusteredBy(await ruled({}), ["id"]), false);
});

Deno.test("typeOf() reads a type in every form, changeColumnsIn() finds names of the feed", () => {
  const decimal = { kind: "decimal", precision: 9, scale: 2 } as const;
  assertEquals(typeOf("decimal(9,2)", ["a"]), decimal);
  assertEquals(typeOf(decimal, ["a"]), decimal);
  assertEquals(
    typeOf({ type: "array", elementType: "long", containsNull: true }, ["a"])
      .kind,
    "array",
  );
  const schema = parseSchema(JSON.stringify({
    type: "struct",
    fields: [field("_Change_Type", "string"), field("id", "long")],
  }));
  assertEquals(changeColumnsIn(schema), ["_Change_Type"]);
});

Deno.test("findRow() shows the columns that a predicate looks at", async () => {
  const { context, snapshot } = await tableOf([field("id", "long")]);
  const isNull = {
    kind: "isNull",
    arg: { kind: "column", path: ["ID"] },
  } as const;
  assertEquals(
    await findRow(context, snapshot, isNull, undefined),
    undefined,
  );
});

Deno.test("valueText() is short and says what it is", () => {
  const cases: [Parameters<typeof valueText>, string][] = [
    [[null, { kind: "long" }], "null"],
    [[5n, { kind: "long" }], "5"],
    [["x".repeat(200), { kind: "string" }], `"${"x".repeat(100)}…"`],
    [[
      { unscaled: 125n, scale: 2 },
      { kind: "decimal", precision: 9, scale: 2 },
    ], "1.25"],
    [[19782, { kind: "date" }], "2024-02-29"],
    [[new Uint8Array(3), { kind: "binary" }], "3 bytes"],
    [[[], {
      kind: "array",
      elementType: { kind: "long" },
      containsNull: true,
    }], "of type array"],
  ];
  for (const [args, text] of cases) assertEquals(valueText(...args), text);
});
