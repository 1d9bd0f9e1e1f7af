/**
 * Programs of commands: what a table is like at first, what may happen to it,
 * and the run of it all on the engine and the model.
 *
 * @module
 */

import fc from "fast-check";
import {
  type DataType,
  DeltaTable,
  memoryStore,
  type PrimitiveName,
} from "../../src/mod.ts";
import { merge } from "./merge_command.ts";
import { virtualHost } from "../../testing/virtual_host.ts";
import { alterCommands } from "./alter_commands.ts";
import { cells, rowCommands, rowsOf, type Step } from "./commands.ts";
import {
  checkVersion,
  inputOf,
  Model,
  type ModelColumn,
  type ModelVersion,
  type Real,
  reopened,
  schemaOf,
} from "./model.ts";
import { RowIds } from "./row_ids.ts";
import {
  checkChanges,
  checkHistory,
  upkeepCommands,
} from "./upkeep_commands.ts";

const plain = (name: string, kind: PrimitiveName): [string, DataType] => [
  name,
  { kind },
];

const COLUMNS: readonly (readonly [string, DataType])[] = [
  plain("id", "long"),
  plain("p", "string"),
  plain("n", "integer"),
  plain("x", "double"),
  plain("day", "date"),
  plain("at", "timestamp"),
  ["money", { kind: "decimal", precision: 20, scale: 4 }],
  plain("flag", "boolean"),
  ["s", {
    kind: "struct",
    fields: [
      { name: "i", type: { kind: "integer" }, nullable: true, metadata: {} },
      { name: "t", type: { kind: "string" }, nullable: true, metadata: {} },
    ],
  }],
  ["tags", {
    kind: "array",
    elementType: { kind: "string" },
    containsNull: true,
  }],
];

const PARTITIONS: readonly (readonly string[])[] = [
  [],
  [],
  ["p"],
  ["p"],
  ["day"],
  ["flag", "p"],
  ["x"],
  ["at"],
  ["money"],
  ["id"],
];

const ON_OR_OFF: readonly string[] = [
  "delta.enableDeletionVectors",
  "delta.enableChangeDataFeed",
  "delta.enableInCommitTimestamps",
  "delta.enableTypeWidening",
  "delta.enableRowTracking",
];

/** What a table is like at first. */
export const configuration = fc.record({
  partitionBy: fc.constantFrom(...PARTITIONS),
  maps: fc.boolean(),
  on: fc.tuple(...ON_OR_OFF.map(() => fc.constantFrom(true, false, true))),
  checkpointInterval: fc.integer({ min: 1, max: 10 }),
  rows: fc.array(cells, { minLength: 1, maxLength: 8 }),
  seed: fc.nat(),
});
/** A first state. */
export type Configuration = typeof configuration extends fc.Arbitrary<infer T>
  ? T
  : never;

function firstVersion(
  { partitionBy, maps, on, checkpointInterval, rows }: Configuration,
  time: number,
): ModelVersion {
  const columns = COLUMNS.map(([name, type]): ModelColumn => ({
    key: name,
    name,
    type,
    path: [name],
  }));
  return {
    columns,
    partitionBy,
    rows: rowsOf(rows, columns),
    constraints: {},
    properties: {
      ...Object.fromEntries(
        ON_OR_OFF.flatMap((name, i) => on[i] ? [[name, "true"]] : []),
      ),
      ...(maps && { "delta.columnMapping.mode": "name" }),
      "delta.checkpointInterval": String(checkpointInterval),
    },
    time,
    redefined: false,
  };
}

async function created(
  configuration: Configuration,
): Promise<{ model: Model; real: Real }> {
  const host = virtualHost(configuration.seed);
  const store = memoryStore(undefined, host);
  const first = firstVersion(configuration, host.now());
  const { columns, partitionBy, properties, rows } = first;
  const table = await DeltaTable.create(store.url, {
    store,
    host,
    onWarning() {},
    schema: schemaOf(columns),
    partitionBy,
    properties,
    data: rows.map((row) => inputOf(row, columns)),
  });
  const model = new Model(first);
  const kept = rows.map((row) => model.kept(row));
  model.versions[0] = { ...first, rows: kept, time: host.now() };
  return {
    model,
    real: { store, host, table, trail: [], rowIds: new RowIds() },
  };
}

/** Runs a program, then looks back at every version. */
export async function runProgram(
  configuration: Configuration,
  program: Iterable<Step>,
): Promise<void> {
  const { model, real } = await created(configuration);
  try {
    await checkVersion(real.table.snapshot, model.now, "the table made");
    await fc.asyncModelRun(() => ({ model, real }), program);
    real.table = await reopened(real);
    for (let version = 0; version <= model.version; version++) {
      await checkHistory(model, real, version);
      await checkChanges(model, real, version, version);
    }
  } catch (error) {
    throw new Error(`after ${real.trail.join("\n")}`, { cause: error });
  }
}

/** Programs of up to 25 commands. */
export function programs(
  replayPath: string | undefined,
): fc.Arbitrary<Iterable<Step>> {
  return fc.commands([
    ...rowCommands,
    merge,
    merge,
    merge,
    ...alterCommands,
    ...upkeepCommands,
  ], {
    size: "+1",
    maxCommands: 25,
    ...(replayPath !== undefined && { replayPath }),
  });
}
