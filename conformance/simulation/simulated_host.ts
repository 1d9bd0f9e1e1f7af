/**
 * A machine for one simulated client: the scheduler's clock with a skew of its
 * own, sleeps that are gates, and randomness from a seed.
 *
 * @module
 */

import type { Host } from "../../src/mod.ts";
import type { Scheduler } from "./scheduler.ts";

/** What a simulated machine is told. */
export interface SimulatedHostOptions {
  /** The client it belongs to. */
  readonly client: string;
  /** Seed of its randomness. */
  readonly seed: number;
  /** How far its clock is ahead of the world's, in milliseconds. */
  readonly skewMs?: number;
}

/** A 32-bit generator (mulberry32): the same seed gives the same numbers. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The machine. */
export function simulatedHost(
  scheduler: Scheduler,
  options: SimulatedHostOptions,
): Host {
  const random = seededRandom(options.seed);
  const skew = options.skewMs ?? 0;
  return {
    now: () => scheduler.time + skew,
    sleep: (ms, signal) => {
      if (signal?.aborted) return Promise.resolve();
      return scheduler.wait(
        options.client,
        `sleeps ${Math.round(ms)} ms`,
        scheduler.time + Math.max(0, Math.ceil(ms)),
      );
    },
    uuid: () => uuidFrom(random),
    random,
  };
}

function uuidFrom(random: () => number): string {
  const hex = Array.from({ length: 32 }, (_, i) => {
    const digit = Math.floor(random() * 16);
    if (i === 12) return "4";
    if (i === 16) return (8 + (digit & 3)).toString(16);
    return digit.toString(16);
  }).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${
    hex.slice(16, 20)
  }-${hex.slice(20)}`;
}
