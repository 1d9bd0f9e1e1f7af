/**
 * A wrapper that records every call, for tests that count requests and for
 * anybody who wants to know what an operation asks of its store.
 *
 * @module
 */

import type { ObjectMeta, ObjectStore } from "./object_store.ts";
import { type CallName, throughStore } from "./store_wrapper.ts";

/** One recorded call. */
export interface TracedCall {
  /** Which of the six. */
  readonly name: CallName;
  /** Its path, the prefix of a listing, or the first path of a delete. */
  readonly path: string;
  /** Every path of a delete; otherwise the path alone. */
  readonly paths: readonly string[];
  /** Which call it is, from 1, in the order in which they were made. */
  readonly ordinal: number;
  /** What came of it: a write's outcome, `found`, `missing`, `listed`, `deleted`, `error`; `pending` until then. */
  readonly outcome: string;
  /** Bytes sent or received; objects of a listing or delete. */
  readonly size: number;
}

/** A store whose calls are recorded. */
export interface TracedStore extends ObjectStore {
  /** Every call since the beginning or the last reset, in the order in which they were made. */
  readonly calls: readonly TracedCall[];
  /** How many calls of each name; names that were not called are 0. */
  counts(): Record<CallName, number>;
  /** Forgets the calls so far. */
  reset(): void;
}

/**
 * Records every call to a store.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { memoryStore } from "./memory_store.ts";
 *
 * const store = tracedStore(memoryStore());
 * await store.put("a", new Uint8Array(3));
 * assert.equal(store.counts().put, 1);
 * assert.equal(store.calls[0]?.outcome, "written");
 * ```
 */
export function tracedStore(inner: ObjectStore): TracedStore {
  const calls: TracedCall[] = [];
  let ordinal = 0;
  const begin = (
    name: CallName,
    paths: readonly string[],
    size = 0,
  ): Recording => {
    const call = {
      name,
      path: paths[0] ?? "",
      paths,
      ordinal: ++ordinal,
      outcome: "pending",
      size,
    };
    calls.push(call);
    return call;
  };
  return Object.freeze(
    {
      ...throughStore(inner),
      calls,
      counts: () => count(calls),
      reset: () => void calls.splice(0),
      get: (path, options) =>
        watch(
          begin("get", [path]),
          () => inner.get(path, options),
          (call, r) => {
            call.outcome = r ? "found" : "missing";
            call.size = r?.bytes.length ?? 0;
          },
        ),
      head: (path, options) =>
        watch(
          begin("head", [path]),
          () => inner.head(path, options),
          (call, r) => {
            call.outcome = r ? "found" : "missing";
          },
        ),
      list: (prefix, options) =>
        watchList(() => begin("list", [prefix]), inner.list(prefix, options)),
      put: (path, bytes, options) =>
        watch(
          begin("put", [path], bytes.length),
          () => inner.put(path, bytes, options),
          (call, r) => {
            call.outcome = r.kind;
          },
        ),
      putIfAbsent: (path, bytes, options) =>
        watch(
          begin("putIfAbsent", [path], bytes.length),
          () => inner.putIfAbsent(path, bytes, options),
          (call, r) => {
            call.outcome = r.kind;
          },
        ),
      delete: (paths, options) =>
        watch(
          begin("delete", [...paths], paths.length),
          () => inner.delete(paths, options),
          (call) => {
            call.outcome = "deleted";
          },
        ),
    } satisfies TracedStore,
  );
}

type Recording = { -readonly [K in keyof TracedCall]: TracedCall[K] };

async function watch<T>(
  call: Recording,
  run: () => Promise<T>,
  note: (call: Recording, result: T) => void,
): Promise<T> {
  try {
    const result = await run();
    note(call, result);
    return result;
  } catch (error) {
    call.outcome = "error";
    throw error;
  }
}

async function* watchList(
  begin: () => Recording,
  objects: AsyncIterable<ObjectMeta>,
): AsyncGenerator<ObjectMeta> {
  const call = begin();
  try {
    for await (const object of objects) {
      call.size++;
      yield object;
    }
    call.outcome = "listed";
  } catch (error) {
    call.outcome = "error";
    throw error;
  } finally {
    // The caller may stop early; what it saw was listed.
    if (call.outcome === "pending") call.outcome = "listed";
  }
}

function count(calls: readonly TracedCall[]): Record<CallName, number> {
  const counts: Record<CallName, number> = {
    get: 0,
    head: 0,
    list: 0,
    put: 0,
    putIfAbsent: 0,
    delete: 0,
  };
  for (const call of calls) counts[call.name]++;
  return counts;
}
