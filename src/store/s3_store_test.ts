import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Behaviour,
  type S3Server,
  startS3Server,
} from "../../testing/s3_server.ts";
import { DeltaError } from "../errors.ts";
import type { ObjectStore } from "./object_store.ts";
import { openStore } from "./open_store.ts";

const SECRET = "a-secret-that-nobody-may-see";

const storage = (
  server: S3Server,
  more: Record<string, string> = {},
): Record<string, string> => ({
  endpoint: server.endpoint,
  allow_http: "true",
  access_key_id: "key",
  secret_access_key: SECRET,
  timeout: "300ms",
  max_retries: "4",
  "backoff_config.init_backoff": "1ms",
  ...more,
});

const open = (
  server: S3Server,
  more?: Record<string, string>,
): Promise<ObjectStore> =>
  openStore("s3://bucket/root", {
    storage: storage(server, more),
    environment: {},
  });

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const putsOf = (server: S3Server, key: string): number =>
  server.seen.filter((r) => r.method === "PUT" && r.key === key).length;

const error = (status: number, code: string, after = false): Behaviour => ({
  status,
  code,
  after,
});

/** What a server does with a conditional PUT, what it means, and whether the object is there then. */
const ANSWERS: readonly (readonly [string, Behaviour, string, boolean])[] = [
  ["200", "ok", "created", true],
  ["412", error(412, "PreconditionFailed"), "exists", false],
  ["304, as older MinIO says it", error(304, "NotModified"), "exists", false],
  ["409", error(409, "ConditionalRequestConflict"), "conflict", false],
  ["408", error(408, "RequestTimeout"), "unknown", false],
  ["400 RequestTimeout", error(400, "RequestTimeout"), "unknown", false],
  ["429", error(429, "TooManyRequests"), "unknown", false],
  ["500", error(500, "InternalError"), "unknown", false],
  ["500 after the effect", error(500, "InternalError", true), "unknown", true],
  ["503", error(503, "SlowDown"), "unknown", false],
  ["503 after the effect", error(503, "SlowDown", true), "unknown", true],
  ["504", error(504, "GatewayTimeout"), "unknown", false],
  ["400", error(400, "InvalidArgument"), "rejected", false],
  ["403", error(403, "AccessDenied"), "rejected", false],
  ["404", error(404, "NoSuchBucket"), "rejected", false],
  ["501", error(501, "NotImplemented"), "rejected", false],
  ["301", error(301, "PermanentRedirect"), "rejected", false],
  ["a connection that ends before the effect", "drop-before", "unknown", false],
  ["a connection that ends after the effect", "drop-after", "unknown", true],
  ["silence before the effect", "hang-before", "unknown", false],
  ["silence after the effect", "hang-after", "unknown", true],
];

for (const [story, behaviour, kind, isThere] of ANSWERS) {
  Deno.test(`putIfAbsent() answers ${kind} to ${story}, after one PUT`, async () => {
    await using server = await startS3Server();
    const store = await open(server);
    // given connections that have been used before,
    await store.putIfAbsent("warm", bytes("x"));
    await store.get("warm");
    // when the server behaves like this,
    server.script.push(behaviour);
    const outcome = await store.putIfAbsent("log/1", bytes("mine"));
    // then that is what it means, and nobody has sent the request again.
    assertEquals(outcome.kind, kind);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assertEquals(putsOf(server, "root/log/1"), 1);
    assertEquals(server.objects.has("root/log/1"), isThere);
    assert(!JSON.stringify(outcome).includes(SECRET));
    await store.close?.();
  });
}

