/**
 * Whether our commit may land behind a winner: one winner at a time, oldest
 * first. Pure; every check is a function of its own, so that a rule can be
 * replaced alone.
 *
 * Order of the checks, which decides the name reported: whatever cannot be
 * rebased at all, protocol, metadata, domains, application transactions,
 * appends, removals of files read, removals of files removed. The answer for
 * every pair of operations is in `docs/conflicts.md`.
 *
 * @module
 */

import type { Txn } from "../actions/action.ts";
import { parseSchema } from "../schema/schema_json.ts";
import { droppedFeatures } from "./claims.ts";
import {
  type CheckResult,
  conflict,
  type ConflictCheck,
  isVoid,
  type Ours,
  PASS,
  type TableFacts,
  type Winner,
} from "./conflict_types.ts";
import {
  checkAppends,
  checkDeletesRead,
  checkDeletesTwice,
  missedAfter,
} from "./file_conflicts.ts";
import { checkMetadata } from "./metadata_conflict.ts";
import { checkProtocol } from "./protocol_conflict.ts";
import { ROW_TRACKING_DOMAIN } from "./staged_actions.ts";

export {
  type CheckResult,
  type ConflictCheck,
  type MissedAppends,
  type Ours,
  PASS,
  type TableFacts,
  type Winner,
  winnerOf,
} from "./conflict_types.ts";
export {
  checkAppends,
  checkDeletesRead,
  checkDeletesTwice,
  checkMetadata,
  checkProtocol,
};

/** A restore, whose files are those of one version exactly: it is not rebased over anything. */
export const checkRebasable: ConflictCheck = (ours, winner) =>
  ours.operation !== "restore" || isVoid(winner) ? PASS : conflict(
    "DELTA_CONCURRENT_WRITE",
    winner,
    "came first, and a restore has to be prepared anew on what it left",
  );

/**
 * A winner that set or removed a domain which we set or remove too, or set one
 * while we end the feature; row ids are counted anew instead.
 */
export const checkDomains: ConflictCheck = (ours, winner, facts) => {
  const ends = droppedFeatures(facts.protocol, ours.staged.protocol)
    .includes("domainMetadata");
  const left = ends ? winner.domains.find((d) => !d.removed) : undefined;
  if (left) {
    return conflict(
      "DELTA_CONCURRENT_TRANSACTION",
      winner,
      `set the metadata domain ${left.domain}, and this transaction drops the feature domainMetadata`,
      { domain: left.domain },
    );
  }
  const mine = new Set(ours.staged.domains.map((d) => d.domain));
  const set = winner.domains.find(({ domain }) =>
    domain !== ROW_TRACKING_DOMAIN && mine.has(domain)
  );
  return set === undefined ? PASS : conflict(
    "DELTA_CONCURRENT_TRANSACTION",
    winner,
    `${
      set.removed ? "removed" : "set"
    } the metadata domain ${set.domain}, and so does this transaction`,
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

/** The checks that {@link checkWinner} asks, each replaceable. */
export interface ConflictChecks {
  /** See {@link checkRebasable}. */
  readonly checkRebasable: ConflictCheck;
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
}

/** Asks every check in order; the first that does not pass answers. */
export function checkWinner(
  checks: ConflictChecks,
  ours: Ours,
  winner: Winner,
  facts: TableFacts,
): CheckResult {
  const order = [
    checks.checkRebasable,
    checks.checkProtocol,
    checks.checkMetadata,
    checks.checkDomains,
    checks.checkTransactions,
    checks.checkAppends,
    checks.checkDeletesRead,
    checks.checkDeletesTwice,
  ];
  for (const check of order) {
    const result = check(ours, winner, facts);
    if (result.kind !== "pass") return result;
  }
  return PASS;
}

/** The table as a winner that was passed left it. */
export function factsAfter(
  ours: Ours,
  winner: Winner,
  facts: TableFacts,
): TableFacts {
  const { protocol, metadata } = winner;
  return {
    protocol: protocol ?? facts.protocol,
    metadata: metadata ?? facts.metadata,
    schema: metadata ? parseSchema(metadata.schemaString) : facts.schema,
    missed: missedAfter(ours, winner, facts),
  };
}
