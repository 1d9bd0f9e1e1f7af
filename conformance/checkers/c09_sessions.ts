/**
 * C9, sessions: a client's reads never go back, see its own acknowledged
 * writes, and a handle that nobody moved stays where it is.
 *
 * @module
 */

import { type Operation, WRITES } from "../history/history.ts";
import { type Evidence, sawStaleList } from "./evidence.ts";
import { type Verdict, verdicts } from "./verdict.ts";

const found = verdicts("C9", "SAFETY");

/** See the module. */
export function checkSessions(evidence: Evidence): Verdict[] {
  const clients = Map.groupBy(evidence.operations, (op) => op.client);
  return [...clients.values()].flatMap((operations) => [
    ...neverBack(
      operations.filter((op) => !sawStaleList(op, evidence)),
    ),
    ...pinned(operations),
  ]);
}

/** An open or refresh of the newest version. */
export function isFresh(op: Operation): boolean {
  if (op.call.op === "refresh") return true;
  return op.call.op === "open" && op.call.request.version === undefined &&
    op.call.request.timestampMs === undefined;
}

function neverBack(operations: readonly Operation[]): Verdict[] {
  const out: Verdict[] = [];
  let seen: { version: number; op: Operation } | undefined;
  for (const op of ordered(operations)) {
    const version = op.success?.version;
    if (version === undefined) continue;
    const writes = WRITES.has(op.call.op) && op.success?.committed !== false;
    if (!writes && !isFresh(op)) continue;
    if (seen && version < seen.version && seen.op.returnedAt < op.invokedAt) {
      const own = WRITES.has(seen.op.call.op);
      out.push(found({
        anomaly: own ? "own write not seen" : "reads went back",
        story: `${op.opId} saw version ${version} after ${seen.op.opId} of ` +
          `the same client had ${own ? "committed" : "seen"} version ` +
          `${seen.version}.`,
        versions: [version, seen.version],
        operations: [seen.op.opId, op.opId],
      }));
    }
    if (!seen || version > seen.version) seen = { version, op };
  }
  return out;
}

/** What moves a handle: opening, refreshing, a commit of its own. */
const MOVERS = new Set(["open", "create", "refresh", "resolve"]);

function pinned(operations: readonly Operation[]): Verdict[] {
  const out: Verdict[] = [];
  const at = new Map<string, { version: number; opId: string }>();
  for (const op of ordered(operations)) {
    const version = op.success?.version;
    if (MOVERS.has(op.call.op) || WRITES.has(op.call.op)) {
      // A batch that was there already is told by its version, not the handle's.
      const isElsewhere = op.call.op === "resolve" || op.success?.skipped;
      if (version === undefined || isElsewhere) {
        at.delete(op.handle);
      } else at.set(op.handle, { version, opId: op.opId });
      continue;
    }
    if (op.call.op !== "read" || version === undefined) continue;
    const before = at.get(op.handle);
    if (before && before.version !== version) {
      out.push(found({
        anomaly: "read skew",
        story: `${op.opId} read version ${version} by a handle that ` +
          `${before.opId} had left at version ${before.version}.`,
        versions: [before.version, version],
        operations: [before.opId, op.opId],
      }));
    }
    at.set(op.handle, { version, opId: op.opId });
  }
  return out;
}

function ordered(operations: readonly Operation[]): Operation[] {
  return [...operations].sort((a, b) => a.invokedAt - b.invokedAt);
}
