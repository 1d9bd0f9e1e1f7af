/**
 * One request with an end to it, and requests repeated with jitter.
 *
 * @module
 */

import type { Host } from "../host.ts";
import {
  isNobodyThere,
  isTransient,
  RequestTimeout,
  type S3Failure,
} from "./s3_answer.ts";
import type { S3Settings } from "./s3_options.ts";

/**
 * Runs a request that ends by itself, by the caller's signal, or when nothing
 * has stirred for `timeoutMs`.
 *
 * @param run Gets the signal that ends it, and a function to call when bytes arrive.
 */
export async function callWithin<T>(
  host: Host,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal, stir: () => void) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const over = new AbortController();
  let stirred = false;
  const watch = async (): Promise<void> => {
    do {
      stirred = false;
      await host.sleep(timeoutMs, over.signal);
    } while (stirred && !over.signal.aborted);
    if (!over.signal.aborted) stop.abort(new RequestTimeout(timeoutMs));
  };
  const cancel = (): void => stop.abort(signal?.reason);
  const stopped = new Promise<never>((_, reject) => {
    stop.signal.addEventListener("abort", () => reject(stop.signal.reason), {
      once: true,
    });
  });
  signal?.addEventListener("abort", cancel, { once: true });
  if (signal?.aborted) cancel();
  try {
    const running = run(stop.signal, () => stirred = true);
    // Whichever loses the race may still fail, and nobody listens any more.
    running.catch(() => {});
    stopped.catch(() => {});
    watch().catch((error) => stop.abort(error));
    return await Promise.race([running, stopped]);
  } finally {
    over.abort();
    signal?.removeEventListener("abort", cancel);
  }
}

/** How an attempt ended. */
export type Attempt<T> =
  | { readonly done: true; readonly value: T }
  | { readonly done: false; readonly failure: S3Failure };

/** How a repeated request ended, and whether a failed attempt may still take effect. */
export type Repeated<T> = Attempt<T> & { readonly ambiguous: boolean };

/** Retries where nobody seems to be at the address. */
const NOBODY_RETRIES = 2;

/**
 * Repeats an attempt while its failure is transient, with full jitter, as far as
 * the settings allow. A cancelled signal ends it with the last failure.
 */
export async function repeat<T>(
  host: Host,
  settings: S3Settings,
  signal: AbortSignal | undefined,
  attempt: () => Promise<Attempt<T>>,
): Promise<Repeated<T>> {
  const began = host.now();
  const { initialMs, maxMs, base } = settings.backoff;
  let ceiling = initialMs;
  let ambiguous = false;
  for (let retries = 0;; retries++) {
    const ended = await attempt();
    if (ended.done || !isTransient(ended.failure)) {
      return { ...ended, ambiguous };
    }
    ambiguous = true;
    const most = isNobodyThere(ended.failure)
      ? Math.min(NOBODY_RETRIES, settings.maxRetries)
      : settings.maxRetries;
    const late = host.now() - began >= settings.retryTimeoutMs;
    if (retries >= most || late || signal?.aborted) {
      return { ...ended, ambiguous };
    }
    await host.sleep(host.random() * ceiling, signal);
    if (signal?.aborted) return { ...ended, ambiguous };
    ceiling = Math.min(maxMs, ceiling * Math.max(1, base));
  }
}
