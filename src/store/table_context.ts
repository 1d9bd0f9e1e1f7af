/**
 * What every room above needs to reach a table: the store rooted at it, the
 * host, stores for absolute URIs in its log, and a place for warnings.
 *
 * @module
 */

import { resolve } from "node:path";
import { DeltaError } from "../errors.ts";
import { type Host, systemHost, wholeMilliseconds } from "../host.ts";
import type { GetOptions, ObjectStore } from "./object_store.ts";
import { folderOf, openStore } from "./open_store.ts";
import {
  formatLocation,
  isUrl,
  type LocationParts,
  parseLocation,
} from "./store_path.ts";

/** A store and a path in it. */
export interface ObjectLocation {
  /** The store. */
  readonly store: ObjectStore;
  /** The object's path in it, plain text. */
  readonly path: string;
}

/** How to reach one table. */
export interface TableContext {
  /** Where the table is, for messages; no slash at the end. */
  readonly url: string;
  /** The store rooted at the table. */
  readonly store: ObjectStore;
  /** Clock, sleep and randomness. */
  readonly host: Host;
  /**
   * Where an absolute URI lives. The URI is as the log spells it: percent-encoded,
   * decoded here and nowhere else.
   */
  resolveUrl(url: string): Promise<ObjectLocation>;
  /** Tells the user something once, however often it comes up. */
  warn(message: string): void;
  /** Lets go of every store of this table. */
  close(): Promise<void>;
  /**
   * Refuses what is asked of a handle after it was closed, where there is one.
   *
   * @param what What cannot be done, for the message.
   * @throws {DeltaError} `DELTA_HANDLE_CLOSED`.
   */
  checkOpen?(what: string): void;
}

/** Options of {@link openContext}. */
export interface ContextOptions {
  /** Storage options by name, in any capitalisation. */
  readonly storage?: Readonly<Record<string, string>> | undefined;
  /** Clock, sleep and randomness; the machine's by default. */
  readonly host?: Host | undefined;
  /** Cancels the opening. */
  readonly signal?: AbortSignal | undefined;
  /** Where warnings go; the console by default. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** Opens the store of a table's URL, and what goes with it. */
export async function openContext(
  url: string,
  options: ContextOptions = {},
): Promise<TableContext> {
  const warn = warnOnce(options.warn);
  const store = await openStore(url, { ...options, warn });
  return contextOf(store, { ...options, warn });
}

/** The context of a table whose store is there already: a wrapped one, say. */
export function contextOf(
  store: ObjectStore,
  options: ContextOptions = {},
): TableContext {
  const host = wholeMilliseconds(options.host ?? systemHost);
  const warn = warnOnce(options.warn);
  const others = new Map<string, Promise<ObjectStore>>();
  const home = splitUrl(store.url);
  const openOther = (root: string): Promise<ObjectStore> => {
    const known = others.get(root);
    if (known) return known;
    const opening = openStore(root, { storage: options.storage, host, warn });
    others.set(root, opening);
    // A failed opening is not remembered: the next one may have better luck.
    opening.catch(() => others.delete(root));
    return opening;
  };
  return Object.freeze({
    url: store.url,
    store,
    host,
    warn,
    resolveUrl: async (url: string): Promise<ObjectLocation> => {
      const there = splitUrl(url);
      const inside = relativeTo(home, there);
      if (inside !== undefined) return { store, path: inside };
      return { store: await openOther(there.root), path: there.path };
    },
    close: async () => {
      await store.close?.();
      for (const other of others.values()) await (await other).close?.();
    },
  });
}

/**
 * Reads an object that has to be there, whole or a range of it.
 *
 * @param where A path in the table's store, plain text, or an absolute URI as the log spells it.
 * @param what What the object is, for the error: "data file", "checkpoint".
 * @throws {DeltaError} `DELTA_FILE_NOT_FOUND` when it is not there.
 */
export async function readBytes(
  context: TableContext,
  where: string,
  what: string,
  options?: GetOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { store, path } = isUrl(where)
    ? await context.resolveUrl(where)
    : { store: context.store, path: where };
  const found = await store.get(path, options);
  if (found) return found.bytes;
  throw new DeltaError("DELTA_FILE_NOT_FOUND", {
    what: `Cannot read the ${what} ${path} of ${context.url}`,
    why: `${store.url}/${path} is not there, and the table's log names it`,
    fix:
      "Restore the file, or take the table back to a version that does not name it",
    context: { path, store: store.url },
  });
}

/** A URL as the root of its medium and the path in it. */
interface SplitUrl {
  readonly root: string;
  readonly path: string;
}

function splitUrl(url: string): SplitUrl {
  const parts = parseLocation(url);
  if (parts.scheme === "" || parts.scheme === "file") return splitFile(parts);
  // s3a is Hadoop's name for the same thing.
  const scheme = parts.scheme === "s3a" ? "s3" : parts.scheme;
  return {
    root: formatLocation(scheme, parts.authority, ""),
    path: parts.path,
  };
}

function splitFile(parts: LocationParts): SplitUrl {
  const folder = parts.scheme === ""
    ? resolve(parts.path)
    : folderOf(parts, fileUrl(parts)).replaceAll("\\", backslash());
  const drive = /^([a-z]:)?\//i.exec(folder)?.[0] ?? "/";
  return {
    root: drive,
    path: folder.slice(drive.length).replace(/\/+$/, ""),
  };
}

function fileUrl(parts: LocationParts): string {
  const path = parts.path.split("/").map(encodeURIComponent).join("/");
  return `file://${parts.authority}${path}`;
}

function backslash(): string {
  return resolve("/").startsWith("/") ? "\\" : "/";
}

function relativeTo(home: SplitUrl, there: SplitUrl): string | undefined {
  if (home.root !== there.root) return undefined;
  if (home.path === "") return there.path;
  return there.path.startsWith(`${home.path}/`)
    ? there.path.slice(home.path.length + 1)
    : undefined;
}

const known = new WeakSet<(message: string) => void>();

function warnOnce(
  warn: ((message: string) => void) | undefined,
): (message: string) => void {
  if (warn && known.has(warn)) return warn;
  const told = new Set<string>();
  const tell = warn ?? ((message: string) => console.warn(message));
  const once = (message: string): void => {
    if (told.has(message)) return;
    told.add(message);
    tell(message);
  };
  known.add(once);
  return once;
}
