/**
 * The rows of a checkpoint as Arrow columns: a struct column per kind of
 * action, one action a row, every other column null there. Files stay in
 * columns from the snapshot to the file; only what few tables have many of
 * becomes objects.
 *
 * Source: Delta protocol, "Checkpoint Schema".
 *
 * @module
 */

import type * as arrow from "apache-arrow";
import type {
  DomainMetadata,
  Metadata,
  Protocol,
  RemoveFile,
  Sidecar,
  Txn,
} from "../actions/action.ts";
import { toArrowSchema } from "../parquet/arrow_schema.ts";
import {
  batchOf,
  buildColumn,
  castColumn,
  dataOf,
  nullColumn,
  takeValues,
} from "../parquet/column_builder.ts";
import type {
  ArrayType,
  DataType,
  MapType,
  PrimitiveName,
  StructField,
  StructType,
} from "../schema/data_type.ts";
import type { Value } from "../schema/value.ts";
import { FILE_STRUCT, type FileBatch, statsOf } from "./file_batch.ts";
import { childOf, columnOf, plainReader } from "./plain_values.ts";
import type { ParsedColumns } from "./parsed_columns.ts";

/** Rows that a batch of a checkpoint holds at most. */
export const CHECKPOINT_BATCH_ROWS = 16_384;

const STRINGS: ArrayType = {
  kind: "array",
  elementType: { kind: "string" },
  containsNull: true,
};
const TEXTS: MapType = {
  kind: "map",
  keyType: { kind: "string" },
  valueType: { kind: "string" },
  valueContainsNull: true,
};

/** The kinds that are no file list, as columns. */
const CORE_FIELDS: readonly StructField[] = [
  struct("txn", [
    field("appId", "string"),
    field("version", "long"),
    field("lastUpdated", "long"),
  ]),
  struct("metaData", [
    field("id", "string"),
    field("name", "string"),
    field("description", "string"),
    struct("format", [field("provider", "string"), field("options", TEXTS)]),
    field("schemaString", "string"),
    field("partitionColumns", STRINGS),
    field("createdTime", "long"),
    field("configuration", TEXTS),
  ]),
  struct("protocol", [
    field("minReaderVersion", "integer"),
    field("minWriterVersion", "integer"),
    field("readerFeatures", STRINGS),
    field("writerFeatures", STRINGS),
  ]),
  struct("domainMetadata", [
    field("domain", "string"),
    field("configuration", "string"),
    field("removed", "boolean"),
  ]),
];

const V2_FIELDS: readonly StructField[] = [
  struct("checkpointMetadata", [
    field("version", "long"),
    field("tags", TEXTS),
  ]),
  struct("sidecar", [
    field("path", "string"),
    field("sizeInBytes", "long"),
    field("modificationTime", "long"),
    field("tags", TEXTS),
  ]),
];

const VECTOR = FILE_STRUCT.fields.find((f) => f.name === "deletionVector")!;

/** Tombstones lose their stats and tags in a checkpoint. */
const REMOVE_FIELD: StructField = struct("remove", [
  field("path", "string"),
  field("deletionTimestamp", "long"),
  field("dataChange", "boolean"),
  field("extendedFileMetadata", "boolean"),
  field("partitionValues", TEXTS),
  field("size", "long"),
  VECTOR,
  field("baseRowId", "long"),
  field("defaultRowCommitVersion", "long"),
]);

/** What of the state is no file. */
export interface CoreRows {
  /** The protocol. */
  readonly protocol: Protocol;
  /** The metadata. */
  readonly metadata: Metadata;
  /** Application versions. */
  readonly transactions: readonly Txn[];
  /** Domains. */
  readonly domains: readonly DomainMetadata[];
  /** Head of a V2 checkpoint: its version. */
  readonly v2Version?: number | undefined;
  /** Sidecars of a V2 checkpoint. */
  readonly sidecars?: readonly Sidecar[] | undefined;
}

/** Which columns a checkpoint file has, and how its batches are made. */
export interface CheckpointLayout {
  /** The file's columns. */
  readonly schema: arrow.Schema;
  /** The rows that are no file. */
  coreBatch(rows: CoreRows): arrow.RecordBatch;
  /** The rows of live files. */
  fileBatch(files: FileBatch): arrow.RecordBatch;
  /** The rows of tombstones. */
  removeBatch(removes: readonly RemoveFile[]): arrow.RecordBatch;
}

