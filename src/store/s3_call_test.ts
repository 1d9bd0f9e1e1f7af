import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Host, systemHost } from "../host.ts";
import { readFailure, RequestTimeout } from "./s3_answer.ts";
import { type Attempt, callWithin, repeat } from "./s3_call.ts";
import { readS3Options } from "./s3_options.ts";

const settings = (storage: Record<string, string> = {}) =>
  readS3Options("b", storage, {}, () => {});

/** A host whose sleeps pass at once, by its own clock. */
function quick(random = 1): Host & { readonly slept: number[] } {
  const slept: number[] = [];
  let now = 0;
  return {
    ...systemHost,
    slept,
    now: () => now,
    random: () => random,
    sleep: (ms) => {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
}

const failing = (error: unknown) => (): Promise<Attempt<never>> =>
  Promise.resolve({ done: false, failure: readFailure(error) });
const busy = { $metadata: { httpStatusCode: 503 }, name: "SlowDown" };

Deno.test("callWithin() gives the result and leaves no timer behind", async () => {
  const result = await callWithin(
    systemHost,
    60_000,
    undefined,
    () => Promise.resolve(7),
  );
  assertEquals(result, 7);
});

Deno.test("callWithin() ends a call that stays silent, and tells it to stop", async () => {
  let stopped = false;
  await assertRejects(
    () =>
      callWithin(systemHost, 20, undefined, (signal) => {
        signal.addEventListener("abort", () => stopped = true);
        return new Promise(() => {});
      }),
    RequestTimeout,
  );
  assert(stopped);
});

Deno.test("callWithin() lets a call take its time while bytes arrive", async () => {
  const result = await callWithin(
    systemHost,
    60,
    undefined,
    async (_, stir) => {
      for (let i = 0; i < 10; i++) {
        await systemHost.sleep(20);
        stir();
      }
      return "whole";
    },
  );
  assertEquals(result, "whole");
});

Deno.test("callWithin() ends when the caller cancels, before or during", async () => {
  const reason = new Error("no longer wanted");
  const never = () => new Promise<never>(() => {});
  const during = new AbortController();
  const running = callWithin(systemHost, 60_000, during.signal, never);
  during.abort(reason);
  assertEquals(await assertRejects(() => running), reason);
  const before = AbortSignal.abort(reason);
  assertEquals(
    await assertRejects(() => callWithin(systemHost, 60_000, before, never)),
    reason,
  );
});

Deno.test("repeat() waits longer each time, by the host's chance, up to the most", async () => {
  const host = quick();
  const ended = await repeat(
    host,
    settings({
      max_retries: "5",
      "backoff_config.init_backoff": "100ms",
      "backoff_config.max_backoff": "500ms",
    }),
    undefined,
    failing(busy),
  );
  assertEquals(host.slept, [100, 200, 400, 500, 500]);
  assertEquals([ended.done, ended.ambiguous], [false, true]);
  const lucky = quick(0.25);
  await repeat(lucky, settings({ max_retries: "2" }), undefined, failing(busy));
  assertEquals(lucky.slept, [25, 50]);
});

Deno.test("repeat() does not repeat refusals, and gives up early where nobody is", async () => {
  const host = quick();
  const refused = { $metadata: { httpStatusCode: 403 } };
  const ended = await repeat(host, settings(), undefined, failing(refused));
  assertEquals([host.slept.length, ended.ambiguous], [0, false]);
  await repeat(host, settings(), undefined, failing({ code: "ECONNREFUSED" }));
  assertEquals(host.slept.length, 2);
});

Deno.test("repeat() stops at its deadline and when the caller cancels", async () => {
  const host = quick();
  await repeat(
    host,
    settings({ retry_timeout: "250ms" }),
    undefined,
    failing(busy),
  );
  assertEquals(host.slept, [100, 200]);
  const cancelled = quick();
  await repeat(cancelled, settings(), AbortSignal.abort(), failing(busy));
  assertEquals(cancelled.slept, []);
});

Deno.test("repeat() gives the value of the attempt that worked", async () => {
  let attempts = 0;
  const ended = await repeat(quick(), settings(), undefined, () => {
    const done = ++attempts === 3;
    return done
      ? Promise.resolve({ done: true as const, value: "v" })
      : failing(busy)();
  });
  assert(ended.done && ended.value === "v" && ended.ambiguous);
});
