/**
 * What falls due after a commit: a checkpoint at the table's interval, then log
 * cleanup. The commit stands whatever becomes of them, and their requests are
 * none of the commit's.
 *
 * Source: Delta protocol, "Checkpoints" and "Metadata Cleanup".
 *
 * @module
 */

import {
  writeCheckpoint,
  type WrittenCheckpoint,
} from "../log/checkpoint_writer.ts";
import { cleanLog } from "../log/log_cleanup.ts";
import { tableProperties } from "../protocol/table_property.ts";
import { hasFeature } from "../protocol/table_feature.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";

/** What was done after a commit. */
export interface Maintenance {
  /** The checkpoint that was due and written. */
  readonly checkpoint: WrittenCheckpoint | undefined;
  /** Files of the log that had expired and were deleted. */
  readonly deletedLogFiles: number;
  /** What went wrong; the commit stands all the same. */
  readonly error: unknown;
}

const NOTHING: Maintenance = {
  checkpoint: undefined,
  deletedLogFiles: 0,
  error: undefined,
};

/** Whether a version is one at which the table wants a checkpoint. */
export function isCheckpointDue(snapshot: Snapshot): boolean {
  const { checkpointInterval } = tableProperties(
    snapshot.metadata.configuration,
  );
  return snapshot.version > 0 && snapshot.version % checkpointInterval === 0;
}

/** Of so many V2 checkpoints one has the name of a classic one. */
const CLASSIC_NAMES = 10;

function isClassicDue({ version, metadata }: Snapshot): boolean {
  const { checkpointInterval } = tableProperties(metadata.configuration);
  return version % (checkpointInterval * CLASSIC_NAMES) === 0;
}

/** Does what is due after a version was committed; it warns and never throws. */
export async function afterCommit(
  context: TableContext,
  snapshot: Snapshot,
  signal?: AbortSignal,
): Promise<Maintenance> {
  let checkpoint: WrittenCheckpoint | undefined;
  try {
    if (!isCheckpointDue(snapshot) || signal?.aborted) return NOTHING;
    checkpoint = await checkpointSnapshot(context, snapshot, signal);
    const properties = tableProperties(snapshot.metadata.configuration);
    const deletedLogFiles = properties.enableExpiredLogCleanup
      ? await cleanLog(context, {
        retentionMs: properties.logRetentionMs,
        signal,
      })
      : 0;
    return { checkpoint, deletedLogFiles, error: undefined };
  } catch (error) {
    if (!signal?.aborted) {
      context.warn(
        `Version ${snapshot.version} of ${context.url} is committed, but ${
          checkpoint ? "log cleanup" : "its checkpoint"
        } failed: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    return { checkpoint, deletedLogFiles: 0, error };
  }
}

/**
 * Writes the checkpoint of a version, as the table's properties ask.
 *
 * @throws {DeltaError} As `writeCheckpoint` and `snapshot.files()`.
 */
export async function checkpointSnapshot(
  context: TableContext,
  snapshot: Snapshot,
  signal?: AbortSignal,
): Promise<WrittenCheckpoint> {
  const { metadata, protocol } = snapshot;
  const properties = tableProperties(metadata.configuration);
  const files = await snapshot.files(signal);
  const tombstones = await snapshot.tombstones(signal);
  const isV2 = properties.checkpointPolicy === "v2" &&
    hasFeature(protocol, "v2Checkpoint");
  return await writeCheckpoint(context, {
    version: snapshot.version,
    protocol,
    metadata,
    schema: snapshot.schema,
    transactions: snapshot.transactions,
    domains: snapshot.domains,
    files: files.batches,
    tombstones,
  }, {
    policy: isV2 ? "v2" : "classic",
    classicName: isV2 && isClassicDue(snapshot),
    statsAsJson: properties.writeStatsAsJson,
    statsAsStruct: properties.writeStatsAsStruct,
    tombstoneRetentionMs: properties.deletedFileRetentionMs,
    transactionRetentionMs: properties.setTransactionRetentionMs,
    signal,
  });
}
