/**
 * The operations on rows, as commands of a program: each runs on the engine and
 * on the model, and compares.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import type { PredicateInput } from "../../src/mod.ts";
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
import { setSeeds, setsOn } from "./assignments.ts";
import { isScalar, nastyValue } from "./nasty_values.ts";

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
  { maxLength: 7 },
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

/** The property that allows rows to be added only. */
export const APPEND_ONLY = "delta.appendOnly";
/** What it answers with. */
export const FORBIDDEN = ["DELTA_CANNOT_MODIFY_APPEND_ONLY"] as const;
const VIOLATED = ["DELTA_VIOLATE_CONSTRAINT"] as const;

/** An operation that writes rows: accepted, unless a constraint or appendOnly has to object. */
export async function written(
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
    /** Rows of the table among those that replace it. */
    copies: fc.nat({ max: 3 }),
  }),
  async (model, real, seeds) => {
    const { columns, rows } = model.now;
    const condition = conditionOn(seeds.where, columns);
    const isInside = (row: ModelRow) => condition.test(row) === true;
    // What is no partition value any more may be outside by that.
    const copies = rows.filter(isInside).slice(0, seeds.copies);
    const drawn = [...rowsOf(seeds.rows, columns), ...copies]
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

/** Commands that change rows, but for the merge; those that matter most several times. */
export const rowCommands: readonly fc.Arbitrary<Step>[] = [
  append,
  append,
  append,
  appendGrowing,
  overwrite,
  overwriteSchema,
  replaceWhere,
  replaceWhere,
  overwriteDynamic,
  deletion,
  deletion,
  update,
  update,
  appendSelect,
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
  assert.deepEqual(
    textsOfTable(found, read),
    textsOf(wanted, read),
    "the rows of a condition",
  );
  assert.deepEqual(await table.count({ where }), wanted.length, "their count");
}
