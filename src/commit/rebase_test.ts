import { assert, assertEquals, assertRejects } from "@std/assert";
import { virtualHost } from "../../testing/virtual_host.ts";
import type {
  Action,
  AddFile,
  CommitInfo,
  Metadata,
  Protocol,
} from "../actions/action.ts";
import { formatCommit, parseCommit } from "../actions/commit_codec.ts";
import { DeltaError } from "../errors.ts";
import { bindPredicate } from "../expression/bind.ts";
import { col } from "../expression/predicate.ts";
import { commitPath } from "../log/log_path.ts";
import { eachFile } from "../snapshot/file_set.ts";
import { loadSnapshot } from "../snapshot/load_snapshot.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { memoryStore } from "../store/memory_store.ts";
import { contextOf } from "../store/table_context.ts";
import { tracedStore } from "../store/traced_store.ts";
import { operationOf } from "./check_transaction.ts";
import { DEFAULT_LIMITS } from "./commit_request.ts";
import { winnerOf } from "./conflict_types.ts";
import { defaultRules } from "./rebase_rules.ts";
import { readSettled } from "./settled_reads.ts";
import { Transaction } from "./transaction.ts";
import type { TransactionOptions } from "./transaction_options.ts";
import { WinnerChecks } from "./winner_checks.ts";

const FEATURES: Protocol = {
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures: [],
  writerFeatures: [
    "appendOnly",
    "invariants",
    "checkConstraints",
    "domainMetadata",
    "inCommitTimestamp",
    "rowTracking",
  ],
};
const ICT = "delta.enableInCommitTimestamps";

function metadata(configuration: Record<string, string> = {}): Metadata {
  return {
    id: "t",
    format: { provider: "parquet", options: {} },
    schemaString:
      '{"type":"struct","fields":[{"name":"x","type":"long","nullable":true,"metadata":{}}]}',
    partitionColumns: [],
    configuration,
  };
}

function add(path: string, x: number, rows = 1): AddFile {
  return {
    path,
    partitionValues: {},
    size: 10,
    modificationTime: 1,
    dataChange: true,
    stats:
      `{"numRecords":${rows},"minValues":{"x":${x}},"maxValues":{"x":${x}},"nullCount":{"x":0}}`,
  };
}

async function table(
  configuration: Record<string, string> = {},
  files: readonly AddFile[] = [],
) {
  const host = virtualHost();
  const store = tracedStore(memoryStore(undefined, host));
  const context = contextOf(store, { host, warn: () => {} });
  const create = new Transaction(context, undefined);
  create.setProtocol(FEATURES).setMetadata(metadata(configuration));
  for (const file of files) create.add(file);
  const { snapshot } = await create.commit();
  const begin = (options: TransactionOptions = {}) =>
    new Transaction(context, snapshot, options);
  const actions = async (version: number): Promise<Action[]> => {
    const path = commitPath(version);
    return parseCommit((await store.get(path))!.bytes, path);
  };
  const info = async (version: number): Promise<CommitInfo> =>
    winnerOf(version, await actions(version)).commitInfo!;
  return { host, store, context, snapshot, begin, actions, info };
}

async function refused(run: Promise<unknown>): Promise<DeltaError> {
  const error = await assertRejects(() => run, DeltaError) as DeltaError;
  assertEquals(error.outcome, "failed");
  return error;
}

async function paths(snapshot: Snapshot): Promise<string[]> {
  return [...eachFile(await snapshot.files())].map((f) => f.path).sort();
}

Deno.test("a rebased commit is written for the protocol that it lands on", async () => {
  const { begin, store } = await table();
  await begin().setProtocol({
    ...FEATURES,
    writerFeatures: [...FEATURES.writerFeatures!, "changeDataFeed"],
  }).commit();
  // What is merely supported now asks nothing.
  assertEquals((await begin().add(add("a", 1)).commit()).version, 2);
  // Given a winner that asks for what nobody here knows, two versions on,
  await store.putIfAbsent(
    commitPath(3),
    formatCommit([{
      protocol: {
        ...FEATURES,
        writerFeatures: [...FEATURES.writerFeatures!, "changeDataFeed", "new"],
      },
    }]),
  );
  const error = await refused(begin().add(add("b", 1)).commit());
  assertEquals(error.code, "DELTA_PROTOCOL_CHANGED");
  assertEquals(error.context.winner, 3);
});

