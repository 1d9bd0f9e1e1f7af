/**
 * The operations on rows, as commands of a program: each runs on the engine and
 * on the model, and compares.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Expression,
  type PredicateInput,
  sameType,
  type StructValue,
  type Value,
} from "../../src/mod.ts";
import { encodeValue } from "../canonical/canonical_rows.ts";
import { type Condition, conditionOn, conditionSeed } from "./conditions.ts";
import {
  accepted,
  inputOf,
  type Model,
  type ModelColumn,
  type ModelRow,
  type Real,
  refused,
  schemaOf,
  textsOf,
  textsOfTable,
} from "./model.ts";
import { compareAs, isScalar, nastyValue } from "./nasty_values.ts";

/** A command. */
export type Step = fc.AsyncCommand<Model, Real>;

/** How far the clock moves before each command. */
const STEP_MS = 1_000;

/**
 * Makes commands of one kind.
 *
 * @param name What people call it.
 * @param seeds What is drawn.
 * @param run Runs it on both, and compares.
 */
export function step<Seeds>(
  name: string,
  seeds: fc.Arbitrary<Seeds>,
  run: (model: Model, real: Real, seeds: Seeds) => Promise<void>,
): fc.Arbitrary<Step> {
  return seeds.map((drawn) => ({
    check: () => true,
    run: async (model: Model, real: Real) => {
      real.host.advance(STEP_MS);
      model.tick(real.host.now());
      real.trail.push(`v${model.version} ${name} ${fc.stringify(drawn)}`);
      await run(model, real, drawn);
    },
    toString: () => `${name}(${fc.stringify(drawn)})`,
  }));
}

/** Cells of a row, from which its values are made. */
export const cells: fc.Arbitrary<readonly number[]> = fc.array(
  fc.nat({ max: 59 }),
  { minLength: 9, maxLength: 9 },
);

/** Some rows. */
export const someRows: fc.Arbitrary<readonly (readonly number[])[]> = fc.array(
  cells,
  { maxLength: 5 },
);

/** Rows of columns. */
export function rowsOf(
  seeds: readonly (readonly number[])[],
  columns: readonly ModelColumn[],
): ModelRow[] {
  return seeds.map((seed) =>
    Object.fromEntries(
      columns.map(({ key, type }, i) => [
        key,
        nastyValue(type, seed[i % seed.length]! + Math.floor(i / seed.length)),
      ]),
    )
  );
}

/** A condition in one of the forms that the engine takes. */
export function whereOf(
  condition: Condition<ModelRow>,
  asSql: boolean,
): PredicateInput {
  return asSql && condition.sql !== undefined
    ? condition.sql
    : condition.expression;
}

const APPEND_ONLY = "delta.appendOnly";
const FORBIDDEN = ["DELTA_CANNOT_MODIFY_APPEND_ONLY"] as const;
const VIOLATED = ["DELTA_VIOLATE_CONSTRAINT"] as const;

/** An operation that writes rows: accepted, unless a constraint or appendOnly has to object. */
async function written(
  model: Model,
  real: Real,
  run: () => ReturnType<Parameters<typeof accepted>[2]>,
  change: {
    readonly fresh: readonly ModelRow[];
    readonly rows: readonly ModelRow[];
    readonly isAppend?: boolean;
  },
): Promise<void> {
  if (!change.isAppend && model.is(APPEND_ONLY)) {
    return await refused(model, real, run, FORBIDDEN);
  }
  if (!model.allows(change.fresh)) {
    return await refused(model, real, run, VIOLATED);
  }
  await accepted(model, real, run, { rows: change.rows });
}

const append = step(
  "append",
  fc.record({ rows: someRows, small: fc.boolean() }),
  async (model, real, seeds) => {
    const { columns, rows } = model.now;
    const fresh = rowsOf(seeds.rows, columns);
    await written(
      model,
      real,
      () =>
        real.table.append(
          fresh.map((row) => inputOf(row, columns)),
          seeds.small ? { targetFileSize: 1 } : {},
        ),
      {
        fresh,
        rows: [...rows, ...fresh.map((row) => model.kept(row))],
        isAppend: true,
      },
    );
  },
);

const GROWTH = [
  { name: "grown long", type: { kind: "long" } },
  { name: "ünicode", type: { kind: "string" } },
  { name: "is.it", type: { kind: "boolean" } },
] as const;

