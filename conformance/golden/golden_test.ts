import { assertEquals } from "@std/assert";
import { DeltaTable } from "../../src/mod.ts";
import { needs } from "../../testing/needs.ts";
import {
  difference,
  differences,
  ourChanges,
  readOurs,
  versionRange,
} from "../interop/compare.ts";
import { assertExpected } from "../interop/expected_differences.ts";
import { startDeltalake, withFolder } from "../interop/foreign_engine.ts";
import {
  contentsAt,
  copyGolden,
  goldenTables,
  latestOf,
} from "./golden_tables.ts";
import { writeFurther } from "./write_further.ts";

const machine = needs({ python: true });
const deltalake = machine.ignore ? undefined : startDeltalake();
Deno.test.afterAll(async () => await deltalake?.close());

for (const golden of goldenTables) {
  const versions = versionRange(0, latestOf(golden));

  Deno.test(`${golden.name} (${golden.writer}) is read as its writer reads it`, async () => {
    const ours = await readOurs(golden.folder, versions);
    golden.versions.forEach((expected, i) => {
      const found = difference(contentsAt(expected), { ok: true, ...ours[i]! });
      assertEquals(found, [], `version ${expected.version}`);
    });
  });

  if (golden.changes.length > 0) {
    Deno.test(`the changes of ${golden.name} are read as its writer reads them`, async () => {
      await using table = await DeltaTable.open(golden.folder);
      for (const { from, to, ...expected } of golden.changes) {
        const ours = await ourChanges(table, from, to);
        const found = difference({ ...expected, schema: ours.schema }, {
          ok: true,
          ...ours,
        });
        assertEquals(found, [], `versions ${from} to ${to}`);
      }
    });
  }

  Deno.test(`${golden.name} is written further, and read back`, async () => {
    await withFolder(async (folder) => {
      const copy = await copyGolden(golden, folder);
      const { refused, from } = await writeFurther(copy);
      assertEquals(refused, {});
      // What was there before is there still.
      assertEquals(
        (await readOurs(copy, versions)).map((v) => v.rowsSha256),
        golden.versions.map((v) => v.rowsSha256),
      );
      assertEquals(from, latestOf(golden));
    });
  });

  Deno.test({
    name: `${golden.name}, written further, is read by deltalake the same`,
    ...machine,
    fn: () =>
      withFolder(async (folder) => {
        const copy = await copyGolden(golden, folder);
        const { to } = await writeFurther(copy);
        const found = await differences(deltalake!, copy, versionRange(0, to));
        assertExpected("deltalake", `golden ${golden.name}`, found);
      }),
  });
}
