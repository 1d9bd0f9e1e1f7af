import { assertEquals } from "@std/assert";
import { buildTable, column, columns } from "../../testing/built_table.ts";
import { col } from "../expression/predicate.ts";
import { count } from "./count.ts";

const FILE = columns(column("id", "long"));
const SCHEMA = columns(...FILE.fields, column("p", "string"));

const built = (stats?: null) =>
  buildTable({
    schema: SCHEMA,
    partitionColumns: ["p"],
    files: ["a", "b"].map((p, file) => ({
      path: `${p}.parquet`,
      schema: FILE,
      rows: [0, 1, 2, 3, 4].map((i) => ({ id: BigInt(10 * file + i) })),
      partitionValues: { p },
      deleted: [file],
      ...(stats === null ? { stats } : {}),
    })),
  });

Deno.test("count() reads no data file where statistics are exact", async () => {
  const { context, snapshot, store } = await built();
  assertEquals(await count(context, snapshot), 8);
  assertEquals(await count(context, snapshot, { where: col("p").eq("b") }), 4);
  assertEquals(store.calls, []);
});

Deno.test("count() reads footers where there are no statistics", async () => {
  const { context, snapshot, store } = await built(null);
  assertEquals(await count(context, snapshot), 8);
  assertEquals(store.calls.length, 2);
});

Deno.test("count() looks into the rows where a predicate does", async () => {
  for (const { context, snapshot } of [await built(), await built(null)]) {
    const where = col("id").in([0, 1, 3, 10, 11, 12]);
    assertEquals(await count(context, snapshot, { where }), 4);
    assertEquals(
      await count(context, snapshot, { where: col("id").isNull() }),
      0,
    );
  }
});
