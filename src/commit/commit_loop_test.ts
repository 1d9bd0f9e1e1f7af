import { assert, assertEquals, assertRejects } from "@std/assert";
import { type VirtualHost, virtualHost } from "../../testing/virtual_host.ts";
import {
  type Script,
  type ScriptedCall,
  scriptedStore,
} from "../../testing/scripted_store.ts";
import type {
  Action,
  AddFile,
  CommitInfo,
  DomainMetadata,
  Metadata,
  Protocol,
} from "../actions/action.ts";
import { formatCommit, parseCommit } from "../actions/commit_codec.ts";
import { DeltaError } from "../errors.ts";
import { commitPath } from "../log/log_path.ts";
import type { Operation } from "../protocol/support.ts";
import { memoryStore } from "../store/memory_store.ts";
import type { ObjectStore } from "../store/object_store.ts";
import { contextOf } from "../store/table_context.ts";
import type { CommitBase } from "./commit_bytes.ts";
import {
  type BaseMoves,
  type CommitLimits,
  type CommitLoopResult,
  DEFAULT_LIMITS,
  type ReadCommit,
  runCommitLoop,
} from "./commit_loop.ts";
import { winnerOf } from "./conflict_checker.ts";
import { defaultRules, type RebaseRules } from "./rebase_rules.ts";
import type { Reads, StagedActions } from "./staged_actions.ts";

const PROTOCOL: Protocol = { minReaderVersion: 1, minWriterVersion: 2 };
const METADATA: Metadata = {
  id: "t",
  format: { provider: "parquet", options: {} },
  schemaString: '{"type":"struct","fields":[]}',
  partitionColumns: [],
  configuration: {},
};
const NO_READS: Reads = {
  wholeTable: false,
  predicates: [],
  files: new Set(),
  appIds: new Set(),
};

function staged(over: Partial<StagedActions> = {}): StagedActions {
  return {
    adds: [],
    removes: [],
    cdc: [],
    txns: [],
    domains: [],
    metadata: undefined,
    protocol: undefined,
    ...over,
  };
}

function add(path: string, rows = 1): AddFile {
  return {
    path,
    partitionValues: {},
    size: 1,
    modificationTime: 1,
    dataChange: true,
    stats: `{"numRecords":${rows}}`,
  };
}

function domain(name: string): DomainMetadata {
  return { domain: name, configuration: "", removed: false };
}

function advanceBase(
  base: CommitBase | undefined,
  commits: readonly ReadCommit[],
  now: number,
): CommitBase {
  let { version, protocol, metadata, inCommitTimestamp } = base ??
    {
      version: -1,
      protocol: PROTOCOL,
      metadata: METADATA,
      inCommitTimestamp: undefined,
    };
  const domains = new Map<string, DomainMetadata>(base?.domains ?? []);
  for (const commit of commits) {
    const winner = winnerOf(commit.version, commit.actions);
    version = commit.version;
    protocol = winner.protocol ?? protocol;
    metadata = winner.metadata ?? metadata;
    inCommitTimestamp = winner.commitInfo?.inCommitTimestamp;
    for (const d of winner.domains) domains.set(d.domain, d);
  }
  return {
    version,
    protocol,
    metadata,
    domains,
    inCommitTimestamp,
    newestAt: now,
  };
}

/** Version 0 on a fresh memory store, and what a test needs to commit on it. */
async function table(
  options: {
    readonly seed?: number;
    readonly decide?: (call: ScriptedCall) => Script | undefined;
    readonly configuration?: Record<string, string>;
    readonly protocol?: Protocol;
  } = {},
) {
  const host = virtualHost(options.seed);
  const inner = memoryStore(undefined, host);
  const metadata = {
    ...METADATA,
    configuration: options.configuration ?? {},
  };
  const protocol = options.protocol ?? PROTOCOL;
  const zero: Action[] = [
    { commitInfo: { inCommitTimestamp: 5, txnId: "zero" } },
    { protocol },
    { metaData: metadata },
  ];
  await inner.putIfAbsent(commitPath(0), formatCommit(zero));
  const base = advanceBase(undefined, [{
    version: 0,
    actions: zero,
    modificationTime: 0,
  }], host.now());
  const store = scriptedStore(inner, options.decide ?? (() => "ok"));
  return { host, inner, store, base, metadata };
}

