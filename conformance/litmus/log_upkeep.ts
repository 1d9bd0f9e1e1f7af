/**
 * The D tests: checkpoints, cleanup, vacuum and time travel must never change
 * what a version is.
 *
 * @module
 */

import assert from "node:assert/strict";
import { col, DeltaTable, type RowInput } from "../../src/mod.ts";
import { virtualHost } from "../../testing/virtual_host.ts";
import {
  column,
  FIRST_ROWS,
  type Lab,
  lab,
  type Litmus,
  outcomeOf,
  P2,
  P2_AND_ONE,
  rows,
  rowsOf,
  type Setup,
  U,
} from "./litmus_test_kit.ts";

const HINT = "_delta_log/_last_checkpoint";
const DAY = 86_400_000;

/** All D tests. */
export const UPKEEP: readonly Litmus[] = [
  { id: "D1", name: "checkpoint-race", run: checkpointRace },
  { id: "D2", name: "hint-chaos", run: hintChaos },
  { id: "D3", name: "checkpoint-content", run: checkpointContent },
  { id: "D4", name: "readd-same-path", run: readdSamePath },
  { id: "D5", name: "corrupt-checkpoint", run: corruptCheckpoint },
  { id: "D6", name: "cleanup-vs-travel", run: cleanupAndTravel },
  { id: "D7", name: "vacuum-vs-inflight", run: vacuumAndInFlight },
  { id: "D8", name: "vacuum-encoding", run: vacuumEncoding },
  { id: "D9", name: "vacuum-skew", run: vacuumSkew },
  { id: "D10", name: "timestamp-travel", run: timestampTravel },
  { id: "D11", name: "version-stability", run: versionStability },
  { id: "D12", name: "cdf-exactly-once", run: changesOnce },
];

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

async function pathsOf(made: Lab, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { path } of made.store.list(prefix)) found.push(path);
  return found;
}

async function checkpointsOf(made: Lab): Promise<string[]> {
  const names = await pathsOf(made, "_delta_log/");
  return names.filter((path) => path.includes(".checkpoint."));
}

async function checkpointRace(): Promise<void> {
  const made = await lab(P2_AND_ONE);
  const [one, two] = [await made.open(), await made.open()];
  const before = await made.rows();
  await Promise.all([one.checkpoint(), two.checkpoint()]);
  assert.deepEqual(await made.rows(), before);
  // And a third time, over what is there, by a handle that stands still.
  await one.checkpoint();
  await (await made.open()).append(rows(["c", 1]));
  assert.deepEqual(await made.rows(), [...before, "c,1"].sort());
}

async function hintChaos(): Promise<void> {
  const made = await lab(P2_AND_ONE);
  await (await made.open(1)).checkpoint();
  const older = (await made.store.get(HINT))!.bytes;
  await (await made.open()).checkpoint();
  const newest = (await made.store.get(HINT))!.bytes;
  await (await made.open()).append(rows(["c", 1]));
  const expected = await made.rows();
  const hints: Record<string, Uint8Array | undefined> = {
    absent: undefined,
    older,
    ahead: text('{"version":99,"size":1}'),
    torn: newest.subarray(0, newest.length >> 1),
    empty: new Uint8Array(),
    "of another kind": text("[1,2]"),
    "to a missing file": text('{"version":3,"size":1}'),
    "of parts that are not there": text('{"version":2,"size":1,"parts":7}'),
  };
  for (const [name, bytes] of Object.entries(hints)) {
    await made.store.delete([HINT]);
    if (bytes) await made.store.put(HINT, bytes);
    const table = await made.open();
    assert.equal(table.version, 3, name);
    assert.deepEqual(await rowsOf(table), expected, name);
  }
}

async function checkpointContent(): Promise<void> {
  for (const policy of ["classic", "v2"]) {
    const made = await lab({
      ...U,
      rows: [FIRST_ROWS, rows(["b", 7])],
      properties: {
        "delta.checkpointPolicy": policy,
        "delta.enableDeletionVectors": "true",
        "delta.feature.domainMetadata": "supported",
      },
    });
    const table = await made.open();
    const batch = { txn: { appId: "app", version: 3 } };
    await table.append(rows(["c", 1]), batch);
    await table.alter.setDomain({ domain: "mine", configuration: "kept" });
    await table.delete({ where: "x = 2" });
    await table.delete({ where: "x = 7" });
    const files = await Array.fromAsync(table.files());
    assert.ok(files.some((file) => file.deletionVector), "a vector is there");
    const expected = await rowsOf(table);
    await table.checkpoint();
    // Only the checkpoint is left to read.
    const commits = (await pathsOf(made, "_delta_log/"))
      .filter((path) => /\/\d{20}\.json$/.test(path));
    await made.store.delete(commits.slice(0, -1));
    const other = await made.open();
    assert.deepEqual(await rowsOf(other), expected);
    assert.equal(
      await outcomeOf(other.append(rows(["c", 1]), batch)),
      "nothing",
    );
    const again = await outcomeOf(
      other.alter.setDomain({ domain: "mine", configuration: "kept" }),
    );
    assert.equal(again, "nothing", "the domain is known");
    // And tombstones keep what they name from nobody: it is gone for good.
    assert.deepEqual(await made.rows(), expected);
  }
}

