/**
 * Opening a version: what is read, what is refused, what is only a hint.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Action } from "../actions/action.ts";
import { formatCommit } from "../actions/commit_codec.ts";
import { DeltaError, type ErrorCode } from "../errors.ts";
import {
  checkpointPath,
  commitPath,
  compactionPath,
  LAST_CHECKPOINT_PATH,
  SIDECAR_FOLDER,
  uuidCheckpointPath,
} from "../log/log_path.ts";
import { bytesSource } from "../parquet/byte_source.ts";
import { readFooter } from "../parquet/footer.ts";
import { faultyStore } from "../store/faulty_store.ts";
import { type TracedStore, tracedStore } from "../store/traced_store.ts";
import { contextOf } from "../store/table_context.ts";
import { loadSnapshot } from "./load_snapshot.ts";
import {
  add,
  checkpointBytes,
  created,
  pathsOf,
  putCheckpoint,
  relisted,
  remove,
  tableOf,
  type TestTable,
} from "./log_fixture_test.ts";

const UUID = "3a0d65cd-4056-49b8-937b-95f9e3ee90e5";
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Versions 0 to 5; a, c, d, e are live at the end. */
const SIX: readonly (readonly Action[])[] = [
  created(),
  [add("a")],
  [add("b"), { txn: { appId: "app", version: 7 } }],
  [add("c")],
  [remove("b"), add("d")],
  [add("e")],
];

/** What a checkpoint of version 3 of {@link SIX} holds. */
const AT_THREE: readonly Action[] = [
  ...created(),
  { txn: { appId: "app", version: 7 } },
  add("a"),
  add("b"),
  add("c"),
];

/** A table whose store is traced from here on. */
async function tracedTable(
  commits: readonly (readonly Action[])[],
): Promise<TestTable & { readonly trace: TracedStore }> {
  let trace: TracedStore | undefined;
  const table = await tableOf(
    commits,
    (store) => trace = tracedStore(store),
  );
  return { ...table, trace: trace! };
}

async function codeOf(promise: Promise<unknown>): Promise<ErrorCode> {
  return (await assertRejects(() => promise, DeltaError)).code;
}

Deno.test("loadSnapshot() rebuilds every version from commits", async () => {
  const { context } = await tableOf(SIX);
  const live = [[], ["a"], ["a", "b"], ["a", "b", "c"], ["a", "c", "d"]];
  for (const [version, paths] of live.entries()) {
    const snapshot = await loadSnapshot(context, { version });
    assertEquals(await pathsOf(snapshot), paths);
    assertEquals(
      snapshot.transactions.get("app")?.version,
      version < 2 ? undefined : 7,
    );
  }
  assertEquals((await loadSnapshot(context)).version, 5);
});

Deno.test("loadSnapshot() asks for one hint, one listing, one GET per commit, and nothing more for files", async () => {
  const { context, trace } = await tracedTable(SIX);
  const snapshot = await loadSnapshot(context);
  const { get, list, head } = trace.counts();
  assertEquals({ get, list, head }, { get: 7, list: 1, head: 0 });
  trace.reset();
  await snapshot.files();
  await snapshot.files();
  assertEquals(trace.calls.length, 0);
});

Deno.test("loadSnapshot() reads a checkpoint's core and the commits after it, once each", async () => {
  const { context, store, trace } = await tracedTable(SIX);
  await putCheckpoint(store, 3, AT_THREE);
  await store.put(LAST_CHECKPOINT_PATH, text('{"version":3,"size":6}'));
  const snapshot = await loadSnapshot(context);
  const { get, list, head } = trace.counts();
  // The hint, the checkpoint's tail (it is small), commits 4 and 5.
  assertEquals({ get, list, head }, { get: 4, list: 1, head: 0 });
  assertEquals(snapshot.checkpointVersion, 3);
  assertEquals(snapshot.transactions.get("app")?.version, 7);
  assertEquals(await pathsOf(snapshot), ["a", "c", "d", "e"]);
});

Deno.test("loadSnapshot() opens no sidecar until files are asked for", async () => {
  const { context, store, trace } = await tracedTable(SIX);
  const sidecar = await checkpointBytes([add("a"), add("b"), add("c")]);
  await store.put(`${SIDECAR_FOLDER}/s.parquet`, sidecar);
  const top = [
    { checkpointMetadata: { version: 3 } },
    ...AT_THREE.slice(0, 3),
    {
      sidecar: {
        path: "s.parquet",
        sizeInBytes: sidecar.byteLength,
        modificationTime: 1,
      },
    },
  ] as Action[];
  await store.put(uuidCheckpointPath(3, UUID, "json"), formatCommit(top));
  const snapshot = await loadSnapshot(context);
  assert(trace.calls.every((c) => !c.path.startsWith(SIDECAR_FOLDER)));
  assertEquals(await pathsOf(snapshot), ["a", "c", "d", "e"]);
  // And with the sidecar gone, the commits take over.
  await store.delete([`${SIDECAR_FOLDER}/s.parquet`]);
  const again = await loadSnapshot(context);
  assertEquals(await pathsOf(again), ["a", "c", "d", "e"]);
  // Unless they are gone as well.
  await store.delete([0, 1, 2, 3].map(commitPath));
  const lost = await loadSnapshot(context);
  const error = await assertRejects(() => lost.files(), DeltaError);
  assertEquals(error.code, "DELTA_CHECKPOINT_CORRUPT");
  assertEquals(error.context.path, `${SIDECAR_FOLDER}/s.parquet`);
});

