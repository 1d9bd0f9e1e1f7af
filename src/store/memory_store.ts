/**
 * A Map behind the store interface: the reference that the other stores are held
 * to, and what `memory://` means.
 *
 * @module
 */

import { throwIfAborted } from "../errors.ts";
import { type Host, systemHost } from "../host.ts";
import type {
  CallOptions,
  CreateOutcome,
  GetOptions,
  ListOptions,
  ObjectMeta,
  ObjectStore,
  PutOutcome,
  StoreCapabilities,
  StoredObject,
} from "./object_store.ts";
import {
  checkPath,
  checkRange,
  compareUtf8,
  formatLocation,
} from "./store_path.ts";

const CAPABILITIES: StoreCapabilities = {
  exclusiveCreate: "atomic",
  durable: false,
  ownClock: false,
  shared: false,
};

interface Entry {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly lastModified: number;
}

/** Every named store of this process. */
const named = new Map<string, Shelf>();

/**
 * Objects in memory. Bytes are copied on the way in and out.
 *
 * @param name Stores of one name share their objects inside the process; what
 *   follows its first `/` is the folder the store is rooted at. Without a name
 *   the objects are this store's own.
 * @param host The clock that `lastModified` is read from.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const store = memoryStore();
 * await store.put("a", new Uint8Array([1]));
 * assert.equal((await store.get("a"))?.size, 1);
 * assert.equal(await store.get("b"), undefined);
 * ```
 */
export function memoryStore(
  name?: string,
  host: Host = systemHost,
): ObjectStore {
  const [authority = "", ...folders] = (name ?? "").split("/");
  const folder = folders.filter((part) => part !== "").join("/");
  const shelf = authority === "" ? new Shelf() : sharedShelf(authority);
  return new MemoryStore(
    formatLocation("memory", authority, folder),
    folder === "" ? "" : `${folder}/`,
    shelf,
    host,
  );
}

/** Forgets every object of a named store, for programs that make many. */
export function dropMemoryStore(name: string): void {
  named.delete(name);
}

function sharedShelf(name: string): Shelf {
  const known = named.get(name);
  if (known) return known;
  const shelf = new Shelf();
  named.set(name, shelf);
  return shelf;
}

class MemoryStore implements ObjectStore {
  readonly capabilities = CAPABILITIES;
  readonly url: string;
  readonly #folder: string;
  readonly #shelf: Shelf;
  readonly #host: Host;

  constructor(url: string, folder: string, shelf: Shelf, host: Host) {
    this.url = url;
    this.#folder = folder;
    this.#shelf = shelf;
    this.#host = host;
  }

  // deno-lint-ignore require-await
  async get(
    path: string,
    options?: GetOptions,
  ): Promise<StoredObject | undefined> {
    checkRange(options?.range, path);
    const entry = this.#shelf.entries.get(this.#key(path, "read", options));
    if (entry === undefined) return undefined;
    const { start, end } = options?.range ?? { start: 0, end: Infinity };
    return { bytes: entry.bytes.slice(start, end), size: entry.bytes.length };
  }

  // deno-lint-ignore require-await
  async head(
    path: string,
    options?: CallOptions,
  ): Promise<ObjectMeta | undefined> {
    const entry = this.#shelf.entries.get(this.#key(path, "look at", options));
    return entry && meta(path, entry);
  }

  async *list(
    prefix: string,
    options?: ListOptions,
  ): AsyncGenerator<ObjectMeta> {
    const after = options?.startAfter;
    throwIfAborted(options?.signal, `Cannot list ${this.url}`);
    const found = this.#shelf.find(
      this.#folder + prefix,
      after === undefined ? undefined : this.#folder + after,
    ).map((key) =>
      meta(key.slice(this.#folder.length), this.#shelf.entries.get(key)!)
    );
    for (const object of found) {
      throwIfAborted(options?.signal, `Cannot list ${this.url}`);
      yield object;
    }
  }

  // deno-lint-ignore require-await
  async put(
    path: string,
    bytes: Uint8Array,
    options?: CallOptions,
  ): Promise<PutOutcome> {
    this.#shelf.set(this.#key(path, "write", options), this.#entry(bytes));
    return { kind: "written" };
  }

  // deno-lint-ignore require-await
  async putIfAbsent(
    path: string,
    bytes: Uint8Array,
    options?: CallOptions,
  ): Promise<CreateOutcome> {
    const key = this.#key(path, "create", options);
    if (this.#shelf.entries.has(key)) return { kind: "exists" };
    this.#shelf.set(key, this.#entry(bytes));
    return { kind: "created" };
  }

  // deno-lint-ignore require-await
  async delete(
    paths: readonly string[],
    options?: CallOptions,
  ): Promise<void> {
    const keys = paths.map((path) => this.#key(path, "delete", options));
    for (const key of keys) this.#shelf.entries.delete(key);
  }

  async close(): Promise<void> {}

  #key(path: string, doing: string, options?: CallOptions): string {
    checkPath(path, this.url);
    throwIfAborted(options?.signal, `Cannot ${doing} ${this.url}/${path}`);
    return this.#folder + path;
  }

  #entry(bytes: Uint8Array): Entry {
    return { bytes: new Uint8Array(bytes), lastModified: this.#host.now() };
  }
}

function meta(path: string, entry: Entry): ObjectMeta {
  return { path, size: entry.bytes.length, lastModified: entry.lastModified };
}

/** Objects by key, and the keys in order; the order is repaired when somebody lists. */
class Shelf {
  readonly entries = new Map<string, Entry>();
  #sorted: string[] = [];
  #fresh: string[] = [];

  set(key: string, entry: Entry): void {
    if (!this.entries.has(key)) this.#fresh.push(key);
    this.entries.set(key, entry);
  }

  find(prefix: string, after: string | undefined): string[] {
    this.#repair();
    const sorted = this.#sorted;
    let i = firstAtOrAbove(sorted, prefix);
    if (after !== undefined) i = Math.max(i, firstAtOrAbove(sorted, after));
    const found: string[] = [];
    for (; i < sorted.length && sorted[i]!.startsWith(prefix); i++) {
      if (sorted[i] !== after) found.push(sorted[i]!);
    }
    return found;
  }

  #repair(): void {
    if (this.#fresh.length === 0 && this.#sorted.length === this.entries.size) {
      return;
    }
    const fresh = this.#fresh.sort(compareUtf8);
    const old = this.#sorted;
    const merged: string[] = [];
    const keep = (key: string): void => {
      if (this.entries.has(key) && merged.at(-1) !== key) merged.push(key);
    };
    let next = 0;
    for (const key of old) {
      while (next < fresh.length && compareUtf8(fresh[next]!, key) < 0) {
        keep(fresh[next++]!);
      }
      keep(key);
    }
    while (next < fresh.length) keep(fresh[next++]!);
    this.#sorted = merged;
    this.#fresh = [];
  }
}

function firstAtOrAbove(sorted: readonly string[], wanted: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareUtf8(sorted[middle]!, wanted) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
