/**
 * C5, serializability in log order: each version is what its operation makes
 * of the version before: rows, schema, properties, application versions. An
 * acknowledged operation without effect had none on some version that it saw.
 *
 * @module
 */

import { type Operation, WRITES } from "../history/history.ts";
import { compareOutcome, compareShape } from "./compare_outcome.ts";
import type { Evidence } from "./evidence.ts";
import { evaluateCall, type ModelContext } from "./model.ts";
import { NOTHING } from "./replay.ts";
import { sameRows } from "./rows.ts";
import { type Verdict, verdicts } from "./verdict.ts";

const found = verdicts("C5", "SAFETY");

/** See the module. */
export function checkSerializability(evidence: Evidence): Verdict[] {
  if (evidence.level !== "Serializable") return [];
  return [
    ...evidence.commits.flatMap(({ version }) => judge(version, evidence)),
    ...evidence.operations.flatMap((op) => judgeNoOp(op, evidence)),
  ];
}

/** Where restores look. */
export function modelContext(evidence: Evidence): ModelContext {
  return { stateAt: (version) => evidence.states.get(version) };
}

function judge(version: number, evidence: Evidence): Verdict[] {
  const author = evidence.authors.get(version);
  const op = author === undefined
    ? undefined
    : evidence.operationById.get(author);
  if (!op) return [];
  const before = evidence.states.get(version - 1) ?? NOTHING;
  const outcome = evaluateCall(op.call, before, modelContext(evidence));
  if (!outcome) return unknownOutcome(op, version, before.version);
  const { faults, rows, shown } = compareOutcome(
    outcome,
    evidence.states.get(version)!,
  );
  if (faults.length === 0) return [];
  const read = readBefore(op, version, evidence);
  return [found({
    anomaly: anomalyOf(op, rows.missing.length, rows.extra.length),
    story: `Version ${version} is not what ${op.opId} (${op.call.op}) makes ` +
      `of version ${version - 1}: ${faults.join("; ")}.${
        read === undefined || read >= version - 1
          ? ""
          : ` It was prepared on version ${read}.`
      }`,
    versions: [version - 1, version],
    operations: [op.opId],
    rows: shown,
  })];
}

/** A create that committed where a table was. */
function unknownOutcome(
  op: Operation,
  version: number,
  before: number,
): Verdict[] {
  if (op.call.op !== "create" || before < 0) return [];
  return [found({
    anomaly: "created twice",
    story: `${op.opId} created the table in version ${version}, and version ` +
      `${before} was there already.`,
    versions: [before, version],
    operations: [op.opId],
  })];
}

/** The version that an operation was prepared on, where it is known. */
export function readBefore(
  op: Operation,
  _version: number,
  evidence: Evidence,
): number | undefined {
  return op.success?.readVersion ?? evidence.baseOf.get(op.opId);
}

function anomalyOf(op: Operation, missing: number, extra: number): string {
  const kind = op.call.op;
  if (kind === "update" && missing > 0 && extra > 0) return "lost update";
  if (extra > 0 && missing === 0) return "phantom";
  if (missing > 0 && extra === 0) return "lost rows";
  return "not serializable";
}

function judgeNoOp(op: Operation, evidence: Evidence): Verdict[] {
  if (op.outcome !== "ok" || !WRITES.has(op.call.op)) return [];
  if ((evidence.commitsOf.get(op.opId) ?? []).length > 0) return [];
  if (op.success?.committed !== false && !op.success?.skipped) return [];
  if (op.call.op === "create") return [];
  const from = op.success.readVersion ?? evidence.baseOf.get(op.opId) ?? 0;
  const to = Math.max(from, newestAt(op.returnedAt, evidence));
  for (let version = from; version <= to; version++) {
    if (hasNoEffect(op, version, evidence)) return [];
  }
  return [found({
    anomaly: "effect left out",
    story:
      `${op.opId} (${op.call.op}) was acknowledged without a commit, and ` +
      `it changes every version from ${from} to ${to}.`,
    versions: from === to ? [from] : [from, to],
    operations: [op.opId],
  })];
}

/** Whether an operation leaves a version as it is. */
export function hasNoEffect(
  op: Operation,
  version: number,
  evidence: Evidence,
): boolean {
  const state = evidence.states.get(version);
  const outcome = state &&
    evaluateCall(op.call, state, modelContext(evidence));
  if (!state || !outcome) return true;
  return sameRows(outcome.rows, state.rows) &&
    compareShape(outcome, state).length === 0;
}

/** The newest version that had taken effect at a time. */
export function newestAt(time: number, evidence: Evidence): number {
  let newest = -1;
  for (const { version } of evidence.commits) {
    if ((evidence.effectAt.get(version) ?? 0) <= time) newest = version;
  }
  return newest;
}
