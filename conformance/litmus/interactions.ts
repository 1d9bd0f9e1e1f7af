/**
 * The B tests: pairs of operations that engines are known to get wrong, in both
 * directions: what must not both commit, and what must.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  type Action,
  type AddFile,
  col,
  type CommitInfo,
  DeltaTable,
  memoryStore,
  type ObjectStore,
} from "../../src/mod.ts";
import { virtualHost } from "../../testing/virtual_host.ts";
import {
  ARD,
  column,
  each,
  EVERY_LEVEL,
  FIRST_ROWS,
  type Lab,
  lab,
  type Litmus,
  outcomeOf,
  P2,
  P2_AND_ONE,
  race,
  type RaceEnd,
  races,
  rows,
  rowsOf,
  type Setup,
  U,
  type Verb,
} from "./litmus_test_kit.ts";

const append = (...pairs: [string | null, number][]): Verb => (t) =>
  t.append(rows(...pairs));
const deleteOf = (p: string): Verb => (t) =>
  t.delete({ where: col("p").eq(p) });
const optimize: Verb = (t) => t.optimize();
const plusTen = (p: string): Verb => (t) =>
  t.update({ set: { x: { sql: "x + 10" } }, where: col("p").eq(p) });
const setProperty = (name: string, value: string): Verb => (t) =>
  t.alter.setProperties({ properties: { [name]: value } });
const FIRST = ["a,1", "a,2", "b,1"];
const mapped: Setup = {
  ...U,
  properties: { "delta.columnMapping.mode": "name" },
};
const withVectors: Setup = {
  ...U,
  properties: { "delta.enableDeletionVectors": "true" },
};

/** All B tests. */
export const INTERACTIONS: readonly Litmus[] = [
  races("B1", "append-vs-delete-elsewhere", {
    setup: P2,
    x: deleteOf("b"),
    y: append(["a", 9]),
    levels: EVERY_LEVEL,
    xFirst: { ok: ["a,1", "a,2", "a,9"] },
    yFirst: { ok: ["a,1", "a,2", "a,9"] },
  }),
  races("B2", "append-vs-optimize", {
    setup: P2_AND_ONE,
    x: optimize,
    y: append(["a", 9]),
    levels: EVERY_LEVEL,
    xFirst: { ok: ["a,1", "a,2", "a,3", "a,9", "b,1"] },
    yFirst: { ok: ["a,1", "a,2", "a,3", "a,9", "b,1"] },
  }),
  races("B3", "optimize-twice", {
    setup: P2_AND_ONE,
    x: optimize,
    y: optimize,
    levels: EVERY_LEVEL,
    xFirst: each([...ARD, "nothing"], ["a,1", "a,2", "a,3", "b,1"]),
    yFirst: each([...ARD, "nothing"], ["a,1", "a,2", "a,3", "b,1"]),
  }),
  races("B4", "delete-all-vs-optimize", {
    setup: P2_AND_ONE,
    x: optimize,
    y: (t) => t.delete(),
    levels: EVERY_LEVEL,
    xFirst: each(ARD, ["a,1", "a,2", "a,3", "b,1"]),
    yFirst: each(ARD, []),
  }, {
    setup: P2_AND_ONE,
    x: optimize,
    y: (t) => t.overwrite(rows(["z", 1])),
    levels: EVERY_LEVEL,
    xFirst: each(ARD, ["a,1", "a,2", "a,3", "b,1"]),
    yFirst: each(ARD, ["z,1"]),
  }),
  races("B5", "optimize-disjoint", {
    setup: P2_AND_ONE,
    x: deleteOf("b"),
    y: optimize,
    levels: EVERY_LEVEL,
    xFirst: { ok: ["a,1", "a,2", "a,3"] },
    yFirst: { ok: ["a,1", "a,2", "a,3"] },
  }),
  races("B6", "dml-disjoint", {
    setup: P2,
    x: plusTen("a"),
    y: plusTen("b"),
    levels: EVERY_LEVEL,
    xFirst: { ok: ["a,11", "a,12", "b,11"] },
    yFirst: { ok: ["a,11", "a,12", "b,11"] },
  }, {
    setup: U,
    x: plusTen("a"),
    y: plusTen("b"),
    levels: EVERY_LEVEL,
    xFirst: each(ARD, ["a,11", "a,12", "b,1"]),
    yFirst: each(ARD, ["a,1", "a,2", "b,11"]),
  }),
  races("B7", "dv-same-file", {
    setup: withVectors,
    x: (t) => t.delete({ where: "p = 'a' AND x = 1" }),
    y: (t) => t.delete({ where: "p = 'a' AND x = 2" }),
    levels: EVERY_LEVEL,
    xFirst: each(ARD, ["a,2", "b,1"]),
    yFirst: each(ARD, ["a,1", "b,1"]),
    then: onePathOnce,
  }),
  races("B8", "replacewhere-empty", {
    setup: { partitioned: true, rows: [rows(["b", 1])] },
    x: (t) => t.overwrite(rows(["a", 1]), { where: "p = 'a'" }),
    y: (t) => t.overwrite(rows(["a", 2]), { where: "p = 'a'" }),
    levels: EVERY_LEVEL,
    xFirst: each(["ConcurrentAppend"], ["a,1", "b,1"]),
    yFirst: each(["ConcurrentAppend"], ["a,2", "b,1"]),
  }),
  races("B9", "null-partition", {
    setup: { partitioned: true, rows: [rows([null, 1], ["a", 1])] },
    x: append([null, 2]),
    y: (t) => t.delete({ where: col("p").isNull() }),
    xFirst: each(["ConcurrentAppend"], ["a,1", "null,1", "null,2"]),
    yFirst: { ok: ["a,1", "null,2"] },
  }, {
    setup: { partitioned: true, rows: [rows([null, 1], ["a", 1])] },
    x: append([null, 2]),
    y: deleteOf("a"),
    xFirst: { ok: ["null,1", "null,2"] },
    yFirst: { ok: ["null,1", "null,2"] },
  }, {
    // The empty string is null.
    setup: { partitioned: true, rows: [rows([null, 1], ["a", 1])] },
    x: append(["", 2]),
    y: (t) => t.delete({ where: col("p").isNull() }),
    xFirst: each(["ConcurrentAppend"], ["a,1", "null,1", "null,2"]),
    yFirst: { ok: ["a,1", "null,2"] },
  }),
  { id: "B10", name: "no-stats-winner", run: noStatistics },
  { id: "B11", name: "stats-edge", run: statisticsEdge },
  races("B12", "add-check-vs-append", {
    setup: U,
    x: append(["a", -5]),
    y: (t) => t.alter.addConstraint({ name: "positive", expression: "x > 0" }),
    levels: EVERY_LEVEL,
    xFirst: each(["ConcurrentAppend", "ConcurrentDeleteRead"], [
      "a,-5",
      ...FIRST,
    ]),
    // And B13, the other way round: the constraint was there first.
    yFirst: each(["MetadataChanged", "ProtocolChanged"], FIRST),
  }),
  races("B13", "append-vs-add-check", {
    setup: { ...U, rows: [FIRST_ROWS, rows(["b", 2])] },
    x: (t) => t.alter.addConstraint({ name: "positive", expression: "x > 0" }),
    y: (t) => t.update({ set: { x: -5 }, where: col("p").eq("b") }),
    levels: EVERY_LEVEL,
    xFirst: each(["MetadataChanged", "ProtocolChanged"], [...FIRST, "b,2"]),
    yFirst: each(ARD, ["a,1", "a,2", "b,-5", "b,-5"]),
  }),
  races("B14", "appendonly-vs-delete", {
    setup: P2,
    x: setProperty("delta.appendOnly", "true"),
    y: deleteOf("b"),
    levels: EVERY_LEVEL,
    xFirst: each(["MetadataChanged"], FIRST),
    yFirst: { ok: ["a,1", "a,2"] },
  }),
  races("B15", "add-column-twice", {
    setup: P2,
    x: (t) => t.append([{ p: "a", x: 5, c1: 1 }], { mergeSchema: true }),
    y: (t) => t.append([{ p: "a", x: 6, c2: 2 }], { mergeSchema: true }),
    levels: EVERY_LEVEL,
    xFirst: each(["MetadataChanged"], [
      "a,1,null",
      "a,2,null",
      "a,5,1",
      "b,1,null",
    ]),
    yFirst: each(["MetadataChanged"], [
      "a,1,null",
      "a,2,null",
      "a,6,2",
      "b,1,null",
    ]),
    then: onePartitionColumn,
  }, {
    setup: P2,
    x: (t) => t.alter.addColumns({ columns: [column("c1", "long")] }),
    y: (t) => t.alter.addColumns({ columns: [column("c2", "long")] }),
    levels: EVERY_LEVEL,
    xFirst: each(["MetadataChanged"], "any"),
    yFirst: each(["MetadataChanged"], "any"),
    then: onePartitionColumn,
  }),
  races("B16", "rename-vs-append", {
    setup: mapped,
    x: (t) => t.alter.renameColumn({ column: "x", to: "y" }),
    y: append(["a", 9]),
    xFirst: each(["MetadataChanged"], FIRST),
    yFirst: { ok: ["a,1", "a,2", "a,9", "b,1"] },
  }, {
    setup: mapped,
    x: (t) => t.alter.dropColumns({ columns: ["x"] }),
    y: append(["a", 9]),
    xFirst: each(["MetadataChanged"], ["a", "a", "b"]),
    yFirst: { ok: ["a", "a", "a", "b"] },
  }),
  races("B17", "widen-vs-append", {
    setup: {
      ...U,
      schema: {
        kind: "struct",
        fields: [column("p", "string"), {
          ...column("x", "long"),
          type: { kind: "integer" },
        }],
      },
      properties: { "delta.enableTypeWidening": "true" },
    },
    x: (t) => t.alter.widenColumn({ column: "x", type: "long" }),
    y: append(["a", 9]),
    xFirst: each(["MetadataChanged"], FIRST),
    yFirst: { ok: ["a,1", "a,2", "a,9", "b,1"] },
  }),
  { id: "B18", name: "unknown-writer-feature", run: unknownFeature },
  races("B19", "feature-drop", {
    setup: {
      ...P2,
      properties: { "delta.feature.domainMetadata": "supported" },
    },
    x: (t) => t.alter.dropFeature({ feature: "domainMetadata" }),
    y: (t) => t.alter.setDomain({ domain: "mine", configuration: "y" }),
    levels: EVERY_LEVEL,
    xFirst: each(["ProtocolChanged"], FIRST),
    // What is left of a feature must not outlive it.
    yFirst: each(["ConcurrentTransaction"], FIRST),
  }, {
    setup: {
      ...P2,
      properties: { "delta.feature.changeDataFeed": "supported" },
    },
    x: (t) => t.alter.dropFeature({ feature: "changeDataFeed" }),
    y: setProperty("delta.enableChangeDataFeed", "true"),
    levels: EVERY_LEVEL,
    xFirst: each(["ProtocolChanged"], FIRST),
    yFirst: each(["MetadataChanged"], FIRST),
  }),
  races("B20", "enable-cdf-vs-delete", {
    setup: P2,
    x: setProperty("delta.enableChangeDataFeed", "true"),
    y: plusTen("a"),
    levels: EVERY_LEVEL,
    xFirst: each(["MetadataChanged", "ProtocolChanged"], FIRST),
    yFirst: { ok: ["a,11", "a,12", "b,1"] },
  }),
  { id: "B21", name: "ict-enable-vs-append", run: risingTimestamps },
  { id: "B22", name: "rowid-rebase", run: rowIdsApart },
  races("B23", "txn-exactly-once", {
    setup: P2,
    x: batch(5),
    y: batch(5),
    levels: EVERY_LEVEL,
    xFirst: each(["nothing", "ConcurrentTransaction"], [...FIRST, "c,5"]),
    yFirst: each(["nothing", "ConcurrentTransaction"], [...FIRST, "c,5"]),
  }),
  races("B24", "txn-lower-version", {
    setup: P2,
    x: batch(4),
    y: batch(5),
    levels: EVERY_LEVEL,
    // 4 came first: 5 cannot tell whether 4 was part of what it replaces.
    xFirst: each(["ConcurrentTransaction"], [...FIRST, "c,4"]),
    // 5 came first: 4 is behind it already.
    yFirst: each(["nothing", "ConcurrentTransaction"], [...FIRST, "c,5"]),
  }),
  races("B25", "domain-same", {
    setup: {
      ...P2,
      properties: { "delta.feature.domainMetadata": "supported" },
    },
    x: (t) => t.alter.setDomain({ domain: "mine", configuration: "x" }),
    y: (t) => t.alter.setDomain({ domain: "mine", configuration: "y" }),
    levels: EVERY_LEVEL,
    xFirst: each(["ConcurrentTransaction"], FIRST),
    yFirst: each(["ConcurrentTransaction"], FIRST),
  }, {
    setup: {
      ...P2,
      properties: { "delta.feature.domainMetadata": "supported" },
    },
    x: (t) => t.alter.setDomain({ domain: "mine", configuration: "x" }),
    y: (t) => t.alter.setDomain({ domain: "yours", configuration: "y" }),
    levels: EVERY_LEVEL,
    xFirst: { ok: FIRST },
    yFirst: { ok: FIRST },
  }),
  { id: "B26", name: "unknown-action", run: unknownAction },
  { id: "B27", name: "level-spelling", run: levelSpelling },
  { id: "B28", name: "blind-flag-truth", run: blindFlags },
  { id: "B29", name: "create-race", run: createRace },
  { id: "B30", name: "first-append-race", run: firstAppendRace },
];

