/**
 * The hint that names the newest checkpoint. It is only ever a hint: absent,
 * stale, ahead, torn or naming a file that is gone, it changes nothing but
 * the number of requests.
 *
 * Source: Delta protocol, "Last Checkpoint File".
 *
 * @module
 */

import type { TableContext } from "../store/table_context.ts";
import { LAST_CHECKPOINT_PATH, type Version } from "./log_path.ts";

/** Where the hint says the newest checkpoint is. */
export interface LastCheckpoint {
  /** Version of the checkpoint. */
  readonly version: Version;
}

/**
 * Reads the hint.
 *
 * @returns `undefined` when there is none, or none that makes sense.
 * @throws {DeltaError} `DELTA_STORE_UNAVAILABLE`, `DELTA_STORE_REJECTED`.
 */
export async function readLastCheckpoint(
  context: TableContext,
  signal?: AbortSignal,
): Promise<LastCheckpoint | undefined> {
  const object = await context.store.get(LAST_CHECKPOINT_PATH, { signal });
  if (object === undefined) return undefined;
  return parseLastCheckpoint(new TextDecoder().decode(object.bytes));
}

/** The hint in a text, or `undefined` when the text makes no sense as one. */
export function parseLastCheckpoint(text: string): LastCheckpoint | undefined {
  let hint: unknown;
  try {
    hint = JSON.parse(text);
  } catch {
    // A torn hint is no hint: the listing alone tells the truth.
    return undefined;
  }
  if (typeof hint !== "object" || hint === null) return undefined;
  const version = (hint as { version?: unknown }).version;
  return Number.isSafeInteger(version) && (version as number) >= 0
    ? { version: version as number }
    : undefined;
}