interface CommitOptions {
  readonly staged?: StagedActions;
  readonly reads?: Reads;
  readonly operation?: Operation;
  readonly rules?: Partial<RebaseRules>;
  readonly limits?: Partial<CommitLimits>;
  readonly signal?: AbortSignal;
  readonly token?: string;
  readonly create?: boolean;
  readonly refresh?: BaseMoves<CommitBase>["refresh"];
}

function commit(
  store: ObjectStore,
  host: VirtualHost,
  base: CommitBase,
  options: CommitOptions = {},
): Promise<CommitLoopResult<CommitBase>> {
  return runCommitLoop<CommitBase>({
    context: contextOf(store, { host, warn: () => {} }),
    draft: {
      table: store.url,
      token: options.token ?? host.uuid(),
      readVersion: base.version,
      level: "Serializable",
      operation: options.operation ?? "append",
      claim: "none",
      staged: options.staged ?? staged({ adds: [add("ours")] }),
      reads: options.reads ?? NO_READS,
      provenance: {
        operation: "WRITE",
        operationParameters: {},
        operationMetrics: undefined,
        userMetadata: undefined,
      },
    },
    base: options.create ? undefined : base,
    moves: {
      advance: (from, commits) => advanceBase(from, commits, host.now()),
      refresh: options.refresh ??
        (() => Promise.reject(new Error("not expected to refresh"))),
    },
    rules: { ...defaultRules, ...options.rules },
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    signal: options.signal,
  });
}

/** Every commit of the log, parsed, from version 0 to the first missing. */
async function log(store: ObjectStore): Promise<Action[][]> {
  const commits: Action[][] = [];
  for (let version = 0;; version++) {
    const object = await store.get(commitPath(version));
    if (!object) return commits;
    commits.push(parseCommit(object.bytes, commitPath(version)));
  }
}

async function addedPaths(store: ObjectStore): Promise<string[]> {
  return (await log(store)).flat().flatMap((a) =>
    "add" in a ? [a.add.path] : []
  )
    .sort();
}

function infoOf(actions: readonly Action[]): CommitInfo {
  const found = actions.find((a) => "commitInfo" in a);
  return found && "commitInfo" in found ? found.commitInfo : {};
}

async function winnerAt(
  store: ObjectStore,
  version: number,
  actions: readonly Action[],
): Promise<void> {
  const outcome = await store.putIfAbsent(
    commitPath(version),
    formatCommit([
      { commitInfo: { txnId: `winner-${version}` } },
      ...actions,
    ]),
  );
  assertEquals(outcome.kind, "created");
}

async function failure(run: Promise<unknown>): Promise<DeltaError> {
  const error = await assertRejects(() => run, DeltaError);
  return error as DeltaError;
}

Deno.test("runCommitLoop() sends one request when nobody is in the way", async () => {
  const { host, store, base } = await table();
  const result = await commit(store, host, base);
  assert(result.kind === "committed");
  assertEquals(result.built.version, 1);
  assertEquals(result.attempts, 1);
  assertEquals(store.calls.map((c) => c.name), ["putIfAbsent"]);
});

Deno.test("runCommitLoop() writes a commitInfo first that says what happened", async () => {
  const { host, store, base } = await table();
  await commit(store, host, base, { token: "tok" });
  const [first] = (await log(store))[1]!;
  assertEquals(first, {
    commitInfo: {
      timestamp: host.now(),
      operation: "WRITE",
      operationParameters: {},
      readVersion: 0,
      isolationLevel: "Serializable",
      isBlindAppend: true,
      engineInfo: "litmus/0.1.0",
      txnId: "tok",
    },
  });
});