Deno.test("loadSnapshot() takes the hint only as a hint", async (t) => {
  const hints: Record<string, string | undefined> = {
    absent: undefined,
    right: '{"version":3,"size":6}',
    stale: '{"version":1,"size":3}',
    ahead: '{"version":40,"size":3}',
    torn: '{"version":3,"si',
    empty: "",
    "not an object": "17",
    "a wrong version": '{"version":"3"}',
    negative: '{"version":-1}',
    "with another checkpoint's parts": '{"version":3,"parts":9}',
  };
  for (const [name, hint] of Object.entries(hints)) {
    await t.step(name, async () => {
      const { context, store } = await tableOf(SIX);
      await putCheckpoint(store, 3, AT_THREE);
      if (hint !== undefined) {
        await store.put(LAST_CHECKPOINT_PATH, text(hint));
      }
      const snapshot = await loadSnapshot(context);
      assertEquals(snapshot.version, 5);
      assertEquals(await pathsOf(snapshot), ["a", "c", "d", "e"]);
      const older = await loadSnapshot(context, { version: 2 });
      assertEquals(await pathsOf(older), ["a", "b"]);
    });
  }
});

Deno.test("loadSnapshot() reads on where the hint names a checkpoint that is gone", async () => {
  const { context, store } = await tableOf(SIX);
  await store.put(LAST_CHECKPOINT_PATH, text('{"version":3,"size":6}'));
  assertEquals(await pathsOf(await loadSnapshot(context)), [
    "a",
    "c",
    "d",
    "e",
  ]);
});

Deno.test("loadSnapshot() refuses a commit cut at any byte inside a line, naming it", async () => {
  const { context, store } = await tableOf(SIX);
  const path = commitPath(4);
  const whole = formatCommit(SIX[4]!);
  const ends = [...whole.keys()].filter((i) => whole[i] === 0x0a);
  for (let cut = 1; cut < whole.byteLength; cut++) {
    await store.put(path, whole.subarray(0, cut));
    // A cut that leaves whole lines cannot be told from a shorter commit.
    if (ends.includes(cut) || ends.includes(cut - 1)) continue;
    const error = await assertRejects(() => loadSnapshot(context), DeltaError);
    assertEquals(error.code, "DELTA_LOG_FILE_CORRUPT", `cut at ${cut}`);
    assert(error.message.includes(path), error.message);
  }
});

Deno.test("loadSnapshot() refuses a body cut on its way at every byte, whole lines or not", async () => {
  const { store } = await tableOf(SIX);
  const path = commitPath(4);
  const size = formatCommit(SIX[4]!).byteLength;
  for (let bytes = 0; bytes < size; bytes++) {
    const faulty = faultyStore(
      store,
      (call) =>
        call.name === "get" && call.path === path
          ? { kind: "cut", bytes }
          : undefined,
    );
    const context = contextOf(faulty, { warn: () => {} });
    const error = await assertRejects(() => loadSnapshot(context), DeltaError);
    assertEquals(error.code, "DELTA_LOG_FILE_CORRUPT", `cut at ${bytes}`);
    assert(error.message.includes(path), error.message);
  }
});

Deno.test("loadSnapshot() takes a commit without a byte, or of blanks, as empty, warns, and marks it", async () => {
  for (const content of ["", "\n", " \r\n\t"]) {
    const { context, store, warnings } = await tableOf(SIX);
    await store.put(commitPath(6), text(content));
    const snapshot = await loadSnapshot(context);
    assertEquals(snapshot.version, 6);
    assertEquals(snapshot.emptyCommits, [6]);
    assertEquals(await pathsOf(snapshot), ["a", "c", "d", "e"]);
    assertEquals(warnings.length, 1);
    assert(warnings[0]!.includes(commitPath(6)));
  }
});

