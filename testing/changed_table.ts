/**
 * A table in memory whose rows are compared with plain objects, and whose
 * changes are told version by version.
 *
 * @module
 */

import type { RecordBatch } from "apache-arrow";
import type { Action } from "../src/actions/action.ts";
import { parseCommit } from "../src/actions/commit_codec.ts";
import { commitPath } from "../src/log/log_path.ts";
import { changes, changesSchema } from "../src/operations/change_data_feed.ts";
import { append } from "../src/operations/append.ts";
import { createTable } from "../src/operations/create.ts";
import { columnReader } from "../src/parquet/arrow_values.ts";
import { scan } from "../src/scan/read_scan.ts";
import type { StructType } from "../src/schema/data_type.ts";
import type { RowInput } from "../src/schema/value.ts";
import { loadSnapshot } from "../src/snapshot/load_snapshot.ts";
import type { Snapshot } from "../src/snapshot/snapshot.ts";
import { memoryStore } from "../src/store/memory_store.ts";
import { contextOf, type TableContext } from "../src/store/table_context.ts";
import { type TracedStore, tracedStore } from "../src/store/traced_store.ts";
import { virtualHost } from "./virtual_host.ts";

/** A row as plain data. */
export type PlainRow = Readonly<Record<string, unknown>>;

/** A table of a test. */
export interface ChangedTable {
  /** Where it is. */
  readonly context: TableContext;
  /** Its store, which records every call. */
  readonly store: TracedStore;
  /** The newest state, read from the log. */
  load(): Promise<Snapshot>;
  /** Appends rows to the newest version. */
  append(rows: readonly RowInput[]): Promise<Snapshot>;
  /** Rows of a state, or of the newest, as sorted JSON. */
  rows(snapshot?: Snapshot): Promise<string[]>;
  /** The actions of a version. */
  actions(version: number): Promise<Action[]>;
  /** What a version did to rows, as sorted JSON with `_change_type`. */
  changes(version: number): Promise<PlainRow[]>;
  /** Paths of all objects that are no part of the log, sorted. */
  objects(): Promise<string[]>;
}

/** Makes a table in memory, with its first rows. */
export async function changedTable(
  schema: StructType,
  options: {
    readonly partitionBy?: readonly string[];
    readonly properties?: Readonly<Record<string, string>>;
    readonly rows?: readonly RowInput[];
  } = {},
): Promise<ChangedTable> {
  const host = virtualHost(1);
  const store = tracedStore(memoryStore(undefined, host));
  const context = contextOf(store, { host, warn: () => {} });
  const { partitionBy, properties, rows } = options;
  await createTable(context, { schema, partitionBy, properties });
  const load = () => loadSnapshot(context);
  if (rows) await append(context, await load(), rows);
  return {
    context,
    store,
    load,
    append: async (data) =>
      (await append(context, await load(), data)).snapshot,
    async rows(snapshot) {
      const state = snapshot ?? await load();
      const found: PlainRow[] = [];
      for await (const batch of scan(context, state)) {
        found.push(...rowsOfBatch(batch, state.schema));
      }
      return found.map(plainText).sort();
    },
    async actions(version) {
      const found = await store.get(commitPath(version));
      return parseCommit(found!.bytes, commitPath(version));
    },
    async changes(version) {
      const found: PlainRow[] = [];
      const state = await load();
      const feed = changes(context, state, { from: version, to: version });
      for await (const batch of feed) {
        found.push(...rowsOfBatch(batch, changesSchema(state.schema)));
      }
      return found.map((
        { _commit_version: _, _commit_timestamp: __, ...row },
      ) => row);
    },
    async objects() {
      const all = await Array.fromAsync(store.list(""), (meta) => meta.path);
      return all.filter((path) => !path.startsWith("_delta_log/")).sort();
    },
  };
}

/** The rows of a batch as plain objects. */
export function rowsOfBatch(
  batch: RecordBatch,
  schema: StructType,
): PlainRow[] {
  const read = schema.fields.map((field, i) =>
    [field.name, columnReader(batch.data.children[i]!, field.type)] as const
  );
  return Array.from(
    { length: batch.numRows },
    (_, row) =>
      Object.fromEntries(read.map(([name, value]) => [name, value(row)])),
  );
}

/** A row as text, such that equal rows have equal texts. */
export function plainText(row: PlainRow): string {
  return JSON.stringify(row, (_key, value) => {
    if (typeof value === "bigint") return Number(value);
    if (value instanceof Map) return [...value];
    return value instanceof Uint8Array ? [...value] : value;
  });
}

/** A seeded source of choices. */
export function choices(seed: number): {
  below(limit: number): number;
  one<T>(items: readonly T[]): T;
} {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const below = (limit: number): number => next() % limit;
  return { below, one: (items) => items[below(items.length)]! };
}
