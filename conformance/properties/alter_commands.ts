/**
 * Changes of a table's definition, as commands of a program.
 *
 * @module
 */

import fc from "fast-check";
import type { DataType } from "../../src/mod.ts";
import { type Step, step } from "./commands.ts";
import { conditionOn, sqlLiteral } from "./conditions.ts";
import {
  accepted,
  type Model,
  type ModelColumn,
  type Real,
  refused,
} from "./model.ts";
import { isScalar, nastyValue, widenedValue } from "./nasty_values.ts";

const NOT_SO = ["DELTA_UNSUPPORTED_OPERATION"] as const;
const MODE = "delta.columnMapping.mode";

/** Names that are allowed without column mapping, then others. */
const NAMES: readonly { readonly name: string; readonly type: DataType }[] = [
  { name: "Extra", type: { kind: "string" } },
  { name: "a.b", type: { kind: "integer" } },
  { name: "größe", type: { kind: "float" } },
  { name: "100%25", type: { kind: "date" } },
  { name: "with`tick", type: { kind: "long" } },
  { name: "b/c", type: { kind: "binary" } },
  { name: "wall", type: { kind: "timestamp_ntz" } },
  { name: "q p", type: { kind: "string" } },
  { name: "x,y;{z}", type: { kind: "long" } },
  { name: "(=)\n", type: { kind: "decimal", precision: 9, scale: 2 } },
];

function freeName(
  { now: { columns }, maps }: Model,
  pick: number,
): (typeof NAMES)[number] | undefined {
  const taken = new Set(columns.map(({ name }) => name.toLowerCase()));
  const allowed = NAMES.filter(({ name }) =>
    !taken.has(name.toLowerCase()) && (maps || !/[ ,;{}()\n\t=]/.test(name))
  );
  return allowed[pick % allowed.length];
}

const addColumn = step(
  "add a column",
  fc.record({ name: fc.nat({ max: 9 }), first: fc.boolean() }),
  async (model, real, { name: pick, first }) => {
    const { columns } = model.now;
    const free = freeName(model, pick);
    if (!free || columns.length > 14) return;
    const added = model.newColumn(free.name, free.type);
    await accepted(
      model,
      real,
      () =>
        real.table.alter.addColumns({
          columns: [{
            name: [free.name],
            type: free.type,
            ...(first && { position: "first" as const }),
          }],
        }),
      {
        columns: first ? [added, ...columns] : [...columns, added],
        rows: model.now.rows.map((row) => ({ ...row, [added.key]: null })),
        redefined: first,
      },
    );
  },
);

const picked = fc.record({
  column: fc.nat({ max: 14 }),
  name: fc.nat({ max: 9 }),
});

const rename = step("rename a column", picked, async (model, real, seeds) => {
  const { columns } = model.now;
  const column = columns[seeds.column % columns.length]!;
  const free = freeName(model, seeds.name);
  if (!free) return;
  const to = free.name;
  const run = () =>
    real.table.alter.renameColumn({ column: [column.name], to });
  if (!model.maps || model.uses(column.key)) {
    return await refused(model, real, run, NOT_SO);
  }
  await accepted(model, real, run, {
    columns: columns.map((old) =>
      old === column ? { ...column, name: to, path: [to] } : old
    ),
    redefined: true,
  });
});

const drop = step("drop a column", picked, async (model, real, seeds) => {
  const { columns, partitionBy } = model.now;
  const column = columns[seeds.column % columns.length]!;
  const run = () => real.table.alter.dropColumns({ columns: [[column.name]] });
  const left = columns.filter((other) => other !== column);
  const isNeeded = model.uses(column.key) || partitionBy.includes(column.key);
  if (!model.maps || isNeeded) {
    return await refused(model, real, run, NOT_SO);
  }
  if (left.length - partitionBy.length < 2) return;
  await accepted(model, real, run, { columns: left, redefined: true });
});

const WIDER: Readonly<Partial<Record<DataType["kind"], readonly DataType[]>>> =
  {
    integer: [
      { kind: "long" },
      { kind: "double" },
      { kind: "decimal", precision: 12, scale: 1 },
    ],
    float: [{ kind: "double" }],
    date: [{ kind: "timestamp_ntz" }],
    decimal: [{ kind: "decimal", precision: 38, scale: 8 }],
  };