Deno.test("putIfAbsent() sends one PUT each, however many are in flight when answers are lost", async () => {
  await using server = await startS3Server();
  const store = await open(server);
  await Promise.all(
    Array.from({ length: 8 }, (_, i) => store.putIfAbsent(`w/${i}`, bytes(""))),
  );
  server.script.push(...Array.from({ length: 8 }, () => "drop-after" as const));
  const outcomes = await Promise.all(
    Array.from({ length: 8 }, (_, i) => store.putIfAbsent(`k/${i}`, bytes(""))),
  );
  assertEquals(new Set(outcomes.map((o) => o.kind)), new Set(["unknown"]));
  for (let i = 0; i < 8; i++) assertEquals(putsOf(server, `root/k/${i}`), 1);
  await store.close?.();
});

Deno.test("putIfAbsent() carries a checksum and the condition, data writes to other endpoints carry neither", async () => {
  await using server = await startS3Server();
  const store = await open(server);
  await store.putIfAbsent("a", bytes("x"));
  await store.put("b", bytes("x"));
  const [create, put] = server.seen;
  assertEquals(create?.headers["if-none-match"], "*");
  assert(create?.headers["x-amz-checksum-crc32"]);
  assertEquals(put?.headers["if-none-match"], undefined);
  assertEquals(put?.headers["x-amz-checksum-crc32"], undefined);
  await store.close?.();
});

