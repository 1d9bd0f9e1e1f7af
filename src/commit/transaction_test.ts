import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type Script,
  type ScriptedCall,
  scriptedStore,
} from "../../testing/scripted_store.ts";
import { virtualHost } from "../../testing/virtual_host.ts";
import type { AddFile, Metadata, Protocol } from "../actions/action.ts";
import { parseCommit } from "../actions/commit_codec.ts";
import { DeltaError } from "../errors.ts";
import { col } from "../expression/predicate.ts";
import { commitPath } from "../log/log_path.ts";
import { eachFile } from "../snapshot/file_set.ts";
import { refreshSnapshot } from "../snapshot/advance_snapshot.ts";
import { loadSnapshot } from "../snapshot/load_snapshot.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { memoryStore } from "../store/memory_store.ts";
import type { ObjectStore } from "../store/object_store.ts";
import { contextOf, type TableContext } from "../store/table_context.ts";
import { tracedStore } from "../store/traced_store.ts";
import { checkpointSnapshot } from "./after_commit.ts";
import { resolveCommit } from "./resolve_commit.ts";
import { Transaction, type TransactionOptions } from "./transaction.ts";

const SCHEMA = JSON.stringify({
  type: "struct",
  fields: [
    { name: "p", type: "string", nullable: true, metadata: {} },
    { name: "x", type: "long", nullable: true, metadata: {} },
  ],
});

const PLAIN: Protocol = { minReaderVersion: 1, minWriterVersion: 2 };
const V2_FEATURES: Protocol = {
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures: ["v2Checkpoint"],
  writerFeatures: [
    "v2Checkpoint",
    "domainMetadata",
    "appendOnly",
    "inCommitTimestamp",
    "rowTracking",
  ],
};

function metadata(configuration: Record<string, string> = {}): Metadata {
  return {
    id: "11111111-1111-4111-8111-111111111111",
    format: { provider: "parquet", options: {} },
    schemaString: SCHEMA,
    partitionColumns: ["p"],
    configuration,
  };
}

function add(path: string, x = 1): AddFile {
  return {
    path: `p=a/${path}`,
    partitionValues: { p: "a" },
    size: 10,
    modificationTime: 1_700_000_000_000,
    dataChange: true,
    stats:
      `{"numRecords":1,"minValues":{"x":${x}},"maxValues":{"x":9007199254740993},"nullCount":{"x":0}}`,
  };
}

interface Made {
  readonly host: ReturnType<typeof virtualHost>;
  readonly inner: ObjectStore;
  readonly context: TableContext;
  readonly snapshot: Snapshot;
  readonly warnings: string[];
}

async function table(
  configuration: Record<string, string> = {},
  protocol: Protocol = PLAIN,
): Promise<Made> {
  const host = virtualHost();
  const inner = memoryStore(undefined, host);
  const warnings: string[] = [];
  const context = contextOf(inner, { host, warn: (m) => warnings.push(m) });
  const create = new Transaction(context, undefined, {
    operation: "CREATE TABLE",
  });
  create.setProtocol(protocol).setMetadata(metadata(configuration));
  const { snapshot } = await create.commit();
  return { host, inner, context, snapshot, warnings };
}

async function append(
  context: TableContext,
  base: Snapshot,
  path: string,
  options: TransactionOptions = {},
) {
  return await new Transaction(context, base, options).add(add(path)).commit();
}

async function paths(snapshot: Snapshot): Promise<string[]> {
  return [...eachFile(await snapshot.files())].map((f) => f.path).sort();
}

async function failure(run: Promise<unknown>): Promise<DeltaError> {
  return await assertRejects(() => run, DeltaError) as DeltaError;
}

Deno.test("commit() of a warm append sends one request", async () => {
  const { host, inner, snapshot } = await table();
  const store = tracedStore(inner);
  const context = contextOf(store, { host });
  const first = await append(context, snapshot, "1");
  const second = await append(context, first.snapshot, "2");
  assertEquals(second.version, 2);
  assertEquals(second.readVersion, 1);
  assertEquals(store.calls.map((c) => `${c.name} ${c.path}`), [
    `putIfAbsent ${commitPath(1)}`,
    `putIfAbsent ${commitPath(2)}`,
  ]);
  assertEquals(await paths(second.snapshot), ["p=a/1", "p=a/2"]);
});

