/**
 * What the verbs of a table answer with.
 *
 * @module
 */

import type { CommitInfo } from "../actions/action.ts";
import type { CheckpointResult } from "../operations/checkpoint.ts";
import type { OptimizeResult } from "../operations/optimize.ts";
import type { RestoreResult } from "../operations/restore.ts";
import type { ChangeResult } from "../operations/shared/change_result.ts";
import type { VacuumResult } from "../operations/vacuum.ts";
import type { CommitReport } from "../operations/write_options.ts";

/** What an operation cost. */
export interface OperationCost {
  /** Store calls from the call to its answer, those of maintenance that fell due included; calls of one handle that overlap are counted together. */
  readonly requests: number;
  /** How long it took by the host's clock, in milliseconds. */
  readonly durationMs: number;
}

/** What an append or an overwrite did. */
export type WriteReport = CommitReport & OperationCost;

/** What a delete, an update or a merge did. */
export type ChangeReport = Omit<ChangeResult, "snapshot"> & OperationCost;

/** What an optimize did. */
export type OptimizeReport = Omit<OptimizeResult, "snapshot"> & OperationCost;

/** What a restore did. */
export type RestoreReport = Omit<RestoreResult, "snapshot"> & OperationCost;

/** What a vacuum did. */
export type VacuumReport = Omit<VacuumResult, "snapshot"> & OperationCost;

/** What was written as a checkpoint. */
export type CheckpointReport =
  & Omit<CheckpointResult, "snapshot">
  & OperationCost;

/** One commit of a table's history: its provenance, and which version it is. */
export interface TableCommit extends CommitInfo {
  /** The version that it made. */
  readonly version: number;
  /** When, in milliseconds since the epoch: the time that time travel goes by. */
  readonly timestamp: number;
}
