import { assert, assertEquals, assertThrows } from "@std/assert";
import { column, columns } from "../../testing/built_table.ts";
import { changedTable } from "../../testing/changed_table.ts";
import { DeltaError } from "../errors.ts";
import { buildBatch } from "../parquet/build_column.ts";
import { changeFileWriter } from "./write_change_files.ts";

const SCHEMA = columns(column("id", "long"), column("p", "string"));

Deno.test("changeFileWriter() writes plain paths under _change_data, by partition and physical name", async () => {
  const table = await changedTable(SCHEMA, {
    partitionBy: ["p"],
    properties: {
      "delta.columnMapping.mode": "name",
      "delta.randomizeFilePrefixes": "true",
    },
  });
  const state = await table.load();
  const writer = changeFileWriter(table.context, state);
  const batch = (p: string) => buildBatch(state.schema, [{ id: 1n, p }]);
  await writer.write("insert", batch("a b"));
  await writer.write("delete", batch("c"));
  await writer.write("delete", batch("c").slice(0, 0));
  const files = await writer.finish();
  assertEquals(files.length, 2);
  for (const file of files) {
    assert(/^_change_data\/cdc-[\w-]+\.zstd\.parquet$/.test(file.path));
    assertEquals(file.dataChange, false);
    assert(Object.keys(file.partitionValues)[0]!.startsWith("col-"));
  }
  assertEquals((await table.objects()).length, 2);
  await writer.abort();
  assertEquals(await table.objects(), []);
});

Deno.test("changeFileWriter() refuses a table whose column has a name of the feed", async () => {
  const table = await changedTable(
    columns(column("id", "long"), column("_Change_Type", "string")),
  );
  const state = await table.load();
  assertThrows(
    () => changeFileWriter(table.context, state),
    DeltaError,
    "_change_type",
  );
});
