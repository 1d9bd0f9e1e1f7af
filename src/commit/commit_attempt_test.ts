import { assert, assertEquals, assertThrows } from "@std/assert";
import { virtualHost } from "../../testing/virtual_host.ts";
import { DeltaError } from "../errors.ts";
import { commitPath } from "../log/log_path.ts";
import { memoryStore } from "../store/memory_store.ts";
import type { CreateOutcome } from "../store/object_store.ts";
import { contextOf } from "../store/table_context.ts";
import { CommitAttempt } from "./commit_attempt.ts";
import type { CommitBase } from "./commit_bytes.ts";
import { type CommitRequest, DEFAULT_LIMITS } from "./commit_request.ts";
import { Patience } from "./patience.ts";
import { defaultRules } from "./rebase_rules.ts";

const BASE: CommitBase = {
  version: 0,
  protocol: { minReaderVersion: 1, minWriterVersion: 2 },
  metadata: {
    id: "t",
    format: { provider: "parquet" },
    schemaString: '{"type":"struct","fields":[]}',
    partitionColumns: [],
    configuration: {},
  },
  domains: new Map(),
  inCommitTimestamp: undefined,
  newestAt: 0,
};

/** An attempt at version 1 on a store that answers as told; the truth by default. */
async function attemptAt(answer?: CreateOutcome) {
  const host = virtualHost();
  const store = memoryStore(undefined, host);
  const request: CommitRequest<CommitBase> = {
    context: contextOf(store, { host, warn: () => {} }),
    draft: {
      table: store.url,
      token: "ours",
      readVersion: 0,
      level: "Serializable",
      operation: "append",
      claim: "none",
      staged: {
        adds: [],
        removes: [],
        cdc: [],
        txns: [],
        domains: [],
        metadata: undefined,
        protocol: undefined,
      },
      reads: {
        wholeTable: false,
        predicates: [],
        files: new Set(),
        appIds: new Set(),
      },
      provenance: {
        operation: "WRITE",
        operationParameters: {},
        operationMetrics: undefined,
        userMetadata: undefined,
      },
    },
    base: BASE,
    moves: {
      advance: () => Promise.reject(new Error("not expected to advance")),
      refresh: () => Promise.reject(new Error("not expected to refresh")),
    },
    rules: {
      ...defaultRules,
      ...(answer && { writeCommit: () => Promise.resolve(answer) }),
    },
    limits: DEFAULT_LIMITS,
    signal: undefined,
  };
  const patience = new Patience(host, request.limits, request.signal);
  const attempt = new CommitAttempt(request, patience);
  await attempt.moveTo(BASE, 1);
  return { attempt, store };
}

Deno.test("send() creates the version once, and knows its bytes again", async () => {
  const { attempt, store } = await attemptAt();
  assertEquals(await attempt.send(), "committed");
  assert(await store.head(commitPath(1)));
  assertEquals(await attempt.send(), "read");
  const found = await attempt.readSettled(1);
  assertEquals(attempt.judge(found), "ours");
  assertEquals([attempt.count, attempt.isInDoubt], [2, false]);
});

Deno.test("send() leaves the version in doubt where the store does not tell", async () => {
  for (const kind of ["unknown", "conflict"] as const) {
    const { attempt } = await attemptAt({ kind, reason: "lost" });
    assertEquals(await attempt.send(), "again");
    const state = { version: 1, sent: 1, ambiguous: true };
    assertEquals(attempt.state(), state);
    assertEquals(attempt.torn(1, "it is cut").outcome, "unknown");
    // Another version is a new attempt; what was sent still counts for the call.
    await attempt.moveTo(BASE, 2);
    assertEquals(attempt.state(), { version: 2, sent: 0, ambiguous: false });
    assertEquals([attempt.count, attempt.version], [1, 2]);
    assertEquals(attempt.torn(2, "it is cut").outcome, "failed");
  }
});

Deno.test("judge() tells whose a commit is, and ends the call where nobody can", async () => {
  const { attempt } = await attemptAt();
  const text = (value: string) => new TextEncoder().encode(value);
  const found = (value: string, token: string) =>
    ({ kind: "found", bytes: text(value), actions: [], token }) as const;
  assertEquals(attempt.judge(found("{}", "theirs")), "foreign");
  assertEquals(attempt.judge({ kind: "absent" }), "absent");
  assertEquals(
    attempt.judge({ kind: "unreadable", cause: new Error("no answer") }),
    "unreadable",
  );
  const { code } = assertThrows(
    () => attempt.judge(found("{}", "ours")),
    DeltaError,
  );
  assertEquals(code, "DELTA_COMMIT_TOKEN_SHARED");
  const torn = { kind: "torn", why: "it is cut", bytes: text("{") } as const;
  const error = assertThrows(() => attempt.judge(torn), DeltaError);
  assertEquals(error.code, "DELTA_LOG_FILE_CORRUPT");
});
