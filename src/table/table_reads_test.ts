import { assert, assertEquals, assertRejects } from "@std/assert";
import { DeltaError, DeltaTable, memoryStore } from "../mod.ts";
import { TableReads } from "./table_reads.ts";

Deno.test("a table reads what its handle points at, and other versions beside it", async () => {
  const store = memoryStore();
  const table = await DeltaTable.create(store.url, {
    store,
    schema: {
      kind: "struct",
      fields: [
        { name: "id", type: { kind: "long" }, nullable: true, metadata: {} },
      ],
    },
  });
  await table.append([{ id: 1n }]);
  await table.append([{ id: 2n }]);
  assert(table instanceof TableReads);
  assertEquals([table.version, await table.count()], [2, 2]);
  const before = await table.at({ version: 1 });
  assertEquals([before.version, await before.count()], [1, 1]);
  assertEquals(table.version, 2);
  assertEquals((await table.toArrow({ columns: ["id"] })).numRows, 2);
  assertEquals((await Array.fromAsync(table.files())).length, 2);
  const commits = await Array.fromAsync(table.history({ limit: 2 }));
  assertEquals(commits.map(({ version }) => version), [2, 1]);
  const error = await assertRejects(
    () => Array.fromAsync(table.history({ limit: -1 })),
    DeltaError,
  );
  assertEquals(error.code, "DELTA_INVALID_ARGUMENT");
});
