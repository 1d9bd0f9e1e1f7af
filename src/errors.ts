/**
 * Failing well: one error class, a closed list of codes, and what a caller may
 * do about each.
 *
 * Codes share the error-class names of Delta Spark where one exists.
 *
 * @module
 */

/** What kind of trouble an error is; the words of the engine protocol. */
export type ErrorKind =
  | "conflict"
  | "exists"
  | "not-found"
  | "unsupported"
  | "invalid"
  | "corrupt"
  | "store"
  | "internal";

/**
 * What a caller may do: `never` (change the call), `later` (the same call may
 * pass), `rerun` (load the new snapshot and redo), `unknown` (ask the log).
 */
export type Retry = "never" | "later" | "rerun" | "unknown";

/**
 * What became of the operation: `failed` (no effect, and there never will be
 * one), `committed` (it took effect), `unknown` (it may have an effect, now or
 * later).
 */
export type Outcome = "committed" | "failed" | "unknown";

/** A conflict in Delta's own terms. */
export type ConflictName =
  | "ConcurrentAppend"
  | "ConcurrentDeleteRead"
  | "ConcurrentDeleteDelete"
  | "MetadataChanged"
  | "ProtocolChanged"
  | "ConcurrentTransaction"
  | "ConcurrentWrite";

/** What a code stands for. */
export interface CodeFacts {
  /** What kind of trouble it is. */
  readonly kind: ErrorKind;
  /** What a caller may do. */
  readonly retry: Retry;
  /** The conflict's name, where it is one. */
  readonly conflict?: ConflictName;
  /** One sentence for the generated list of errors. */
  readonly meaning: string;
}

const facts = (
  kind: ErrorKind,
  retry: Retry,
  meaning: string,
  conflict?: ConflictName,
): CodeFacts =>
  conflict ? { kind, retry, meaning, conflict } : { kind, retry, meaning };

const conflict = (name: ConflictName, meaning: string): CodeFacts =>
  facts("conflict", "rerun", meaning, name);

/** Every code an error of this engine may carry. */
export type ErrorCode =
  | "DELTA_CONCURRENT_APPEND"
  | "DELTA_CONCURRENT_DELETE_READ"
  | "DELTA_CONCURRENT_DELETE_DELETE"
  | "DELTA_METADATA_CHANGED"
  | "DELTA_PROTOCOL_CHANGED"
  | "DELTA_CONCURRENT_TRANSACTION"
  | "DELTA_CONCURRENT_WRITE"
  | "DELTA_COMMIT_UNKNOWN"
  | "DELTA_COMMIT_TOKEN_SHARED"
  | "DELTA_STALE_BASE"
  | "DELTA_TABLE_NOT_FOUND"
  | "DELTA_TABLE_ALREADY_EXISTS"
  | "DELTA_VERSION_NOT_FOUND"
  | "DELTA_TIMESTAMP_OUT_OF_RANGE"
  | "DELTA_VERSIONS_NOT_CONTIGUOUS"
  | "DELTA_LOG_FILE_CORRUPT"
  | "DELTA_CHECKPOINT_CORRUPT"
  | "DELTA_STATE_RECOVER_ERROR"
  | "DELTA_FILE_NOT_FOUND"
  | "DELTA_DATA_FILE_CORRUPT"
  | "DELTA_DELETION_VECTOR_CORRUPT"
  | "DELTA_UNSUPPORTED_READER_VERSION"
  | "DELTA_UNSUPPORTED_WRITER_VERSION"
  | "DELTA_UNSUPPORTED_FEATURES_FOR_READ"
  | "DELTA_UNSUPPORTED_FEATURES_FOR_WRITE"
  | "DELTA_UNSUPPORTED_DATA_TYPE"
  | "DELTA_UNSUPPORTED_TYPE_CHANGE"
  | "DELTA_UNSUPPORTED_OPERATION"
  | "DELTA_UNSUPPORTED_EXPRESSION"
  | "DELTA_EXPRESSION_FAILED"
  | "DELTA_INVALID_PROTOCOL"
  | "DELTA_INVALID_SCHEMA"
  | "DELTA_INVALID_ARGUMENT"
  | "DELTA_COLUMN_NOT_FOUND"
  | "DELTA_SCHEMA_MISMATCH"
  | "DELTA_FAILED_TO_MERGE_FIELDS"
  | "DELTA_VALUE_OUT_OF_RANGE"
  | "DELTA_NOT_NULL_CONSTRAINT_VIOLATED"
  | "DELTA_VIOLATE_CONSTRAINT"
  | "DELTA_CANNOT_MODIFY_APPEND_ONLY"
  | "DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE"
  | "DELTA_REPLACE_WHERE_MISMATCH"
  | "DELTA_UNKNOWN_CONFIGURATION"
  | "DELTA_INVALID_CONFIGURATION"
  | "DELTA_MISSING_CHANGE_DATA"
  | "DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE"
  | "DELTA_STORE_NOT_EXCLUSIVE"
  | "DELTA_STORE_REJECTED"
  | "DELTA_STORE_UNAVAILABLE"
  | "DELTA_STORE_UNSUPPORTED"
  | "DELTA_STORE_OPTION_INVALID"
  | "DELTA_ABORTED"
  | "DELTA_HANDLE_CLOSED"
  | "DELTA_INTERNAL";

