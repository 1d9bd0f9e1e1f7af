import { assertEquals } from "@std/assert";
import { fileStore } from "./file_store.ts";
import { memoryStore } from "./memory_store.ts";
import { throughStore } from "./store_wrapper.ts";

Deno.test("throughStore() hands on what a store is, and only what it has", async () => {
  const folder = fileStore("nowhere");
  const facts = throughStore(folder);
  assertEquals(facts.url, folder.url);
  assertEquals(facts.identity, folder.identity);
  assertEquals(facts.capabilities, folder.capabilities);
  assertEquals("identity" in throughStore(memoryStore()), false);
  await facts.close();
});

Deno.test("throughStore() closes the store below, if it can be closed", async () => {
  let closed = 0;
  const { close: _, ...open } = { ...throughStore(memoryStore()) };
  const inner = memoryStore();
  await throughStore({ ...open, ...bare(inner) }).close();
  await throughStore({
    ...open,
    ...bare(inner),
    close: () => {
      closed++;
      return Promise.resolve();
    },
  }).close();
  assertEquals(closed, 1);
});

function bare(store: ReturnType<typeof memoryStore>) {
  return {
    get: store.get.bind(store),
    head: store.head.bind(store),
    list: store.list.bind(store),
    put: store.put.bind(store),
    putIfAbsent: store.putIfAbsent.bind(store),
    delete: store.delete.bind(store),
  };
}
