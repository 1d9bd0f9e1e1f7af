/**
 * Reasons for a conflict that the matrix, which is pairwise and knows no clock,
 * does not weigh.
 *
 * @module
 */

import type { Evidence } from "./evidence.ts";
import type { Verdict } from "./verdict.ts";

/** A jump of the clock that no writer's patience outlasts. */
const LONG_MS = 3_600_000;

/**
 * Whether there is such a reason. Either the writer's time was up: between what
 * the store did last before the operation began and last for the operation, hours
 * passed. Or the operation promises something of every row, as a constraint
 * does, so that a blind append is in its way at the weaker levels too.
 */
export function hasFurtherReason(
  { operations: [opId] }: Verdict,
  { operationById, trace }: Evidence,
): boolean {
  const op = operationById.get(opId ?? "");
  const name = op?.failure?.error.name;
  if (!op || name === undefined) return false;
  if (name === "ConcurrentAppend") {
    return op.call.op === "alter" &&
      op.call.request.addConstraint !== undefined;
  }
  if (name !== "ConcurrentWrite") return false;
  const before = trace.findLast((entry) => entry.time < op.invokedAt);
  const last = trace.findLast((entry) => entry.opId === opId);
  return before !== undefined && last !== undefined &&
    last.atMs - before.atMs > LONG_MS;
}