const widen = step("widen a column", picked, async (model, real, seeds) => {
  const { columns, rows, partitionBy } = model.now;
  const some = columns.filter(({ type }) =>
    WIDER[type.kind] &&
    !(type.kind === "decimal" && type.precision === 38)
  );
  if (some.length === 0) return;
  const column = some[seeds.column % some.length]!;
  const wider = WIDER[column.type.kind]!;
  const type = column.type.kind === "decimal" && column.type.precision < 20
    ? { kind: "decimal", precision: 30, scale: column.type.scale } as const
    : wider[seeds.name % wider.length]!;
  const run = () =>
    real.table.alter.widenColumn({ column: [column.name], type });
  const isDate = column.type.kind === "date" &&
    partitionBy.includes(column.key);
  if (
    !model.is("delta.enableTypeWidening") || model.uses(column.key) || isDate
  ) {
    return await refused(model, real, run, NOT_SO);
  }
  await accepted(model, real, run, {
    columns: columns.map((old) => old === column ? { ...column, type } : old),
    rows: rows.map((row) => ({
      ...row,
      [column.key]: widenedValue(row[column.key]!, type),
    })),
    redefined: true,
  });
});

const SETTINGS: readonly Readonly<Record<string, string>>[] = [
  { "delta.enableDeletionVectors": "true" },
  { "delta.enableDeletionVectors": "false" },
  { "delta.enableChangeDataFeed": "true" },
  { "delta.enableChangeDataFeed": "false" },
  { "delta.appendOnly": "true" },
  { "delta.appendOnly": "false" },
  { "delta.enableInCommitTimestamps": "true" },
  { "delta.checkpointInterval": "2" },
  { "delta.dataSkippingNumIndexedCols": "0" },
  { "delta.dataSkippingNumIndexedCols": "2" },
  { "delta.dataSkippingNumIndexedCols": "-1" },
  { "delta.enableTypeWidening": "true" },
  { "delta.checkpointPolicy": "v2" },
  { "delta.checkpointPolicy": "classic" },
  { "delta.checkpoint.writeStatsAsJson": "false" },
  { "delta.checkpoint.writeStatsAsStruct": "true" },
  { "delta.isolationLevel": "Serializable" },
  { [MODE]: "name" },
  { "custom.ünicode": 'say "so"' },
];

const setProperties = step(
  "set properties",
  fc.nat({ max: SETTINGS.length - 1 }),
  async (model, real, pick) => {
    const properties = SETTINGS[pick]!;
    await accepted(
      model,
      real,
      () => real.table.alter.setProperties({ properties }),
      { properties: { ...model.now.properties, ...properties } },
    );
  },
);

const unsetProperties = step(
  "unset a property",
  fc.nat({ max: 20 }),
  async (model, real, pick) => {
    const { properties } = model.now;
    const names = Object.keys(properties).filter((name) => name !== MODE);
    const name = names[pick % names.length];
    if (name === undefined) return;
    const { [name]: _, ...left } = properties;
    await accepted(
      model,
      real,
      () => real.table.alter.unsetProperties({ properties: [name] }),
      { properties: left },
    );
  },
);

const CONSTRAINTS = ["c0", "c1"];

const addConstraint = step(
  "add a constraint",
  fc.record({
    name: fc.constantFrom(...CONSTRAINTS),
    column: fc.nat({ max: 11 }),
    cell: fc.nat({ max: 59 }),
  }),
  async (model, real, seeds) => {
    const { columns, constraints, rows, partitionBy } = model.now;
    if (constraints[seeds.name]) return;
    const some = columns.filter(({ key, type }) =>
      isScalar(type) && !partitionBy.includes(key) &&
      sqlLiteral(nastyValue(type, seeds.cell), type) !== undefined
    );
    if (some.length === 0) return;
    const column: ModelColumn = some[seeds.column % some.length]!;
    const { sql, test } = conditionOn({
      is: "or",
      args: [
        { is: "leaf", column: 0, op: "isNull", cell: 0 },
        { is: "leaf", column: 0, op: "!=", cell: seeds.cell },
      ],
    }, [column]);
    const run = () =>
      real.table.alter.addConstraint({ name: seeds.name, expression: sql! });
    if (!rows.every((row) => test(row) === true)) {
      return await refused(model, real, run, ["DELTA_VIOLATE_CONSTRAINT"]);
    }
    await accepted(model, real, run, {
      constraints: {
        ...constraints,
        [seeds.name]: { key: column.key, sql: sql!, test },
      },
    });
  },
);

const dropConstraint = step(
  "drop a constraint",
  fc.constantFrom(...CONSTRAINTS),
  async (model: Model, real: Real, name) => {
    const { [name]: known, ...left } = model.now.constraints;
    const run = () => real.table.alter.dropConstraint({ name });
    if (!known) {
      return await refused(model, real, run, ["DELTA_INVALID_ARGUMENT"]);
    }
    await accepted(model, real, run, { constraints: left });
  },
);

/** Commands that change the table's definition. */
export const alterCommands: readonly fc.Arbitrary<Step>[] = [
  addColumn,
  addColumn,
  rename,
  drop,
  widen,
  setProperties,
  setProperties,
  unsetProperties,
  addConstraint,
  dropConstraint,
];