/** An append at most once per number. */
function batch(version: number): Verb {
  return (t) =>
    t.append(rows(["c", version]), { txn: { appId: "app", version } });
}

async function filesOf(table: DeltaTable): Promise<AddFile[]> {
  return await Array.fromAsync(table.files());
}

async function onePathOnce({ lab }: RaceEnd): Promise<void> {
  const paths = (await filesOf(await lab.open())).map((file) => file.path);
  assert.equal(new Set(paths).size, paths.length);
}

async function onePartitionColumn({ lab }: RaceEnd): Promise<void> {
  const table = await lab.open();
  assert.deepEqual(table.metadata.partitionColumns, ["p"]);
  assert.equal(table.schema.fields.length, 3);
}

// ---- commits written by hand ---------------------------------------------------

function pathOf(version: number): string {
  return `_delta_log/${String(version).padStart(20, "0")}.json`;
}

async function commitOf(
  store: ObjectStore,
  version: number,
): Promise<Action[]> {
  const found = await store.get(pathOf(version));
  const text = new TextDecoder().decode(found!.bytes);
  return text.trim().split("\n").map((line) => JSON.parse(line) as Action);
}

async function putCommit(
  store: ObjectStore,
  version: number,
  actions: readonly unknown[],
): Promise<void> {
  const text = actions.map((action) => JSON.stringify(action)).join("\n");
  const outcome = await store.putIfAbsent(
    pathOf(version),
    new TextEncoder().encode(`${text}\n`),
  );
  assert.equal(outcome.kind, "created");
}

