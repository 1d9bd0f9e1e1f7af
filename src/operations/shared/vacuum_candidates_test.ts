import { assertEquals } from "@std/assert";
import { maintainedTable } from "../../../testing/maintained_table.ts";
import { filesNamed, vacuumable } from "./vacuum_candidates.ts";

Deno.test("vacuumable() passes over what is hidden, but for change files and partitions", async () => {
  const table = await maintainedTable({ partitioned: true });
  const base = await table.load();
  const mayGo = vacuumable({
    ...base,
    metadata: { ...base.metadata, partitionColumns: ["_a b", ".c"] },
  });
  const verdicts = {
    "x.parquet": true,
    "a/b/x.parquet": true,
    "_change_data/cdc.parquet": true,
    "_change_data/_a b=1/cdc.parquet": true,
    "_a b=1/.c=2/x.parquet": true,
    "deletion_vector_1.bin": true,
    "_change_data": false,
    "a/_change_data/x": false,
    "_delta_log/0.json": false,
    "_other=1/x.parquet": false,
    "_a b=1": false,
    "a/.x.crc": false,
    "_x": false,
    "a/": false,
    "../x": false,
    "a//x": false,
  };
  for (const [path, verdict] of Object.entries(verdicts)) {
    assertEquals(mayGo(path), verdict, path);
  }
});

Deno.test("filesNamed() finds the files of adds, removes and changes", () => {
  const file = { path: "f", dataChange: true } as never;
  const actions = [{ add: file }, { remove: file }, { cdc: file }];
  assertEquals(filesNamed([...actions, { commitInfo: {} }]).length, 3);
});
