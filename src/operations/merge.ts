/**
 * Merges rows into a table: target rows that match a source row are updated or
 * deleted, source rows that match none are inserted, and target rows that match
 * none are updated or deleted if that is asked for. A hash join: the source is
 * held in memory, the target is read as a stream.
 *
 * Conditions and values see both rows, as `target.x` and `source.x`: the path
 * `["source", "x"]`. A bare `x` is the target's where the target is seen and has
 * it, else the source's.
 *
 * @module
 */

import * as arrow from "apache-arrow";
import type { Transaction } from "../commit/transaction.ts";
import { arrowSchemaOf } from "../data/assemble_batch.ts";
import type { TableData } from "../data/row_input.ts";
import { DeltaError, throwIfAborted } from "../errors.ts";
import { type BindOptions, bindPredicate } from "../expression/bind.ts";
import type { BoundExpression } from "../expression/bound.ts";
import type { PredicateInput } from "../expression/predicate_input.ts";
import { batchOf, nullColumn } from "../parquet/column_data.ts";
import { takeRows } from "../parquet/take_rows.ts";
import { checkWritable } from "../protocol/support.ts";
import { planScan } from "../scan/plan_scan.ts";
import type { StructType } from "../schema/data_type.ts";
import { findField } from "../schema/schema_path.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";
import {
  type Assignments,
  bindAssignments,
  type BoundAssignment,
  type Columns,
  columnsOfBatch,
  microsOf,
  type RowUpdater,
  rowUpdater,
} from "./shared/assignments.ts";
import {
  beginChange,
  CHANGE_OPTIONS,
  type ChangeOptions,
  type ChangeResult,
  commitChange,
  unchanged,
} from "./shared/change_result.ts";
import { orAbort } from "./shared/delete_from.ts";
import {
  indexSource,
  type MergeCondition,
  mergeCondition,
} from "./shared/merge_keys.ts";
import {
  type MatchedFile,
  Matcher,
  type MatchPlan,
  type RowClause,
} from "./shared/merge_match.ts";
import {
  bindCondition,
  bothSides,
  compileTest,
  type MergeScope,
  mergeScope,
  qualified,
  type Side,
} from "./shared/merge_scope.ts";
import { type MergeSource, readSource } from "./shared/merge_source.ts";
import { predicateText } from "./shared/predicate_text.ts";
import { checkNotAppendOnly } from "./shared/removes.ts";
import {
  keepsFeed,
  type RowChange,
  RowChanges,
  type RowEdit,
} from "./shared/row_changes.ts";
import { enforcerOf, outdated } from "./shared/row_enforcer.ts";
import { checkKnown, checkTargetFileSize, isApplied } from "./write_options.ts";

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