/** What each code stands for, for programs and for `docs/errors.md`. */
export const ERROR_CODES: Readonly<Record<ErrorCode, CodeFacts>> = {
  DELTA_CONCURRENT_APPEND: conflict(
    "ConcurrentAppend",
    "another commit added files that this operation would have read",
  ),
  DELTA_CONCURRENT_DELETE_READ: conflict(
    "ConcurrentDeleteRead",
    "another commit removed a file that this operation read",
  ),
  DELTA_CONCURRENT_DELETE_DELETE: conflict(
    "ConcurrentDeleteDelete",
    "another commit removed a file that this operation removes",
  ),
  DELTA_METADATA_CHANGED: conflict(
    "MetadataChanged",
    "another commit changed the table's schema or properties",
  ),
  DELTA_PROTOCOL_CHANGED: conflict(
    "ProtocolChanged",
    "another commit changed the table's protocol",
  ),
  DELTA_CONCURRENT_TRANSACTION: conflict(
    "ConcurrentTransaction",
    "another commit wrote the same application transaction or metadata domain",
  ),
  DELTA_CONCURRENT_WRITE: conflict(
    "ConcurrentWrite",
    "another commit came first and this operation cannot be rebased",
  ),
  DELTA_COMMIT_UNKNOWN: facts(
    "store",
    "unknown",
    "the store never said whether the commit took effect",
  ),
  DELTA_COMMIT_TOKEN_SHARED: facts(
    "internal",
    "unknown",
    "a commit with this call's token but other bytes was found: the token is shared",
  ),
  DELTA_STALE_BASE: facts(
    "conflict",
    "rerun",
    "the snapshot is too old to commit on safely",
    "ConcurrentWrite",
  ),
  DELTA_TABLE_NOT_FOUND: facts(
    "not-found",
    "never",
    "there is no Delta table at the location",
  ),
  DELTA_TABLE_ALREADY_EXISTS: facts(
    "exists",
    "never",
    "there is a Delta table at the location already",
  ),
  DELTA_VERSION_NOT_FOUND: facts(
    "invalid",
    "never",
    "the table has no such version, or its log has been cleaned up",
  ),
  DELTA_TIMESTAMP_OUT_OF_RANGE: facts(
    "invalid",
    "never",
    "the timestamp is outside the table's history",
  ),
  DELTA_VERSIONS_NOT_CONTIGUOUS: facts(
    "corrupt",
    "never",
    "a commit file is missing from the log",
  ),
  DELTA_LOG_FILE_CORRUPT: facts(
    "corrupt",
    "never",
    "a file of the log is cut, empty or not what the protocol says",
  ),
  DELTA_CHECKPOINT_CORRUPT: facts(
    "corrupt",
    "never",
    "a checkpoint cannot be read and the log has nothing to fall back to",
  ),
  DELTA_STATE_RECOVER_ERROR: facts(
    "corrupt",
    "never",
    "the log lacks the protocol or metadata of the version",
  ),
  DELTA_FILE_NOT_FOUND: facts(
    "corrupt",
    "never",
    "a file that the log names is missing from the store",
  ),
  DELTA_DATA_FILE_CORRUPT: facts(
    "corrupt",
    "never",
    "a data file cannot be read",
  ),
  DELTA_DELETION_VECTOR_CORRUPT: facts(
    "corrupt",
    "never",
    "a deletion vector is missing, cut or fails its checksum",
  ),
  DELTA_UNSUPPORTED_READER_VERSION: facts(
    "unsupported",
    "never",
    "the table demands a reader version that this engine does not know",
  ),
  DELTA_UNSUPPORTED_WRITER_VERSION: facts(
    "unsupported",
    "never",
    "the table demands a writer version that this engine does not know",
  ),
  DELTA_UNSUPPORTED_FEATURES_FOR_READ: facts(
    "unsupported",
    "never",
    "the table uses features that this engine cannot read",
  ),
  DELTA_UNSUPPORTED_FEATURES_FOR_WRITE: facts(
    "unsupported",
    "never",
    "the table uses features that this engine cannot write",
  ),
  DELTA_UNSUPPORTED_DATA_TYPE: facts(
    "unsupported",
    "never",
    "the schema holds a type that this engine does not know",
  ),
  DELTA_UNSUPPORTED_TYPE_CHANGE: facts(
    "unsupported",
    "never",
    "a column's type was changed in a way that this engine cannot read",
  ),
  DELTA_UNSUPPORTED_OPERATION: facts(
    "unsupported",
    "never",
    "this engine does not have the operation or option",
  ),
  DELTA_UNSUPPORTED_EXPRESSION: facts(
    "unsupported",
    "never",
    "an expression cannot be evaluated by this engine",
  ),
  DELTA_EXPRESSION_FAILED: facts(
    "invalid",
    "never",
    "an expression has no value for a row: an overflow, a division by zero, a text that is no number",
  ),
  DELTA_INVALID_PROTOCOL: facts(
    "corrupt",
    "never",
    "the protocol action breaks the protocol",
  ),
  DELTA_INVALID_SCHEMA: facts(
    "invalid",
    "never",
    "the schema is not one that a Delta table may have",
  ),
  DELTA_INVALID_ARGUMENT: facts(
    "invalid",
    "never",
    "an argument of the call is wrong",
  ),
  DELTA_COLUMN_NOT_FOUND: facts(
    "invalid",
    "never",
    "the table has no such column",
  ),
  DELTA_SCHEMA_MISMATCH: facts(
    "invalid",
    "never",
    "the data does not fit the table's schema",
  ),
  DELTA_FAILED_TO_MERGE_FIELDS: facts(
    "invalid",
    "never",
    "two schemas cannot be merged",
  ),
  DELTA_VALUE_OUT_OF_RANGE: facts(
    "invalid",
    "never",
    "a value does not fit its column's type",
  ),
  DELTA_NOT_NULL_CONSTRAINT_VIOLATED: facts(
    "invalid",
    "never",
    "a NOT NULL column would hold a null",
  ),
  DELTA_VIOLATE_CONSTRAINT: facts(
    "invalid",
    "never",
    "a row breaks a CHECK constraint or invariant",
  ),
  DELTA_CANNOT_MODIFY_APPEND_ONLY: facts(
    "invalid",
    "never",
    "the table is append-only",
  ),
  DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE: facts(
    "invalid",
    "never",
    "more than one source row of a merge would change the same row",
  ),
  DELTA_REPLACE_WHERE_MISMATCH: facts(
    "invalid",
    "never",
    "data that replaces the rows of a predicate holds a row outside it",
  ),
  DELTA_UNKNOWN_CONFIGURATION: facts(
    "invalid",
    "never",
    "nobody knows the table property",
  ),
  DELTA_INVALID_CONFIGURATION: facts(
    "invalid",
    "never",
    "a table property has a value that it may not have",
  ),
  DELTA_MISSING_CHANGE_DATA: facts(
    "invalid",
    "never",
    "the changes of a version were not recorded, or are gone",
  ),
  DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE: facts(
    "unsupported",
    "never",
    "the schema changed in a range of changes so that its rows have none in common",
  ),
  DELTA_STORE_NOT_EXCLUSIVE: facts(
    "unsupported",
    "never",
    "the store accepts a conditional create and ignores the condition",
  ),
  DELTA_STORE_REJECTED: facts(
    "store",
    "never",
    "the store refused the request",
  ),
  DELTA_STORE_UNAVAILABLE: facts(
    "store",
    "later",
    "the store did not answer, or answered that it cannot now",
  ),
  DELTA_STORE_UNSUPPORTED: facts(
    "unsupported",
    "never",
    "the store or file system lacks what a safe commit needs",
  ),
  DELTA_STORE_OPTION_INVALID: facts(
    "invalid",
    "never",
    "a storage option is unknown, or its value is wrong",
  ),
  DELTA_ABORTED: facts(
    "invalid",
    "later",
    "the caller cancelled the operation",
  ),
  DELTA_HANDLE_CLOSED: facts(
    "invalid",
    "never",
    "the table's handle was closed before the call",
  ),
  DELTA_INTERNAL: facts(
    "internal",
    "never",
    "this engine broke its own rules: a defect to report",
  ),
};

