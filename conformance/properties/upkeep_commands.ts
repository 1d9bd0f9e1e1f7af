/**
 * What looks after a table, looks back at its history, or goes back to it, as
 * commands of a program.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import type { RecordBatch } from "apache-arrow";
import { type DataType, sameType } from "../../src/mod.ts";
import { columnReader } from "../../src/parquet/arrow_values.ts";
import { sortUtf8 } from "../canonical/canonical_rows.ts";
import { query, type Step, step } from "./commands.ts";
import {
  accepted,
  checkVersion,
  GONE,
  ifThere,
  type Model,
  type ModelColumn,
  type ModelRow,
  type ModelVersion,
  type Real,
  refused,
  reopened,
  schemaOf,
  textsOf,
} from "./model.ts";
import { isScalar, isWider, widenedValue } from "./nasty_values.ts";

const HOUR_MS = 3_600_000;
const CDF = "delta.enableChangeDataFeed";
const ICT = "delta.enableInCommitTimestamps";

const nothing: fc.Arbitrary<null> = fc.constant(null);

const optimize = step(
  "optimize",
  fc.record({ zOrder: fc.array(fc.nat({ max: 11 }), { maxLength: 2 }) }),
  async (model, real, { zOrder }) => {
    const { columns, partitionBy } = model.now;
    const some = columns.filter(({ type, key, name }) =>
      isScalar(type) && !partitionBy.includes(key) && !name.includes(".")
    );
    const names = [
      ...new Set(zOrder.map((at) => some[at % some.length]!.name)),
    ];
    const run = () =>
      real.table.optimize(names.length === 0 ? {} : { zOrderBy: names });
    // Z-order is for columns with bounds.
    const odd = some.some(({ name, type: { kind } }) =>
      names.includes(name) && (kind === "boolean" || kind === "binary")
    );
    if (odd) return await refused(model, real, run, ["DELTA_INVALID_ARGUMENT"]);
    const isOwed = names.length === 0 ||
      model.now.properties["delta.dataSkippingNumIndexedCols"] === undefined;
    await ifThere(isOwed, () => accepted(model, real, run, {}), [
      "DELTA_INVALID_ARGUMENT",
    ]);
  },
);

const checkpoint = step("checkpoint", nothing, async (model, real) => {
  const report = await real.table.checkpoint();
  assert.deepEqual(report.version, model.version);
});

const compactLog = step(
  "compact the log",
  fc.option(
    fc.record({ from: fc.nat(), length: fc.integer({ min: 1, max: 9 }) }),
  ),
  async (model, real, range) => {
    if (!range || model.version === 0) {
      await real.table.compactLog();
      return;
    }
    const from = range.from % model.version;
    const to = Math.min(from + range.length, model.version);
    await ifThere(
      model.isInLog(from),
      () => real.table.compactLog({ from, to }),
      ["DELTA_VERSIONS_NOT_CONTIGUOUS"],
    );
  },
);

const cleanup = step("clean the log", nothing, async (_, real) => {
  await real.table.cleanup();
});

const vacuum = step(
  "vacuum",
  fc.record({
    hours: fc.constantFrom(undefined, 0, 1, 30, 168, 400),
    mode: fc.constantFrom("full" as const, "lite" as const),
    dryRun: fc.nat({ max: 9 }),
  }),
  async (model, real, { hours, mode, dryRun }) => {
    const report = await real.table.vacuum({
      retentionHours: hours,
      mode,
      dryRun: dryRun === 9,
      enforceRetention: (hours ?? 168) >= 168,
    });
    assert.deepEqual(report.version, model.version);
    const cutoff = real.host.now() - (hours ?? 168) * HOUR_MS;
    if (dryRun !== 9) {
      model.vacuumCutoff = Math.max(model.vacuumCutoff, cutoff);
    }
    await checkVersion(real.table.snapshot, model.now, "after a vacuum");
  },
);

const wait = step(
  "wait",
  fc.constantFrom(1, 2, 40, 200, 800),
  (model, real, hours) => {
    real.host.advance(hours * HOUR_MS);
    model.tick(real.host.now());
    return Promise.resolve();
  },
);

const reopen = step("reopen", nothing, async (model, real) => {
  real.table = await reopened(real);
  assert.deepEqual(real.table.version, model.version);
  await checkVersion(real.table.snapshot, model.now, "the table opened anew");
});

const restore = step(
  "restore",
  fc.record({ back: fc.nat(), byTime: fc.boolean() }),
  async (model, real, { back, byTime }) => {
    const version = model.version - back % Math.min(model.version + 1, 12);
    const target = model.versions[version]!;
    const now = model.now;
    const run = () =>
      real.table.restore(byTime ? { timestamp: target.time } : { version });
    if (model.is("delta.appendOnly")) {
      const isSame = textsOf(target.rows, target.columns).join() ===
        textsOf(now.rows, now.columns).join();
      if (isSame) return;
      return await refused(model, real, run, [
        "DELTA_CANNOT_MODIFY_APPEND_ONLY",
        ...(model.isOwed(version) ? [] : GONE),
      ]);
    }
    await ifThere(model.isOwed(version), () =>
      accepted(model, real, run, {
        rows: target.rows,
        columns: target.columns,
        partitionBy: target.partitionBy,
        constraints: target.constraints,
        properties: {
          ...target.properties,
          // Time never falls back.
          ...(model.is(ICT) && { [ICT]: "true" }),
        },
        redefined: !isSameDefinition(target, now),
      }));
  },
);

function isSameDefinition(a: ModelVersion, b: ModelVersion): boolean {
  return a.columns.length === b.columns.length &&
    a.columns.every((column, i) => column.key === b.columns[i]!.key) &&
    sameType(schemaOf(a.columns), schemaOf(b.columns)) &&
    a.partitionBy.join() === b.partitionBy.join();
}

const travel = step(
  "travel in time",
  fc.record({ version: fc.nat(), byTime: fc.boolean() }),
  async (model, real, { version: at, byTime }) => {
    await checkHistory(model, real, at % (model.version + 1), byTime);
  },
);

/** Compares an old version, which may be refused once it is not owed any more. */
export async function checkHistory(
  model: Model,
  { table }: Real,
  version: number,
  byTime: boolean = false,
): Promise<void> {
  const wanted = model.versions[version]!;
  // A time after the newest version's is none of the table's.
  const later = version < model.version ? 1 : 0;
  await ifThere(model.isOwed(version), async () => {
    const snapshot = await table.at(
      byTime ? { timestamp: wanted.time + later } : { version },
    );
    assert.deepEqual(snapshot.version, version, "the version asked for");
    await checkVersion(snapshot, wanted, `version ${version}`);
  });
}

