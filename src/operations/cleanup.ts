/**
 * Deletes what has expired from the log, at once instead of after the next
 * checkpoint.
 *
 * Source: Delta protocol, "Metadata Cleanup".
 *
 * @module
 */

import { throwIfAborted } from "../errors.ts";
import { cleanLog } from "../log/log_cleanup.ts";
import { checkWritable } from "../protocol/support.ts";
import { tableProperties } from "../protocol/table_property.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";
import { checkKnown } from "./write_options.ts";

/** Options of {@link cleanup}. */
export interface CleanupLogOptions {
  /** Cancels between requests. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of a log cleanup. It never makes a version. */
export interface CleanupLogResult {
  /** `deleted`, or `nothing-to-do`. */
  readonly outcome: "deleted" | "nothing-to-do";
  /** Files of the log that were deleted. */
  readonly deletedFiles: number;
}

/**
 * Deletes files of the log older than `delta.logRetentionDuration`, up to the
 * newest checkpoint that is that old. That checkpoint, its commit and all that
 * came later stay; without one nothing is deleted. It is done also where
 * `delta.enableExpiredLogCleanup` is false: that is about doing it unasked.
 *
 * @param context The table.
 * @param base A state of it.
 * @throws {DeltaError} `DELTA_UNSUPPORTED_FEATURES_FOR_WRITE`; as `cleanLog`.
 */
export async function cleanup(
  context: TableContext,
  base: Snapshot,
  options: CleanupLogOptions = {},
): Promise<CleanupLogResult> {
  const { signal } = options;
  checkKnown(options, ["signal"], `Cannot clean the log of ${context.url}`);
  throwIfAborted(signal, `Cleaning the log of ${context.url}`);
  const { protocol, metadata, schema } = base;
  checkWritable(protocol, metadata, schema, { operation: "metadata" });
  const retentionMs = tableProperties(metadata.configuration).logRetentionMs;
  const deletedFiles = await cleanLog(context, { retentionMs, signal });
  return {
    outcome: deletedFiles > 0 ? "deleted" : "nothing-to-do",
    deletedFiles,
  };
}
