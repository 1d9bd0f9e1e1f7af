/**
 * Live files in Arrow columns: some thousands to a batch, one object per file
 * only where a caller asks for one.
 *
 * A batch holds the columns of {@link FILE_SCHEMA}, or those of them that a
 * checkpoint has, and `stats_parsed` where a checkpoint has its statistics only
 * as a struct. Columns are found by name.
 *
 * Source: Delta protocol, "Add File and Remove File" and "Checkpoint Schema".
 *
 * @module
 */

import * as arrow from "apache-arrow";
import type { AddFile } from "../actions/action.ts";
import { buildColumn } from "../parquet/column_builder.ts";
import { toArrowSchema } from "../parquet/arrow_schema.ts";
import type {
  DataType,
  MapType,
  PrimitiveName,
  StructField,
  StructType,
} from "../schema/data_type.ts";
import type { Value } from "../schema/value.ts";
import { columnOf, type PlainReader, plainReader } from "./plain_values.ts";
import { type JsonWriter, jsonWriter } from "./stats_json.ts";

/** A batch of file actions and which of its rows are live. */
export interface FileBatch {
  /** The columns; see {@link FILE_SCHEMA}. */
  readonly batch: arrow.RecordBatch;
  /** Indices of the live rows, ascending. */
  readonly rows: Uint32Array;
}

/** Rows that a batch built here holds at most. */
export const BATCH_ROWS = 16_384;

const TEXTS: MapType = {
  kind: "map",
  keyType: { kind: "string" },
  valueType: { kind: "string" },
  valueContainsNull: true,
};

const VECTOR: StructType = {
  kind: "struct",
  fields: [
    field("storageType", "string"),
    field("pathOrInlineDv", "string"),
    field("offset", "integer"),
    field("sizeInBytes", "integer"),
    field("cardinality", "long"),
  ],
};

/** The columns of a batch of live files, as Delta types. */
export const FILE_STRUCT: StructType = {
  kind: "struct",
  fields: [
    field("path", "string"),
    field("partitionValues", TEXTS),
    field("size", "long"),
    field("modificationTime", "long"),
    field("dataChange", "boolean"),
    field("stats", "string"),
    field("tags", TEXTS),
    field("deletionVector", VECTOR),
    field("baseRowId", "long"),
    field("defaultRowCommitVersion", "long"),
    field("clusteringProvider", "string"),
  ],
};

/** The columns of a batch of live files. */
export const FILE_SCHEMA: arrow.Schema = toArrowSchema(FILE_STRUCT);

/** One live file as an object; statistics that are only a struct become JSON text. */
export function fileAt(batch: FileBatch, row: number): AddFile {
  return readersOf(batch.batch).file(row);
}

/** The statistics of a row as JSON text; `undefined` where the log has none. */
export function statsOf(batch: FileBatch, row: number): string | undefined {
  return readersOf(batch.batch).stats(row);
}

/** Builds batches of live files from `add` actions. */
export class FileBatchBuilder {
  readonly #batches: arrow.RecordBatch[] = [];
  #pending: AddFile[] = [];

  /** How many files were added. */
  get count(): number {
    return this.#batches.length * BATCH_ROWS + this.#pending.length;
  }

  /** Appends a file; its number is {@link count} before the call. */
  add(file: AddFile): void {
    this.#pending.push(file);
    if (this.#pending.length === BATCH_ROWS) this.#flush();
  }

  /**
   * The batches.
   *
   * @param isDead Which files to leave out of the live rows, by number.
   */
  finish(isDead?: (file: number) => boolean): FileBatch[] {
    if (this.#pending.length > 0) this.#flush();
    return this.#batches.map((batch, i) => ({
      batch,
      rows: liveRows(batch.numRows, (row) => isDead?.(i * BATCH_ROWS + row)),
    })).filter((batch) => batch.rows.length > 0);
  }

  #flush(): void {
    this.#batches.push(buildFileBatch(this.#pending));
    this.#pending = [];
  }
}