const appendGrowing = step(
  "append with mergeSchema",
  fc.record({
    rows: fc.array(cells, { minLength: 1, maxLength: 4 }),
    pick: fc.nat({ max: 2 }),
    overwrites: fc.boolean(),
  }),
  async (model, real, seeds) => {
    const { columns, rows } = model.now;
    const growth = GROWTH[seeds.pick]!;
    const name = model.maps ? growth.name : growth.name.replace(" ", "_");
    const isNew = !columns.some((c) =>
      c.name.toLowerCase() === name.toLowerCase()
    );
    const wider = isNew
      ? [...columns, model.newColumn(name, growth.type)]
      : columns;
    const fresh = rowsOf(seeds.rows, wider).map((row, i) =>
      // Rows of nulls alone do not tell a column's type.
      isNew && i === 0
        ? { ...row, [wider.at(-1)!.key]: nastyValue(growth.type, 0) }
        : row
    );
    const input = fresh.map((row) => inputOf(row, wider));
    const run = () =>
      seeds.overwrites
        ? real.table.overwrite(input, { mergeSchema: true })
        : real.table.append(input, { mergeSchema: true });
    if (seeds.overwrites && model.is(APPEND_ONLY)) {
      return await refused(model, real, run, FORBIDDEN);
    }
    if (!model.allows(fresh)) return await refused(model, real, run, VIOLATED);
    const kept = fresh.map((row) => model.kept(row));
    await accepted(model, real, run, {
      columns: wider,
      rows: seeds.overwrites ? kept : [...rows, ...kept],
    });
  },
);

const overwrite = step("overwrite", someRows, async (model, real, seeds) => {
  const { columns } = model.now;
  const fresh = rowsOf(seeds, columns);
  await written(
    model,
    real,
    () => real.table.overwrite(fresh.map((row) => inputOf(row, columns))),
    { fresh, rows: fresh.map((row) => model.kept(row)) },
  );
});

const overwriteSchema = step(
  "overwrite with overwriteSchema",
  fc.record({
    rows: someRows,
    drop: fc.nat({ max: 20 }),
    turn: fc.nat({ max: 9 }),
    partition: fc.nat({ max: 9 }),
  }),
  async (model, real, seeds) => {
    const { columns: old, constraints } = model.now;
    const used = new Set(Object.values(constraints).map(({ key }) => key));
    const turned = [
      ...old.slice(seeds.turn % old.length),
      ...old.slice(0, seeds.turn % old.length),
    ];
    const columns = turned.filter((column, i) =>
      i !== seeds.drop || used.has(column.key) || turned.length < 4
    );
    const partition =
      columns.filter(({ type }) =>
        isScalar(type) && type.kind !== "binary"
      )[seeds.partition];
    const fresh = rowsOf(seeds.rows, columns);
    const run = () =>
      real.table.overwrite(fresh.map((row) => inputOf(row, columns)), {
        overwriteSchema: true,
        schema: schemaOf(columns),
        partitionBy: partition ? [partition.name] : [],
      });
    if (model.is(APPEND_ONLY)) {
      return await refused(model, real, run, FORBIDDEN);
    }
    if (!model.allows(fresh)) return await refused(model, real, run, VIOLATED);
    const next = {
      ...model.now,
      columns,
      partitionBy: partition ? [partition.key] : [],
      redefined: true,
    };
    const rows = fresh.map((row) => model.kept(row, next));
    await accepted(model, real, run, { ...next, rows });
  },
);

const replaceWhere = step(
  "overwrite where",
  fc.record({
    rows: someRows,
    where: conditionSeed,
    sql: fc.boolean(),
    strays: fc.nat({ max: 5 }),
  }),
  async (model, real, seeds) => {
    const { columns, rows } = model.now;
    const condition = conditionOn(seeds.where, columns);
    const isInside = (row: ModelRow) => condition.test(row) === true;
    // What is no partition value any more may be outside by that.
    const drawn = rowsOf(seeds.rows, columns)
      .filter((row) => isInside(row) === isInside(model.kept(row)));
    const strays = seeds.strays === 0 && !drawn.every(isInside);
    const fresh = strays ? drawn : drawn.filter(isInside);
    const run = () =>
      real.table.overwrite(fresh.map((row) => inputOf(row, columns)), {
        where: whereOf(condition, seeds.sql),
      });
    if (strays && !model.is(APPEND_ONLY)) {
      return await refused(model, real, run, [
        "DELTA_REPLACE_WHERE_MISMATCH",
        ...(model.allows(fresh) ? [] : VIOLATED),
      ]);
    }
    await written(model, real, run, {
      fresh,
      rows: [
        ...rows.filter((row) => !isInside(row)),
        ...fresh.map((row) => model.kept(row)),
      ],
    });
  },
);