Deno.test("runCommitLoop() rebases a blind append behind adds, removes, other txns and unknown actions", async () => {
  const { host, inner, store, base } = await table();
  await winnerAt(inner, 1, [{ add: add("theirs") }]);
  await winnerAt(inner, 2, [
    { remove: { path: "theirs", dataChange: true } },
    { txn: { appId: "other", version: 3 } },
  ]);
  await inner.putIfAbsent(
    commitPath(3),
    new TextEncoder().encode('{"brandNew":{"x":1}}\n'),
  );
  const result = await commit(store, host, base);
  assert(result.kind === "committed");
  assertEquals(result.built.version, 4);
  assertEquals(result.attempts, 2);
  assertEquals(infoOf((await log(inner))[4]!).readVersion, 0);
});

const CONFLICTS: [string, Action, string][] = [
  [
    "metadata",
    {
      metaData: { ...METADATA, configuration: { "delta.appendOnly": "true" } },
    },
    "DELTA_METADATA_CHANGED",
  ],
  [
    "protocol",
    {
      protocol: {
        minReaderVersion: 1,
        minWriterVersion: 7,
        writerFeatures: ["appendOnly", "invariants", "noFeatureOfThisName"],
      },
    },
    "DELTA_PROTOCOL_CHANGED",
  ],
];
for (const [name, action, code] of CONFLICTS) {
  Deno.test(`runCommitLoop() refuses a blind append behind a ${name} winner`, async () => {
    const { host, inner, store, base } = await table();
    await winnerAt(inner, 1, [{ add: add("x") }]);
    await winnerAt(inner, 2, [action]);
    const error = await failure(commit(store, host, base));
    assertEquals(error.code, code);
    assertEquals(error.outcome, "failed");
    assertEquals(error.context.winner, 2);
    assertEquals((await log(inner)).length, 3);
  });
}

Deno.test("runCommitLoop() names the conflict of a transaction that read or removes", async (t) => {
  const cases: [string, CommitOptions, Action, string][] = [
    [
      "whole table and an add",
      { reads: { ...NO_READS, wholeTable: true } },
      { add: add("x") },
      "DELTA_CONCURRENT_APPEND",
    ],
    [
      "a file read and its remove",
      { reads: { ...NO_READS, files: new Set(["f"]) } },
      { remove: { path: "f", dataChange: true } },
      "DELTA_CONCURRENT_DELETE_READ",
    ],
    [
      "one file removed twice",
      { staged: staged({ removes: [{ path: "f", dataChange: true }] }) },
      { remove: { path: "f", dataChange: true } },
      "DELTA_CONCURRENT_DELETE_DELETE",
    ],
    [
      "a domain and the same domain",
      { staged: staged({ domains: [domain("d")] }) },
      { domainMetadata: domain("d") },
      "DELTA_CONCURRENT_TRANSACTION",
    ],
    [
      "a restore and whatever came first",
      { staged: staged({ adds: [add("f")] }), operation: "restore" },
      { txn: { appId: "app", version: 4 } },
      "DELTA_CONCURRENT_WRITE",
    ],
    [
      "an application version read and recorded",
      { reads: { ...NO_READS, appIds: new Set(["app"]) } },
      { txn: { appId: "app", version: 1 } },
      "DELTA_CONCURRENT_TRANSACTION",
    ],
    [
      "a lower txn of our application",
      { staged: staged({ txns: [{ appId: "app", version: 5 }] }) },
      { txn: { appId: "app", version: 4 } },
      "DELTA_CONCURRENT_TRANSACTION",
    ],
  ];
  for (const [name, options, action, code] of cases) {
    await t.step(name, async () => {
      const { host, inner, store, base } = await table();
      await winnerAt(inner, 1, [action]);
      const error = await failure(commit(store, host, base, options));
      assertEquals(error.code, code);
      assertEquals((await log(inner)).length, 2);
    });
  }
});

Deno.test("runCommitLoop() commits nothing when a winner holds its application's work", async () => {
  const { host, inner, store, base } = await table();
  await winnerAt(inner, 1, [{ txn: { appId: "app", version: 5 } }]);
  const result = await commit(store, host, base, {
    staged: staged({
      adds: [add("ours")],
      txns: [{ appId: "app", version: 5 }],
    }),
  });
  assert(result.kind === "already-applied");
  assertEquals(result.version, 1);
  assertEquals((await log(inner)).length, 2);
});

