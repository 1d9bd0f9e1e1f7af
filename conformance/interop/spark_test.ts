import { assertEquals } from "@std/assert";
import { DeltaTable } from "../../src/mod.ts";
import { needs } from "../../testing/needs.ts";
import { copyGolden, goldenTables } from "../golden/golden_tables.ts";
import { writeFurther } from "../golden/write_further.ts";
import { checkPrograms } from "./check_program.ts";
import { difference, differences, ourChanges } from "./compare.ts";
import { assertExpected } from "./expected_differences.ts";
import { startSpark, withFolder } from "./foreign_engine.ts";
import { assertSameRowIds, checkRowIds } from "./row_ids.ts";

// One session for everything: starting one takes longer than most of what follows.
const machine = needs({ spark: true });
const spark = machine.ignore ? undefined : startSpark();
Deno.test.afterAll(async () => await spark?.close());

/** Programs in `deno task test`; `RUNS` asks for another number. */
const RUNS = Number(Deno.env.get("RUNS") ?? 10);

Deno.test({
  name: "Spark reads every version of random programs, and their changes",
  ...machine,
  fn: () =>
    checkPrograms({
      engine: spark!,
      features: [
        "changes",
        "vectors",
        "mapping",
        "tracking",
        "timestamps",
        "v2",
        "widening",
        "often",
      ],
      runs: RUNS,
      changes: () => true,
      file: "conformance/interop/spark_test.ts",
    }),
});

for (const golden of goldenTables) {
  Deno.test({
    name: `${golden.name}, written further, is read by Spark the same`,
    ...machine,
    fn: () =>
      withFolder(async (folder) => {
        const copy = await copyGolden(golden, folder);
        const { to } = await writeFurther(copy);
        const found = await differences(spark!, copy, [to]);
        assertExpected("Spark", `golden ${golden.name}`, found);
      }),
  });
}

for (
  const [kind, options] of Object.entries({
    "rewritten files": { properties: {} },
    "deletion vectors, a change feed and columns by field id": {
      properties: {
        "delta.enableDeletionVectors": "true",
        "delta.enableChangeDataFeed": "true",
        "delta.columnMapping.mode": "id",
      },
    },
    "partitions and mapped columns": {
      properties: { "delta.columnMapping.mode": "name" },
      partitionBy: ["p"],
    },
  })
) {
  Deno.test({
    name: `Spark and this engine keep each other's row ids: ${kind}`,
    ...machine,
    fn: () => withFolder((folder) => checkRowIds(spark!, folder, options)),
  });
}

Deno.test({
  name: "the rows of a table of Spark's keep the ids that Spark gave them",
  ...machine,
  fn: () =>
    withFolder(async (folder) => {
      // Given a table whose rows Spark has moved to other files,
      const golden = goldenTables.find((t) => t.name === "spark-row-tracking")!;
      const copy = await copyGolden(golden, folder);
      await using table = await DeltaTable.open(copy);
      const before = await assertSameRowIds(spark!, table, copy, "as it was");
      // when rows are added, changed and moved again,
      await table.append([{ id: 1001n, s: "a" }, { id: 1002n, s: "b" }]);
      await table.append([{ id: 1003n, s: "c" }]);
      await table.update({ set: { s: "new" }, where: "id % 2 = 0" });
      const updated = BigInt(table.version);
      await table.optimize();
      // then all ids differ, and the rows of before have those of before.
      const after = await assertSameRowIds(spark!, table, copy, "changed");
      const ids = [...after.values()].map((row) => row.rowId);
      assertEquals(new Set(ids).size, before.size + 3);
      for (const [id, { rowId, version }] of before) {
        assertEquals(after.get(id), {
          rowId,
          version: Number(id) % 2 === 0 ? updated : version,
        });
      }
    }),
});

Deno.test({
  name: "Spark tells the changes of an overwrite after deletion vectors",
  ...machine,
  fn: () =>
    withFolder(async (folder) => {
      // Given a file of three rows, one of them deleted by a vector,
      await using table = await DeltaTable.create(folder, {
        schema: {
          type: "struct",
          fields: [{ name: "id", type: "long", nullable: true, metadata: {} }],
        },
        properties: {
          "delta.enableChangeDataFeed": "true",
          "delta.enableDeletionVectors": "true",
        },
      });
      await table.append([{ id: 1n }, { id: 2n }, { id: 3n }]);
      await table.delete({ where: "id = 2" });
      // when all is replaced, then two rows go, as Spark has it (deltalake has not).
      await table.overwrite([{ id: 9n }]);
      const ours = await ourChanges(table, 3, 3);
      assertEquals(difference(ours, await spark!.changes(folder, 3, 3)), []);
      assertEquals(ours.totalRows, 3);
    }),
});
