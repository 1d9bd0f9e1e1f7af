/**
 * Winning a version: one put-if-absent decides, and nothing is said of its
 * outcome that is not certain.
 *
 * The same bytes go to the same version until it is certain whose bytes stand
 * there. Only foreign bytes, seen, let the commit move on: it is checked
 * against every winner in between and built anew for the version behind them.
 * So at most one version can ever carry the commit's token. An answer that
 * never comes ends as `unknown`, never as `failed`.
 *
 * @module
 */

import type { Action, Metadata, Protocol, Txn } from "../actions/action.ts";
import type { DeltaError } from "../errors.ts";
import { commitPath } from "../log/log_path.ts";
import type { CreateOutcome } from "../store/object_store.ts";
import type { TableContext } from "../store/table_context.ts";
import {
  buildCommit,
  type BuiltCommit,
  type CommitBase,
  type CommitDraft,
} from "./commit_bytes.ts";
import {
  abortedCommit,
  causeOf,
  commitError,
  conflictError,
  type FailedCall,
  reasonOf,
  sharedToken,
  staleBase,
  tableExists,
  tornCommit,
  unknownCommit,
} from "./commit_errors.ts";
import {
  type CheckResult,
  checkWinner,
  type Ours,
  winnerOf,
} from "./conflict_checker.ts";
import { type FoundCommit, readWinner } from "./read_winner.ts";
import {
  type NextStep,
  type RebaseRules,
  sameBytes,
  type VersionAttempts,
} from "./rebase_rules.ts";

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

/**
 * Commits, or says truthfully why not.
 *
 * @throws {DeltaError} A conflict by its name; `DELTA_COMMIT_UNKNOWN`,
 * `DELTA_COMMIT_TOKEN_SHARED`, `DELTA_LOG_FILE_CORRUPT`, `DELTA_STALE_BASE`,
 * `DELTA_STORE_REJECTED`, `DELTA_TABLE_ALREADY_EXISTS`, `DELTA_ABORTED`. Its
 * `outcome` is `failed` only where no request can still take effect.
 */
export async function runCommitLoop<B extends CommitBase>(
  request: CommitRequest<B>,
): Promise<CommitLoopResult<B>> {
  return await new CommitRun(request).run();
}

/** How many readings of a commit that cannot be right are tried before it is believed. */
const READ_TRIES = 4;

class CommitRun<B extends CommitBase> {
  readonly #request: CommitRequest<B>;
  #base: B | undefined;
  /** When the base was last known to be the newest. */
  #seenAt: number;
  #built: BuiltCommit;
  /** Requests sent for the version being tried. */
  #sent = 0;
  #ambiguous = false;
  #attempts = 0;
  /** When the first request was sent, or the base was first read anew. */
  #tryingSince: number | undefined;
  #cancelledAt: number | undefined;
  #pauses = 0;
  #losses = 0;
  #lastTrouble: unknown;

  constructor(request: CommitRequest<B>) {
    this.#request = request;
    this.#base = request.base;
    this.#seenAt = request.base?.loadedAt ?? this.#now();
    this.#built = this.#build((request.base?.version ?? -1) + 1, undefined);
  }

  async run(): Promise<CommitLoopResult<B>> {
    for (;;) {
      this.#noticeCancel();
      if (this.#isOver()) return await this.#giveUp();
      const moved = await this.#ensureYoungBase();
      if (moved) {
        if (moved === "moved") continue;
        return moved;
      }
      const result = await this.#follow(await this.#send());
      if (result) return result;
    }
  }

  // ---- sending -----------------------------------------------------------

  async #send(): Promise<NextStep> {
    const { context, rules } = this.#request;
    this.#tryingSince ??= this.#now();
    this.#attempts++;
    this.#sent++;
    const path = commitPath(this.#built.version);
    // The signal stays here: a request that was sent is waited for.
    const outcome = await this.#caught(() =>
      rules.writeCommit(
        context.store,
        path,
        this.#built.bytes,
        this.#state(),
      )
    );
    const step = rules.afterWrite(outcome, this.#state());
    if ("cause" in outcome || "reason" in outcome) this.#lastTrouble = outcome;
    if (outcome.kind === "unknown" || outcome.kind === "conflict") {
      this.#ambiguous = true;
    }
    return step;
  }

  /** A store that throws where it should answer has told nothing. */
  async #caught(
    write: () => Promise<CreateOutcome>,
  ): Promise<CreateOutcome> {
    try {
      return await write();
    } catch (cause) {
      return { kind: "unknown", reason: "the store threw", cause };
    }
  }

