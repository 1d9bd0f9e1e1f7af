/**
 * What the operations that look after a table answer with.
 *
 * @module
 */

import type { CommitResult } from "../../commit/transaction.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";

/** What became of a maintenance operation that commits. */
export interface MaintenanceResult<Metrics> {
  /** `committed`, or `nothing-to-do`: then there is no new version. */
  readonly outcome: "committed" | "nothing-to-do";
  /** Whether there is a new version. */
  readonly committed: boolean;
  /** The version it made, or the one it found nothing to do on. */
  readonly version: number;
  /** The version it was prepared on. */
  readonly readVersion: number;
  /** Requests that tried to create a version. */
  readonly attempts: number;
  /** The commit's `txnId`, for `resolve()`; empty where no commit was tried. */
  readonly token: string;
  /** The table's state afterwards. */
  readonly snapshot: Snapshot;
  /** What it did, in figures. */
  readonly metrics: Metrics;
}

/** The answer of an operation that found nothing to do. */
export function nothingToDo<Metrics>(
  base: Snapshot,
  metrics: Metrics,
): MaintenanceResult<Metrics> {
  return {
    outcome: "nothing-to-do",
    committed: false,
    version: base.version,
    readVersion: base.version,
    attempts: 0,
    token: "",
    snapshot: base,
    metrics,
  };
}

/** The answer of an operation that committed. */
export function committedResult<Metrics>(
  result: CommitResult,
  metrics: Metrics,
): MaintenanceResult<Metrics> {
  const { version, readVersion, attempts, token, snapshot } = result;
  return {
    outcome: "committed",
    committed: true,
    version,
    readVersion,
    attempts,
    token,
    snapshot,
    metrics,
  };
}