function infoOf(actions: readonly Action[]): CommitInfo {
  const [first] = actions;
  assert.ok(first && "commitInfo" in first);
  return first.commitInfo;
}

async function newestInfo(made: Lab): Promise<CommitInfo> {
  const { version } = await made.open();
  return infoOf(await commitOf(made.store, version));
}

/** A data file with some rows, put into a table's store; nobody names it yet. */
async function writtenFile(
  made: Lab,
  ...pairs: [string, number][]
): Promise<AddFile> {
  const scratch = await lab({ partitioned: false, rows: [rows(...pairs)] });
  const [file] = await filesOf(await scratch.open());
  assert.ok(file);
  await made.store.put(file.path, (await scratch.store.get(file.path))!.bytes);
  return file;
}

async function noStatistics(): Promise<void> {
  const setup: Setup = {
    partitioned: false,
    rows: [FIRST_ROWS, rows(["b", 600])],
  };
  for (const hasStatistics of [false, true]) {
    // Given a winner that appended one row, with statistics that prove it is
    // outside or without any,
    const made = await lab(setup);
    const deleting = await made.open();
    const appending = await made.open();
    const { stats, ...bare } = await writtenFile(
      made,
      ["b", hasStatistics ? 5 : 500],
    );
    const transaction = appending.transaction({ operation: "WRITE" });
    transaction.add(hasStatistics ? { ...bare, stats: stats! } : bare);
    assert.equal(await outcomeOf(transaction.commit()), "ok");
    // when rows from 500 on are deleted, then only statistics let it pass.
    const outcome = await outcomeOf(deleting.delete({ where: "x >= 500" }));
    assert.equal(outcome, hasStatistics ? "ok" : "ConcurrentAppend");
  }
}

