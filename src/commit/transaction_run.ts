/**
 * One commit of what a transaction staged: from the draft, through the commit
 * loop, to the snapshot behind it and the maintenance that fell due.
 *
 * @module
 */

import { fileKey } from "../actions/file_key.ts";
import { fileMatcher } from "../data/data_skipping.ts";
import { DeltaError } from "../errors.ts";
import { commitPath } from "../log/log_path.ts";
import { checkWritable, type Operation } from "../protocol/support.ts";
import { tableProperties } from "../protocol/table_property.ts";
import {
  advanceSnapshot,
  refreshSnapshot,
  withCheckpoint,
} from "../snapshot/advance_snapshot.ts";
import { eachFile } from "../snapshot/file_set.ts";
import { loadSnapshot } from "../snapshot/load_snapshot.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { proveExclusive } from "../store/exclusivity_probe.ts";
import type { TableContext } from "../store/table_context.ts";
import { afterCommit } from "./after_commit.ts";
import { checkTransaction, operationOf } from "./check_transaction.ts";
import { claimOf } from "./claims.ts";
import type { BuiltCommit, CommitDraft } from "./commit_bytes.ts";
import { runCommitLoop } from "./commit_loop.ts";
import {
  type BaseMoves,
  type CommitLimits,
  type CommitLoopResult,
  DEFAULT_LIMITS,
} from "./commit_request.ts";
import { createdSnapshot } from "./created_snapshot.ts";
import { defaultRules } from "./rebase_rules.ts";
import {
  isEmpty,
  levelOf,
  type Reads,
  readsNothing,
  rearranges,
  type StagedActions,
} from "./staged_actions.ts";
import type {
  CommitOptions,
  CommitResult,
  TransactionOptions,
} from "./transaction_options.ts";

/** What a transaction has gathered. */
export interface GatheredTransaction {
  /** The table. */
  readonly context: TableContext;
  /** The snapshot it stands on; `undefined` creates the table. */
  readonly base: Snapshot | undefined;
  /** What it says of itself, and how it commits. */
  readonly options: TransactionOptions;
  /** What it stages. */
  readonly staged: StagedActions;
  /** What it read. */
  readonly reads: Reads;
  /** Whether it promises something of every row. */
  readonly addsConstraint: boolean;
}

/** The course of one commit. */
export class TransactionRun {
  readonly #request: GatheredTransaction;

  /** Takes what is to be committed. */
  constructor(request: GatheredTransaction) {
    this.#request = request;
  }

  /** Refuses what may not be committed, before anything is sent. */
  check(): void {
    const { base, context, staged } = this.#request;
    const operation = this.#operation();
    checkTransaction({ table: context.url, base, staged, operation });
  }

  /**
   * Commits, or finds that there is nothing to do.
   *
   * @throws {DeltaError} As `Transaction.commit()`.
   */
  async commit(options: CommitOptions): Promise<CommitResult> {
    const { base, context, reads, staged, options: own } = this.#request;
    const { signal } = options;
    if (base && isEmpty(staged) && !readsNothing(reads)) {
      return this.#result(base.version, 0, "", base, "nothing-to-do");
    }
    const token = context.host.uuid();
    const applied = this.#appliedInBase();
    if (applied && base) return this.#result(applied.version, 0, token, base);
    await proveExclusive(context.store, "", context.host, signal);
    const loop = await runCommitLoop<Snapshot>({
      context,
      draft: this.#draft(token, options),
      base,
      moves: this.#moves(),
      rules: own.rules ?? defaultRules,
      limits: this.#limits(),
      signal,
    });
    if (loop.kind === "already-applied") {
      return this.#result(loop.version, loop.attempts, token, loop.base);
    }
    return await this.#afterWin(loop, token, signal);
  }

  // ---- before -----------------------------------------------------------------

