/**
 * C7, snapshot isolation: each change is what its operation makes of the
 * version that it read, and of two overlapping writes that take the same row
 * away only the first commits. Takings are net, so that a rewrite takes none.
 *
 * @module
 */

import type { Operation } from "../history/history.ts";
import { modelContext } from "./c05_serializability.ts";
import type { Evidence } from "./evidence.ts";
import { evaluateCall } from "./model.ts";
import { NOTHING } from "./replay.ts";
import { deltaOf, sameDelta } from "./rows.ts";
import { type Verdict, verdicts } from "./verdict.ts";

const found = verdicts("C7", "SAFETY");

/** See the module. */
export function checkSnapshotIsolation(evidence: Evidence): Verdict[] {
  if (evidence.level !== "SnapshotIsolation") return [];
  const out: Verdict[] = [];
  const takers = new Map<string, number>();
  for (const { version } of evidence.commits) {
    const author = evidence.authors.get(version);
    const op = author === undefined
      ? undefined
      : evidence.operationById.get(author);
    const before = evidence.states.get(version - 1) ?? NOTHING;
    const actual = deltaOf(before.rows, evidence.states.get(version)!.rows);
    const read = op && readVersionOf(op, version, evidence);
    if (op && !explains(op, version, evidence)) {
      out.push(found({
        anomaly: "not what was read",
        story: `Version ${version} is not the change that ${op.opId} ` +
          `(${op.call.op}) makes of any version it may have read.`,
        versions: [version],
        operations: [op.opId],
      }));
    }
    // A column's new name or type takes no row away.
    const taken = op?.call.op === "alter" ? [] : actual.removed;
    for (const row of taken) {
      const other = takers.get(row);
      takers.set(row, version);
      if (other === undefined || read === undefined || other <= read) continue;
      out.push(found({
        anomaly: "two committers",
        story:
          `Versions ${other} and ${version} both take the same row away, ` +
          `and ${op?.opId} had read version ${read}: the first committer wins.`,
        versions: [other, version],
        operations: [evidence.authors.get(other), op?.opId],
        rows: [row],
      }));
    }
  }
  return [...out, ...stolen(evidence)];
}

/** Two overlapping operations that each say they took the same row: only one of them did. */
function stolen(evidence: Evidence): Verdict[] {
  const claims = new Map<string, { version: number; opId: string }>();
  const out: Verdict[] = [];
  for (const { version } of evidence.commits) {
    const author = evidence.authors.get(version);
    const op = author === undefined
      ? undefined
      : evidence.operationById.get(author);
    if (!op || op.success?.readVersion === undefined) continue;
    const read = evidence.states.get(op.success.readVersion);
    if (!read || op.call.op === "optimize") continue;
    const outcome = evaluateCall(op.call, read, modelContext(evidence));
    if (!outcome) continue;
    for (const row of deltaOf(read.rows, outcome.rows).removed) {
      const other = claims.get(row);
      claims.set(row, { version, opId: op.opId });
      if (!other || other.version <= op.success.readVersion) continue;
      out.push(found({
        anomaly: "lost update",
        story: `${other.opId} (version ${other.version}) and ${op.opId} ` +
          `(version ${version}) both read and replace the same row.`,
        versions: [other.version, version],
        operations: [other.opId, op.opId],
        rows: [row],
      }));
    }
  }
  return out;
}

function readVersionOf(
  op: Operation,
  version: number,
  evidence: Evidence,
): number {
  return op.success?.readVersion ?? evidence.baseOf.get(op.opId) ?? version - 1;
}

function explains(
  op: Operation,
  version: number,
  evidence: Evidence,
): boolean {
  const before = evidence.states.get(version - 1) ?? NOTHING;
  const actual = deltaOf(before.rows, evidence.states.get(version)!.rows);
  const first = op.success?.readVersion ?? evidence.baseOf.get(op.opId) ??
    version - 1;
  // A change of the schema alone is one of every row there is when it commits.
  const last = op.call.op === "alter"
    ? version - 1
    : op.success?.readVersion ?? version - 1;
  for (let read = first; read <= last; read++) {
    const state = evidence.states.get(read) ?? NOTHING;
    const outcome = evaluateCall(op.call, state, modelContext(evidence));
    if (!outcome) return true;
    if (sameDelta(deltaOf(state.rows, outcome.rows), actual)) return true;
  }
  return false;
}
