/**
 * The A tests: what isolation forbids, each anomaly by its name in the literature.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  col,
  type DeltaTable,
  faultyStore,
  type RowInput,
} from "../../src/mod.ts";
import {
  ARD,
  each,
  EVERY_LEVEL,
  lab,
  type Litmus,
  outcomeOf,
  P2,
  race,
  races,
  rows,
  rowsOf,
  U,
  type Verb,
} from "./litmus_test_kit.ts";

const append = (...pairs: [string | null, number][]): Verb => (t) =>
  t.append(rows(...pairs));
const overwrite = (...pairs: [string, number][]): Verb => (t) =>
  t.overwrite(rows(...pairs));
const plusOne: Verb = (t) => t.update({ set: { x: { sql: "x + 1" } } });
const mergeKey = (p: string, x: number): Verb => (t) =>
  t.merge({
    source: rows([p, x]),
    on: ["p", "x"],
    whenNotMatched: [{ insert: "all" }],
  });

/** All A tests. */
export const ANOMALIES: readonly Litmus[] = [
  races("A1", "g0-overwrite", {
    setup: P2,
    x: overwrite(["y", 1]),
    y: overwrite(["z", 1]),
    levels: EVERY_LEVEL,
    xFirst: each(ARD, ["y,1"]),
    yFirst: each(ARD, ["z,1"]),
  }),
  races("A2", "g0-empty", {
    setup: { partitioned: false, rows: [] },
    x: overwrite(["y", 1]),
    y: overwrite(["z", 1]),
    // What replaces nothing has still read that there is nothing.
    levels: EVERY_LEVEL,
    xFirst: each(ARD, ["y,1"]),
    yFirst: each(ARD, ["z,1"]),
  }),
  { id: "A3", name: "g1a-failed-then-visible", run: failedStaysUnseen },
  { id: "A4", name: "g1b-half-commit", run: noHalfCommit },
  races("A5", "lost-update", {
    setup: U,
    x: plusOne,
    y: plusOne,
    levels: EVERY_LEVEL,
    xFirst: each(ARD, ["a,2", "a,3", "b,2"]),
    yFirst: each(ARD, ["a,2", "a,3", "b,2"]),
  }),
  races("A6", "lost-update-cross", {
    setup: P2,
    x: (t) =>
      t.update({ set: { x: { sql: "x + 10" } }, where: col("p").eq("a") }),
    y: (t) =>
      t.merge({
        source: rows(["a", 1]),
        on: ["p", "x"],
        whenMatched: [{ update: { x: 100 } }],
      }),
    levels: EVERY_LEVEL,
    xFirst: each(ARD, ["a,11", "a,12", "b,1"]),
    yFirst: each(ARD, ["a,100", "a,2", "b,1"]),
  }),
  races("A7", "phantom-delete", {
    setup: P2,
    x: append(["a", 9]),
    y: (t) => t.delete({ where: col("p").eq("a") }),
    xFirst: each(["ConcurrentAppend"], ["a,1", "a,2", "a,9", "b,1"]),
    yFirst: { ok: ["a,9", "b,1"] },
  }, {
    setup: P2,
    x: append(["a", 9]),
    y: (t) => t.delete({ where: col("p").eq("a") }),
    levels: ["WriteSerializable", "SnapshotIsolation"],
    xFirst: { ok: ["a,9", "b,1"] },
    yFirst: { ok: ["a,9", "b,1"] },
  }),
  { id: "A8", name: "read-skew", run: pinnedReads },
  { id: "A9", name: "write-skew", run: writeSkew },
  races("A10", "g2-insert-if-absent", {
    setup: P2,
    x: mergeKey("k", 1),
    y: mergeKey("k", 1),
    levels: ["Serializable", "WriteSerializable"],
    xFirst: each(ARD, ["a,1", "a,2", "b,1", "k,1"]),
    yFirst: each(ARD, ["a,1", "a,2", "b,1", "k,1"]),
  }, {
    setup: U,
    x: mergeKey("k", 1),
    y: mergeKey("k", 1),
    levels: ["Serializable", "WriteSerializable"],
    xFirst: each(ARD, ["a,1", "a,2", "b,1", "k,1"]),
    yFirst: each(ARD, ["a,1", "a,2", "b,1", "k,1"]),
  }),
  races("A11", "merge-vs-blind", {
    setup: P2,
    x: append(["k", 1]),
    y: mergeKey("k", 1),
    xFirst: each(["ConcurrentAppend"], ["a,1", "a,2", "b,1", "k,1"]),
    yFirst: { ok: ["a,1", "a,2", "b,1", "k,1", "k,1"] },
  }, {
    setup: P2,
    x: append(["k", 1]),
    y: mergeKey("k", 1),
    levels: ["WriteSerializable"],
    xFirst: { ok: ["a,1", "a,2", "b,1", "k,1", "k,1"] },
    yFirst: { ok: ["a,1", "a,2", "b,1", "k,1", "k,1"] },
  }),
  { id: "A12", name: "long-fork", run: noLongFork },
  { id: "A13", name: "ryw-monotonic", run: ownWritesSeen },
  { id: "A14", name: "real-time", run: realTime },
  races("A15", "restore-race", {
    setup: { ...P2, rows: [rows(["a", 1]), rows(["b", 1])] },
    x: append(["c", 1]),
    y: (t) => t.restore({ version: 1 }),
    levels: EVERY_LEVEL,
    xFirst: each(["ConcurrentWrite", ...ARD], ["a,1", "b,1", "c,1"]),
    yFirst: { ok: ["a,1", "c,1"] },
  }),
];

