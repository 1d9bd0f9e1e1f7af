/**
 * What every wrapper of a store hands through unchanged.
 *
 * @module
 */

import type { ObjectStore, StoreCapabilities } from "./object_store.ts";

/** The six calls of a store, by name. */
export type CallName =
  | "get"
  | "head"
  | "list"
  | "put"
  | "putIfAbsent"
  | "delete";

/** What a store is, apart from its six calls. */
export interface StoreFacts {
  /** Where the store is rooted. */
  readonly url: string;
  /** Which medium it stands on. */
  readonly identity?: string;
  /** What it can do. */
  readonly capabilities: StoreCapabilities;
  /** Lets go of sockets and the like. */
  close(): Promise<void>;
}

/** The facts of the store that a wrapper stands on. */
export function throughStore(inner: ObjectStore): StoreFacts {
  return {
    url: inner.url,
    ...(inner.identity === undefined ? {} : { identity: inner.identity }),
    capabilities: inner.capabilities,
    close: async () => await inner.close?.(),
  };
}
