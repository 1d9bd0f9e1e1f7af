/**
 * The two sides of a lost race, as the conflict rules see them: our transaction,
 * the commit that won, the table between them, and what a rule may answer.
 *
 * @module
 */

import type {
  Action,
  AddFile,
  CommitInfo,
  DomainMetadata,
  Metadata,
  Protocol,
  RemoveFile,
  Txn,
} from "../actions/action.ts";
import type { ErrorCode } from "../errors.ts";
import type { Operation } from "../protocol/support.ts";
import type { StructType } from "../schema/data_type.ts";
import type { Claim } from "./claims.ts";
import type { IsolationLevel, Reads, StagedActions } from "./staged_actions.ts";

/** The commit that lost the race. */
export interface Ours {
  /** What it would write. */
  readonly staged: StagedActions;
  /** What it read. */
  readonly reads: Reads;
  /** The level it is judged at: the table's, or `SnapshotIsolation` where it only rearranges rows. */
  readonly level: IsolationLevel;
  /** Whether it counts as a blind append. */
  readonly blindAppend: boolean;
  /** What is being done. */
  readonly operation: Operation;
  /** What it promises of rows or files that others add. */
  readonly claim: Claim;
}

/** A commit that took a version we wanted, by kind of action. */
export interface Winner {
  /** Its version. */
  readonly version: number;
  /** Files it added. */
  readonly adds: readonly AddFile[];
  /** Files it removed. */
  readonly removes: readonly RemoveFile[];
  /** Application versions it recorded. */
  readonly txns: readonly Txn[];
  /** Domains it set or removed. */
  readonly domains: readonly DomainMetadata[];
  /** Metadata it wrote. */
  readonly metadata: Metadata | undefined;
  /** Protocol it wrote. */
  readonly protocol: Protocol | undefined;
  /** What it says of itself. */
  readonly commitInfo: CommitInfo | undefined;
}

/** Blind appends that our commit is to be placed before, though they came first: `WriteSerializable` only. */
export interface MissedAppends {
  /** The version of the first. */
  readonly since: number;
  /** Their files' paths, and those that their rows were moved to since. */
  readonly paths: ReadonlySet<string>;
}

/** The table as it was just before the winner. */
export interface TableFacts {
  /** Its protocol. */
  readonly protocol: Protocol;
  /** Its metadata. */
  readonly metadata: Metadata;
  /** Its schema. */
  readonly schema: StructType;
  /** Appends among earlier winners that we passed and did not see. */
  readonly missed?: MissedAppends | undefined;
}

/** What one check found. */
export type CheckResult =
  | { readonly kind: "pass" }
  | {
    readonly kind: "conflict";
    /** The conflict's code. */
    readonly code: ErrorCode;
    /** Why, as the middle of a sentence. */
    readonly why: string;
    /** Facts for programs: `winner`, and where there is one `path` and `predicate`. */
    readonly context: Readonly<Record<string, unknown>>;
  }
  | {
    readonly kind: "already-applied";
    /** The txn action that says so. */
    readonly txn: Txn;
    /** Version that holds it. */
    readonly version: number;
  };

/** One check of ours against one winner. */
export type ConflictCheck = (
  ours: Ours,
  winner: Winner,
  facts: TableFacts,
) => CheckResult;

/** Nothing stands in the way. */
export const PASS: CheckResult = { kind: "pass" };

/** A conflict with a winner; `why` goes on after "version 8 (DELETE)". */
export function conflict(
  code: ErrorCode,
  winner: Winner,
  why: string,
  context: Readonly<Record<string, unknown>> = {},
): CheckResult {
  const operation = winner.commitInfo?.operation;
  const name = operation === undefined ? "" : ` (${operation})`;
  return {
    kind: "conflict",
    code,
    why: `version ${winner.version}${name} ${why}`,
    context: {
      winner: winner.version,
      ...(operation === undefined ? {} : { winnerOperation: operation }),
      ...context,
    },
  };
}

/** Sorts a commit's actions by kind. */
export function winnerOf(version: number, actions: readonly Action[]): Winner {
  const adds: AddFile[] = [];
  const removes: RemoveFile[] = [];
  const txns: Txn[] = [];
  const domains: DomainMetadata[] = [];
  let metadata: Metadata | undefined;
  let protocol: Protocol | undefined;
  let commitInfo: CommitInfo | undefined;
  for (const action of actions) {
    if ("add" in action) adds.push(action.add);
    else if ("remove" in action) removes.push(action.remove);
    else if ("txn" in action) txns.push(action.txn);
    else if ("domainMetadata" in action) domains.push(action.domainMetadata);
    else if ("metaData" in action) metadata = action.metaData;
    else if ("protocol" in action) protocol = action.protocol;
    else if ("commitInfo" in action) commitInfo = action.commitInfo;
  }
  return {
    version,
    adds,
    removes,
    txns,
    domains,
    metadata,
    protocol,
    commitInfo,
  };
}

/** Whether a winner left the table's rows as they were: compaction, or a repeated add. One file that says otherwise makes it a change. */
export function onlyRearranges(winner: Winner): boolean {
  return winner.adds.every((add) => !add.dataChange) &&
    winner.removes.every((remove) => !remove.dataChange);
}

/** Whether a winner says that it read nothing, and did nothing that contradicts it. A winner that does not say so read something. */
export function isBlindAppend(winner: Winner): boolean {
  return winner.commitInfo?.isBlindAppend === true &&
    winner.removes.length === 0 && winner.metadata === undefined &&
    winner.protocol === undefined;
}

/** Whether a winner did anything that this engine knows: a vacuum's entry in the log does nothing. */
export function isVoid(winner: Winner): boolean {
  return winner.adds.length === 0 && winner.removes.length === 0 &&
    winner.txns.length === 0 && winner.domains.length === 0 &&
    winner.metadata === undefined && winner.protocol === undefined;
}
