import { assert, assertEquals, assertRejects } from "@std/assert";
import { column, columns } from "../../testing/built_table.ts";
import { changedTable } from "../../testing/changed_table.ts";
import { DeltaError } from "../errors.ts";
import { col } from "../expression/predicate.ts";
import { appendSelect } from "./append_select.ts";
import { overwrite, type OverwriteOptions } from "./overwrite.ts";

const SCHEMA = columns(
  column("id", "long"),
  column("p", "string"),
  column("n", "integer"),
);
const ROWS = [
  { id: 1, p: "a", n: 1 },
  { id: 2, p: "a", n: 2 },
  { id: 3, p: "b", n: 3 },
  { id: 4, p: null, n: 4 },
];

Deno.test("overwrite() with where replaces the rows of the predicate and no other", async () => {
  const table = await changedTable(SCHEMA, {
    properties: { "delta.enableChangeDataFeed": "true" },
    rows: ROWS,
  });
  const { report } = await overwrite(
    table.context,
    await table.load(),
    [{ id: 2, p: "new" }, { id: 1, p: "new" }],
    { where: "id < 3" },
  );
  assertEquals([report.outcome, report.rows], ["committed", 2]);
  assertEquals(await table.rows(), [
    '{"id":1,"p":"new","n":null}',
    '{"id":2,"p":"new","n":null}',
    '{"id":3,"p":"b","n":3}',
    '{"id":4,"p":null,"n":4}',
  ]);
  const changes = (await table.changes(2)).map((row) => row["_change_type"]);
  assertEquals(changes.sort(), ["delete", "delete", "insert", "insert"]);
});

Deno.test("overwrite() with where refuses data outside the predicate, and writes nothing", async () => {
  const table = await changedTable(SCHEMA, { rows: ROWS });
  const before = await table.objects();
  const base = await table.load();
  for (const bad of [{ id: 9 }, { id: null }]) {
    const error = await assertRejects(
      () =>
        overwrite(table.context, base, [{ id: 1 }, bad], {
          where: col("id").lt(3),
        }),
      DeltaError,
    );
    assertEquals(error.code, "DELTA_REPLACE_WHERE_MISMATCH");
    assertEquals(error.context["row"], 1);
  }
  assertEquals(await table.objects(), before);
});

Deno.test("overwrite() with where drops partitions whole, and does nothing for nothing", async () => {
  const table = await changedTable(SCHEMA, { partitionBy: ["p"], rows: ROWS });
  const none = await overwrite(table.context, await table.load(), [], {
    where: "p = 'zzz'",
  });
  assertEquals(none.report.outcome, "nothing-to-do");
  await overwrite(table.context, await table.load(), [], { where: "p = 'a'" });
  assertEquals((await table.rows()).length, 2);
});

Deno.test("overwrite() of dynamic partitions replaces those that the data has, null included", async () => {
  const table = await changedTable(SCHEMA, { partitionBy: ["p"], rows: ROWS });
  await overwrite(
    table.context,
    await table.load(),
    [{ id: 10, p: "a" }, { id: 11, p: null }, { id: 12, p: "new" }],
    { partitions: "dynamic" },
  );
  assertEquals(
    (await table.rows()).map((row) => JSON.parse(row).id).sort(),
    [10, 11, 12, 3],
  );
});

Deno.test("overwrite() of dynamic partitions replaces every row of a table without partitions", async () => {
  const table = await changedTable(SCHEMA, { rows: ROWS });
  await overwrite(table.context, await table.load(), [{ id: 5 }], {
    partitions: "dynamic",
  });
  assertEquals((await table.rows()).length, 1);
});

Deno.test("overwrite() with overwriteSchema gives the table the schema of the data in one commit", async () => {
  const table = await changedTable(SCHEMA, {
    partitionBy: ["p"],
    properties: { "delta.columnMapping.mode": "name" },
    rows: ROWS,
  });
  const before = (await table.load()).schema.fields[0]!.metadata;
  const { snapshot } = await overwrite(
    table.context,
    await table.load(),
    [{ id: 5n, q: "x", when: new Date(0) }],
    { overwriteSchema: true, partitionBy: ["q"] },
  );
  assertEquals(snapshot.version, 2);
  const { fields } = snapshot.schema;
  assertEquals(fields.map((f) => f.name), ["id", "q", "when"]);
  assertEquals(fields[0]!.metadata, before);
  const ids = fields.map((f) => f.metadata["delta.columnMapping.id"]);
  assertEquals(new Set(ids).size, 3);
  assert(Number(ids[1]) > 3);
  assertEquals(snapshot.metadata.partitionColumns, ["q"]);
  assertEquals(await table.rows(), ['{"id":5,"q":"x","when":0}']);
});

Deno.test("overwrite() with overwriteSchema keeps the definition where the data has it", async () => {
  const table = await changedTable(SCHEMA, { rows: ROWS });
  await overwrite(
    table.context,
    await table.load(),
    [{ id: 5n, p: "x", n: 1 }],
    { overwriteSchema: true, schema: SCHEMA },
  );
  assert((await table.actions(2)).every((action) => !("metaData" in action)));
});

Deno.test("overwrite() refuses options that contradict each other", async () => {
  const table = await changedTable(SCHEMA, { partitionBy: ["p"], rows: ROWS });
  const base = await table.load();
  const cases: OverwriteOptions[] = [
    { where: "id = 1", partitions: "dynamic" },
    { where: "id = 1", overwriteSchema: true },
    { partitions: "dynamic", overwriteSchema: true },
    { overwriteSchema: true, mergeSchema: true },
    { mergeSchema: true, where: "id = 1" },
    { partitionBy: ["n"] },
    { partitions: "sometimes" as never },
    { overwriteSchema: true },
  ];
  for (const options of cases) {
    const error = await assertRejects(
      () => overwrite(table.context, base, [{ id: 1n }], options),
      DeltaError,
    );
    assertEquals(error.code, "DELTA_INVALID_ARGUMENT");
  }
});

Deno.test("appendSelect() copies rows with new values, and says that it read them", async () => {
  const table = await changedTable(SCHEMA, { rows: ROWS });
  const result = await appendSelect(table.context, await table.load(), {
    where: "n >= 3",
    add: { id: 100 },
    set: { p: { sql: "concat(p, '!')" } },
  });
  assertEquals(result.metrics.numInsertedRows, 2);
  const [info] = await table.actions(2);
  assert("commitInfo" in info!);
  assertEquals(info.commitInfo.isBlindAppend, false);
  assertEquals((await table.rows()).slice(0, 2), [
    '{"id":1,"p":"a","n":1}',
    '{"id":103,"p":"b!","n":3}',
  ]);
  const none = await appendSelect(table.context, result.snapshot, {
    where: "n > 99",
  });
  assertEquals(none.outcome, "nothing-to-do");
});
