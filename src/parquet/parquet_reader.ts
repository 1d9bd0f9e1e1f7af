/**
 * Parquet to Arrow, row group by row group.
 *
 * Bytes are fetched and checked first, then decoded from memory: the decoder
 * does no I/O, so nothing that a store does can upset it.
 *
 * @module
 */

import * as arrow from "apache-arrow";
import * as pq from "parquet-wasm";
import { DeltaError, throwIfAborted } from "../errors.ts";
import type { ByteSource } from "./byte_source.ts";
import {
  carveRowGroup,
  type ChunkBytes,
  type ColumnPath,
  selectLeaves,
} from "./carve_row_group.ts";
import { batchOf } from "./column_data.ts";
import { fetchChunks } from "./fetch_ranges.ts";
import {
  damaged,
  type ParquetFooter,
  type ParquetLeaf,
  readFooter,
  type RowGroup,
} from "./footer.ts";
import { microsecondHint } from "./int96.ts";
import { findDamage } from "./page_check.ts";

/** Options of {@link readParquet}. */
export interface ReadOptions {
  /** The footer, where it was read already. */
  readonly footer?: ParquetFooter | undefined;
  /**
   * Columns by path in the file, dotted or as names; everything below a path
   * comes. One that the file lacks adds nothing. All columns by default.
   */
  readonly columns?: readonly ColumnPath[] | undefined;
  /** Row groups by index, in the order wanted; all by default. */
  readonly rowGroups?: readonly number[] | undefined;
  /** Most rows in a batch; 65,536 by default, fewer where rows are long. */
  readonly batchRows?: number | undefined;
  /** Stops between batches and before fetches. */
  readonly signal?: AbortSignal | undefined;
}

/** Rows of a file. */
export interface FileBatch {
  /** The rows. */
  readonly batch: arrow.RecordBatch;
  /** Position in the file of the first of them. */
  readonly firstRow: number;
}

/** Rows of a batch unless told. */
const BATCH_ROWS = 65_536;
/** Bytes that a batch should take at most. */
const BATCH_BYTES = 64 * 2 ** 20;
/** Rows and bytes that are decoded in one call. */
const WINDOW_ROWS = 2 ** 20;
const WINDOW_BYTES = 192 * 2 ** 20;
/** The next row group is fetched ahead when it is no larger. */
const AHEAD_BYTES = 32 * 2 ** 20;

/**
 * Reads a file's rows in batches: the leaves asked for, no others, in the
 * file's order. A batch never spans two row groups.
 *
 * @throws {DeltaError} `DELTA_DATA_FILE_CORRUPT` when the file is cut or garbled,
 * naming it; `DELTA_INVALID_ARGUMENT` for a row group that it does not have.
 */
export async function* readParquet(
  source: ByteSource,
  options: ReadOptions = {},
): AsyncGenerator<FileBatch> {
  const { signal } = options;
  const stop = () => throwIfAborted(signal, `Cannot read ${source.name}`);
  stop();
  const footer = options.footer ?? await readFooter(source);
  const groups = chosenGroups(source, footer, options.rowGroups);
  const leaves = selectLeaves(footer, options.columns);
  const batchRows = checkedBatchRows(options.batchRows);
  const decoder = { source, footer, leaves, hint: undefined };
  if (leaves.length === 0) return yield* emptyRows(groups, batchRows);
  let ahead: Promise<ChunkBytes[]> | undefined;
  for (const [i, group] of groups.entries()) {
    stop();
    const file = carve(
      decoder,
      group,
      await (ahead ?? fetchGroup(source, leaves, group)),
    );
    ahead = fetchAhead(source, leaves, groups[i + 1]);
    for (const batch of decodeGroup(decoder, group, file, batchRows)) {
      yield batch;
      stop();
    }
  }
}

function chosenGroups(
  source: ByteSource,
  footer: ParquetFooter,
  indices: readonly number[] | undefined,
): RowGroup[] {
  if (indices === undefined) return [...footer.rowGroups];
  return indices.map((index) => {
    const group = footer.rowGroups[index];
    if (group !== undefined) return group;
    throw invalid(
      source,
      `row group ${index} was asked for, and it has ${footer.rowGroups.length}`,
    );
  });
}

function checkedBatchRows(asked: number | undefined): number {
  if (asked === undefined) return BATCH_ROWS;
  if (Number.isSafeInteger(asked) && asked > 0) return asked;
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: "Cannot read batches",
    why: `batchRows is ${asked}, not a whole number above 0`,
    fix: "Leave batchRows out, or give a number such as 16384",
  });
}

function invalid(source: ByteSource, why: string): DeltaError {
  return new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: `Cannot read ${source.name}`,
    why,
    fix: "Choose row groups by their index in the footer",
  });
}

