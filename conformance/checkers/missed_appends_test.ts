import { assertEquals } from "@std/assert";
import type { JsonPredicate } from "../engine_adapter.ts";
import type { OperationCall } from "../history/history.ts";
import { HandWritten, row } from "../support/hand_written.ts";
import { SUITE_SCHEMA } from "../simulation/program.ts";
import { checkJustifiedConflicts } from "./c11_justified_conflicts.ts";
import type { Level } from "./evidence.ts";

const IN_A: JsonPredicate = ["=", "p", "a"];
const appended = row("a", 5, "w1.0");
const other = row("b", 2, "s.2");
const A = { partitionValues: { p: "a" } };
const B = { partitionValues: { p: "b" } };

const remove: OperationCall = { op: "delete", request: { where: IN_A } };
/** Inserts into p=b where it finds no such x anywhere. */
const merge: OperationCall = {
  op: "merge",
  request: {
    rows: [["b", "9", "w2.0", 0, 0]],
    schema: SUITE_SCHEMA,
    on: ["x"],
    whenMatched: null,
    whenNotMatched: "insert",
  },
};
const update: OperationCall = {
  op: "update",
  request: { set: { gen: { add: 1 } }, where: ["=", "x", "2"] },
};

/**
 * A blind append to p=a in version 3, another write in version 4, and a delete
 * of p=a, prepared on version 2, that is refused as of a concurrent append.
 */
function refused(
  between: OperationCall,
  commit: Parameters<HandWritten["commit"]>[1],
  readVersion: number,
): HandWritten {
  return new HandWritten({}, ["p"])
    .invoke("s.1", {
      op: "append",
      request: { rows: [["a", "1", "s.1", 0, 0]] },
    })
    .commit("s.1", { add: { fa: [row("a", 1, "s.1")] }, addMembers: A })
    .ok("s.1", { version: 1 })
    .invoke("s.2", {
      op: "append",
      request: { rows: [["b", "2", "s.2", 0, 0]] },
    })
    .commit("s.2", { add: { fb: [other] }, addMembers: B })
    .ok("s.2", { version: 2 })
    .open("w1", 2).open("w2", 2).open("w3", 2)
    .invoke("w1.0", {
      op: "append",
      request: { rows: [["a", "5", "w1.0", 0, 0]] },
    })
    .commit("w1.0", {
      add: { f1: [appended] },
      addMembers: A,
      info: { isBlindAppend: true },
    })
    .ok("w1.0", { version: 3 })
    .invoke("w2.0", between).commit("w2.0", commit)
    .ok("w2.0", { version: 4, readVersion })
    .invoke("w3.0", remove).fail("w3.0", "ConcurrentAppend", 3);
}

async function verdictsOf(
  history: HandWritten,
  level: Level = "WriteSerializable",
): Promise<readonly string[]> {
  return checkJustifiedConflicts(await history.evidence(level))
    .map((verdict) => `${verdict.class} ${verdict.anomaly}`);
}

const inserts = { add: { f2: [row("b", 9, "w2.0")] }, addMembers: B };
const FALSE_CONFLICT = ["LIVENESS false conflict"];

Deno.test("C11 accepts a refusal behind a winner that saw a blind append passed unseen", async () => {
  // Given a merge into p=b that read the version of the append,
  const history = refused(merge, inserts, 3);
  // then whoever passed that append may refuse to come after both.
  assertEquals(await verdictsOf(history), []);
});

Deno.test("C11 calls it a false conflict where the winner read the version before the append", async () => {
  const history = refused(merge, inserts, 2);
  assertEquals(await verdictsOf(history), FALSE_CONFLICT);
});

Deno.test("C11 calls it a false conflict where the winner updated other files", async () => {
  const history = refused(update, {
    remove: ["fb"],
    add: { f2: [{ ...other, gen: 1 }] },
    addMembers: B,
  }, 3);
  assertEquals(await verdictsOf(history), FALSE_CONFLICT);
});

Deno.test("C11 knows the rule at WriteSerializable alone", async () => {
  const history = refused(merge, inserts, 3);
  assertEquals(await verdictsOf(history, "SnapshotIsolation"), FALSE_CONFLICT);
});