const overwriteDynamic = step(
  "overwrite of partitions",
  someRows,
  async (model, real, seeds) => {
    const { columns, rows, partitionBy } = model.now;
    const fresh = rowsOf(seeds, columns);
    const kept = fresh.map((row) => model.kept(row));
    const placed = columns.filter(({ key }) => partitionBy.includes(key));
    // -0.0 and 0.0 are equal, and yet two partitions, as everywhere.
    const placeOf = (row: ModelRow) =>
      placed.map(({ key, type }) => encodeValue(row[key]!, type)).join();
    const replaced = new Set(kept.map(placeOf));
    const stay = placed.length === 0
      ? []
      : rows.filter((row) => !replaced.has(placeOf(row)));
    await written(
      model,
      real,
      () =>
        real.table.overwrite(fresh.map((row) => inputOf(row, columns)), {
          partitions: "dynamic",
        }),
      { fresh, rows: [...stay, ...kept] },
    );
  },
);

const deletion = step(
  "delete",
  fc.record({ where: conditionSeed, sql: fc.boolean(), all: fc.nat(9) }),
  async (model, real, seeds) => {
    const { columns, rows } = model.now;
    const condition = conditionOn(seeds.where, columns);
    const all = seeds.all === 9;
    await written(
      model,
      real,
      () =>
        real.table.delete(
          all ? {} : { where: whereOf(condition, seeds.sql) },
        ),
      {
        fresh: [],
        rows: all ? [] : rows.filter((row) => condition.test(row) !== true),
      },
    );
  },
);

/** A new value for a column, before there are columns. */
const setSeed = fc.record({
  column: fc.nat({ max: 11 }),
  how: fc.constantFrom("value", "copy", "arithmetic", "inside"),
  cell: fc.nat({ max: 59 }),
});
type SetSeed = typeof setSeed extends fc.Arbitrary<infer T> ? T : never;
const setSeeds = fc.array(setSeed, { minLength: 1, maxLength: 3 });

/** New values for columns, in both forms. */
interface Sets {
  readonly input: Readonly<Record<string, unknown>>;
  /** The row before with the values set that another row, or itself, gives. */
  readonly apply: (before: ModelRow, seen?: ModelRow) => ModelRow;
}

/** @param path Where the engine finds the values: a table's own column, or one of a merge's sides. */
function setsOn(
  seeds: readonly SetSeed[],
  columns: readonly ModelColumn[],
  path: (column: ModelColumn) => readonly string[] = ({ name }) => [name],
): Sets {
  const input: Record<string, unknown> = {};
  const values = new Map<
    string,
    (seen: ModelRow, before: ModelRow) => Value
  >();
  for (const { column: at, how, cell } of seeds) {
    const column = columns[at % columns.length]!;
    const { key, name, type } = column;
    if (values.has(key)) continue;
    const column_ = (from: ModelColumn): Expression => ({
      kind: "column",
      path: path(from),
    });
    const twins = columns.filter((other) => sameType(other.type, type));
    const isWhole = type.kind === "long" || type.kind === "integer";
    if (how === "copy") {
      const twin = twins[cell % twins.length]!;
      input[name] = column_(twin);
      values.set(key, (row) => row[twin.key]!);
    } else if (how === "arithmetic" && isWhole) {
      input[name] = {
        kind: "arithmetic",
        op: "%",
        left: column_(column),
        right: { kind: "literal", value: 5 },
      };
      values.set(key, (row) => remainder(row[key]!));
    } else if (
      how === "inside" && type.kind === "struct" && !name.includes(".")
    ) {
      const field = type.fields[cell % type.fields.length]!;
      const value = nastyValue(field.type, cell);
      input[`${name}.${field.name}`] = value;
      values.set(key, (_, before) => {
        const nulls = type.fields.map((f) => [f.name, null] as const);
        return {
          ...Object.fromEntries(nulls),
          ...before[key] as StructValue | null,
          [field.name]: value,
        };
      });
    } else {
      const value = nastyValue(type, cell);
      input[name] = value;
      values.set(key, () => value);
    }
  }
  return {
    input,
    apply: (before, seen = before) => ({
      ...before,
      ...Object.fromEntries(
        [...values].map(([key, of]) => [key, of(seen, before)]),
      ),
    }),
  };
}

