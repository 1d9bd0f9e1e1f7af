/**
 * Rows to data files and the `add` actions that will make them visible: split by
 * partition, cut at the target size, counted, encoded and put.
 *
 * Nothing here is visible to a reader until a commit names the files. Memory is
 * bounded: a file is encoded while its rows arrive, and open partitions share
 * one budget.
 *
 * Source: Delta protocol, "Data Files", "Add File", "Column Mapping".
 *
 * @module
 */

import type * as arrow from "apache-arrow";
import type {
  AddFile,
  Metadata,
  PartitionValues,
  Protocol,
} from "../actions/action.ts";
import { throwIfAborted } from "../errors.ts";
import { concatBatches, takeRows } from "../parquet/column_builder.ts";
import {
  type TableProperties,
  tableProperties,
} from "../protocol/table_property.ts";
import {
  columnMappingMode,
  physicalName,
  physicalSchema,
} from "../schema/column_mapping.ts";
import type { StructField, StructType } from "../schema/data_type.ts";
import type { TableContext } from "../store/table_context.ts";
import { arrowSchemaOf, assembleBatch, bytesOf } from "./assemble_batch.ts";
import {
  type StatisticsCollector,
  statisticsCollector,
} from "./collect_statistics.ts";
import { newDataPath, type NewPath } from "./data_path.ts";
import {
  encodeBatches,
  type EncodedFile,
  encodeStream,
  type FileEncoder,
} from "./parquet_file.ts";
import {
  type PartitionColumn,
  partitionColumnsOf,
  type PartitionRows,
  splitPartitions,
} from "./split_partitions.ts";
import { Uploads } from "./upload_files.ts";

/** Arrow bytes of a file before its size is estimated and its encoding starts. */
const SAMPLE_BYTES = 8 * 2 ** 20;
/** Arrow bytes that files of different partitions may hold back together. */
const BUFFER_BYTES = 80 * 2 ** 20;
/** Arrow bytes handed to a running encoder at a time. */
const PUSH_BYTES = 4 * 2 ** 20;
/** How many batches are looked at for putting them together, */
const SMALL_BATCHES = 64;
/** and how small they are on average when that pays. */
const SMALL_BATCH_BYTES = 64 * 2 ** 10;
/** Arrow bytes of a row group. */
const ROW_GROUP_BYTES = 16 * 2 ** 20;
/** Most rows of a row group. */
const ROW_GROUP_ROWS = 2 ** 20;
/** Most rows handled at a time. */
const SLICE_ROWS = 65_536;
export { deleteOrphans } from "./upload_files.ts";

/** What the writer needs to know of the table. */
export interface WriteTarget {
  /** The schema, logical names. */
  readonly schema: StructType;
  /** Its metadata: partition columns and properties. */
  readonly metadata: Metadata;
  /** Its protocol. */
  readonly protocol: Protocol;
}

/** Options of {@link writeDataFiles} and {@link dataFileWriter}. */
export interface WriteFilesOptions {
  /** Size at which a file is closed; `delta.targetFileSize`, else 128 MiB by default. */
  readonly targetFileSize?: number | undefined;
  /** The `dataChange` of the actions; true by default. */
  readonly dataChange?: boolean | undefined;
  /** A folder of the table that the files go into, whatever their partition; partition folders by default. */
  readonly folder?: string | undefined;
  /** Columns of the files beside those of the table, last in every batch; no statistics are kept of them. */
  readonly hidden?: readonly StructField[] | undefined;
  /** The first word of the files' names; `part` by default. */
  readonly firstWord?: string | undefined;
  /** Cancels the writing. */
  readonly signal?: AbortSignal | undefined;
}

/** Writes data files batch by batch. */
export interface DataFileWriter {
  /** Rows written so far. */
  readonly rows: number;
  /** Takes a batch of the target's schema, in its canonical Arrow types. */
  write(batch: arrow.RecordBatch): Promise<void>;
  /** Goes on with a changed schema: files of the old one are closed. */
  retarget(target: WriteTarget): Promise<void>;
  /** Closes every file, waits until the store has them, and answers with their actions. */
  finish(): Promise<AddFile[]>;
  /** Drops everything and deletes what was put; never throws. Only for files that no commit can name. */
  abort(): Promise<void>;
}

/**
 * Writes batches to data files.
 *
 * @param context The table.
 * @param target Its schema and metadata.
 * @param batches Rows of the schema in its canonical Arrow types.
 * @param options Target size, cancelling.
 * @returns An `add` action per file, in the order in which they were closed.
 * @throws {DeltaError} `DELTA_STORE_REJECTED` or `DELTA_STORE_UNAVAILABLE` when the store does
 *   not take a file; what was put is deleted again.
 */
