/**
 * The clauses of a merge: their options, checked and bound.
 *
 * @module
 */

import type { TableData } from "../../data/row_input.ts";
import { DeltaError } from "../../errors.ts";
import type { BindOptions } from "../../expression/bind.ts";
import type { BoundExpression } from "../../expression/bound.ts";
import type { PredicateInput } from "../../expression/predicate_input.ts";
import type { StructType } from "../../schema/data_type.ts";
import { findField } from "../../schema/schema_path.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import type { TableContext } from "../../store/table_context.ts";
import { checkKnown } from "../write_options.ts";
import {
  type Assignments,
  bindAssignments,
  type BoundAssignment,
  microsOf,
  type RowUpdater,
  rowUpdater,
} from "./assignments.ts";
import { CHANGE_OPTIONS, type ChangeOptions } from "./change_result.ts";
import { type MergeCondition, mergeCondition } from "./merge_keys.ts";
import type { RowClause } from "./merge_match.ts";
import {
  bindCondition,
  type MergeScope,
  mergeScope,
  qualified,
  type Side,
} from "./merge_scope.ts";
import { type MergeSource, readSource } from "./merge_source.ts";
import { predicateText } from "./predicate_text.ts";

/** What happens to a target row: exactly one of `update` and `delete`. */
export interface MergeRowClause {
  /** New values by column; `"all"` takes every column that the source has too. */
  readonly update?: Assignments | "all" | undefined;
  /** Whether the row goes. */
  readonly delete?: boolean | undefined;
  /** Which rows; every one by default. */
  readonly condition?: PredicateInput | undefined;
}

/** What happens to a target row that matches a source row. */
export type WhenMatched = MergeRowClause;

/** What happens to a target row that matches no source row; nothing of the source is seen. */
export type WhenNotMatchedBySource = MergeRowClause;

/** What happens to a source row that matches no target row. */
export interface WhenNotMatched {
  /** Values by column, the others take their default or null; `"all"` takes every column that the source has too. */
  readonly insert: Assignments | "all";
  /** Which rows; every one by default. */
  readonly condition?: PredicateInput | undefined;
}

/** Options of {@link merge}. */
export interface MergeOptions extends ChangeOptions {
  /** The rows to merge; held in memory. */
  readonly source: TableData;
  /** Their columns; found out from the data by default. */
  readonly sourceSchema?: StructType | undefined;
  /** When a target row and a source row match: columns that both have, or a predicate. Keys that are null never match. */
  readonly on: readonly string[] | PredicateInput;
  /** For target rows that match: the first clause whose condition is true. */
  readonly whenMatched?: readonly WhenMatched[] | undefined;
  /** For source rows that match no target row: the first clause whose condition is true. */
  readonly whenNotMatched?: readonly WhenNotMatched[] | undefined;
  /** For target rows that match no source row: the first clause whose condition is true. */
  readonly whenNotMatchedBySource?:
    | readonly WhenNotMatchedBySource[]
    | undefined;
}

/** The names of {@link MergeOptions}. */
export const MERGE_OPTIONS: readonly string[] = [
  ...CHANGE_OPTIONS,
  "source",
  "sourceSchema",
  "on",
  "whenMatched",
  "whenNotMatched",
  "whenNotMatchedBySource",
];

const BOTH: readonly Side[] = ["target", "source"];

/** A clause for target rows, bound. */
export interface BoundRowClause extends RowClause {
  /** Makes the new rows; `undefined` where rows are deleted. */
  readonly update: RowUpdater | undefined;
  /** What it sets. */
  readonly sets: readonly BoundAssignment[];
}

/** A clause for source rows, bound. */
export interface BoundInsert {
  /** Which rows; every one where there is no condition. */
  readonly condition: BoundExpression | undefined;
  /** Values by column. */
  readonly values: readonly BoundAssignment[];
}

/** All of a merge, bound. */
export interface BoundMerge {
  /** What expressions see. */
  readonly scope: MergeScope;
  /** The rows to merge. */
  readonly source: MergeSource;
  /** When rows match. */
  readonly condition: MergeCondition;
  /** For target rows that match. */
  readonly matched: readonly BoundRowClause[];
  /** For source rows that match none. */
  readonly notMatched: readonly BoundInsert[];
  /** For target rows that match none. */
  readonly notMatchedBySource: readonly BoundRowClause[];
}

/** Whether no target row can change. */
export function isInsertOnly(options: MergeOptions): boolean {
  return !options.whenMatched?.length &&
    !options.whenNotMatchedBySource?.length;
}

/**
 * Refuses clauses that say nothing, or too much.
 *
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT`.
 */
