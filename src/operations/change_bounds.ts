/**
 * From which version to which changes are wanted, where the ends are given by
 * number or by time.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import { timeMs } from "../schema/time.ts";
import { firstVersionSince, versionAt } from "../snapshot/time_travel.ts";
import type { TableContext } from "../store/table_context.ts";

/** The ends of a range of versions, both included; each by its number or by a time. */
export interface ChangeBounds {
  /** The first version whose changes are wanted. */
  readonly from?: number | undefined;
  /** In place of `from`: the first version at or after this time, a `Date`, milliseconds since the epoch, or ISO 8601 text (UTC where it names no zone). */
  readonly fromTimestamp?: Date | number | string | undefined;
  /** The last version; the handle's by default. Its schema is the rows'. */
  readonly to?: number | undefined;
  /** In place of `to`: the last version at or before this time. */
  readonly toTimestamp?: Date | number | string | undefined;
}

/** The versions of a range. */
export interface VersionBounds {
  /** The first; greater than `to` where no version lies between two times. */
  readonly from: number;
  /** The last. */
  readonly to: number;
}

/**
 * Finds the versions that bounds name. Between two times that no version lies
 * between is nothing, which is no fault.
 *
 * @param newest The version that the range ends with by default.
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT`, `DELTA_VERSION_NOT_FOUND`,
 *   `DELTA_TIMESTAMP_OUT_OF_RANGE`.
 */
export async function versionsOf(
  context: TableContext,
  newest: number,
  bounds: ChangeBounds,
  signal: AbortSignal | undefined,
): Promise<VersionBounds> {
  const what = `Cannot read the changes of ${context.url}`;
  checkBounds(what, bounds);
  const since = msOf(what, "fromTimestamp", bounds.fromTimestamp);
  const until = msOf(what, "toTimestamp", bounds.toTimestamp);
  if (since !== undefined && until !== undefined && since > until) {
    throw invalid(what, "toTimestamp is before fromTimestamp");
  }
  if (bounds.to === undefined && until === undefined) {
    checkReached(context, newest, bounds.from);
  }
  const from = since === undefined
    ? bounds.from!
    : await firstVersionSince(context, since, { signal });
  const to = until === undefined
    ? bounds.to ?? newest
    : await versionAt(context, until, { signal });
  // There need not be a version between two times.
  const mayBeEmpty = since !== undefined && bounds.to === undefined;
  if (from > to && !mayBeEmpty) {
    throw invalid(
      what,
      `the range ends with version ${to}, before it begins with ${from}`,
    );
  }
  return { from, to };
}

/** Each end is given once, the first one at all, and versions are such. */
function checkBounds(what: string, bounds: ChangeBounds): void {
  const { from, to, fromTimestamp, toTimestamp } = bounds;
  for (const [name, version] of Object.entries({ from, to })) {
    if (version === undefined) continue;
    if (Number.isSafeInteger(version) && version >= 0) continue;
    throw invalid(
      what,
      `${name} is ${version}; a version is an integer from 0`,
    );
  }
  if (from === undefined && fromTimestamp === undefined) {
    throw invalid(what, "it is not said where the range begins");
  }
  if (from !== undefined && fromTimestamp !== undefined) {
    throw invalid(what, "both from and fromTimestamp are given");
  }
  if (to !== undefined && toTimestamp !== undefined) {
    throw invalid(what, "both to and toTimestamp are given");
  }
}

/** A range that ends with the handle's version begins no later. */
function checkReached(
  context: TableContext,
  newest: number,
  from: number | undefined,
): void {
  if (from === undefined || from <= newest) return;
  throw new DeltaError("DELTA_VERSION_NOT_FOUND", {
    what: `Cannot read the changes of ${context.url} from version ${from} on`,
    why: `the newest version that is known here is ${newest}`,
    fix: "Refresh the handle where the table is newer, or begin at an " +
      "earlier version",
    context: { table: context.url, from, newest },
  });
}

function msOf(
  what: string,
  name: string,
  time: Date | number | string | undefined,
): number | undefined {
  if (time === undefined) return undefined;
  const ms = timeMs(time);
  if (Number.isFinite(ms)) return ms;
  throw invalid(what, `${name} is not a time`);
}

function invalid(what: string, why: string): DeltaError {
  return new DeltaError("DELTA_INVALID_ARGUMENT", {
    what,
    why,
    fix: "Give from or fromTimestamp, and to or toTimestamp where the range " +
      "ends earlier",
  });
}
