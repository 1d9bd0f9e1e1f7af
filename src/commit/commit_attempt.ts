/**
 * What a commit has tried for one version: its bytes, the requests that were
 * sent, and what may be said of them.
 *
 * @module
 */

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
  tornCommit,
  unknownCommit,
} from "./commit_errors.ts";
import type { CommitRequest } from "./commit_request.ts";
import type { Patience } from "./patience.ts";
import type { FoundCommit } from "./read_winner.ts";
import {
  type NextStep,
  sameBytes,
  type VersionAttempts,
} from "./rebase_rules.ts";
import { readSettled } from "./settled_reads.ts";

/** The attempt to win a version; it moves to another when it is certain that it lost. */
export class CommitAttempt<B extends CommitBase> {
  readonly #request: CommitRequest<B>;
  readonly #patience: Patience;
  #built!: BuiltCommit;
  /** Requests sent for the version being tried. */
  #sent = 0;
  #ambiguous = false;
  #lastTrouble: unknown;
  /** Requests sent in all, for whatever version. */
  #count = 0;

  /**
   * Before the first version: {@link CommitAttempt.moveTo} comes first.
   *
   * @param request What is to be committed.
   * @param patience How long to go on.
   */
  constructor(request: CommitRequest<B>, patience: Patience) {
    this.#request = request;
    this.#patience = patience;
  }

  /** The commit as it was built for the version. */
  get built(): BuiltCommit {
    return this.#built;
  }

  /** The version that is tried. */
  get version(): number {
    return this.#built.version;
  }

  /** Requests sent in all, for whatever version. */
  get count(): number {
    return this.#count;
  }

  /** Whether a request may still take effect that nobody has an answer to. */
  get isInDoubt(): boolean {
    return this.#ambiguous;
  }

  /** A request of ours may still take effect. */
  doubt(): void {
    this.#ambiguous = true;
  }

  /** No request for the version can ever succeed. */
  end(): void {
    this.#sent = 0;
    this.#ambiguous = false;
  }

  /** Sends our bytes once, and says what the answer asks for. */
  async send(): Promise<NextStep> {
    const { context, rules } = this.#request;
    this.#patience.startTrying();
    this.#count++;
    this.#sent++;
    const path = commitPath(this.#built.version);
    // The signal stays here: a request that was sent is waited for.
    const outcome = await this.#caught(() =>
      rules.writeCommit(
        context.store,
        path,
        this.#built.bytes,
        this.state(),
        // Where the log was removed, version N would be a log of its own.
        { expectsFolder: this.#built.version > 0 },
      )
    );
    const step = rules.afterWrite(outcome, this.state());
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

  /** Whose the file is; torn files and shared tokens end the call. */
  judge(found: FoundCommit): "ours" | "foreign" | "absent" | "unreadable" {
    if (found.kind === "absent") return "absent";
    if (found.kind === "unreadable") {
      this.#lastTrouble = found.cause;
      return "unreadable";
    }
    if (found.kind === "torn") throw this.torn(this.#built.version, found.why);
    const { rules, draft } = this.#request;
    const owner = rules.ownerOf(
      { bytes: this.#built.bytes, token: draft.token },
      found,
    );
    if (owner !== "shared-token") return owner;
    const path = commitPath(this.#built.version);
    if (isPrefix(found.bytes, this.#built.bytes)) {
      throw this.torn(this.#built.version, `${path} ends early`);
    }
    throw sharedToken(this.call(), this.#built.version);
  }

  /** Reads a version; what looks odd is read again first. */
  readSettled(version: number): Promise<FoundCommit> {
    const { context, draft, rules } = this.#request;
    const ours = { bytes: this.#built.bytes, token: draft.token };
    return readSettled(version, {
      context,
      token: draft.token,
      isOurs: (found) =>
        version === this.#built.version &&
        rules.ownerOf(ours, found) === "ours",
      pause: () => this.pause(),
    });
  }

  /** Ends the call where the caller cancelled it and nothing of ours is under way. */
  noticeCancel(): void {
    if (this.#patience.noticeCancel() && this.#sent === 0) {
      throw this.aborted();
    }
  }

  /** Whether the time or the number of requests is up. */
  isOver(): boolean {
    return this.#patience.isOver(this.#count);
  }

  /** Waits before the next request. */
  pause(): Promise<void> {
    return this.#patience.pause(this.#sent > 0);
  }

  /** The host's time. */
  now(): number {
    return this.#request.context.host.now();
  }

  /** What has been tried for the version. */
  state(): VersionAttempts {
    return {
      version: this.#built.version,
      sent: this.#sent,
      ambiguous: this.#ambiguous,
    };
  }

  /** Builds the commit anew for a version that nobody has been asked for yet. */
  async moveTo(base: B | undefined, version: number): Promise<void> {
    const { draft, moves, rules } = this.#request;
    const modifiedAt = base && turnsTimestampsOn(draft, base)
      ? await moves.modifiedAt?.(base)
      : undefined;
    this.#built = buildCommit(
      draft,
      base,
      version,
      this.now(),
      rules,
      this.#built,
      modifiedAt,
    );
    this.end();
    this.#patience.startOver();
  }

  /** What every error of this call says, and the attempt it speaks of. */
  call(): FailedCall {
    const { draft } = this.#request;
    return {
      table: draft.table,
      token: draft.token,
      version: this.#built.version,
      readVersion: draft.readVersion,
      attempts: this.#count,
    };
  }

  /** Nobody knows what became of the commit. */
  unknown(why: string): DeltaError {
    return unknownCommit(this.call(), why, causeOf(this.#lastTrouble));
  }

  /** Of a torn file nobody knows whose it is; before the first request of ours it is certainly not ours. */
  torn(version: number, why: string): DeltaError {
    const outcome = this.#sent === 0 ? "failed" : "unknown";
    return tornCommit(this.call(), version, why, outcome);
  }

  /** The caller cancelled, and nothing was committed. */
  aborted(): DeltaError {
    return abortedCommit(this.call(), this.#request.signal?.reason);
  }

  /** The store refuses for good; only where nothing is in doubt. */
  refusal(): DeltaError {
    const cause = causeOf(this.#lastTrouble);
    if (isUnsupported(cause)) {
      const { why, fix } = cause.details;
      return commitError(this.call(), cause.code, { why, fix, cause });
    }
    return commitError(this.call(), "DELTA_STORE_REJECTED", {
      why: `the store refused ${commitPath(this.#built.version)}: ${
        reasonOf(this.#lastTrouble)
      }`,
      fix: "Check the permissions and the location; nothing was committed",
      cause,
    });
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