Deno.test("commit() of a create gives the snapshot that a reader loads", async () => {
  const { context, snapshot } = await table({ "delta.appendOnly": "true" });
  const loaded = await loadSnapshot(context);
  assertEquals(snapshot.version, 0);
  assertEquals(snapshot.metadata, loaded.metadata);
  assertEquals(snapshot.protocol, loaded.protocol);
  assertEquals(snapshot.schema, loaded.schema);
  assertEquals(await paths(snapshot), []);
});

Deno.test("commit() of a second create says that the table exists", async () => {
  const { context } = await table();
  const error = await failure(
    new Transaction(context, undefined).setProtocol(PLAIN)
      .setMetadata(metadata()).commit(),
  );
  assertEquals(error.code, "DELTA_TABLE_ALREADY_EXISTS");
});

Deno.test("commit() applies an application's version once", async () => {
  const { context, snapshot } = await table();
  const work = (base: Snapshot, version: number, path: string) =>
    new Transaction(context, base).setTxn({ appId: "app", version })
      .add(add(path)).commit();
  const first = await work(snapshot, 7, "1");
  assertEquals(first.outcome, "committed");
  // The same work again: on the new snapshot, and on the old one by a restarted process.
  assertEquals((await work(first.snapshot, 7, "1")).outcome, "already-applied");
  const late = await work(snapshot, 7, "1");
  assertEquals([late.outcome, late.version], ["already-applied", 1]);
  assertEquals((await loadSnapshot(context)).version, 1);
  assertEquals((await work(late.snapshot, 8, "2")).version, 2);
});

Deno.test("commit() refuses what no commit may hold, before any request", async (t) => {
  const appendOnly = { "delta.appendOnly": "true" };
  const cases: [string, (tx: Transaction) => void, string][] = [
    ["one path twice", (tx) => {
      tx.add(add("1")).add(add("1"));
    }, "DELTA_INVALID_ARGUMENT"],
    ["one application twice", (tx) => {
      tx.setTxn({ appId: "a", version: 1 }).setTxn({ appId: "a", version: 2 });
    }, "DELTA_INVALID_ARGUMENT"],
    ["a file added and removed", (tx) => {
      tx.add(add("1")).remove({ path: "p=a/1", dataChange: true });
    }, "DELTA_INVALID_ARGUMENT"],
    ["partition values that do not fit", (tx) => {
      tx.add({ ...add("1"), partitionValues: {} });
    }, "DELTA_INVALID_ARGUMENT"],
    ["rows taken from an append-only table", (tx) => {
      tx.remove({ path: "p=a/1", dataChange: true });
    }, "DELTA_CANNOT_MODIFY_APPEND_ONLY"],
    ["a domain on a table without domains", (tx) => {
      tx.setDomain({ domain: "mine", configuration: "", removed: false });
    }, "DELTA_UNSUPPORTED_OPERATION"],
  ];
  for (const [name, stage, code] of cases) {
    await t.step(name, async () => {
      const { host, inner, snapshot } = await table(appendOnly);
      const store = tracedStore(inner);
      const tx = new Transaction(contextOf(store, { host }), snapshot);
      stage(tx);
      const error = await failure(tx.commit());
      assertEquals([error.code, error.outcome], [code, "failed"]);
      assertEquals(store.calls.length, 0);
    });
  }
});

Deno.test("setDomain() keeps Delta's own domains from users", async () => {
  const { context, snapshot } = await table({}, V2_FEATURES);
  const own = {
    domain: "delta.rowTracking",
    configuration: "",
    removed: false,
  };
  assertThrows(
    () => new Transaction(context, snapshot).setDomain(own),
    DeltaError,
  );
  const mine = { domain: "mine", configuration: "{}", removed: false };
  const set = await new Transaction(context, snapshot).setDomain(mine).commit();
  assertEquals(set.snapshot.domains.get("mine"), mine);
});

