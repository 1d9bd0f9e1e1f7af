import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  DAY,
  type MaintainedTable,
  maintainedTable,
  rowsOf,
} from "../../testing/maintained_table.ts";
import { formatCommit } from "../actions/commit_codec.ts";
import { DeltaError } from "../errors.ts";
import { commitPath, parseLogFile } from "../log/log_path.ts";
import { checkpoint } from "./checkpoint.ts";
import { cleanup } from "./cleanup.ts";
import { compactLog } from "./compact_log.ts";

/** An append a day, and a checkpoint where asked. */
async function daily(
  days: number,
  checkpoints: readonly number[],
  properties: Readonly<Record<string, string>> = {},
): Promise<MaintainedTable> {
  const table = await maintainedTable({
    properties: { "delta.enableExpiredLogCleanup": "false", ...properties },
  });
  for (let day = 1; day <= days; day++) {
    table.advance(DAY);
    await table.append(rowsOf(day, day + 1));
    if (checkpoints.includes(day)) {
      await checkpoint(table.context, await table.load());
    }
  }
  return table;
}

async function firstCommit(table: MaintainedTable): Promise<number> {
  for await (const { path } of table.store.list("_delta_log/")) {
    const file = parseLogFile(path.slice("_delta_log/".length));
    if (file.kind === "commit") return file.version;
  }
  return -1;
}

Deno.test("cleanup() keeps every version in retention readable, and deletes the rest (D6)", async () => {
  for (const policy of ["classic", "v2"]) {
    const table = await daily(50, [5, 12, 40], {
      "delta.checkpointPolicy": policy,
    });
    await compactLog(table.context, await table.load(), { from: 2, to: 4 });
    const result = await cleanup(table.context, await table.load());
    assertEquals(result.outcome, "deleted");
    assert(result.deletedFiles >= 14, `${result.deletedFiles}`);
    // 30 days are kept: the cut-off is day 19 or 20, its checkpoint is 12.
    assertEquals(await firstCommit(table), 12);
    for (const v of [12, 13, 30, 40, 50]) {
      assertEquals((await table.ids(v)).length, v);
    }
    for (const v of [0, 5, 11]) {
      await assertRejects(
        () => table.ids(v),
        DeltaError,
        "DELTA_VERSION_NOT_FOUND",
      );
    }
    const again = await cleanup(table.context, await table.load());
    assertEquals(again.outcome, "nothing-to-do");
    await table.append(rowsOf(99, 100));
    assertEquals((await table.ids()).length, 51);
  }
});

Deno.test("cleanup() without a checkpoint that is old enough deletes nothing (O28)", async () => {
  for (const checkpoints of [[], [45]]) {
    const table = await daily(50, checkpoints);
    table.store.reset();
    const result = await cleanup(table.context, await table.load());
    assertEquals(result.outcome, "nothing-to-do");
    assertEquals(table.store.counts().delete, 0);
    assertEquals(await firstCommit(table), 0);
  }
});

Deno.test("cleanup() goes by delta.logRetentionDuration", async () => {
  const table = await daily(12, [6, 10], {
    "delta.logRetentionDuration": "interval 3 days",
  });
  await cleanup(table.context, await table.load());
  assertEquals(await firstCommit(table), 6);
});

Deno.test("cleanup() refuses a table that this engine may not write", async () => {
  const table = await daily(1, []);
  await table.store.put(
    commitPath(2),
    formatCommit([{
      protocol: {
        minReaderVersion: 1,
        minWriterVersion: 7,
        writerFeatures: ["checkpointProtection"],
      },
    }]),
  );
  const base = await table.load();
  await assertRejects(
    () => cleanup(table.context, base),
    DeltaError,
    "checkpointProtection",
  );
});
