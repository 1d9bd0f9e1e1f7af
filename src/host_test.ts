import { assert, assertEquals, assertMatch } from "@std/assert";
import { systemHost } from "./host.ts";

Deno.test("systemHost.sleep() waits that long, and no longer once the signal aborts", async () => {
  // Given a short sleep and a long one that is cancelled,
  const before = performance.now();
  await systemHost.sleep(20);
  const slept = performance.now() - before;
  const controller = new AbortController();
  const long = systemHost.sleep(60_000, controller.signal);
  controller.abort();
  await long;
  await systemHost.sleep(60_000, controller.signal);
  // then the first waited and the others did not.
  assert(slept >= 15, `slept ${slept} ms`);
  assert(performance.now() - before < 10_000);
});

Deno.test("systemHost gives times, version 4 UUIDs and numbers in [0, 1)", () => {
  assert(Math.abs(systemHost.now() - Date.now()) < 1000);
  assertMatch(
    systemHost.uuid(),
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  const drawn = Array.from({ length: 1000 }, () => systemHost.random());
  assert(drawn.every((x) => x >= 0 && x < 1));
  assertEquals(new Set(drawn).size > 990, true);
});
