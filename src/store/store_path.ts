/**
 * Paths of objects: which are legal, in what order they are listed, and how a
 * URL and a path become each other.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import type { ByteRange } from "./object_store.ts";

/**
 * Refuses paths that could leave the store's root or that some store would
 * understand otherwise: empty ones, a leading `/`, `.` and `..` segments, NUL,
 * lone surrogates.
 *
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT`.
 */
export function checkPath(path: string, storeUrl: string): void {
  const why = whyIllegal(path);
  if (why === undefined) return;
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: `Cannot use ${JSON.stringify(path)} as a path in ${storeUrl}`,
    why,
    fix: "Give a path relative to the store's root, with / between its parts",
    context: { path },
  });
}

function whyIllegal(path: string): string | undefined {
  if (path === "") return "it is empty";
  if (path.startsWith("/")) return "it starts with a slash";
  if (path.includes("\0")) return "it holds a NUL character";
  if (!path.isWellFormed()) return "it is not well-formed Unicode";
  if (/(^|\/)\.\.?(\/|$)/.test(path)) {
    return "it has a . or .. part, which could leave the store's root";
  }
  return undefined;
}

/**
 * Refuses ranges that are not two whole numbers in order.
 *
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT`.
 */
export function checkRange(range: ByteRange | undefined, path: string): void {
  if (range === undefined) return;
  const { start, end } = range;
  if (
    Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 &&
    end >= start
  ) return;
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: `Cannot read bytes ${start} to ${end} of ${path}`,
    why: "a range is two whole numbers, the first not above the second",
    fix: "Correct the range",
    context: { path, start, end },
  });
}

/**
 * Compares two texts by their UTF-8 bytes: the order of every listing.
 *
 * @returns Below zero, zero or above zero.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.ok(compareUtf8("\u{1F600}", "\uFFFD") > 0);
 * assert.ok("\u{1F600}" < "\uFFFD");
 * ```
 */
export function compareUtf8(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  if (i === length) return a.length - b.length;
  return byteRank(a.charCodeAt(i)) - byteRank(b.charCodeAt(i));
}

// UTF-16 puts surrogates (U+10000 and up) below U+E000; UTF-8 puts them above.
function byteRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** A URL taken apart: scheme in lower case, authority, path decoded and without the slashes around it. */
export interface LocationParts {
  /** `file`, `s3`, `s3a`, `memory`, …, or `""` for a plain path. */
  readonly scheme: string;
  /** Bucket or name; empty for `file`. */
  readonly authority: string;
  /** The path, percent-decoded once; for `file` and plain paths it is absolute as given. */
  readonly path: string;
}

/**
 * Takes a location apart. A location is a plain path or a URL; of a URL the path
 * is percent-decoded, once. One letter before a colon is a drive, not a scheme.
 *
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` when an escape is malformed, or
 *   the URL holds a user name or password.
 */
export function parseLocation(location: string): LocationParts {
  const match = /^([a-z][a-z0-9+.-]+):(?:\/\/([^/]*))?(\/.*)?$/i.exec(location);
  if (!match) return { scheme: "", authority: "", path: location };
  const [, scheme, authority = "", path = ""] = match;
  if (authority.includes("@")) {
    throw badLocation(
      "a URL with a user name or password in it",
      "credentials do not belong in URLs",
      "Pass them as storage options",
    );
  }
  const lower = scheme!.toLowerCase();
  const decoded = decode(path, location);
  if (lower === "file") return { scheme: lower, authority, path: decoded };
  return {
    scheme: lower,
    authority,
    path: decoded.replace(/^\//, "").replace(/\/+$/, ""),
  };
}

/** Whether a path of the log is an absolute URI and not relative to the table. */
export function isUrl(path: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\//i.test(path);
}

/** Spells a location without a slash at the end, `%` escaped, so that {@link parseLocation} gives it back. */
export function formatLocation(
  scheme: string,
  authority: string,
  path: string,
): string {
  const tail = path.replaceAll("%", "%25");
  return `${scheme}://${authority}${tail === "" ? "" : `/${tail}`}`;
}

function decode(path: string, location: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw badLocation(
      location,
      "a percent sign in a URL must be followed by two hexadecimal digits",
      "Write a percent sign as %25, or give a plain path",
      cause,
    );
  }
}

function badLocation(
  location: string,
  why: string,
  fix: string,
  cause?: unknown,
): DeltaError {
  return new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: `Cannot use ${location} as a location`,
    why,
    fix,
    cause,
  });
}
