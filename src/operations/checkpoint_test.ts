import { assert, assertEquals, assertRejects } from "@std/assert";
import { maintainedTable, rowsOf } from "../../testing/maintained_table.ts";
import { DeltaError } from "../errors.ts";
import { readFooter } from "../parquet/footer.ts";
import { bytesSource } from "../parquet/byte_source.ts";
import { checkpointPath } from "../log/log_path.ts";
import { checkpoint } from "./checkpoint.ts";

const V2 = {
  "delta.checkpointPolicy": "v2",
  "delta.checkpointInterval": "1000",
};

Deno.test("checkpoint() writes the version it is given, and every version reads as before", async () => {
  for (const properties of [{}, V2]) {
    const table = await maintainedTable({ partitioned: true, properties });
    for (let i = 0; i < 4; i++) await table.append(rowsOf(i, i + 1, `p${i}`));
    await table.overwrite(rowsOf(9, 10, null));
    const before = await table.hashes();
    for (const version of [3, 5]) {
      const result = await checkpoint(table.context, await table.load(version));
      assertEquals(result.version, version);
      assertEquals(result.files, version === 3 ? 3 : 1);
      assertEquals(result.snapshot.checkpointVersion, version);
      assertEquals((await table.load()).checkpointVersion, version);
    }
    assertEquals(await table.hashes(), before);
    assertEquals(table.warnings, []);
  }
});

Deno.test("a checkpoint of a version that is a multiple of ten intervals has a classic name", async () => {
  const table = await maintainedTable({
    properties: { ...V2, "delta.checkpointInterval": "1" },
  });
  for (let i = 0; i < 11; i++) await table.append(rowsOf(i, i + 1));
  const names = (await Array.fromAsync(
    table.store.list("_delta_log/"),
    (object) => object.path,
  )).filter((path) => path.includes(".checkpoint."));
  assertEquals(names.length, 11);
  const classic = names.filter((name) => name.endsWith(".checkpoint.parquet"));
  assertEquals(classic, [checkpointPath(10)]);
  // It is a V2 checkpoint all the same, and a table opened from it is whole.
  const { bytes } = (await table.store.get(checkpointPath(10)))!;
  const { leaves } = await readFooter(bytesSource("checkpoint", bytes));
  assert(leaves.some((leaf) => leaf.path[0] === "checkpointMetadata"));
  await table.store.delete(names.filter((name) => name !== checkpointPath(10)));
  assertEquals((await table.load()).checkpointVersion, 10);
  assertEquals((await table.ids()).length, 11);
});

Deno.test("checkpoint() refuses options it does not have", async () => {
  const table = await maintainedTable();
  const base = await table.load();
  await assertRejects(
    () => checkpoint(table.context, base, { version: 0 } as never),
    DeltaError,
    "DELTA_INVALID_ARGUMENT",
  );
});
