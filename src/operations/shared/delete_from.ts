/**
 * Found rows deleted, file by file, and nothing left behind where that fails.
 *
 * @module
 */

import {
  DELETE_ROWS,
  type RowChanges,
  type StagedChanges,
  type TouchedFile,
} from "./row_changes.ts";

/** Deletes the rows, and closes the changes. */
export async function deleteFrom(
  changes: RowChanges,
  files: readonly TouchedFile[],
): Promise<StagedChanges> {
  return await orAbort(changes, async () => {
    for (const file of files) await changes.change(file, DELETE_ROWS, false);
  });
}

/** Runs the work and closes the changes; where anything throws, what was put is deleted again. */
export async function orAbort(
  changes: RowChanges,
  work: () => Promise<void>,
): Promise<StagedChanges> {
  try {
    await work();
    return await changes.finish();
  } catch (error) {
    await changes.abort();
    throw error;
  }
}