async function statisticsEdge(): Promise<void> {
  // Strings cut to a prefix, NaN, microseconds cut to milliseconds, and -0.0 are at
  // the edge of what the statistics say; the row that matches lies there.
  const long = "x".repeat(40);
  const cases: [string, unknown, unknown, string][] = [
    ["string", "a", `${long}z`, `v > '${long}y'`],
    ["double", 1, NaN, "v > 1e300"],
    ["double", 5, -0, "v >= 0.0 AND v < 1.0"],
    [
      "timestamp",
      "2020-01-01T00:00:00Z",
      "2024-05-05T05:05:05.123456Z",
      "v > TIMESTAMP '2024-05-05T05:05:05.123400Z'",
    ],
  ];
  for (const [kind, seed, edge, where] of cases) {
    const setup: Setup = {
      partitioned: false,
      schema: {
        kind: "struct",
        fields: [{
          ...column("v", "string"),
          type: { kind: kind as "string" },
        }],
      },
      // A row that matches is there before, or the delete is a legal no-op.
      rows: [[{ v: seed }], [{ v: edge }]],
    };
    const end = await race(
      setup,
      (t) => t.append([{ v: edge }]),
      (t) => t.delete({ where }),
    );
    assert.equal(end.second, "ConcurrentAppend", `${kind}: ${where}`);
    assert.equal(end.rows.length, 3);
  }
}

