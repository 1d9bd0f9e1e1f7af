/**
 * What a transaction is told when it begins and when it commits, and what it
 * answers.
 *
 * @module
 */

import type { CommitInfo } from "../actions/action.ts";
import type { Operation } from "../protocol/support.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Maintenance } from "./after_commit.ts";
import type { CommitLimits } from "./commit_request.ts";
import type { RebaseRules } from "./rebase_rules.ts";

/** What a transaction says of itself, and how it commits. */
export interface TransactionOptions {
  /** The operation's name in the history; `WRITE` by default. */
  readonly operation?: string | undefined;
  /** The operation's parameters in the history; none by default. */
  readonly operationParameters?: CommitInfo["operationParameters"] | undefined;
  /** Free text for the history. */
  readonly userMetadata?: string | undefined;
  /**
   * What is being done: what features are asked about, and how a lost race is
   * judged (`restore` gives way to any winner, `overwrite` and a `delete` of the
   * whole table to whoever added rows, `append` with reads is an INSERT … SELECT).
   * Told from the actions by default.
   */
  readonly intent?: Operation | undefined;
  /** The decisions of the commit; the sound ones by default. */
  readonly rules?: RebaseRules | undefined;
  /** The bounds of the commit; the design's by default. */
  readonly limits?: Partial<CommitLimits> | undefined;
  /** Whether a checkpoint and log cleanup that fall due are done before `commit()` returns; true by default. */
  readonly maintenance?: boolean | undefined;
  /** Cancels the commit. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link Transaction.commit}. */
export interface CommitOptions {
  /** Figures for the history. */
  readonly operationMetrics?: Readonly<Record<string, string>> | undefined;
  /** Cancels; a commit that was sent is resolved first, and then the answer tells. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of a commit. */
export interface CommitResult {
  /** The version committed, or the one that holds the application's work already, or the one read. */
  readonly version: number;
  /** The version that was read; -1 for a create. */
  readonly readVersion: number;
  /** How many requests it took to win a version. */
  readonly attempts: number;
  /**
   * Whether it was committed now, or found applied by its txn action, or had
   * read something and staged nothing.
   */
  readonly outcome: "committed" | "already-applied" | "nothing-to-do";
  /** The token in `commitInfo.txnId`. */
  readonly token: string;
  /** The table as of `version`, or newer where the work was found applied. */
  readonly snapshot: Snapshot;
  /** What was done after the commit; its requests are not the commit's. */
  readonly maintenance: Maintenance | undefined;
}
