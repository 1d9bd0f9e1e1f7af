/**
 * Options that the writing operations share, and what they answer with.
 *
 * @module
 */

import type { Txn } from "../actions/action.ts";
import { DeltaError, shownName } from "../errors.ts";
import type { RebaseRules } from "../commit/rebase_rules.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

/** An application's own version of a write, applied at most once. */
export interface ApplicationVersion {
  /** Names the application, for good. */
  readonly appId: string;
  /** The write's number; the table keeps the latest one per application. */
  readonly version: number;
}

/** Options of every commit. */
export interface OperationOptions {
  /** Free text, kept in the commit. */
  readonly userMetadata?: string | undefined;
  /** Cancels the operation; once the commit was sent its outcome is looked for first. */
  readonly signal?: AbortSignal | undefined;
  /** The decisions of the commit loop; for tests that plant defects. */
  readonly rules?: RebaseRules | undefined;
}

/** Options of operations that write rows. */
export interface WriteOptions extends OperationOptions {
  /** Makes the write happen at most once per application version. */
  readonly txn?: ApplicationVersion | undefined;
  /** Adds columns that the data has and the table lacks, and widens types where the table allows it; off by default. */
  readonly mergeSchema?: boolean | undefined;
  /** Size in bytes at which a data file is closed; `delta.targetFileSize`, else 128 MiB by default. */
  readonly targetFileSize?: number | undefined;
  /** Values of columns that the data leaves out, the same for every row: a partition, say. */
  readonly partition?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * What became of a write.
 *
 * - `committed`: it is the table's `version`.
 * - `already-applied`: an earlier call with this `txn` is in the table; nothing was written.
 * - `nothing-to-do`: there were no rows and nothing else to record; there is no new version.
 */
export type WriteOutcome =
  | "committed"
  | "already-applied"
  | "nothing-to-do";

/** What a write did. */
export interface CommitReport {
  /** What became of it. */
  readonly outcome: WriteOutcome;
  /** Whether it made a version. */
  readonly committed: boolean;
  /** The version it made, or the newest one it knows of where it made none. */
  readonly version: number;
  /** The version it was prepared on. */
  readonly readVersion: number;
  /** Requests that tried to create a version. */
  readonly attempts: number;
  /** Rows written. */
  readonly rows: number;
  /** Data files added. */
  readonly files: number;
  /** Data files removed. */
  readonly removedFiles: number;
  /** Bytes of the data files added. */
  readonly bytes: number;
  /** The commit's `txnId`, for `resolve()`; empty where no commit was tried. */
  readonly token: string;
}

/** A report, and the table's state as the writer knows it afterwards. */
export interface WriteResult {
  /** What the write did. */
  readonly report: CommitReport;
  /** The state. */
  readonly snapshot: Snapshot;
}

/** Whether the table has recorded this application version, or a later one, already. */
export function isApplied(
  snapshot: Snapshot,
  txn: ApplicationVersion | undefined,
): boolean {
  const known: Txn | undefined = txn &&
    snapshot.transactions.get(txn.appId);
  return known !== undefined && known.version >= txn!.version;
}

/** The report of a write that committed nothing. */
export function unwritten(
  snapshot: Snapshot,
  outcome: Exclude<WriteOutcome, "committed">,
): WriteResult {
  const report: CommitReport = {
    outcome,
    committed: false,
    version: snapshot.version,
    readVersion: snapshot.version,
    attempts: 0,
    rows: 0,
    files: 0,
    removedFiles: 0,
    bytes: 0,
    token: "",
  };
  return { report, snapshot };
}

/** The names of {@link WriteOptions}. */
export const WRITE_OPTIONS: readonly (keyof WriteOptions)[] = [
  "txn",
  "mergeSchema",
  "targetFileSize",
  "partition",
  "userMetadata",
  "signal",
  "rules",
];

/**
 * Refuses options that no write has: an `overwrite` that does not know `where`
 * would replace rows that its caller meant to keep.
 *
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT`, naming the option.
 */
export function checkWriteOptions(options: WriteOptions, what: string): void {
  checkKnown(options, WRITE_OPTIONS, what);
  checkTargetFileSize(options.targetFileSize, what);
}

/** Refuses a target size that is no number of bytes. */
export function checkTargetFileSize(
  size: number | undefined,
  what: string,
): void {
  if (size === undefined || (Number.isFinite(size) && size >= 1)) return;
  throw badOption(what, `targetFileSize is ${size}, not a number of bytes`);
}

/**
 * Refuses what is no record of options, options that are not among the known
 * ones, and values of another type than the options that all calls share have.
 * Those that are `undefined` do not count.
 *
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT`.
 */
export function checkKnown(
  options: object,
  known: readonly string[],
  what: string,
): void {
  checkOptions(options, what);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!known.includes(name)) {
      throw badOption(what, `there is no option ${shownName(name)}`, known);
    }
    const type = SHARED.get(name);
    if (!type || type.holds(value)) continue;
    throw badOption(what, `${name} is not ${type.name}`, known);
  }
}