const feed = step(
  "read changes",
  fc.record({ from: fc.nat(), length: fc.nat({ max: 3 }) }),
  async (model, real, seeds) => {
    const from = seeds.from % (model.version + 1);
    const to = Math.min(from + seeds.length, model.version);
    await checkChanges(model, real, from, to);
  },
);

/** Compares the change feed of a range with the difference of its ends. */
export async function checkChanges(
  model: Model,
  real: Real,
  from: number,
  to: number,
): Promise<void> {
  const range = model.versions.slice(from, to + 1);
  const run = () => Array.fromAsync(real.table.changes({ from, to }));
  if (!range.every((version) => model.is(CDF, version))) {
    await refused(model, real, run, [
      "DELTA_MISSING_CHANGE_DATA",
      "DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE",
      ...GONE,
    ]);
    return;
  }
  const isOwed = model.isInLog(from) &&
    model.versions[from]!.time > model.vacuumCutoff &&
    !range.some((version, i) =>
      version.redefined || i > 0 && !isSameDefinition(version, range[i - 1]!)
    );
  const batches = await ifThere(isOwed, run, [
    ...GONE,
    "DELTA_MISSING_CHANGE_DATA",
    "DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE",
    "DELTA_UNSUPPORTED_TYPE_CHANGE",
  ]);
  if (!batches) return;
  const { columns } = range.at(-1)!;
  const changed = changesIn(batches, columns);
  for (const [i, version] of range.entries()) {
    const own = changed.filter((change) => change.version === from + i);
    const what = `the changes of version ${from + i}`;
    for (const change of own) {
      assert.deepEqual(change.timestamp, version.time, `${what}: the time`);
    }
    const before = model.versions[from + i - 1] ?? { ...version, rows: [] };
    // Of a column that was gone, what files still have of it may be told.
    const told = columns.filter(({ key }) =>
      hasColumn(version, key) && (!version.redefined || hasColumn(before, key))
    );
    const texts = [before, version].map((one) => textsIn(one, told));
    if (!texts[0] || !texts[1]) continue;
    assert.deepEqual(applied(texts[0], own, told, what), texts[1], what);
  }
  const inRange = changed.filter(({ version }) =>
    version >= from && version <= to
  );
  assert.deepEqual(inRange.length, changed.length, "changes of other versions");
}