/** Rows without columns: only their number is of interest. */
function* emptyRows(
  groups: readonly RowGroup[],
  batchRows: number,
): Generator<FileBatch> {
  const schema = new arrow.Schema([]);
  for (const { rowCount, firstRow } of groups) {
    for (let row = 0; row < rowCount; row += batchRows) {
      const rows = Math.min(batchRows, rowCount - row);
      yield { batch: batchOf(schema, [], rows), firstRow: firstRow + row };
    }
  }
}

function fetchGroup(
  source: ByteSource,
  leaves: readonly number[],
  group: RowGroup,
): Promise<ChunkBytes[]> {
  return fetchChunks(source, leaves.map((leaf) => group.columns[leaf]!));
}

function fetchAhead(
  source: ByteSource,
  leaves: readonly number[],
  group: RowGroup | undefined,
): Promise<ChunkBytes[]> | undefined {
  if (group === undefined) return undefined;
  const bytes = leaves.reduce((sum, leaf) => {
    const { start, end } = group.columns[leaf]!;
    return sum + end - start;
  }, 0);
  if (bytes > AHEAD_BYTES) return undefined;
  const fetched = fetchGroup(source, leaves, group);
  // Whoever awaits it sees the failure; a reader that stopped early does not.
  fetched.catch(() => {});
  return fetched;
}

function checkPages(source: ByteSource, chunks: readonly ChunkBytes[]): void {
  for (const { chunk, bytes } of chunks) {
    const damage = findDamage(chunk, bytes);
    if (damage !== undefined) {
      throw damaged(source.name, `in column ${chunk.path.join(".")} ${damage}`);
    }
  }
}

interface Decoder {
  readonly source: ByteSource;
  readonly footer: ParquetFooter;
  readonly leaves: readonly number[];
  /** The Arrow schema that turns INT96 into microseconds, once it is known. */
  hint: string | undefined;
}

function* decodeGroup(
  decoder: Decoder,
  group: RowGroup,
  file: Uint8Array,
  mostRows: number,
): Generator<FileBatch> {
  const { rowCount, firstRow } = group;
  if (rowCount === 0) return;
  const rowBytes = decoder.leaves.reduce(
    (sum, leaf) => sum + group.columns[leaf]!.uncompressedBytes,
    0,
  ) / rowCount;
  const batchRows = rowsWithin(BATCH_BYTES, rowBytes, mostRows);
  const windowRows = rowsWithin(WINDOW_BYTES, rowBytes, WINDOW_ROWS);
  for (let start = 0; start < rowCount; start += windowRows) {
    const limit = Math.min(windowRows, rowCount - start);
    const window = limit === rowCount ? {} : { limit, offset: start };
    let done = 0;
    for (
      const batch of decodeFile(decoder, file, {
        batchSize: batchRows,
        ...window,
      })
    ) {
      if (done + batch.numRows > limit) break;
      yield { batch, firstRow: firstRow + start + done };
      done += batch.numRows;
    }
    if (done !== limit) {
      throw damaged(
        decoder.source.name,
        `${done} rows were decoded where its footer claims ${limit}`,
      );
    }
  }
}

function rowsWithin(bytes: number, rowBytes: number, most: number): number {
  const rows = Math.floor(bytes / Math.max(rowBytes, 1));
  return Math.max(1, Math.min(most, rows));
}

/** Checks the chunks and puts them into the file that is decoded. */
function carve(
  decoder: Decoder,
  group: RowGroup,
  chunks: readonly ChunkBytes[],
): Uint8Array {
  const { source, footer, leaves } = decoder;
  checkPages(source, chunks);
  const own: ParquetLeaf[] = leaves.map((leaf) => footer.leaves[leaf]!);
  if (!own.some(({ element }) => element.physicalType === "INT96")) {
    return carveRowGroup(footer, leaves, group, chunks);
  }
  if (decoder.hint === undefined) {
    const plain = carveRowGroup(footer, leaves, group, chunks);
    const schema = guarded(source, () => {
      const ipc = pq.readSchema(plain).intoIPCStream();
      return arrow.tableFromIPC(ipc).schema;
    });
    decoder.hint = microsecondHint(schema, own);
  }
  return carveRowGroup(footer, leaves, group, chunks, decoder.hint);
}

/** Decodes a file in memory; frees what it holds in wasm however it ends. */
function* decodeFile(
  { source }: Decoder,
  file: Uint8Array,
  options: pq.ReaderOptions,
): Generator<arrow.RecordBatch> {
  const waiting = guarded(source, () => {
    const table = pq.readParquet(file, options);
    try {
      return table.recordBatches();
    } finally {
      table.free();
    }
  }).reverse();
  try {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const batch = next;
      // intoIPCStream() frees the batch itself.
      yield* guarded(
        source,
        () => arrow.tableFromIPC(batch.intoIPCStream()).batches,
      );
    }
  } finally {
    for (const batch of waiting) batch.free();
  }
}

/** Runs the decoder; whatever it throws, panics too, is damage of the file. */
function guarded<T>(source: ByteSource, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw damaged(
      source.name,
      `its pages cannot be decoded: ${messageOf(error)}`,
      error,
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
