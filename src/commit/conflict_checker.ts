/**
 * Whether our commit may land behind a winner: one winner at a time, oldest
 * first. Pure; every check is a function of its own, so that a rule can be
 * replaced alone.
 *
 * Order of the checks, which decides the name reported: protocol, metadata,
 * domains, application transactions, appends, deletes of files read, deletes of
 * files removed, and last whatever this engine cannot rebase at all.
 *
 * A blind append passes behind adds, removes, commit information, other
 * applications' transactions and actions nobody knows. Whatever read the table
 * or changes more than adding files does not pass behind a winner with file
 * actions: it is refused by the name of what came between.
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
import { fileKey } from "../actions/file_key.ts";
import type { ErrorCode } from "../errors.ts";
import {
  type IsolationLevel,
  type Reads,
  ROW_TRACKING_DOMAIN,
  type StagedActions,
} from "./staged_actions.ts";

/** The commit that lost the race. */
export interface Ours {
  /** What it would write. */
  readonly staged: StagedActions;
  /** What it read. */
  readonly reads: Reads;
  /** The level the table asks for. */
  readonly level: IsolationLevel;
  /** Whether it counts as a blind append. */
  readonly blindAppend: boolean;
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

/** The table as it was just before the winner. */
export interface TableFacts {
  /** Its protocol. */
  readonly protocol: Protocol;
  /** Its metadata. */
  readonly metadata: Metadata;
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
    /** Facts for programs. */
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

function conflict(
  code: ErrorCode,
  winner: Winner,
  why: string,
  context: Readonly<Record<string, unknown>> = {},
): CheckResult {
  return {
    kind: "conflict",
    code,
    why: `version ${winner.version} ${why}`,
    context: { winner: winner.version, ...context },
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

/** A winner that changed the protocol: what we prepared may be too little for it. */
export const checkProtocol: ConflictCheck = (_ours, winner) =>
  winner.protocol === undefined ? PASS : conflict(
    "DELTA_PROTOCOL_CHANGED",
    winner,
    "changed the table's protocol",
    {
      minReaderVersion: winner.protocol.minReaderVersion,
      minWriterVersion: winner.protocol.minWriterVersion,
    },
  );

/** A winner that changed schema, partitioning or properties. */
export const checkMetadata: ConflictCheck = (_ours, winner) =>
  winner.metadata === undefined ? PASS : conflict(
    "DELTA_METADATA_CHANGED",
    winner,
    "changed the table's metadata",
  );

/** A winner that set or removed a domain other than the row id high-water mark. */
export const checkDomains: ConflictCheck = (_ours, winner) => {
  const set = winner.domains.find((d) => d.domain !== ROW_TRACKING_DOMAIN);
  return set === undefined ? PASS : conflict(
    "DELTA_CONCURRENT_TRANSACTION",
    winner,
    `${set.removed ? "removed" : "set"} the metadata domain ${set.domain}`,
    { domain: set.domain },
  );
};

/**
 * A winner of the same application: at or past our version our work is there
 * already; below it, or where we only read the application's version, somebody
 * else runs the same application.
 */
export const checkTransactions: ConflictCheck = (ours, winner) => {
  const theirs = new Map(winner.txns.map((txn) => [txn.appId, txn]));
  const shared = (txn: Txn, why: string) =>
    conflict("DELTA_CONCURRENT_TRANSACTION", winner, why, {
      appId: txn.appId,
      txnVersion: txn.version,
    });
  for (const ourTxn of ours.staged.txns) {
    const txn = theirs.get(ourTxn.appId);
    if (txn === undefined) continue;
    if (txn.version >= ourTxn.version) {
      return { kind: "already-applied", txn, version: winner.version };
    }
    return shared(
      txn,
      `recorded version ${txn.version} of application ${txn.appId}, below our ${ourTxn.version}`,
    );
  }
  for (const appId of ours.reads.appIds) {
    const txn = theirs.get(appId);
    if (txn === undefined) continue;
    return shared(
      txn,
      `recorded version ${txn.version} of application ${appId}, which this transaction read`,
    );
  }
  return PASS;
};

/** A winner that added files where we looked. Without file statistics at hand any add may match. */
export const checkAppends: ConflictCheck = (ours, winner) => {
  const added = winner.adds.find((add) => add.dataChange) ?? winner.adds[0];
  const looked = ours.reads.wholeTable || ours.reads.predicates.length > 0;
  if (!looked || added === undefined) return PASS;
  return conflict(
    "DELTA_CONCURRENT_APPEND",
    winner,
    `added ${added.path}, which ${
      ours.reads.wholeTable
        ? "this transaction would have read, having read the whole table"
        : "a predicate this transaction read may match"
    }`,
    { path: added.path },
  );
};

/** A winner that removed a file we read. */
export const checkDeletesRead: ConflictCheck = (ours, winner) => {
  const gone = winner.removes.find((remove) =>
    ours.reads.wholeTable ||
    ours.reads.files.has(fileKey(remove.path, remove.deletionVector))
  );
  return gone === undefined ? PASS : conflict(
    "DELTA_CONCURRENT_DELETE_READ",
    winner,
    `removed ${gone.path}, which this transaction read`,
    { path: gone.path },
  );
};

/** A winner that removed a file we remove too. */
export const checkDeletesTwice: ConflictCheck = (ours, winner) => {
  if (ours.staged.removes.length === 0) return PASS;
  const paths = new Set(ours.staged.removes.map((remove) => remove.path));
  const gone = winner.removes.find((remove) => paths.has(remove.path));
  return gone === undefined ? PASS : conflict(
    "DELTA_CONCURRENT_DELETE_DELETE",
    winner,
    `removed ${gone.path}, which this transaction removes too`,
    { path: gone.path },
  );
};

/** A winner with file actions, and we are not a blind append: no rule says yet that we may pass. */
export const checkRebasable: ConflictCheck = (ours, winner) => {
  if (winner.adds.length + winner.removes.length === 0) return PASS;
  if (ours.blindAppend) return PASS;
  return conflict(
    "DELTA_CONCURRENT_WRITE",
    winner,
    "changed the table's files, and only a blind append can be rebased over that",
  );
};

/** The checks that {@link checkWinner} asks, each replaceable. */
export interface ConflictChecks {
  /** See {@link checkProtocol}. */
  readonly checkProtocol: ConflictCheck;
  /** See {@link checkMetadata}. */
  readonly checkMetadata: ConflictCheck;
  /** See {@link checkDomains}. */
  readonly checkDomains: ConflictCheck;
  /** See {@link checkTransactions}. */
  readonly checkTransactions: ConflictCheck;
  /** See {@link checkAppends}. */
  readonly checkAppends: ConflictCheck;
  /** See {@link checkDeletesRead}. */
  readonly checkDeletesRead: ConflictCheck;
  /** See {@link checkDeletesTwice}. */
  readonly checkDeletesTwice: ConflictCheck;
  /** See {@link checkRebasable}. */
  readonly checkRebasable: ConflictCheck;
}

/** Asks every check in order; the first that does not pass answers. */
export function checkWinner(
  checks: ConflictChecks,
  ours: Ours,
  winner: Winner,
  facts: TableFacts,
): CheckResult {
  const order = [
    checks.checkProtocol,
    checks.checkMetadata,
    checks.checkDomains,
    checks.checkTransactions,
    checks.checkAppends,
    checks.checkDeletesRead,
    checks.checkDeletesTwice,
    checks.checkRebasable,
  ];
  for (const check of order) {
    const result = check(ours, winner, facts);
    if (result.kind !== "pass") return result;
  }
  return PASS;
}