function hasColumn({ columns }: ModelVersion, key: string): boolean {
  return columns.some((column) => column.key === key);
}

/** The rows of a version in later columns; `undefined` where a type became narrower. */
function textsIn(
  version: ModelVersion,
  columns: readonly ModelColumn[],
): string[] | undefined {
  const values = columns.map(({ key, type }) => {
    const old = version.columns.find((column) => column.key === key);
    if (!old || sameType(old.type, type)) {
      return { key, of: (row: ModelRow) => row[key] ?? null };
    }
    const widens = isWider(old.type, type);
    return widens
      ? { key, of: (row: ModelRow) => widenedValue(row[key] ?? null, type) }
      : undefined;
  });
  if (values.includes(undefined)) return undefined;
  const rows = version.rows.map((row) =>
    Object.fromEntries(values.map((value) => [value!.key, value!.of(row)]))
  );
  return textsOf(rows, columns);
}

/** One row of the feed. */
interface Change {
  readonly kind: string;
  readonly version: number;
  readonly timestamp: number;
  readonly row: ModelRow;
}

function changesIn(
  batches: readonly RecordBatch[],
  columns: readonly ModelColumn[],
): Change[] {
  return batches.flatMap((batch) => {
    const read = (at: number, type: DataType) =>
      columnReader(batch.data.children[at]!, type);
    const own = columns.map(({ key, type }, i) => ({
      key,
      of: read(i, type),
    }));
    const end = columns.length;
    const kind = read(end, { kind: "string" });
    const version = read(end + 1, { kind: "long" });
    const time = read(end + 2, { kind: "timestamp" });
    return Array.from({ length: batch.numRows }, (_, at) => {
      const row: ModelRow = Object.fromEntries(
        own.map(({ key, of }) => [key, of(at)]),
      );
      return {
        kind: kind(at) as string,
        version: Number(version(at)),
        timestamp: Number(time(at) as bigint / 1000n),
        row,
      };
    });
  });
}

function applied(
  before: readonly string[],
  changes: readonly Change[],
  columns: readonly ModelColumn[],
  what: string,
): string[] {
  const count = (kind: string) =>
    changes.filter((change) => change.kind === kind).length;
  assert.deepEqual(count("update_preimage"), count("update_postimage"), what);
  const rows = new Map<string, number>();
  const add = (text: string, by: number): void => {
    rows.set(text, (rows.get(text) ?? 0) + by);
  };
  before.forEach((text) => add(text, 1));
  for (const { kind, row } of changes) {
    const text = textsOf([row], columns)[0]!;
    const goes = kind === "delete" || kind === "update_preimage";
    assert(
      goes || kind === "insert" || kind === "update_postimage",
      `${what}: ${kind}`,
    );
    if (goes) assert(before.includes(text), `${what}: ${text} never was there`);
    add(text, goes ? -1 : 1);
  }
  return sortUtf8([...rows].flatMap(([text, times]) => {
    assert(times >= 0, `${what}: ${text} goes more often than it is there`);
    return Array<string>(times).fill(text);
  }));
}

/** Commands that change no row. */
export const upkeepCommands: readonly fc.Arbitrary<Step>[] = [
  optimize,
  checkpoint,
  compactLog,
  cleanup,
  vacuum,
  wait,
  reopen,
  restore,
  travel,
  feed,
  query,
];