Deno.test("the commit that turns in-commit timestamps on is later than the file it lands behind", async () => {
  // Given a base, and a winner written by a store whose clock is far ahead,
  const { host, begin, context, info, store } = await table();
  const enable = begin().setMetadata(metadata({ [ICT]: "true" }));
  host.advance(7_200_000);
  await begin().add(add("a", 1)).commit();
  const written = (await store.head(commitPath(1)))!.lastModified;
  host.advance(-7_200_000);
  // when the commit is rebased behind it,
  const { version } = await enable.commit();
  // then its time is later than that file's, and the table says so of itself.
  assertEquals(version, 2);
  const time = (await info(2)).inCommitTimestamp!;
  assert(time > written, `${time} after ${written}`);
  const loaded = await loadSnapshot(context);
  const { configuration } = loaded.metadata;
  assertEquals(configuration["delta.inCommitTimestampEnablementVersion"], "2");
  assertEquals(
    configuration["delta.inCommitTimestampEnablementTimestamp"],
    String(time),
  );
});

Deno.test("in-commit timestamps rise at every rebase, behind clocks that are ahead too", async () => {
  const { host, begin, info } = await table({ [ICT]: "true" });
  host.advance(3_600_000);
  await begin().add(add("a", 1)).commit();
  host.advance(-3_600_000);
  await begin().add(add("b", 1)).commit();
  await begin().add(add("c", 1)).commit();
  const times = await Promise.all(
    [0, 1, 2, 3].map(async (version) =>
      (await info(version)).inCommitTimestamp!
    ),
  );
  for (let v = 1; v < times.length; v++) assert(times[v]! > times[v - 1]!);
});

Deno.test("an append lands behind the commit that turned in-commit timestamps on, with one of its own", async () => {
  const { begin, info } = await table();
  await begin().setMetadata(metadata({ [ICT]: "true" })).commit();
  const { version } = await begin().add(add("a", 1)).commit();
  const [on, next] = [await info(1), await info(version)];
  assert(next.inCommitTimestamp! > on.inCommitTimestamp!);
});

Deno.test("row ids are given anew at every rebase, and the domain says the highest", async () => {
  const { begin, actions } = await table();
  await begin().add(add("a", 1, 5)).commit();
  await begin().add(add("b", 1, 3)).add(add("c", 1, 2)).commit();
  const last = winnerOf(2, await actions(2));
  assertEquals(last.adds.map((file) => file.baseRowId), [5, 8]);
  assertEquals(last.adds.map((file) => file.defaultRowCommitVersion), [2, 2]);
  assertEquals(last.domains.map((d) => JSON.parse(d.configuration)), [
    { rowIdHighWaterMark: 9 },
  ]);
});

Deno.test("fresh row ids begin behind those that staged files bring along", async () => {
  const { begin, actions } = await table();
  await begin().add(add("a", 1, 5)).commit();
  const brought = { ...add("b", 1, 3), baseRowId: 5 };
  await begin().add(add("c", 1, 2)).add(brought).commit();
  const last = winnerOf(2, await actions(2));
  assertEquals(last.adds.map((file) => file.baseRowId), [8, 5]);
  assertEquals(last.domains.map((d) => JSON.parse(d.configuration)), [
    { rowIdHighWaterMark: 9 },
  ]);
  await begin().add({ ...add("d", 1, 2), baseRowId: 20 }).commit();
  await begin().add({ ...add("e", 1, 2), baseRowId: 0 }).commit();
  assertEquals(winnerOf(4, await actions(4)).domains, []);
  await begin().add(add("f", 1, 1)).commit();
  assertEquals(winnerOf(5, await actions(5)).adds[0]!.baseRowId, 22);
});

Deno.test("properties that another engine wrote with blanks are on for commits too", async () => {
  const { begin, info } = await table();
  await begin().setMetadata(metadata({ [ICT]: " true" })).commit();
  assert((await info(1)).inCommitTimestamp !== undefined);
});

