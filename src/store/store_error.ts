/**
 * The errors that stores throw: reads that got no answer, and definite refusals.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";

/** A read that got no usable answer after the store's own retries. */
export function unavailable(
  what: string,
  why: string,
  cause?: unknown,
): DeltaError {
  return new DeltaError("DELTA_STORE_UNAVAILABLE", {
    what,
    why,
    fix: "Run the operation again when the store answers",
    cause,
  });
}

/** A definite refusal. */
export function rejected(
  what: string,
  why: string,
  cause?: unknown,
  fix = "Check the location, the permissions and the credentials",
): DeltaError {
  return new DeltaError("DELTA_STORE_REJECTED", { what, why, fix, cause });
}

/** A medium that lacks what a safe commit needs. */
export function unsupported(
  what: string,
  why: string,
  fix: string,
  cause?: unknown,
): DeltaError {
  return new DeltaError("DELTA_STORE_UNSUPPORTED", { what, why, fix, cause });
}

/** One line on a foreign error: never its fields, which may hold secrets. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error
    ? error.message || error.name
    : String(error);
  return text.split("\n", 1)[0]!.trim();
}
