/**
 * The values of storage options: yes or no, counts, durations.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";

/** `true`, `1`, `yes`, `on` and their opposites, in any capitalisation. */
export function parseBoolean(option: string, value: string): boolean {
  const text = value.trim().toLowerCase();
  if (["true", "1", "yes", "y", "on"].includes(text)) return true;
  if (["false", "0", "no", "n", "off"].includes(text)) return false;
  throw wrongValue(option, "it is neither true nor false");
}

/** A whole number from 0 on. */
export function parseCount(option: string, value: string): number {
  const count = Number(value.trim());
  if (/^\d+$/.test(value.trim()) && Number.isSafeInteger(count)) return count;
  throw wrongValue(option, "it is not a whole number");
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ["", 1000],
  ["ms", 1],
  ["s", 1000],
  ["sec", 1000],
  ["seconds", 1000],
  ["m", 60_000],
  ["min", 60_000],
  ["minutes", 60_000],
  ["h", 3_600_000],
]);

/** A duration such as `500ms`, `30s`, `2m` or `30` (seconds), in milliseconds. */
export function parseDuration(option: string, value: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(value.trim().toLowerCase());
  const unit = UNITS.get(match?.[2] ?? "none");
  if (match && unit !== undefined) {
    return Math.round(Number(match[1]) * unit);
  }
  throw wrongValue(option, "it is not a duration such as 500ms, 30s or 2m");
}

function wrongValue(option: string, why: string): DeltaError {
  return new DeltaError("DELTA_STORE_OPTION_INVALID", {
    what: `Cannot use the value of the storage option ${option}`,
    why,
    fix: "Correct the value",
    context: { option },
  });
}

/** An option that cannot be used; its value is not shown. */
export function invalidOption(
  option: string,
  why: string,
  fix: string,
): DeltaError {
  return new DeltaError("DELTA_STORE_OPTION_INVALID", {
    what: `Cannot use the storage option ${option}`,
    why,
    fix,
    context: { option },
  });
}
