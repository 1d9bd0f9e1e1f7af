/**
 * How the front door reaches a table: its store, and a version of it.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import { loadSnapshot } from "../snapshot/load_snapshot.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { versionAt } from "../snapshot/time_travel.ts";
import {
  contextOf,
  openContext,
  type TableContext,
} from "../store/table_context.ts";
import { type CountedStore, countedStore } from "../store/counted_store.ts";
import type { PointInTime, TableOptions } from "./table_options.ts";

/** A table's place whose store counts its calls. */
export interface CountedContext extends TableContext {
  /** The store, counting. */
  readonly store: CountedStore;
}

/** Opens the place of a table. */
export async function contextFor(
  uri: string,
  options: TableOptions,
): Promise<CountedContext> {
  const { storage, host, signal, store, onWarning: warn } = options;
  if (typeof uri !== "string") {
    throw new DeltaError("DELTA_INVALID_ARGUMENT", {
      what: "Cannot reach the table",
      why: `its place is no text but ${
        uri === null ? "null" : `a ${typeof uri}`
      }`,
      fix: "Give a URL or a folder's path as text",
    });
  }
  const context = store
    ? contextOf(store, { storage, host, signal, warn })
    : await openContext(uri, { storage, host, signal, warn });
  return { ...context, store: countedStore(context.store) };
}

/** Reaches a table; a store that was opened for nothing is closed again. */
export async function within<T>(
  uri: string,
  options: TableOptions,
  use: (context: CountedContext) => Promise<T>,
): Promise<T> {
  const context = await contextFor(uri, options);
  try {
    return await use(context);
  } catch (error) {
    if (!options.store) await context.close();
    throw error;
  }
}

/** Loads a version: the one named, the one at a time, or the newest. */
export async function loadAt(
  context: TableContext,
  point: PointInTime,
  time: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Snapshot> {
  const version = time === undefined
    ? point.version
    : await versionAt(context, time, { signal });
  return await loadSnapshot(
    context,
    version === undefined ? { signal } : { version, signal },
  );
}
