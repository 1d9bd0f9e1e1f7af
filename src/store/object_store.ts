/**
 * Objects by path: the interface that every store implements, the outcomes of
 * its six calls, and what a store can do.
 *
 * A store is rooted at a location (a bucket and prefix, a folder, a name in
 * memory). Paths are relative to that root, use `/`, never start with one, and
 * are plain text: the store does whatever encoding its own medium needs.
 *
 * Outcomes of writes are values, because "nobody knows" is one of them. Reads
 * have no effect to be unsure of: they throw `DELTA_STORE_UNAVAILABLE` or
 * `DELTA_STORE_REJECTED` after the store's own retries.
 *
 * @module
 */

/** What is known of an object without its bytes. */
export interface ObjectMeta {
  /** Path relative to the store's root. */
  readonly path: string;
  /** Size in bytes. */
  readonly size: number;
  /** When the object was written, in milliseconds since the epoch, by the store's clock. */
  readonly lastModified: number;
}

/** An object's bytes. */
export interface StoredObject {
  /** The bytes asked for. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Size of the whole object in bytes, also where only a range was read. */
  readonly size: number;
}

/** A range of bytes, `start` included, `end` not. */
export interface ByteRange {
  /** First byte. */
  readonly start: number;
  /** One past the last byte; past the end of the object it is cut there. */
  readonly end: number;
}

/** Options that every call takes. */
export interface CallOptions {
  /**
   * Cancels the wait. Before anything was sent, every call throws
   * `DELTA_ABORTED`; after that reads still throw it, and a write answers
   * `unknown`, because its request may still take effect.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Options of an exclusive create. */
export interface ExclusiveOptions extends CallOptions {
  /**
   * The object's folder is known to hold others. A store that has folders
   * refuses to make it anew, for somebody removed it; others cannot tell.
   */
  readonly expectsFolder?: boolean | undefined;
}

/** Options of a read. */
export interface GetOptions extends CallOptions {
  /** The part wanted; the whole object by default. */
  readonly range?: ByteRange | undefined;
}

/** Options of a listing. */
export interface ListOptions extends CallOptions {
  /** Only paths after this one, in the order of their UTF-8 bytes. */
  readonly startAfter?: string | undefined;
}

/**
 * What became of an exclusive create.
 *
 * - `created`: the object is there, whole, and it is ours.
 * - `exists`: an object was there (it may be an earlier attempt of ours).
 * - `conflict`: another request on the key was in flight; nothing is decided (S3's 409).
 * - `rejected`: a definite refusal; this request has no effect and never will.
 * - `unknown`: no answer, or one that does not tell; the effect may come later.
 */
export type CreateOutcome =
  | { readonly kind: "created" }
  | { readonly kind: "exists" }
  | { readonly kind: "conflict"; readonly cause?: unknown }
  | {
    readonly kind: "rejected";
    readonly reason: string;
    readonly cause?: unknown;
  }
  | {
    readonly kind: "unknown";
    readonly reason: string;
    readonly cause?: unknown;
  };

/** What became of a plain write; `unknown` after the store's own retries. */
export type PutOutcome =
  | { readonly kind: "written" }
  | {
    readonly kind: "rejected";
    readonly reason: string;
    readonly cause?: unknown;
  }
  | {
    readonly kind: "unknown";
    readonly reason: string;
    readonly cause?: unknown;
  };

/** What a store can do and promises; the contract suite asks it which tests apply. */
export interface StoreCapabilities {
  /** Exclusive create: promised by construction, to be proved by a probe, or absent. */
  readonly exclusiveCreate: "atomic" | "probe" | "none";
  /** Whether an acknowledged write survives the process. */
  readonly durable: boolean;
  /** Whether `lastModified` never lies about the order of writes of one writer. */
  readonly ownClock: boolean;
  /** Whether other processes see the same objects. */
  readonly shared: boolean;
}

/** Objects by path. */
export interface ObjectStore {
  /** Where the store is rooted, for messages: no secrets, no slash at the end. */
  readonly url: string;
  /**
   * Which medium it stands on (endpoint and bucket), for what is proved once per
   * medium; a store without one is a medium of its own.
   */
  readonly identity?: string;
  /** What it can do. */
  readonly capabilities: StoreCapabilities;
  /** Reads an object, or a range of it; `undefined` when there is none. */
  get(path: string, options?: GetOptions): Promise<StoredObject | undefined>;
  /** Size and time of an object; `undefined` when there is none. */
  head(path: string, options?: CallOptions): Promise<ObjectMeta | undefined>;
  /** Every object whose path starts with `prefix`, in the order of the paths' UTF-8 bytes, page by page. */
  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectMeta>;
  /** Writes an object whole, over whatever is there. */
  put(
    path: string,
    bytes: Uint8Array,
    options?: CallOptions,
  ): Promise<PutOutcome>;
  /** Creates an object whole, or leaves the one that is there as it is. Sends one request: no retries of its own. */
  putIfAbsent(
    path: string,
    bytes: Uint8Array,
    options?: ExclusiveOptions,
  ): Promise<CreateOutcome>;
  /** Deletes objects; one that is not there is deleted already. */
  delete(paths: readonly string[], options?: CallOptions): Promise<void>;
  /** Lets go of sockets and the like; the store may still be used, at the price of new ones. */
  close?(): Promise<void>;
}

/**
 * A store that can also create an object in parts. No commit is written so; the
 * store contract asks, because other engines write theirs so.
 */
export interface MultipartCreator extends ObjectStore {
  /** Creates an object in parts, or leaves the one that is there as it is: the condition is on the last request, which is sent once. */
  createInParts(
    path: string,
    bytes: Uint8Array,
    options?: CallOptions,
  ): Promise<CreateOutcome>;
}

/** Whether a store can create an object in parts. */
export function isMultipartCreator(
  store: ObjectStore,
): store is MultipartCreator {
  return "createInParts" in store;
}
