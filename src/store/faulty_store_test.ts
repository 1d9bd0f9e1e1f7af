import { assert, assertEquals, assertRejects } from "@std/assert";
import { DeltaError } from "../errors.ts";
import {
  type Fault,
  faultAt,
  faultOn,
  type FaultyStore,
  faultyStore,
} from "./faulty_store.ts";
import { memoryStore } from "./memory_store.ts";
import type { ObjectStore } from "./object_store.ts";

const bytes = new TextEncoder().encode("0123456789");

async function broken(
  fault: Fault,
): Promise<{ store: FaultyStore; inner: ObjectStore }> {
  const inner = memoryStore();
  await inner.put("there", bytes);
  return { store: faultyStore(inner, faultAt(1, fault)), inner };
}

/** Each fault of an exclusive create: what is answered, and whether the object is there. */
const CREATES: readonly (readonly [Fault, string, boolean])[] = [
  [{ kind: "before" }, "unknown", false],
  [{ kind: "after" }, "unknown", true],
  [{ kind: "zombie" }, "unknown", false],
  [{ kind: "rejected" }, "rejected", false],
  [{ kind: "conflict" }, "conflict", false],
  [{ kind: "cut", bytes: 1 }, "unknown", true],
];

for (const [fault, kind, isThere] of CREATES) {
  Deno.test(`faultyStore() answers ${kind} to a create with the fault ${fault.kind}`, async () => {
    const { store, inner } = await broken(fault);
    assertEquals((await store.putIfAbsent("a", bytes)).kind, kind);
    assertEquals(await inner.head("a") !== undefined, isThere);
    assertEquals(store.injected[0]?.call.name, "putIfAbsent");
    // The next call is whole again.
    const again = isThere ? "exists" : "created";
    assertEquals((await store.putIfAbsent("a", bytes)).kind, again);
  });
}

Deno.test("faultyStore() lets a zombie take effect when it is told to", async () => {
  const { store, inner } = await broken({ kind: "zombie" });
  const buffer = new Uint8Array(bytes);
  await store.putIfAbsent("a", buffer);
  buffer.fill(0);
  assertEquals(store.waiting, 1);
  assertEquals(await store.land(), ["created"]);
  assertEquals(
    new TextDecoder().decode((await inner.get("a"))?.bytes),
    "0123456789",
  );
  assertEquals(await store.land(), []);
});

Deno.test("faultyStore() lets a zombie that comes second find what is there", async () => {
  const { store } = await broken({ kind: "zombie" });
  await store.putIfAbsent("a", bytes);
  await store.putIfAbsent("a", bytes);
  assertEquals(await store.land(), ["exists"]);
});

Deno.test("faultyStore() hangs until the caller cancels, and has no effect", async () => {
  const { store, inner } = await broken({ kind: "hang" });
  const cancel = new AbortController();
  const creating = store.putIfAbsent("a", bytes, { signal: cancel.signal });
  cancel.abort(new Error("enough"));
  assertEquals((await creating).kind, "unknown");
  assertEquals(await inner.head("a"), undefined);
});

Deno.test("faultyStore() ends every hanging call when released", async () => {
  const store = faultyStore(memoryStore(), () => ({ kind: "hang" }));
  const creating = store.putIfAbsent("a", bytes);
  const reading = assertRejects(() => store.get("a"), DeltaError);
  await Promise.resolve();
  store.release();
  assertEquals((await creating).kind, "unknown");
  assertEquals((await reading).code, "DELTA_STORE_UNAVAILABLE");
});

Deno.test("faultyStore() makes reads unavailable or refused, and cuts their bodies", async () => {
  for (const kind of ["before", "after", "zombie"] as const) {
    const { store } = await broken({ kind });
    const error = await assertRejects(() => store.get("there"), DeltaError);
    assertEquals(error.code, "DELTA_STORE_UNAVAILABLE");
    assertEquals((await store.get("there"))?.size, 10);
  }
  const { store: refusing } = await broken({ kind: "rejected" });
  const error = await assertRejects(() => refusing.head("there"), DeltaError);
  assertEquals(error.code, "DELTA_STORE_REJECTED");
  const { store: cutting } = await broken({ kind: "cut", bytes: 4 });
  const found = await cutting.get("there");
  assertEquals([found?.bytes.length, found?.size], [4, 4]);
});

Deno.test("faultyStore() breaks listings and deletes, with or without effect", async () => {
  const { store } = await broken({ kind: "before" });
  await assertRejects(() => Array.fromAsync(store.list("")), DeltaError);
  assertEquals((await Array.fromAsync(store.list(""))).length, 1);
  const lost = await broken({ kind: "after" });
  await assertRejects(() => lost.store.delete(["there"]), DeltaError);
  assertEquals(await lost.inner.head("there"), undefined);
  const late = await broken({ kind: "zombie" });
  await assertRejects(() => late.store.delete(["there"]), DeltaError);
  assert(await late.inner.head("there"));
  assertEquals(await late.store.land(), ["deleted"]);
  assertEquals(await late.inner.head("there"), undefined);
});

Deno.test("faultOn() breaks the matching calls it is told to", async () => {
  const store = faultyStore(
    memoryStore(),
    faultOn({ name: "put", path: /^b/, skip: 1, times: 2 }, { kind: "before" }),
  );
  const kinds: string[] = [];
  for (const path of ["a", "b1", "b2", "a", "b3", "b4"]) {
    kinds.push((await store.put(path, bytes)).kind);
  }
  assertEquals(kinds, [
    "written",
    "written",
    "unknown",
    "written",
    "unknown",
    "written",
  ]);
  assertEquals(store.callCount, 6);
});