/** The rows of a batch that are not dead. */
export function liveRows(
  count: number,
  isDead: (row: number) => boolean | undefined,
): Uint32Array {
  const rows = new Uint32Array(count);
  let live = 0;
  for (let row = 0; row < count; row++) if (!isDead(row)) rows[live++] = row;
  return live === count ? rows : rows.slice(0, live);
}

/** One batch of files in the columns of {@link FILE_SCHEMA}. */
export function buildFileBatch(files: readonly AddFile[]): arrow.RecordBatch {
  const children = FILE_STRUCT.fields.map(({ name, type }) => {
    const convert = CONVERT[name] ?? plain;
    const key = name as keyof AddFile;
    return buildColumn(type, files.map((file) => convert(file[key])));
  });
  return new arrow.RecordBatch(
    FILE_SCHEMA,
    arrow.makeData({
      type: new arrow.Struct(FILE_SCHEMA.fields),
      length: files.length,
      nullCount: 0,
      children,
    }),
  );
}

interface FileReaders {
  readonly file: (row: number) => AddFile;
  readonly stats: (row: number) => string | undefined;
}

/** Compiled once per batch: batches are immutable. */
const compiled = new WeakMap<arrow.RecordBatch, FileReaders>();

function readersOf(batch: arrow.RecordBatch): FileReaders {
  let readers = compiled.get(batch);
  if (!readers) compiled.set(batch, readers = compileReaders(batch));
  return readers;
}

function compileReaders(batch: arrow.RecordBatch): FileReaders {
  const columns: [string, PlainReader][] = [];
  for (const { name } of FILE_STRUCT.fields) {
    const data = columnOf(batch, name);
    if (data && name !== "stats") columns.push([name, plainReader(data)]);
  }
  const stats = statsReader(batch);
  const file = (row: number): AddFile => {
    const object: Record<string, unknown> = {};
    for (const [name, read] of columns) {
      const value = read(row);
      if (value !== undefined) object[name] = value;
    }
    const text = stats(row);
    if (text !== undefined) object.stats = text;
    // A vector of nulls is no vector: some writers mark null by the leaves only.
    const vector = object.deletionVector as
      | { storageType?: string }
      | undefined;
    if (vector && vector.storageType === undefined) {
      delete object.deletionVector;
    }
    object.partitionValues ??= {};
    object.dataChange ??= false;
    return object as unknown as AddFile;
  };
  return { file, stats };
}

function statsReader(batch: arrow.RecordBatch): JsonWriter {
  const text = columnOf(batch, "stats");
  const struct = columnOf(batch, "stats_parsed");
  const read = text ? plainReader(text) : () => undefined;
  const write = struct ? jsonWriter(struct) : () => undefined;
  return (row) => (read(row) as string | undefined) ?? write(row);
}

const plain = (value: unknown): Value => (value ?? null) as Value;
const toLong = (value: unknown): Value =>
  typeof value === "number" ? BigInt(value) : null;
const toMap = (value: unknown): Value =>
  value
    ? new Map(Object.entries(value as Record<string, string | null>))
    : null;

const CONVERT: Readonly<Record<string, (value: unknown) => Value>> = {
  partitionValues: toMap,
  tags: toMap,
  size: toLong,
  modificationTime: toLong,
  baseRowId: toLong,
  defaultRowCommitVersion: toLong,
  deletionVector: (value) => {
    if (!value) return null;
    const vector = value as NonNullable<AddFile["deletionVector"]>;
    return {
      storageType: vector.storageType,
      pathOrInlineDv: vector.pathOrInlineDv,
      offset: vector.offset ?? null,
      sizeInBytes: vector.sizeInBytes,
      cardinality: toLong(vector.cardinality),
    };
  },
};

function field(name: string, type: PrimitiveName | DataType): StructField {
  return {
    name,
    type: typeof type === "string" ? { kind: type } : type,
    nullable: true,
    metadata: {},
  };
}