// What one fault on the nth put does, for every kind, alone and followed by another.
const PUT_FAULTS: Script[] = [
  "lost-request",
  "lost-answer",
  "zombie",
  "conflict",
  "throws",
  "throws-after",
  "lies",
];
const GET_FAULTS: Script[] = ["lost-request", "lies", "cut"];

for (const first of PUT_FAULTS) {
  Deno.test(`runCommitLoop() commits once when its request meets ${first}, whatever follows`, async () => {
    for (const second of [...PUT_FAULTS, undefined]) {
      for (const read of [...GET_FAULTS, undefined]) {
        for (const rival of [false, true]) {
          await commitsOnce([first, second], read, rival);
        }
      }
    }
  });
}

async function commitsOnce(
  faults: readonly (Script | undefined)[],
  read: Script | undefined,
  rival: boolean,
): Promise<void> {
  // Given a store that fails the first two commit requests and the first reads,
  const plan = `${faults}, ${read} on reads${rival ? ", a rival" : ""}`;
  let puts = 0;
  let gets = 0;
  const { host, inner, store, base } = await table({
    decide: ({ name }) => {
      if (name === "putIfAbsent") return faults[puts++];
      if (name === "get" && gets++ < 2) return read;
      return "ok";
    },
  });
  if (rival) await winnerAt(inner, 1, [{ add: add("theirs") }]);
  // when we commit, and every zombie lands afterwards,
  const result = await commit(store, host, base);
  await store.release();
  // then our file is there once, at the version we were told.
  assert(result.kind === "committed", plan);
  const expected = rival ? ["ours", "theirs"] : ["ours"];
  assertEquals(await addedPaths(inner), expected, plan);
  const at = (await log(inner))[result.built.version]!;
  assert(at.some((a) => "add" in a && a.add.path === "ours"), plan);
}

Deno.test("runCommitLoop() ends as unknown, not failed, when the store never answers", async (t) => {
  const kinds: Script[] = [
    "lost-request",
    "zombie",
    "conflict",
    "throws",
    "lies",
  ];
  for (const fault of kinds) {
    await t.step(fault, async () => {
      const { host, inner, store, base } = await table({
        decide: ({ name }) => name === "putIfAbsent" ? fault : "ok",
      });
      const started = host.now();
      const error = await failure(commit(store, host, base, { token: "tok" }));
      assertEquals(error.code, "DELTA_COMMIT_UNKNOWN");
      assertEquals(error.outcome, "unknown");
      assertEquals(error.retry, "unknown");
      assertEquals(error.context.token, "tok");
      assertEquals(error.context.attemptedVersion, 1);
      assert(host.now() - started > 600_000);
      assert(host.now() - started < 700_000);
      assert((error.context.attempts as number) >= 100);
      // A zombie that lands afterwards is one commit, never two.
      await store.release();
      assert((await addedPaths(inner)).length <= 1);
    });
  }
});

Deno.test("runCommitLoop() finds its commit when only the answers are lost", async () => {
  const { host, inner, store, base } = await table({
    decide: ({ name }) => name === "putIfAbsent" ? "lost-answer" : "ok",
  });
  const error = await commit(store, host, base).then(
    (r) => r,
    (e: DeltaError) => e,
  );
  assert(!(error instanceof Error));
  assertEquals(await addedPaths(inner), ["ours"]);
});

Deno.test("runCommitLoop() says failed when the first request is refused", async () => {
  const { host, inner, store, base } = await table({
    decide: ({ name }) => name === "putIfAbsent" ? "rejected" : "ok",
  });
  const error = await failure(commit(store, host, base));
  assertEquals(error.code, "DELTA_STORE_REJECTED");
  assertEquals(error.outcome, "failed");
  assertEquals((await log(inner)).length, 1);
});

