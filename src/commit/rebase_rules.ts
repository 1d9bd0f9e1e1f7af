/**
 * Every decision of the commit loop, one function each, in one record.
 *
 * The loop only follows; what an answer of the store means, whose bytes are
 * whose, what stands in the way of a rebase and what is computed anew for the
 * next version is decided here. A test plants a defect by replacing one entry
 * of {@link defaultRules} and nothing else.
 *
 * @module
 */

import type {
  CreateOutcome,
  ExclusiveOptions,
  ObjectStore,
} from "../store/object_store.ts";
import {
  checkAppends,
  checkDeletesRead,
  checkDeletesTwice,
  checkDomains,
  checkMetadata,
  checkProtocol,
  checkRebasable,
  checkTransactions,
  type ConflictChecks,
} from "./conflict_checker.ts";
import {
  onlyAdds,
  type Reads,
  readsNothing,
  type StagedActions,
} from "./staged_actions.ts";

/** What the loop knows of its attempts at one version. */
export interface VersionAttempts {
  /** The version. */
  readonly version: number;
  /** Requests sent for it, this one included. */
  readonly sent: number;
  /** Whether any of them may still take effect, as far as anybody knows. */
  readonly ambiguous: boolean;
}

/**
 * What to do after an answer.
 *
 * - `committed`: our bytes are version N.
 * - `again`: the same bytes at the same version, after a pause.
 * - `read`: something is at N; read it.
 * - `refused`: no further request can help; look once more, then give up.
 * - `failed`: say that nothing happened, without looking.
 * - `skip`: leave N without having seen foreign bytes. No sound rule answers this.
 */
export type NextStep =
  | "committed"
  | "again"
  | "read"
  | "refused"
  | "failed"
  | "skip";

/** Whose commit a file of the log is. */
export type Owner = "ours" | "shared-token" | "foreign";

/** What tells two commits apart. */
export interface CommitIdentity {
  /** The file's bytes. */
  readonly bytes: Uint8Array;
  /** `commitInfo.txnId`; `undefined` where the commit has none. */
  readonly token: string | undefined;
}

/** Values that earlier attempts of the same commit call were given. */
export interface EarlierAttempt {
  /** Version it was built for. */
  readonly version: number;
  /** Its in-commit timestamp. */
  readonly inCommitTimestamp: number | undefined;
  /** First fresh row id it gave out. */
  readonly firstRowId: number | undefined;
}

/** The decisions of the commit loop. */
export interface RebaseRules extends ConflictChecks {
  /** The commit point: creates the file of a version, or leaves what is there. */
  readonly writeCommit: (
    store: ObjectStore,
    path: string,
    bytes: Uint8Array,
    attempts: VersionAttempts,
    options?: ExclusiveOptions,
  ) => Promise<CreateOutcome>;
  /** What the store's answer means. */
  readonly afterWrite: (
    outcome: CreateOutcome,
    attempts: VersionAttempts,
  ) => NextStep;
  /** What it means that the version was said to exist and reads as absent. */
  readonly afterAbsent: (attempts: VersionAttempts) => NextStep;
  /** Whose commit was found where ours should be. */
  readonly ownerOf: (ours: CommitIdentity, found: CommitIdentity) => Owner;
  /** What may be said after the last attempt: never `failed` while a request may still take effect. */
  readonly giveUp: (attempts: VersionAttempts) => "failed" | "unknown";
  /** Whether a base that was last seen so long ago may still be committed on. */
  readonly isYoung: (ageMs: number, limitMs: number) => boolean;
  /** Which of the winners between our base and the log's end are checked: all. */
  readonly winnersToCheck: <T>(winners: readonly T[]) => readonly T[];
  /** What it means to lose version 0 to foreign bytes. */
  readonly afterLostCreate: () => "exists" | "rebase";
  /** The version to try when `latest` is the newest seen. */
  readonly nextVersion: (latest: number) => number;
  /** Whether the commit counts as a blind append. */
  readonly isBlindAppend: (staged: StagedActions, reads: Reads) => boolean;
  /** The in-commit timestamp of a version, given that of the version before. */
  readonly inCommitTimestamp: (
    nowMs: number,
    previous: number | undefined,
    earlier: EarlierAttempt | undefined,
  ) => number;
  /** The first fresh row id of a version, given the high-water mark before it. */
  readonly firstRowId: (
    highWaterMark: number | undefined,
    earlier: EarlierAttempt | undefined,
  ) => number;
}

/** How far the clock may fall before a base is read anew. */
const CLOCK_SLACK_MS = 60_000;

/** The sound rules. */
export const defaultRules: RebaseRules = {
  writeCommit: (store, path, bytes, _attempts, options) =>
    store.putIfAbsent(path, bytes, options),
  afterWrite: (outcome) => {
    switch (outcome.kind) {
      case "created":
        return "committed";
      case "exists":
        return "read";
      case "rejected":
        return "refused";
      default:
        return "again";
    }
  },
  afterAbsent: () => "again",
  ownerOf: (ours, found) => {
    if (sameBytes(ours.bytes, found.bytes)) return "ours";
    return found.token !== undefined && found.token === ours.token
      ? "shared-token"
      : "foreign";
  },
  giveUp: (attempts) => attempts.ambiguous ? "unknown" : "failed",
  // A clock that fell says nothing of the age.
  isYoung: (ageMs, limitMs) => ageMs <= limitMs && ageMs >= -CLOCK_SLACK_MS,
  winnersToCheck: (winners) => winners,
  afterLostCreate: () => "exists",
  nextVersion: (latest) => latest + 1,
  isBlindAppend: (staged, reads) => onlyAdds(staged) && readsNothing(reads),
  inCommitTimestamp: (nowMs, previous) =>
    previous === undefined ? nowMs : Math.max(nowMs, previous + 1),
  firstRowId: (highWaterMark) => (highWaterMark ?? -1) + 1,
  checkProtocol,
  checkMetadata,
  checkDomains,
  checkTransactions,
  checkAppends,
  checkDeletesRead,
  checkDeletesTwice,
  checkRebasable,
};

/** Whether two byte strings are equal. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
