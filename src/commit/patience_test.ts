import { assert, assertEquals } from "@std/assert";
import { virtualHost } from "../../testing/virtual_host.ts";
import { DEFAULT_LIMITS } from "./commit_request.ts";
import { Patience } from "./patience.ts";

Deno.test("Patience does not give up before a hundred attempts or the deadline", () => {
  const host = virtualHost();
  const patience = new Patience(host, DEFAULT_LIMITS, undefined);
  patience.startTrying();
  assert(DEFAULT_LIMITS.maxAttempts >= 100);
  assertEquals(patience.isOver(DEFAULT_LIMITS.maxAttempts - 1), false);
  host.advance(DEFAULT_LIMITS.deadlineMs);
  assertEquals(patience.isOver(99), false);
  host.advance(1);
  assertEquals(patience.isOver(1), true);
});

Deno.test("Patience waits longer every time, with jitter, up to five seconds", async () => {
  const waits = async (seed: number): Promise<readonly number[]> => {
    const host = virtualHost(seed);
    const patience = new Patience(host, DEFAULT_LIMITS, undefined);
    for (let i = 0; i < 12; i++) await patience.pause(true);
    return host.sleeps;
  };
  const [one, other] = [await waits(1), await waits(2)];
  for (const [i, ms] of one.entries()) {
    const full = Math.min(5_000, 20 * 2 ** i);
    assert(ms >= full / 2 && ms <= full, `${ms} of ${full}`);
  }
  assert(one.some((ms, i) => ms !== other[i]));
});

Deno.test("Patience leaves others their chance after losing often, and at once before", async () => {
  const host = virtualHost();
  const patience = new Patience(host, DEFAULT_LIMITS, undefined);
  for (const losses of [1, 2]) await patience.yieldToOthers(losses);
  assertEquals(host.sleeps.length, 0);
  for (const losses of [3, 100]) await patience.yieldToOthers(losses);
  assertEquals(host.sleeps.length, 2);
  assert(host.sleeps[0]! <= 15 && host.sleeps[1]! <= 200);
});

Deno.test("Patience is over when the grace after a cancel is", () => {
  const host = virtualHost();
  const controller = new AbortController();
  const patience = new Patience(host, DEFAULT_LIMITS, controller.signal);
  assertEquals(patience.noticeCancel(), false);
  controller.abort();
  assertEquals(patience.noticeCancel(), true);
  host.advance(DEFAULT_LIMITS.cancelGraceMs);
  assertEquals(patience.isOver(1), false);
  host.advance(1);
  assertEquals(patience.isOver(1), true);
});
