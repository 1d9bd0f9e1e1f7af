/**
 * What an S3 failure means for the request: refused, taken, undecided, or
 * nobody knows. Pure: the store asks, this answers.
 *
 * | answer                                        | of an exclusive create |
 * | --------------------------------------------- | ---------------------- |
 * | 412, 304 (older MinIO)                        | `exists`               |
 * | 409                                           | `conflict`             |
 * | 408, 429, 5xx but 501, timeout, reset, cut    | `unknown`              |
 * | every other 3xx and 4xx, 501                  | `rejected`             |
 *
 * @module
 */

import type { CreateOutcome, PutOutcome } from "./object_store.ts";
import { oneLine } from "./store_error.ts";

/** A failed request, without anything that may hold a secret. */
export interface S3Failure {
  /** The answer's status; `undefined` when there was no answer. */
  readonly status: number | undefined;
  /** The error's name: `NoSuchKey`, `SlowDown`, `TimeoutError`. */
  readonly name: string;
  /** The code of a network error: `ECONNREFUSED`. */
  readonly code: string;
  /** Status, name and message in one line. */
  readonly text: string;
  /** How often the request was sent, as far as the client knows. */
  readonly attempts: number;
  /** Whether nothing was ever sent: no credentials, no region. */
  readonly unsent: boolean;
}

/** A request that took longer than it may. */
export class RequestTimeout extends Error {
  /** The name that failures are told apart by. */
  override readonly name: string = "TimeoutError";

  /** Takes how long the request was waited for. */
  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`);
  }
}

const UNSENT: ReadonlySet<string> = new Set([
  "CredentialsProviderError",
  "ProviderError",
  "TokenProviderError",
]);

/** Reads what the client threw. Secrets are cut out of its text. */
export function readFailure(
  error: unknown,
  secrets: readonly string[] = [],
): S3Failure {
  const thrown = (typeof error === "object" && error !== null ? error : {}) as {
    name?: unknown;
    Code?: unknown;
    code?: unknown;
    $metadata?: { httpStatusCode?: number; attempts?: number };
    $response?: { statusCode?: number };
  };
  const status = thrown.$metadata?.httpStatusCode ??
    thrown.$response?.statusCode;
  const name = text(thrown.Code) || text(thrown.name) || "Error";
  const message = scrub(oneLine(error), secrets);
  // `Error: connect ECONNREFUSED …` says nothing more than its own text.
  const bare = name === "Error" || name === message;
  const parts = [status, bare ? "" : `${name}:`, message];
  return {
    status,
    name,
    code: text(thrown.code),
    text: parts.filter((part) => part !== undefined && part !== "").join(" "),
    attempts: thrown.$metadata?.attempts ?? 1,
    unsent: status === undefined &&
      (UNSENT.has(name) || /^region is missing/i.test(message)),
  };
}

/** The failure as an error to put underneath another: the client's own holds headers and signatures. */
export function causeOf(failure: S3Failure): Error {
  return new Error(failure.text);
}

/** What a failed conditional PUT means. */
export function createOutcome(failure: S3Failure): CreateOutcome {
  if (failure.status === 412 || failure.status === 304) {
    // Sent more than once, the object may be the work of an earlier sending.
    return failure.attempts > 1
      ? unknown(failure, "the request was sent more than once: ")
      : { kind: "exists" };
  }
  if (failure.status === 409) {
    return { kind: "conflict", cause: causeOf(failure) };
  }
  return isDefinite(failure) ? refused(failure) : unknown(failure);
}

/**
 * What a failed plain PUT means.
 *
 * @param ambiguous Whether an earlier attempt may still take effect.
 */
export function putOutcome(failure: S3Failure, ambiguous: boolean): PutOutcome {
  return isDefinite(failure) && !ambiguous
    ? refused(failure)
    : unknown(failure);
}

/** Whether the request certainly has no effect and would fare no better another time. */
export function isDefinite(failure: S3Failure): boolean {
  if (failure.unsent) return true;
  if (failure.status === undefined || isTransient(failure)) return false;
  return failure.status >= 300;
}

/** Whether the same request may fare better later. */
export function isTransient(failure: S3Failure): boolean {
  if (failure.unsent) return false;
  const { status, name } = failure;
  if (status === undefined) return true;
  if (status === 408 || status === 409 || status === 429) return true;
  // S3 sends these two with status 400 and 403.
  if (name === "RequestTimeout" || name === "RequestTimeTooSkewed") return true;
  return status >= 500 && status !== 501;
}

/** Whether there seems to be nobody at the address, which a retry seldom cures. */
export function isNobodyThere(failure: S3Failure): boolean {
  return ["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH", "ENETUNREACH"].includes(
    failure.code,
  );
}

/** Whether the answer says that the bucket itself is missing. */
export function isMissingBucket(failure: S3Failure): boolean {
  return failure.status === 404 && failure.name === "NoSuchBucket";
}

/** Whether the answer says that there is no such object. */
export function isMissingObject(failure: S3Failure): boolean {
  return failure.status === 404 && !isMissingBucket(failure);
}

function refused(
  failure: S3Failure,
): { kind: "rejected"; reason: string; cause: Error } {
  return { kind: "rejected", reason: failure.text, cause: causeOf(failure) };
}

function unknown(
  failure: S3Failure,
  why = "",
): { kind: "unknown"; reason: string; cause: Error } {
  return {
    kind: "unknown",
    reason: why + failure.text,
    cause: causeOf(failure),
  };
}

function scrub(message: string, secrets: readonly string[]): string {
  let clean = message;
  for (const secret of secrets) {
    if (secret !== "") clean = clean.replaceAll(secret, "…");
  }
  return clean;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
