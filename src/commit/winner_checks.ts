/**
 * The winners of one commit call, checked one at a time, oldest first, over all
 * the races it loses.
 *
 * @module
 */

import type { Metadata, Protocol } from "../actions/action.ts";
import { fileKey } from "../actions/file_key.ts";
import { parseSchema } from "../schema/schema_json.ts";
import type { CommitBase, CommitDraft } from "./commit_bytes.ts";
import { conflictError, type FailedCall } from "./commit_errors.ts";
import type { ReadCommit } from "./commit_request.ts";
import { checkWinner, factsAfter } from "./conflict_checker.ts";
import {
  type CheckResult,
  type MissedAppends,
  type Ours,
  type TableFacts,
  type Winner,
  winnerOf,
} from "./conflict_types.ts";
import type { RebaseRules } from "./rebase_rules.ts";
import type { Reads } from "./staged_actions.ts";

/** A winner that holds our application's work. */
export type AlreadyApplied = Extract<CheckResult, { kind: "already-applied" }>;

/** What the checks need of the call. */
export interface ChecksRequest {
  /** What is to be committed. */
  readonly draft: CommitDraft;
  /** The decisions. */
  readonly rules: RebaseRules;
  /** What was read, file by file; what was declared where undefined. */
  readonly readsInFull?: (() => Promise<Reads>) | undefined;
}

/** Checks winners, and remembers which of them were passed unseen. */
export class WinnerChecks {
  readonly #request: ChecksRequest;
  #reads: Reads | undefined;
  #missed: MissedAppends | undefined;

  /**
   * Begins before any race was lost.
   *
   * @param request The call.
   */
  constructor(request: ChecksRequest) {
    this.#request = request;
  }

  /**
   * Checks the winners since the base; a conflict is thrown.
   *
   * @param base The state before the oldest winner.
   * @param call The call, for the error.
   */
  async check(
    base: CommitBase | undefined,
    winners: readonly ReadCommit[],
    call: FailedCall,
  ): Promise<AlreadyApplied | undefined> {
    const { rules } = this.#request;
    let ours = await this.#ours(winners);
    let facts = this.#facts(base);
    for (const commit of rules.winnersToCheck(winners)) {
      const winner = winnerOf(commit.version, commit.actions);
      const result = checkWinner(rules, ours, winner, facts);
      if (result.kind === "already-applied") return result;
      if (result.kind === "conflict") throw conflictError(call, result);
      facts = factsAfter(ours, winner, facts);
      ours = { ...ours, reads: this.#follow(ours.reads, winner) };
    }
    this.#missed = facts.missed;
    return undefined;
  }

  /** Rows that we read and a winner moved are now in its files: whoever removes those removes what we read. */
  #follow(reads: Reads, winner: Winner): Reads {
    const moved = winner.removes.some((remove) =>
      !remove.dataChange &&
      reads.files.has(fileKey(remove.path, remove.deletionVector))
    );
    if (!moved) return reads;
    const files = new Set(reads.files);
    for (const { path, deletionVector, dataChange } of winner.adds) {
      if (!dataChange) files.add(fileKey(path, deletionVector));
    }
    return this.#reads = { ...reads, files };
  }

  async #ours(winners: readonly ReadCommit[]): Promise<Ours> {
    const { draft, rules, readsInFull } = this.#request;
    const removed = winners.some(({ actions }) =>
      actions.some((action) => "remove" in action)
    );
    if (removed && readsInFull) this.#reads ??= await readsInFull();
    return {
      staged: draft.staged,
      reads: this.#reads ?? draft.reads,
      level: draft.level,
      blindAppend: rules.isBlindAppend(draft.staged, draft.reads),
      operation: draft.operation,
      claim: draft.claim,
    };
  }

  #facts(base: CommitBase | undefined): TableFacts {
    const { staged } = this.#request.draft;
    const protocol: Protocol = (base?.protocol ?? staged.protocol)!;
    const metadata: Metadata = (base?.metadata ?? staged.metadata)!;
    const schema = parseSchema(metadata.schemaString);
    return { protocol, metadata, schema, missed: this.#missed };
  }
}
