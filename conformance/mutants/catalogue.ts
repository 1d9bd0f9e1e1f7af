/**
 * Every mutant: Q1–Q34 of the design, and Q35 and on so that each check has a
 * defect that only it sees.
 *
 * @module
 */

import {
  type CheckResult,
  type ConflictCheck,
  defaultRules,
} from "../../src/mod.ts";
import type { CheckId } from "../checkers/verdict.ts";
import type { JsonRow, Reply } from "../engine_adapter.ts";
import type { FaultPlan } from "../simulation/program.ts";
import { START_MS } from "../simulation/run_program.ts";
import { fromCache, oneByOne, openBefore } from "./intercepts.ts";
import type { Mutant } from "./mutant.ts";
import {
  append,
  appenders,
  bump,
  CHECKPOINT,
  CLEANED,
  CREATORS,
  IN_A,
  IN_B,
  OPEN,
  OPTIMIZE,
  P2,
  P2_AND_ONE,
  program,
  READ,
  REFRESH,
  remove,
  REPEATED_BATCH,
  select,
  sleep,
  U,
} from "./scenarios.ts";
import {
  addingTwice,
  checkpointAhead,
  checkpointWithout,
  deletesAllData,
  deletesCheckpoint,
  editingCommits,
  existsThenPut,
  hintOnly,
  inTwoParts,
  lastWriterWins,
  neverReadded,
} from "./store_defects.ts";

const PASS: CheckResult = { kind: "pass" };
const pass: ConflictCheck = () => PASS;

const one = (...onCommit: NonNullable<FaultPlan["onCommit"]>): FaultPlan => ({
  budget: 1,
  onCommit,
});

/** After the second version of a table whose clients sleep two days between writes. */
const DAY_THREE = START_MS + 3 * 86_400_000;

/** Checks of ours that ask about rows read, as if nothing was read. */
const READS_NOTHING = {
  checkDeletesRead: pass,
  checkDeletesTwice: pass,
  checkAppends: pass,
} as const;

