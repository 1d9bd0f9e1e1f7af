/**
 * Bytes to Arrow and back: the front of `parquet_reader.ts` and
 * `parquet_writer.ts`, which alone use parquet-wasm.
 *
 * @module
 */

export { type ColumnPath } from "./carve_row_group.ts";
export {
  type FileBatch,
  type ReadOptions,
  readParquet,
} from "./parquet_reader.ts";
export {
  CREATED_BY,
  type WriteOptions,
  writeParquet,
  type WrittenFile,
} from "./parquet_writer.ts";
