/**
 * How long a commit call goes on trying, and how it waits: longer every time,
 * with jitter, by the host's clock alone.
 *
 * @module
 */

import type { Host } from "../host.ts";
import type { CommitLimits } from "./commit_request.ts";

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 5_000;
/** So many losses in a row are nothing unusual among a few writers. */
const USUAL_LOSSES = 3;

/** The waiting of one commit call. */
export class Patience {
  readonly #host: Host;
  readonly #limits: CommitLimits;
  readonly #signal: AbortSignal | undefined;
  /** When the first request was sent, or the base was first read anew. */
  #tryingSince: number | undefined;
  #cancelledAt: number | undefined;
  #pauses = 0;

  /**
   * Begins with none used up.
   *
   * @param host Clock, sleep and chance.
   * @param limits The bounds.
   * @param signal The caller's.
   */
  constructor(
    host: Host,
    limits: CommitLimits,
    signal: AbortSignal | undefined,
  ) {
    this.#host = host;
    this.#limits = limits;
    this.#signal = signal;
  }

  /** Starts the clock of the deadline, once. */
  startTrying(): void {
    this.#tryingSince ??= this.#host.now();
  }

  /** Whether the caller has cancelled; from the first time on the grace is running. */
  noticeCancel(): boolean {
    if (!this.#signal?.aborted) return false;
    this.#cancelledAt ??= this.#host.now();
    return true;
  }

  /** Whether a cancel has been noticed. */
  get isCancelled(): boolean {
    return this.#cancelledAt !== undefined;
  }

  /** Whether it is time to give up. */
  isOver(attempts: number): boolean {
    const { maxAttempts, deadlineMs, cancelGraceMs } = this.#limits;
    const now = this.#host.now();
    return attempts >= maxAttempts ||
      (this.#tryingSince !== undefined &&
        now - this.#tryingSince > deadlineMs) ||
      (this.#cancelledAt !== undefined &&
        now - this.#cancelledAt > cancelGraceMs);
  }

  /** Waits longer every time, with jitter; what is undecided cannot be interrupted. */
  async pause(isUndecided: boolean): Promise<void> {
    const full = Math.min(
      LONGEST_PAUSE_MS,
      FIRST_PAUSE_MS * 2 ** Math.min(this.#pauses++, 10),
    );
    await this.#host.sleep(
      full * (0.5 + this.#host.random() / 2),
      isUndecided ? undefined : this.#signal,
    );
  }

  /** Another version, another row of pauses. */
  startOver(): void {
    this.#pauses = 0;
  }

  /** After several losses in a row, a little chance of who is next. */
  async yieldToOthers(losses: number): Promise<void> {
    if (losses < USUAL_LOSSES) return;
    await this.#host.sleep(
      this.#host.random() * Math.min(200, 5 * losses),
      this.#signal,
    );
  }
}