Deno.test("runCommitLoop() does not take a refusal for the answer to an earlier request", async (t) => {
  const after = async (first: Script, reads: Script = "ok") => {
    let puts = 0;
    const made = await table({
      decide: ({ name }) =>
        name === "putIfAbsent" ? (puts++ === 0 ? first : "rejected") : reads,
    });
    const outcome = await commit(made.store, made.host, made.base).then(
      (r) => r.kind,
      (e: DeltaError) => `${e.code} ${e.outcome}`,
    );
    await made.store.release();
    return { outcome, paths: await addedPaths(made.inner) };
  };
  await t.step("a request that may still land is unknown", async () => {
    assertEquals(await after("zombie"), {
      outcome: "DELTA_COMMIT_UNKNOWN unknown",
      paths: ["ours"],
    });
  });
  await t.step("a request that landed is found", async () => {
    assertEquals(await after("lost-answer"), {
      outcome: "committed",
      paths: ["ours"],
    });
  });
  await t.step("one that landed and cannot be read is unknown", async () => {
    assertEquals(
      (await after("lost-answer", "lost-request")).outcome,
      "DELTA_COMMIT_UNKNOWN unknown",
    );
  });
});

Deno.test("runCommitLoop() says failed of a refusal after a lost race", async () => {
  let puts = 0;
  const { host, inner, store, base } = await table({
    decide: ({ name }) =>
      name === "putIfAbsent" && puts++ > 0 ? "rejected" : "ok",
  });
  await winnerAt(inner, 1, [{ add: add("theirs") }]);
  const error = await failure(commit(store, host, base));
  assertEquals(error.code, "DELTA_STORE_REJECTED");
  assertEquals(error.outcome, "failed");
});

Deno.test("runCommitLoop() stops when another commit carries its token", async (t) => {
  for (const version of [1, 2]) {
    await t.step(`at version ${version}`, async () => {
      const { host, inner, store, base } = await table();
      if (version === 2) await winnerAt(inner, 1, []);
      await inner.putIfAbsent(
        commitPath(version),
        formatCommit([{ commitInfo: { txnId: "tok" } }, { add: add("x") }]),
      );
      const error = await failure(commit(store, host, base, { token: "tok" }));
      assertEquals(error.code, "DELTA_COMMIT_TOKEN_SHARED");
      assertEquals(error.outcome, "unknown");
      assertEquals((await log(inner)).length, version + 1);
    });
  }
});

Deno.test("runCommitLoop() never commits on top of an empty or cut winner", async (t) => {
  const cases: [string, string, number, string][] = [
    ["empty at ours", "", 1, "unknown"],
    ["cut at ours", '{"add":{"pa', 1, "unknown"],
    ["blank at ours", "\n", 1, "unknown"],
    ["empty behind a winner", "", 2, "failed"],
    ["blank behind a winner", " \n \n", 2, "failed"],
  ];
  for (const [name, text, version, outcome] of cases) {
    await t.step(name, async () => {
      const { host, inner, store, base } = await table();
      if (version === 2) await winnerAt(inner, 1, []);
      await inner.put(commitPath(version), new TextEncoder().encode(text));
      const error = await failure(commit(store, host, base));
      assertEquals(error.code, "DELTA_LOG_FILE_CORRUPT");
      assertEquals(error.outcome, outcome);
      assertEquals(error.context.path, commitPath(version));
      assertEquals(await inner.head(commitPath(version + 1)), undefined);
    });
  }
});

Deno.test("runCommitLoop() of a create tells that the table is there", async () => {
  const { host, store, base } = await table();
  const error = await failure(
    commit(store, host, base, {
      create: true,
      staged: staged({ protocol: PROTOCOL, metadata: METADATA }),
    }),
  );
  assertEquals(error.code, "DELTA_TABLE_ALREADY_EXISTS");
  assertEquals(error.outcome, "failed");
});

Deno.test("runCommitLoop() of a create finds its own version 0 after a lost answer", async () => {
  const host = virtualHost();
  const inner = memoryStore(undefined, host);
  let puts = 0;
  const store = scriptedStore(
    inner,
    () => puts++ === 0 ? "lost-answer" : "ok",
  );
  const base = advanceBase(undefined, [], host.now());
  const result = await commit(store, host, base, {
    create: true,
    staged: staged({ protocol: PROTOCOL, metadata: METADATA }),
  });
  assert(result.kind === "committed");
  assertEquals(result.built.version, 0);
});