/** The layout of a file: with the core columns, with the file columns, of V2 or not. */
export function checkpointLayout(options: {
  readonly core: boolean;
  readonly files: boolean;
  readonly v2: boolean;
  readonly statsAsJson: boolean;
  readonly parsed: ParsedColumns | undefined;
}): CheckpointLayout {
  const addType = addStruct(options.statsAsJson, options.parsed);
  const fields: StructField[] = [
    ...(options.core ? CORE_FIELDS : []),
    ...(options.files
      ? [{ name: "add", type: addType, nullable: true, metadata: {} }]
      : []),
    ...(options.files ? [REMOVE_FIELD] : []),
    ...(options.core && options.v2 ? V2_FIELDS : []),
  ];
  const schema = toArrowSchema({ kind: "struct", fields });
  const batch = (columns: Readonly<Record<string, arrow.Data>>, rows: number) =>
    batchOf(
      schema,
      schema.fields.map((f) => columns[f.name] ?? nullColumn(f.type, rows)),
      rows,
    );
  const column = (name: string, values: readonly Value[]) =>
    buildColumn(
      fields.find((f) => f.name === name)!.type,
      values,
      schema.fields.find((f) => f.name === name)!.type,
    );
  return {
    schema,
    coreBatch: (rows) => {
      const values = coreValues(rows, options.v2);
      const built = Object.fromEntries(
        Object.entries(values).map((
          [name, list],
        ) => [name, column(name, list)]),
      );
      return batch(built, values.protocol!.length);
    },
    fileBatch: (files) =>
      batch({
        add: addColumn(files, schema, addType, options.parsed),
      }, files.rows.length),
    removeBatch: (removes) =>
      batch(
        { remove: column("remove", removes.map(removeValue)) },
        removes.length,
      ),
  };
}

function addStruct(
  statsAsJson: boolean,
  parsed: ParsedColumns | undefined,
): StructType {
  return {
    kind: "struct",
    fields: [
      ...FILE_STRUCT.fields.filter((f) => statsAsJson || f.name !== "stats"),
      ...(parsed?.fields ?? []),
    ],
  };
}

/** One column per kind, as long as all kinds together: each row holds one action. */
function coreValues(rows: CoreRows, v2: boolean): Record<string, Value[]> {
  const actions: [string, Value][] = [];
  if (v2) {
    actions.push(["checkpointMetadata", {
      version: BigInt(rows.v2Version ?? 0),
      tags: null,
    }]);
  }
  actions.push(["protocol", protocolValue(rows.protocol)]);
  actions.push(["metaData", metadataValue(rows.metadata)]);
  for (const txn of rows.transactions) {
    actions.push(["txn", {
      appId: txn.appId,
      version: BigInt(txn.version),
      lastUpdated: long(txn.lastUpdated),
    }]);
  }
  for (const { domain, configuration, removed } of rows.domains) {
    actions.push(["domainMetadata", { domain, configuration, removed }]);
  }
  for (const sidecar of rows.sidecars ?? []) {
    actions.push(["sidecar", {
      path: sidecar.path,
      sizeInBytes: BigInt(sidecar.sizeInBytes),
      modificationTime: BigInt(sidecar.modificationTime),
      tags: texts(sidecar.tags),
    }]);
  }
  const names = [...CORE_FIELDS, ...(v2 ? V2_FIELDS : [])].map((f) => f.name);
  return Object.fromEntries(
    names.map((name) => [
      name,
      actions.map(([kind, value]) => kind === name ? value : null),
    ]),
  );
}

function protocolValue(protocol: Protocol): Value {
  return {
    minReaderVersion: protocol.minReaderVersion,
    minWriterVersion: protocol.minWriterVersion,
    readerFeatures: protocol.readerFeatures ??
      (protocol.minReaderVersion >= 3 ? [] : null),
    writerFeatures: protocol.writerFeatures ??
      (protocol.minWriterVersion >= 7 ? [] : null),
  };
}