async function unknownFeature(): Promise<void> {
  for (const level of EVERY_LEVEL) {
    const made = await lab(P2, level);
    const stale = await made.open();
    await putCommit(made.store, stale.version + 1, [
      { commitInfo: { operation: "UPGRADE PROTOCOL" } },
      {
        protocol: {
          minReaderVersion: 1,
          minWriterVersion: 7,
          writerFeatures: ["appendOnly", "invariants", "noFeatureOfThisName"],
        },
      },
    ]);
    assert.equal(
      await outcomeOf(stale.append(rows(["a", 9]))),
      "ProtocolChanged",
    );
    assert.equal(await made.store.head(pathOf(stale.version + 2)), undefined);
  }
}

async function risingTimestamps(): Promise<void> {
  for (const enableFirst of [true, false]) {
    // Given a table whose in-commit timestamps are turned on while another appends,
    const made = await lab(P2);
    const handles = await Promise.all([1, 2, 3, 4].map(() => made.open()));
    const enable = setProperty("delta.enableInCommitTimestamps", "true");
    const first = enableFirst ? enable : append(["a", 8]);
    const second = enableFirst ? append(["a", 8]) : enable;
    assert.equal(await outcomeOf(first(handles[0]!)), "ok");
    // the clock of the second far behind,
    made.host.advance(-3_600_000);
    const outcome = await outcomeOf(second(handles[1]!));
    assert.ok(["ok", "MetadataChanged", "ProtocolChanged"].includes(outcome));
    // and three more that race on it,
    const racing = await Promise.all([1, 2, 3].map(() => made.open()));
    for (const table of racing) await table.append(rows(["a", 9]));
    // then every commit since is later than the one before.
    const table = await made.open();
    const { configuration } = table.metadata;
    const from = Number(
      configuration["delta.inCommitTimestampEnablementVersion"],
    );
    assert.ok(Number.isInteger(from));
    let last = (await made.store.head(pathOf(from - 1)))!.lastModified;
    for (let version = from; version <= table.version; version++) {
      const time =
        infoOf(await commitOf(made.store, version)).inCommitTimestamp;
      assert.ok(time !== undefined && time > last, `version ${version}`);
      if (version === from) {
        assert.equal(
          configuration["delta.inCommitTimestampEnablementTimestamp"],
          String(time),
        );
      }
      last = time;
    }
  }
}

async function rowIdsApart(): Promise<void> {
  for (const [first, second] of [[5, 1], [1, 5]] as const) {
    const made = await lab({
      ...U,
      properties: { "delta.enableRowTracking": "true" },
    });
    const many = (n: number): Verb => (t) =>
      t.append(
        rows(
          ...Array.from({ length: n }, (_, x): [string, number] => ["c", x]),
        ),
      );
    const [one, two] = [await made.open(), await made.open()];
    assert.equal(await outcomeOf(many(first)(one)), "ok");
    assert.equal(await outcomeOf(many(second)(two)), "ok");
    const table = await made.open();
    const taken = new Set<number>();
    for (const file of await filesOf(table)) {
      const { numRecords } = JSON.parse(file.stats!) as { numRecords: number };
      assert.ok(file.baseRowId !== undefined);
      assert.ok(file.defaultRowCommitVersion !== undefined);
      for (let i = 0; i < numRecords; i++) {
        assert.ok(!taken.has(file.baseRowId + i), "a row id is there twice");
        taken.add(file.baseRowId + i);
      }
    }
    assert.equal(taken.size, 9);
    const actions = (await commitOf(made.store, table.version)) as {
      domainMetadata?: { configuration: string };
    }[];
    const domain = actions.find((a) => a.domainMetadata)!.domainMetadata!;
    assert.equal(JSON.parse(domain.configuration).rowIdHighWaterMark, 8);
  }
}

