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
import { DeltaError } from "../errors.ts";
import { commitPath } from "../log/log_path.ts";
import type { CreateOutcome } from "../store/object_store.ts";
import {
  buildCommit,
  type BuiltCommit,
  type CommitBase,
  turnsTimestampsOn,
} from "./commit_bytes.ts";
import {
  abortedCommit,
  causeOf,
  commitError,
  type FailedCall,
  reasonOf,
  sharedToken,
  staleBase,
  tableExists,
  tornCommit,
  unknownCommit,
} from "./commit_errors.ts";
import type {
  CommitLoopResult,
  CommitRequest,
  ReadCommit,
} from "./commit_request.ts";
import { Patience } from "./patience.ts";
import type { FoundCommit } from "./read_winner.ts";
import {
  type NextStep,
  sameBytes,
  type VersionAttempts,
} from "./rebase_rules.ts";
import { readSettled } from "./settled_reads.ts";
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
  readonly #patience: Patience;
  readonly #checks: WinnerChecks;
  #base: B | undefined;
  /** When the base was last known to be the newest. */
  #seenAt: number;
  #built!: BuiltCommit;
  /** Requests sent for the version being tried. */
  #sent = 0;
  #ambiguous = false;
  #attempts = 0;
  #losses = 0;
  #lastTrouble: unknown;

  constructor(request: CommitRequest<B>) {
    const { context, base, draft, rules, limits, moves, signal } = request;
    this.#request = request;
    this.#patience = new Patience(context.host, limits, signal);
    this.#checks = new WinnerChecks({
      draft,
      rules,
      readsInFull: moves.readsInFull?.bind(moves),
    });
    this.#base = base;
    this.#seenAt = base?.loadedAt ?? this.#now();
  }

  async run(): Promise<CommitLoopResult<B>> {
    await this.#moveTo((this.#base?.version ?? -1) + 1);
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
    this.#patience.startTrying();
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
        // Where the log was removed, version N would be a log of its own.
        { expectsFolder: this.#built.version > 0 },
      )
    );
    const step = rules.afterWrite(outcome, this.#state());
    if ("cause" in outcome || "reason" in outcome) this.#lastTrouble = outcome;
    if (outcome.kind === "unknown" || outcome.kind === "conflict") {
      this.#ambiguous = true;
    }
    return step;
  }

  /**
   * A store that throws where it should answer has told nothing, but for one
   * that says by name that it cannot create safely: it did not begin.
   */
  async #caught(
    write: () => Promise<CreateOutcome>,
  ): Promise<CreateOutcome> {
    try {
      return await write();
    } catch (cause) {
      return isUnsupported(cause)
        ? { kind: "rejected", reason: cause.details.why, cause }
        : { kind: "unknown", reason: "the store threw", cause };
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
        await this.#moveTo(this.#built.version + 1);
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

  #readSettled(version: number): Promise<FoundCommit> {
    const { context, draft, rules } = this.#request;
    const ours = { bytes: this.#built.bytes, token: draft.token };
    return readSettled(version, {
      context,
      token: draft.token,
      isOurs: (found) =>
        version === this.#built.version &&
        rules.ownerOf(ours, found) === "ours",
      pause: () => this.#pause(),
    });
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
    const applied = await this.#check(winners);
    this.#base = await this.#request.moves.advance(this.#base, winners);
    this.#seenAt = seenAt;
    if (applied) return this.#alreadyApplied(applied, this.#base);
    await this.#moveTo(rules.nextVersion(winners.at(-1)!.version));
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
  #check(winners: readonly ReadCommit[]): Promise<AlreadyApplied | undefined> {
    return this.#checks.check(this.#base, winners, this.#call());
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
    this.#patience.startTrying();
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
      const applied = await this.#check(winners);
      if (applied) return this.#alreadyApplied(applied, fresh);
    }
    this.#base = fresh;
    this.#seenAt = seenAt;
    await this.#moveTo(rules.nextVersion(fresh.version));
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
    applied: AlreadyApplied,
    base: B,
  ): CommitLoopResult<B> {
    const { txn, version } = applied;
    const attempts = this.#attempts;
    return { kind: "already-applied", txn, version, base, attempts };
  }

  /** The store refuses for good. What it says of this request says nothing of earlier ones. */
  async #refused(): Promise<CommitLoopResult<B>> {
    if (this.#ambiguous) return await this.#settle("the store then refused");
    const cause = causeOf(this.#lastTrouble);
    if (isUnsupported(cause)) {
      const { why, fix } = cause.details;
      throw commitError(this.#call(), cause.code, { why, fix, cause });
    }
    throw commitError(this.#call(), "DELTA_STORE_REJECTED", {
      why: `the store refused ${commitPath(this.#built.version)}: ${
        reasonOf(this.#lastTrouble)
      }`,
      fix: "Check the permissions and the location; nothing was committed",
      cause,
    });
  }

  async #giveUp(): Promise<CommitLoopResult<B>> {
    if (this.#request.rules.giveUp(this.#state()) === "unknown") {
      return await this.#settle(
        !this.#patience.isCancelled
          ? "the store never answered for certain"
          : "the caller cancelled, and the store never answered for certain",
      );
    }
    if (this.#patience.isCancelled) throw this.#aborted();
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
    if (this.#patience.isCancelled) throw this.#aborted();
    throw commitError(this.#call(), "DELTA_CONCURRENT_WRITE", {
      why: `${why}, and another commit took version ${this.#built.version}`,
      fix: "Run the operation again",
    });
  }

  // ---- time -----------------------------------------------------------------

  #noticeCancel(): void {
    if (this.#patience.noticeCancel() && this.#sent === 0) {
      throw this.#aborted();
    }
  }

  #isOver(): boolean {
    return this.#patience.isOver(this.#attempts);
  }

  #pause(): Promise<void> {
    return this.#patience.pause(this.#sent > 0);
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

  /** Builds the commit anew for a version that nobody has been asked for yet. */
  async #moveTo(version: number): Promise<void> {
    const { draft, moves, rules } = this.#request;
    const base = this.#base;
    const modifiedAt = base && turnsTimestampsOn(draft, base)
      ? await moves.modifiedAt?.(base)
      : undefined;
    this.#built = buildCommit(
      draft,
      base,
      version,
      this.#now(),
      rules,
      this.#built,
      modifiedAt,
    );
    this.#sent = 0;
    this.#ambiguous = false;
    this.#patience.startOver();
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

/** Whether a store says that it lacks what a safe create needs; it says so before any effect. */
function isUnsupported(error: unknown): error is DeltaError {
  return error instanceof DeltaError &&
    error.code === "DELTA_STORE_UNSUPPORTED";
}
