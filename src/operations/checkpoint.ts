/**
 * Writes a checkpoint of a version, so that opening it reads one file instead of
 * all its commits.
 *
 * Source: Delta protocol, "Checkpoints".
 *
 * @module
 */

import { checkpointSnapshot } from "../commit/after_commit.ts";
import { throwIfAborted } from "../errors.ts";
import { checkWritable } from "../protocol/support.ts";
import { withCheckpoint } from "../snapshot/advance_snapshot.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";
import { checkKnown } from "./write_options.ts";

/** Options of {@link checkpoint}. */
export interface CheckpointTableOptions {
  /** Cancels between requests. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of a checkpoint. It makes no version. */
export interface CheckpointResult {
  /** The version it is of. */
  readonly version: number;
  /** Actions in it. */
  readonly actions: number;
  /** Live files in it. */
  readonly files: number;
  /** Bytes of all its files. */
  readonly sizeInBytes: number;
  /** The state, told of the checkpoint. */
  readonly snapshot: Snapshot;
}

/**
 * Writes the checkpoint of a version, as the table's properties ask.
 *
 * @param context The table.
 * @param base The version.
 * @throws {DeltaError} `DELTA_UNSUPPORTED_FEATURES_FOR_WRITE`; as `writeCheckpoint`.
 */
export async function checkpoint(
  context: TableContext,
  base: Snapshot,
  options: CheckpointTableOptions = {},
): Promise<CheckpointResult> {
  const { signal } = options;
  checkKnown(options, ["signal"], `Cannot checkpoint ${context.url}`);
  throwIfAborted(signal, `Checkpointing ${context.url}`);
  const { protocol, metadata, schema } = base;
  checkWritable(protocol, metadata, schema, { operation: "metadata" });
  const written = await checkpointSnapshot(context, base, signal);
  return {
    version: written.version,
    actions: written.size,
    files: written.numOfAddFiles,
    sizeInBytes: written.sizeInBytes,
    snapshot: withCheckpoint(context, base, written.checkpoint),
  };
}
