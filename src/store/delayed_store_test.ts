import { assertEquals, assertRejects } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { type Host, systemHost } from "../host.ts";
import { delayedStore } from "./delayed_store.ts";
import { memoryStore } from "./memory_store.ts";

/** A host whose sleeps take no time and are written down. */
function sleeper(): Host & { readonly slept: number[] } {
  const slept: number[] = [];
  const sleep = (ms: number): Promise<void> => {
    slept.push(ms);
    return Promise.resolve();
  };
  return { ...systemHost, sleep, slept };
}

const bytes = new Uint8Array([1]);

Deno.test("delayedStore() waits before and after every call, on the host's time", async () => {
  const host = sleeper();
  const store = delayedStore(memoryStore(), { host, beforeMs: 3, afterMs: 4 });
  await store.put("a", bytes);
  await store.putIfAbsent("b", bytes);
  await store.get("a");
  await store.head("a");
  await Array.fromAsync(store.list(""));
  await store.delete(["a"]);
  assertEquals(host.slept, Array.from({ length: 6 }, () => [3, 4]).flat());
});

Deno.test("delayedStore() delays by call, and not at all where the delay is 0", async () => {
  const host = sleeper();
  const store = delayedStore(memoryStore(), {
    host,
    beforeMs: (name, path) => name === "get" && path === "slow" ? 9 : 0,
  });
  await store.get("slow");
  await store.get("fast");
  await store.head("slow");
  assertEquals(host.slept, [9]);
});

Deno.test("delayedStore() lets a write that is cancelled on its way have no effect", async () => {
  const inner = memoryStore();
  const store = delayedStore(inner, { host: systemHost, beforeMs: 60_000 });
  const cancel = new AbortController();
  const writing = store.putIfAbsent("a", bytes, { signal: cancel.signal });
  cancel.abort(new Error("no longer wanted"));
  const error = await assertRejects(() => writing, DeltaError);
  assertEquals(error.code, "DELTA_ABORTED");
  assertEquals(await inner.head("a"), undefined);
});

Deno.test("delayedStore() tells what became of a write that is cancelled on the way back", async () => {
  const inner = memoryStore();
  const store = delayedStore(inner, { host: systemHost, afterMs: 60_000 });
  const cancel = new AbortController();
  const writing = store.putIfAbsent("a", bytes, { signal: cancel.signal });
  cancel.abort(new Error("no longer wanted"));
  const outcome = await writing.catch((error) => error.code);
  const isThere = await inner.head("a") !== undefined;
  assertEquals(isThere, outcome.kind === "created");
});
