/**
 * C10, real time: what began after something was acknowledged comes after it,
 * whoever the client: commits get a higher version, fresh reads see it.
 *
 * @module
 */

import { type Operation, WRITES } from "../history/history.ts";
import { isFresh } from "./c09_sessions.ts";
import { type Evidence, sawStaleList } from "./evidence.ts";
import { type Verdict, verdicts } from "./verdict.ts";

const found = verdicts("C10", "SAFETY");

interface Acknowledged {
  readonly at: number;
  readonly version: number;
  readonly op: Operation;
}

/** See the module. */
export function checkRealTime(evidence: Evidence): Verdict[] {
  const { operations, commitsOf } = evidence;
  const acknowledged: Acknowledged[] = operations.flatMap((op) => {
    const version = op.success?.version;
    if (op.outcome !== "ok" || version === undefined) return [];
    const isCommit = WRITES.has(op.call.op) && op.success?.committed !== false;
    return isCommit || isFresh(op) ? [{ at: op.returnedAt, version, op }] : [];
  }).sort((a, b) => a.at - b.at);
  return operations.flatMap((op) => {
    const landed = commitsOf.get(op.opId)?.[0];
    const seen = isFresh(op) && op.outcome === "ok" &&
        !sawStaleList(op, evidence)
      ? op.success?.version
      : undefined;
    const floor = highest(acknowledged, op.invokedAt);
    if (!floor) return [];
    const { version: least, op: by } = floor;
    const isOther = by.client !== op.client;
    if (landed !== undefined && landed <= least && by.opId !== op.opId) {
      return [found({
        anomaly: "commit before the past",
        story:
          `${op.opId} began after ${by.opId} was acknowledged at version ` +
          `${least}, and committed version ${landed}.`,
        versions: [landed, least],
        operations: [by.opId, op.opId],
      })];
    }
    if (seen === undefined || seen >= least || !isOther) return [];
    return [found({
      anomaly: "stale read",
      story: `${op.opId} began after ${by.opId} was acknowledged at version ` +
        `${least}, and saw version ${seen}.`,
      versions: [seen, least],
      operations: [by.opId, op.opId],
    })];
  });
}

/** The highest version acknowledged before a moment. */
function highest(
  acknowledged: readonly Acknowledged[],
  before: number,
): Acknowledged | undefined {
  let best: Acknowledged | undefined;
  for (const entry of acknowledged) {
    if (entry.at >= before) break;
    if (!best || entry.version > best.version) best = entry;
  }
  return best;
}