Deno.test("runCommitLoop() cancelled before its request sends none", async () => {
  const { host, inner, store, base } = await table();
  const controller = new AbortController();
  controller.abort();
  const error = await failure(
    commit(store, host, base, { signal: controller.signal }),
  );
  assertEquals(error.code, "DELTA_ABORTED");
  assertEquals(error.outcome, "failed");
  assertEquals(store.calls.length, 0);
  assertEquals((await log(inner)).length, 1);
});

Deno.test("runCommitLoop() cancelled later answers with the truth", async (t) => {
  const cancelled = async (
    fault: Script,
    rival: boolean,
  ): Promise<[string, number]> => {
    const controller = new AbortController();
    let puts = 0;
    const made = await table({
      decide: ({ name }) => {
        if (name !== "putIfAbsent") return "ok";
        controller.abort();
        return puts++ === 0 || fault === "zombie" ? fault : "ok";
      },
    });
    if (rival) await winnerAt(made.inner, 1, [{ add: add("theirs") }]);
    const outcome = await commit(made.store, made.host, made.base, {
      signal: controller.signal,
    }).then((r) => r.kind, (e: DeltaError) => `${e.code} ${e.outcome}`);
    const started = made.host.now();
    await made.store.release();
    assert(made.host.now() - started < 60_000);
    const ours = (await addedPaths(made.inner)).filter((p) => p === "ours");
    return [outcome, ours.length];
  };
  await t.step("the request took effect", async () => {
    assertEquals(await cancelled("ok", false), ["committed", 1]);
  });
  await t.step("its answer was lost", async () => {
    assertEquals(await cancelled("lost-answer", false), ["committed", 1]);
  });
  await t.step("it lost the race", async () => {
    assertEquals(await cancelled("ok", true), ["DELTA_ABORTED failed", 0]);
  });
  await t.step("nobody ever answers", async () => {
    const [outcome, commits] = await cancelled("zombie", false);
    assertEquals(outcome, "DELTA_COMMIT_UNKNOWN unknown");
    assertEquals(commits, 1);
  });
});

Deno.test("runCommitLoop() opens an old base again before it commits", async (t) => {
  const HOUR = 3_600_000;
  const open = async (
    winners: Action[][],
    missing: number[] = [],
  ) => {
    const made = await table();
    for (const [i, actions] of winners.entries()) {
      await winnerAt(made.inner, i + 1, actions);
    }
    const last = winners.length;
    const fresh = { ...made.base, version: last, newestAt: 0 };
    await made.inner.delete(missing.map(commitPath));
    made.host.advance(HOUR + 1);
    const run = commit(made.store, made.host, made.base, {
      refresh: () => Promise.resolve(fresh),
    });
    return { ...made, run };
  };
  await t.step("nobody came: the next version", async () => {
    const { run } = await open([]);
    const result = await run;
    assert(result.kind === "committed");
    assertEquals(result.built.version, 1);
  });
  await t.step("others came: behind them, without losing a race", async () => {
    const { run } = await open([[{ add: add("x") }], [{ add: add("y") }]]);
    const result = await run;
    assert(result.kind === "committed");
    assertEquals([result.built.version, result.attempts], [3, 1]);
  });
  await t.step("a winner conflicts", async () => {
    const { run, store } = await open([[{
      metaData: { ...METADATA, name: "another" },
    }]]);
    assertEquals((await failure(run)).code, "DELTA_METADATA_CHANGED");
    assert(store.calls.every((c) => c.name !== "putIfAbsent"));
  });
  await t.step("the log in between is gone", async () => {
    const { run, store } = await open([[], []], [1]);
    const error = await failure(run);
    assertEquals([error.code, error.outcome], ["DELTA_STALE_BASE", "failed"]);
    assert(store.calls.every((c) => c.name !== "putIfAbsent"));
  });
});

