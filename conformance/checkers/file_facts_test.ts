import { assertEquals } from "@std/assert";
import type { OperationCall } from "../history/history.ts";
import { SUITE_SCHEMA } from "../simulation/program.ts";
import {
  HandWritten,
  type HandWrittenCommit,
  row,
} from "../support/hand_written.ts";
import { judge } from "./judge.ts";

const DAY_MS = 86_400_000;
const DELETE: OperationCall = { op: "delete", request: {} };

/** A table with one row at version 1; w1 is there. */
function one(): HandWritten {
  return new HandWritten().invoke("s.1", {
    op: "append",
    request: { rows: [["a", "1", "s.1", 0, 0]] },
  }).commit("s.1", { add: { fa: [row("a", 1, "s.1")] } })
    .ok("s.1", { version: 1 }).open("w1", 1);
}

/** An append of (c,5), whose commit has more. */
function appended(more: HandWrittenCommit): HandWritten {
  return one().invoke("w1.0", {
    op: "append",
    request: { rows: [["c", "5", "w1.0", 0, 0]] },
  }).commit("w1.0", { add: { f1: [row("c", 5, "w1.0")] }, ...more })
    .ok("w1.0", { version: 2 });
}

const withStats = (stats: object): HandWritten =>
  appended({ addMembers: { stats: JSON.stringify(stats) } });

async function said(h: HandWritten): Promise<string[]> {
  return judge(await h.evidence()).map(({ check, anomaly }) =>
    `${check} ${anomaly}`
  );
}

const UNTRUE = ["C17 statistics untrue"];

for (
  const [what, stats, expected] of [
    ["that are right", {
      numRecords: 1,
      minValues: { x: 5, p: "c" },
      maxValues: { x: 5, p: "c" },
      nullCount: { x: 0, p: 0 },
    }, []],
    ["that are wide", { minValues: { x: -1 }, maxValues: { x: 9 } }, []],
    ["of too many rows", { numRecords: 7 }, UNTRUE],
    ["of too few rows", { numRecords: 0 }, UNTRUE],
    ["whose least value is too great", { minValues: { x: 6 } }, UNTRUE],
    ["whose greatest value is too small", { maxValues: { x: 4 } }, UNTRUE],
    ["of nulls that are none", { nullCount: { x: 1 } }, UNTRUE],
    ["that are no JSON", undefined, UNTRUE],
  ] as const
) {
  Deno.test(`C17 on statistics ${what}`, async () => {
    const h = stats ? withStats(stats) : appended({
      addMembers: { stats: "{" },
    });
    assertEquals(await said(h), expected);
  });
}

Deno.test("a removal that says it was long ago is seen by C17", async () => {
  const h = one().wait(30 * DAY_MS);
  h.invoke("w1.0", DELETE).commit("w1.0", {
    more: [{ remove: { path: "fa", dataChange: true, deletionTimestamp: 1 } }],
  });
  assertEquals(await said(h.ok("w1.0", { version: 2 })), [
    "C17 removed before its time",
  ]);
});

Deno.test("a removal by an operation that waited long for its first call is no lie", async () => {
  const h = one().invoke("w1.0", DELETE).wait(30 * DAY_MS);
  h.commit("w1.0", {
    more: [{
      remove: {
        path: "fa",
        dataChange: true,
        deletionTimestamp: Date.UTC(2026, 0, 1),
      },
    }],
  });
  assertEquals(await said(h.ok("w1.0", { version: 2 })), []);
});

Deno.test("a table that becomes another is seen by C17", async () => {
  const metaData = {
    id: "another",
    format: { provider: "parquet", options: {} },
    schemaString: JSON.stringify(SUITE_SCHEMA),
    partitionColumns: [],
    configuration: {},
  };
  assertEquals(await said(appended({ more: [{ metaData }] })), [
    "C17 another table",
  ]);
});

Deno.test("a dry run that deletes is seen by C15", async () => {
  const h = one().invoke("w1.0", DELETE).commit("w1.0", { remove: ["fa"] })
    .ok("w1.0", { version: 2 }).wait(41 * DAY_MS);
  h.invoke("w1.1", { op: "vacuum", request: { dryRun: true } })
    .delete("w1.1", "fa").ok("w1.1", { deleted: ["fa"] });
  assertEquals(await said(h), ["C15 dry run deleted"]);
});