async function readdSamePath(): Promise<void> {
  for (const at of [2, 3, 4, undefined]) {
    const made = await lab(U);
    const [file] = await Array.fromAsync((await made.open()).files());
    assert.ok(file);
    const { path } = file;
    const steps = [
      (t: DeltaTable) =>
        t.transaction({ operation: "DELETE" })
          .remove({
            path,
            dataChange: true,
            deletionTimestamp: made.host.now(),
          }),
      (t: DeltaTable) => t.transaction({ operation: "WRITE" }).add(file),
    ];
    const expected = [["a,1", "a,2", "b,1"], []];
    for (let i = 0; i < 4; i++) {
      const table = await made.open();
      const { version } = await steps[i % 2]!(table).commit();
      if (version === at) await (await made.open()).checkpoint();
      assert.deepEqual(await made.rows(), expected[(i + 1) % 2]);
    }
    assert.deepEqual(await made.rows(), expected[0]);
    const files = await Array.fromAsync((await made.open()).files());
    assert.equal(files.length, 1);
  }
}

async function corruptCheckpoint(): Promise<void> {
  const made = await lab(P2_AND_ONE);
  const expected = await made.rows();
  await (await made.open()).checkpoint();
  const [path] = await checkpointsOf(made);
  const whole = (await made.store.get(path!))!.bytes;
  for (const cut of [0, 1, 4, whole.length >> 1, whole.length - 1]) {
    await made.store.put(path!, whole.subarray(0, cut));
    assert.deepEqual(await made.rows(), expected, `${cut} bytes`);
  }
  const flipped = new Uint8Array(whole);
  flipped[whole.length - 12]! ^= 0xff;
  await made.store.put(path!, flipped);
  assert.deepEqual(await made.rows(), expected);
}

/** Rows of every version, or the error's code where it cannot be read. */
async function everyVersion(
  made: Lab,
  last: number,
): Promise<(string[] | string)[]> {
  const states: (string[] | string)[] = [];
  for (let version = 0; version <= last; version++) {
    states.push(
      await made.rows(version).catch((error) => String(error.code)),
    );
  }
  return states;
}

async function cleanupAndTravel(): Promise<void> {
  const grow = async (made: Lab): Promise<void> => {
    for (let x = 0; x < 6; x++) {
      made.host.advance(20 * DAY);
      await (await made.open()).append(rows(["c", x]));
    }
  };
  // Given a log that reaches far back, without any checkpoint,
  const bare = await lab(P2);
  await grow(bare);
  const before = await everyVersion(bare, 7);
  const names = await pathsOf(bare, "_delta_log/");
  await (await bare.open()).cleanup();
  // then cleanup deletes nothing,
  assert.deepEqual(await everyVersion(bare, 7), before);
  assert.deepEqual(await pathsOf(bare, "_delta_log/"), names);
  // and with one, what is left is exact and what is gone is refused by name.
  await (await bare.open(5)).checkpoint();
  await (await bare.open()).cleanup();
  const after = await everyVersion(bare, 7);
  for (const [version, state] of after.entries()) {
    if (typeof state === "string") {
      assert.equal(state, "DELTA_VERSION_NOT_FOUND");
      assert.ok(version < 7, "the newest stays");
    } else assert.deepEqual(state, before[version]);
  }
  // What lies within the retention of 30 days is there.
  assert.deepEqual(after.slice(6), before.slice(6));
}

async function vacuumAndInFlight(): Promise<void> {
  const made = await lab(P2);
  // Given a writer whose data file is put and whose commit is to come,
  const scratch = await lab({ ...P2, rows: [rows(["a", 9])] });
  const [file] = await Array.fromAsync((await scratch.open()).files());
  const bytes = (await scratch.store.get(file!.path))!.bytes;
  await made.store.put(file!.path, bytes);
  const writer = await made.open();
  // when everything that is not needed is vacuumed,
  made.host.advance(6 * DAY);
  await (await made.open()).vacuum({ dryRun: false });
  // then the commit names a file that is there.
  await writer.transaction({ operation: "WRITE" }).add(file!).commit();
  assert.deepEqual(await made.rows(), ["a,1", "a,2", "a,9", "b,1"]);
}

