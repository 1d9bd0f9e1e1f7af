/**
 * What row tracking must make of the rows of a table: a model of it by key, and
 * the comparison with what a reader finds.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { AddFile } from "../src/actions/action.ts";
import { resolveDataPath } from "../src/data/data_path.ts";
import { bytesSource } from "../src/parquet/byte_source.ts";
import { readFooter } from "../src/parquet/footer.ts";
import { columnReader } from "../src/parquet/arrow_values.ts";
import { scan } from "../src/scan/read_scan.ts";
import type { StructType } from "../src/schema/data_type.ts";
import type { RowInput } from "../src/schema/value.ts";
import { eachFile } from "../src/snapshot/file_set.ts";
import type { Snapshot } from "../src/snapshot/snapshot.ts";
import type { TableContext } from "../src/store/table_context.ts";
import { column, columns } from "./built_table.ts";
import type { ChangedTable } from "./changed_table.ts";

/** `id: long, p: string, v: long`. */
export const SCHEMA: StructType = columns(
  column("id", "long"),
  column("p", "string"),
  column("v", "long"),
);

/** What makes a table track its rows. */
export const TRACKING = { "delta.enableRowTracking": "true" } as const;

/** Rows of {@link SCHEMA} by their ids, in three partitions. */
export function rowsFrom(from: number, count: number): RowInput[] {
  return Array.from({ length: count }, (_, i) => ({
    id: from + i,
    p: "abc"[(from + i) % 3]!,
    v: 0,
  }));
}

/** The live files of the newest version. */
export async function liveFiles(table: ChangedTable): Promise<AddFile[]> {
  return [...eachFile(await (await table.load()).files())];
}

/** The top-level columns of a data file. */
export async function columnsOfFile(
  table: ChangedTable,
  file: { readonly path: string },
): Promise<string[]> {
  const { store, path } = await resolveDataPath(table.context, file.path);
  const { bytes } = (await store.get(path))!;
  const footer = await readFooter(bytesSource(path, bytes));
  return footer.leaves.map((leaf) => leaf.path[0]!);
}

/** Row id and row commit version of a row. */
export interface Tracked {
  /** The id; it stays as long as the row does. */
  readonly rowId: bigint;
  /** The version that wrote the row last. */
  readonly version: bigint;
}

/** The rows of a version by their key, the first column, as text. */
export async function trackedRows(
  context: TableContext,
  snapshot: Snapshot,
): Promise<Map<string, Tracked>> {
  const rows = new Map<string, Tracked>();
  const { fields } = snapshot.schema;
  const long = { kind: "long" } as const;
  for await (const batch of scan(context, snapshot, { rowIds: true })) {
    const { children } = batch.data;
    const [key, rowId, version] = [
      columnReader(children[0]!, fields[0]!.type),
      columnReader(children.at(-2)!, long),
      columnReader(children.at(-1)!, long),
    ];
    for (let row = 0; row < batch.numRows; row++) {
      rows.set(String(key(row)), {
        rowId: rowId(row) as bigint,
        version: version(row) as bigint,
      });
    }
  }
  return rows;
}

/**
 * Fails where rows of one version are not what they must have become of those
 * before: kept rows as they were, written ones with their id and the new
 * version, new ones with an id that nobody ever had.
 *
 * @param written Whether a row, by its key, was updated by the version.
 * @returns The highest id that is known to be given out.
 */
export function assertTracked(
  before: ReadonlyMap<string, Tracked>,
  after: ReadonlyMap<string, Tracked>,
  version: number,
  written: (key: string) => boolean,
  highest: bigint,
): bigint {
  const ids = new Set([...after.values()].map(({ rowId }) => rowId));
  assertEquals(ids.size, after.size, `row ids of version ${version} repeat`);
  let most = highest;
  for (const [key, now] of after) {
    const then = before.get(key);
    const what = `row ${key} in version ${version}`;
    if (!then) {
      assertEquals(now.rowId > highest, true, `${what} has an old id`);
      assertEquals(now.version, BigInt(version), what);
      if (now.rowId > most) most = now.rowId;
    } else {
      const expected = written(key)
        ? { rowId: then.rowId, version: BigInt(version) }
        : then;
      assertEquals(now, expected, what);
    }
  }
  return most;
}

/** Looks at a table after every change. */
export class RowWatch {
  readonly #table: ChangedTable;
  #highest = -1n;
  /** The rows as they were last seen. */
  rows: ReadonlyMap<string, Tracked> = new Map();

  /** Begins with a table of which nothing has been seen. */
  constructor(table: ChangedTable) {
    this.#table = table;
  }

  /**
   * Compares the newest version with the one seen before it.
   *
   * @param written Whether a row, by its key, was updated since; none by default.
   */
  async look(written: (key: string) => boolean = () => false): Promise<void> {
    const snapshot = await this.#table.load();
    const after = await trackedRows(this.#table.context, snapshot);
    const { version } = snapshot;
    const highest = this.#highest;
    this.#highest = assertTracked(this.rows, after, version, written, highest);
    this.rows = after;
  }
}