Deno.test("one domain is set once, others go beside it", async () => {
  const { begin, context } = await table();
  const set = (domain: string) =>
    begin().setDomain({ domain, configuration: "{}", removed: false });
  const [late, other] = [set("a"), set("b")];
  await set("a").commit();
  assertEquals((await other.commit()).version, 2);
  const error = await refused(late.commit());
  assertEquals([error.code, error.context.domain], [
    "DELTA_CONCURRENT_TRANSACTION",
    "a",
  ]);
  assertEquals([...(await loadSnapshot(context)).domains.keys()].sort(), [
    "a",
    "b",
  ]);
});

Deno.test("a constraint lands on rows that were all looked at, at every level", async (t) => {
  for (
    const level of ["Serializable", "WriteSerializable", "SnapshotIsolation"]
  ) {
    await t.step(level, async () => {
      const own = { "delta.isolationLevel": level };
      const { begin } = await table(own);
      const check = metadata({ ...own, "delta.constraints.c": "x > 0" });
      const [first, second, late] = [begin(), begin(), begin()];
      for (const tx of [first, second]) tx.setMetadata(check).readWholeTable();
      await begin().add(add("a", -5)).commit();
      assertEquals(
        (await refused(first.commit())).code,
        "DELTA_CONCURRENT_APPEND",
      );
      // As when the promise is not to be seen in the metadata.
      late.setMetadata(metadata({ ...own, mine: "1" })).addsConstraint();
      assertEquals(
        (await refused(late.commit())).code,
        "DELTA_CONCURRENT_APPEND",
      );
    });
  }
});

Deno.test("a conflict says which winner, which file and which predicate", async () => {
  const { begin } = await table({}, [add("old", 5)]);
  const tx = begin({ operation: "DELETE" }).readPredicate(col("x").ge(5))
    .remove({ path: "old", dataChange: true });
  await begin().add(add("outside", 4)).commit();
  await begin({ operation: "WRITE" }).add(add("inside", 6)).commit();
  const error = await refused(tx.commit());
  assertEquals(error.code, "DELTA_CONCURRENT_APPEND");
  const { winner, path, predicate, winnerOperation } = error.context;
  assertEquals([winner, path, predicate, winnerOperation], [
    2,
    "inside",
    "x >= 5",
    "WRITE",
  ]);
  for (const part of ["version 2 (WRITE)", "inside", "x >= 5"]) {
    assert(error.message.includes(part), error.message);
  }
});

Deno.test("a predicate read makes the files read that may hold its rows", async () => {
  const files = [add("far", 1), add("near", 6)];
  for (const [path, code] of [["far", undefined], ["near", "READ"]] as const) {
    const { begin } = await table({}, files);
    const tx = begin({ intent: "append" }).readPredicate(col("x").ge(5))
      .add(add("new", 1));
    await begin().remove({ path, dataChange: true }).commit();
    if (code === undefined) assertEquals((await tx.commit()).version, 2);
    else {
      const error = await refused(tx.commit());
      assertEquals(error.code, "DELTA_CONCURRENT_DELETE_READ");
      assertEquals(error.context.path, "near");
    }
  }
});

Deno.test("a commit that only moves rows is judged at SnapshotIsolation, and says so", async () => {
  const { begin, info, context } = await table({}, [add("a", 1), add("b", 2)]);
  const moved = { dataChange: false };
  const tx = begin({ operation: "OPTIMIZE", intent: "optimize" })
    .readFiles([add("a", 1), add("b", 2)])
    .remove({ path: "a", ...moved }).remove({ path: "b", ...moved })
    .add({ ...add("ab", 1, 2), ...moved });
  await begin().add(add("c", 3)).commit();
  const { version } = await tx.commit();
  assertEquals((await info(version)).isolationLevel, "SnapshotIsolation");
  assertEquals(await paths(await loadSnapshot(context)), ["ab", "c"]);
});

Deno.test("who read and found nothing to do commits nothing, whatever came between", async () => {
  const { begin, store } = await table();
  const tx = begin({ intent: "delete" }).readPredicate(col("x").eq(1));
  await begin().add(add("a", 1)).commit();
  store.reset();
  const result = await tx.commit();
  assertEquals([result.outcome, result.version], ["nothing-to-do", 0]);
  assertEquals(store.calls.length, 0);
  // What is empty on purpose is a version, behind anything.
  assertEquals((await begin().commit()).version, 2);
});

