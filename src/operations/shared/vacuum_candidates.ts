/**
 * Which objects of a table a vacuum may look at, and which files the log's
 * actions name.
 *
 * @module
 */

import type { Action, DeletionVectorDescriptor } from "../../actions/action.ts";
import { newDataPath, NULL_PARTITION } from "../../data/data_path.ts";
import { LOG_FOLDER } from "../../log/log_path.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import type { TableContext } from "../../store/table_context.ts";

/** Folder of the change data files. */
const CHANGE_FOLDER = "_change_data";

/** What is known of an object that may go. */
export interface Candidate {
  /** Its size in bytes. */
  readonly size: number;
  /** When it was written, by the store's clock. */
  readonly modified: number;
}

/** Objects that may go, by path. */
export type Candidates = Map<string, Candidate>;

/** Every object of the table that a vacuum may look at. */
export async function listObjects(
  context: TableContext,
  base: Snapshot,
  signal: AbortSignal | undefined,
): Promise<Candidates> {
  const found: Candidates = new Map();
  const nested: string[] = [];
  const mayGo = vacuumable(base);
  for await (const object of context.store.list("", { signal })) {
    const { path, size, lastModified: modified } = object;
    const log = path.indexOf(`/${LOG_FOLDER}/`);
    if (log >= 0) {
      const root = path.slice(0, log + 1);
      if (nested.at(-1) !== root) nested.push(root);
    } else if (mayGo(path)) found.set(path, { size, modified });
  }
  // A table inside of the table has files of its own.
  for (const root of nested) {
    for (const path of found.keys()) {
      if (path.startsWith(root)) found.delete(path);
    }
  }
  return found;
}

/**
 * Whether a path may be a data, change or deletion vector file: nothing hidden,
 * unless it is hidden by a partition column's name.
 */
export function vacuumable(base: Snapshot): (path: string) => boolean {
  const folders = base.metadata.partitionColumns.map((column) =>
    newDataPath([[column, null]], "").stored.slice(
      0,
      -NULL_PARTITION.length - 1,
    )
  );
  return (path) => {
    if (path.endsWith("/")) return false;
    const parts = path.split("/");
    if (parts[0] === CHANGE_FOLDER && parts.length > 1) parts.shift();
    return parts.every((part, i) =>
      part !== ".." && part !== "" &&
      (!/^[._]/.test(part) ||
        (i < parts.length - 1 && folders.some((f) => part.startsWith(f))))
    );
  };
}

/** What an action says of a file, as far as its place goes. */
export interface NamedFile {
  /** Its path as the log spells it. */
  readonly path: string;
  /** Its deletion vector, where it has one. */
  readonly deletionVector?: DeletionVectorDescriptor;
}

/** The data and change files that actions name, removed ones too. */
export function filesNamed(actions: readonly Action[]): NamedFile[] {
  return actions.flatMap((action): NamedFile[] => {
    if ("add" in action) return [action.add];
    if ("remove" in action) return [action.remove];
    return "cdc" in action ? [action.cdc] : [];
  });
}