/** The parts of an error's message, and facts for programs. */
export interface ErrorDetails {
  /** What could not be done. */
  readonly what: string;
  /** Why, with the state seen and the state wanted. */
  readonly why: string;
  /** What to do about it. */
  readonly fix: string;
  /** Facts for programs: paths, versions, names. Never a secret. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** The error underneath. */
  readonly cause?: unknown;
  /** What became of the operation; `failed` unless stated. */
  readonly outcome?: Outcome;
}

/**
 * The one error class of the engine.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const error = new DeltaError("DELTA_TABLE_NOT_FOUND", {
 *   what: "Cannot open memory://lake/orders",
 *   why: "it has no _delta_log folder",
 *   fix: "Create the table first",
 * });
 * assert.equal(error.kind, "not-found");
 * assert.equal(error.outcome, "failed");
 * ```
 */
export class DeltaError extends Error {
  /** The class name, as JavaScript wants it. */
  override readonly name: string = "DeltaError";
  /** Which of the closed list it is. */
  readonly code: ErrorCode;
  /** What kind of trouble it is. */
  readonly kind: ErrorKind;
  /** What a caller may do. */
  readonly retry: Retry;
  /** What became of the operation. */
  readonly outcome: Outcome;
  /** The conflict's name, where it is one. */
  readonly conflict: ConflictName | undefined;
  /** What, why and what to do, apart. */
  readonly details: ErrorDetails;
  /** Facts for programs. */
  readonly context: Readonly<Record<string, unknown>>;