Deno.test("commit() works once", async () => {
  const { context, snapshot } = await table();
  const tx = new Transaction(context, snapshot).add(add("1"));
  await tx.commit();
  assertEquals((await failure(tx.commit())).code, "DELTA_INVALID_ARGUMENT");
});

Deno.test("commit() says isBlindAppend only of adds that read nothing", async (t) => {
  const cases: [string, (tx: Transaction) => Transaction, boolean][] = [
    ["adds", (tx) => tx.add(add("1")), true],
    [
      "adds and a txn",
      (tx) => tx.add(add("1")).setTxn({ appId: "a", version: 1 }),
      true,
    ],
    [
      "a predicate read",
      (tx) => tx.add(add("1")).readPredicate(col("x").gt(1)),
      false,
    ],
    ["a file read", (tx) => tx.add(add("1")).readFile("p=a/0"), false],
    ["the table read", (tx) => tx.add(add("1")).readWholeTable(), false],
    ["a remove", (tx) => tx.remove({ path: "z", dataChange: true }), false],
    ["metadata", (tx) => tx.setMetadata(metadata({ a: "b" })), false],
  ];
  for (const [name, stage, blind] of cases) {
    await t.step(name, async () => {
      const { context, inner, snapshot } = await table();
      const { version } = await stage(new Transaction(context, snapshot))
        .commit();
      const text = (await inner.get(commitPath(version)))!.bytes;
      const [first] = parseCommit(text, "c");
      assert("commitInfo" in first!);
      assertEquals(first.commitInfo.isBlindAppend, blind);
    });
  }
});

Deno.test("commit() refuses to build on a commit without a byte, or of blanks alone", async () => {
  for (const text of ["", " \n\n"]) {
    const { context, inner, snapshot } = await table();
    await inner.put(commitPath(1), new TextEncoder().encode(text));
    const read = await loadSnapshot(context);
    const refreshed = await refreshSnapshot(context, snapshot);
    for (const base of [read, refreshed]) {
      assertEquals(base.version, 1);
      const error = await failure(append(context, base, "1"));
      assertEquals(error.code, "DELTA_LOG_FILE_CORRUPT");
      assertEquals(error.context.path, commitPath(1));
    }
    // A handle from before it does not either.
    const late = await failure(append(context, snapshot, "1"));
    assertEquals(late.code, "DELTA_LOG_FILE_CORRUPT");
    assertEquals(await inner.head(commitPath(2)), undefined);
  }
});

Deno.test("commit() on an old snapshot opens the table again first", async () => {
  const { context, host, snapshot } = await table();
  await append(context, snapshot, "1");
  await append(context, await loadSnapshot(context), "2");
  host.advance(3_600_001);
  const late = await append(context, snapshot, "3");
  assertEquals([late.version, late.attempts], [3, 1]);
  assertEquals(await paths(late.snapshot), ["p=a/1", "p=a/2", "p=a/3"]);
});

Deno.test("commit() on an older version, opened just now, never fills a gap that cleanup left", async () => {
  const { context, inner, snapshot } = await table({
    "delta.checkpointInterval": "2",
  });
  await append(context, snapshot, "1");
  await append(context, await loadSnapshot(context), "2");
  // Given a handle on version 0, whose successor is then cleaned up,
  const older = await loadSnapshot(context, { version: 0 });
  await inner.delete([commitPath(1)]);
  // when it commits, then version 1 does not come back with another content.
  const error = await assertRejects(
    () => append(context, older, "3"),
    DeltaError,
  );
  assertEquals(error.code, "DELTA_STALE_BASE");
  assertEquals(await inner.head(commitPath(1)), undefined);
});

Deno.test("commit() bounds the base's age by half the log retention", async () => {
  const { host, inner, snapshot } = await table({
    "delta.logRetentionDuration": "interval 10 minutes",
  });
  host.advance(301_000);
  const store = tracedStore(inner);
  await append(contextOf(store, { host }), snapshot, "1");
  assert(store.counts().list > 0);
});

