/**
 * A wrapper that counts calls and keeps nothing else: cheap enough to stand in
 * front of every table, so that a report can say what an operation asked for.
 *
 * @module
 */

import type { ObjectStore } from "./object_store.ts";
import { throughStore } from "./store_wrapper.ts";

/** A store whose calls are counted. */
export interface CountedStore extends ObjectStore {
  /** Calls so far; a listing is one, however many pages it takes. */
  readonly requests: number;
}

/**
 * Counts the calls to a store.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { memoryStore } from "./memory_store.ts";
 *
 * const store = countedStore(memoryStore());
 * await store.head("a");
 * assert.equal(store.requests, 1);
 * ```
 */
export function countedStore(inner: ObjectStore): CountedStore {
  let requests = 0;
  const counted = <Args extends unknown[], Result>(
    call: (...args: Args) => Result,
  ) =>
  (...args: Args): Result => {
    requests++;
    return call(...args);
  };
  return Object.freeze({
    ...throughStore(inner),
    get requests(): number {
      return requests;
    },
    get: counted(inner.get.bind(inner)),
    head: counted(inner.head.bind(inner)),
    list: counted(inner.list.bind(inner)),
    put: counted(inner.put.bind(inner)),
    putIfAbsent: counted(inner.putIfAbsent.bind(inner)),
    delete: counted(inner.delete.bind(inner)),
  });
}
