import { assertEquals, assertRejects } from "@std/assert";
import { column, columns } from "../../testing/built_table.ts";
import { changedTable } from "../../testing/changed_table.ts";
import { DeltaError } from "../errors.ts";
import { col } from "../expression/predicate.ts";
import { update } from "./update.ts";

const SCHEMA = columns(
  column("id", "long"),
  column("p", "string"),
  column("n", "integer"),
  column("s", columns(column("x", "integer"), column("y", "string"))),
);
const ROWS = [
  { id: 1, p: "a", n: 10, s: { x: 1, y: "q" } },
  { id: 2, p: "a", n: null, s: null },
  { id: 3, p: "b", n: 30, s: { x: 3, y: null } },
];

Deno.test("update() sets values, expressions and SQL, which see the row as it was", async () => {
  const table = await changedTable(SCHEMA, { rows: ROWS });
  await update(table.context, await table.load(), {
    set: { n: { sql: "n + id" }, id: col("n"), "s.y": "new" },
    where: "id <> 3",
  });
  assertEquals(await table.rows(), [
    '{"id":10,"p":"a","n":11,"s":{"x":1,"y":"new"}}',
    '{"id":3,"p":"b","n":30,"s":{"x":3,"y":null}}',
    '{"id":null,"p":"a","n":null,"s":{"x":null,"y":"new"}}',
  ]);
});

Deno.test("update() moves rows to the partition they belong to, and tells before and after", async () => {
  const table = await changedTable(SCHEMA, {
    partitionBy: ["p"],
    properties: { "delta.enableChangeDataFeed": "true" },
    rows: ROWS,
  });
  const result = await update(table.context, await table.load(), {
    set: { p: "new/ü" },
    where: col("id").eq(1),
  });
  assertEquals(result.metrics.numUpdatedRows, 1);
  assertEquals(result.metrics.numCopiedRows, 1);
  const adds = (await table.actions(2)).flatMap((action) =>
    "add" in action ? [action.add.partitionValues["p"]] : []
  );
  assertEquals(adds.sort(), ["a", "new/ü"]);
  const changes = await table.changes(2);
  assertEquals(
    changes.map((row) => [row["_change_type"], row["p"]]).sort(),
    [["update_postimage", "new/ü"], ["update_preimage", "a"]],
  );
});

Deno.test("update() refuses what does not fit before anything is committed", async () => {
  const table = await changedTable(SCHEMA, { rows: ROWS });
  const cases = [
    [{ nope: 1 }, "DELTA_COLUMN_NOT_FOUND"],
    [{ "s.nope": 1 }, "DELTA_COLUMN_NOT_FOUND"],
    [{ n: "text" }, "DELTA_SCHEMA_MISMATCH"],
    [{ n: 3_000_000_000 }, "DELTA_VALUE_OUT_OF_RANGE"],
    [{ s: { x: 1 }, "s.x": 2 }, "DELTA_INVALID_ARGUMENT"],
    [{ n: 1, N: 2 }, "DELTA_INVALID_ARGUMENT"],
    [{}, "DELTA_INVALID_ARGUMENT"],
  ] as const;
  const base = await table.load();
  const before = await table.objects();
  for (const [set, code] of cases) {
    const error = await assertRejects(
      () => update(table.context, base, { set }),
      DeltaError,
    );
    assertEquals(error.code, code);
  }
  assertEquals((await table.load()).version, 1);
  assertEquals(await table.objects(), before);
});

Deno.test("update() holds changed rows to constraints, and leaves no file when one breaks", async () => {
  const table = await changedTable(SCHEMA, {
    properties: { "delta.constraints.small": "n < 100" },
    rows: [{ id: 1, p: "a", n: 10 }, { id: 2, p: "a", n: 20 }],
  });
  const before = await table.objects();
  const base = await table.load();
  const error = await assertRejects(
    () => update(table.context, base, { set: { n: { sql: "n * 6" } } }),
    DeltaError,
  );
  assertEquals(error.code, "DELTA_VIOLATE_CONSTRAINT");
  assertEquals(await table.objects(), before);
});

Deno.test("update() works generated columns out anew", async () => {
  const generated = columns(
    column("id", "long"),
    column("twice", "long", { "delta.generationExpression": "id * 2" }),
  );
  const table = await changedTable(generated, { rows: [{ id: 1 }, { id: 2 }] });
  await update(table.context, await table.load(), {
    set: { id: 5 },
    where: "id = 1",
  });
  assertEquals(await table.rows(), [
    '{"id":2,"twice":4}',
    '{"id":5,"twice":10}',
  ]);
  const base = await table.load();
  const error = await assertRejects(
    () => update(table.context, base, { set: { twice: 1 } }),
    DeltaError,
  );
  assertEquals(error.code, "DELTA_VIOLATE_CONSTRAINT");
});

Deno.test("update() commits nothing where no row matches", async () => {
  const table = await changedTable(SCHEMA, { rows: ROWS });
  const result = await update(table.context, await table.load(), {
    set: { n: 1 },
    where: "id > 100",
  });
  assertEquals([result.outcome, result.version], ["nothing-to-do", 1]);
});
