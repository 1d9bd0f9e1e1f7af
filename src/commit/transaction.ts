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
import { DeltaError, throwIfAborted } from "../errors.ts";
import { bindPredicate, type BoundPredicate } from "../expression/bind.ts";
import type { Predicate } from "../expression/predicate.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";
import { whatFails } from "./check_transaction.ts";
import type { Reads, StagedActions } from "./staged_actions.ts";
import { checkShape } from "./staged_shapes.ts";
import type {
  CommitOptions,
  CommitResult,
  TransactionOptions,
} from "./transaction_options.ts";
import { TransactionRun } from "./transaction_run.ts";

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
   * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` for what is no add action, as every action that is none.
   */
  add(file: AddFile): this {
    checkShape("adds", file, this.#what());
    this.#adds.push(file);
    return this;
  }

  /** Stages the removal of a data file. */
  remove(file: RemoveFile): this {
    checkShape("removes", file, this.#what());
    this.#removes.push(file);
    return this;
  }

  /** Stages a change data file. */
  cdc(file: AddCdcFile): this {
    checkShape("cdc", file, this.#what());
    this.#cdc.push(file);
    return this;
  }

  /**
   * Records an application's version with the commit. A version that the table
   * has at or past it makes `commit()` answer `already-applied`.
   */
  setTxn(txn: Txn): this {
    checkShape("txns", txn, this.#what());
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
    checkShape("domains", domain, this.#what());
    if (/^delta\./i.test(domain.domain)) {
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
    checkShape("metadata", metadata, this.#what());
    this.#metadata = metadata;
    return this;
  }

  /** Changes the table's protocol. */
  setProtocol(protocol: Protocol): this {
    checkShape("protocol", protocol, this.#what());
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
    const run = new TransactionRun({
      context: this.#context,
      base: this.#base,
      options: this.#options,
      staged: this.#staged(),
      reads: this.#reads(),
      addsConstraint: this.#addsConstraint,
    });
    run.check();
    this.#isSpent = true;
    return await run.commit({ ...options, signal });
  }

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
