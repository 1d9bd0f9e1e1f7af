/**
 * Arrow to Parquet, row group by row group.
 *
 * Each row group is encoded by one synchronous call, so that a failure is an
 * exception, and memory stays bounded by a row group and the finished bytes.
 *
 * @module
 */

import * as arrow from "apache-arrow";
import * as pq from "parquet-wasm";
import { DeltaError } from "../errors.ts";
import { bytesSource } from "./byte_source.ts";
import { batchOf } from "./column_data.ts";
import { readFooter } from "./footer.ts";
import { joinFiles } from "./join_files.ts";

/** Options of {@link writeParquet}. */
export interface WriteOptions {
  /** `zstd`, `snappy`, `gzip`, `brotli`, `lz4_raw` or `uncompressed`, in any case. */
  readonly codec: string;
  /** Most rows in a row group; 1,048,576 by default, fewer where rows are long. */
  readonly rowGroupRows?: number | undefined;
}

/** A finished file. */
export interface WrittenFile {
  /** The whole file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its rows, by its footer. */
  readonly rowCount: number;
}

/** What files say wrote them. */
export const CREATED_BY = "litmus 0.1.0";

/** Rows of a row group unless told. */
const ROW_GROUP_ROWS = 2 ** 20;
/** Bytes of Arrow buffers that a row group takes at most, give or take a batch. */
const ROW_GROUP_BYTES = 128 * 2 ** 20;

const CODECS: Readonly<Record<string, pq.Compression>> = {
  uncompressed: pq.Compression.UNCOMPRESSED,
  none: pq.Compression.UNCOMPRESSED,
  snappy: pq.Compression.SNAPPY,
  gzip: pq.Compression.GZIP,
  brotli: pq.Compression.BROTLI,
  zstd: pq.Compression.ZSTD,
  lz4_raw: pq.Compression.LZ4_RAW,
  lz4raw: pq.Compression.LZ4_RAW,
};

/**
 * Writes batches as one file, with statistics per column chunk and the field
 * ids of the schema.
 *
 * @param schema The file's schema; every batch must have its types, in its order.
 * @throws {DeltaError} `DELTA_SCHEMA_MISMATCH` when a batch does not fit the
 * schema, `DELTA_INVALID_ARGUMENT` for an unknown codec, `DELTA_INTERNAL` when
 * the encoder loses rows.
 */
export async function writeParquet(
  schema: arrow.Schema,
  batches: Iterable<arrow.RecordBatch> | AsyncIterable<arrow.RecordBatch>,
  options: WriteOptions,
): Promise<WrittenFile> {
  const codec = codecOf(options.codec);
  const groupRows = checkedRows(options.rowGroupRows);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const group: arrow.RecordBatch[] = [];
  let rows = 0, bytes = 0, total = 0;
  const flush = () => {
    parts.push(encode(schema, group, codec));
    group.length = rows = bytes = 0;
  };
  for await (const arrived of batches) {
    const batch = fitted(schema, arrived);
    total += batch.numRows;
    for (let start = 0; start < batch.numRows;) {
      const taken = Math.min(batch.numRows - start, groupRows - rows);
      group.push(sliceOf(batch, start, taken));
      start += taken;
      rows += taken;
      bytes += batch.data.byteLength * taken / batch.numRows;
      if (rows >= groupRows || bytes >= ROW_GROUP_BYTES) flush();
    }
  }
  if (rows > 0 || parts.length === 0) flush();
  const file = joinFiles(parts);
  const { rowCount } = await readFooter(bytesSource("the new file", file));
  if (rowCount === total) return { bytes: file, rowCount };
  throw new DeltaError("DELTA_INTERNAL", {
    what: "Cannot write a Parquet file",
    why: `the encoder was given ${total} rows and wrote ${rowCount}`,
    fix: "Nothing was committed; please report it",
  });
}

function codecOf(name: string): pq.Compression {
  const key = name.toLowerCase();
  if (Object.hasOwn(CODECS, key)) return CODECS[key]!;
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: "Cannot write a Parquet file",
    why: `there is no codec called ${JSON.stringify(name)}`,
    fix: "Use zstd, snappy, gzip, brotli, lz4_raw or uncompressed",
  });
}

function checkedRows(asked: number | undefined): number {
  if (asked === undefined) return ROW_GROUP_ROWS;
  if (Number.isSafeInteger(asked) && asked > 0) return asked;
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: "Cannot write a Parquet file",
    why: `rowGroupRows is ${asked}, not a whole number above 0`,
    fix: "Leave rowGroupRows out, or give a number such as 1048576",
  });
}

function sliceOf(
  batch: arrow.RecordBatch,
  start: number,
  rows: number,
): arrow.RecordBatch {
  const whole = start === 0 && rows === batch.numRows;
  const slice = whole ? batch : batch.slice(start, start + rows);
  return batchOf(batch.schema, slice.data.children.map(recounted), rows);
}

/** A slice of a column of nulls forgets how many there are, which the encoder checks. */
function recounted(data: arrow.Data): arrow.Data {
  if (data.typeId === arrow.Type.Null) {
    return new arrow.Data(data.type, 0, data.length, data.length);
  }
  if (data.children.length === 0) return data;
  const children = data.children.map(recounted);
  if (children.every((child, i) => child === data.children[i])) return data;
  const nulls = data.nullBitmap?.length ? data.nullCount : 0;
  const { type, offset, length } = data;
  return data.clone(type, offset, length, nulls, data.buffers, children);
}

/** The batch under the file's own schema, whose types it must have. */
function fitted(
  schema: arrow.Schema,
  batch: arrow.RecordBatch,
): arrow.RecordBatch {
  if (batch.schema === schema) return batch;
  const wanted = schema.fields;
  const given = batch.schema.fields;
  if (wanted.length !== given.length) {
    throw mismatch(
      `a batch has ${given.length} columns, and the file ${wanted.length}`,
    );
  }
  wanted.forEach((field, i) => {
    if (String(field.type) !== String(given[i]!.type)) {
      throw mismatch(
        `column ${field.name} of a batch is ${
          given[i]!.type
        }, not ${field.type}`,
      );
    }
  });
  return batchOf(schema, batch.data.children, batch.numRows);
}

function mismatch(why: string, cause?: unknown): DeltaError {
  return new DeltaError("DELTA_SCHEMA_MISMATCH", {
    what: "Cannot write a Parquet file",
    why,
    fix: "Cast the batches to the file's schema first",
    cause,
  });
}

/** Encodes batches as a file of one row group. */
function encode(
  schema: arrow.Schema,
  batches: readonly arrow.RecordBatch[],
  codec: pq.Compression,
): Uint8Array<ArrayBuffer> {
  const ipc = arrow.tableToIPC(
    new arrow.Table(schema, [...batches]),
    "stream",
  );
  try {
    // Each call consumes what it is given, so nothing is left to free.
    return pq.writeParquet(
      pq.Table.fromIPCStream(ipc),
      properties(codec),
    ) as Uint8Array<ArrayBuffer>;
  } catch (error) {
    throw mismatch(
      `the encoder refused a batch: ${
        error instanceof Error ? error.message : String(error)
      }`,
      error,
    );
  }
}

function properties(codec: pq.Compression): pq.WriterProperties {
  return new pq.WriterPropertiesBuilder()
    .setCompression(codec)
    .setStatisticsEnabled(pq.EnabledStatistics.Chunk)
    .setMaxRowGroupSize(2 ** 31 - 1)
    .setCreatedBy(CREATED_BY)
    .build();
}