export async function writeDataFiles(
  context: TableContext,
  target: WriteTarget,
  batches: AsyncIterable<arrow.RecordBatch> | Iterable<arrow.RecordBatch>,
  options: WriteFilesOptions = {},
): Promise<AddFile[]> {
  const writer = dataFileWriter(context, target, options);
  try {
    for await (const batch of batches) await writer.write(batch);
    return await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Makes a writer of data files; see {@link writeDataFiles}. */
export function dataFileWriter(
  context: TableContext,
  target: WriteTarget,
  options: WriteFilesOptions = {},
): DataFileWriter {
  return new Writer(context, target, options);
}

/** A file of one partition, not closed yet. */
interface OpenFile {
  readonly values: PartitionValues;
  readonly statistics: StatisticsCollector;
  /** Batches held back. */
  held: arrow.RecordBatch[];
  /** Arrow bytes held back. */
  heldBytes: number;
  /** Arrow bytes of the file in all. */
  bytes: number;
  encoder: FileEncoder | undefined;
}

/** A schema worked out for writing. */
interface Layout {
  readonly properties: TableProperties;
  readonly partition: readonly PartitionColumn[];
  /** Indices of the columns that go into the file. */
  readonly stored: readonly number[];
  readonly logical: StructType;
  readonly physical: StructType;
  readonly arrowSchema: arrow.Schema;
  readonly tightBounds: boolean;
}

class Writer implements DataFileWriter {
  rows = 0;
  readonly #context: TableContext;
  readonly #options: WriteFilesOptions;
  #layout: Layout;
  readonly #open = new Map<string, OpenFile>();
  readonly #adds: AddFile[] = [];
  readonly #uploads: Uploads;
  /** Encoded bytes per Arrow byte, as the last file had it. */
  #ratio: number | undefined;
  #files = 0;

  constructor(
    context: TableContext,
    target: WriteTarget,
    options: WriteFilesOptions,
  ) {
    this.#context = context;
    this.#options = options;
    this.#layout = layoutOf(target, options.hidden);
    this.#uploads = new Uploads(context, options.signal);
  }

  async write(batch: arrow.RecordBatch): Promise<void> {
    for (const slice of this.#slices(batch)) {
      throwIfAborted(this.#options.signal, `Writing to ${this.#context.url}`);
      for (const part of splitPartitions(slice, this.#layout.partition)) {
        await this.#append(part, slice);
      }
      this.rows += slice.numRows;
    }
  }

  async retarget(target: WriteTarget): Promise<void> {
    await this.#closeAll();
    this.#layout = layoutOf(target, this.#options.hidden);
  }

  async finish(): Promise<AddFile[]> {
    await this.#closeAll();
    await this.#uploads.settle();
    return this.#adds;
  }

  async abort(): Promise<void> {
    for (const file of this.#open.values()) file.encoder?.abandon();
    this.#open.clear();
    await this.#uploads.drop();
  }

  get #target(): number {
    return this.#options.targetFileSize ??
      this.#layout.properties.targetFileSize ?? 128 * 2 ** 20;
  }

  /** Pieces small enough that a file can be cut near its target size. */
  *#slices(batch: arrow.RecordBatch): Generator<arrow.RecordBatch> {
    const { numRows } = batch;
    if (numRows === 0) return;
    const each = Math.max(1, bytesOf(batch.data) / numRows);
    const fitting = Math.floor(this.#target / (this.#ratio ?? 1) / 8 / each);
    const rows = Math.max(1, Math.min(SLICE_ROWS, fitting));
    for (let start = 0; start < numRows; start += rows) {
      yield start === 0 && rows >= numRows
        ? batch
        : batch.slice(start, Math.min(start + rows, numRows));
    }
  }

  async #append(part: PartitionRows, batch: arrow.RecordBatch): Promise<void> {
    const file = this.#fileOf(part);
    const rows = part.rows ? takeRows(batch, part.rows) : batch;
    const stored = assembleBatch(
      this.#layout.arrowSchema,
      this.#layout.stored.map((i) => rows.data.children[i]!),
      rows.numRows,
    );
    const bytes = bytesOf(stored.data);
    file.statistics.observe(stored);
    file.bytes += bytes;
    this.#hold(file, stored, bytes);
    await this.#makeRoom(part.key, file);
  }

  /** Keeps a batch; many small ones are put together, for each costs the encoder a fixed effort. */
  #hold(file: OpenFile, batch: arrow.RecordBatch, bytes: number): void {
    file.held.push(batch);
    file.heldBytes += bytes;
    const { held, heldBytes } = file;
    if (held.length < SMALL_BATCHES) return;
    if (heldBytes / held.length > SMALL_BATCH_BYTES) return;
    file.held = [concatBatches(this.#layout.arrowSchema, held)];
  }

  #fileOf(part: PartitionRows): OpenFile {
    let file = this.#open.get(part.key);
    if (!file) {
      const { logical, physical, properties } = this.#layout;
      const statistics = statisticsCollector(logical, physical, {
        columns: properties.dataSkippingNumIndexedCols,
        names: properties.dataSkippingStatsColumns,
      });
      file = {
        values: part.values,
        statistics,
        held: [],
        heldBytes: 0,
        bytes: 0,
        encoder: undefined,
      };
      this.#open.set(part.key, file);
    }
    return file;
  }

  /** After a file has grown: close it at the target, else encode it, else close the largest. */
  async #makeRoom(key: string, file: OpenFile): Promise<void> {
    if (file.bytes >= Math.min(SAMPLE_BYTES, this.#target)) {
      this.#ratio ??= await this.#sample(file);
      if (file.bytes * this.#ratio >= this.#target) {
        return await this.#close(key);
      }
      if (!file.encoder && !this.#encoding()) {
        file.encoder = encodeStream(
          this.#layout.arrowSchema,
          this.#encodeOptions(file),
        );
      }
    }
    if (file.encoder && file.heldBytes >= PUSH_BYTES) await this.#push(file);
    let held = 0, largest = key, most = -1;
    for (const [other, { heldBytes }] of this.#open) {
      held += heldBytes;
      if (heldBytes > most) [largest, most] = [other, heldBytes];
    }
    if (held > BUFFER_BYTES) await this.#close(largest);
  }

  #encoding(): boolean {
    for (const file of this.#open.values()) if (file.encoder) return true;
    return false;
  }

  /** Learns how small the data gets by encoding what is held once. */
  async #sample(file: OpenFile): Promise<number> {
    const { arrowSchema } = this.#layout;
    const { bytes } = await encodeBatches(
      arrowSchema,
      file.held,
      this.#encodeOptions(file),
    );
    return Math.max(0.001, bytes.length / file.heldBytes);
  }

  async #push(file: OpenFile): Promise<void> {
    const { held } = file;
    file.held = [];
    file.heldBytes = 0;
    for (const batch of held) await file.encoder!.push(batch);
  }

  #encodeOptions(file: OpenFile): { codec: string; rowGroupRows: number } {
    const each = file.bytes / Math.max(1, file.statistics.numRecords);
    return {
      codec: this.#layout.properties.codec,
      rowGroupRows: Math.min(
        ROW_GROUP_ROWS,
        Math.max(1024, Math.floor(ROW_GROUP_BYTES / Math.max(1, each))),
      ),
    };
  }

  async #closeAll(): Promise<void> {
    for (const key of [...this.#open.keys()]) await this.#close(key);
  }

  async #close(key: string): Promise<void> {
    const file = this.#open.get(key)!;
    const encoded = await this.#encode(file);
    this.#open.delete(key);
    if (file.bytes > 2 ** 20) this.#ratio = encoded.bytes.length / file.bytes;
    const path = this.#newPath(file);
    await this.#uploads.start(path.stored, encoded.bytes);
    this.#adds.push({
      path: path.logged,
      partitionValues: file.values,
      size: encoded.bytes.length,
      modificationTime: this.#context.host.now(),
      dataChange: this.#options.dataChange ?? true,
      stats: file.statistics.format(
        this.#layout.tightBounds ? true : undefined,
      ),
    });
  }

  async #encode(file: OpenFile): Promise<EncodedFile> {
    if (file.encoder) {
      await this.#push(file);
      return await file.encoder.finish();
    }
    return await encodeBatches(
      this.#layout.arrowSchema,
      file.held,
      this.#encodeOptions(file),
    );
  }

  #newPath(file: OpenFile): NewPath {
    const { partition, properties } = this.#layout;
    const { folder } = this.#options;
    if (folder !== undefined) return newDataPath([], this.#fileName(), folder);
    if (properties.randomizeFilePrefixes) {
      const letters = this.#context.host.uuid().replaceAll("-", "");
      const prefix = letters.slice(0, properties.randomPrefixLength);
      return newDataPath([], this.#fileName(), prefix);
    }
    const folders = partition.map(({ field, physicalName }) =>
      [field.name, file.values[physicalName] ?? null] as const
    );
    return newDataPath(folders, this.#fileName());
  }

  #fileName(): string {
    const number = `${this.#files++}`.padStart(5, "0");
    const codec = this.#layout.properties.codec;
    const suffix = codec === "uncompressed" ? "" : `.${codec}`;
    const word = this.#options.firstWord ?? "part";
    return `${word}-${number}-${this.#context.host.uuid()}-c000${suffix}.parquet`;
  }
}

function layoutOf(
  target: WriteTarget,
  hidden: readonly StructField[] = [],
): Layout {
  const { schema, metadata, protocol } = target;
  const mode = columnMappingMode(metadata.configuration);
  const nameOf = (field: StructField) =>
    mode === "none" ? field.name : physicalName(field);
  const partition = partitionColumnsOf(
    schema,
    metadata.partitionColumns,
    nameOf,
  );
  const apart = new Set(partition.map((column) => column.index));
  const stored = schema.fields.flatMap((field, i) =>
    apart.has(i) || field.type.kind === "void" ? [] : [i]
  );
  const logical: StructType = {
    kind: "struct",
    fields: stored.map((i) => schema.fields[i]!),
  };
  const physical = physicalSchema(logical, mode);
  return {
    properties: tableProperties(metadata.configuration),
    partition,
    stored: [...stored, ...hidden.map((_, i) => schema.fields.length + i)],
    logical,
    physical,
    arrowSchema: arrowSchemaOf({
      kind: "struct",
      fields: [...physical.fields, ...hidden],
    }),
    tightBounds: protocol.writerFeatures?.includes("deletionVectors") ?? false,
  };
}