Deno.test("loadSnapshot() falls back from a damaged checkpoint, and names it when it cannot", async (t) => {
  const whole = await checkpointBytes(AT_THREE);
  for (const size of [0, 3, 50, whole.length >> 1, whole.length - 1]) {
    await t.step(`cut to ${size} of ${whole.length} bytes`, async () => {
      const { context, store, warnings } = await tableOf(SIX);
      await store.put(checkpointPath(3), whole.subarray(0, size));
      await store.put(LAST_CHECKPOINT_PATH, text('{"version":3,"size":6}'));
      const snapshot = await loadSnapshot(context);
      assertEquals(await pathsOf(snapshot), ["a", "c", "d", "e"]);
      assert(warnings.some((w) => w.includes(checkpointPath(3))));
      // An older checkpoint does as well as the commits below it.
      await putCheckpoint(store, 2, AT_THREE.slice(0, 5));
      await store.delete([0, 1, 2].map(commitPath));
      assertEquals(await pathsOf(await loadSnapshot(context)), [
        "a",
        "c",
        "d",
        "e",
      ]);
      // Nothing left: an error that names the newest, never a shorter table.
      await store.delete([checkpointPath(2)]);
      const error = await assertRejects(
        () => loadSnapshot(context),
        DeltaError,
      );
      assertEquals(error.code, "DELTA_CHECKPOINT_CORRUPT");
      assertEquals(error.context.path, checkpointPath(3));
    });
  }
});

Deno.test("loadSnapshot() passes a store's failure on instead of falling back", async () => {
  const { store } = await tableOf(SIX);
  await putCheckpoint(store, 3, AT_THREE);
  const faulty = faultyStore(
    store,
    (call) => call.path === checkpointPath(3) ? { kind: "before" } : undefined,
  );
  const context = contextOf(faulty, { warn: () => {} });
  assertEquals(await codeOf(loadSnapshot(context)), "DELTA_STORE_UNAVAILABLE");
});

Deno.test("loadSnapshot() refuses a gap, and a newest commit whose predecessor is missing", async () => {
  for (const missing of [0, 2, 4]) {
    const { context, store } = await tableOf(SIX);
    await store.delete([commitPath(missing)]);
    const error = await assertRejects(() => loadSnapshot(context), DeltaError);
    assertEquals(error.code, "DELTA_VERSIONS_NOT_CONTIGUOUS");
    assertEquals(error.context.path, commitPath(missing));
  }
});

Deno.test("loadSnapshot() states the legal range for a version that is not there", async () => {
  const { context, store } = await tableOf(SIX);
  await putCheckpoint(store, 3, AT_THREE);
  await store.delete([0, 1, 2].map(commitPath));
  for (const version of [0, 2, 6]) {
    const error = await assertRejects(
      () => loadSnapshot(context, { version }),
      DeltaError,
    );
    assertEquals(error.code, "DELTA_VERSION_NOT_FOUND");
    assert(error.message.includes("versions 3 to 5"), error.message);
  }
  assertEquals(await pathsOf(await loadSnapshot(context, { version: 3 })), [
    "a",
    "b",
    "c",
  ]);
  assertEquals(
    await codeOf(loadSnapshot(context, { version: -1 })),
    "DELTA_INVALID_ARGUMENT",
  );
  assertEquals(
    await codeOf(loadSnapshot(context, { version: 1.5 })),
    "DELTA_INVALID_ARGUMENT",
  );
});

Deno.test("loadSnapshot() reads a table that has only a checkpoint", async () => {
  const { context, store } = await tableOf([]);
  await putCheckpoint(store, 3, AT_THREE);
  const snapshot = await loadSnapshot(context);
  assertEquals(snapshot.version, 3);
  assertEquals(await pathsOf(snapshot), ["a", "b", "c"]);
});

Deno.test("loadSnapshot() refuses what is no table, or has no protocol or metadata", async () => {
  const nothing = await tableOf([]);
  assertEquals(
    await codeOf(loadSnapshot(nothing.context)),
    "DELTA_TABLE_NOT_FOUND",
  );
  for (const kept of created()) {
    const { context } = await tableOf([[kept]]);
    assertEquals(
      await codeOf(loadSnapshot(context)),
      "DELTA_STATE_RECOVER_ERROR",
    );
  }
});

Deno.test("loadSnapshot() probes for commits that a stale listing leaves out of an empty or hinted log", async () => {
  const { store, context } = await tableOf(SIX);
  await store.put(LAST_CHECKPOINT_PATH, text('{"version":4,"size":6}'));
  const stale = relisted(
    store,
    (object) => object.path < commitPath(3) ? object : undefined,
  );
  const snapshot = await loadSnapshot(contextOf(stale, { warn: context.warn }));
  assertEquals(snapshot.version, 5);
});