async function vacuumEncoding(): Promise<void> {
  const names = ["a b", "a:b", "100%", "~", "a/b", "ü", "a=b", "%41", "#?"];
  const made = await lab({
    partitioned: true,
    rows: [names.map((p, x): RowInput => ({ p, x }))],
  });
  const kept = await made.rows();
  // Given files of every partition that nobody needs any more,
  const writer = await made.open();
  await writer.append(names.map((p, x): RowInput => ({ p, x: x + 100 })));
  await writer.delete({ where: "x >= 100" });
  const before = await pathsOf(made, "");
  made.host.advance(8 * DAY);
  await (await made.open()).vacuum({ dryRun: false });
  // then those go, all of them, and no other.
  const after = await pathsOf(made, "");
  const isData = (path: string) => path.endsWith(".parquet");
  assert.equal(before.filter(isData).length, 2 * names.length);
  assert.equal(after.filter(isData).length, names.length);
  assert.deepEqual(await made.rows(), kept);
}

async function vacuumSkew(): Promise<void> {
  const made = await lab(P2);
  await (await made.open()).delete({ where: col("p").eq("a") });
  // The clock of the host that vacuums is a month ahead of the store's.
  const ahead = virtualHost(1, made.host.now() + 30 * DAY);
  const table = await DeltaTable.open("memory://litmus", {
    store: made.store,
    host: ahead,
    onWarning: () => {},
  });
  await outcomeOf(table.vacuum({ dryRun: false }));
  assert.deepEqual(await made.rows(1), ["a,1", "a,2", "b,1"]);
  assert.deepEqual(await made.rows(), ["b,1"]);
}

async function timestampTravel(): Promise<void> {
  for (const ict of [false, true]) {
    const made = await lab({
      ...P2,
      properties: ict ? { "delta.enableInCommitTimestamps": "true" } : {},
    });
    // Given versions whose clock stands still, goes on and falls back,
    const writer = await made.open();
    for (const step of [1_000, 0, -5_000, 2_000]) {
      made.host.advance(step);
      await writer.append(rows(["c", step]));
    }
    const history = await Array.fromAsync(writer.history());
    const times = history.reverse().map((commit) => commit.timestamp);
    // then times rise with versions, and a time finds the last version at or before it.
    for (let v = 1; v < times.length; v++) {
      assert.ok(times[v]! > times[v - 1]!, `version ${v}`);
    }
    for (let v = 0; v < times.length; v++) {
      assert.equal((await writer.at({ timestamp: times[v]! })).version, v);
      if (v > 0) {
        const before = await writer.at({ timestamp: times[v]! - 1 });
        assert.equal(before.version, v - 1);
      }
    }
    await assert.rejects(
      () => writer.at({ timestamp: times[0]! - 1 }),
      { code: "DELTA_TIMESTAMP_OUT_OF_RANGE" },
    );
  }
}

async function versionStability(): Promise<void> {
  const made = await lab(P2_AND_ONE);
  const steps: readonly [string, (t: DeltaTable) => Promise<unknown>][] = [
    ["optimize", (t) => t.optimize()],
    ["checkpoint", (t) => t.checkpoint()],
    ["alter", (t) => t.alter.addColumns({ columns: [column("y", "long")] })],
    ["restore", (t) => t.restore({ version: 1 })],
    ["log compaction", (t) => t.compactLog()],
    ["vacuum", (t) => t.vacuum({ dryRun: false })],
    ["cleanup", (t) => t.cleanup()],
  ];
  const seen: (string[] | string)[] = [];
  for (const [name, step] of steps) {
    const table = await made.open();
    for (let v = seen.length; v <= table.version; v++) {
      seen.push(await made.rows(v));
    }
    await step(table);
    assert.deepEqual(await everyVersion(made, seen.length - 1), seen, name);
  }
}

/** Rows of the newest version by the feed alone: what came less what went. */
async function replayedChanges(table: DeltaTable): Promise<string[]> {
  const left = new Map<string, number>();
  for await (const batch of table.changes({ from: 0 })) {
    for (const row of batch) {
      const { p, x, _change_type: type } = row!.toJSON() as Record<
        string,
        unknown
      >;
      const key = `${p},${x}`;
      const sign = ["insert", "update_postimage"].includes(String(type))
        ? 1
        : -1;
      left.set(key, (left.get(key) ?? 0) + sign);
    }
  }
  return [...left].flatMap(([key, n]) => {
    assert.ok(n >= 0, `${key} went more often than it came`);
    return Array.from({ length: n }, () => key);
  }).sort();
}

async function changesOnce(): Promise<void> {
  const setups: Setup[] = [P2, U].map((setup) => ({
    ...setup,
    properties: { "delta.enableChangeDataFeed": "true" },
  }));
  for (const setup of setups) {
    const made = await lab(setup);
    const table = await made.open();
    await table.append(rows(["a", 3], ["b", 2]));
    await table.optimize();
    await table.update({ set: { x: { sql: "x + 1" } }, where: "p = 'a'" });
    await table.merge({
      source: rows(["a", 2], ["k", 1]),
      on: ["p", "x"],
      whenMatched: [{ delete: true }],
      whenNotMatched: [{ insert: "all" }],
    });
    await table.delete({ where: "x = 1" });
    assert.deepEqual(await replayedChanges(table), await rowsOf(table));
  }
}
