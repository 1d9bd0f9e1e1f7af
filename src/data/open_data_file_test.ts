import { assertEquals, assertRejects } from "@std/assert";
import { buildTable, column, columns } from "../../testing/built_table.ts";
import type { AddFile } from "../actions/action.ts";
import { DeltaError } from "../errors.ts";
import { inlineDeletionVector } from "./deletion_vector.ts";
import { openDataFile } from "./open_data_file.ts";
import { RowSet } from "./roaring.ts";

const SCHEMA = columns(column("n", "long"));
const ROWS = [{ n: 1n }, { n: 2n }, { n: 3n }];

const build = () =>
  buildTable({
    schema: SCHEMA,
    files: [{ path: "a%20b.parquet", schema: SCHEMA, rows: ROWS }],
  });

Deno.test("openDataFile() decodes the path once and takes one request for a small file", async () => {
  const { context, store, adds } = await buildTable({
    schema: SCHEMA,
    files: [{ path: "a.parquet", schema: SCHEMA, rows: ROWS }],
  });
  const open = await openDataFile(context, adds[0]!);
  assertEquals(open.footer.rowCount, 3);
  assertEquals(store.calls.map((call) => [call.name, call.path]), [
    ["get", "a.parquet"],
  ]);
  await store.put("a b.parquet", (await store.get("a.parquet"))!.bytes);
  await openDataFile(context, { ...adds[0]!, path: "a%20b.parquet" });
});

Deno.test("openDataFile() reads a file whose size in the log is wrong", async () => {
  const { context, store, adds } = await build();
  const { bytes } = (await store.get("a%20b.parquet"))!;
  await store.put("a b.parquet", bytes);
  for (const size of [0, 1, bytes.length - 1, bytes.length + 1, 10 ** 9]) {
    const open = await openDataFile(context, { ...adds[0]!, size });
    assertEquals(open.footer.rowCount, 3, String(size));
  }
});

Deno.test("openDataFile() refuses what is not there or not whole, naming it", async (t) => {
  const { context, store, adds } = await build();
  const { bytes } = (await store.get("a%20b.parquet"))!;
  const refused = async (add: AddFile, code: string) => {
    const error = await assertRejects(
      () => openDataFile(context, add),
      DeltaError,
    );
    assertEquals(error.code, code);
    assertEquals(/a b\.parquet/.test(error.message), true, error.message);
  };
  await t.step("missing", () => refused(adds[0]!, "DELTA_FILE_NOT_FOUND"));
  await t.step("cut at every eighth byte", async () => {
    for (let size = 0; size < bytes.length; size += 8) {
      await store.put("a b.parquet", bytes.subarray(0, size));
      await refused(adds[0]!, "DELTA_DATA_FILE_CORRUPT");
    }
  });
  await t.step("a deletion vector past its end", async () => {
    await store.put("a b.parquet", bytes);
    const deletionVector = inlineDeletionVector(RowSet.of([3]));
    await refused(
      { ...adds[0]!, deletionVector },
      "DELTA_DELETION_VECTOR_CORRUPT",
    );
  });
});
