/**
 * Which data files are worth rewriting, and which go together. Pure.
 *
 * Files of one partition go together. A file is small below three quarters of
 * the target size; small ones are rewritten where fewer files come of it, and a
 * file with many deleted rows is rewritten in any case. What a rewrite closed
 * because it was full says so in a tag, so that a second run leaves it alone
 * whatever size it turned out to have.
 *
 * @module
 */

import type { AddFile } from "../../actions/action.ts";

/** Tag of a file that was closed because it was full: the size aimed at. */
export const TARGET_SIZE_TAG = "litmus.targetSize";

/** Tag of a file whose rows are in Z-order: the columns. */
export const Z_ORDER_TAG = "litmus.zOrderBy";

/** From this part of the target size on a file is large enough. */
const LARGE_PART = 0.75;

/** A file is rewritten when more than this part of its rows is deleted. */
export const MOST_DELETED = 0.05;

/** What the plan goes by. */
export interface CompactionAims {
  /** The size of file aimed at, in bytes. */
  readonly targetSize: number;
  /** The columns of the Z-order as its tag holds them; bins are packed without. */
  readonly zOrderBy?: string | undefined;
  /** How many rows a file has, deleted ones too; `undefined` where nobody knows. */
  readonly rowCount: (file: AddFile) => number | undefined;
}

/** Files of one partition that are rewritten together. */
export interface CompactionGroup {
  /** The partition. */
  readonly partitionValues: AddFile["partitionValues"];
  /** The files, oldest first. */
  readonly files: readonly AddFile[];
}

/** The groups that are worth rewriting, none of them empty. */
export function planCompaction(
  files: Iterable<AddFile>,
  aims: CompactionAims,
): CompactionGroup[] {
  const partitions = new Map<string, AddFile[]>();
  for (const file of files) {
    const key = partitionKey(file);
    const known = partitions.get(key);
    if (known) known.push(file);
    else partitions.set(key, [file]);
  }
  const groups: CompactionGroup[] = [];
  for (const found of partitions.values()) {
    const chosen = aims.zOrderBy === undefined
      ? toPack(found, aims)
      : toOrder(found, aims);
    if (chosen.length === 0) continue;
    groups.push({
      partitionValues: chosen[0]!.partitionValues,
      files: chosen.sort(oldestFirst),
    });
  }
  return groups;
}

function toPack(files: readonly AddFile[], aims: CompactionAims): AddFile[] {
  const worn = files.filter((file) => isWorn(file, aims));
  const small = files.filter((file) =>
    !isWorn(file, aims) && isSmall(file, aims)
  );
  if (worn.length > 0) return [...worn, ...small];
  const bytes = small.reduce((sum, file) => sum + file.size, 0);
  const after = Math.max(1, Math.ceil(bytes / aims.targetSize));
  return after < small.length ? small : [];
}

/** All files of a partition, unless every one of them is in order already. */
function toOrder(files: readonly AddFile[], aims: CompactionAims): AddFile[] {
  const ordered = files.every((file) =>
    file.tags?.[Z_ORDER_TAG] === aims.zOrderBy && !file.deletionVector &&
    Number(file.tags?.[TARGET_SIZE_TAG]) >= aims.targetSize
  );
  return ordered ? [] : [...files];
}

function isSmall(file: AddFile, { targetSize }: CompactionAims): boolean {
  if (file.size >= targetSize * LARGE_PART) return false;
  return !(Number(file.tags?.[TARGET_SIZE_TAG]) >= targetSize);
}

/** Whether so many rows are deleted that reading over them costs more than a rewrite. */
function isWorn(file: AddFile, { rowCount }: CompactionAims): boolean {
  const deleted = file.deletionVector?.cardinality ?? 0;
  if (deleted === 0) return false;
  const rows = rowCount(file);
  return rows === undefined || deleted > rows * MOST_DELETED;
}

function partitionKey({ partitionValues }: AddFile): string {
  const names = Object.keys(partitionValues).sort();
  // An empty string is a null: the log cannot tell them apart.
  return JSON.stringify(
    names.map((name) => [name, partitionValues[name] || null]),
  );
}

function oldestFirst(a: AddFile, b: AddFile): number {
  return a.modificationTime - b.modificationTime ||
    (a.path < b.path ? -1 : Number(a.path > b.path));
}