  /**
   * Makes the error; its message reads "what: why. fix [code]".
   *
   * @param code Which of the closed list it is.
   * @param details The parts of the message, and facts for programs.
   */
  constructor(code: ErrorCode, details: ErrorDetails) {
    super(
      `${details.what}: ${
        details.why.replace(/\.+$/, "")
      }. ${details.fix} [${code}]`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    const known: CodeFacts = ERROR_CODES[code];
    this.code = code;
    this.kind = known.kind;
    this.retry = details.outcome === "unknown" ? "unknown" : known.retry;
    this.outcome = details.outcome ?? "failed";
    this.conflict = known.conflict;
    this.details = details;
    this.context = details.context ?? {};
  }
}

/**
 * A name that a caller gave, for a message. What does not look like a name is
 * not shown: people paste secrets into the wrong place.
 */
export function shownName(name: string): string {
  return /^[a-z0-9_.-]{1,39}$/i.test(name) ? name : "(name not shown)";
}

/** Throws the error of a cancelled operation when the signal has aborted. */
export function throwIfAborted(
  signal: AbortSignal | undefined,
  what: string,
): void {
  if (!signal?.aborted) return;
  throw new DeltaError("DELTA_ABORTED", {
    what,
    why: "the caller cancelled it before it took effect",
    fix: "Nothing was committed; run the operation again if it is still wanted",
    cause: signal.reason,
  });
}
