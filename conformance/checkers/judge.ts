/**
 * All checks over one piece of evidence.
 *
 * @module
 */

import { checkLogIntegrity } from "./c01_log_integrity.ts";
import { checkRemoveLiveness } from "./c02_remove_liveness.ts";
import { checkRearrangement } from "./c03_rearrangement.ts";
import { checkOutcomeTruth } from "./c04_outcome_truth.ts";
import { checkSerializability } from "./c05_serializability.ts";
import type { Evidence } from "./evidence.ts";
import type { CheckId, Verdict } from "./verdict.ts";

/** A check: a pure function from evidence to contradictions. */
export type Check = (evidence: Evidence) => readonly Verdict[];

/** Every check by its name. */
export const CHECKS: Readonly<Partial<Record<CheckId, Check>>> = {
  C1: checkLogIntegrity,
  C2: checkRemoveLiveness,
  C3: checkRearrangement,
  C4: checkOutcomeTruth,
  C5: checkSerializability,
};

/** What the checks find, those switched off left out. */
export function judge(
  evidence: Evidence,
  without: ReadonlySet<CheckId> = new Set(),
): Verdict[] {
  return Object.entries(CHECKS).flatMap(([id, check]) =>
    without.has(id as CheckId) ? [] : check(evidence)
  );
}