Deno.test("operationOf() tells what is done by the actions", async () => {
  const { snapshot } = await table();
  const none = {
    adds: [],
    removes: [],
    cdc: [],
    txns: [],
    domains: [],
    metadata: undefined,
    protocol: undefined,
  };
  const removes = (dataChange: boolean) => [{ path: "a", dataChange }];
  assertEquals(operationOf(none, undefined), "create");
  assertEquals(operationOf(none, snapshot), "append");
  assertEquals(
    operationOf({ ...none, removes: removes(true) }, snapshot),
    "delete",
  );
  assertEquals(
    operationOf({ ...none, removes: removes(false) }, snapshot),
    "optimize",
  );
  assertEquals(
    operationOf({ ...none, metadata: metadata() }, snapshot),
    "metadata",
  );
});

/** Checks of a DELETE WHERE x = 1 that removes the file "old", and the call they are made in. */
async function deleteChecks() {
  const { snapshot } = await table();
  const checks = new WinnerChecks({
    rules: defaultRules,
    draft: {
      table: "t",
      token: "tok",
      readVersion: 0,
      level: "WriteSerializable",
      operation: "delete",
      claim: "none",
      staged: {
        adds: [],
        removes: [{ path: "old", dataChange: true }],
        cdc: [],
        txns: [],
        domains: [],
        metadata: undefined,
        protocol: undefined,
      },
      reads: {
        wholeTable: false,
        predicates: [bindPredicate(col("x").eq(1), snapshot.schema)],
        files: new Set(),
        appIds: new Set(),
      },
      provenance: {
        operation: "DELETE",
        operationParameters: {},
        operationMetrics: undefined,
        userMetadata: undefined,
      },
    },
  });
  const call = {
    table: "t",
    token: "tok",
    readVersion: 0,
    attempts: 1,
  };
  return (version: number, actions: readonly Action[]) =>
    checks.check(snapshot, [{ version, actions, modificationTime: 0 }], {
      ...call,
      version,
    });
}

const BLIND: Action = { commitInfo: { isBlindAppend: true } };

Deno.test("WinnerChecks remembers over several lost races what it passed unseen", async () => {
  const meet = await deleteChecks();
  await meet(1, [BLIND, { add: add("blind", 1) }]);
  const error = await refused(meet(2, [
    { commitInfo: { isBlindAppend: false, readVersion: 1 } },
    { add: add("seen", 500) },
  ]));
  assertEquals(error.code, "DELTA_CONCURRENT_APPEND");
  assertEquals([error.context.winner, error.context.missed], [2, 1]);
});

Deno.test("WinnerChecks takes an append that was passed as a whole", async () => {
  // Given an append of two files, one of which we would have looked at,
  const meet = await deleteChecks();
  await meet(1, [BLIND, { add: add("ours", 1) }, { add: add("far", 500) }]);
  // when a delete of the other file comes before us, then it stands between
  // us and the append: before us in the log, after what we did not see.
  const error = await refused(meet(2, [
    {
      commitInfo: {
        operation: "DELETE",
        engineInfo: "litmus/0.1.0",
        readVersion: 1,
      },
    },
    { remove: { path: "far", dataChange: true, deletionTimestamp: 0 } },
  ]));
  assertEquals(error.code, "DELTA_CONCURRENT_APPEND");
  assertEquals([error.context.winner, error.context.missed], [2, 1]);
});

Deno.test("readSettled() reads what looks cut again before it believes it", async () => {
  const { context, store } = await table();
  await store.put(commitPath(1), new Uint8Array());
  let pauses = 0;
  const found = await readSettled(1, {
    context,
    token: "tok",
    isOurs: () => false,
    pause: async () => {
      // Another answer, the third time.
      if (++pauses === 2) {
        await store.put(commitPath(1), formatCommit([{ commitInfo: {} }]));
      }
    },
  });
  assertEquals([found.kind, pauses], ["found", 2]);
  assert(DEFAULT_LIMITS.deadlineMs === 600_000);
});
