/**
 * The merge, as a command of a program: the model tries every source row on
 * every row of the table.
 *
 * @module
 */

import fc from "fast-check";
import type { Expression } from "../../src/mod.ts";
import { setSeeds, setsOn } from "./assignments.ts";
import {
  APPEND_ONLY,
  cells,
  FORBIDDEN,
  rowsOf,
  type Step,
  step,
  written,
} from "./commands.ts";
import { conditionOn, conditionSeed } from "./conditions.ts";
import {
  inputOf,
  type Model,
  type ModelColumn,
  type ModelRow,
  refused,
} from "./model.ts";
import { compareAs, isScalar } from "./nasty_values.ts";

const clauseSeed = fc.record({
  deletes: fc.boolean(),
  all: fc.boolean(),
  set: setSeeds,
  condition: fc.option(conditionSeed, { nil: undefined }),
  side: fc.constantFrom("target" as const, "source" as const),
});
type ClauseSeed = typeof clauseSeed extends fc.Arbitrary<infer T> ? T : never;

const mergeSeed = fc.record({
  rows: fc.array(cells, { minLength: 1, maxLength: 5 }),
  keys: fc.array(fc.nat({ max: 11 }), { maxLength: 2 }),
  /** Which columns the source leaves out. */
  without: fc.nat({ max: 20 }),
  matched: fc.array(clauseSeed, { maxLength: 2 }),
  insert: fc.option(
    fc.record({ condition: fc.option(conditionSeed, { nil: undefined }) }),
  ),
  bySource: fc.array(clauseSeed, { maxLength: 1 }),
});
type MergeSeed = typeof mergeSeed extends fc.Arbitrary<infer T> ? T : never;

/** A clause for rows of the table, in both forms. */
interface RowClause {
  readonly input: {
    readonly condition?: Expression;
    readonly delete?: boolean;
    readonly update?: Readonly<Record<string, unknown>> | "all";
  };
  readonly applies: (target: ModelRow, source: ModelRow) => boolean;
  /** The row that becomes of it; none where it is deleted. */
  readonly apply: (target: ModelRow, source: ModelRow) => ModelRow[];
}

const sided =
  (side: "target" | "source") => ({ name }: ModelColumn): readonly string[] => [
    side,
    name,
  ];
const visibleAs = (
  side: "target" | "source",
  columns: readonly ModelColumn[],
) => columns.map((column) => ({ ...column, path: sided(side)(column) }));

function clauseOf(
  seed: ClauseSeed,
  columns: readonly ModelColumn[],
  shared: readonly ModelColumn[],
  seesSource: boolean,
): RowClause {
  const side = seesSource ? seed.side : "target";
  const seen = side === "target" ? columns : shared;
  const condition = seed.condition &&
    conditionOn(seed.condition, visibleAs(side, seen));
  const applies = (target: ModelRow, source: ModelRow) =>
    !condition ||
    condition.test(side === "target" ? target : source) === true;
  const given = condition ? { condition: condition.expression } : {};
  if (seed.deletes) {
    return { input: { ...given, delete: true }, applies, apply: () => [] };
  }
  if (seed.all && seesSource) {
    return {
      input: { ...given, update: "all" },
      applies,
      apply: (target, source) => [{ ...target, ...source }],
    };
  }
  const sets = setsOn(seed.set, seen, sided(side));
  return {
    input: { ...given, update: sets.input },
    applies,
    apply: (target, source) => [
      sets.apply(target, side === "target" ? target : source),
    ],
  };
}

function mergeParts(model: Model, seed: MergeSeed) {
  const { columns } = model.now;
  const scalars = columns.filter(({ type }) => isScalar(type));
  const keys = [
    ...new Set((seed.keys.length === 0 ? [0] : seed.keys)
      .map((at) => scalars[at % scalars.length]!)),
  ];
  const shared = columns.filter((column, i) =>
    i !== seed.without || keys.includes(column)
  );
  const onlyShared = (row: ModelRow) =>
    Object.fromEntries(shared.map(({ key }) => [key, row[key]!]));
  return {
    columns,
    keys,
    shared,
    source: rowsOf(seed.rows, columns).map(onlyShared),
    matched: seed.matched.map((one) => clauseOf(one, columns, shared, true)),
    bySource: seed.bySource.map((one) => clauseOf(one, columns, shared, false)),
    insertIf: seed.insert?.condition &&
      conditionOn(seed.insert.condition, visibleAs("source", shared)),
    // A merge without clauses is none.
    inserts: seed.insert !== null ||
      seed.matched.length + seed.bySource.length === 0,
  };
}

/** What a merge makes of the model's rows; `undefined` where it may not decide. */
function merged(
  rows: readonly ModelRow[],
  parts: ReturnType<typeof mergeParts>,
): { rows: ModelRow[]; fresh: ModelRow[] } | undefined {
  const { keys, source, matched, bySource, insertIf, inserts, columns } = parts;
  const mayRepeat = matched.length === 1 &&
    matched[0]!.input.delete === true &&
    matched[0]!.input.condition === undefined;
  const used = new Set<ModelRow>();
  const fresh: ModelRow[] = [];
  const after: ModelRow[] = [];
  for (const target of rows) {
    const matches = source.filter((row) =>
      keys.every(({ key, type }) => {
        const [a, b] = [target[key]!, row[key]!];
        return a !== null && b !== null && compareAs(a, b, type) === 0;
      })
    );
    matches.forEach((row) => used.add(row));
    const decisions = matches.flatMap((row) => {
      const clause = matched.find(({ applies }) => applies(target, row));
      return clause ? [clause.apply(target, row)] : [];
    });
    if (decisions.length > 1 && !mayRepeat) return undefined;
    const lonely = matches.length > 0
      ? undefined
      : bySource.find(({ applies }) => applies(target, {}));
    const result = decisions[0] ?? lonely?.apply(target, {});
    if (result) fresh.push(...result);
    after.push(...result ?? [target]);
  }
  if (!inserts) return { rows: after, fresh };
  const inserted = source.filter((row) =>
    !used.has(row) && (!insertIf || insertIf.test(row) === true)
  ).map((row) =>
    Object.fromEntries(columns.map(({ key }) => [key, row[key] ?? null]))
  );
  return { rows: [...after, ...inserted], fresh: [...fresh, ...inserted] };
}

/** Merges some rows. */
export const merge: fc.Arbitrary<Step> = step(
  "merge",
  mergeSeed,
  async (model, real, seed) => {
    const parts = mergeParts(model, seed);
    const { keys, shared, source, matched, bySource, insertIf, inserts } =
      parts;
    const run = () =>
      real.table.merge({
        source: source.map((row) => inputOf(row, shared)),
        on: keys.map(({ name }) => name),
        whenMatched: matched.map(({ input }) => input),
        whenNotMatchedBySource: bySource.map(({ input }) =>
          input as { delete?: boolean }
        ),
        whenNotMatched: inserts
          ? [{
            insert: "all",
            ...(insertIf && { condition: insertIf.expression }),
          }]
          : [],
      });
    const isAppend = matched.length + bySource.length === 0;
    const result = merged(model.now.rows, parts);
    if (!result) {
      return await refused(
        model,
        real,
        run,
        model.is(APPEND_ONLY)
          ? FORBIDDEN
          : ["DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE"],
      );
    }
    await written(model, real, run, {
      fresh: result.fresh,
      rows: result.rows.map((row) => model.kept(row)),
      isAppend,
    });
  },
);
