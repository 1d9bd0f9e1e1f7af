import { assertEquals } from "@std/assert";
import { systemHost } from "../host.ts";
import { dropMemoryStore, memoryStore } from "./memory_store.ts";

const one = new Uint8Array([1]);
const paths = async (
  store: ReturnType<typeof memoryStore>,
  prefix = "",
): Promise<string[]> =>
  (await Array.fromAsync(store.list(prefix))).map((object) => object.path);

Deno.test("memoryStore() shares objects by name and keeps nameless ones apart", async () => {
  await memoryStore("lake").put("t/a", one);
  assertEquals((await memoryStore("lake").head("t/a"))?.size, 1);
  assertEquals((await memoryStore("lake/t").head("a"))?.size, 1);
  assertEquals(await memoryStore("pond").head("t/a"), undefined);
  await memoryStore().put("b", one);
  assertEquals(await memoryStore().head("b"), undefined);
  dropMemoryStore("lake");
  assertEquals(await memoryStore("lake").head("t/a"), undefined);
  dropMemoryStore("pond");
});

Deno.test("memoryStore() reads the clock of its host", async () => {
  let now = 5000;
  const store = memoryStore(undefined, { ...systemHost, now: () => now });
  await store.put("a", one);
  now = 4000;
  await store.put("b", one);
  assertEquals((await store.head("a"))?.lastModified, 5000);
  assertEquals((await store.head("b"))?.lastModified, 4000);
});

Deno.test("memoryStore() lists right through any mix of writes, deletes and listings", async () => {
  // given a plain set as the model,
  const store = memoryStore();
  const model = new Set<string>();
  let seed = 3;
  const next = (below: number): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor(seed / 65536) % below;
  };
  for (let i = 0; i < 2000; i++) {
    const path = `p${next(60)}`;
    const what = next(4);
    if (what <= 1) {
      await store.put(path, one);
      model.add(path);
    } else if (what === 2) {
      await store.delete([path]);
      model.delete(path);
    } else {
      // when it is listed in between, then it says what the model says.
      assertEquals(await paths(store), [...model].sort());
    }
  }
});

Deno.test("memoryStore() roots a named store at a folder", async () => {
  const store = memoryStore("rooted/a/b/");
  await store.put("c", one);
  assertEquals(store.url, "memory://rooted/a/b");
  assertEquals(await paths(memoryStore("rooted")), ["a/b/c"]);
  assertEquals(await paths(store), ["c"]);
  dropMemoryStore("rooted");
});
