/**
 * The errors of a commit call. Each says what became of the commit, and carries
 * the token and the version attempted, so that `resolve()` can be asked.
 *
 * @module
 */

import { DeltaError, type ErrorCode } from "../errors.ts";
import { commitPath } from "../log/log_path.ts";
import type { CheckResult } from "./conflict_checker.ts";

/** The commit call that an error speaks of. */
export interface FailedCall {
  /** The table's URL. */
  readonly table: string;
  /** The call's token. */
  readonly token: string;
  /** The version it tried last. */
  readonly version: number;
  /** The version it had read; `undefined` for a create. */
  readonly readVersion: number | undefined;
  /** Requests sent. */
  readonly attempts: number;
}

/** What differs between errors. */
export interface ErrorParts {
  /** Why, with what was seen. */
  readonly why: string;
  /** What to do about it. */
  readonly fix: string;
  /** What became of the commit; `failed` by default. */
  readonly outcome?: "failed" | "unknown";
  /** The error underneath. */
  readonly cause?: unknown;
  /** Further facts for programs. */
  readonly context?: Readonly<Record<string, unknown>>;
}

/** An error of a commit call. */
export function commitError(
  call: FailedCall,
  code: ErrorCode,
  parts: ErrorParts,
): DeltaError {
  return new DeltaError(code, {
    what: `Cannot commit version ${call.version} of ${call.table}`,
    why: parts.why,
    fix: parts.fix,
    outcome: parts.outcome ?? "failed",
    ...(parts.cause === undefined ? {} : { cause: parts.cause }),
    context: {
      table: call.table,
      token: call.token,
      attemptedVersion: call.version,
      readVersion: call.readVersion,
      attempts: call.attempts,
      ...parts.context,
    },
  });
}

/** Nobody knows what became of the commit. */
export function unknownCommit(
  call: FailedCall,
  why: string,
  cause: unknown,
): DeltaError {
  return commitError(call, "DELTA_COMMIT_UNKNOWN", {
    why,
    fix: "Ask resolve(token, attemptedVersion) what became of it before " +
      "running it again, and keep the data files until then",
    outcome: "unknown",
    cause,
  });
}

/** A commit file without a byte, or cut: nothing may be built on it. */
export function tornCommit(
  call: FailedCall,
  version: number,
  why: string,
  outcome: "failed" | "unknown",
): DeltaError {
  const path = commitPath(version);
  return commitError(call, "DELTA_LOG_FILE_CORRUPT", {
    why,
    fix: `Repair ${path}: nothing may be committed on top`,
    outcome,
    context: { path, version },
  });
}

/** Another commit carries this call's token: the data files may be its own, so they stay. */
export function sharedToken(call: FailedCall, version: number): DeltaError {
  const path = commitPath(version);
  return commitError(call, "DELTA_COMMIT_TOKEN_SHARED", {
    why:
      `${path} carries this call's token and other bytes: another process drew the same token`,
    fix: "Give every process randomness of its own; keep the data files",
    outcome: "unknown",
    context: { path, version },
  });
}

/** A winner stands in the way. */
export function conflictError(
  call: FailedCall,
  result: Extract<CheckResult, { kind: "conflict" }>,
): DeltaError {
  return commitError(call, result.code, {
    why: result.why,
    fix: "Load the new snapshot and run the operation again",
    context: result.context,
  });
}

/** Somebody else created the table. */
export function tableExists(call: FailedCall): DeltaError {
  return commitError(call, "DELTA_TABLE_ALREADY_EXISTS", {
    why: "another writer created the table first",
    fix: "Open the table instead of creating it",
  });
}

/** The snapshot is too old to commit on, and the log since is gone. */
export function staleBase(call: FailedCall, why: string): DeltaError {
  return commitError(call, "DELTA_STALE_BASE", {
    why,
    fix: "Load the new snapshot and run the operation again",
  });
}

/** The caller cancelled before anything took effect. */
export function abortedCommit(call: FailedCall, reason: unknown): DeltaError {
  return commitError(call, "DELTA_ABORTED", {
    why: "the caller cancelled it before it took effect",
    fix: "Nothing was committed; run the operation again if it is wanted",
    cause: reason,
  });
}

/** What a store said of its refusal. */
export function reasonOf(trouble: unknown): string {
  const reason = (trouble as { reason?: unknown } | undefined)?.reason;
  return typeof reason === "string" ? reason : "no reason given";
}

/** The error under an outcome, or the outcome itself. */
export function causeOf(trouble: unknown): unknown {
  return (trouble as { cause?: unknown } | undefined)?.cause ?? trouble;
}
