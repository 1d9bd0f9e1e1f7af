/**
 * Proves that a store's exclusive create is one: some stores accept the
 * condition and ignore it, and there two writers would win the same version.
 *
 * A probe refutes and never proves; what it refutes is refused.
 *
 * @module
 */

import { DeltaError, throwIfAborted } from "../errors.ts";
import type { Host } from "../host.ts";
import type { CreateOutcome, ObjectStore } from "./object_store.ts";
import { rejected, unavailable } from "./store_error.ts";

/** Probes of media with an identity, done or under way: once per process and bucket. */
const provedMedia = new Map<string, Promise<void>>();
const provedStores = new WeakMap<ObjectStore, Promise<void>>();

const TRIES = 5;
const FIRST_WAIT_MS = 50;

/**
 * Creates one scratch object twice, and refuses the store if both creates win.
 * Stores that are exclusive by construction are taken at their word. A probe
 * that passed is remembered for its medium.
 *
 * @param store The store to be committed to.
 * @param folder The table's folder in the store; empty when the store is rooted at the table.
 * @param host Names of scratch objects, and waits between tries.
 * @throws {DeltaError} `DELTA_STORE_NOT_EXCLUSIVE` when the store is not fit for
 *   commits, `DELTA_STORE_REJECTED` or `DELTA_STORE_UNAVAILABLE` when it cannot be told.
 */
export async function proveExclusive(
  store: ObjectStore,
  folder: string,
  host: Host,
  signal?: AbortSignal,
): Promise<void> {
  throwIfAborted(signal, `Cannot probe ${store.url}`);
  const { exclusiveCreate } = store.capabilities;
  if (exclusiveCreate === "atomic") return;
  if (exclusiveCreate === "none") {
    throw notExclusive(store, "it has no exclusive create");
  }
  // Others may wait for the same probe: one that gives up waiting does not end it.
  await unlessAborted(
    remembered(store) ?? begin(store, folder, host),
    signal,
    store,
  );
}

function begin(store: ObjectStore, folder: string, host: Host): Promise<void> {
  const probing = probe(store, folder, host);
  remember(store, probing);
  // A probe that failed may fare better next time.
  probing.catch(() => forget(store, probing));
  return probing;
}

async function unlessAborted(
  probing: Promise<void>,
  signal: AbortSignal | undefined,
  store: ObjectStore,
): Promise<void> {
  const over = Promise.withResolvers<void>();
  const stop = (): void => over.resolve();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    await Promise.race([probing, over.promise]);
  } finally {
    signal?.removeEventListener("abort", stop);
  }
  throwIfAborted(signal, `Cannot probe ${store.url}`);
}

async function probe(
  store: ObjectStore,
  folder: string,
  host: Host,
): Promise<void> {
  const at = folder === "" ? "" : `${folder.replace(/\/+$/, "")}/`;
  const path = `${at}_delta_log/.litmus-probe-${host.uuid()}`;
  const first = new TextEncoder().encode(`first ${host.uuid()}`);
  const second = new TextEncoder().encode(`second ${host.uuid()}`);
  try {
    // "exists" is our own earlier try, whose answer was lost: nobody else knows the name.
    await decided(store, path, first, host);
    const again = await decided(store, path, second, host);
    if (again === "created") {
      throw notExclusive(
        store,
        "it accepted a second exclusive create of the same object",
      );
    }
    await expectBytes(store, path, first);
  } finally {
    await discard(store, path);
  }
}

/** Repeats a create until the store has said which of the two it is. */
async function decided(
  store: ObjectStore,
  path: string,
  bytes: Uint8Array,
  host: Host,
): Promise<"created" | "exists"> {
  const what = `Cannot find out whether ${store.url} is fit for commits`;
  let last: CreateOutcome | undefined;
  for (let tries = 0; tries < TRIES; tries++) {
    last = await store.putIfAbsent(path, bytes);
    if (last.kind === "created" || last.kind === "exists") return last.kind;
    if (last.kind === "rejected") {
      throw rejected(
        what,
        `an exclusive create of ${path} was refused: ${last.reason}`,
        last.cause,
        "Allow writes under _delta_log, or use a store that knows conditional PUT (If-None-Match)",
      );
    }
    await host.sleep(FIRST_WAIT_MS * 2 ** tries * host.random());
  }
  const why = last?.kind === "unknown" ? last.reason : "it kept answering 409";
  throw unavailable(what, `${TRIES} tries brought no answer: ${why}`);
}

async function expectBytes(
  store: ObjectStore,
  path: string,
  wanted: Uint8Array,
): Promise<void> {
  const found = await store.get(path);
  const text = found && new TextDecoder().decode(found.bytes);
  if (text === new TextDecoder().decode(wanted)) return;
  throw notExclusive(
    store,
    found
      ? "a refused exclusive create replaced the object all the same"
      : "an object was gone right after it was created",
  );
}

// Where deleting is denied the scratch object stays, and harms nobody.
async function discard(store: ObjectStore, path: string): Promise<void> {
  try {
    await store.delete([path]);
  } catch {
    // Never fatal.
  }
}

function notExclusive(store: ObjectStore, why: string): DeltaError {
  return new DeltaError("DELTA_STORE_NOT_EXCLUSIVE", {
    what: `Cannot commit to ${store.url}`,
    why: `${why}, so two writers could both win one version of a table`,
    fix:
      "Use a store that honours If-None-Match on PUT, or a newer release of this one",
    context: { store: store.url },
  });
}

function remembered(store: ObjectStore): Promise<void> | undefined {
  return store.identity === undefined
    ? provedStores.get(store)
    : provedMedia.get(store.identity);
}

function remember(store: ObjectStore, probing: Promise<void>): void {
  if (store.identity === undefined) provedStores.set(store, probing);
  else provedMedia.set(store.identity, probing);
}

function forget(store: ObjectStore, probing: Promise<void>): void {
  if (remembered(store) !== probing) return;
  if (store.identity === undefined) provedStores.delete(store);
  else provedMedia.delete(store.identity);
}
