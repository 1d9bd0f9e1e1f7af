/**
 * The first pass of a merge: every candidate row of the target against the
 * source, to what is to happen to it. Nothing is written.
 *
 * @module
 */

import { openDataFile } from "../../data/open_data_file.ts";
import { readFileRows } from "../../data/read_data_file.ts";
import { PositionList } from "../../data/rewrite_file.ts";
import { DeltaError, throwIfAborted } from "../../errors.ts";
import type { AddFile } from "../../actions/action.ts";
import { columnsOf } from "../../expression/bind.ts";
import type { BoundExpression } from "../../expression/bound.ts";
import type { StructType } from "../../schema/data_type.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import type { TableContext } from "../../store/table_context.ts";
import { type Columns, columnsOfBatch } from "./assignments.ts";
import type { KeyIndex, MergeCondition } from "./merge_keys.ts";
import { bothSides, compileTest } from "./merge_scope.ts";
import type { MergeSource } from "./merge_source.ts";
import type { TouchedFile } from "./row_changes.ts";

/** A clause for target rows, as far as matching goes. */
export interface RowClause {
  /** Which rows; every one where there is no condition. */
  readonly condition: BoundExpression | undefined;
  /** Whether rows are deleted by it; else they are updated. */
  readonly deletes: boolean;
}

/** What target rows are held against. */
export interface MatchPlan {
  /** The source. */
  readonly source: MergeSource;
  /** The condition, taken apart. */
  readonly condition: MergeCondition;
  /** The source by key. */
  readonly index: KeyIndex;
  /** Clauses for rows that match a source row, in order. */
  readonly matched: readonly RowClause[];
  /** Clauses for rows that match none, in order. */
  readonly notMatchedBySource: readonly RowClause[];
  /** Rows of the table that may match, bound to its schema; `undefined` for all. */
  readonly candidates: BoundExpression | undefined;
}

/** A file, and what is to happen to rows of it. */
export interface MatchedFile {
  /** The file and its touched rows. */
  readonly file: TouchedFile;
  /** The clause of each touched row: its number in `matched`, then in `notMatchedBySource`. */
  readonly clauses: Uint32Array;
  /** The source row of each touched row; without meaning where it matched none. */
  readonly sources: Uint32Array;
}

/** Holds files against the source, and remembers which source rows matched. */
export class Matcher {
  /** A byte per source row: whether a target row matched it. */
  readonly matchedSource: Uint8Array;
  readonly #context: TableContext;
  readonly #base: Snapshot;
  readonly #plan: MatchPlan;
  readonly #columns: StructType;
  readonly #mayRepeat: boolean;

  /** Begins with no match. */
  constructor(context: TableContext, base: Snapshot, plan: MatchPlan) {
    this.#context = context;
    this.#base = base;
    this.#plan = plan;
    this.#columns = neededColumns(base.schema, plan);
    this.matchedSource = new Uint8Array(plan.source.batch.numRows);
    // Deleting a row for two reasons is deleting it: nothing depends on which.
    this.#mayRepeat = plan.matched.length === 1 && plan.matched[0]!.deletes &&
      plan.matched[0]!.condition === undefined;
  }

  /**
   * Matches the rows of a file.
   *
   * @returns What is to happen to them; `undefined` where nothing is.
   * @throws {DeltaError} `DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE`.
   */
  async match(
    add: AddFile,
    signal: AbortSignal | undefined,
  ): Promise<MatchedFile | undefined> {
    throwIfAborted(signal, `Merging into ${this.#context.url}`);
    const open = await openDataFile(this.#context, add, { signal });
    const { notMatchedBySource, candidates } = this.#plan;
    const positions = new PositionList();
    const clauses = new PositionList();
    const sources = new PositionList();
    const options = {
      columns: this.#columns,
      // A row that cannot match matters only to whoever asks for those.
      predicate: notMatchedBySource.length === 0 ? candidates : undefined,
      signal,
    };
    for await (const part of readFileRows(open, this.#base, options)) {
      const columns = columnsOfBatch(part.batch, this.#columns);
      const decide = this.#decider(columns);
      const count = part.rows?.length ?? part.batch.numRows;
      for (let i = 0; i < count; i++) {
        const row = part.rows ? part.rows[i]! : i;
        const decision = decide(row);
        if (!decision) continue;
        positions.add(part.firstRow + row);
        clauses.add(decision.clause);
        sources.add(decision.source);
      }
    }
    if (positions.length === 0) return undefined;
    const { deleted, footer: { rowCount } } = open;
    const live = rowCount - (deleted?.size ?? 0);
    const found = positions.length;
    return {
      file: {
        add,
        rowCount,
        deleted,
        found,
        positions: found === live ? undefined : positions.toArray(),
      },
      clauses: clauses.toArray(),
      sources: sources.toArray(),
    };
  }

  /** Decides about rows of a batch. The answer is the same object every time. */
  #decider(
    columns: Columns,
  ): (row: number) => { clause: number; source: number } | undefined {
    const { source, condition, index, matched, notMatchedBySource } =
      this.#plan;
    let sourceRow = 0;
    const target: Columns = ([, ...path]) => columns(path);
    const both = bothSides(columns, source.columns, () => sourceRow);
    const find = index.find(target);
    const holds = compileTest(condition.residual, both);
    const tests = matched.map((c) => compileTest(c.condition, both));
    const lonely = notMatchedBySource.map((c) =>
      compileTest(c.condition, target)
    );
    const decision = { clause: 0, source: 0 };
    return (row) => {
      const found = find(row);
      const several = typeof found === "object";
      const count = found === undefined ? 0 : several ? found.length : 1;
      let isMatched = false, decided = false;
      for (let i = 0; i < count; i++) {
        sourceRow = several ? found[i]! : found as number;
        if (condition.residual && !holds(row)) continue;
        isMatched = true;
        this.matchedSource[sourceRow] = 1;
        const clause = tests.findIndex((test) => test(row));
        if (clause < 0) continue;
        if (decided && !this.#mayRepeat) throw this.#ambiguous();
        decided = true;
        decision.clause = clause;
        decision.source = sourceRow;
      }
      if (isMatched) return decided ? decision : undefined;
      const clause = lonely.findIndex((test) => test(row));
      if (clause < 0) return undefined;
      decision.clause = matched.length + clause;
      decision.source = 0;
      return decision;
    };
  }

  #ambiguous(): DeltaError {
    return new DeltaError(
      "DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE",
      {
        what: `Cannot merge into ${this.#context.url}`,
        why: "a row of the table is to be changed by more than one source row",
        fix: "Leave one source row for each key, or make the condition finer",
      },
    );
  }
}

/** The top-level columns of the table that matching looks at. */
function neededColumns(schema: StructType, plan: MatchPlan): StructType {
  const looks = [
    ...plan.condition.keys.map((key) => key.target),
    ...plan.matched.map((clause) => clause.condition),
    ...plan.notMatchedBySource.map((clause) => clause.condition),
    plan.condition.residual,
  ];
  const names = new Set(
    looks.flatMap((bound) => bound ? columnsOf(bound) : [])
      .filter((path) => path[0] === "target").map((path) => path[1]!),
  );
  return {
    kind: "struct",
    fields: schema.fields.filter((field) => names.has(field.name)),
  };
}
