/**
 * Timestamps find versions; the ends of the history are stated.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Action } from "../actions/action.ts";
import { DeltaError } from "../errors.ts";
import { commitPath } from "../log/log_path.ts";
import type { ObjectStore } from "../store/object_store.ts";
import { contextOf, type TableContext } from "../store/table_context.ts";
import {
  commitTimestamps,
  firstVersionSince,
  history,
  versionAt,
} from "./time_travel.ts";
import {
  add,
  created,
  putCheckpoint,
  relisted,
  tableOf,
} from "./log_fixture_test.ts";

/** A table whose commits have these modification times. */
async function tableAt(
  times: readonly number[],
  commits: readonly (readonly Action[])[] = times.map((_, v) =>
    v === 0 ? created() : [add(`f${v}`)]
  ),
): Promise<{ context: TableContext; store: ObjectStore }> {
  const { store } = await tableOf(commits);
  const stamped = relisted(store, (object) => {
    const version = Number(/(\d{20})\.json$/.exec(object.path)?.[1]);
    return { ...object, lastModified: times[version] ?? 0 };
  });
  return { context: contextOf(stamped, { warn: () => {} }), store };
}

function info(
  inCommitTimestamp: number,
  ...actions: readonly Action[]
): Action[] {
  return [{ commitInfo: { inCommitTimestamp } }, ...actions];
}

Deno.test("commitTimestamps() moves times forward that do not grow", () => {
  const commits = [100, 50, 50, 300, 200].map((lastModified, version) => ({
    version,
    lastModified,
    path: commitPath(version),
    size: 1,
  }));
  const times = commitTimestamps(commits).map((t) => t.timestamp);
  assertEquals(times, [100, 101, 102, 300, 301]);
});

Deno.test("versionAt() finds the latest version at or before a time", async () => {
  const { context } = await tableAt([1000, 900, 3000]);
  const found: Record<number, number> = {
    1000: 0,
    1001: 1,
    2999: 1,
    3000: 2,
  };
  for (const [time, version] of Object.entries(found)) {
    assertEquals(await versionAt(context, Number(time)), version);
  }
});

Deno.test("versionAt() states the legal range for a time outside it", async () => {
  const { context } = await tableAt([1000, 2000, 3000]);
  for (const time of [999, 3001, -1e18]) {
    const error = await assertRejects(
      () => versionAt(context, time),
      DeltaError,
    );
    assertEquals(error.code, "DELTA_TIMESTAMP_OUT_OF_RANGE");
    assert(error.message.includes("1970-01-01T00:00:01.000Z (1000 ms)"));
    assert(error.message.includes("1970-01-01T00:00:03.000Z (3000 ms)"));
  }
  const error = await assertRejects(() => versionAt(context, NaN), DeltaError);
  assertEquals(error.code, "DELTA_INVALID_ARGUMENT");
});

Deno.test("firstVersionSince() finds the first version at or after a time", async () => {
  const { context, store } = await tableAt([1000, 900, 3000]);
  const found: readonly (readonly [number, number])[] = [
    [-5, 0],
    [1000, 0],
    [1001, 1],
    [1001.5, 2],
    [3000, 2],
  ];
  for (const [time, version] of found) {
    assertEquals(await firstVersionSince(context, time), version, `${time}`);
  }
  const refusal = async (time: number): Promise<string> =>
    (await assertRejects(() => firstVersionSince(context, time), DeltaError))
      .code;
  assertEquals(await refusal(3001), "DELTA_TIMESTAMP_OUT_OF_RANGE");
  assertEquals(await refusal(NaN), "DELTA_INVALID_ARGUMENT");
  // What has been cleaned up was after that time too.
  await putCheckpoint(store, 1, [...created(), add("f1")]);
  await store.delete([commitPath(0)]);
  assertEquals(await refusal(899), "DELTA_TIMESTAMP_OUT_OF_RANGE");
});

Deno.test("versionAt() starts at the first version that can be rebuilt", async () => {
  const { context, store } = await tableAt([1000, 2000, 3000, 4000]);
  await putCheckpoint(store, 2, [...created(), add("f1"), add("f2")]);
  await store.delete([commitPath(0)]);
  assertEquals(await versionAt(context, 3500), 2);
  const error = await assertRejects(() => versionAt(context, 2500), DeltaError);
  assertEquals(error.context.earliest, 3000);
});

Deno.test("versionAt() splits at the version that enabled in-commit timestamps", async () => {
  const enabled = created({
    "delta.enableInCommitTimestamps": "true",
    "delta.inCommitTimestampEnablementVersion": "2",
    "delta.inCommitTimestampEnablementTimestamp": "5000",
  });
  const commits = [
    created(),
    [add("a")],
    info(5000, ...enabled),
    info(6000, add("b")),
    info(7000, add("c")),
  ];
  // Modification times lie once in-commit timestamps are there; the old ones count.
  const { context } = await tableAt([1000, 2000, 9, 9, 9], commits);
  const found: Record<number, number> = {
    1000: 0,
    1999: 0,
    2000: 1,
    4999: 1,
    5000: 2,
    6999: 3,
    7000: 4,
  };
  for (const [time, version] of Object.entries(found)) {
    assertEquals(await versionAt(context, Number(time)), version, time);
  }
  await assertRejects(() => versionAt(context, 7001), DeltaError);
  // A copied log has new modification times: still before the enabling commit.
  const copied = await tableAt([90_000, 90_001, 9, 9, 9], commits);
  assertEquals(await versionAt(copied.context, 5000), 2);
  assertEquals(await versionAt(copied.context, 4999), 1);
  assertEquals(await versionAt(copied.context, 7000), 4);
});

Deno.test("versionAt() searches many in-commit timestamps, reading few", async () => {
  const count = 400;
  const commits = [...Array(count).keys()].map((v) =>
    v === 0
      ? info(0, ...created({ "delta.enableInCommitTimestamps": "true" }))
      : info(v * 10, add(`f${v}`))
  );
  const { context } = await tableAt(new Array(count).fill(1), commits);
  for (const time of [0, 9, 10, 1234, 3985, 3990]) {
    assertEquals(await versionAt(context, time), Math.floor(time / 10));
  }
});

Deno.test("history() tells commits newest first, and no more than asked for", async () => {
  const { context } = await tableAt([1000, 2000, 3000], [
    [{ commitInfo: { operation: "CREATE TABLE" } }, ...created()],
    [add("a")],
    [{ commitInfo: { operation: "WRITE" } }, add("b")],
  ]);
  const all = await Array.fromAsync(history(context));
  assertEquals(
    all.map((h) => [h.version, h.timestamp, h.commitInfo?.operation]),
    [[2, 3000, "WRITE"], [1, 2000, undefined], [0, 1000, "CREATE TABLE"]],
  );
  const two = await Array.fromAsync(history(context, { limit: 2 }));
  assertEquals(two.map((h) => h.version), [2, 1]);
});
