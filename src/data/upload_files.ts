/**
 * New data files on their way to the store, and away from it again when no
 * commit can name them.
 *
 * @module
 */

import { DeltaError, throwIfAborted } from "../errors.ts";
import type { TableContext } from "../store/table_context.ts";

/** Encoded bytes that may be on their way to the store at a time. */
const UPLOAD_BYTES = 32 * 2 ** 20;
/** Files that may be on their way to the store at a time. */
const UPLOADS = 4;

/** Files on their way to the store, a few at a time. */
export class Uploads {
  readonly #context: TableContext;
  readonly #signal: AbortSignal | undefined;
  readonly #paths: string[] = [];
  readonly #running = new Set<Promise<void>>();
  #bytes = 0;
  #failure: { readonly error: unknown } | undefined;

  /**
   * Begins with nothing on its way.
   *
   * @param context The table.
   * @param signal Cancels the puts.
   */
  constructor(context: TableContext, signal: AbortSignal | undefined) {
    this.#context = context;
    this.#signal = signal;
  }

  /**
   * Puts a file; resolves when there is room for the next one.
   *
   * @throws {DeltaError} What an earlier file ran into.
   */
  async start(path: string, bytes: Uint8Array): Promise<void> {
    while (
      this.#running.size > 0 &&
      (this.#running.size >= UPLOADS ||
        this.#bytes + bytes.length > UPLOAD_BYTES)
    ) await Promise.race(this.#running);
    this.#check();
    this.#paths.push(path);
    this.#bytes += bytes.length;
    const upload = this.#put(path, bytes).catch((error: unknown) => {
      this.#failure ??= { error };
    }).finally(() => {
      this.#bytes -= bytes.length;
      this.#running.delete(upload);
    });
    this.#running.add(upload);
    // While a large file is on its way, the next one may not grow beside it.
    if (this.#bytes > UPLOAD_BYTES) await this.settle();
  }

  /** Waits until the store has every file. */
  async settle(): Promise<void> {
    await Promise.all(this.#running);
    this.#check();
  }

  /** Deletes every file again, whatever became of it; never throws. */
  async drop(): Promise<void> {
    await Promise.all(this.#running);
    await deleteOrphans(this.#context, this.#paths);
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error;
  }

  async #put(path: string, bytes: Uint8Array): Promise<void> {
    const { store, url } = this.#context;
    const outcome = await store.put(path, bytes, { signal: this.#signal });
    if (outcome.kind === "written") return;
    throwIfAborted(this.#signal, `Writing to ${url}`);
    const rejected = outcome.kind === "rejected";
    throw new DeltaError(
      rejected ? "DELTA_STORE_REJECTED" : "DELTA_STORE_UNAVAILABLE",
      {
        what: `Cannot write the data file ${path} of ${url}`,
        why: outcome.reason,
        fix: rejected
          ? "Nothing was committed; see to the store's permissions and space"
          : "Nothing was committed; the same call may pass later",
        context: { path },
        cause: outcome.cause,
      },
    );
  }
}

/**
 * Deletes data files that no commit names and none can name any more. Best
 * effort: what stays behind is for vacuum.
 */
export async function deleteOrphans(
  context: TableContext,
  storedPaths: readonly string[],
): Promise<void> {
  if (storedPaths.length === 0) return;
  try {
    await context.store.delete(storedPaths);
  } catch {
    context.warn(
      `Data files of a failed write to ${context.url} could not be deleted; vacuum will find them`,
    );
  }
}