const OPTIONS: readonly string[] = [
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
interface BoundRowClause extends RowClause {
  /** Makes the new rows; `undefined` where rows are deleted. */
  readonly update: RowUpdater | undefined;
  /** What it sets. */
  readonly sets: readonly BoundAssignment[];
}

/** A clause for source rows, bound. */
interface BoundInsert {
  readonly condition: BoundExpression | undefined;
  readonly values: readonly BoundAssignment[];
}

/** All of a merge, bound. */
interface BoundMerge {
  readonly scope: MergeScope;
  readonly source: MergeSource;
  readonly condition: MergeCondition;
  readonly matched: readonly BoundRowClause[];
  readonly notMatched: readonly BoundInsert[];
  readonly notMatchedBySource: readonly BoundRowClause[];
}

/** Rows counted by what happened to them. */
interface Counts {
  updated: number;
  deleted: number;
  inserted: number;
}

/**
 * Merges rows into a table.
 *
 * @param context The table.
 * @param base The state to merge into.
 * @param options The source, when rows match, and what happens then.
 * @returns What became of it; `nothing-to-do` where no row was concerned.
 * @throws {DeltaError} `DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE`; else as `update`.
 */
export async function merge(
  context: TableContext,
  base: Snapshot,
  options: MergeOptions,
): Promise<ChangeResult> {
  const startedAt = context.host.now();
  const { signal } = options;
  const what = `Cannot merge into ${context.url}`;
  checkKnown(options, OPTIONS, what);
  checkTargetFileSize(options.targetFileSize, what);
  checkClauses(options, what);
  throwIfAborted(signal, `Merging into ${context.url}`);
  const intent = isInsertOnly(options) ? "append" : "merge";
  checkWritable(base.protocol, base.metadata, base.schema, {
    operation: intent,
  });
  if (intent === "merge") checkNotAppendOnly(context, base, "merge into");
  if (isApplied(base, options.txn)) {
    return unchanged(context, base, "already-applied", startedAt);
  }
  const bound = await bindMerge(context, base, options, what);
  const transaction = beginChange(
    context,
    base,
    "MERGE",
    parametersOf(options, bound.scope),
    options,
    intent,
  );
  const { files, unmatched } = await matchRows(
    context,
    base,
    transaction,
    bound,
    signal,
  );
  const inserts = insertsOf(bound, unmatched);
  const isNothing = files.length === 0 && inserts.length === 0 && !options.txn;
  if (isNothing) return unchanged(context, base, "nothing-to-do", startedAt);
  const changes = new RowChanges(context, base, {
    recordsChanges: keepsFeed(base) && files.length > 0,
    targetFileSize: options.targetFileSize,
    signal,
  });
  const counts: Counts = { updated: 0, deleted: 0, inserted: 0 };
  const staged = await orAbort(changes, async () => {
    for (const file of files) {
      await changeFile(context, changes, base, bound, file, counts);
    }
    for (const batch of insertedRows(base.schema, bound, inserts)) {
      counts.inserted += batch.numRows;
      await changes.insert(batch);
    }
  });
  const { updated, deleted, inserted } = counts;
  return await commitChange(context, transaction, {
    staged,
    startedAt,
    counts,
    operationMetrics: {
      numSourceRows: bound.source.batch.numRows,
      numTargetRowsInserted: inserted,
      numTargetRowsUpdated: updated,
      numTargetRowsDeleted: deleted,
      numTargetRowsCopied: staged.copiedRows,
      numOutputRows: inserted + updated + staged.copiedRows,
      numTargetFilesAdded: staged.newFiles,
      numTargetFilesRemoved: staged.goneFiles,
      numTargetBytesAdded: staged.newBytes,
      numTargetBytesRemoved: staged.goneBytes,
    },
  });
}

// ---- options ----------------------------------------------------------------

function isInsertOnly(options: MergeOptions): boolean {
  return !options.whenMatched?.length &&
    !options.whenNotMatchedBySource?.length;
}

function checkClauses(options: MergeOptions, what: string): void {
  const refuse = (why: string, fix: string): never => {
    throw new DeltaError("DELTA_INVALID_ARGUMENT", { what, why, fix });
  };
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

function parametersOf(
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

// ---- binding ----------------------------------------------------------------

async function bindMerge(
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

// ---- first pass -------------------------------------------------------------

/** Matches rows, and declares what of the table was read. */
async function matchRows(
  context: TableContext,
  base: Snapshot,
  transaction: Transaction,
  bound: BoundMerge,
  signal: AbortSignal | undefined,
): Promise<{ files: MatchedFile[]; unmatched: Uint32Array }> {
  const { source, condition, notMatchedBySource } = bound;
  const { partitionColumns } = base.metadata;
  const index = indexSource(source, condition, partitionColumns);
  const readsAll = notMatchedBySource.length > 0 || !index.bounds;
  if (readsAll) transaction.readWholeTable();
  else transaction.readPredicate(index.bounds!);
  const candidates = readsAll
    ? undefined
    : bindPredicate(index.bounds!, base.schema);
  const plan: MatchPlan = { ...bound, index, candidates };
  const matcher = new Matcher(context, base, plan);
  const files: MatchedFile[] = [];
  for (const add of planScan(await base.files(signal), base, candidates)) {
    transaction.readFile(add.path, add.deletionVector);
    const matched = await matcher.match(add, signal);
    if (matched) files.push(matched);
  }
  const { matchedSource } = matcher;
  const unmatched = bound.notMatched.length === 0
    ? new Uint32Array()
    : rowsWithout(matchedSource);
  return { files, unmatched };
}

function rowsWithout(flags: Uint8Array): Uint32Array {
  const rows = new Uint32Array(flags.length);
  let count = 0;
  flags.forEach((flag, row) => {
    if (flag === 0) rows[count++] = row;
  });
  return rows.slice(0, count);
}

// ---- second pass ------------------------------------------------------------

async function changeFile(
  context: TableContext,
  changes: RowChanges,
  base: Snapshot,
  bound: BoundMerge,
  matched: MatchedFile,
  counts: Counts,
): Promise<void> {
  const clauses = [...bound.matched, ...bound.notMatchedBySource];
  const { clauses: numbers, sources, file } = matched;
  let updates = 0;
  for (const number of numbers) {
    if (clauses[number]!.deletes) counts.deleted++;
    else updates++;
  }
  counts.updated += updates;
  const enforce = enforcerOf(context, base);
  const edit: RowEdit = (touched, first) => {
    const rows: arrow.RecordBatch[] = [];
    const made: RowChange[] = [];
    clauses.forEach(({ update, sets }, number) => {
      const picked = rowsOf(numbers, number, first, touched.numRows);
      if (picked.length === 0) return;
      const whole = picked.length === touched.numRows;
      const old = whole ? touched : takeRows(touched, picked);
      if (!update) {
        made.push({ type: "delete", batch: old });
        return;
      }
      const columns = bothSides(
        columnsOfBatch(old, base.schema),
        bound.source.columns,
        (row) => sources[first + picked[row]!]!,
      );
      const batch = enforce(update(old, columns), {
        recompute: outdated(enforce, sets, base),
      });
      rows.push(batch);
      made.push(
        { type: "update_preimage", batch: old },
        { type: "update_postimage", batch },
      );
    });
    return { rows, changes: made };
  };
  await changes.change(file, edit, updates > 0);
}

/** Which of `count` touched rows from `first` on a clause is for, counted from there. */
function rowsOf(
  numbers: Uint32Array,
  clause: number,
  first: number,
  count: number,
): Uint32Array {
  const rows = new Uint32Array(count);
  let found = 0;
  for (let i = 0; i < count; i++) {
    if (numbers[first + i] === clause) rows[found++] = i;
  }
  return rows.subarray(0, found);
}

/** Source rows that a clause inserts. */
interface Insert {
  readonly clause: BoundInsert;
  readonly rows: readonly number[];
}

/** Rows of a batch of inserted rows. */
const INSERT_ROWS = 16_384;

function insertsOf(bound: BoundMerge, unmatched: Uint32Array): Insert[] {
  const columns = sourceColumns(bound.source, (row) => row);
  const tests = bound.notMatched.map((c) => compileTest(c.condition, columns));
  const rows: number[][] = tests.map(() => []);
  for (const row of unmatched) {
    const clause = tests.findIndex((test) => test(row));
    if (clause >= 0) rows[clause]!.push(row);
  }
  return bound.notMatched.map((clause, i) => ({ clause, rows: rows[i]! }))
    .filter((insert) => insert.rows.length > 0);
}

/** The rows to insert, with the columns that their clause gives. */
function* insertedRows(
  schema: StructType,
  bound: BoundMerge,
  inserts: readonly Insert[],
): Generator<arrow.RecordBatch> {
  for (const { clause, rows } of inserts) {
    const update = rowUpdater(clause.values, schema);
    const given = new Set(clause.values.map(({ index }) => index));
    for (let at = 0; at < rows.length; at += INSERT_ROWS) {
      const some = rows.slice(at, at + INSERT_ROWS);
      const columns = sourceColumns(bound.source, (row) => some[row]!);
      yield onlyColumns(update(nullRows(schema, some.length), columns), given);
    }
  }
}

function nullRows(schema: StructType, count: number): arrow.RecordBatch {
  const arrowSchema = arrowSchemaOf(schema);
  const columns = arrowSchema.fields.map((f) => nullColumn(f.type, count));
  return batchOf(arrowSchema, columns, count);
}

/** The batch without columns that nobody gave: they take their default. */
function onlyColumns(
  batch: arrow.RecordBatch,
  given: ReadonlySet<number>,
): arrow.RecordBatch {
  const { fields } = batch.schema;
  if (given.size === fields.length) return batch;
  return batchOf(
    new arrow.Schema(fields.filter((_, i) => given.has(i))),
    batch.data.children.filter((_, i) => given.has(i)),
    batch.numRows,
  );
}

function sourceColumns(
  source: MergeSource,
  sourceRow: (row: number) => number,
): Columns {
  return bothSides(() => () => null, source.columns, sourceRow);
}