Deno.test("runCommitLoop() never sends again what grew too old meanwhile", async () => {
  const { host, inner, store, base } = await table({
    decide: ({ name }) => name === "putIfAbsent" ? "zombie" : "ok",
  });
  const error = await failure(
    commit(store, host, base, { limits: { maxBaseAgeMs: 1_000 } }),
  );
  assertEquals(error.outcome, "unknown");
  // The requests sent are young; a cleanup cannot have come between.
  assert((error.context.attempts as number) < 20);
  await store.release();
  assertEquals(await addedPaths(inner), ["ours"]);
});

Deno.test("runCommitLoop() keeps in-commit timestamps rising when the clock falls", async () => {
  const { host, store, base, inner } = await table({
    configuration: { "delta.enableInCommitTimestamps": "true" },
  });
  let state = base;
  for (let i = 0; i < 5; i++) {
    host.advance(-3_600_000);
    const rival = i === 2;
    if (rival) {
      const far = host.now() + 1e9;
      await inner.putIfAbsent(
        commitPath(state.version + 1),
        formatCommit([{
          commitInfo: { inCommitTimestamp: far, txnId: "r" },
        }]),
      );
    }
    const result = await commit(store, host, {
      ...state,
      newestAt: host.now(),
    });
    assert(result.kind === "committed");
    state = advanceBase(result.base, [{
      version: result.built.version,
      actions: result.built.actions,
      modificationTime: 0,
    }], host.now());
  }
  const stamps = (await log(inner)).map((c) => infoOf(c).inCommitTimestamp!);
  assertEquals(stamps.length, 7);
  for (let i = 1; i < stamps.length; i++) assert(stamps[i]! > stamps[i - 1]!);
});

Deno.test("runCommitLoop() gives every row an id of its own, whoever wins", async () => {
  const { host, store, base, inner } = await table({
    protocol: {
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: [],
      writerFeatures: ["rowTracking", "domainMetadata"],
    },
  });
  const results = await Promise.all(
    [5, 1, 7, 2].map((rows, i) =>
      commit(store, host, base, {
        staged: staged({ adds: [add(`a${i}`, rows), add(`b${i}`, rows)] }),
      })
    ),
  );
  assert(results.every((r) => r.kind === "committed"));
  const commits = await log(inner);
  const taken = new Set<number>();
  let mark = -1;
  for (const [version, actions] of commits.entries()) {
    for (const action of actions) {
      if ("add" in action) {
        const { baseRowId, stats, defaultRowCommitVersion } = action.add;
        assertEquals(defaultRowCommitVersion, version);
        const { numRecords } = JSON.parse(stats!);
        for (let i = 0; i < numRecords; i++) {
          assert(baseRowId! + i > mark);
          assert(!taken.has(baseRowId! + i));
          taken.add(baseRowId! + i);
        }
      }
    }
    for (const action of actions) {
      if (!("domainMetadata" in action)) continue;
      mark = JSON.parse(action.domainMetadata.configuration).rowIdHighWaterMark;
      assertEquals(mark, taken.size - 1);
    }
  }
  assertEquals(taken.size, 30);
});

Deno.test("runCommitLoop() lands every append of 8 racing writers once, at contiguous versions", async () => {
  for (const seed of [1, 2, 3]) {
    let state = seed * 7919;
    const chance = (): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return state / 2 ** 32;
    };
    // Given 8 writers, each on a handle that fails every fifth call in some way,
    const { host, inner, base } = await table({ seed });
    const acknowledged: [number, string][] = [];
    const writers = Array.from({ length: 8 }, async (_, w) => {
      const store = scriptedStore(inner, ({ name }) => {
        if (chance() > 0.2) return "ok";
        const faults = name === "get" ? GET_FAULTS : PUT_FAULTS;
        return faults[Math.floor(chance() * faults.length)];
      });
      let own = base;
      for (let i = 0; i < 25; i++) {
        const path = `w${w}-${i}`;
        // when each appends 25 files, one commit each,
        const result = await commit(store, host, {
          ...own,
          newestAt: host.now(),
        }, { staged: staged({ adds: [add(path)] }) });
        assert(result.kind === "committed");
        acknowledged.push([result.built.version, path]);
        own = advanceBase(result.base, [{
          version: result.built.version,
          actions: result.built.actions,
          modificationTime: 0,
        }], host.now());
        if (chance() < 0.3) await store.release();
      }
      await store.release();
    });
    await Promise.all(writers);
    // then the log is gapless and holds every acknowledged file once, where it was told.
    const commits = await log(inner);
    assertEquals(commits.length, 201);
    for (const [version, path] of acknowledged) {
      const paths = commits[version]!.flatMap((a) =>
        "add" in a ? [a.add.path] : []
      );
      assertEquals(paths, [path]);
    }
    assertEquals(new Set(acknowledged.map(([v]) => v)).size, 200);
  }
});

