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

import type { Action } from "../actions/action.ts";
import { commitPath } from "../log/log_path.ts";
import { CommitAttempt } from "./commit_attempt.ts";
import type { CommitBase } from "./commit_bytes.ts";
import {
  commitError,
  sharedToken,
  staleBase,
  tableExists,
} from "./commit_errors.ts";
import type {
  CommitLoopResult,
  CommitRequest,
  ReadCommit,
} from "./commit_request.ts";
import { Patience } from "./patience.ts";
import type { FoundCommit } from "./read_winner.ts";
import type { NextStep } from "./rebase_rules.ts";
import { type AlreadyApplied, WinnerChecks } from "./winner_checks.ts";

export {
  type BaseMoves,
  type CommitLimits,
  type CommitLoopResult,
  type CommitRequest,
  DEFAULT_LIMITS,
  type ReadCommit,
} from "./commit_request.ts";

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

class CommitRun<B extends CommitBase> {
  readonly #request: CommitRequest<B>;
  readonly #attempt: CommitAttempt<B>;
  readonly #patience: Patience;
  readonly #checks: WinnerChecks;
  #base: B | undefined;
  /** When the base was last known to be the newest. */
  #seenAt: number;
  #losses = 0;

  constructor(request: CommitRequest<B>) {
    const { context, base, draft, rules, limits, moves, signal } = request;
    this.#request = request;
    this.#patience = new Patience(context.host, limits, signal);
    this.#attempt = new CommitAttempt(request, this.#patience);
    this.#checks = new WinnerChecks({
      draft,
      rules,
      readsInFull: moves.readsInFull?.bind(moves),
    });
    this.#base = base;
    this.#seenAt = base?.newestAt ?? this.#attempt.now();
  }

  async run(): Promise<CommitLoopResult<B>> {
    await this.#attempt.moveTo(this.#base, (this.#base?.version ?? -1) + 1);
    for (;;) {
      this.#attempt.noticeCancel();
      if (this.#attempt.isOver()) return await this.#giveUp();
      const moved = await this.#ensureYoungBase();
      if (moved) {
        if (moved === "moved") continue;
        return moved;
      }
      const result = await this.#follow(await this.#attempt.send());
      if (result) return result;
    }
  }

  // ---- following up ---------------------------------------------------------

  async #follow(step: NextStep): Promise<CommitLoopResult<B> | undefined> {
    switch (step) {
      case "committed":
        return this.#committed();
      case "again":
        await this.#attempt.pause();
        return undefined;
      case "read":
        return await this.#readAndDecide();
      case "refused":
        return await this.#refused();
      case "failed":
        throw commitError(this.#attempt.call(), "DELTA_STORE_UNAVAILABLE", {
          why: "the store did not answer",
          fix: "Run the operation again",
        });
      case "skip":
        await this.#attempt.moveTo(this.#base, this.#attempt.version + 1);
        return undefined;
    }
  }

  // ---- reading what is there ------------------------------------------------

  async #readAndDecide(): Promise<CommitLoopResult<B> | undefined> {
    const seenAt = this.#attempt.now();
    const found = await this.#attempt.readSettled(this.#attempt.version);
    const verdict = this.#attempt.judge(found);
    switch (verdict) {
      case "ours":
        return this.#committed();
      case "foreign":
        if (found.kind !== "found") return undefined;
        return await this.#lost(found.actions, seenAt);
      case "absent":
        // "Exists", and then nothing: a conflict in flight, a cleanup, or a
        // lying store. Not decided, so nothing may be said of it.
        this.#attempt.doubt();
        return await this.#follow(
          this.#request.rules.afterAbsent(this.#attempt.state()),
        );
      case "unreadable":
        this.#attempt.doubt();
        await this.#attempt.pause();
        return undefined;
    }
  }

  // ---- losing and rebasing --------------------------------------------------

  async #lost(
    actions: readonly Action[],
    seenAt: number,
  ): Promise<CommitLoopResult<B> | undefined> {
    const { rules } = this.#request;
    // From here on no request for this version can ever succeed.
    this.#attempt.end();
    this.#losses++;
    if (
      this.#request.base === undefined && this.#base === undefined &&
      rules.afterLostCreate() === "exists"
    ) throw tableExists(this.#attempt.call());
    this.#attempt.noticeCancel();
    const winners = [
      this.#asRead(this.#attempt.version, actions),
      ...await this.#readWinnersFrom(this.#attempt.version + 1),
    ];
    const applied = await this.#check(winners);
    this.#base = await this.#request.moves.advance(this.#base, winners);
    this.#seenAt = seenAt;
    if (applied) return this.#alreadyApplied(applied, this.#base);
    await this.#attempt.moveTo(
      this.#base,
      rules.nextVersion(winners.at(-1)!.version),
    );
    await this.#patience.yieldToOthers(this.#losses);
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
      if (found.kind === "torn") throw this.#attempt.torn(next, found.why);
      if (found.token === draft.token) {
        throw sharedToken(this.#attempt.call(), next);
      }
      winners.push(this.#asRead(next, found.actions));
    }
    return winners;
  }

  /** Reads a version until the store tells, or the time is up. */
  async #readForSure(
    version: number,
  ): Promise<Exclude<FoundCommit, { kind: "unreadable" }>> {
    for (;;) {
      const found = await this.#attempt.readSettled(version);
      if (found.kind !== "unreadable") return found;
      this.#attempt.noticeCancel();
      if (this.#attempt.isOver()) {
        throw commitError(this.#attempt.call(), "DELTA_STORE_UNAVAILABLE", {
          why: `${commitPath(version)}, which came first, cannot be read`,
          fix: "Run the operation again when the store answers",
          cause: found.cause,
        });
      }
      await this.#attempt.pause();
    }
  }

  /** Checks one winner at a time, oldest first; a conflict is thrown. */
  #check(winners: readonly ReadCommit[]): Promise<AlreadyApplied | undefined> {
    return this.#checks.check(this.#base, winners, this.#attempt.call());
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
    if (
      rules.isYoung(this.#attempt.now() - this.#seenAt, limits.maxBaseAgeMs)
    ) {
      return undefined;
    }
    if (this.#attempt.isInDoubt) {
      return await this.#settle("the base grew too old");
    }
    if (this.#base === undefined) {
      throw staleBase(this.#attempt.call(), "the create took too long");
    }
    return await this.#reopen(this.#base);
  }

  async #reopen(base: B): Promise<CommitLoopResult<B> | "moved"> {
    const { moves, rules, signal } = this.#request;
    const seenAt = this.#attempt.now();
    this.#patience.startTrying();
    const fresh = await moves.refresh(base, signal);
    if (fresh.version < base.version) {
      throw staleBase(
        this.#attempt.call(),
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
          this.#attempt.call(),
          `the commits after version ${base.version} have been cleaned up`,
        );
      }
      const applied = await this.#check(winners);
      if (applied) return this.#alreadyApplied(applied, fresh);
    }
    this.#base = fresh;
    this.#seenAt = seenAt;
    await this.#attempt.moveTo(this.#base, rules.nextVersion(fresh.version));
    return "moved";
  }

  // ---- endings --------------------------------------------------------------

  #committed(): CommitLoopResult<B> {
    return {
      kind: "committed",
      built: this.#attempt.built,
      base: this.#base,
      attempts: this.#attempt.count,
    };
  }

  #alreadyApplied(
    applied: AlreadyApplied,
    base: B,
  ): CommitLoopResult<B> {
    const { txn, version } = applied;
    const attempts = this.#attempt.count;
    return { kind: "already-applied", txn, version, base, attempts };
  }

  /** The store refuses for good. What it says of this request says nothing of earlier ones. */
  async #refused(): Promise<CommitLoopResult<B>> {
    if (this.#attempt.isInDoubt) {
      return await this.#settle("the store then refused");
    }
    throw this.#attempt.refusal();
  }

  async #giveUp(): Promise<CommitLoopResult<B>> {
    if (this.#request.rules.giveUp(this.#attempt.state()) === "unknown") {
      return await this.#settle(
        !this.#patience.isCancelled
          ? "the store never answered for certain"
          : "the caller cancelled, and the store never answered for certain",
      );
    }
    if (this.#patience.isCancelled) throw this.#attempt.aborted();
    throw commitError(this.#attempt.call(), "DELTA_CONCURRENT_WRITE", {
      why: `other commits came first ${this.#losses} times`,
      fix: "Run the operation again",
    });
  }

  /** The last look at the version: ours, certainly not ours, or unknown. */
  async #settle(why: string): Promise<CommitLoopResult<B>> {
    const verdict = this.#attempt.judge(
      await this.#attempt.readSettled(this.#attempt.version),
    );
    if (verdict === "ours") return this.#committed();
    if (verdict !== "foreign") throw this.#attempt.unknown(why);
    this.#attempt.end();
    if (this.#patience.isCancelled) throw this.#attempt.aborted();
    throw commitError(this.#attempt.call(), "DELTA_CONCURRENT_WRITE", {
      why: `${why}, and another commit took version ${this.#attempt.version}`,
      fix: "Run the operation again",
    });
  }

  #asRead(version: number, actions: readonly Action[]): ReadCommit {
    return { version, actions, modificationTime: this.#attempt.now() };
  }
}
