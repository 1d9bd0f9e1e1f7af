import { assert, assertEquals } from "@std/assert";
import { fieldAt } from "../../schema/schema_path.ts";
import { add, field, refusal, rowsOf, tableOf } from "./alter_fixture_test.ts";
import { dropDefault, setDefault } from "./defaults.ts";
import { addColumns } from "./new_columns.ts";

Deno.test("setDefault() fills in rows written from then on, and leaves those that are there", async () => {
  const table = await tableOf([field("id", "long")]);
  await add(table, { id: 1n });
  await addColumns(table.context, table.snapshot, {
    columns: [{ name: "n", type: "integer" }],
  }).then(({ snapshot }) => table.snapshot = snapshot);
  const { snapshot } = await setDefault(table.context, table.snapshot, {
    column: "n",
    default: "2 + 3",
  });
  table.snapshot = snapshot;
  assert(snapshot.protocol.writerFeatures!.includes("allowColumnDefaults"));
  await add(table, { id: 2n });
  await add(table, { id: 3n, n: null });
  assertEquals(await rowsOf(table), [
    { id: 1n, n: null },
    { id: 2n, n: 5 },
    { id: 3n, n: null },
  ]);
});

Deno.test("dropDefault() makes rows null again that leave the column out", async () => {
  const table = await tableOf([
    field("id", "long"),
    {
      ...field("n", "integer"),
      metadata: { CURRENT_DEFAULT: "7", comment: "c" },
    },
  ]);
  const options = { column: "n" };
  const dropped = await dropDefault(table.context, table.snapshot, options);
  table.snapshot = dropped.snapshot;
  assertEquals(fieldAt(table.snapshot.schema, ["n"])!.metadata, {
    comment: "c",
  });
  await add(table, { id: 1n });
  assertEquals(await rowsOf(table), [{ id: 1n, n: null }]);
  const again = await dropDefault(table.context, table.snapshot, options);
  assertEquals(again.committed, false);
});

Deno.test("setDefault() refuses what no write could work out, and commits nothing", async () => {
  const table = await tableOf([
    field("id", "long"),
    { ...field("g", "long"), metadata: { "delta.generationExpression": "id" } },
    field("s", { type: "struct", fields: [field("x", "long")] }),
  ]);
  const cases = [
    ["DELTA_COLUMN_NOT_FOUND", "zz", "1"],
    ["DELTA_UNSUPPORTED_OPERATION", "g", "1"],
    ["DELTA_UNSUPPORTED_OPERATION", ["s", "x"], "1"],
    ["DELTA_UNSUPPORTED_EXPRESSION", "id", "id + 1"],
    ["DELTA_UNSUPPORTED_EXPRESSION", "id", "'text'"],
    ["DELTA_INVALID_ARGUMENT", "id", " "],
  ] as const;
  for (const [code, column, text] of cases) {
    await refusal(
      code,
      () =>
        setDefault(table.context, table.snapshot, { column, default: text }),
    );
  }
});
