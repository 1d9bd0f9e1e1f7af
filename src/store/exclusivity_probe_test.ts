import { assert, assertEquals, assertRejects } from "@std/assert";
import { startS3Server } from "../../testing/s3_server.ts";
import { DeltaError } from "../errors.ts";
import { systemHost } from "../host.ts";
import { proveExclusive } from "./exclusivity_probe.ts";
import { faultOn, faultyStore } from "./faulty_store.ts";
import { memoryStore } from "./memory_store.ts";
import type { ObjectStore } from "./object_store.ts";
import { openStore } from "./open_store.ts";
import { tracedStore } from "./traced_store.ts";

const host = { ...systemHost, sleep: () => Promise.resolve() };

/** A store that has to be probed, over memory; `overrides` break it. */
function probed(overrides: Partial<ObjectStore> = {}): ObjectStore {
  return {
    ...tracedStore(memoryStore()),
    capabilities: {
      exclusiveCreate: "probe",
      durable: false,
      ownClock: false,
      shared: false,
    },
    ...overrides,
  };
}

Deno.test("proveExclusive() takes two creates, a read and a delete, once per medium, and leaves nothing", async () => {
  const store = tracedStore(probed({ identity: crypto.randomUUID() }));
  await proveExclusive(store, "t", host);
  assertEquals(store.calls.map((call) => `${call.name} ${call.outcome}`), [
    "putIfAbsent created",
    "putIfAbsent exists",
    "get found",
    "delete deleted",
  ]);
  assert(
    /^t\/_delta_log\/\.litmus-probe-[0-9a-f-]{36}$/.test(store.calls[0]!.path),
  );
  assertEquals(await Array.fromAsync(store.list("")), []);
  store.reset();
  // Another store of the same medium needs no probe of its own.
  await proveExclusive(tracedStore(store), "u", host);
  assertEquals(store.calls.length, 0);
});

Deno.test("proveExclusive() asks a store without an identity once for itself", async () => {
  const one = tracedStore(probed());
  const two = tracedStore(probed());
  for (const store of [one, one, two]) await proveExclusive(store, "", host);
  assertEquals([one.calls.length, two.calls.length], [4, 4]);
  assert(one.calls[0]!.path.startsWith("_delta_log/.litmus-probe-"));
});

Deno.test("proveExclusive() takes a store that is exclusive by construction at its word", async () => {
  const store = tracedStore(memoryStore());
  await proveExclusive(store, "", host);
  assertEquals(store.calls.length, 0);
});

Deno.test("proveExclusive() refuses a server that ignores If-None-Match, every time", async () => {
  // given a server that takes the condition and ignores it,
  await using server = await startS3Server();
  server.ignoresConditions = true;
  const store = await openStore("s3://careless/t", {
    storage: {
      endpoint: server.endpoint,
      allow_http: "true",
      access_key_id: "k",
      secret_access_key: "s",
    },
    environment: {},
  });
  for (let i = 0; i < 2; i++) {
    // when it is probed, then it is refused.
    const error = await assertRejects(
      () => proveExclusive(store, "", host),
      DeltaError,
    );
    assertEquals(error.code, "DELTA_STORE_NOT_EXCLUSIVE");
  }
  assertEquals(server.objects.size, 0);
  // One that has been repaired is taken.
  server.ignoresConditions = false;
  await proveExclusive(store, "", host);
  await store.close?.();
});

Deno.test("proveExclusive() refuses a store that says exists and overwrites, and one that has no exclusive create", async () => {
  const inner = memoryStore();
  const lying = probed({
    get: (path, options) => inner.get(path, options),
    putIfAbsent: async (path, bytes) => {
      const isThere = await inner.head(path);
      await inner.put(path, bytes);
      return { kind: isThere ? "exists" : "created" };
    },
  });
  const without = probed({
    capabilities: { ...memoryStore().capabilities, exclusiveCreate: "none" },
  });
  for (const store of [lying, without]) {
    const error = await assertRejects(
      () => proveExclusive(store, "", host),
      DeltaError,
    );
    assertEquals(error.code, "DELTA_STORE_NOT_EXCLUSIVE");
  }
});

Deno.test("proveExclusive() does not mind a denied delete", async () => {
  const store = probed({
    delete: () => Promise.reject(new Error("403 AccessDenied")),
  });
  await proveExclusive(store, "", host);
});

Deno.test("proveExclusive() gets past lost answers and conflicts", async () => {
  for (const kind of ["before", "after", "conflict"] as const) {
    const plan = faultOn({ name: "putIfAbsent", times: 2 }, { kind });
    await proveExclusive(faultyStore(probed(), plan), "", host);
  }
});

Deno.test("proveExclusive() says when it cannot be told, and asks again next time", async () => {
  const silent = faultyStore(
    probed(),
    faultOn({ name: "putIfAbsent", times: 5 }, { kind: "before" }),
  );
  const error = await assertRejects(
    () => proveExclusive(silent, "", host),
    DeltaError,
  );
  assertEquals(error.code, "DELTA_STORE_UNAVAILABLE");
  await proveExclusive(silent, "", host);
  const denied = faultyStore(probed(), () => ({ kind: "rejected" }));
  const refused = await assertRejects(
    () => proveExclusive(denied, "", host),
    DeltaError,
  );
  assertEquals(refused.code, "DELTA_STORE_REJECTED");
});

Deno.test("proveExclusive() lets one caller give up without ending it for another", async () => {
  const store = faultyStore(
    probed(),
    faultOn({ name: "putIfAbsent" }, { kind: "hang" }),
  );
  const cancel = new AbortController();
  const impatient = proveExclusive(store, "", host, cancel.signal);
  const patient = proveExclusive(store, "", host);
  cancel.abort(new Error("enough"));
  const error = await assertRejects(() => impatient, DeltaError);
  assertEquals(error.code, "DELTA_ABORTED");
  store.release();
  await patient;
});