Deno.test("putIfAbsent() answers unknown soon when the caller cancels a silent request", async () => {
  await using server = await startS3Server();
  const store = await open(server, { timeout: "60s" });
  server.script.push("hang-after");
  const cancel = new AbortController();
  const creating = store.putIfAbsent("a", bytes("x"), {
    signal: cancel.signal,
  });
  while (server.seen.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const began = performance.now();
  cancel.abort(new Error("no longer wanted"));
  assertEquals((await creating).kind, "unknown");
  assert(performance.now() - began < 1000);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assertEquals(putsOf(server, "root/a"), 1);
  await store.close?.();
});

Deno.test("put() repeats what got no answer, and says written when one came", async () => {
  for (
    const behaviour of [
      error(503, "SlowDown"),
      error(500, "InternalError", true),
      "drop-before",
      "drop-after",
      "hang-before",
    ] as const
  ) {
    await using server = await startS3Server();
    const store = await open(server);
    server.script.push(behaviour, behaviour);
    assertEquals((await store.put("a", bytes("x"))).kind, "written");
    assert(putsOf(server, "root/a") >= 3);
    await store.close?.();
  }
});

Deno.test("put() tells a refusal from a silence that outlasts its retries", async () => {
  await using server = await startS3Server();
  const store = await open(server);
  server.script.push(error(403, "AccessDenied"));
  assertEquals((await store.put("a", bytes("x"))).kind, "rejected");
  server.script.push(
    ...Array.from({ length: 5 }, () => error(503, "SlowDown")),
  );
  assertEquals((await store.put("a", bytes("x"))).kind, "unknown");
  // A refusal after an attempt without an answer says nothing about that attempt.
  server.script.push(error(500, "InternalError"), error(403, "AccessDenied"));
  assertEquals((await store.put("a", bytes("x"))).kind, "unknown");
  await store.close?.();
});

Deno.test("get() repeats throttled, lost, cut and stalled answers", async () => {
  for (
    const behaviour of [
      error(503, "SlowDown"),
      error(429, "TooManyRequests"),
      "drop-before",
      "hang-before",
      "cut",
      "stall",
    ] as const
  ) {
    await using server = await startS3Server();
    const store = await open(server);
    await store.put("a", bytes("0123456789".repeat(1000)));
    server.script.push(behaviour);
    const found = await store.get("a");
    assertEquals(found?.bytes.length, 10_000, JSON.stringify(behaviour));
    await store.close?.();
  }
});

Deno.test("reads end in DELTA_STORE_UNAVAILABLE when the store stays busy, and in DELTA_STORE_REJECTED when it refuses", async () => {
  await using server = await startS3Server();
  const store = await open(server);
  const calls: readonly (() => Promise<unknown>)[] = [
    () => store.get("a"),
    () => store.head("a"),
    () => Array.fromAsync(store.list("")),
    () => store.delete(["a"]),
  ];
  for (const call of calls) {
    server.script.push(
      ...Array.from({ length: 5 }, () => error(503, "SlowDown")),
    );
    const busy = await assertRejects(call, DeltaError);
    assertEquals(busy.code, "DELTA_STORE_UNAVAILABLE");
    assertEquals(busy.retry, "later");
    server.script.push(error(403, "AccessDenied"));
    const refused = await assertRejects(call, DeltaError);
    assertEquals(refused.code, "DELTA_STORE_REJECTED");
    assertEquals(server.script.length, 0);
  }
  await store.close?.();
});

Deno.test("a missing bucket is named, by HEAD too, whose answer has no body", async () => {
  await using server = await startS3Server();
  const store = await open(server);
  const gone = error(404, "NoSuchBucket");
  server.script.push(gone);
  await assertRejects(() => store.get("a"), DeltaError, "no bucket bucket");
  server.script.push(gone, gone);
  await assertRejects(() => store.head("a"), DeltaError, "no bucket bucket");
  server.script.push(gone);
  const outcome = await store.putIfAbsent("a", bytes("x"));
  assert(outcome.kind === "rejected" && outcome.reason.includes("bucket"));
  await store.close?.();
});

Deno.test("get() ends soon when the caller cancels in the middle of a body", async () => {
  await using server = await startS3Server();
  const store = await open(server, { timeout: "60s" });
  await store.put("a", new Uint8Array(100_000));
  server.script.push("stall");
  const cancel = new AbortController();
  setTimeout(() => cancel.abort(new Error("no longer wanted")), 50);
  const began = performance.now();
  const aborted = await assertRejects(
    () => store.get("a", { signal: cancel.signal }),
    DeltaError,
  );
  assertEquals(aborted.code, "DELTA_ABORTED");
  assert(performance.now() - began < 2000);
  await store.close?.();
});

Deno.test("a server that answers a range with the whole object is cut to it", async () => {
  await using server = await startS3Server();
  const store = await open(server);
  await store.put("a", bytes("0123456789"));
  const found = await store.get("a", { range: { start: 7, end: 40 } });
  assertEquals(new TextDecoder().decode(found?.bytes), "789");
  assertEquals(found?.size, 10);
  await store.close?.();
});

Deno.test("anonymous requests carry no signature", async () => {
  await using server = await startS3Server();
  const store = await openStore("s3a://bucket/root", {
    storage: {
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_ALLOW_HTTP: "1",
      AWS_SKIP_SIGNATURE: "true",
    },
    environment: {},
  });
  await store.put("a", bytes("x"));
  assertEquals(server.seen[0]?.headers.authorization, undefined);
  assertEquals(server.objects.size, 1);
  await store.close?.();
});

Deno.test("signed requests carry the session token and an unsigned body where asked", async () => {
  await using server = await startS3Server();
  const store = await open(server, {
    session_token: "a-token",
    unsigned_payload: "true",
    region: "eu-nowhere-9",
  });
  await store.put("a", bytes("x"));
  const { headers } = server.seen[0]!;
  assertEquals(headers["x-amz-security-token"], "a-token");
  assertEquals(headers["x-amz-content-sha256"], "UNSIGNED-PAYLOAD");
  assert(String(headers.authorization).includes("eu-nowhere-9"));
  await store.close?.();
});

Deno.test("no message holds a secret, whatever the server says", async () => {
  await using server = await startS3Server();
  const store = await open(server);
  server.script.push({
    status: 403,
    code: "SignatureDoesNotMatch",
    message: `signed with ${SECRET}`,
  });
  const refused = await assertRejects(() => store.get("a"), DeltaError);
  const all = `${refused.message} ${refused.cause} ${
    JSON.stringify(refused.details)
  } ${Deno.inspect(refused, { depth: 10 })}`;
  assert(!all.includes(SECRET));
  assert(all.includes("SignatureDoesNotMatch"));
  await store.close?.();
});
