/**
 * A wrapper that answers later: before the effect, after it, or both.
 *
 * @module
 */

import { throwIfAborted } from "../errors.ts";
import type { Host } from "../host.ts";
import type { CallOptions, ObjectMeta, ObjectStore } from "./object_store.ts";
import { type CallName, throughStore } from "./store_wrapper.ts";

/** A delay in milliseconds, the same for every call or by call. */
export type Delay = number | ((name: CallName, path: string) => number);

/** Options of {@link delayedStore}. */
export interface DelayedStoreOptions {
  /** Whose time passes. */
  readonly host: Host;
  /** How long a request takes to reach the store; 0 by default. */
  readonly beforeMs?: Delay | undefined;
  /** How long an answer takes to come back; 0 by default. */
  readonly afterMs?: Delay | undefined;
}

/**
 * Delays every call. A write that is cancelled on the way to the store has no
 * effect; one that is cancelled on the way back answers what became of it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { systemHost } from "../host.ts";
 * import { memoryStore } from "./memory_store.ts";
 *
 * const store = delayedStore(memoryStore(), { host: systemHost, beforeMs: 5 });
 * assert.equal(await store.head("a"), undefined);
 * ```
 */
export function delayedStore(
  inner: ObjectStore,
  options: DelayedStoreOptions,
): ObjectStore {
  const { host } = options;
  const wait = async (
    delay: Delay | undefined,
    name: CallName,
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<void> => {
    const ms = typeof delay === "function" ? delay(name, path) : delay ?? 0;
    if (ms > 0) await host.sleep(ms, signal);
  };
  const delayed = async <T>(
    name: CallName,
    path: string,
    call: CallOptions | undefined,
    run: () => Promise<T>,
  ): Promise<T> => {
    await wait(options.beforeMs, name, path, call?.signal);
    throwIfAborted(call?.signal, `Cannot ${name} ${inner.url}/${path}`);
    const result = await run();
    await wait(options.afterMs, name, path, call?.signal);
    return result;
  };
  async function* list(
    prefix: string,
    call?: CallOptions,
  ): AsyncGenerator<ObjectMeta> {
    await wait(options.beforeMs, "list", prefix, call?.signal);
    // What is listed is what is there at one moment, before the answer's way back.
    const objects = await Array.fromAsync(inner.list(prefix, call));
    await wait(options.afterMs, "list", prefix, call?.signal);
    yield* objects;
  }
  return Object.freeze(
    {
      ...throughStore(inner),
      list,
      get: (path, call) =>
        delayed("get", path, call, () => inner.get(path, call)),
      head: (path, call) =>
        delayed("head", path, call, () => inner.head(path, call)),
      put: (path, bytes, call) => {
        // The caller may change its buffer while the request is on its way.
        const copy = new Uint8Array(bytes);
        const run = () => inner.put(path, copy, call);
        return delayed("put", path, call, run);
      },
      putIfAbsent: (path, bytes, call) => {
        const copy = new Uint8Array(bytes);
        const run = () => inner.putIfAbsent(path, copy, call);
        return delayed("putIfAbsent", path, call, run);
      },
      delete: (paths, call) =>
        delayed(
          "delete",
          paths[0] ?? "",
          call,
          () => inner.delete(paths, call),
        ),
    } satisfies ObjectStore,
  );
}
