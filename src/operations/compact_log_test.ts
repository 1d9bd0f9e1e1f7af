import { assertEquals, assertRejects } from "@std/assert";
import { maintainedTable, rowsOf } from "../../testing/maintained_table.ts";
import { DeltaError } from "../errors.ts";
import { compactionPath } from "../log/log_path.ts";
import { checkpoint } from "./checkpoint.ts";
import { compactLog } from "./compact_log.ts";

Deno.test("compactLog() compacts what came after the checkpoint, or the range it is given", async () => {
  const table = await maintainedTable();
  for (let i = 0; i < 5; i++) await table.append(rowsOf(i, i + 1));
  const whole = await compactLog(table.context, await table.load());
  assertEquals(whole.compaction?.path, compactionPath(0, 5));
  await checkpoint(table.context, await table.load(3));
  const after = await compactLog(table.context, await table.load());
  assertEquals(after.compaction?.path, compactionPath(4, 5));
  const given = await compactLog(table.context, await table.load(), {
    from: 1,
    to: 2,
  });
  assertEquals(given.outcome, "written");
  assertEquals(given.compaction?.path, compactionPath(1, 2));
  assertEquals((await table.load()).version, 5);
  assertEquals(await table.ids(), [0, 1, 2, 3, 4]);
});

Deno.test("compactLog() of fewer than two commits does nothing", async () => {
  const table = await maintainedTable();
  const none = await compactLog(table.context, await table.load());
  assertEquals(none.outcome, "nothing-to-do");
  await table.append(rowsOf(0, 1));
  const { snapshot } = await checkpoint(table.context, await table.load());
  const covered = await compactLog(table.context, snapshot);
  assertEquals(covered.outcome, "nothing-to-do");
});

Deno.test("compactLog() refuses what is no range of versions", async () => {
  const table = await maintainedTable();
  await table.append(rowsOf(0, 1));
  const base = await table.load();
  for (
    const options of [
      { from: 1, to: 0 },
      { from: -1 },
      { from: 0.5 },
      { to: 2 },
      { start: 0 } as never,
    ]
  ) {
    await assertRejects(
      () => compactLog(table.context, base, options),
      DeltaError,
      "DELTA_INVALID_ARGUMENT",
    );
  }
});
