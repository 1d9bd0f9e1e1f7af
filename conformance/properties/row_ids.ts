/**
 * What must hold of row ids without knowing which row an operation made of
 * which: no two rows of a version share one, and an id together with a commit
 * version means the same row wherever it is seen.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { TableSnapshot } from "../../src/mod.ts";
import { type ModelColumn, textsOfTable } from "./model.ts";

/** Remembers the rows of a table by id and commit version. */
export class RowIds {
  #columns: readonly ModelColumn[] = [];
  readonly #known = new Map<string, string>();

  /** Looks at a version of a table that tracks its rows; others are passed over. */
  async check(
    snapshot: TableSnapshot,
    columns: readonly ModelColumn[],
  ): Promise<void> {
    const { configuration } = snapshot.metadata;
    if (configuration["delta.enableRowTracking"] !== "true") return;
    // Other columns make other rows of the same ones.
    if (!sameColumns(this.#columns, columns)) this.#known.clear();
    this.#columns = columns;
    const ids = new Set<unknown>();
    for await (const row of snapshot.rows({ rowIds: true })) {
      const { _row_id: id, _row_commit_version: version } = row;
      assert(!ids.has(id), `row id ${id} is there twice`);
      ids.add(id);
      assert(Number(version) <= snapshot.version, `row id ${id}: its version`);
      const key = `row id ${id}, written by version ${version}`;
      const [text] = textsOfTable([row], columns);
      assert.equal(this.#known.get(key) ?? text, text, key);
      this.#known.set(key, text!);
    }
  }
}

function sameColumns(
  some: readonly ModelColumn[],
  others: readonly ModelColumn[],
): boolean {
  const textOf = (columns: readonly ModelColumn[]) =>
    JSON.stringify(columns.map(({ key, type }) => [key, type]));
  return textOf(some) === textOf(others);
}
