import { assertEquals, assertRejects } from "@std/assert";
import { faultOn, faultyStore } from "./faulty_store.ts";
import { memoryStore } from "./memory_store.ts";
import { tracedStore } from "./traced_store.ts";

Deno.test("tracedStore() records every call in order, with what came of it", async () => {
  const store = tracedStore(memoryStore());
  await store.putIfAbsent("a", new Uint8Array(3));
  await store.putIfAbsent("a", new Uint8Array(3));
  await store.put("b", new Uint8Array(5));
  await store.get("a", { range: { start: 0, end: 2 } });
  await store.head("c");
  await Array.fromAsync(store.list("", { startAfter: "a" }));
  await store.delete(["a", "b"]);
  assertEquals(
    store.calls.map((c) => [c.ordinal, c.name, c.path, c.outcome, c.size]),
    [
      [1, "putIfAbsent", "a", "created", 3],
      [2, "putIfAbsent", "a", "exists", 3],
      [3, "put", "b", "written", 5],
      [4, "get", "a", "found", 2],
      [5, "head", "c", "missing", 0],
      [6, "list", "", "listed", 1],
      [7, "delete", "a", "deleted", 2],
    ],
  );
  assertEquals(store.counts(), {
    get: 1,
    head: 1,
    list: 1,
    put: 1,
    putIfAbsent: 2,
    delete: 1,
  });
  store.reset();
  assertEquals(store.calls.length, 0);
});

Deno.test("tracedStore() records calls that fail and listings that are left early", async () => {
  const inner = faultyStore(
    memoryStore(),
    faultOn({ name: "get" }, { kind: "before" }),
  );
  const store = tracedStore(inner);
  await store.put("a", new Uint8Array(1));
  await store.put("b", new Uint8Array(1));
  await assertRejects(() => store.get("a"));
  for await (const _ of store.list("")) break;
  assertEquals(store.calls.map((call) => call.outcome), [
    "written",
    "written",
    "error",
    "listed",
  ]);
});