Deno.test("commit() writes a checkpoint when one is due, and counts none of it", async () => {
  const { context, snapshot, inner } = await table({
    "delta.checkpointInterval": "2",
  });
  const one = await append(context, snapshot, "1");
  assertEquals(one.maintenance?.checkpoint, undefined);
  const two = await append(context, one.snapshot, "2");
  assertEquals(two.attempts, 1);
  assertEquals(two.maintenance?.error, undefined);
  assertEquals(two.maintenance?.checkpoint?.version, 2);
  assertEquals(two.snapshot.checkpointVersion, 2);
  const hint = (await inner.get("_delta_log/_last_checkpoint"))!;
  const { version, size, numOfAddFiles } = JSON.parse(
    new TextDecoder().decode(hint.bytes),
  );
  assertEquals([version, size, numOfAddFiles], [2, 4, 2]);
});

Deno.test("commit() stands when its checkpoint fails", async () => {
  const { host, inner, snapshot } = await table({
    "delta.checkpointInterval": "1",
  });
  const warnings: string[] = [];
  const store = scriptedStore(
    inner,
    ({ name }) => name === "put" ? "rejected" : "ok",
  );
  const context = contextOf(store, { host, warn: (m) => warnings.push(m) });
  const result = await append(context, snapshot, "1");
  assertEquals(result.outcome, "committed");
  assert(result.maintenance?.error instanceof DeltaError);
  assertEquals(warnings.length, 1);
  assertEquals(await paths(await loadSnapshot(context)), ["p=a/1"]);
});

const CHECKPOINTS: [string, Record<string, string>, Protocol][] = [
  ["classic", {}, PLAIN],
  ["classic with struct statistics alone", {
    "delta.checkpoint.writeStatsAsStruct": "true",
    "delta.checkpoint.writeStatsAsJson": "false",
  }, PLAIN],
  ["classic with both statistics", {
    "delta.checkpoint.writeStatsAsStruct": "true",
  }, PLAIN],
  ["V2", { "delta.checkpointPolicy": "v2" }, V2_FEATURES],
  ["V2 with struct statistics alone", {
    "delta.checkpointPolicy": "v2",
    "delta.checkpoint.writeStatsAsStruct": "true",
    "delta.checkpoint.writeStatsAsJson": "false",
  }, V2_FEATURES],
];
for (const [name, configuration, protocol] of CHECKPOINTS) {
  Deno.test(`a ${name} checkpoint equals the replay of its commits`, async () => {
    // Given a table with adds, removes, re-adds, deletion vectors, txns, domains,
    const made = await table(configuration, protocol);
    const { context, inner } = made;
    const off: TransactionOptions = { maintenance: false };
    let { snapshot } = made;
    const vector = {
      storageType: "u" as const,
      pathOrInlineDv: "ab^-aqEH.-t@S}K{vb[*k^",
      offset: 4,
      sizeInBytes: 40,
      cardinality: 6,
    };
    const steps: ((tx: Transaction) => void)[] = [
      (tx) => [1, 2, 3, 4].forEach((i) => tx.add(add(`f${i}`, -i))),
      (tx) =>
        tx.remove({
          path: "p=a/f1",
          dataChange: true,
          deletionTimestamp: made.host.now(),
          partitionValues: { p: "a" },
          size: 10,
        }).setTxn({ appId: "app", version: 1 }),
      (tx) => tx.add({ ...add("f1", -1), tags: { k: "v", n: null } }),
      (tx) =>
        tx.remove({
          path: "p=a/f2",
          dataChange: true,
          deletionTimestamp: made.host.now(),
        }).add({ ...add("f2", -2), deletionVector: vector }),
      (tx) =>
        tx.remove({ path: "p=a/f3", dataChange: true, deletionTimestamp: 5 })
          .setTxn({ appId: "app", version: 2 }),
      (tx) => tx.add({ ...add("ü %25"), partitionValues: { p: null } }),
    ];
    if (protocol === V2_FEATURES) {
      steps.push((tx) =>
        tx.setDomain({ domain: "mine", configuration: "{}", removed: false })
      );
    }
    for (const stage of steps) {
      const tx = new Transaction(context, snapshot, off);
      stage(tx);
      ({ snapshot } = await tx.commit());
    }
    const replayed = await loadSnapshot(context);
    // when the last version is checkpointed and its commits are gone,
    const written = await checkpointSnapshot(context, snapshot);
    const expected = await stateOf(replayed, made.host.now());
    const all = Array.from(
      { length: snapshot.version },
      (_, v) => commitPath(v),
    );
    await inner.delete(all);
    const fresh = contextOf(inner, { host: made.host });
    const loaded = await loadSnapshot(fresh);
    // then the same state is loaded from it.
    assertEquals(loaded.checkpointVersion, snapshot.version);
    assertEquals(await stateOf(loaded, made.host.now()), expected);
    assertEquals(written.numOfAddFiles, 4);
  });
}

