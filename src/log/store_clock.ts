/**
 * What time it is, as store and host agree on it: what may be deleted because of
 * its age must not go because a clock is wrong.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import type { TableContext } from "../store/table_context.ts";
import { LOG_FOLDER } from "./log_path.ts";

/** How far host and store may be apart before nothing is deleted. */
export const LARGEST_SKEW_MS = 86_400_000;

/**
 * The store's time: that of a scratch object written for the purpose, and
 * deleted again.
 *
 * @throws {DeltaError} `DELTA_STORE_REJECTED` or `DELTA_STORE_UNAVAILABLE` when
 * the object cannot be written or is not shown.
 */
export async function storeTime(
  context: TableContext,
  signal?: AbortSignal,
): Promise<number> {
  const { store, host } = context;
  const path = `${LOG_FOLDER}/.litmus-clock-${host.uuid()}`;
  const outcome = await store.put(path, new Uint8Array(1), { signal });
  if (outcome.kind === "rejected") throw noTime(context, outcome.reason, false);
  try {
    const found = await store.head(path, { signal });
    if (found) return found.lastModified;
  } finally {
    // A scratch object that stays is hidden, and harms nobody.
    await store.delete([path]).catch(() => {});
  }
  throw noTime(context, `it does not show ${path}, just written`, true);
}

/**
 * The earlier one of the host's and the store's time.
 *
 * @param doing What is given up when they are too far apart, for the error.
 * @throws {DeltaError} `DELTA_UNSUPPORTED_OPERATION` when they are more than a
 * day apart; as {@link storeTime}.
 */
export async function agreedTime(
  context: TableContext,
  doing: string,
  signal?: AbortSignal,
): Promise<number> {
  const store = await storeTime(context, signal);
  const host = context.host.now();
  if (Math.abs(host - store) <= LARGEST_SKEW_MS) return Math.min(host, store);
  throw new DeltaError("DELTA_UNSUPPORTED_OPERATION", {
    what: doing,
    why: `the clock here says ${new Date(host).toISOString()} and the store's ${
      new Date(store).toISOString()
    }: with one of them wrong, files that are needed would go`,
    fix: "Set the clocks right; they may be a day apart at most",
    context: { host, store },
  });
}

function noTime(
  context: TableContext,
  why: string,
  again: boolean,
): DeltaError {
  return new DeltaError(
    again ? "DELTA_STORE_UNAVAILABLE" : "DELTA_STORE_REJECTED",
    {
      what: `Cannot tell the time of the store of ${context.url}`,
      why,
      fix: "Nothing was deleted; see to the store's permissions",
    },
  );
}