  /** A txn of ours that the table has already, at or past our version. */
  #appliedInBase(): { version: number } | undefined {
    const { base, staged } = this.#request;
    if (!base) return undefined;
    const applied = staged.txns.some((txn) =>
      (base.transactions.get(txn.appId)?.version ?? -Infinity) >= txn.version
    );
    return applied ? { version: base.version } : undefined;
  }

  #draft(
    token: string,
    options: CommitOptions,
  ): CommitDraft {
    const { base, options: own, staged, reads } = this.#request;
    const metadata = base?.metadata ?? staged.metadata;
    const { isolationLevel } = tableProperties(metadata?.configuration ?? {});
    // A merge that only inserts is an append to the table's features, and no INSERT … SELECT.
    const operation = own.operation === "MERGE" ? "merge" : this.#operation();
    const claim = claimOf(base, staged);
    return {
      table: this.#request.context.url,
      token,
      readVersion: base?.version,
      level: levelOf(staged, isolationLevel, operation),
      operation,
      claim: claim === "none" && this.#request.addsConstraint ? "rows" : claim,
      staged,
      reads,
      provenance: {
        operation: own.operation ?? "WRITE",
        operationParameters: own.operationParameters ?? {},
        operationMetrics: options.operationMetrics,
        userMetadata: own.userMetadata,
      },
    };
  }

  #operation(): Operation {
    const { base, options, staged } = this.#request;
    return options.intent ?? operationOf(staged, base);
  }

  #limits(): CommitLimits {
    const { base, options } = this.#request;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    if (!base) return limits;
    const { logRetentionMs } = tableProperties(base.metadata.configuration);
    // Below a minute nobody could commit at all; cleanup keeps the day anyhow.
    const half = Math.max(60_000, logRetentionMs / 2);
    return { ...limits, maxBaseAgeMs: Math.min(limits.maxBaseAgeMs, half) };
  }

  // ---- during -----------------------------------------------------------------

  #moves(): BaseMoves<Snapshot> {
    const { context } = this.#request;
    const operation = this.#operation();
    const checked = (snapshot: Snapshot): Snapshot => {
      const { protocol, metadata, schema } = snapshot;
      checkWritable(protocol, metadata, schema, { operation });
      return snapshot;
    };
    return {
      advance: async (base, commits) =>
        checked(
          base
            ? advanceSnapshot(context, base, commits)
            : await loadSnapshot(context, { version: commits.at(-1)!.version }),
        ),
      refresh: async (base, signal) =>
        checked(await refreshSnapshot(context, base, { signal })),
      modifiedAt: async (base) => {
        const head = await context.store.head(commitPath(base.version));
        return head?.lastModified ?? base.segment.head?.lastModified;
      },
      readsInFull: () => this.#readsInFull(),
    };
  }

  /** What was read, with the files that the predicates read had to look at. */
  async #readsInFull(): Promise<Reads> {
    const { base, reads, staged } = this.#request;
    // Who moves rows reads what it moves, whatever led it there.
    if (!base || reads.predicates.length === 0 || rearranges(staged)) {
      return reads;
    }
    const matchers = reads.predicates.map((p) => fileMatcher(p, base));
    const files = new Set(reads.files);
    for (const file of eachFile(await base.files())) {
      if (!matchers.some((matches) => matches(file))) continue;
      files.add(fileKey(file.path, file.deletionVector));
    }
    return { ...reads, files };
  }

  // ---- after ------------------------------------------------------------------

  async #afterWin(
    loop: Extract<CommitLoopResult<Snapshot>, { kind: "committed" }>,
    token: string,
    signal: AbortSignal | undefined,
  ): Promise<CommitResult> {
    const { built, attempts } = loop;
    const committed = await this.#snapshotOf(built, loop.base, token);
    const { version } = built;
    const { context, options } = this.#request;
    if (options.maintenance === false) {
      return this.#result(version, attempts, token, committed, "committed");
    }
    const maintenance = await afterCommit(context, committed, signal);
    const snapshot = maintenance.checkpoint
      ? withCheckpoint(context, committed, maintenance.checkpoint.checkpoint)
      : committed;
    return {
      ...this.#result(version, attempts, token, snapshot, "committed"),
      maintenance,
    };
  }

  /** The commit stands: what fails from here on says so. */
  async #snapshotOf(
    built: BuiltCommit,
    base: Snapshot | undefined,
    token: string,
  ): Promise<Snapshot> {
    const { context } = this.#request;
    try {
      if (!base) return createdSnapshot(context, built);
      const { version, actions, bytes } = built;
      const modificationTime = context.host.now();
      const commit = { version, actions, modificationTime, size: bytes.length };
      return advanceSnapshot(context, base, [commit]);
    } catch (error) {
      try {
        return await loadSnapshot(context, { version: built.version });
      } catch {
        throw new DeltaError("DELTA_INTERNAL", {
          what: `Version ${built.version} of ${context.url} is committed`,
          why: `its snapshot could not be made: ${
            error instanceof Error ? error.message : String(error)
          }`,
          fix: "Open the table again; do not run the operation again",
          outcome: "committed",
          context: { token, version: built.version },
          cause: error,
        });
      }
    }
  }

  #result(
    version: number,
    attempts: number,
    token: string,
    snapshot: Snapshot,
    outcome: CommitResult["outcome"] = "already-applied",
  ): CommitResult {
    return {
      version,
      readVersion: this.#request.base?.version ?? -1,
      attempts,
      outcome,
      token,
      snapshot,
      maintenance: undefined,
    };
  }
}