/**
 * Refuses what is no record of options. A function, a list or a signal spreads
 * into no option at all, and a delete without options deletes every row.
 *
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT`.
 */
export function checkOptions(options: unknown, what: string): void {
  if (isRecord(options)) return;
  const is = options === null || options === undefined
    ? `${options}`
    : Array.isArray(options)
    ? "a list"
    : typeof options === "object"
    ? "no plain object"
    : `a ${typeof options}`;
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what,
    why: `what is given as its options is ${is}`,
    fix: 'Give options by name, such as { where: "id = 1" }',
  });
}

/** An object written in braces, or made like one. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function isSignal(value: unknown): boolean {
  return typeof value === "object" && value !== null && "aborted" in value &&
    "addEventListener" in value;
}

function isApplicationVersion(value: unknown): boolean {
  return isRecord(value) && typeof value["appId"] === "string" &&
    value["appId"] !== "" && Number.isSafeInteger(value["version"]);
}

/** What a value of an option must be. */
interface OptionType {
  /** The type in words. */
  readonly name: string;
  /** Whether a value is one. */
  readonly holds: (value: unknown) => boolean;
}

const TEXT: OptionType = {
  name: "text",
  holds: (value) => typeof value === "string",
};
const LIST: OptionType = { name: "a list", holds: Array.isArray };
const VALUES: OptionType = { name: "a record of values", holds: isRecord };
const ROW: OptionType = {
  name: '"all" or a record of values',
  holds: (value) => value === "all" || isRecord(value),
};
const FLAG: OptionType = {
  name: "true or false",
  holds: (value) => typeof value === "boolean",
};

/** Options that mean the same wherever they stand. */
const SHARED: ReadonlyMap<string, OptionType> = new Map([
  ["userMetadata", TEXT],
  ["txn", { name: "{ appId, version }", holds: isApplicationVersion }],
  ["signal", { name: "an AbortSignal", holds: isSignal }],
  ["partition", VALUES],
  ["set", VALUES],
  ["add", VALUES],
  ["whenMatched", LIST],
  ["whenNotMatched", LIST],
  ["whenNotMatchedBySource", LIST],
  ["update", ROW],
  ["insert", ROW],
  ["operation", TEXT],
  ["operationParameters", VALUES],
  ["rowIds", FLAG],
  ["mergeSchema", FLAG],
  ["overwriteSchema", FLAG],
  ["dryRun", FLAG],
  ["enforceRetention", FLAG],
  ["ifExists", FLAG],
]);

function badOption(
  what: string,
  why: string,
  known: readonly string[] = WRITE_OPTIONS,
): DeltaError {
  return new DeltaError("DELTA_INVALID_ARGUMENT", {
    what,
    why,
    fix: `The options are ${known.join(", ")}`,
  });
}
