/**
 * A reason for a conflict that the matrix, which knows no clock, does not weigh.
 *
 * @module
 */

import type { Evidence } from "./evidence.ts";
import type { Verdict } from "./verdict.ts";

/** A jump of the clock that no writer's patience outlasts. */
const LONG_MS = 3_600_000;

/**
 * Whether there is such a reason: the writer's time was up, because between what
 * the store did last before the operation began and last for the operation,
 * hours passed.
 */
export function hasFurtherReason(
  { operations: [opId] }: Verdict,
  { operationById, trace }: Evidence,
): boolean {
  const op = operationById.get(opId ?? "");
  if (op?.failure?.error.name !== "ConcurrentWrite") return false;
  const before = trace.findLast((entry) => entry.time < op.invokedAt);
  const last = trace.findLast((entry) => entry.opId === opId);
  return before !== undefined && last !== undefined &&
    last.atMs - before.atMs > LONG_MS;
}
