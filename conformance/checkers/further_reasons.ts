/**
 * A reason that the checks, which know no clock, do not weigh: time that was up.
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
 * hours passed. It may then say that others were always first, or, where the
 * log was cleaned meanwhile, that it does not know.
 */
export function hasFurtherReason(
  { operations: [opId] }: Verdict,
  { operationById, trace }: Evidence,
): boolean {
  const op = operationById.get(opId ?? "");
  const gaveUp = op?.failure?.outcome === "unknown" ||
    op?.failure?.error.name === "ConcurrentWrite";
  if (!op || !gaveUp) return false;
  const before = trace.findLast((entry) => entry.time < op.invokedAt);
  const last = trace.findLast((entry) => entry.opId === opId);
  return before !== undefined && last !== undefined &&
    last.atMs - before.atMs > LONG_MS;
}