async function unknownAction(): Promise<void> {
  const made = await lab(P2);
  const stale = await made.open();
  await putCommit(made.store, stale.version + 1, [
    { commitInfo: { operation: "NEW" } },
    { brandNewAction: { a: 1 } },
  ]);
  assert.equal(await outcomeOf(stale.append(rows(["c", 1]))), "ok");
  assert.deepEqual(await made.rows(), [...FIRST, "c,1"]);
}

async function levelSpelling(): Promise<void> {
  for (
    const spelling of [
      "WriteSerializable",
      "writeSerializable",
      "WRITESERIALIZABLE",
    ]
  ) {
    const end = await race(
      { ...P2, properties: { "delta.isolationLevel": spelling } },
      append(["a", 9]),
      deleteOf("a"),
    );
    assert.equal(end.second, "ok", spelling);
    const info = await newestInfo(end.lab);
    assert.equal(info.isolationLevel, "WriteSerializable");
  }
  await assert.rejects(
    () => lab({ ...P2, properties: { "delta.isolationLevel": "Lax" } }),
    /delta\.isolationLevel/,
  );
}

async function blindFlags(): Promise<void> {
  const blind: [string, Verb][] = [["append", append(["a", 9])]];
  const seeing: [string, Verb][] = [
    ["delete", deleteOf("b")],
    ["delete all", (t) => t.delete()],
    ["update", plusTen("a")],
    ["merge", (t) =>
      t.merge({
        source: rows(["k", 1]),
        on: ["p", "x"],
        whenNotMatched: [{ insert: "all" }],
      })],
    ["INSERT SELECT", (t) => t.appendSelect({ where: "p = 'a'" })],
    ["overwrite", (t) => t.overwrite(rows(["z", 1]))],
    ["replace where", (t) => t.overwrite(rows(["q", 1]), { where: "p = 'q'" })],
    ["optimize", optimize],
    ["restore", (t) => t.restore({ version: 1 })],
  ];
  for (const [name, verb] of [...blind, ...seeing]) {
    const made = await lab(P2_AND_ONE);
    assert.equal(await outcomeOf(verb(await made.open())), "ok", name);
    const info = await newestInfo(made);
    assert.equal(info.isBlindAppend, name === "append", name);
  }
}

async function createRace(): Promise<void> {
  for (const mode of ["error", "ignore", "overwrite"] as const) {
    const host = virtualHost();
    const store = memoryStore(undefined, host);
    const outcomes = await Promise.all([1, 2, 3, 4].map(async (x) => {
      let created = false;
      const outcome = await outcomeOf((async () => {
        const table = await DeltaTable.create("memory://race", {
          store,
          host,
          mode,
          schema: {
            kind: "struct",
            fields: [column("p", "string"), column("x", "long")],
          },
        });
        created = table.created;
        await table.append(rows(["c", x]));
      })());
      return { outcome, created };
    }));
    const table = await DeltaTable.open("memory://race", { store, host });
    const ids = new Set<string>();
    for (let version = 0; version <= table.version; version++) {
      for (const action of await commitOf(store, version)) {
        if ("metaData" in action) ids.add(action.metaData.id);
      }
    }
    assert.equal(ids.size, 1, `${mode}: one table id`);
    const fine = outcomes.filter(({ outcome }) => outcome === "ok").length;
    if (mode === "error") {
      assert.equal(fine, 1);
      assert.equal(
        outcomes.filter((o) => o.outcome === "DELTA_TABLE_ALREADY_EXISTS")
          .length,
        3,
      );
    }
    if (mode === "ignore") {
      assert.equal(fine, 4);
      assert.equal(outcomes.filter(({ created }) => created).length, 1);
      assert.equal((await rowsOf(table)).length, 4);
    }
  }
}

async function firstAppendRace(): Promise<void> {
  const host = virtualHost();
  const store = memoryStore(undefined, host);
  const outcomes = await Promise.all(
    [1, 2].map((x) =>
      outcomeOf(DeltaTable.create("memory://first", {
        store,
        host,
        schema: {
          kind: "struct",
          fields: [column("p", "string"), column("x", "long")],
        },
        data: rows(["c", x]),
      }))
    ),
  );
  assert.deepEqual(outcomes.sort(), ["DELTA_TABLE_ALREADY_EXISTS", "ok"]);
  const table = await DeltaTable.open("memory://first", { store, host });
  assert.equal((await rowsOf(table)).length, 1);
  assert.equal(table.version, 0);
}
