import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  buildTable,
  type BuiltTable,
  column,
  columns,
} from "../../testing/built_table.ts";
import { DeltaError } from "../errors.ts";
import { and, col, or } from "../expression/predicate.ts";
import { columnReader } from "../parquet/arrow_values.ts";
import { scan, type ScanOptions } from "./read_scan.ts";

const FILE = columns(column("id", "long"), column("v", "string"));
const SCHEMA = columns(...FILE.fields, column("p", "string"));
const ROWS_PER_FILE = 10;

/** Ten files of ten rows; ids ascend over the files, partitions alternate. */
const tenFiles = (stats?: null): Promise<BuiltTable> =>
  buildTable({
    schema: SCHEMA,
    partitionColumns: ["p"],
    files: Array.from({ length: 10 }, (_, file) => ({
      path: `f${file}.parquet`,
      schema: FILE,
      rows: Array.from({ length: ROWS_PER_FILE }, (_, row) => {
        const id = file * ROWS_PER_FILE + row;
        return { id: BigInt(id), v: `v${id}` };
      }),
      partitionValues: { p: file % 2 === 0 ? "even" : "odd" },
      ...(stats === null ? { stats } : {}),
    })),
  });

async function idsOf(
  { context, snapshot }: BuiltTable,
  options: ScanOptions,
): Promise<number[]> {
  const ids: number[] = [];
  const columns = ["id"];
  for await (const batch of scan(context, snapshot, { ...options, columns })) {
    assert(batch.numRows > 0);
    const read = columnReader(batch.data.children[0]!, { kind: "long" });
    for (let row = 0; row < batch.numRows; row++) ids.push(Number(read(row)));
  }
  return ids.sort((a, b) => a - b);
}

const opened = ({ store }: BuiltTable): string[] =>
  [...new Set(store.calls.map((call) => call.path))].sort();

Deno.test("scan() opens exactly the files that may match", async (t) => {
  const cases = [
    ["by statistics", col("id").between(35, 52), [3, 4, 5], 18],
    ["by partition", col("p").eq("odd"), [1, 3, 5, 7, 9], 50],
    ["by both", and(col("p").eq("odd"), col("id").lt(20)), [1], 10],
    ["by either", or(col("id").eq(7), col("id").eq(93)), [0, 9], 2],
    ["none", col("id").gt(1000), [], 0],
    ["none, by a value between two files", col("v").eq("nobody"), [], 0],
  ] as const;
  for (const [name, where, files, rows] of cases) {
    await t.step(name, async () => {
      const table = await tenFiles();
      const ids = await idsOf(table, { where });
      assertEquals(ids.length, rows);
      assertEquals(opened(table), files.map((i) => `f${i}.parquet`));
    });
  }
});

Deno.test("scan() finds the rows without statistics as well", async () => {
  const table = await tenFiles(null);
  const ids = await idsOf(table, { where: col("id").between(35, 36) });
  assertEquals(ids, [35, 36]);
  assertEquals(opened(table).length, 10);
});

Deno.test("scan() opens no file for partition columns alone", async () => {
  const table = await tenFiles();
  const { context, snapshot } = table;
  let rows = 0;
  const options = { columns: ["p"], where: col("p").eq("odd") };
  for await (const batch of scan(context, snapshot, options)) {
    assertEquals(batch.schema.fields.map((field) => field.name), ["p"]);
    rows += batch.numRows;
  }
  assertEquals(rows, 50);
  assertEquals(table.store.calls, []);
});

Deno.test("scan() stops between batches when it is cancelled, and leaves nothing running", async () => {
  const { context, snapshot, store } = await tenFiles();
  const controller = new AbortController();
  const batches = scan(context, snapshot, { signal: controller.signal });
  await batches.next();
  controller.abort();
  const error = await assertRejects(() => batches.next(), DeltaError);
  assertEquals(error.code, "DELTA_ABORTED");
  assert(store.calls.every((call) => call.outcome !== "pending"));
  assert(opened({ store } as BuiltTable).length < 10);
});

Deno.test("scan() may be left early", async () => {
  const { context, snapshot, store } = await tenFiles();
  for await (const _ of scan(context, snapshot)) break;
  assert(store.calls.every((call) => call.outcome !== "pending"));
  assert(store.calls.length < 10);
});

Deno.test("scan() throws for a missing file when its turn comes", async () => {
  const table = await tenFiles();
  await table.store.delete(["f9.parquet"]);
  const error = await assertRejects(() => idsOf(table, {}), DeltaError);
  assertEquals(error.code, "DELTA_FILE_NOT_FOUND");
  assertEquals((await idsOf(table, { where: col("id").lt(90) })).length, 90);
});
