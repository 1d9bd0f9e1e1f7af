/**
 * Bytes to Arrow and back: the front of `parquet_reader.ts` and
 * `parquet_writer.ts`, which alone use parquet-wasm.
 *
 * @module
 */

export {
  type FileBatch,
  type ReadOptions,
  readParquet,
} from "./parquet_reader.ts";