async function failedStaysUnseen(): Promise<void> {
  // Given an append whose commit the store refuses, and one whose rows are wrong,
  const made = await lab(P2);
  const refusing = faultyStore(
    made.store,
    ({ name }) => name === "putIfAbsent" ? { kind: "rejected" } : undefined,
  );
  const refused = await made.open(undefined, refusing);
  const broken = await made.open();
  function* half(): Generator<RowInput> {
    yield { p: "lost", x: 1 };
    yield { p: "lost", x: "no number" };
  }
  // when both have failed, and others went on,
  assert.equal(
    await outcomeOf(refused.append(rows(["lost", 2]))),
    "DELTA_STORE_REJECTED",
  );
  assert.notEqual(await outcomeOf(broken.append(half())), "ok");
  await (await made.open()).append(rows(["c", 1]));
  // then no version ever shows their rows.
  const last = (await made.open()).version;
  for (let version = 0; version <= last; version++) {
    const seen = await made.rows(version);
    assert.ok(seen.every((row) => !row.startsWith("lost")), `at ${version}`);
  }
}

async function noHalfCommit(): Promise<void> {
  // Given one append of many files in five partitions,
  const made = await lab({ partitioned: true, rows: [] });
  const batch = Array.from(
    { length: 50 },
    (_, x): RowInput => ({ p: "abcde"[x % 5]!, x }),
  );
  const writer = await made.open();
  let done = false;
  const writing = writer.append(batch, { targetFileSize: 1 })
    .finally(() => done = true);
  // when readers look all the while, then they see none of it or all.
  const counts = new Set<number>();
  while (!done) counts.add(await (await made.open()).count());
  await writing;
  counts.add(await (await made.open()).count());
  assert.ok([...counts].every((n) => n === 0 || n === 50), `${[...counts]}`);
}

async function pinnedReads(): Promise<void> {
  const made = await lab(P2);
  const reader = await made.open();
  const before = await rowsOf(reader);
  await (await made.open()).append(rows(["a", 3]));
  await (await made.open()).delete({ where: col("p").eq("b") });
  await (await made.open()).optimize();
  assert.deepEqual(await rowsOf(reader), before);
  await reader.refresh();
  assert.deepEqual(await rowsOf(reader), ["a,1", "a,2", "a,3"]);
}

/** Rows of one partition, copied to another. */
const copy = (from: string, to: string): Verb => (t) =>
  t.appendSelect({ where: col("p").eq(from), set: { p: to } });

async function writeSkew(): Promise<void> {
  const aToB = copy("a", "b");
  const bToA = copy("b", "a");
  for (const level of EVERY_LEVEL) {
    for (const [first, second] of [[aToB, bToA], [bToA, aToB]] as const) {
      const end = await race(P2, first, second, level);
      const both = level === "SnapshotIsolation";
      assert.equal(end.second, both ? "ok" : "ConcurrentAppend", level);
      if (both) {
        const all = ["a,1", "a,1", "a,2", "b,1", "b,1", "b,2"];
        assert.deepEqual(end.rows, all);
      }
    }
  }
}

async function noLongFork(): Promise<void> {
  // Given two writers that append at once, and readers all the while,
  const made = await lab({ partitioned: true, rows: [] });
  const [w1, w2] = [await made.open(), await made.open()];
  let done = false;
  const writing = Promise.all([
    (async () => {
      for (let x = 0; x < 10; x++) await w1.append(rows(["a", x]));
    })(),
    (async () => {
      for (let x = 0; x < 10; x++) await w2.append(rows(["b", x]));
    })(),
  ]).finally(() => done = true);
  const seen: Set<string>[] = [];
  while (!done) seen.push(new Set(await made.rows()));
  await writing;
  seen.push(new Set(await made.rows()));
  // then what they saw is one chain: of two states one holds the other.
  seen.sort((a, b) => a.size - b.size);
  for (let i = 1; i < seen.length; i++) {
    assert.ok([...seen[i - 1]!].every((row) => seen[i]!.has(row)));
  }
  assert.equal(seen.at(-1)!.size, 20);
}

async function ownWritesSeen(): Promise<void> {
  const made = await lab({
    ...P2,
    properties: { "delta.checkpointInterval": "3" },
  });
  const writer = await made.open();
  let last = writer.version;
  for (let x = 10; x < 20; x++) {
    const { version } = await writer.append(rows(["a", x]));
    assert.ok(version > last && writer.version === version);
    last = version;
    const hint = "_delta_log/_last_checkpoint";
    // With the hint, and without it.
    for (const forget of [false, true]) {
      if (forget) await made.store.delete([hint]);
      const other = await made.open();
      assert.equal(other.version, version);
      assert.ok((await rowsOf(other)).includes(`a,${x}`));
    }
  }
}

async function realTime(): Promise<void> {
  const made = await lab(P2);
  const [one, two]: DeltaTable[] = [await made.open(), await made.open()];
  const first = await one!.append(rows(["c", 1]));
  const second = await two!.append(rows(["c", 2]));
  assert.ok(first.version < second.version);
  assert.ok((await rowsOf(two!)).includes("c,1"));
}