  async #follow(step: NextStep): Promise<CommitLoopResult<B> | undefined> {
    switch (step) {
      case "committed":
        return this.#committed();
      case "again":
        await this.#pause();
        return undefined;
      case "read":
        return await this.#readAndDecide();
      case "refused":
        return await this.#refused();
      case "failed":
        throw commitError(this.#call(), "DELTA_STORE_UNAVAILABLE", {
          why: "the store did not answer",
          fix: "Run the operation again",
        });
      case "skip":
        this.#moveTo(this.#built.version + 1);
        return undefined;
    }
  }

  // ---- reading what is there ------------------------------------------------

  async #readAndDecide(): Promise<CommitLoopResult<B> | undefined> {
    const seenAt = this.#now();
    const found = await this.#readSettled(this.#built.version);
    const verdict = this.#judge(found);
    switch (verdict) {
      case "ours":
        return this.#committed();
      case "foreign":
        if (found.kind !== "found") return undefined;
        return await this.#lost(found.actions, seenAt);
      case "absent":
        // "Exists", and then nothing: a conflict in flight, a cleanup, or a
        // lying store. Not decided, so nothing may be said of it.
        this.#ambiguous = true;
        return await this.#follow(
          this.#request.rules.afterAbsent(this.#state()),
        );
      case "unreadable":
        this.#ambiguous = true;
        await this.#pause();
        return undefined;
    }
  }

  /** Whose the file is; torn files and shared tokens end the call. */
  #judge(found: FoundCommit): "ours" | "foreign" | "absent" | "unreadable" {
    if (found.kind === "absent") return "absent";
    if (found.kind === "unreadable") {
      this.#lastTrouble = found.cause;
      return "unreadable";
    }
    if (found.kind === "torn") throw this.#torn(this.#built.version, found.why);
    const { rules, draft } = this.#request;
    const owner = rules.ownerOf(
      { bytes: this.#built.bytes, token: draft.token },
      found,
    );
    if (owner !== "shared-token") return owner;
    const path = commitPath(this.#built.version);
    if (isPrefix(found.bytes, this.#built.bytes)) {
      throw this.#torn(this.#built.version, `${path} ends early`);
    }
    throw sharedToken(this.#call(), this.#built.version);
  }

  /**
   * Reads a version; what looks torn, or like ours and yet not, is read again
   * first: a cut answer must not be taken for a cut file.
   */
  async #readSettled(version: number): Promise<FoundCommit> {
    const { context, draft } = this.#request;
    for (let tries = 1;; tries++) {
      const found = await readWinner(context, version);
      const odd = found.kind === "torn" || found.kind === "unreadable" ||
        (found.kind === "found" && found.token === draft.token);
      if (!odd || tries === READ_TRIES) return found;
      if (
        found.kind === "found" && version === this.#built.version &&
        this.#request.rules.ownerOf(
            { bytes: this.#built.bytes, token: draft.token },
            found,
          ) === "ours"
      ) return found;
      await this.#pause();
    }
  }

  // ---- losing and rebasing --------------------------------------------------

  async #lost(
    actions: readonly Action[],
    seenAt: number,
  ): Promise<CommitLoopResult<B> | undefined> {
    const { rules } = this.#request;
    // From here on no request for this version can ever succeed.
    this.#sent = 0;
    this.#ambiguous = false;
    this.#losses++;
    if (
      this.#request.base === undefined && this.#base === undefined &&
      rules.afterLostCreate() === "exists"
    ) throw tableExists(this.#call());
    this.#noticeCancel();
    const winners = [
      this.#asRead(this.#built.version, actions),
      ...await this.#readWinnersFrom(this.#built.version + 1),
    ];
    const applied = this.#check(winners);
    this.#base = await this.#request.moves.advance(this.#base, winners);
    this.#seenAt = seenAt;
    if (applied) return this.#alreadyApplied(applied, this.#base);
    this.#moveTo(rules.nextVersion(winners.at(-1)!.version));
    await this.#yieldToOthers();
    return undefined;
  }

  /** Every commit from a version on, to the first that is not there. */
  async #readWinnersFrom(
    version: number,
    until: number = Infinity,
  ): Promise<ReadCommit[]> {
    const { draft } = this.#request;
    const winners: ReadCommit[] = [];
    for (let next = version; next <= until; next++) {
      const found = await this.#readForSure(next);
      if (found.kind === "absent") break;
      if (found.kind === "torn") throw this.#torn(next, found.why);
      if (found.token === draft.token) throw sharedToken(this.#call(), next);
      winners.push(this.#asRead(next, found.actions));
    }
    return winners;
  }

  /** Reads a version until the store tells, or the time is up. */
  async #readForSure(
    version: number,
  ): Promise<Exclude<FoundCommit, { kind: "unreadable" }>> {
    for (;;) {
      const found = await this.#readSettled(version);
      if (found.kind !== "unreadable") return found;
      this.#noticeCancel();
      if (this.#isOver()) {
        throw commitError(this.#call(), "DELTA_STORE_UNAVAILABLE", {
          why: `${commitPath(version)}, which came first, cannot be read`,
          fix: "Run the operation again when the store answers",
          cause: found.cause,
        });
      }
      await this.#pause();
    }
  }

  /** Checks one winner at a time, oldest first; a conflict is thrown. */
  #check(
    winners: readonly ReadCommit[],
  ): Extract<CheckResult, { kind: "already-applied" }> | undefined {
    const { rules, draft } = this.#request;
    const ours: Ours = {
      staged: draft.staged,
      reads: draft.reads,
      level: draft.level,
      blindAppend: rules.isBlindAppend(draft.staged, draft.reads),
    };
    let facts = this.#facts();
    for (const commit of rules.winnersToCheck(winners)) {
      const winner = winnerOf(commit.version, commit.actions);
      const result = checkWinner(rules, ours, winner, facts);
      if (result.kind === "already-applied") return result;
      if (result.kind === "conflict") throw conflictError(this.#call(), result);
      facts = {
        protocol: winner.protocol ?? facts.protocol,
        metadata: winner.metadata ?? facts.metadata,
      };
    }
    return undefined;
  }

  #facts(): { protocol: Protocol; metadata: Metadata } {
    const { staged } = this.#request.draft;
    return {
      protocol: (this.#base?.protocol ?? staged.protocol)!,
      metadata: (this.#base?.metadata ?? staged.metadata)!,
    };
  }

  // ---- the base's age -------------------------------------------------------

  /**
   * A base that was last seen too long ago may stand on a log that was cleaned
   * since, where a version number could get a second content.
   */
  async #ensureYoungBase(): Promise<
    CommitLoopResult<B> | "moved" | undefined
  > {
    const { limits, rules } = this.#request;
    if (rules.isYoung(this.#now() - this.#seenAt, limits.maxBaseAgeMs)) {
      return undefined;
    }
    if (this.#ambiguous) return await this.#settle("the base grew too old");
    if (this.#base === undefined) {
      throw staleBase(this.#call(), "the create took too long");
    }
    return await this.#reopen(this.#base);
  }

  async #reopen(base: B): Promise<CommitLoopResult<B> | "moved"> {
    const { moves, rules, signal } = this.#request;
    const seenAt = this.#now();
    this.#tryingSince ??= seenAt;
    const fresh = await moves.refresh(base, signal);
    if (fresh.version < base.version) {
      throw staleBase(
        this.#call(),
        `the table was at version ${base.version} and now shows ${fresh.version}`,
      );
    }
    if (fresh.version > base.version) {
      const winners = await this.#readWinnersFrom(
        base.version + 1,
        fresh.version,
      );
      if (winners.length < fresh.version - base.version) {
        throw staleBase(
          this.#call(),
          `the commits after version ${base.version} have been cleaned up`,
        );
      }
      const applied = this.#check(winners);
      if (applied) return this.#alreadyApplied(applied, fresh);
    }
    this.#base = fresh;
    this.#seenAt = seenAt;
    this.#moveTo(rules.nextVersion(fresh.version));
    return "moved";
  }

  // ---- endings --------------------------------------------------------------

  #committed(): CommitLoopResult<B> {
    return {
      kind: "committed",
      built: this.#built,
      base: this.#base,
      attempts: this.#attempts,
    };
  }

  #alreadyApplied(
    applied: Extract<CheckResult, { kind: "already-applied" }>,
    base: B,
  ): CommitLoopResult<B> {
    const { txn, version } = applied;
    const attempts = this.#attempts;
    return { kind: "already-applied", txn, version, base, attempts };
  }

  /** The store refuses for good. What it says of this request says nothing of earlier ones. */
  async #refused(): Promise<CommitLoopResult<B>> {
    if (this.#ambiguous) return await this.#settle("the store then refused");
    throw commitError(this.#call(), "DELTA_STORE_REJECTED", {
      why: `the store refused ${commitPath(this.#built.version)}: ${
        reasonOf(this.#lastTrouble)
      }`,
      fix: "Check the permissions and the location; nothing was committed",
      cause: causeOf(this.#lastTrouble),
    });
  }

  async #giveUp(): Promise<CommitLoopResult<B>> {
    if (this.#request.rules.giveUp(this.#state()) === "unknown") {
      return await this.#settle(
        this.#cancelledAt === undefined
          ? "the store never answered for certain"
          : "the caller cancelled, and the store never answered for certain",
      );
    }
    if (this.#cancelledAt !== undefined) throw this.#aborted();
    throw commitError(this.#call(), "DELTA_CONCURRENT_WRITE", {
      why: `other commits came first ${this.#losses} times`,
      fix: "Run the operation again",
    });
  }

  /** The last look at the version: ours, certainly not ours, or unknown. */
  async #settle(why: string): Promise<CommitLoopResult<B>> {
    const verdict = this.#judge(await this.#readSettled(this.#built.version));
    if (verdict === "ours") return this.#committed();
    if (verdict !== "foreign") throw this.#unknown(why);
    this.#ambiguous = false;
    this.#sent = 0;
    if (this.#cancelledAt !== undefined) throw this.#aborted();
    throw commitError(this.#call(), "DELTA_CONCURRENT_WRITE", {
      why: `${why}, and another commit took version ${this.#built.version}`,
      fix: "Run the operation again",
    });
  }

  // ---- time -----------------------------------------------------------------

  #noticeCancel(): void {
    if (!this.#request.signal?.aborted) return;
    this.#cancelledAt ??= this.#now();
    if (this.#sent === 0) throw this.#aborted();
  }

  #isOver(): boolean {
    const { limits } = this.#request;
    const now = this.#now();
    return this.#attempts >= limits.maxAttempts ||
      (this.#tryingSince !== undefined &&
        now - this.#tryingSince > limits.deadlineMs) ||
      (this.#cancelledAt !== undefined &&
        now - this.#cancelledAt > limits.cancelGraceMs);
  }

  /** Waits longer every time, with jitter; what is undecided cannot be interrupted. */
  async #pause(): Promise<void> {
    const { host } = this.#request.context;
    const full = Math.min(5_000, 20 * 2 ** Math.min(this.#pauses++, 10));
    await host.sleep(
      full * (0.5 + host.random() / 2),
      this.#sent === 0 ? this.#request.signal : undefined,
    );
  }

  /** After several losses in a row, a little chance of who is next. */
  async #yieldToOthers(): Promise<void> {
    if (this.#losses < 3) return;
    const { host } = this.#request.context;
    await host.sleep(
      host.random() * Math.min(200, 5 * this.#losses),
      this.#request.signal,
    );
  }

  #now(): number {
    return this.#request.context.host.now();
  }

  // ---- small things ---------------------------------------------------------

  #state(): VersionAttempts {
    return {
      version: this.#built.version,
      sent: this.#sent,
      ambiguous: this.#ambiguous,
    };
  }

  #build(version: number, earlier: BuiltCommit | undefined): BuiltCommit {
    const { draft, rules } = this.#request;
    return buildCommit(
      draft,
      this.#base,
      version,
      this.#now(),
      rules,
      earlier,
    );
  }

  #moveTo(version: number): void {
    this.#built = this.#build(version, this.#built);
    this.#sent = 0;
    this.#ambiguous = false;
    this.#pauses = 0;
  }

  #asRead(version: number, actions: readonly Action[]): ReadCommit {
    return { version, actions, modificationTime: this.#now() };
  }

  // ---- errors ---------------------------------------------------------------

  /** What every error of this call says, and the attempt it speaks of. */
  #call(): FailedCall {
    const { draft } = this.#request;
    return {
      table: draft.table,
      token: draft.token,
      version: this.#built.version,
      readVersion: draft.readVersion,
      attempts: this.#attempts,
    };
  }

  #unknown(why: string): DeltaError {
    return unknownCommit(this.#call(), why, causeOf(this.#lastTrouble));
  }

  /** Of a torn file nobody knows whose it is; before the first request of ours it is certainly not ours. */
  #torn(version: number, why: string): DeltaError {
    const outcome = this.#sent === 0 ? "failed" : "unknown";
    return tornCommit(this.#call(), version, why, outcome);
  }

  #aborted(): DeltaError {
    return abortedCommit(this.#call(), this.#request.signal?.reason);
  }
}

function isPrefix(part: Uint8Array, whole: Uint8Array): boolean {
  return part.length < whole.length &&
    sameBytes(part, whole.subarray(0, part.length));
}
