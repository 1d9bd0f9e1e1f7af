/**
 * A transaction: actions staged on a snapshot, what was read of it, and one
 * commit that lands all of them or none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { contextOf } from "../store/table_context.ts";
 * import { memoryStore } from "../store/memory_store.ts";
 *
 * const context = contextOf(memoryStore());
 * const create = new Transaction(context, undefined, {
 *   operation: "CREATE TABLE",
 * });
 * create.setProtocol({ minReaderVersion: 1, minWriterVersion: 2 });
 * create.setMetadata({
 *   id: context.host.uuid(),
 *   format: { provider: "parquet", options: {} },
 *   schemaString: '{"type":"struct","fields":[]}',
 *   partitionColumns: [],
 *   configuration: {},
 * });
 * const { version } = await create.commit();
 * assert.equal(version, 0);
 * ```
 *
 * @module
 */

import type {
  AddCdcFile,
  AddFile,
  DeletionVectorDescriptor,
  DomainMetadata,
  Metadata,
  Protocol,
  RemoveFile,
  Txn,
} from "../actions/action.ts";
import { fileKey } from "../actions/file_key.ts";
import { fileMatcher } from "../data/data_skipping.ts";
import { DeltaError, throwIfAborted } from "../errors.ts";
import { bindPredicate, type BoundPredicate } from "../expression/bind.ts";
import type { Predicate } from "../expression/predicate.ts";
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
import {
  checkTransaction,
  operationOf,
  whatFails,
} from "./check_transaction.ts";
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

export type {
  CommitOptions,
  CommitResult,
  TransactionOptions,
} from "./transaction_options.ts";

/** Stages actions on a snapshot and commits them together, once. */
export class Transaction {
  readonly #context: TableContext;
  readonly #base: Snapshot | undefined;
  readonly #options: TransactionOptions;
  readonly #adds: AddFile[] = [];
  readonly #removes: RemoveFile[] = [];
  readonly #cdc: AddCdcFile[] = [];
  readonly #txns: Txn[] = [];
  readonly #domains: DomainMetadata[] = [];
  #metadata: Metadata | undefined;
  #protocol: Protocol | undefined;
  #readsWholeTable = false;
  #addsConstraint = false;
  readonly #readPredicates: BoundPredicate[] = [];
  readonly #readFiles = new Set<string>();
  readonly #readAppIds = new Set<string>();
  #isSpent = false;

  /**
   * Begins a transaction.
   *
   * @param context The table.
   * @param base The snapshot it stands on; `undefined` creates the table.
   * @param options What it says of itself, and how it commits.
   */
  constructor(
    context: TableContext,
    base: Snapshot | undefined,
    options: TransactionOptions = {},
  ) {
    this.#context = context;
    this.#base = base;
    this.#options = options;
  }

  /** The version it stands on; -1 for a create. */
  get readVersion(): number {
    return this.#base?.version ?? -1;
  }