Deno.test("runCommitLoop() leaves no commit or a whole one when the process dies at any call", async () => {
  for (const rival of [false, true]) {
    for (const when of ["crash-before", "crash-after"] as const) {
      for (let at = 1; at <= 5; at++) {
        const { host, inner, store, base } = await table({
          decide: ({ ordinal }) => ordinal === at ? when : "ok",
        });
        if (rival) await winnerAt(inner, 1, [{ add: add("theirs") }]);
        const run = commit(store, host, base);
        let isDone = false;
        run.catch(() => {}).then(() => isDone = true);
        while (!isDone && !store.crashed) {
          await new Promise<void>((resolve) => setTimeout(resolve, 1));
        }
        const paths = (await addedPaths(inner)).filter((p) => p === "ours");
        assert(paths.length <= 1);
        if (store.crashed && when === "crash-before" && !rival && at === 1) {
          assertEquals(paths.length, 0);
        }
        if (!store.crashed) assertEquals(paths.length, 1);
      }
    }
  }
});

// Each planted defect of the design's list that one rule can hold shows in this test.
Deno.test("a broken rule breaks the promise it stands for", async (t) => {
  await t.step("no token compare commits twice (Q5)", async () => {
    let puts = 0;
    const { host, inner, store, base } = await table({
      decide: ({ name }) =>
        name === "putIfAbsent" && puts++ === 0 ? "lost-answer" : "ok",
    });
    await commit(store, host, base, {
      rules: { ownerOf: () => "foreign" },
    });
    assertEquals(await addedPaths(inner), ["ours", "ours"]);
  });
  await t.step(
    "trying the next version without looking commits twice (Q4)",
    async () => {
      let puts = 0;
      const { host, inner, store, base } = await table({
        decide: ({ name }) =>
          name === "putIfAbsent" && puts++ === 0 ? "lost-answer" : "ok",
      });
      await commit(store, host, base, {
        rules: {
          afterWrite: (outcome, state) =>
            outcome.kind === "unknown"
              ? "skip"
              : defaultRules.afterWrite(outcome, state),
        },
      });
      assertEquals(await addedPaths(inner), ["ours", "ours"]);
    },
  );
  await t.step("a read 404 taken for an answer lies (Q7)", async () => {
    const { host, inner, store, base } = await table({
      decide: ({ name }) => name === "putIfAbsent" ? "zombie" : "ok",
    });
    const error = await failure(commit(store, host, base, {
      rules: {
        afterWrite: (outcome, state) =>
          outcome.kind === "unknown"
            ? "read"
            : defaultRules.afterWrite(outcome, state),
        afterAbsent: () => "failed",
      },
    }));
    assertEquals(error.outcome, "failed");
    await store.release();
    assertEquals(await addedPaths(inner), ["ours"]);
  });
  await t.step(
    "a gap is left when the next version is too high (Q10)",
    async () => {
      const { host, inner, store, base } = await table();
      await winnerAt(inner, 1, []);
      await commit(store, host, base, {
        rules: { nextVersion: (latest) => latest + 2 },
      });
      assertEquals(await inner.head(commitPath(2)), undefined);
      assert(await inner.head(commitPath(3)));
    },
  );
});
