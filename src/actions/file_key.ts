/**
 * Who a file action is about: the data file's path and the deletion vector's
 * id, in one spelling; and paths between the log's URIs and the store's keys.
 *
 * Source: Delta protocol, "Add File and Remove File", "Derived Fields" and "Action Reconciliation".
 *
 * @module
 */

import type { DeletionVectorDescriptor } from "./action.ts";

/**
 * The key of a logical file: two actions are about the same one exactly when
 * their keys are equal. `/p`, `file:/p` and `file:///p` are one path, and so are
 * the schemes `s3`, `s3a` and `s3n`.
 *
 * @param path The path as the log spells it.
 * @param deletionVector The file's deletion vector, where it has one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(fileKey("a%20b"), fileKey("a b"));
 * ```
 */
export function fileKey(
  path: string,
  deletionVector?: DeletionVectorDescriptor | null,
): string {
  const plain = path.includes("%") ? decodePath(path) : path;
  const key = plain.includes(":") || plain.startsWith("/")
    ? oneSpelling(plain)
    : plain;
  // No path holds a NUL, so the two parts cannot run into each other.
  return deletionVector ? `${key}\0${dvUniqueId(deletionVector)}` : key;
}

/** The unique id of a deletion vector: its storage, path or content, and offset. */
export function dvUniqueId(deletionVector: DeletionVectorDescriptor): string {
  const { storageType, pathOrInlineDv, offset } = deletionVector;
  return offset === undefined || offset === null
    ? storageType + pathOrInlineDv
    : `${storageType}${pathOrInlineDv}@${offset}`;
}

/**
 * The path behind a URI of the log: percent-decoded exactly once. A `%` that
 * starts no escape stays as it is.
 */
export function decodePath(path: string): string {
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    // A lax writer left a bare % in: decode what can be decoded, keep the rest.
    return path.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
      const bytes = escapes.slice(1).split("%").map((hex) => parseInt(hex, 16));
      return new TextDecoder().decode(Uint8Array.from(bytes));
    });
  }
}

/**
 * The URI, for the log, of a path relative to the table: every character that a
 * URI may not hold, and `?`, `#`, `:` and `%`, is percent-encoded; `/` stays.
 * {@link decodePath} is the way back.
 */
export function encodePath(path: string): string {
  return encodeURI(path).replace(
    /[?#:]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function oneSpelling(path: string): string {
  if (path.startsWith("/")) return `file:///${path.replace(/^\/+/, "")}`;
  const file = /^file:\/*/i.exec(path);
  if (file) return `file:///${path.slice(file[0].length)}`;
  return path.replace(/^s3[an]:\/\//i, "s3://");
}
