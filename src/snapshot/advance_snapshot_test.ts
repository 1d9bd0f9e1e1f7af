/**
 * Taking a snapshot forward must come to the same as opening the newer version.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Action } from "../actions/action.ts";
import { formatCommit } from "../actions/commit_codec.ts";
import { DeltaError } from "../errors.ts";
import { commitPath } from "../log/log_path.ts";
import { type TracedStore, tracedStore } from "../store/traced_store.ts";
import {
  advanceSnapshot,
  refreshSnapshot,
  withCheckpoint,
} from "./advance_snapshot.ts";
import { loadSnapshot } from "./load_snapshot.ts";
import {
  add,
  created,
  pathsOf,
  putCheckpoint,
  remove,
  tableOf,
} from "./log_fixture_test.ts";
import type { Snapshot } from "./snapshot.ts";

/** A small generator with a seed: numbers in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Random commits over a few paths, with some core actions strewn in. */
function randomCommits(random: () => number, count: number): Action[][] {
  const commits: Action[][] = [created()];
  const live = new Set<string>();
  while (commits.length < count) {
    const actions: Action[] = [];
    const spoken = new Set<string>();
    for (let n = 0; n < 1 + random() * 4; n++) {
      const path = `f${Math.floor(random() * 12)}`;
      if (spoken.has(path)) continue;
      spoken.add(path);
      if (live.has(path) && random() < 0.6) {
        live.delete(path);
        actions.push(remove(path));
      } else {
        live.add(path);
        actions.push(add(path, { size: Math.floor(random() * 1000) }));
      }
    }
    if (random() < 0.2) {
      actions.push({ txn: { appId: "app", version: commits.length } });
    }
    if (random() < 0.2) {
      const removed = random() < 0.5;
      const domain = { domain: "d", configuration: `${commits.length}` };
      actions.push({ domainMetadata: { ...domain, removed } });
    }
    commits.push(actions);
  }
  return commits;
}

async function sameAs(actual: Snapshot, expected: Snapshot): Promise<void> {
  assertEquals(actual.version, expected.version);
  assertEquals(actual.protocol, expected.protocol);
  assertEquals(actual.metadata, expected.metadata);
  assertEquals(actual.transactions, expected.transactions);
  assertEquals(actual.domains, expected.domains);
  assertEquals(await pathsOf(actual), await pathsOf(expected));
  const [files, wanted] = [await actual.files(), await expected.files()];
  assertEquals(files.sizeInBytes, wanted.sizeInBytes);
}

Deno.test("advanceSnapshot() comes to what loadSnapshot() does, whatever was loaded on the way", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seeded(seed);
    const commits = randomCommits(random, 30);
    const { context } = await tableOf(commits);
    let snapshot = await loadSnapshot(context, { version: 0 });
    while (snapshot.version < commits.length - 1) {
      const from = snapshot.version + 1;
      const to = Math.min(commits.length, from + 1 + Math.floor(random() * 4));
      const step = commits.slice(from, to).map((actions, i) => ({
        version: from + i,
        actions,
        modificationTime: 1,
      }));
      if (random() < 0.4) await snapshot.files();
      const before = await pathsOf(
        await loadSnapshot(context, { version: from - 1 }),
      );
      const next = advanceSnapshot(context, snapshot, step);
      if (random() < 0.3) assertEquals(await pathsOf(snapshot), before);
      snapshot = next;
    }
    await sameAs(snapshot, await loadSnapshot(context));
  }
});

Deno.test("advanceSnapshot() asks nothing of the store, and keeps a loaded file list loaded", async () => {
  const stores: TracedStore[] = [];
  const { context } = await tableOf([created(), [add("a")]], (inner) => {
    stores.push(tracedStore(inner));
    return stores[0]!;
  });
  const base = await loadSnapshot(context);
  await base.files();
  stores[0]!.reset();
  let snapshot = base;
  for (let version = 2; version < 300; version++) {
    const actions = [add(`f${version}`)];
    const commit = { version, actions, modificationTime: 1 };
    snapshot = advanceSnapshot(context, snapshot, [commit]);
  }
  const files = await snapshot.files();
  assertEquals(stores[0]!.calls.length, 0);
  assertEquals(files.count, 299);
  assert(files.batches.length < 12, `${files.batches.length} batches`);
  assertEquals((await base.files()).count, 1);
});

