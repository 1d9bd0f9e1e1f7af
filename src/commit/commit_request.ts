/**
 * One commit call: what is to be committed, on what, by which rules and within
 * which bounds; and what may become of it.
 *
 * @module
 */

import type { Action, Txn } from "../actions/action.ts";
import type { TableContext } from "../store/table_context.ts";
import type { BuiltCommit, CommitBase, CommitDraft } from "./commit_bytes.ts";
import type { RebaseRules } from "./rebase_rules.ts";
import type { Reads } from "./staged_actions.ts";

/** A commit of the log, parsed. */
export interface ReadCommit {
  /** Its version. */
  readonly version: number;
  /** Its actions. */
  readonly actions: readonly Action[];
  /** When it was read or written, by our clock: no request tells the store's time. */
  readonly modificationTime: number;
}

/** How the loop moves its base, so that it knows nothing of snapshots. */
export interface BaseMoves<B extends CommitBase> {
  /** The base with newer commits on top; it refuses a protocol that cannot be written. */
  advance(
    base: B | undefined,
    commits: readonly ReadCommit[],
  ): B | Promise<B>;
  /** The newest state of the table, read anew from the store. */
  refresh(base: B, signal: AbortSignal | undefined): Promise<B>;
  /** When the store wrote the base's commit; asked by the commit that turns in-commit timestamps on. */
  modifiedAt?(base: B): Promise<number | undefined>;
  /** What was read, file by file; asked once a winner has removed files. */
  readsInFull?(): Promise<Reads>;
}

/** Bounds of the loop; every one has a default. */
export interface CommitLimits {
  /** How old a base may be, in milliseconds. */
  readonly maxBaseAgeMs: number;
  /** How long after the first request the loop still tries. */
  readonly deadlineMs: number;
  /** How long after a cancel an outcome is still looked for. */
  readonly cancelGraceMs: number;
  /** How many requests a commit may send. */
  readonly maxAttempts: number;
}

/** The bounds used unless a caller says otherwise. */
export const DEFAULT_LIMITS: CommitLimits = {
  maxBaseAgeMs: 3_600_000,
  deadlineMs: 600_000,
  cancelGraceMs: 30_000,
  maxAttempts: 1_000,
};

/** One commit call. */
export interface CommitRequest<B extends CommitBase> {
  /** The table. */
  readonly context: TableContext;
  /** What to commit. */
  readonly draft: CommitDraft;
  /** The state it was prepared on; `undefined` creates version 0. */
  readonly base: B | undefined;
  /** How the base moves. */
  readonly moves: BaseMoves<B>;
  /** The decisions. */
  readonly rules: RebaseRules;
  /** The bounds. */
  readonly limits: CommitLimits;
  /** Cancels; once a request was sent its outcome is looked for first. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of a commit call that did not throw. */
export type CommitLoopResult<B extends CommitBase> =
  | {
    readonly kind: "committed";
    /** The commit, as it stands in the log. */
    readonly built: BuiltCommit;
    /** The state it stands on. */
    readonly base: B | undefined;
    /** Requests sent. */
    readonly attempts: number;
  }
  | {
    readonly kind: "already-applied";
    /** The txn action found. */
    readonly txn: Txn;
    /** Version that holds it. */
    readonly version: number;
    /** The newest state seen. */
    readonly base: B;
    /** Requests sent. */
    readonly attempts: number;
  };
