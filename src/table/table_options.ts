/**
 * Options of the front door: how a table is reached, opened and read.
 *
 * @module
 */

import type { RebaseRules } from "../commit/rebase_rules.ts";
import { DeltaError } from "../errors.ts";
import type { PredicateInput } from "../expression/predicate_input.ts";
import type { Host } from "../host.ts";
import { timeMs } from "../schema/time.ts";
import type { ObjectStore } from "../store/object_store.ts";

/** How a table is reached. */
export interface TableOptions {
  /** Storage options by name, in any capitalisation: credentials, endpoint, region. */
  readonly storage?: Readonly<Record<string, string>> | undefined;
  /** Cancels the call. */
  readonly signal?: AbortSignal | undefined;
  /** Clock, sleep and randomness; the machine's by default. */
  readonly host?: Host | undefined;
  /** A store rooted at the table, instead of the one that the URI names: a wrapped one, say. */
  readonly store?: ObjectStore | undefined;
  /** The decisions of the commit loop; for tests that plant defects. */
  readonly rules?: RebaseRules | undefined;
  /** Where warnings go; the console by default. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** A point in the table's history: a version or a time. */
export interface PointInTime {
  /** The version. */
  readonly version?: number | undefined;
  /** The latest version at or before this time: a `Date`, milliseconds since the epoch, or ISO 8601 text (UTC where it names no zone). */
  readonly timestamp?: Date | number | string | undefined;
}

/** Options of opening a table. */
export interface OpenOptions extends TableOptions, PointInTime {}

/** What to read of a version. */
export interface ReadOptions {
  /** Names of the top-level columns wanted, in the order wanted; all by default. */
  readonly columns?: readonly string[] | undefined;
  /** Which rows are wanted, as a predicate or SQL text; all by default. */
  readonly where?: PredicateInput | undefined;
  /** Adds each row's stable id and the version that wrote it last, as the columns `_row_id` and `_row_commit_version`, behind the others; for tables with `delta.enableRowTracking`. */
  readonly rowIds?: boolean | undefined;
  /** Cancels the reading. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a scan. */
export interface ScanOptions extends ReadOptions {
  /** Rows of a batch, about. */
  readonly batchRows?: number | undefined;
}

/** Options of listing files or counting rows. */
export interface FilterOptions {
  /** Which rows matter, as a predicate or SQL text; all by default. */
  readonly where?: PredicateInput | undefined;
  /** Cancels the reading. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a call that may be cancelled. */
export interface SignalOptions {
  /** Cancels the call. */
  readonly signal?: AbortSignal | undefined;
}

const TABLE_OPTIONS: readonly (keyof TableOptions)[] = [
  "storage",
  "signal",
  "host",
  "store",
  "rules",
  "onWarning",
];
/** The names of {@link OpenOptions}. */
export const OPEN_OPTIONS: readonly string[] = [
  ...TABLE_OPTIONS,
  "version",
  "timestamp",
];
/** The names of the options of creating a table. */
export const CREATE_OPTIONS: readonly string[] = [
  ...TABLE_OPTIONS,
  "schema",
  "partitionBy",
  "properties",
  "mode",
  "name",
  "description",
  "userMetadata",
  "data",
  "targetFileSize",
];
/** The names of {@link FilterOptions}. */
export const FILTER_OPTIONS: readonly (keyof FilterOptions)[] = [
  "where",
  "signal",
];

/** Those of {@link ScanOptions} that reading changes has as well. */
export const COMMON_OPTIONS: readonly Exclude<keyof ScanOptions, "rowIds">[] = [
  ...FILTER_OPTIONS,
  "columns",
  "batchRows",
];

/** The names of {@link ScanOptions}. */
export const SCAN_OPTIONS: readonly (keyof ScanOptions)[] = [
  ...COMMON_OPTIONS,
  "rowIds",
];

/** The names of {@link PointInTime}. */
export const POINT_OPTIONS: readonly (keyof PointInTime)[] = [
  "version",
  "timestamp",
];

/**
 * The milliseconds of a point in time given by its time.
 *
 * @returns `undefined` where the point has no time.
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` for a time that is none, or beside a version.
 */
export function timestampMs(point: PointInTime): number | undefined {
  const { timestamp, version } = point;
  if (
    version !== undefined && !(Number.isSafeInteger(version) && version >= 0)
  ) {
    throw badPoint(`a version is an integer from 0, not ${version}`);
  }
  if (timestamp === undefined) return undefined;
  if (version !== undefined) {
    throw badPoint("both a version and a timestamp are given");
  }
  const ms = timeMs(timestamp);
  if (!Number.isFinite(ms)) throw badPoint("the timestamp is not a time");
  return ms;
}

function badPoint(why: string): DeltaError {
  return new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: "Cannot find the version",
    why,
    fix: "Give a version, or a timestamp, or neither for the newest",
  });
}
