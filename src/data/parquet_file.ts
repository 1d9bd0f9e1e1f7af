/**
 * One data file while it grows: batches in, encoded bytes out, encoding in the
 * background where the file is large.
 *
 * @module
 */

import type { RecordBatch, Schema } from "apache-arrow";
import { DeltaError } from "../errors.ts";
import { writeParquet } from "../parquet/parquet_codec.ts";

/** Options of {@link encodeStream}. */
export interface EncodeOptions {
  /** Compression codec, as the codec's own options name it. */
  readonly codec: string;
  /** Rows of a row group. */
  readonly rowGroupRows?: number | undefined;
}

/** The bytes of a finished file. */
export interface EncodedFile {
  /** The whole file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its rows. */
  readonly rowCount: number;
}

/** A file that is encoded while its batches arrive. */
export interface FileEncoder {
  /** Hands in a batch; resolves when there is room for the next. */
  push(batch: RecordBatch): Promise<void>;
  /** Says that this was the last batch, and waits for the bytes. */
  finish(): Promise<EncodedFile>;
  /** Drops the file. */
  abandon(): void;
}

/**
 * Encodes batches that are at hand.
 *
 * @throws {DeltaError} `DELTA_INTERNAL` when the file does not hold every row.
 */
export async function encodeBatches(
  schema: Schema,
  batches: readonly RecordBatch[],
  options: EncodeOptions,
): Promise<EncodedFile> {
  const file = await writeParquet(schema, batches, settings(options));
  const rows = batches.reduce((sum, batch) => sum + batch.numRows, 0);
  return checkRows(file, rows);
}

/** Starts encoding a file whose batches are still to come. */
export function encodeStream(
  schema: Schema,
  options: EncodeOptions,
): FileEncoder {
  const waiting: RecordBatch[] = [];
  let rows = 0, ended = false, abandoned = false;
  let wakeReader = () => {}, wakeWriter = () => {};
  async function* arrivals(): AsyncGenerator<RecordBatch> {
    while (true) {
      const batch = waiting.shift();
      wakeWriter();
      if (batch) yield batch;
      else if (abandoned) throw new Error("the file was abandoned");
      else if (ended) return;
      else await new Promise<void>((resolve) => wakeReader = resolve);
    }
  }
  let failure: { readonly error: unknown } | undefined;
  const file = writeParquet(schema, arrivals(), settings(options));
  file.catch((error: unknown) => {
    failure = { error };
    wakeWriter();
  });
  return {
    async push(batch) {
      rows += batch.numRows;
      waiting.push(batch);
      wakeReader();
      while (waiting.length > 1 && !failure) {
        await new Promise<void>((resolve) => wakeWriter = resolve);
      }
      if (failure) throw failure.error;
    },
    async finish() {
      ended = true;
      wakeReader();
      return checkRows(await file, rows);
    },
    abandon() {
      abandoned = true;
      waiting.length = 0;
      wakeReader();
    },
  };
}

function settings(
  options: EncodeOptions,
): { codec: string; rowGroupRows?: number } {
  const { codec, rowGroupRows } = options;
  return rowGroupRows === undefined ? { codec } : { codec, rowGroupRows };
}

/** An encoder that stops early leaves a file that looks whole: only counting tells. */
function checkRows(file: EncodedFile, rows: number): EncodedFile {
  if (file.rowCount === rows) return file;
  throw new DeltaError("DELTA_INTERNAL", {
    what: "Cannot write a data file",
    why: `its encoder was given ${rows} rows and wrote ${file.rowCount}`,
    fix: "Nothing was committed; please report it",
  });
}
