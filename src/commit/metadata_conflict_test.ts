import { assert, assertEquals } from "@std/assert";
import {
  FACTS,
  FILE_LOSERS,
  metadata,
  oursOf,
  winnerFrom,
} from "../../testing/conflict_matrix.ts";
import type { Metadata } from "../actions/action.ts";
import type { TableFacts } from "./conflict_types.ts";
import { checkMetadata } from "./metadata_conflict.ts";

const APPEND = oursOf(FILE_LOSERS[0]!, "S");
const mapped = (physical: string): string =>
  JSON.stringify({
    type: "struct",
    fields: [["p", "string", "p"], ["x", "long", physical]].map((
      [name, type, physicalName],
      i,
    ) => ({
      name,
      type,
      nullable: true,
      metadata: {
        "delta.columnMapping.id": i + 1,
        "delta.columnMapping.physicalName": physicalName,
      },
    })),
  });

function answer(
  after: Metadata,
  before: Metadata = metadata(),
  ours = APPEND,
): string {
  const facts: TableFacts = { ...FACTS, metadata: before };
  const result = checkMetadata(ours, winnerFrom({ metadata: after }), facts);
  return result.kind === "conflict" ? result.why : result.kind;
}

const says = (what: string): string =>
  `version 8 changed the table's metadata: ${what}`;

Deno.test("checkMetadata() passes metadata that was only written again", () => {
  assertEquals(answer({ ...metadata(), createdTime: 5 }), "pass");
  // As another engine spells it.
  const spaced = JSON.stringify(JSON.parse(metadata().schemaString), null, 1);
  assertEquals(answer({ ...metadata(), schemaString: spaced }), "pass");
  // And a loser with metadata of its own does not mind either.
  const alter = oursOf(
    FILE_LOSERS.find((loser) => loser.name === "ADD COLUMN")!,
    "S",
  );
  assertEquals(answer(metadata(), metadata(), alter), "pass");
  assertEquals(
    answer(metadata({ a: "b" }), metadata(), alter),
    says("the property a"),
  );
});

Deno.test("checkMetadata() says what changed", () => {
  const cases: [Metadata, string][] = [
    [metadata({}, { id: "other" }), "the table's id"],
    [metadata({}, { partitionColumns: [] }), "the partition columns"],
    [metadata({}, { description: "d" }), "the description"],
    [metadata({ "delta.appendOnly": "true" }), "the property delta.appendOnly"],
    [
      metadata({}, {
        schemaString: metadata().schemaString.replace("long", "integer"),
      }),
      "the schema",
    ],
  ];
  for (const [after, what] of cases) assertEquals(answer(after), says(what));
});

Deno.test("checkMetadata() adapts to what is turned on, and to nothing that is turned off or around", async (t) => {
  const on: Record<string, string> = {
    "delta.enableDeletionVectors": "true",
    "delta.enableInCommitTimestamps": "true",
    "delta.enableRowTracking": "true",
    "delta.checkpointPolicy": "v2",
  };
  for (const [key, value] of Object.entries(on)) {
    await t.step(key, () => {
      const lit = metadata({ [key]: value });
      assertEquals(answer(lit), "pass");
      assertEquals(answer(metadata(), lit), says(`the property ${key}`));
      const off = metadata({ [key]: value === "v2" ? "classic" : "false" });
      assertEquals(answer(off, lit), says(`the property ${key}`));
      // One more change is one too many.
      const more = metadata({ [key]: value, "delta.appendOnly": "true" });
      assertEquals(answer(more), says("the property delta.appendOnly"));
    });
  }
});

Deno.test("checkMetadata() adapts to column mapping where files keep their names", () => {
  const by = (mode: string, physical: string) =>
    metadata({
      "delta.columnMapping.mode": mode,
      "delta.columnMapping.maxColumnId": "2",
    }, { schemaString: mapped(physical) });
  assertEquals(answer(by("name", "x")), "pass");
  assert(answer(by("id", "x")).startsWith(says("the property")));
  assertEquals(answer(by("name", "col-1")), says("the schema"));
});

Deno.test("checkMetadata() does not concern who writes no file, domain or definition", () => {
  const empty = oursOf(
    FILE_LOSERS.find((l) => l.name === "empty commit")!,
    "S",
  );
  const after = metadata({ "delta.appendOnly": "true" });
  assertEquals(answer(after, metadata(), empty), "pass");
});
