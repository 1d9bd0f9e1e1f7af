/**
 * The judge's two opinions on the same history, replay and cycle search, must
 * agree. Where they do not, one of the two is wrong, and the run is reported
 * as a failure of its own kind.
 *
 * - A cycle that the level does not permit is a contradiction for the replay
 *   too: C5, C6 or C7 by the level; C4 where the anomaly is of an operation that
 *   failed or committed more than once; C8 where a reader is on it.
 * - What C5 finds of a commit must be a cycle where no order of two operations
 *   explains it: each of two commits, one of which came while the other was
 *   running, would have done something else after the other. A phantom is not
 *   such a case: an append does the same before and after. The order of the
 *   log contradicts it, and that is for C5 alone to see. So is an effect that a
 *   commit left out.
 *
 * @module
 */

import type { Operation } from "../history/history.ts";
import { modelContext } from "./c05_serializability.ts";
import { type DependencyCycle, searchCycles } from "./cycle_search.ts";
import type { Evidence, Level } from "./evidence.ts";
import { evaluateCall } from "./model.ts";
import type { TableState } from "./replay.ts";
import { idOf, rowLists } from "./row_lists.ts";
import { deltaOf, type ModelRow, sameDelta, without } from "./rows.ts";
import { type CheckId, type Verdict, verdicts } from "./verdict.ts";

const found = verdicts("opinions", "JUDGE");

const REPLAY: Readonly<Record<Level, CheckId>> = {
  Serializable: "C5",
  WriteSerializable: "C6",
  SnapshotIsolation: "C7",
};

/** Says where the two opinions differ. With a log that is none (C1) neither is asked. */
export function compareOpinions(
  evidence: Evidence,
  said: readonly Verdict[],
  search: typeof searchCycles = searchCycles,
): Verdict[] {
  if (said.some(({ check }) => check === "C1")) return [];
  const cycle = search(evidence);
  if (cycle) {
    const backed = backing(cycle, evidence);
    if (said.some(({ check }) => backed.has(check))) return [];
    return [found({
      anomaly: "the judge's two opinions differ",
      story:
        `The cycle search finds ${cycle.anomaly}, ${
          cycle.because.join(", ")
        }, and the replay finds nothing: one of the two is wrong, or an ` +
        "operation was not evaluated on the version that its engine said.",
      versions: cycle.versions,
      operations: cycle.operations,
    })];
  }
  const pair = evidence.level === "Serializable"
    ? unexplainedPair(evidence, said)
    : undefined;
  if (!pair) return [];
  return [found({
    anomaly: "the judge's two opinions differ",
    story: `The replay finds that ${pair.join(" and ")} each missed the ` +
      "other, so that no order of the two explains them, and the cycle " +
      "search finds no cycle: one of the two is wrong, or an operation was " +
      "not evaluated on the version that its engine said.",
    versions: pair.flatMap((op) => evidence.commitsOf.get(op) ?? []),
    operations: pair,
  })];
}

/** The checks of which one must see a cycle too. */
function backing(
  { anomaly, operations }: DependencyCycle,
  { level, commitsOf, operationById }: Evidence,
): ReadonlySet<string> {
  const checks = new Set<string>([REPLAY[level]]);
  const isRepeated = operations.some((op) =>
    (commitsOf.get(op) ?? []).length > 1
  );
  if (anomaly === "G1a" || isRepeated) checks.add("C4");
  if (operations.some((op) => operationById.get(op)?.call.op === "read")) {
    checks.add("C8");
  }
  return checks;
}

/** Two operations of which the replay found fault with the later one, and that no order explains. */
export function unexplainedPair(
  evidence: Evidence,
  said: readonly Verdict[],
): readonly [string, string] | undefined {
  for (const { check, versions, operations: [opId] } of said) {
    const late = opId === undefined ? undefined : committed(opId, evidence);
    if (check !== "C5" || !late || versions.at(-1) !== late.version) continue;
    for (const other of evidence.authors.values()) {
      const early = committed(other, evidence);
      if (!early || early.version <= late.read) continue;
      if (early.version >= late.version) continue;
      const pair = [early, late];
      if (
        stands(early, late, evidence) &&
        missed(late, early, evidence) && missed(early, late, evidence) &&
        pair.every((operation) => hasWritten(operation, evidence))
      ) return [early.op.opId, late.op.opId];
    }
  }
  return undefined;
}

interface Committed {
  readonly op: Operation;
  readonly version: number;
  /** The version that the engine says it was evaluated on. */
  readonly read: number;
  readonly input: TableState;
}

/** An operation with one commit and a version that it says it read. */
function committed(opId: string, evidence: Evidence): Committed | undefined {
  const op = evidence.operationById.get(opId);
  const commits = evidence.commitsOf.get(opId) ?? [];
  const read = op?.success?.readVersion;
  const input = read === undefined ? undefined : evidence.states.get(read);
  if (!op || read === undefined || !input || commits.length !== 1) {
    return undefined;
  }
  return { op, version: commits[0]!, read, input };
}

/** Whether an operation would have done something else had it seen the other's change. */
function missed(
  { op, input }: Committed,
  other: Committed,
  evidence: Evidence,
): boolean {
  const change = changeOf(other, evidence);
  if (!change) return false;
  const seen: TableState = {
    ...input,
    rows: [...without(input.rows, change.gone), ...change.come],
  };
  const context = modelContext(evidence);
  const did = evaluateCall(op.call, input, context);
  const would = evaluateCall(op.call, seen, context);
  return did !== undefined && would !== undefined &&
    !sameDelta(deltaOf(input.rows, did.rows), deltaOf(seen.rows, would.rows));
}

/** Whether the log shows any of what an operation meant to change; an effect that was left out is on no cycle. */
function hasWritten(operation: Committed, evidence: Evidence): boolean {
  const { op, version } = operation;
  const change = changeOf(operation, evidence);
  const lists = rowLists(evidence);
  return [...change?.gone ?? [], ...change?.come ?? []].some((row) =>
    lists.rows.get(idOf(row))?.some((write) =>
      write.writer === op.opId && write.version === version
    )
  );
}

/** Whether a change was still there just before a later commit: a restore may have undone it. */
function stands(
  early: Committed,
  late: Committed,
  evidence: Evidence,
): boolean {
  const change = changeOf(early, evidence);
  const there = evidence.states.get(late.version - 1)?.rows ?? [];
  return change !== undefined &&
    (without(change.gone, [...there]).length > 0 ||
      without(there, [...change.come]).length < there.length);
}

interface Change {
  readonly gone: readonly ModelRow[];
  readonly come: readonly ModelRow[];
}

/** What an operation meant to change, on the version that it read. */
function changeOf(
  { op, input }: Committed,
  evidence: Evidence,
): Change | undefined {
  const outcome = evaluateCall(op.call, input, modelContext(evidence));
  return outcome && {
    gone: without(input.rows, [...outcome.rows]),
    come: without(outcome.rows, [...input.rows]),
  };
}