/** The mutants. */
export const MUTANTS: readonly Mutant[] = [
  {
    id: "Q1",
    defect: "the commit is written in two parts",
    seam: "store",
    killedBy: ["C1", "C8"],
    wrap: inTwoParts,
    scenario: { program: appenders("two appenders") },
  },
  {
    id: "Q2",
    defect: "put-if-absent ignores the condition: the last writer wins",
    seam: "store",
    killedBy: ["C1", "C4"],
    wrap: lastWriterWins,
    scenario: { program: appenders("two appenders") },
  },
  {
    id: "Q3",
    defect: "looks whether the version exists, then puts it",
    seam: "store",
    killedBy: ["C1", "C4"],
    wrap: existsThenPut,
    scenario: { program: appenders("two appenders") },
  },
  {
    id: "Q4",
    defect: "a lost answer: tries the next version without looking",
    seam: "rules",
    killedBy: ["C4"],
    rules: {
      afterWrite: (outcome, attempts) =>
        outcome.kind === "unknown"
          ? "skip"
          : defaultRules.afterWrite(outcome, attempts),
    },
    scenario: { program: appenders("a lost answer", one("lost-ack")) },
  },
  {
    id: "Q5",
    defect: "after exists: checks for conflicts without comparing tokens",
    seam: "rules",
    killedBy: ["C4"],
    rules: { ownerOf: () => "foreign" },
    scenario: { program: appenders("a lost answer", one("lost-ack")) },
  },
  {
    id: "Q6",
    defect: "a timeout is reported as failure",
    seam: "rules",
    killedBy: ["C4", "C15"],
    rules: {
      afterWrite: (outcome, attempts) =>
        outcome.kind === "unknown"
          ? "failed"
          : defaultRules.afterWrite(outcome, attempts),
    },
    scenario: { program: appenders("a lost answer", one("lost-ack")) },
  },
  {
    id: "Q7",
    defect: "a timeout, then 404: reported as failure; the zombie lands later",
    seam: "rules",
    killedBy: ["C4"],
    rules: {
      afterWrite: (outcome, attempts) =>
        outcome.kind === "unknown"
          ? "read"
          : defaultRules.afterWrite(outcome, attempts),
      afterAbsent: () => "failed",
    },
    scenario: { program: appenders("a zombie", one("zombie")) },
  },
  {
    id: "Q8",
    defect: "the retry writes its version unconditionally",
    seam: "rules",
    killedBy: ["C1"],
    rules: {
      writeCommit: async (store, path, bytes, attempts, options) => {
        if (attempts.sent <= 1) {
          return await store.putIfAbsent(path, bytes, options);
        }
        await store.put(path, bytes, options);
        return { kind: "created" };
      },
    },
    scenario: { program: appenders("a request that fails", one("before")) },
  },
  {
    id: "Q9",
    defect: "an old base is trusted: commits at a version that was cleaned",
    seam: "rules",
    killedBy: ["C1", "C5"],
    rules: { isYoung: () => true },
    scenario: { program: CLEANED },
  },
  {
    id: "Q10",
    defect: "skips a version that it did not see",
    seam: "rules",
    killedBy: ["C1"],
    rules: { nextVersion: (latest) => latest + 2 },
    scenario: { program: appenders("two appenders") },
  },
  {
    id: "Q11",
    defect: "a rebase checks only the newest winner",
    seam: "rules",
    killedBy: ["C5"],
    rules: { winnersToCheck: (winners) => winners.slice(-1) },
    scenario: {
      program: program("delete against two appends", P2, [
        [remove(IN_A)],
        [append(["a", 9]), append(["b", 9])],
      ]),
    },
  },
  {
    id: "Q12",
    defect: "the conflict check leaves metadata out",
    seam: "rules",
    killedBy: ["C5", "C17"],
    rules: { checkMetadata: pass },
    scenario: {
      program: program("append against a new constraint", U, [
        [append(["a", -5])],
        [{
          op: "alter",
          request: { addConstraint: { name: "positive", expression: "x > 0" } },
        }],
      ]),
    },
  },
  {
    id: "Q13",
    defect: "the protocol is not looked at again on a rebase",
    seam: "store",
    killedBy: ["C17"],
    wrap: editingCommits(
      "read",
      (line) => "protocol" in line && isForeign(line) ? undefined : line,
      (client) => client === "w1",
    ),
    beyondPrograms: "their clients are this engine, which never writes a " +
      "feature that it does not know",
    scenario: {
      program: program("append against a feature nobody knows", U, [
        [append(["a", 7])],
        [append(["a", 8])],
      ]),
      wrap: editingCommits(
        "written",
        (line) => line,
        (client) => client === "w2",
        [{
          protocol: {
            minReaderVersion: 1,
            minWriterVersion: 7,
            writerFeatures: ["someday"],
          },
        }],
      ),
    },
  },
  {
    id: "Q14",
    defect: "INSERT … SELECT counts as a blind append",
    seam: "rules",
    killedBy: ["C5"],
    rules: {
      isBlindAppend: (staged) => staged.removes.length === 0,
      checkAppends: (ours, winner, facts) =>
        ours.staged.removes.length === 0
          ? PASS
          : defaultRules.checkAppends(ours, winner, facts),
    },
    scenario: {
      program: program("insert select against append", P2, [
        [select(IN_A)],
        [append(["a", 9])],
      ]),
    },
  },
  {
    id: "Q15",
    defect: "a blind append counts as a reader of the table",
    seam: "rules",
    killedBy: ["C11"],
    rules: {
      checkAppends: (ours, winner, facts) =>
        defaultRules.checkAppends(
          {
            ...ours,
            blindAppend: false,
            reads: { ...ours.reads, wholeTable: true },
          },
          winner,
          facts,
        ),
    },
    scenario: { program: appenders("two appenders") },
  },
  {
    id: "Q16",
    defect: "removes that only rearrange are not looked at",
    seam: "rules",
    killedBy: ["C2", "C3"],
    rules: {
      checkDeletesRead: skipRearranged("checkDeletesRead"),
      checkDeletesTwice: skipRearranged("checkDeletesTwice"),
    },
    scenario: {
      program: program("optimize twice", P2_AND_ONE, [[OPTIMIZE], [OPTIMIZE]]),
    },
  },
  {
    id: "Q17",
    defect: "removes of files that were read are not looked at",
    seam: "rules",
    killedBy: ["C5"],
    rules: { checkDeletesRead: pass },
    scenario: {
      program: program("insert select against delete", P2, [
        [select(IN_A)],
        [remove(IN_A)],
      ]),
    },
  },
  {
    id: "Q18",
    defect: "an added file without statistics is taken not to match",
    seam: "rules",
    killedBy: ["C5"],
    rules: {
      checkAppends: (ours, winner, facts) =>
        defaultRules.checkAppends(
          ours,
          { ...winner, adds: winner.adds.filter((add) => add.stats) },
          facts,
        ),
    },
    scenario: {
      program: program("delete against an append without statistics", U, [
        [remove([">=", "x", "2"])],
        [append(["a", 9])],
      ]),
      wrap: editingCommits(
        "written",
        (line) => {
          if (!("add" in line)) return line;
          const { stats: _, ...add } = line.add as { stats?: string };
          return { add };
        },
        (client) => client === "w2",
      ),
    },
  },
  {
    id: "Q19",
    defect: "a null partition is written as the text null",
    seam: "adapter",
    killedBy: ["C5", "C8"],
    intercept: ({ op, handle, request, run }) => {
      if (op !== "append" || !("rows" in request)) return undefined;
      const rows = request.rows.map(([p, ...rest]) => [p ?? "null", ...rest]);
      return run("append", handle, { rows });
    },
    scenario: {
      program: program("append of a null partition", P2, [
        [append([null, 1])],
        [remove(["isNull", "p"])],
      ]),
    },
  },
  {
    id: "Q20",
    defect: "files of one commit become visible one by one",
    seam: "adapter",
    killedBy: ["C4", "C8"],
    intercept: ({ op, handle, request, run }) => {
      if (op !== "append" || !("rows" in request)) return undefined;
      return oneByOne(request.rows, (rows) => run("append", handle, { rows }));
    },
    scenario: {
      program: program("append of two partitions, and a reader", P2, [
        [append(["a", 7], ["b", 7])],
        [REFRESH, READ],
      ]),
    },
  },
  {
    id: "Q21",
    defect: "removes are ignored on replay",
    seam: "store",
    killedBy: ["C8"],
    wrap: editingCommits(
      "read",
      (line) => "remove" in line ? undefined : line,
    ),
    scenario: {
      program: program("delete and a reader", P2, [
        [remove(IN_B)],
        [REFRESH, READ],
      ]),
    },
  },
  {
    id: "Q22",
    defect: "a file that was removed and added again stays removed",
    seam: "store",
    killedBy: ["C8"],
    wrap: neverReadded,
    scenario: {
      program: program(
        "restore and a reader",
        { ...P2, steps: [...P2.steps!, remove()] },
        [[{ op: "restore", request: { version: 1 } }], [OPEN, READ]],
      ),
    },
  },
  {
    id: "Q23",
    defect: "a checkpoint is written before its commit",
    seam: "store",
    killedBy: ["C14"],
    wrap: checkpointAhead,
    scenario: { program: program("checkpoint", U, [[CHECKPOINT]]) },
  },
  {
    id: "Q24",
    defect: "a checkpoint drops a txn: the batch is applied again",
    seam: "store",
    killedBy: ["C14", "C4", "C17"],
    wrap: checkpointWithout("txn"),
    scenario: { program: REPEATED_BATCH },
  },
  {
    id: "Q25",
    defect: "the hint moves on before the checkpoint is there",
    seam: "store",
    killedBy: ["C14"],
    wrap: hintOnly,
    scenario: {
      program: program("checkpoint and a reader", U, [
        [CHECKPOINT],
        [OPEN, READ],
      ]),
    },
  },
  {
    id: "Q26",
    defect: "cleanup deletes the checkpoint at the cut-off",
    seam: "store",
    killedBy: ["C13", "C15"],
    wrap: deletesCheckpoint,
    scenario: { program: CLEANED },
  },
  {
    id: "Q27",
    defect: "vacuum deletes live files",
    seam: "store",
    killedBy: ["C15"],
    wrap: deletesAllData,
    scenario: {
      program: program(
        "vacuum",
        { ...P2, steps: [...P2.steps!, remove(IN_B)] },
        [[{
          op: "vacuum",
          request: { mode: "full", retentionHours: 0, enforceRetention: false },
        }]],
        undefined,
        { everyCallMatters: true },
      ),
    },
  },
  {
    id: "Q28",
    defect: "the in-commit timestamp of the first attempt is kept on a rebase",
    seam: "rules",
    killedBy: ["C13", "C17"],
    rules: {
      inCommitTimestamp: (nowMs, previous, earlier) =>
        earlier?.inCommitTimestamp ??
          defaultRules.inCommitTimestamp(nowMs, previous, earlier),
    },
    scenario: {
      program: {
        ...appenders("two appenders with in-commit timestamps"),
        setup: {
          ...U,
          configuration: { "delta.enableInCommitTimestamps": "true" },
        },
      },
    },
  },
  {
    id: "Q29",
    defect: "row ids of the first attempt are kept on a rebase",
    seam: "rules",
    killedBy: ["C17"],
    rules: {
      firstRowId: (mark, earlier) =>
        earlier?.firstRowId ?? defaultRules.firstRowId(mark, earlier),
    },
    scenario: {
      program: {
        ...appenders("two appenders with row tracking"),
        setup: { ...U, configuration: { "delta.enableRowTracking": "true" } },
      },
    },
  },
  {
    id: "Q30",
    defect: "the budget is spent, and it reports failure though nobody knows",
    seam: "rules",
    killedBy: ["C4"],
    rules: { giveUp: () => "failed" },
    scenario: { program: appenders("silence", one("silence")) },
  },
  {
    id: "Q31",
    defect: "a rebase adds files whose inputs were deleted meanwhile",
    seam: "rules",
    killedBy: ["C2", "C5"],
    rules: READS_NOTHING,
    scenario: {
      program: program("update twice", P2, [[bump(IN_A)], [bump(IN_A)]]),
    },
  },
  {
    id: "Q32",
    defect: "create takes a table that is there for a race to be rebased",
    seam: "rules",
    killedBy: ["C4", "C5"],
    rules: {
      afterLostCreate: () => "rebase",
      checkProtocol: pass,
      checkMetadata: pass,
    },
    scenario: { program: CREATORS },
  },
  {
    id: "Q33",
    defect: "the txn is looked up before the commit and not at it",
    seam: "rules",
    killedBy: ["C17", "C5"],
    rules: { checkTransactions: pass },
    scenario: {
      program: program("one batch by two clients", U, [
        [batch(["a", 7])],
        [batch(["a", 7])],
      ]),
    },
  },
  {
    id: "Q34",
    defect: "a local commit is acknowledged before it is synced",
    seam: "file system",
    killedBy: ["C16"],
    syncs: false,
    beyondPrograms: "they run on memory, which loses no power",
    scenario: {
      program: program("append and a power cut", U, [[append(["a", 7])]]),
      powerCut: true,
    },
  },
  {
    id: "Q35",
    defect: "a maintenance call compacts and loses a row",
    seam: "adapter",
    killedBy: ["C3"],
    // As checkpoint, which no model expects to change anything.
    intercept: ({ op, handle, run }) =>
      op !== "checkpoint" ? undefined : run("delete", handle, { where: IN_B }),
    wrap: editingCommits("written", (line) => {
      for (const name of ["add", "remove"]) {
        const action = line[name] as object | undefined;
        if (action) return { [name]: { ...action, dataChange: false } };
      }
      return line;
    }, (client) => client === "w1"),
    scenario: { program: program("checkpoint", P2, [[CHECKPOINT]]) },
  },
  {
    id: "Q36",
    defect: "a delete removes files that another delete had removed",
    seam: "rules",
    killedBy: ["C2"],
    rules: READS_NOTHING,
    scenario: {
      program: program("delete twice", P2, [[remove(IN_B)], [remove(IN_B)]]),
    },
  },
  {
    id: "Q37",
    defect: "a read goes to the version before the handle's",
    seam: "adapter",
    killedBy: ["C9"],
    intercept: ({ op, handle, run }) =>
      op === "read" && handle === "t"
        ? openBefore(
          () => run("open", "newest", {}),
          (version) => run("open", "before", { version }),
        ).then(() => run("read", "before", {}))
        : undefined,
    scenario: {
      program: program("one client writes and reads", U, [
        [append(["a", 7]), READ],
      ]),
    },
  },
  {
    id: "Q38",
    defect: "refresh answers from a cache",
    seam: "adapter",
    killedBy: ["C10"],
    intercept: ({ op, handle, run }) =>
      op === "refresh" ? fromCache(() => run("read", handle, {})) : undefined,
    scenario: {
      program: program("a writer and a reader", U, [
        [append(["a", 7])],
        [sleep(1), REFRESH, READ],
      ]),
    },
  },
  {
    id: "Q39",
    defect: "a timestamp finds the version before the right one",
    seam: "adapter",
    killedBy: ["C13"],
    intercept: ({ op, handle, request, run }) =>
      op === "open" && "timestampMs" in request
        ? openBefore(
          () => run("open", handle, request),
          (version) => run("open", handle, { version }),
        )
        : undefined,
    scenario: {
      program: program("open by time", U, [[
        sleep(2),
        append(["a", 7]),
        sleep(2),
        append(["a", 8]),
        { op: "open", handle: "then", request: { timestampMs: DAY_THREE } },
      ]]),
    },
  },
  {
    id: "Q40",
    defect: "a version that exists is tried again before it is read",
    seam: "rules",
    killedBy: ["C18"],
    rules: {
      afterWrite: (outcome, attempts) =>
        outcome.kind === "exists" && attempts.sent < 3
          ? "again"
          : defaultRules.afterWrite(outcome, attempts),
    },
    scenario: { program: appenders("two appenders") },
  },
  {
    id: "Q41",
    defect: "at WriteSerializable no append conflicts, blind or not",
    seam: "rules",
    killedBy: ["C6"],
    rules: { checkAppends: pass },
    scenario: {
      level: "WriteSerializable",
      program: program(
        "delete against insert select",
        {
          ...P2,
          configuration: { "delta.isolationLevel": "WriteSerializable" },
        },
        [[remove(IN_A)], [select(IN_A)]],
      ),
    },
  },
  {
    id: "Q42",
    defect: "at SnapshotIsolation a delete takes more rows than it selected",
    seam: "adapter",
    killedBy: ["C7"],
    intercept: ({ op, handle, run }) =>
      op === "delete" ? run("delete", handle, { where: IN_A }) : undefined,
    scenario: {
      level: "SnapshotIsolation",
      program: program(
        "delete of one row",
        {
          ...P2,
          configuration: { "delta.isolationLevel": "SnapshotIsolation" },
        },
        [[remove(["and", IN_A, ["=", "x", "1"]])], [append(["b", 9])]],
      ),
    },
  },
  {
    id: "Q43",
    defect: "an append that was committed is reported as refused",
    seam: "adapter",
    killedBy: ["C4"],
    intercept: ({ op, handle, request, run }) =>
      op === "append" && "rows" in request && request.rows[0]?.[1] === "7"
        ? run("append", handle, { rows: request.rows }).then(() => REFUSED)
        : undefined,
    scenario: { program: program("an append", U, [[append(["a", 7])]]) },
  },
  {
    id: "Q44",
    defect: "a checkpoint drops tombstones that have not expired",
    seam: "store",
    killedBy: ["C14"],
    wrap: checkpointWithout("remove"),
    scenario: {
      program: program(
        "checkpoint after a delete",
        { ...P2, steps: [...P2.steps!, remove(IN_B)] },
        [[CHECKPOINT]],
      ),
    },
  },
  {
    id: "Q45",
    defect: "a commit names its files twice",
    seam: "store",
    killedBy: ["C1"],
    wrap: addingTwice,
    scenario: { program: program("an append", U, [[append(["a", 7])]]) },
  },
];

const REFUSED: Reply = {
  ok: false,
  outcome: "failed",
  error: { kind: "invalid", message: "refused" },
};

function batch(...rows: JsonRow[]) {
  const txn = { appId: "app", version: 1 };
  return { op: "append", request: { rows, txn } } as const;
}

function isForeign(line: Record<string, unknown>): boolean {
  return JSON.stringify(line).includes("someday");
}

function skipRearranged(
  name: "checkDeletesRead" | "checkDeletesTwice",
): ConflictCheck {
  return (ours, winner, facts) =>
    defaultRules[name](
      ours,
      { ...winner, removes: winner.removes.filter((r) => r.dataChange) },
      facts,
    );
}

/** For each check, a mutant that no other check sees: without the check it would live. */
export const SOLE_KILLS: Readonly<Record<CheckId, string>> = {
  C1: "Q45",
  C2: "Q36",
  C3: "Q35",
  C4: "Q43",
  C5: "Q11",
  C6: "Q41",
  C7: "Q42",
  C8: "Q21",
  C9: "Q37",
  C10: "Q38",
  C11: "Q15",
  C13: "Q39",
  C14: "Q44",
  C15: "Q27",
  C16: "Q34",
  C17: "Q12",
  C18: "Q40",
};