Deno.test("loadSnapshot() uses a compaction in place of its commits, and not a damaged one", async (t) => {
  const good = [...created(), add("a"), add("c"), remove("b"), add("d")];
  const cases: Record<string, [string, boolean]> = {
    good: [new TextDecoder().decode(formatCommit(good)), true],
    cut: [new TextDecoder().decode(formatCommit(good)).slice(0, -9), false],
    "without its last lines": [
      new TextDecoder().decode(formatCommit(good.slice(0, 3))).trimEnd(),
      false,
    ],
    empty: ["", false],
    "not reconciled": [
      new TextDecoder().decode(formatCommit([...good, add("b")])),
      false,
    ],
  };
  for (const [name, [content, isUsed]] of Object.entries(cases)) {
    await t.step(name, async () => {
      const { context, store, warnings, trace } = await tracedTable(SIX);
      await store.put(compactionPath(0, 4), text(content));
      const snapshot = await loadSnapshot(context);
      assertEquals(await pathsOf(snapshot), ["a", "c", "d", "e"]);
      const commits = trace.calls.filter((c) =>
        c.name === "get" && c.path === commitPath(2)
      );
      assertEquals(commits.length > 0, !isUsed);
      assertEquals(warnings.length > 0, !isUsed);
    });
  }
});

Deno.test("loadSnapshot() keeps one file of one path that was removed and added again", async () => {
  const story = [
    [...created(), add("f")],
    [remove("f")],
    [add("f", { size: 11 })],
    [remove("f"), add("g%20h")],
    [remove("g h"), add("f", { size: 12 })],
  ];
  const { context, store } = await tableOf(story);
  const live = [["f"], [], ["f"], ["g%20h"], ["f"]];
  const states: readonly (readonly Action[])[] = [
    [add("f")],
    [remove("f")],
    [add("f", { size: 11 })],
    [remove("f"), add("g%20h")],
  ];
  for (const state of [undefined, ...states.entries()]) {
    if (state) {
      await putCheckpoint(store, state[0], [...created(), ...state[1]]);
    }
    for (const [version, paths] of live.entries()) {
      assertEquals(
        await pathsOf(await loadSnapshot(context, { version })),
        paths,
      );
    }
    if (state) await store.delete([checkpointPath(state[0])]);
  }
  const latest = await loadSnapshot(context);
  assertEquals((await latest.files()).sizeInBytes, 12);
  const tombstones = await latest.tombstones();
  assertEquals(tombstones.map((r) => r.path), ["g h"]);
});

Deno.test("loadSnapshot() reads the tombstones of commits and checkpoint", async () => {
  const { context, store } = await tableOf(SIX);
  await putCheckpoint(store, 3, [...AT_THREE, remove("old"), remove("e")]);
  const tombstones = await (await loadSnapshot(context)).tombstones();
  assertEquals(tombstones.map((r) => r.path).sort(), ["b", "old"]);
  assertEquals(tombstones.find((r) => r.path === "old")?.deletionTimestamp, 5);
});

Deno.test("loadSnapshot() tells a cancelled opening from a failed one", async () => {
  const { context } = await tableOf(SIX);
  const signal = AbortSignal.abort();
  assertEquals(
    await codeOf(loadSnapshot(context, { signal })),
    "DELTA_ABORTED",
  );
  const snapshot = await loadSnapshot(context);
  assertEquals(await codeOf(snapshot.files(signal)), "DELTA_ABORTED");
  assertEquals(await pathsOf(snapshot), ["a", "c", "d", "e"]);
});

Deno.test("loadSnapshot() forgets applications that the table's retention has expired, and only those", async () => {
  const { context } = await tableOf([
    [
      ...created({
        "delta.setTransactionRetentionDuration": "interval 1 days",
      }),
      { txn: { appId: "old", version: 1, lastUpdated: 1000 } },
      { txn: { appId: "new", version: 2, lastUpdated: Date.now() } },
      { txn: { appId: "timeless", version: 3 } },
    ],
  ]);
  const { transactions } = await loadSnapshot(context);
  assertEquals([...transactions.keys()].sort(), ["new", "timeless"]);
});

Deno.test("files() falls back where only the file list of a checkpoint is damaged", async () => {
  const { context, store, warnings } = await tableOf(SIX);
  const bytes = await checkpointBytes(AT_THREE);
  const footer = await readFooter(bytesSource("checkpoint", bytes));
  const chunk = footer.rowGroups[0]!.columns.find((column) =>
    column.path.join(".") === "add.path"
  )!;
  bytes.fill(0xff, chunk.start, chunk.end);
  await store.put(checkpointPath(3), bytes);
  const snapshot = await loadSnapshot(context);
  assertEquals(snapshot.checkpointVersion, 3);
  assertEquals(warnings, []);
  assertEquals(await pathsOf(snapshot), ["a", "c", "d", "e"]);
  assert(warnings[0]!.includes(checkpointPath(3)));
  await store.delete([0, 1, 2, 3].map(commitPath));
  const alone = await loadSnapshot(context);
  assertEquals(await codeOf(alone.files()), "DELTA_CHECKPOINT_CORRUPT");
});