function metadataValue(metadata: Metadata): Value {
  return {
    id: metadata.id,
    name: metadata.name ?? null,
    description: metadata.description ?? null,
    format: {
      provider: metadata.format.provider,
      options: texts(metadata.format.options ?? {}),
    },
    schemaString: metadata.schemaString,
    partitionColumns: metadata.partitionColumns,
    createdTime: long(metadata.createdTime),
    configuration: texts(metadata.configuration),
  };
}

function removeValue(remove: RemoveFile): Value {
  const vector = remove.deletionVector;
  return {
    path: remove.path,
    deletionTimestamp: long(remove.deletionTimestamp),
    dataChange: remove.dataChange,
    extendedFileMetadata: remove.extendedFileMetadata ?? null,
    partitionValues: texts(remove.partitionValues),
    size: long(remove.size),
    deletionVector: vector
      ? {
        storageType: vector.storageType,
        pathOrInlineDv: vector.pathOrInlineDv,
        offset: vector.offset ?? null,
        sizeInBytes: vector.sizeInBytes,
        cardinality: BigInt(vector.cardinality),
      }
      : null,
    baseRowId: long(remove.baseRowId),
    defaultRowCommitVersion: long(remove.defaultRowCommitVersion),
  };
}

/** The live rows of a batch as one `add` column. */
function addColumn(
  files: FileBatch,
  schema: arrow.Schema,
  type: StructType,
  parsed: ParsedColumns | undefined,
): arrow.Data {
  const arrowType = schema.fields.find((f) => f.name === "add")!.type;
  const rows = files.rows.length;
  const parsedColumns = parsed?.build(files) ?? {};
  const children = type.fields.map((f, i) => {
    const to = (arrowType.children[i] as arrow.Field).type;
    const values = parsedColumns[f.name];
    if (values) return buildColumn(f.type, values, to);
    return f.name === "stats"
      ? statsColumn(files, to)
      : takeColumn(files, f.name, f.type, to);
  });
  return dataOf(arrowType, rows, 0, {}, children);
}

function takeColumn(
  files: FileBatch,
  name: string,
  type: DataType,
  to: arrow.DataType,
): arrow.Data {
  const data = columnOf(files.batch, name);
  if (!data) return nullColumn(to, files.rows.length);
  const taken = castColumn(takeValues(data, files.rows), type, to);
  return name === "deletionVector" ? nullByLeaf(taken) : taken;
}

/** Statistics as text: as they are, or written anew where a checkpoint had them only as a struct. */
function statsColumn(files: FileBatch, to: arrow.DataType): arrow.Data {
  const text = columnOf(files.batch, "stats");
  if (text && !columnOf(files.batch, "stats_parsed")) {
    return castColumn(takeValues(text, files.rows), { kind: "string" }, to);
  }
  const values = Array.from(files.rows, (row) => statsOf(files, row) ?? null);
  return buildColumn({ kind: "string" }, values, to);
}

/** Some writers mark a missing vector by its leaves only; here the struct is null. */
function nullByLeaf(vectors: arrow.Data): arrow.Data {
  const leaf = childOf(vectors, "storageType");
  if (!leaf || leaf.nullCount === 0) return vectors;
  const read = plainReader(vectors);
  const values = Array.from({ length: vectors.length }, (_, row): Value => {
    const vector = read(row) as Record<string, unknown> | undefined;
    if (!vector || vector.storageType === undefined) return null;
    return {
      storageType: vector.storageType as string,
      pathOrInlineDv: vector.pathOrInlineDv as string,
      offset: (vector.offset ?? null) as number | null,
      sizeInBytes: vector.sizeInBytes as number,
      cardinality: long(vector.cardinality as number),
    };
  });
  return buildColumn(VECTOR.type, values, vectors.type);
}

function long(value: number | undefined): Value {
  return value === undefined || value === null ? null : BigInt(value);
}

function texts(
  map: Readonly<Record<string, string | null>> | undefined,
): Value {
  return map ? new Map(Object.entries(map)) : null;
}

function field(name: string, type: PrimitiveName | DataType): StructField {
  return {
    name,
    type: typeof type === "string" ? { kind: type } : type,
    nullable: true,
    metadata: {},
  };
}

function struct(name: string, fields: readonly StructField[]): StructField {
  return field(name, { kind: "struct", fields });
}
