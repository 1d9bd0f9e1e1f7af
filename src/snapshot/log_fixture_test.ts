/**
 * Logs to build for the tests of this room and the one below; holds no test.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Action, AddFile } from "../actions/action.ts";
import { formatCommit } from "../actions/commit_codec.ts";
import { FILE_STRUCT } from "../log/file_batch.ts";
import { checkpointPath, commitPath } from "../log/log_path.ts";
import { buildBatch } from "../parquet/column_builder.ts";
import { writeParquet } from "../parquet/parquet_codec.ts";
import type { DataType, StructType } from "../schema/data_type.ts";
import { parseDataType } from "../schema/schema_json.ts";
import type { Row, Value } from "../schema/value.ts";
import { memoryStore } from "../store/memory_store.ts";
import type { ObjectMeta, ObjectStore } from "../store/object_store.ts";
import { contextOf, type TableContext } from "../store/table_context.ts";
import { eachFile } from "./file_set.ts";
import type { Snapshot } from "./snapshot.ts";

/** A context that keeps its warnings. */
export interface TestTable {
  readonly store: ObjectStore;
  readonly context: TableContext;
  readonly warnings: string[];
}

/** A table of some commits in memory; `wrap` puts a store around it for the context. */
export async function tableOf(
  commits: readonly (readonly Action[])[],
  wrap: (store: ObjectStore) => ObjectStore = (store) => store,
): Promise<TestTable> {
  const store = memoryStore();
  for (const [version, actions] of commits.entries()) {
    await store.put(commitPath(version), formatCommit(actions));
  }
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  return { store, context: contextOf(wrap(store), { warn }), warnings };
}

/** The store with another listing: what `see` makes of each object, or nothing of it. */
export function relisted(
  store: ObjectStore,
  see: (object: ObjectMeta) => ObjectMeta | undefined,
): ObjectStore {
  return {
    url: store.url,
    capabilities: store.capabilities,
    get: (path, options) => store.get(path, options),
    head: (path, options) => store.head(path, options),
    put: (path, bytes, options) => store.put(path, bytes, options),
    putIfAbsent: (path, bytes, options) =>
      store.putIfAbsent(path, bytes, options),
    delete: (paths, options) => store.delete(paths, options),
    list: async function* (prefix, options) {
      for await (const object of store.list(prefix, options)) {
        const seen = see(object);
        if (seen) yield seen;
      }
    },
    close: () => Promise.resolve(),
  };
}

/** Protocol 1/2 and a table of one long column, with some properties. */
export function created(configuration: Record<string, string> = {}): Action[] {
  return [
    { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
    {
      metaData: {
        id: "11111111-2222-4333-8444-555555555555",
        format: { provider: "parquet", options: {} },
        schemaString: '{"type":"struct","fields":[{"name":"id","type":"long",' +
          '"nullable":true,"metadata":{}}]}',
        partitionColumns: [],
        configuration,
        createdTime: 1,
      },
    },
  ];
}

/** An `add` of a path. */
export function add(path: string, more: Partial<AddFile> = {}): Action {
  return {
    add: {
      path,
      partitionValues: {},
      size: 10,
      modificationTime: 1,
      dataChange: true,
      stats: '{"numRecords":1}',
      ...more,
    },
  };
}

/** A `remove` of a path. */
export function remove(path: string): Action {
  return { remove: { path, deletionTimestamp: 5, dataChange: true } };
}

/** The live paths of a snapshot, sorted. */
export async function pathsOf(snapshot: Snapshot): Promise<string[]> {
  const files = await snapshot.files();
  const paths = [...eachFile(files)].map((file) => file.path).sort();
  assertEquals(files.count, paths.length);
  return paths;
}

/** Bytes of a checkpoint that holds some actions; absent kinds have no column. */
export async function checkpointBytes(
  actions: readonly Action[],
): Promise<Uint8Array<ArrayBuffer>> {
  const rows = actions.map((action) => toValue(action, CHECKPOINT) as Row);
  const batch = buildBatch(CHECKPOINT, rows);
  const { bytes } = await writeParquet(batch.schema, [batch], {
    codec: "zstd",
  });
  return bytes;
}

/** Writes a classic checkpoint. */
export async function putCheckpoint(
  store: ObjectStore,
  version: number,
  actions: readonly Action[],
): Promise<void> {
  await store.put(checkpointPath(version), await checkpointBytes(actions));
}

function struct(fields: Record<string, unknown>): StructType {
  return parseDataType({
    type: "struct",
    fields: Object.entries(fields).map(([name, type]) => ({
      name,
      type,
      nullable: true,
      metadata: {},
    })),
  }) as StructType;
}

const TEXTS = {
  type: "map",
  keyType: "string",
  valueType: "string",
  valueContainsNull: true,
};

const CHECKPOINT: StructType = {
  kind: "struct",
  fields: Object.entries({
    protocol: struct({
      minReaderVersion: "integer",
      minWriterVersion: "integer",
    }),
    metaData: struct({
      id: "string",
      schemaString: "string",
      partitionColumns: {
        type: "array",
        elementType: "string",
        containsNull: false,
      },
      configuration: TEXTS,
      createdTime: "long",
    }),
    txn: struct({ appId: "string", version: "long", lastUpdated: "long" }),
    domainMetadata: struct({
      domain: "string",
      configuration: "string",
      removed: "boolean",
    }),
    add: FILE_STRUCT,
    remove: struct({
      path: "string",
      deletionTimestamp: "long",
      dataChange: "boolean",
    }),
    sidecar: struct({
      path: "string",
      sizeInBytes: "long",
      modificationTime: "long",
    }),
  }).map(([name, type]) => ({ name, type, nullable: true, metadata: {} })),
};

function toValue(value: unknown, type: DataType): Value {
  if (value === undefined || value === null) return null;
  if (type.kind === "long") return BigInt(value as number);
  if (type.kind === "map") return new Map(Object.entries(value));
  if (type.kind !== "struct") return value as Value;
  const object = value as Record<string, unknown>;
  return Object.fromEntries(
    type.fields.map((field) => [
      field.name,
      toValue(object[field.name], field.type),
    ]),
  );
}
