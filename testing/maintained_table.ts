/**
 * A table in memory under a clock that a test winds by hand, with the store's
 * clock apart from the engine's, and helpers to read every version of it.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { AddFile } from "../src/actions/action.ts";
import { append } from "../src/operations/append.ts";
import { createTable } from "../src/operations/create.ts";
import { overwrite } from "../src/operations/overwrite.ts";
import type { StructType } from "../src/schema/data_type.ts";
import { eachFile } from "../src/snapshot/file_set.ts";
import { loadSnapshot } from "../src/snapshot/load_snapshot.ts";
import type { Snapshot } from "../src/snapshot/snapshot.ts";
import { memoryStore } from "../src/store/memory_store.ts";
import type { ObjectStore } from "../src/store/object_store.ts";
import { contextOf, type TableContext } from "../src/store/table_context.ts";
import { type TracedStore, tracedStore } from "../src/store/traced_store.ts";
import { TableSnapshot } from "../src/table/table_snapshot.ts";
import { column, columns } from "./built_table.ts";
import { type VirtualHost, virtualHost } from "./virtual_host.ts";

/** An hour and a day in milliseconds. */
export const HOUR = 3_600_000;
/** A day in milliseconds. */
export const DAY = 24 * HOUR;

/** `id: long, p: string, v: string`. */
export const SCHEMA: StructType = columns(
  column("id", "long"),
  column("p", "string"),
  column("v", "string"),
);

/** A row of {@link SCHEMA}. */
export interface TestRow {
  readonly id: number;
  readonly p?: string | null;
  readonly v?: string;
}

/** What {@link maintainedTable} makes. */
export interface MaintainedTable {
  /** The engine's clock. */
  readonly host: VirtualHost;
  /** The store's clock; wound together with the engine's by {@link MaintainedTable.advance}. */
  readonly storeHost: VirtualHost;
  /** Records every call. */
  readonly store: TracedStore;
  /** The table. */
  readonly context: TableContext;
  /** What was warned of. */
  readonly warnings: string[];
  /** Winds both clocks. */
  advance(ms: number): void;
  /** The newest state, or another. */
  load(version?: number): Promise<Snapshot>;
  /** Appends rows to the newest version, or to a held state. */
  append(rows: readonly TestRow[], base?: Snapshot): Promise<Snapshot>;
  /** Replaces all rows. */
  overwrite(rows: readonly TestRow[]): Promise<Snapshot>;
  /** Rows of a version as sorted JSON. */
  rows(version?: number): Promise<string[]>;
  /** The ids of a version, ascending. */
  ids(version?: number): Promise<number[]>;
  /** A digest of the rows of every version from 0. */
  hashes(): Promise<string[]>;
  /** The live files. */
  files(version?: number): Promise<AddFile[]>;
  /** Paths of all objects outside of the log, sorted. */
  objects(): Promise<string[]>;
}

/** Makes a table of {@link SCHEMA}. */
export async function maintainedTable(
  options: {
    readonly partitioned?: boolean;
    readonly properties?: Readonly<Record<string, string>>;
    readonly wrap?: (store: ObjectStore) => ObjectStore;
  } = {},
): Promise<MaintainedTable> {
  const host = virtualHost(1);
  const storeHost = virtualHost(2);
  const inner = memoryStore(undefined, storeHost);
  const store = tracedStore(options.wrap ? options.wrap(inner) : inner);
  const warnings: string[] = [];
  const context = contextOf(store, { host, warn: (m) => warnings.push(m) });
  const advance = (ms: number): void => {
    host.advance(ms);
    storeHost.advance(ms);
  };
  // A sleep of the engine is time for the store as well.
  let slept = 0;
  host.onSleep = () => {
    const total = host.sleeps.reduce((sum, ms) => sum + ms, 0);
    storeHost.advance(total - slept);
    slept = total;
  };
  await createTable(context, {
    schema: SCHEMA,
    partitionBy: options.partitioned ? ["p"] : [],
    properties: options.properties,
  });
  const load = (version?: number) =>
    loadSnapshot(context, version === undefined ? {} : { version });
  const rows = async (version?: number): Promise<string[]> => {
    const found: string[] = [];
    const state = new TableSnapshot(context, await load(version));
    for await (const row of state.rows()) {
      found.push(
        JSON.stringify(
          row,
          (_key, value) => typeof value === "bigint" ? Number(value) : value,
        ),
      );
    }
    return found.sort();
  };
  return {
    host,
    storeHost,
    store,
    context,
    warnings,
    advance,
    load,
    append: async (data, base) =>
      (await append(context, base ?? await load(), data as never)).snapshot,
    overwrite: async (data) =>
      (await overwrite(context, await load(), data as never)).snapshot,
    rows,
    ids: async (version) =>
      (await rows(version)).map((row) => (JSON.parse(row) as TestRow).id)
        .sort((a, b) => a - b),
    hashes: async () => {
      const { version } = await load();
      const all: string[] = [];
      for (let v = 0; v <= version; v++) {
        const text = (await rows(v)).join("\n");
        all.push(createHash("sha256").update(text).digest("hex"));
      }
      return all;
    },
    files: async (version) => [
      ...eachFile(await (await load(version)).files()),
    ],
    objects: async () => {
      const paths = await Array.fromAsync(store.list(""), (o) => o.path);
      return paths.filter((path) => !path.startsWith("_delta_log/")).sort();
    },
  };
}

/** The rows `from` to `to`, the last one excluded. */
export function rowsOf(
  from: number,
  to: number,
  p: string | null = null,
): TestRow[] {
  return Array.from({ length: to - from }, (_, i) => ({
    id: from + i,
    p,
    v: `value ${from + i}`,
  }));
}

/** Every call of a store handed on, for wrappers that change some. */
export function passThrough(inner: ObjectStore): ObjectStore {
  return {
    url: inner.url,
    capabilities: inner.capabilities,
    get: (path, options) => inner.get(path, options),
    head: (path, options) => inner.head(path, options),
    list: (prefix, options) => inner.list(prefix, options),
    put: (path, bytes, options) => inner.put(path, bytes, options),
    putIfAbsent: (path, bytes, options) =>
      inner.putIfAbsent(path, bytes, options),
    delete: (paths, options) => inner.delete(paths, options),
  };
}
