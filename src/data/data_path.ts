/**
 * Where data files and deletion vectors live: paths of the log to a store and a
 * key, and names for new files.
 *
 * Source: Delta protocol, "Add File and Remove File", "Deletion Vectors".
 *
 * @module
 */

import { decodePath, encodePath } from "../actions/file_key.ts";
import type { DeletionVectorDescriptor } from "../actions/action.ts";
import { DeltaError } from "../errors.ts";
import type { ObjectStore } from "../store/object_store.ts";
import type { TableContext } from "../store/table_context.ts";
import { decodeZ85, encodeZ85 } from "./z85.ts";

/** The name of a partition folder whose value is null. */
export const NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__";

/** An object and the store that holds it. */
export interface Place {
  /** The store. */
  readonly store: ObjectStore;
  /** The object's path in it, as plain text. */
  readonly path: string;
}

/** The folder and file name of a data file about to be written. */
export interface NewPath {
  /** As the log spells it: percent-encoded, relative to the table. */
  readonly logged: string;
  /** As the store wants it: plain text. */
  readonly stored: string;
}

const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\//i;
const UUID_CHARACTERS = 20;
// What Hive escapes in the name of a partition folder.
// deno-lint-ignore no-control-regex
const UNSAFE_IN_FOLDER = /[\u0000-\u001f\u007f"#%'*/:=?\\{[\]^]/g;

/**
 * Finds the object that an action's path names. Relative paths are decoded
 * exactly once; absolute URIs go through the context; a path that starts with
 * a slash is taken to be on the table's own file system.
 *
 * @param context The table.
 * @param path The path as the log spells it.
 * @throws {DeltaError} `DELTA_LOG_FILE_CORRUPT` where it cannot be decoded.
 */
export async function resolveDataPath(
  context: TableContext,
  path: string,
): Promise<Place> {
  if (ABSOLUTE.test(path)) return await context.resolveUrl(path);
  if (path.startsWith("/")) {
    return await context.resolveUrl(onSameFileSystem(context.url, path));
  }
  return { store: context.store, path: decodePath(path) };
}

/**
 * Finds the file of a deletion vector that is not inline.
 *
 * @throws {DeltaError} `DELTA_DELETION_VECTOR_CORRUPT` where its name is no UUID in Z85.
 */
export async function resolveDeletionVectorPath(
  context: TableContext,
  vector: DeletionVectorDescriptor,
): Promise<Place> {
  if (vector.storageType === "p") {
    return await resolveDataPath(context, vector.pathOrInlineDv);
  }
  const text = vector.pathOrInlineDv;
  const prefix = text.slice(0, -UUID_CHARACTERS);
  const bytes = decodeZ85(text.slice(-UUID_CHARACTERS));
  if (bytes?.length !== 16) {
    throw new DeltaError("DELTA_DELETION_VECTOR_CORRUPT", {
      what: `Cannot find a deletion vector of ${context.url}`,
      why: `"${text}" does not end in a UUID in Z85`,
      fix: "Restore the table to a version before it",
      context: { pathOrInlineDv: text },
    });
  }
  return {
    store: context.store,
    path: deletionVectorPath(prefix, uuidText(bytes)),
  };
}

/** Path, relative to the table, of the deletion vector file with a UUID. */
export function deletionVectorPath(prefix: string, uuid: string): string {
  return `${prefix === "" ? "" : `${prefix}/`}deletion_vector_${uuid}.bin`;
}

/** The `pathOrInlineDv` of a relative deletion vector file. */
export function deletionVectorName(prefix: string, uuid: string): string {
  const hex = uuid.replaceAll("-", "");
  return prefix + encodeZ85(
    Uint8Array.from(
      { length: 16 },
      (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16),
    ),
  );
}

/**
 * The path of a new data file: Hive-style partition folders, then the name.
 *
 * @param partition Partition columns and their serialised values, in order; none for a table without.
 * @param fileName The file's own name.
 * @param prefix A folder before everything, for tables with random prefixes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const path = newDataPath([["day", "a b/c"], ["x", null]], "part-0.parquet");
 * assert.equal(path.stored, "day=a b%2Fc/x=__HIVE_DEFAULT_PARTITION__/part-0.parquet");
 * assert.equal(path.logged, "day=a%20b%252Fc/x=__HIVE_DEFAULT_PARTITION__/part-0.parquet");
 * ```
 */
export function newDataPath(
  partition: readonly (readonly [string, string | null])[],
  fileName: string,
  prefix = "",
): NewPath {
  const folders = partition.map(([column, value]) =>
    `${escapeFolder(column)}=${
      value === null || value === "" ? NULL_PARTITION : escapeFolder(value)
    }`
  );
  const stored = [...(prefix === "" ? [] : [prefix]), ...folders, fileName]
    .join("/");
  return { logged: encodePath(stored), stored };
}

function escapeFolder(text: string): string {
  return text.replace(
    UNSAFE_IN_FOLDER,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

function onSameFileSystem(table: string, path: string): string {
  const root = /^([a-z][a-z0-9+.-]*:\/\/[^/]*)/i.exec(table)?.[1] ?? "file://";
  return root + path;
}

function uuidText(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join(
    "",
  );
  return [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]]
    .map(([from, to]) => hex.slice(from, to)).join("-");
}
