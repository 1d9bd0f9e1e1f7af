/**
 * The live files of one version, in Arrow columns.
 *
 * Source: Delta protocol, "Action Reconciliation".
 *
 * @module
 */

import type { Action, AddFile } from "../actions/action.ts";
import { fileKey } from "../actions/file_key.ts";
import {
  BATCH_ROWS,
  fileAt,
  type FileBatch,
  FileBatchBuilder,
} from "../log/file_batch.ts";
import { columnOf } from "../log/plain_values.ts";
import { withoutFiles } from "../log/replay.ts";

export { FILE_SCHEMA, fileAt, statsOf } from "../log/file_batch.ts";
export type { FileBatch } from "../log/file_batch.ts";

/** The live files of one version. */
export interface FileSet {
  /** How many there are. */
  readonly count: number;
  /** Sum of their sizes in bytes. */
  readonly sizeInBytes: number;
  /** Their columns, some thousands to a batch, in no order. */
  readonly batches: readonly FileBatch[];
}

/** The set of some batches. */
export function fileSetOf(batches: readonly FileBatch[]): FileSet {
  let count = 0;
  let sizeInBytes = 0;
  for (const batch of batches) {
    count += batch.rows.length;
    sizeInBytes += sizeOf(batch);
  }
  return Object.freeze({ count, sizeInBytes, batches });
}

/** Every live file as an object, one at a time. */
export function* eachFile(files: FileSet): Generator<AddFile> {
  for (const batch of files.batches) {
    for (const row of batch.rows) yield fileAt(batch, row);
  }
}

/**
 * The set after newer commits; the older set stays as it is. Batches that the
 * commits do not touch are shared.
 *
 * @param commits The actions of each commit, oldest first.
 */
export function advanceFileSet(
  files: FileSet,
  commits: readonly (readonly Action[])[],
): FileSet {
  const added = new Map<string, AddFile>();
  const touched = new Set<string>();
  for (const action of commits.flat()) {
    if ("add" in action) {
      const key = fileKey(action.add.path, action.add.deletionVector);
      touched.add(key);
      added.set(key, action.add);
    } else if ("remove" in action) {
      const key = fileKey(action.remove.path, action.remove.deletionVector);
      touched.add(key);
      added.delete(key);
    }
  }
  if (touched.size === 0) return files;
  const kept = withoutFiles(files.batches, touched);
  return fileSetOf(appendFiles(kept, [...added.values()]));
}

/**
 * Appends files, taking small batches at the end into the new one, so that many
 * small commits do not leave many small batches.
 */
function appendFiles(
  batches: readonly FileBatch[],
  added: readonly AddFile[],
): FileBatch[] {
  if (added.length === 0) return [...batches];
  const kept = [...batches];
  const tail: FileBatch[] = [];
  let size = added.length;
  for (;;) {
    const last = kept.at(-1);
    if (!last || last.rows.length > size) break;
    if (last.rows.length + size > BATCH_ROWS) break;
    tail.unshift(kept.pop()!);
    size += last.rows.length;
  }
  const builder = new FileBatchBuilder();
  for (const batch of tail) {
    for (const row of batch.rows) builder.add(fileAt(batch, row));
  }
  for (const file of added) builder.add(file);
  return [...kept, ...builder.finish()];
}

function sizeOf({ batch, rows }: FileBatch): number {
  const values = columnOf(batch, "size")?.values as
    | ArrayLike<number | bigint>
    | undefined;
  if (!values) return 0;
  let sum = 0;
  for (const row of rows) sum += Number(values[row]!);
  return sum;
}