  /**
   * Stages a data file. The file must be there already, whole.
   *
   * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` for a file without path or size.
   */
  add(file: AddFile): this {
    const isFile = file.path !== "" && Number.isSafeInteger(file.size) &&
      file.size >= 0;
    if (!isFile) {
      throw this.#invalid(
        `an add action needs a path and a size, not ${
          JSON.stringify({ path: file.path, size: file.size })
        }`,
        "Stage the file with both",
      );
    }
    this.#adds.push(file);
    return this;
  }

  /** Stages the removal of a data file. */
  remove(file: RemoveFile): this {
    this.#removes.push(file);
    return this;
  }

  /** Stages a change data file. */
  cdc(file: AddCdcFile): this {
    this.#cdc.push(file);
    return this;
  }

  /**
   * Records an application's version with the commit. A version that the table
   * has at or past it makes `commit()` answer `already-applied`.
   */
  setTxn(txn: Txn): this {
    if (txn.appId === "" || !Number.isSafeInteger(txn.version)) {
      throw this.#invalid(
        `a txn needs an appId and an integer version, not ${
          JSON.stringify(txn)
        }`,
        "Name the application and count its batches",
      );
    }
    this.#txns.push({
      ...txn,
      lastUpdated: txn.lastUpdated ?? this.#context.host.now(),
    });
    return this;
  }

  /**
   * Sets, or removes, the configuration of a metadata domain.
   *
   * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` for a domain of Delta's own.
   */
  setDomain(domain: DomainMetadata): this {
    if (domain.domain === "" || /^delta\./i.test(domain.domain)) {
      throw this.#invalid(
        `the metadata domain "${domain.domain}" is the engines' own`,
        "Use a domain name that does not start with delta.",
      );
    }
    this.#domains.push(domain);
    return this;
  }

  /** Changes the table's metadata. */
  setMetadata(metadata: Metadata): this {
    this.#metadata = metadata;
    return this;
  }

  /** Changes the table's protocol. */
  setProtocol(protocol: Protocol): this {
    this.#protocol = protocol;
    return this;
  }

  /**
   * Declares that a file was read: whoever removes it meanwhile conflicts, unless
   * its rows were merely moved. A file that is removed is read without saying so.
   *
   * @param file The file as the snapshot has it, or its path.
   * @param deletionVector The vector that it had when it was read, where `file` is a path.
   */
  readFile(
    file: string | Pick<AddFile, "path" | "deletionVector">,
    deletionVector?: DeletionVectorDescriptor,
  ): this {
    this.#readFiles.add(
      typeof file === "string"
        ? fileKey(file, deletionVector)
        : fileKey(file.path, file.deletionVector),
    );
    return this;
  }

  /** As {@link Transaction.readFile}, for several. */
  readFiles(
    files: Iterable<Pick<AddFile, "path" | "deletionVector">>,
  ): this {
    for (const file of files) this.readFile(file);
    return this;
  }

  /**
   * Declares that what is staged promises something of every row of the table
   * (a CHECK constraint, NOT NULL): whoever adds rows meanwhile conflicts, at
   * every isolation level. Constraints in the staged metadata say so themselves.
   */
  addsConstraint(): this {
    this.#addsConstraint = true;
    return this;
  }

  /**
   * Declares that the rows of a predicate were read: whoever adds such rows
   * meanwhile, or removes a file that may hold some, conflicts.
   *
   * @throws {DeltaError} `DELTA_COLUMN_NOT_FOUND` and what else binding finds wrong.
   */
  readPredicate(predicate: Predicate): this {
    if (!this.#base) throw this.#invalid("there is no table to read yet", "");
    this.#readPredicates.push(bindPredicate(predicate, this.#base.schema));
    return this;
  }

  /** Declares that the whole table was read: whoever adds or removes files meanwhile conflicts. */
  readWholeTable(): this {
    this.#readsWholeTable = true;
    return this;
  }

  /**
   * The version an application recorded last, declared as read: whoever records
   * another meanwhile conflicts.
   */
  readTxn(appId: string): number | undefined {
    this.#readAppIds.add(appId);
    return this.#base?.transactions.get(appId)?.version;
  }

  /**
   * Commits everything staged, or nothing. A transaction commits once: after a
   * failure, begin a new one on a fresh snapshot. Nothing staged makes an empty
   * version, unless something was read: then there was nothing to do.
   *
   * A checkpoint and log cleanup that fall due are done before it returns;
   * whatever becomes of them, the commit stands.
   *
   * @throws {DeltaError} Its `outcome` says what became of the commit: `failed`
   * (it has no effect and never will), `committed`, or `unknown`, with `token`
   * and `attemptedVersion` in its context for `resolve()`.
   */
  async commit(options: CommitOptions = {}): Promise<CommitResult> {
    if (this.#isSpent) {
      throw this.#invalid(
        "the transaction was committed already",
        "Begin a new one",
      );
    }
    const signal = options.signal ?? this.#options.signal;
    throwIfAborted(signal, this.#what());
    this.#context.checkOpen?.(this.#what());
    const staged = this.#staged();
    checkTransaction({
      table: this.#context.url,
      base: this.#base,
      staged,
      operation: this.#operation(staged),
    });
    this.#isSpent = true;
    if (this.#base && isEmpty(staged) && !readsNothing(this.#reads())) {
      return this.#result(
        this.#base.version,
        0,
        "",
        this.#base,
        "nothing-to-do",
      );
    }
    const token = this.#context.host.uuid();
    const applied = this.#appliedInBase(staged);
    if (applied && this.#base) {
      return this.#result(applied.version, 0, token, this.#base);
    }
    const context = this.#context;
    await proveExclusive(context.store, "", context.host, signal);
    const loop = await runCommitLoop<Snapshot>({
      context,
      draft: this.#draft(staged, token, options),
      base: this.#base,
      moves: this.#moves(staged),
      rules: this.#options.rules ?? defaultRules,
      limits: this.#limits(),
      signal,
    });
    if (loop.kind === "already-applied") {
      return this.#result(loop.version, loop.attempts, token, loop.base);
    }
    return await this.#afterWin(loop, token, signal);
  }

  // ---- before -----------------------------------------------------------------

  #staged(): StagedActions {
    return {
      adds: this.#adds,
      removes: this.#removes,
      cdc: this.#cdc,
      txns: this.#txns,
      domains: this.#domains,
      metadata: this.#metadata,
      protocol: this.#protocol,
    };
  }

  #reads(): Reads {
    return {
      wholeTable: this.#readsWholeTable,
      predicates: this.#readPredicates,
      files: this.#readFiles,
      appIds: this.#readAppIds,
    };
  }

  /** A txn of ours that the table has already, at or past our version. */
  #appliedInBase(staged: StagedActions): { version: number } | undefined {
    const base = this.#base;
    if (!base) return undefined;
    const applied = staged.txns.some((txn) =>
      (base.transactions.get(txn.appId)?.version ?? -Infinity) >= txn.version
    );
    return applied ? { version: base.version } : undefined;
  }

  #draft(
    staged: StagedActions,
    token: string,
    options: CommitOptions,
  ): CommitDraft {
    const base = this.#base;
    const metadata = base?.metadata ?? staged.metadata;
    const { isolationLevel } = tableProperties(metadata?.configuration ?? {});
    // A merge that only inserts is an append to the table's features, and no INSERT … SELECT.
    const operation = this.#options.operation === "MERGE"
      ? "merge"
      : this.#operation(staged);
    const claim = claimOf(base, staged);
    return {
      table: this.#context.url,
      token,
      readVersion: base?.version,
      level: levelOf(staged, isolationLevel, operation),
      operation,
      claim: claim === "none" && this.#addsConstraint ? "rows" : claim,
      staged,
      reads: this.#reads(),
      provenance: {
        operation: this.#options.operation ?? "WRITE",
        operationParameters: this.#options.operationParameters ?? {},
        operationMetrics: options.operationMetrics,
        userMetadata: this.#options.userMetadata,
      },
    };
  }

  #operation(staged: StagedActions): Operation {
    return this.#options.intent ?? operationOf(staged, this.#base);
  }

  #limits(): CommitLimits {
    const limits = { ...DEFAULT_LIMITS, ...this.#options.limits };
    if (!this.#base) return limits;
    const { logRetentionMs } = tableProperties(
      this.#base.metadata.configuration,
    );
    // Below a minute nobody could commit at all; cleanup keeps the day anyhow.
    const half = Math.max(60_000, logRetentionMs / 2);
    return { ...limits, maxBaseAgeMs: Math.min(limits.maxBaseAgeMs, half) };
  }

  // ---- during -----------------------------------------------------------------

  #moves(staged: StagedActions): BaseMoves<Snapshot> {
    const context = this.#context;
    const operation = this.#operation(staged);
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
      readsInFull: () => this.#readsInFull(staged),
    };
  }

  /** What was read, with the files that the predicates read had to look at. */
  async #readsInFull(staged: StagedActions): Promise<Reads> {
    const reads = this.#reads();
    const base = this.#base;
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
    if (this.#options.maintenance === false) {
      return this.#result(
        built.version,
        attempts,
        token,
        committed,
        "committed",
      );
    }
    const maintenance = await afterCommit(this.#context, committed, signal);
    const snapshot = maintenance.checkpoint
      ? withCheckpoint(
        this.#context,
        committed,
        maintenance.checkpoint.checkpoint,
      )
      : committed;
    return {
      ...this.#result(built.version, attempts, token, snapshot, "committed"),
      maintenance,
    };
  }

  /** The commit stands: what fails from here on says so. */
  async #snapshotOf(
    built: BuiltCommit,
    base: Snapshot | undefined,
    token: string,
  ): Promise<Snapshot> {
    try {
      if (!base) return createdSnapshot(this.#context, built);
      const { version, actions, bytes } = built;
      const modificationTime = this.#context.host.now();
      const commit = { version, actions, modificationTime, size: bytes.length };
      return advanceSnapshot(this.#context, base, [commit]);
    } catch (error) {
      try {
        return await loadSnapshot(this.#context, { version: built.version });
      } catch {
        throw new DeltaError("DELTA_INTERNAL", {
          what: `Version ${built.version} of ${this.#context.url} is committed`,
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
      readVersion: this.readVersion,
      attempts,
      outcome,
      token,
      snapshot,
      maintenance: undefined,
    };
  }

  // ---- errors -----------------------------------------------------------------

  #what(): string {
    return whatFails(this.#context.url, this.#base);
  }

  #invalid(why: string, fix: string): DeltaError {
    return new DeltaError("DELTA_INVALID_ARGUMENT", {
      what: this.#what(),
      why,
      fix: fix || "Open the table first",
      context: { table: this.#context.url },
    });
  }
}
