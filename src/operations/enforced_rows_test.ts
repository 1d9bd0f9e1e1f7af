import { assert, assertEquals, assertRejects } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { columnReader } from "../parquet/arrow_values.ts";
import { scan } from "../scan/read_scan.ts";
import type { Row } from "../schema/value.ts";
import { eachFile } from "../snapshot/file_set.ts";
import { loadSnapshot } from "../snapshot/load_snapshot.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { memoryStore } from "../store/memory_store.ts";
import { contextOf } from "../store/table_context.ts";
import { append } from "./append.ts";
import { createTable } from "./create.ts";
import { overwrite } from "./overwrite.ts";

const SCHEMA = JSON.stringify({
  type: "struct",
  fields: [
    { name: "id", type: "long", nullable: true, metadata: {} },
    { name: "at", type: "timestamp", nullable: true, metadata: {} },
    {
      name: "day",
      type: "date",
      nullable: true,
      metadata: { "delta.generationExpression": "CAST(at AS DATE)" },
    },
    {
      name: "note",
      type: "string",
      nullable: true,
      metadata: { CURRENT_DEFAULT: "upper('none')" },
    },
  ],
});

const context = contextOf(memoryStore());

async function rowsOf(snapshot: Snapshot): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of scan(context, snapshot)) {
    const readers = snapshot.schema.fields.map((field, i) =>
      [
        field.name,
        columnReader(batch.data.children[i]!, field.type),
      ] as const
    );
    for (let row = 0; row < batch.numRows; row++) {
      rows.push(
        Object.fromEntries(readers.map(([name, read]) => [name, read(row)])),
      );
    }
  }
  return rows;
}

Deno.test("a table's rules hold for rows of create, append and overwrite", async (t) => {
  const NOON = "2024-02-29T12:00:00Z";
  let { snapshot } = await createTable(context, {
    schema: SCHEMA,
    partitionBy: ["day"],
    data: [{ id: 1n, at: NOON }],
  });

  await t.step(
    "generated columns are there before rows are split",
    async () => {
      const files = await Array.fromAsync(eachFile(await snapshot.files()));
      assertEquals(files.map((file) => file.partitionValues), [
        { day: "2024-02-29" },
      ]);
      assertEquals((await rowsOf(snapshot))[0]!["note"], "NONE");
    },
  );

  await t.step("rows that leave columns out and rows that do not", async () => {
    const done = await append(context, snapshot, [
      { id: 2n, at: NOON, day: "2024-02-29", note: null },
      { id: 3n, at: null },
    ]);
    snapshot = done.snapshot;
    const rows = (await rowsOf(snapshot)).sort((a, b) =>
      Number(a["id"]) - Number(b["id"])
    );
    assertEquals(
      rows.map(({ day, note }) => [day, note]),
      [[19782, "NONE"], [19782, null], [null, "NONE"]],
    );
  });

  await t.step("a wrong value writes nothing", async () => {
    for (const write of [append, overwrite]) {
      const error = await assertRejects(
        () =>
          write(context, snapshot, [{ id: 4n, at: NOON, day: "2024-03-01" }]),
        DeltaError,
        "day",
      );
      assertEquals(error.code, "DELTA_VIOLATE_CONSTRAINT");
    }
    const latest = await loadSnapshot(context);
    assertEquals(latest.version, snapshot.version);
  });

  await t.step("the schema grows, and the rules stay", async () => {
    const done = await append(
      context,
      snapshot,
      [{ id: 5n, at: NOON, more: "x" }],
      { mergeSchema: true },
    );
    snapshot = done.snapshot;
    const rows = await rowsOf(snapshot);
    assertEquals(rows.find((row) => row["id"] === 5n)?.["day"], 19782);
    assert(snapshot.schema.fields.some((field) => field.name === "more"));
  });
});

Deno.test("a rule that cannot be evaluated stops the write by its name", async () => {
  const other = contextOf(memoryStore());
  const schema = SCHEMA.replace("CAST(at AS DATE)", "soundex(note)");
  const error = await assertRejects(
    () => createTable(other, { schema, data: [{ id: 1n }] }),
    DeltaError,
    "soundex()",
  );
  assertEquals(error.code, "DELTA_UNSUPPORTED_FEATURES_FOR_WRITE");
  assertEquals(error.context["features"], ["generatedColumns"]);
  assertEquals(await Array.fromAsync(other.store.list("")), []);
});
