/**
 * All checks over one piece of evidence, and a second opinion on what they say.
 *
 * @module
 */

import { checkLogIntegrity } from "./c01_log_integrity.ts";
import { checkRemoveLiveness } from "./c02_remove_liveness.ts";
import { checkRearrangement } from "./c03_rearrangement.ts";
import { checkOutcomeTruth } from "./c04_outcome_truth.ts";
import { checkSerializability } from "./c05_serializability.ts";
import { checkWriteSerializability } from "./c06_write_serializability.ts";
import { checkSnapshotIsolation } from "./c07_snapshot_isolation.ts";
import { checkAtomicReads } from "./c08_atomic_reads.ts";
import { checkSessions } from "./c09_sessions.ts";
import { checkRealTime } from "./c10_real_time.ts";
import { checkJustifiedConflicts } from "./c11_justified_conflicts.ts";
import { checkTimeTravel } from "./c13_time_travel.ts";
import { checkCheckpoints } from "./c14_checkpoints.ts";
import { checkReachability } from "./c15_reachability.ts";
import { checkDurability } from "./c16_durability.ts";
import { checkInvariants } from "./c17_invariants.ts";
import { checkProgress } from "./c18_progress.ts";
import type { Evidence } from "./evidence.ts";
import { compareOpinions } from "./two_opinions.ts";
import { hasFurtherReason } from "./further_reasons.ts";
import type { CheckId, Verdict } from "./verdict.ts";

/** A check: a pure function from evidence to contradictions. */
export type Check = (evidence: Evidence) => readonly Verdict[];

function unlessTimeWasUp(check: Check): Check {
  return (evidence) =>
    check(evidence).filter((verdict) => !hasFurtherReason(verdict, evidence));
}

/** Every check by its name. */
export const CHECKS: Readonly<Record<CheckId, Check>> = {
  C1: checkLogIntegrity,
  C2: checkRemoveLiveness,
  C3: checkRearrangement,
  C4: checkOutcomeTruth,
  C5: checkSerializability,
  C6: checkWriteSerializability,
  C7: checkSnapshotIsolation,
  C8: checkAtomicReads,
  C9: checkSessions,
  C10: checkRealTime,
  C11: unlessTimeWasUp(checkJustifiedConflicts),
  C13: checkTimeTravel,
  C14: checkCheckpoints,
  C15: checkReachability,
  C16: checkDurability,
  C17: checkInvariants,
  C18: unlessTimeWasUp(checkProgress),
};

/**
 * What the checks find, those switched off left out. With all of them on, the
 * cycle search must agree.
 */
export function judge(
  evidence: Evidence,
  without: ReadonlySet<CheckId> = new Set(),
): Verdict[] {
  const said = Object.entries(CHECKS).flatMap(([id, check]) =>
    without.has(id as CheckId) ? [] : check(evidence)
  );
  return without.size > 0
    ? said
    : [...said, ...compareOpinions(evidence, said)];
}