Deno.test("advanceSnapshot() leaves an unloaded file list unloaded, and reads it from the log", async () => {
  const commits = [created(), [add("a")], [add("b")]];
  const { context } = await tableOf(commits);
  const base = await loadSnapshot(context, { version: 1 });
  const commit = { version: 2, actions: commits[2]!, modificationTime: 1 };
  assertEquals(await pathsOf(advanceSnapshot(context, base, [commit])), [
    "a",
    "b",
  ]);
});

Deno.test("advanceSnapshot() refuses versions that do not follow, and a protocol it does not know", async () => {
  const { context } = await tableOf([created()]);
  const base = await loadSnapshot(context);
  const gap = { version: 2, actions: [], modificationTime: 1 };
  const error = assertThrows(
    () => advanceSnapshot(context, base, [gap]),
    DeltaError,
  );
  assertEquals(error.code, "DELTA_INTERNAL");
  const protocol = { minReaderVersion: 9, minWriterVersion: 9 };
  const raise = { version: 1, actions: [{ protocol }], modificationTime: 1 };
  const unknown = assertThrows(
    () => advanceSnapshot(context, base, [raise]),
    DeltaError,
  );
  assertEquals(unknown.code, "DELTA_UNSUPPORTED_READER_VERSION");
});

Deno.test("refreshSnapshot() costs one listing, and one GET per new commit", async () => {
  const stores: TracedStore[] = [];
  const { context, store } = await tableOf([created(), [add("a")]], (inner) => {
    stores.push(tracedStore(inner));
    return stores[0]!;
  });
  const base = await loadSnapshot(context);
  await base.files();
  stores[0]!.reset();
  const same = await refreshSnapshot(context, base);
  assertEquals(same.version, 1);
  assertEquals(stores[0]!.calls.map((c) => c.name), ["list"]);
  await store.put(commitPath(2), formatCommit([remove("a"), add("b")]));
  await store.put(commitPath(3), new Uint8Array(0));
  stores[0]!.reset();
  const newer = await refreshSnapshot(context, same);
  assertEquals(stores[0]!.calls.map((c) => c.name), ["list", "get", "get"]);
  assertEquals(newer.version, 3);
  assertEquals(newer.emptyCommits, [3]);
  assertEquals(await pathsOf(newer), ["b"]);
  assertEquals(stores[0]!.calls.length, 3);
});

Deno.test("refreshSnapshot() opens anew where the start of the new commits is gone", async () => {
  const { context, store } = await tableOf([created(), [add("a")]]);
  const base = await loadSnapshot(context);
  await store.put(commitPath(4), formatCommit([add("d")]));
  const error = await assertRejects(
    () => refreshSnapshot(context, base),
    DeltaError,
  );
  assertEquals(error.code, "DELTA_VERSIONS_NOT_CONTIGUOUS");
  await putCheckpoint(store, 3, [...created(), add("c")]);
  assertEquals(await pathsOf(await refreshSnapshot(context, base)), ["c", "d"]);
});

Deno.test("withCheckpoint() shortens what rebuilds the version, and changes nothing else", async () => {
  const { context, store } = await tableOf([created(), [add("a")], [add("b")]]);
  const base = await loadSnapshot(context);
  await putCheckpoint(store, 1, [...created(), add("a")]);
  const [file] = await Array.fromAsync(store.list("_delta_log/0"))
    .then((all) => all.filter((o) => o.path.includes("checkpoint")));
  const told = withCheckpoint(context, base, {
    version: 1,
    naming: "classic",
    format: "parquet",
    files: [file!],
  });
  assertEquals(told.checkpointVersion, 1);
  assertEquals(told.segment.commits.map((c) => c.version), [2]);
  await sameAs(told, base);
});
