import { assertEquals } from "@std/assert";
import { DeltaTable, type StructType } from "../../src/mod.ts";
import { needs } from "../../testing/needs.ts";
import { differences, versionRange } from "./compare.ts";
import { startDeltalake, withFolder } from "./foreign_engine.ts";

const machine = needs({ python: true });
const deltalake = machine.ignore ? undefined : startDeltalake();
Deno.test.afterAll(async () => await deltalake?.close());

const SCHEMA: StructType = {
  kind: "struct",
  fields: (["id:long", "p:string", "d:date"] as const).map((column) => {
    const [name, kind] = column.split(":") as [string, "long"];
    return { name, type: { kind }, nullable: true, metadata: {} };
  }),
};
const VALUES = ["a b", "x:y", "50%", "~t", "s/l", "ü→日本", "_h", null, "a=b"];
const rows = (n: number) =>
  VALUES.map((p, i) => ({ id: n * 100 + i, p, d: n }));

/** A table that was packed, ordered, overwritten, restored, and whose log was compacted. */
async function maintained(folder: string): Promise<DeltaTable> {
  const table = await DeltaTable.create(folder, {
    schema: SCHEMA,
    partitionBy: ["p"],
  });
  for (let n = 0; n < 4; n++) await table.append(rows(n));
  await table.optimize();
  await table.optimize({ zOrderBy: ["id", "d"] });
  await table.overwrite(rows(9));
  await table.restore({ version: 3 });
  await table.compactLog({ from: 2, to: 6 });
  await table.checkpoint();
  await table.optimize({ where: "p = 'x:y' OR p IS NULL" });
  return table;
}

Deno.test({
  name: "deltalake reads every version of a table that was maintained",
  ...machine,
  fn: () =>
    withFolder(async (folder) => {
      const table = await maintained(folder);
      const versions = versionRange(0, table.version);
      assertEquals(versions.length, 10);
      assertEquals(await differences(deltalake!, folder, versions), []);
    }),
});

Deno.test({
  name: "deltalake reads what vacuum left",
  ...machine,
  fn: () =>
    withFolder(async (folder) => {
      const table = await maintained(folder);
      const { files } = await table.vacuum({
        dryRun: false,
        retentionHours: 0,
        enforceRetention: false,
      });
      // Of 65 files written 23 are live.
      assertEquals(files.length, 42);
      const newest = [table.version];
      assertEquals(await differences(deltalake!, folder, newest), []);
    }),
});
