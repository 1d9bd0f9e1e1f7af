import { assertEquals } from "@std/assert";
import { maintainedTable, rowsOf } from "../../../testing/maintained_table.ts";
import { Transaction } from "../../commit/transaction.ts";
import { committedResult, nothingToDo } from "./maintenance_result.ts";

Deno.test("a result tells whether there is a new version", async () => {
  const table = await maintainedTable();
  await table.append(rowsOf(0, 1));
  const base = await table.load();
  const idle = nothingToDo(base, { files: 0 });
  assertEquals([idle.committed, idle.version, idle.attempts], [false, 1, 0]);
  const commit = await new Transaction(table.context, base).commit();
  const done = committedResult(commit, { files: 3 });
  assertEquals([done.committed, done.version, done.readVersion], [true, 2, 1]);
  assertEquals(done.token, commit.token);
  assertEquals(done.metrics, { files: 3 });
});