export function checkClauses(options: MergeOptions, what: string): void {
  const refuse = (why: string, fix: string): never => {
    throw new DeltaError("DELTA_INVALID_ARGUMENT", { what, why, fix });
  };
  if (!isCondition(options.on)) {
    refuse(
      "on is neither a condition nor a list of columns",
      'Give it, such as ["id"] or "target.id = source.id"',
    );
  }
  const rows = [
    ...options.whenMatched ?? [],
    ...options.whenNotMatchedBySource ?? [],
  ];
  const inserts = options.whenNotMatched ?? [];
  if (rows.length + inserts.length === 0) {
    refuse("it has no clause", "Say what happens when rows match, or do not");
  }
  for (const clause of rows) {
    checkKnown(clause, ["update", "delete", "condition"], what);
    if ((clause.update === undefined) === (clause.delete !== true)) {
      refuse(
        "a clause for rows of the table must either update or delete",
        "Give it update, or delete: true",
      );
    }
  }
  for (const clause of inserts) {
    checkKnown(clause, ["insert", "condition"], what);
    if (clause.insert === undefined) {
      refuse("a clause for source rows must insert", "Give it insert");
    }
  }
  const bySource = options.whenNotMatchedBySource ?? [];
  if (bySource.some(({ update }) => update === "all")) {
    refuse(
      "a row that no source row matches has no source columns to take",
      "Name the columns and their values",
    );
  }
}

function isCondition(on: unknown): boolean {
  if (Array.isArray(on)) {
    return on.length > 0 && on.every((name) => typeof name === "string");
  }
  return typeof on === "string" ||
    (typeof on === "object" && on !== null && "kind" in on);
}

/** The merge as the history shows it. */
export function mergeParameters(
  options: MergeOptions,
  scope: MergeScope,
): Record<string, string> {
  const { on } = options;
  const textOf = (where: PredicateInput) =>
    typeof where === "string"
      ? where
      : predicateText(qualified(where, scope, BOTH), scope.schema);
  const clauses = (list: readonly (MergeRowClause | WhenNotMatched)[] = []) =>
    JSON.stringify(list.map((clause) => ({
      ...(clause.condition !== undefined &&
        { predicate: textOf(clause.condition) }),
      actionType: "insert" in clause
        ? "insert"
        : clause.delete
        ? "delete"
        : "update",
    })));
  const predicate = typeof on === "string" || "kind" in on
    ? textOf(on)
    : on.map((name) => `(target.${name} = source.${name})`).join(" AND ");
  return {
    predicate: JSON.stringify([predicate]),
    matchedPredicates: clauses(options.whenMatched),
    notMatchedPredicates: clauses(options.whenNotMatched),
    notMatchedBySourcePredicates: clauses(options.whenNotMatchedBySource),
  };
}

/** Reads the source and binds every clause to it and to the table. */
export async function bindMerge(
  context: TableContext,
  base: Snapshot,
  options: MergeOptions,
  what: string,
): Promise<BoundMerge> {
  const { schema } = base;
  const source = await readSource(
    options.source,
    schema,
    options.sourceSchema,
  );
  const scope = mergeScope(schema, source.schema);
  const known: BindOptions = { now: microsOf(context) };
  const rowClause =
    (sides: readonly Side[]) => (clause: MergeRowClause): BoundRowClause => {
      const sets = clause.update === undefined
        ? undefined
        : bindSets(clause.update, scope, sides, what, known);
      return {
        condition: bindCondition(clause.condition, scope, sides),
        deletes: sets === undefined,
        update: sets && rowUpdater(sets, schema),
        sets: sets ?? [],
      };
    };
  return {
    scope,
    source,
    condition: mergeCondition(options.on, scope),
    matched: (options.whenMatched ?? []).map(rowClause(BOTH)),
    notMatchedBySource: (options.whenNotMatchedBySource ?? [])
      .map(rowClause(["target"])),
    notMatched: (options.whenNotMatched ?? []).map((clause) => ({
      condition: bindCondition(clause.condition, scope, ["source"]),
      values: bindSets(clause.insert, scope, ["source"], what, known),
    })),
  };
}

function bindSets(
  set: Assignments | "all",
  scope: MergeScope,
  sides: readonly Side[],
  what: string,
  options: BindOptions,
): BoundAssignment[] {
  const { target, source, schema } = scope;
  const shared = target.fields.flatMap(({ name }) => {
    const field = findField(source, name);
    return field
      ? [[name, { kind: "column", path: ["source", field.name] }] as const]
      : [];
  });
  const chosen = set === "all" ? Object.fromEntries(shared) : set;
  return bindAssignments(
    chosen,
    target,
    schema,
    what,
    options,
    (expression) => qualified(expression, scope, sides),
  );
}
