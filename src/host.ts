/**
 * What the engine takes from the machine it runs on: clock, sleep and randomness.
 * Nothing else in `src` reads them, so a simulation that hands in its own host
 * controls every source of chance.
 *
 * @module
 */

import { randomBytes, randomUUID } from "node:crypto";

/** Clock, sleep and randomness, as one argument. */
export interface Host {
  /** The time now, in milliseconds since the epoch; the engine drops fractions. */
  now(): number;
  /**
   * Resolves after `ms` milliseconds, or as soon as `signal` aborts (it never
   * rejects: the caller looks at the signal).
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A fresh version 4 UUID: file names, commit tokens, table ids. */
  uuid(): string;
  /** A number in [0, 1) for jitter. */
  random(): number;
}

/** The real machine: wall clock, timers, and the operating system's randomness. */
export const systemHost: Host = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener("abort", done, { once: true });
    }),
  uuid: () => randomUUID(),
  random: () => randomBytes(4).readUInt32LE() / 2 ** 32,
};

/**
 * The host with a clock of whole milliseconds, which is what times in a log are.
 * A simulated clock, or one that runs on `performance.now()`, may tell more.
 */
export function wholeMilliseconds(host: Host): Host {
  return host === systemHost ? host : {
    now: () => Math.floor(host.now()),
    sleep: (ms, signal) => host.sleep(ms, signal),
    uuid: () => host.uuid(),
    random: () => host.random(),
  };
}
