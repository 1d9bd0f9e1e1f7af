/**
 * Taking files out of a table: the actions, and whether the table lets them go.
 *
 * @module
 */

import type { AddFile, RemoveFile } from "../../actions/action.ts";
import { DeltaError } from "../../errors.ts";
import { tableProperties } from "../../protocol/table_property.ts";
import { eachFile } from "../../snapshot/file_set.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import type { TableContext } from "../../store/table_context.ts";

/** A tombstone for every live file. */
export async function removeAll(
  context: TableContext,
  base: Snapshot,
  signal: AbortSignal | undefined,
): Promise<RemoveFile[]> {
  const now = context.host.now();
  const files = await base.files(signal);
  return Array.from(eachFile(files), (add) => removeOf(add, now));
}

/** The action that takes back an add. */
export function removeOf(add: AddFile, deletionTimestamp: number): RemoveFile {
  const { path, partitionValues, size, tags, deletionVector } = add;
  const { baseRowId, defaultRowCommitVersion } = add;
  return {
    path,
    deletionTimestamp,
    dataChange: true,
    extendedFileMetadata: true,
    partitionValues,
    size,
    ...(tags && { tags }),
    ...(deletionVector && { deletionVector }),
    ...(baseRowId !== undefined && { baseRowId }),
    ...(defaultRowCommitVersion !== undefined && { defaultRowCommitVersion }),
  };
}

/**
 * Refuses on a table that only ever grows, before anything is written.
 *
 * @param verb What is not possible: `overwrite`, `delete from`.
 */
export function checkNotAppendOnly(
  context: TableContext,
  base: Snapshot,
  verb = "overwrite",
): void {
  if (!tableProperties(base.metadata.configuration).appendOnly) return;
  throw new DeltaError("DELTA_CANNOT_MODIFY_APPEND_ONLY", {
    what: `Cannot ${verb} ${context.url}`,
    why: "delta.appendOnly is true, so its rows may not be removed",
    fix: "Append instead, or set delta.appendOnly to false first",
  });
}
