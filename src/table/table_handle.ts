/**
 * A handle on a table, beneath its verbs: the place, the version that it points
 * at, and whether it was closed.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import {
  checkOptions,
  type CommitReport,
  type OperationOptions,
  type WriteResult,
} from "../operations/write_options.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { CountedContext } from "./reach_table.ts";
import type { TableOptions } from "./table_options.ts";
import type { OperationCost } from "./table_reports.ts";
import { stateOf, TableSnapshot } from "./table_snapshot.ts";

/** An operation on the version that a handle points at. */
export type Operation<Options, Result> = (
  context: CountedContext,
  base: Snapshot,
  options: Options,
) => Promise<Result>;

/** What a table and its readers share. */
export class TableHandle {
  /** The table's place. */
  readonly context: CountedContext;
  readonly #options: TableOptions;
  #snapshot: TableSnapshot;
  #isClosed = false;

  /**
   * A handle on a version.
   *
   * @param context The table's place.
   * @param snapshot The version.
   * @param options How the table was reached.
   */
  constructor(
    context: CountedContext,
    snapshot: Snapshot,
    options: TableOptions,
  ) {
    this.context = {
      ...context,
      checkOpen: (what: string): void => this.checkOpen(what),
    };
    this.#options = options;
    this.#snapshot = new TableSnapshot(this.context, snapshot);
  }

  /** The version that it points at, as callers see it. */
  get snapshot(): TableSnapshot {
    return this.#snapshot;
  }

  /** The version that it points at. */
  get state(): Snapshot {
    return stateOf(this.#snapshot);
  }

  /** The options of a call, with what the table was opened with. */
  complete<Options extends OperationOptions>(options: Options): Options {
    const what = `Cannot write to ${this.context.url}`;
    checkOptions(options, what);
    this.checkOpen(what);
    return { ...options, rules: options.rules ?? this.#options.rules };
  }

  /** Runs an operation, moves to the version that it made, and tells the cost. */
  async run<
    Options extends OperationOptions,
    Result extends { readonly snapshot: Snapshot },
  >(
    options: Options,
    operation: Operation<Options, Result>,
  ): Promise<Omit<Result, "snapshot"> & OperationCost> {
    const cost = this.costs();
    const { snapshot, ...report } = await operation(
      this.context,
      this.state,
      this.complete(options),
    );
    this.move(snapshot);
    return { ...report, ...cost() };
  }

  /** As {@link TableHandle.run}, of an operation that writes rows. */
  async write<Options extends OperationOptions>(
    options: Options,
    operation: Operation<Options, WriteResult>,
  ): Promise<CommitReport & OperationCost> {
    return await this.run(options, async (context, base, all) => {
      const { report, snapshot } = await operation(context, base, all);
      return { ...report, snapshot };
    });
  }

  /** Begins to count what a call costs. */
  costs(): () => OperationCost {
    const { store, host } = this.context;
    const [requests, startedAt] = [store.requests, host.now()];
    return () => ({
      requests: store.requests - requests,
      durationMs: Math.max(0, host.now() - startedAt),
    });
  }

  /** Points at a version. Calls of one handle may overlap: it never goes back. */
  move(snapshot: Snapshot): TableSnapshot {
    if (snapshot.version >= this.#snapshot.version) {
      this.#snapshot = new TableSnapshot(this.context, snapshot);
    }
    return this.#snapshot;
  }

  /** Refuses a call of a table that was closed. */
  checkOpen(what: string): void {
    if (!this.#isClosed) return;
    throw new DeltaError("DELTA_HANDLE_CLOSED", {
      what,
      why: "its handle was closed",
      fix: "Open the table again, and close it when all is done",
      context: { table: this.context.url },
    });
  }

  /** Refuses every further call, and lets go of a store that was not handed in. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (!this.#options.store) await this.context.close();
  }
}