/** Everything a snapshot says, in an order of its own; expired tombstones left out. */
async function stateOf(snapshot: Snapshot, now: number) {
  const tombstones = await snapshot.tombstones();
  const files = [...eachFile(await snapshot.files())];
  return {
    version: snapshot.version,
    protocol: snapshot.protocol,
    metadata: snapshot.metadata,
    transactions: new Map(snapshot.transactions),
    domains: new Map(snapshot.domains),
    files: files.map((f) => ({ ...f, stats: JSON.parse(f.stats!) }))
      .sort((a, b) => a.path < b.path ? -1 : 1),
    digits: files.map((f) => /9007199254740993/.test(f.stats!)),
    tombstones: tombstones
      .filter((r) => (r.deletionTimestamp ?? 0) > now - 7 * 86_400_000)
      .map((r) => [r.path, r.deletionTimestamp, r.size]).sort(),
  };
}

Deno.test("commit() keeps in-commit timestamps rising and row ids apart over real snapshots", async () => {
  const made = await table({
    "delta.enableInCommitTimestamps": "true",
    "delta.checkpointInterval": "3",
  }, V2_FEATURES);
  let { snapshot } = made;
  const old = snapshot;
  for (let i = 0; i < 8; i++) {
    made.host.advance(-1_000_000);
    const base = i % 3 === 2 ? await loadSnapshot(made.context) : snapshot;
    ({ snapshot } = await append(made.context, base, `f${i}`));
  }
  // One that lost to all of them, too.
  made.host.advance(8_000_000);
  ({ snapshot } = await append(made.context, old, "late"));
  const ids: number[] = [];
  let before = 0;
  for (let v = 0; v <= snapshot.version; v++) {
    const { bytes } = (await made.inner.get(commitPath(v)))!;
    for (const action of parseCommit(bytes, "c")) {
      if ("commitInfo" in action) {
        assert(action.commitInfo.inCommitTimestamp! > before);
        before = action.commitInfo.inCommitTimestamp!;
      } else if ("add" in action) {
        ids.push(action.add.baseRowId!);
        assertEquals(action.add.defaultRowCommitVersion, v);
      }
    }
  }
  assertEquals(ids, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

Deno.test("8 racing writers on one table land 200 appends once each, checkpoints and all", async () => {
  const { host, inner, snapshot } = await table({
    "delta.checkpointInterval": "20",
  });
  const versions: number[] = [];
  await Promise.all(Array.from({ length: 8 }, async (_, w) => {
    const context = contextOf(inner, { host, warn: () => {} });
    let own = snapshot;
    for (let i = 0; i < 25; i++) {
      const result = await append(context, own, `w${w}-${i}`);
      assertEquals(result.maintenance?.error, undefined);
      versions.push(result.version);
      own = result.snapshot;
    }
  }));
  assertEquals(
    versions.sort((a, b) => a - b),
    Array.from({ length: 200 }, (_, i) => i + 1),
  );
  const loaded = await loadSnapshot(contextOf(inner, { host }));
  assertEquals(loaded.checkpointVersion, 200);
  const live = await paths(loaded);
  assertEquals(new Set(live).size, 200);
  assertEquals(live.length, 200);
});

Deno.test("a process that dies at any call leaves a table that reads whole", async () => {
  for (const when of ["crash-before", "crash-after"] as const) {
    for (let at = 1; at < 40; at++) {
      // Given a table whose next commit writes a checkpoint and cleans the log,
      const made = await table({ "delta.checkpointInterval": "2" });
      const one = await append(made.context, made.snapshot, "1");
      // when the process dies at its nth call,
      const store = scriptedStore(
        made.inner,
        ({ ordinal }) => ordinal === at ? when : "ok",
      );
      const run = append(
        contextOf(store, { host: made.host, warn: () => {} }),
        one.snapshot,
        "2",
      ).catch(() => {});
      let isDone = false;
      run.then(() => isDone = true);
      while (!isDone && !store.crashed) {
        await new Promise<void>((resolve) => setTimeout(resolve, 1));
      }
      // then another reads version 1 or 2, whole.
      const loaded = await loadSnapshot(
        contextOf(made.inner, { host: made.host }),
      );
      const expected = loaded.version === 2 ? ["p=a/1", "p=a/2"] : ["p=a/1"];
      assertEquals(await paths(loaded), expected);
      if (!store.crashed) {
        assertEquals(loaded.version, 2);
        break;
      }
    }
  }
});

Deno.test("resolveCommit() tells for certain, and the same again", async (t) => {
  const unknown = async (fault: Script) => {
    const made = await table(
      { "delta.enableInCommitTimestamps": "true" },
      V2_FEATURES,
    );
    const store = scriptedStore(
      made.inner,
      ({ name }: ScriptedCall) => name === "putIfAbsent" ? fault : "ok",
    );
    const error = await failure(append(
      contextOf(store, { host: made.host, warn: () => {} }),
      made.snapshot,
      "1",
    ));
    assertEquals(error.outcome, "unknown");
    const token = error.context.token as string;
    const version = error.context.attemptedVersion as number;
    return { ...made, store, token, version };
  };
  await t.step("a zombie that comes after the fence is too late", async () => {
    const { context, store, token, version } = await unknown("zombie");
    const first = await resolveCommit(context, token, version);
    assertEquals(first, { committed: false, version: 1 });
    assert((await store.release()).every((o) => o.kind === "exists"));
    assertEquals(await resolveCommit(context, token, version), first);
    // And the table goes on, its clock rising.
    const loaded = await loadSnapshot(context);
    assertEquals(loaded.version, 1);
    assertEquals((await append(context, loaded, "2")).version, 2);
  });
  await t.step("a zombie that came before is committed", async () => {
    const { context, store, token, version } = await unknown("zombie");
    await store.release();
    const told = { committed: true, version: 1 };
    assertEquals(await resolveCommit(context, token, version), told);
    assertEquals(await resolveCommit(context, token, version), told);
  });
  await t.step("a fence whose answer is lost is repeated", async () => {
    const { inner, host, token, version } = await unknown("lost-request");
    for (const fault of ["lost-answer", "lost-request", "conflict"] as const) {
      let puts = 0;
      const store = scriptedStore(
        inner,
        ({ name }) => name === "putIfAbsent" && puts++ === 0 ? fault : "ok",
      );
      const context = contextOf(store, { host });
      assertEquals(await resolveCommit(context, token, version), {
        committed: false,
        version: 1,
      });
    }
  });
  await t.step("a version nobody can have tried is refused", async () => {
    const { context } = await table();
    const error = await failure(resolveCommit(context, "t", 5));
    assertEquals(error.code, "DELTA_INVALID_ARGUMENT");
  });
});

Deno.test("a cancelled commit is whole or not there, wherever the cancel comes", async () => {
  for (let at = 1; at <= 12; at++) {
    const made = await table({ "delta.checkpointInterval": "1" });
    const controller = new AbortController();
    const store = scriptedStore(made.inner, ({ ordinal }) => {
      if (ordinal === at) controller.abort();
      return "ok";
    });
    const outcome = await append(
      contextOf(store, { host: made.host, warn: () => {} }),
      made.snapshot,
      "1",
      { signal: controller.signal },
    ).then((r) => r.outcome, (e: DeltaError) => e.outcome);
    const loaded = await loadSnapshot(made.context);
    assertEquals(outcome === "committed", loaded.version === 1);
    assertEquals(await paths(loaded), loaded.version === 1 ? ["p=a/1"] : []);
  }
});