function remainder(value: Value): Value {
  if (value === null) return null;
  return typeof value === "bigint" ? value % 5n : (value as number) % 5 + 0;
}

const update = step(
  "update",
  fc.record({ where: conditionSeed, set: setSeeds, sql: fc.boolean() }),
  async (model, real, seeds) => {
    const { columns, rows } = model.now;
    const condition = conditionOn(seeds.where, columns);
    const sets = setsOn(seeds.set, columns);
    const isMeant = (row: ModelRow) => condition.test(row) === true;
    await written(
      model,
      real,
      () =>
        real.table.update({
          set: sets.input,
          where: whereOf(condition, seeds.sql),
        }),
      {
        fresh: rows.filter(isMeant).map((row) => sets.apply(row)),
        rows: rows.map((row) =>
          isMeant(row) ? model.kept(sets.apply(row)) : row
        ),
      },
    );
  },
);

const appendSelect = step(
  "append select",
  fc.record({ where: conditionSeed, set: setSeeds, sql: fc.boolean() }),
  async (model, real, seeds) => {
    const { columns, rows } = model.now;
    if (rows.length > 40) return;
    const condition = conditionOn(seeds.where, columns);
    const sets = setsOn(seeds.set, columns);
    const fresh = rows.filter((row) => condition.test(row) === true)
      .map((row) => sets.apply(row));
    await written(
      model,
      real,
      () =>
        real.table.appendSelect({
          set: sets.input,
          where: whereOf(condition, seeds.sql),
        }),
      {
        fresh,
        rows: [...rows, ...fresh.map((row) => model.kept(row))],
        isAppend: true,
      },
    );
  },
);

// ---- merge ------------------------------------------------------------------

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

const merge = step("merge", mergeSeed, async (model, real, seed) => {
  const parts = mergeParts(model, seed);
  const { keys, shared, source, matched, bySource, insertIf, inserts } = parts;
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
});

/** Commands that change rows, those that matter most several times. */
export const rowCommands: readonly fc.Arbitrary<Step>[] = [
  append,
  append,
  append,
  appendGrowing,
  overwrite,
  overwriteSchema,
  replaceWhere,
  overwriteDynamic,
  deletion,
  deletion,
  update,
  update,
  appendSelect,
  merge,
  merge,
  merge,
];

/** Reads some rows and columns of the newest version. */
export const query: fc.Arbitrary<Step> = step(
  "read where",
  fc.record({
    where: conditionSeed,
    sql: fc.boolean(),
    columns: fc.array(fc.nat({ max: 11 }), { maxLength: 3 }),
  }),
  async (model, real, seeds) => {
    const { columns, rows } = model.now;
    const condition = conditionOn(seeds.where, columns);
    const where = whereOf(condition, seeds.sql);
    const wanted = rows.filter((row) => condition.test(row) === true);
    await checkRead(real, where, columns, wanted, seeds.columns);
  },
);

async function checkRead(
  { table }: Real,
  where: PredicateInput,
  columns: readonly ModelColumn[],
  wanted: readonly ModelRow[],
  picks: readonly number[],
): Promise<void> {
  const some = [...new Set(picks.map((at) => columns[at % columns.length]!))]
    .filter(({ name }) => !name.includes("."));
  const read = some.length === 0 ? columns : some;
  const options = some.length === 0
    ? { where }
    : { where, columns: some.map(({ name }) => name) };
  const found = await Array.fromAsync(table.rows(options));
  assertEquals(
    textsOfTable(found, read),
    textsOf(wanted, read),
    "the rows of a condition",
  );
  assertEquals(await table.count({ where }), wanted.length, "their count");
}
