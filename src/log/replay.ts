/**
 * Which files are live, and which are tombstones. Pure: fed the log's files
 * newest first, the first word on a logical file wins; inside one file of the
 * log the last word does.
 *
 * Source: Delta protocol, "Action Reconciliation".
 *
 * @module
 */

import type * as arrow from "apache-arrow";
import type { Action, AddFile, RemoveFile } from "../actions/action.ts";
import { fileKey } from "../actions/file_key.ts";
import { type FileBatch, FileBatchBuilder, liveRows } from "./file_batch.ts";
import { childOf, columnOf, plainReader, textReader } from "./plain_values.ts";

/** Gathers the live files in Arrow columns. */
export class FileReplay {
  readonly #builder = new FileBatchBuilder();
  readonly #fromCheckpoint: FileBatch[] = [];
  /** Logical file to its number among the adds, or below zero among the removes. */
  readonly #seen = new Map<string, number>();
  readonly #dead = new Set<number>();
  #removes = 0;
  #firstAdd = 0;
  #firstRemove = 0;

  /** Starts the next older file of the log. */
  nextFile(): void {
    this.#firstAdd = this.#builder.count;
    this.#firstRemove = this.#removes;
  }

  /** Takes an action of the current file; those that are not about files are ignored. */
  visit(action: Action): void {
    if ("add" in action) this.#add(action.add);
    else if ("remove" in action) this.#remove(action.remove);
  }

  /**
   * Takes rows of the checkpoint below all commits: columns of `add`, those
   * rows that hold one.
   */
  visitCheckpoint(batch: FileBatch): void {
    const rows = this.#seen.size === 0
      ? batch.rows
      : this.#unseen(batch.batch, batch.rows);
    if (rows.length > 0) this.#fromCheckpoint.push({ ...batch, rows });
  }

  /** The live files. */
  finish(): FileBatch[] {
    const dead = this.#dead;
    const built = this.#builder.finish(
      dead.size > 0 ? (file) => dead.has(file) : undefined,
    );
    return [...built, ...this.#fromCheckpoint];
  }

  #add(add: AddFile): void {
    const key = fileKey(add.path, add.deletionVector);
    const known = this.#seen.get(key);
    if (known !== undefined) {
      if (!this.#isCurrent(known)) return;
      if (known >= 0) this.#dead.add(known);
    }
    this.#seen.set(key, this.#builder.count);
    this.#builder.add(add);
  }

  #remove(remove: RemoveFile): void {
    const key = fileKey(remove.path, remove.deletionVector);
    const known = this.#seen.get(key);
    if (known !== undefined) {
      if (!this.#isCurrent(known)) return;
      if (known >= 0) this.#dead.add(known);
    }
    this.#seen.set(key, -1 - this.#removes++);
  }

  /** Whether the word on a file was spoken in the file of the log that is being read. */
  #isCurrent(known: number): boolean {
    return known >= 0
      ? known >= this.#firstAdd
      : -1 - known >= this.#firstRemove;
  }

  #unseen(batch: arrow.RecordBatch, rows: Uint32Array): Uint32Array {
    const key = keyReader(batch);
    return rows.filter((row) => !this.#seen.has(key(row)));
  }
}

/** Gathers the tombstones as objects. */
export class TombstoneReplay {
  readonly #seen = new Set<string>();
  readonly #tombstones: RemoveFile[] = [];

  /** Takes one file of the log: its adds and removes, in order. */
  visitFile(actions: readonly Action[]): void {
    for (let i = actions.length - 1; i >= 0; i--) {
      const action = actions[i]!;
      if ("add" in action) {
        this.#seen.add(fileKey(action.add.path, action.add.deletionVector));
      } else if ("remove" in action) this.visitRemove(action.remove);
    }
  }

  /** Takes one tombstone. */
  visitRemove(remove: RemoveFile): void {
    const key = fileKey(remove.path, remove.deletionVector);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#tombstones.push(remove);
  }

  /** The tombstones. */
  finish(): RemoveFile[] {
    return this.#tombstones;
  }
}

/** The logical file of each row of a batch: decoded path and deletion vector. */
export function keyReader(batch: arrow.RecordBatch): (row: number) => string {
  const path = textReader(columnOf(batch, "path")!);
  const vectors = columnOf(batch, "deletionVector");
  if (!vectors || vectors.nullCount === vectors.length) {
    return (row) => fileKey(path(row));
  }
  // A struct of nulls is no vector: some writers mark null by its leaves only.
  const type = childOf(vectors, "storageType");
  const hasType = type ? plainReader(type) : () => undefined;
  const vector = plainReader(vectors);
  return (row) => {
    const dv = hasType(row) === undefined ? undefined : vector(row);
    return fileKey(path(row), dv as AddFile["deletionVector"]);
  };
}

/** The live batches without the files of some keys. */
export function withoutFiles(
  batches: readonly FileBatch[],
  keys: ReadonlySet<string>,
): FileBatch[] {
  if (keys.size === 0) return [...batches];
  const kept: FileBatch[] = [];
  for (const batch of batches) {
    const key = keyReader(batch.batch);
    const alive = liveRows(
      batch.rows.length,
      (i) => keys.has(key(batch.rows[i]!)),
    );
    if (alive.length === batch.rows.length) kept.push(batch);
    else if (alive.length > 0) {
      kept.push({ ...batch, rows: alive.map((i) => batch.rows[i]!) });
    }
  }
  return kept;
}
