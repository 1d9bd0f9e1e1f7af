/**
 * A host whose clock only moves when somebody sleeps, and whose randomness comes
 * from a seed: the same run every time, and no waiting.
 *
 * @module
 */

import type { Host } from "../src/host.ts";

/** A host that a test winds by hand. */
export interface VirtualHost extends Host {
  /** Moves the clock, backwards too. */
  advance(ms: number): void;
  /** Every sleep so far, in milliseconds. */
  readonly sleeps: readonly number[];
  /** Called after every sleep, with the clock moved. */
  onSleep: (() => void) | undefined;
}

/** Makes a host from a seed. */
export function virtualHost(
  seed = 1,
  startMs = 1_700_000_000_000,
): VirtualHost {
  let now = startMs;
  let state = seed >>> 0;
  const sleeps: number[] = [];
  const next = (): number => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const host: VirtualHost = {
    now: () => now,
    sleep: async (ms, signal) => {
      if (signal?.aborted) return;
      sleeps.push(ms);
      now += ms;
      host.onSleep?.();
      await Promise.resolve();
    },
    uuid: () => {
      const hex = Array.from(
        { length: 4 },
        () => next().toString(16).padStart(8, "0"),
      ).join("");
      return [
        hex.slice(0, 8),
        hex.slice(8, 12),
        `4${hex.slice(13, 16)}`,
        `8${hex.slice(17, 20)}`,
        hex.slice(20),
      ].join("-");
    },
    random: () => next() / 2 ** 32,
    advance: (ms) => void (now += ms),
    sleeps,
    onSleep: undefined,
  };
  return host;
}
