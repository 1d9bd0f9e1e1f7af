import { assert, assertEquals } from "@std/assert";
import {
  add,
  FACTS,
  FILE_LOSERS,
  letterOf,
  type Level,
  oursOf,
  winnerFrom,
} from "../../testing/conflict_matrix.ts";
import type { CommitInfo, RemoveFile } from "../actions/action.ts";
import { checkWinner, factsAfter } from "./conflict_checker.ts";
import type { CheckResult, Ours, Winner } from "./conflict_types.ts";
import {
  checkAppends,
  checkDeletesRead,
  checkDeletesTwice,
} from "./file_conflicts.ts";
import { defaultRules } from "./rebase_rules.ts";

function ours(name: string, level: Level = "S"): Ours {
  return oursOf(FILE_LOSERS.find((loser) => loser.name === name)!, level);
}

const gone = (path: string, over: Partial<RemoveFile> = {}): RemoveFile => ({
  path,
  dataChange: true,
  ...over,
});

/** What is said to the first winner that is not passed, oldest first. */
function checkAll(mine: Ours, winners: readonly Winner[]): CheckResult {
  let facts = FACTS;
  for (const winner of winners) {
    const result = checkWinner(defaultRules, mine, winner, facts);
    if (result.kind !== "pass") return result;
    facts = factsAfter(mine, winner, facts);
  }
  return { kind: "pass" };
}

Deno.test("checkAppends() names the winner, the file and the predicate", () => {
  const winner = winnerFrom({
    adds: [add("far", "b", [1, 2]), add("near", "a", [1, 2])],
    commitInfo: { operation: "WRITE" },
  });
  const result = checkAppends(ours("DELETE where p = 'a'"), winner, FACTS);
  assert(result.kind === "conflict");
  assertEquals(result.context, {
    winner: 8,
    winnerOperation: "WRITE",
    path: "near",
    predicate: "p = 'a'",
  });
  assertEquals(
    result.why,
    "version 8 (WRITE) added near, which may hold rows of the predicate p = 'a' that was read",
  );
});

Deno.test("checkAppends() takes a commit that mixes rearranged and changed files for a change", () => {
  const moved = add("near", "a", [1, 2], { dataChange: false });
  const mine = ours("DELETE where p = 'a'");
  const all = winnerFrom({ adds: [moved] });
  assertEquals(checkAppends(mine, all, FACTS).kind, "pass");
  const mixed = winnerFrom({ adds: [moved, add("far", "b", [1, 2])] });
  assertEquals(letterOf(checkAppends(mine, mixed, FACTS)), "A");
});

Deno.test("checkAppends() does not believe a blind append that removes files", () => {
  const winner = winnerFrom({
    adds: [add("near", "a", [1, 2])],
    removes: [gone("elsewhere")],
    commitInfo: { isBlindAppend: true },
  });
  const mine = ours("DELETE where p = 'a'", "W");
  assertEquals(letterOf(checkAppends(mine, winner, FACTS)), "A");
});

Deno.test("checkDeletesRead() tells a file by its deletion vector", () => {
  const vector = {
    storageType: "i",
    pathOrInlineDv: "v",
    sizeInBytes: 1,
    cardinality: 1,
  } as const;
  const mine = ours("DELETE where p = 'a'");
  const same = winnerFrom({ removes: [gone("a2")] });
  assertEquals(letterOf(checkDeletesRead(mine, same, FACTS)), "R");
  // An older state of the file was not what we read; it cannot be live either.
  const other = winnerFrom({
    removes: [gone("a2", { deletionVector: vector })],
  });
  assertEquals(checkDeletesRead(mine, other, FACTS).kind, "pass");
});

Deno.test("checkDeletesTwice() knows a path in every spelling, and files written again", () => {
  const mine = ours("DELETE by deletion vector");
  for (const path of ["a1", "%61%31"]) {
    const winner = winnerFrom({ removes: [gone(path)] });
    assertEquals(letterOf(checkDeletesTwice(mine, winner, FACTS)), "D");
  }
  // The winner named the file again, row ids and all: our add would lose them.
  const again = winnerFrom({
    adds: [add("a1", "a", [1, 2], { dataChange: false, baseRowId: 0 })],
  });
  assertEquals(letterOf(checkDeletesTwice(mine, again, FACTS)), "D");
  // Whoever names files again must not bring back one that is gone.
  const backfill: Ours = {
    ...mine,
    staged: { ...mine.staged, removes: [] },
  };
  const removed = winnerFrom({ removes: [gone("a1")] });
  assertEquals(letterOf(checkDeletesTwice(backfill, removed, FACTS)), "D");
});

// Three commits that pass pair by pair and have no order: ours is placed before
// the append it did not see, whoever saw the append comes after that, and yet
// before us in the log.

const APPENDED = winnerFrom({
  adds: [add("blind", "a", [1, 2])],
  commitInfo: { isBlindAppend: true, operation: "WRITE", readVersion: 7 },
}, 8);

function saw(commitInfo: CommitInfo, wrote: Partial<Winner> = {}): Winner {
  return winnerFrom({
    adds: [add("far", "c", [500, 600])],
    commitInfo: { isBlindAppend: false, ...commitInfo },
    ...wrote,
  }, 9);
}

Deno.test("at WriteSerializable nobody comes between who saw what we did not", async (t) => {
  const mine = ours("DELETE where p = 'a'", "W");
  const litmus = { engineInfo: "litmus/0.1.0", readVersion: 8 };
  const cases: [string, readonly Winner[], string][] = [
    ["the append alone", [APPENDED], "✓"],
    [
      "somebody who read after it",
      [APPENDED, saw({ operation: "WRITE", readVersion: 8 })],
      "A",
    ],
    ["somebody who says nothing", [APPENDED, saw({})], "A"],
    [
      "somebody who read before it",
      [APPENDED, saw({ operation: "WRITE", readVersion: 7 })],
      "✓",
    ],
    ["another blind append", [
      APPENDED,
      saw({ isBlindAppend: true, readVersion: 8 }),
    ], "✓"],
    ["our own update elsewhere", [
      APPENDED,
      saw({ ...litmus, operation: "UPDATE" }, { removes: [gone("z")] }),
    ], "✓"],
    ["our own update of its rows", [
      APPENDED,
      saw({ ...litmus, operation: "UPDATE" }, { removes: [gone("blind")] }),
    ], "A"],
    ["our own update of its rows, moved meanwhile", [
      APPENDED,
      winnerFrom({
        removes: [gone("blind", { dataChange: false })],
        adds: [add("packed", "a", [1, 2], { dataChange: false })],
      }, 9),
      saw({ ...litmus, operation: "UPDATE" }, { removes: [gone("packed")] }),
    ], "A"],
    ["only compaction", [
      APPENDED,
      winnerFrom({
        removes: [gone("blind", { dataChange: false })],
        adds: [add("packed", "a", [1, 2], { dataChange: false })],
      }, 9),
    ], "✓"],
    [
      "an append outside, and somebody who read after it",
      [
        winnerFrom({
          adds: [add("blind", "b", [1, 2])],
          commitInfo: { isBlindAppend: true },
        }, 8),
        saw({ operation: "WRITE", readVersion: 8 }),
      ],
      "✓",
    ],
  ];
  for (const [name, winners, letter] of cases) {
    await t.step(name, () => {
      assertEquals(letterOf(checkAll(mine, winners)), letter);
    });
  }
});
