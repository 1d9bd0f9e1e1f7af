import { assertEquals } from "@std/assert";
import { countedStore } from "./counted_store.ts";
import { memoryStore } from "./memory_store.ts";

Deno.test("countedStore() counts each of the six calls once and hands them on", async () => {
  const store = countedStore(memoryStore());
  const bytes = new Uint8Array([7]);
  assertEquals((await store.put("a", bytes)).kind, "written");
  assertEquals((await store.putIfAbsent("a", bytes)).kind, "exists");
  assertEquals((await store.get("a"))?.bytes, bytes);
  assertEquals((await store.head("a"))?.size, 1);
  assertEquals((await Array.fromAsync(store.list(""))).length, 1);
  await store.delete(["a"]);
  assertEquals(await store.head("a"), undefined);
  assertEquals(store.requests, 7);
});
