import { assertEquals, assertRejects } from "@std/assert";
import { scriptedStore } from "../../testing/scripted_store.ts";
import { virtualHost } from "../../testing/virtual_host.ts";
import { DeltaError } from "../errors.ts";
import { memoryStore } from "../store/memory_store.ts";
import { contextOf } from "../store/table_context.ts";
import { agreedTime, LARGEST_SKEW_MS, storeTime } from "./store_clock.ts";

const NOW = 1_700_000_000_000;

function clocks(skew: number) {
  const store = memoryStore(undefined, virtualHost(1, NOW));
  return contextOf(store, { host: virtualHost(2, NOW + skew) });
}

Deno.test("storeTime() is the store's own, and leaves nothing behind", async () => {
  const context = clocks(12345);
  assertEquals(await storeTime(context), NOW);
  assertEquals(await Array.fromAsync(context.store.list("")), []);
});

Deno.test("agreedTime() is the earlier clock's, and none where a day is between them", async () => {
  assertEquals(await agreedTime(clocks(0), ""), NOW);
  assertEquals(await agreedTime(clocks(LARGEST_SKEW_MS), ""), NOW);
  assertEquals(await agreedTime(clocks(-5_000), ""), NOW - 5_000);
  for (const skew of [LARGEST_SKEW_MS + 1, -LARGEST_SKEW_MS - 1]) {
    await assertRejects(
      () => agreedTime(clocks(skew), "Cannot vacuum"),
      DeltaError,
      "Cannot vacuum",
    );
  }
});

Deno.test("storeTime() says when the store takes no object, or does not show it", async () => {
  for (
    const [name, script, code] of [
      ["put", "rejected", "DELTA_STORE_REJECTED"],
      ["head", "lies", "DELTA_STORE_UNAVAILABLE"],
    ] as const
  ) {
    const store = scriptedStore(
      memoryStore(),
      (call) => call.name === name ? script : "ok",
    );
    await assertRejects(() => storeTime(contextOf(store)), DeltaError, code);
  }
});
