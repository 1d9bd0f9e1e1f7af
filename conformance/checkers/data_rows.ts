/**
 * The rows of data files for the judge: Parquet by `src/parquet`, which the
 * judge shares with the engine, deletion vectors by code of its own.
 *
 * @module
 */

import type { Json } from "../engine_adapter.ts";
import { encodeValue } from "../adapters/canonical.ts";
import { fromArrowSchema } from "../../src/parquet/arrow_schema.ts";
import { columnReader } from "../../src/parquet/arrow_values.ts";
import { bytesSource } from "../../src/parquet/byte_source.ts";
import { readParquet } from "../../src/parquet/parquet_codec.ts";
import { hashBytes } from "../simulation/run_program.ts";
import type { ModelRow } from "./rows.ts";

const known = new Map<string, readonly ModelRow[] | string>();
const MOST_KNOWN = 20_000;

/** The rows of a Parquet file by column, or why it cannot be read. Files with the same bytes are read once. */
export async function readDataRows(
  path: string,
  bytes: Uint8Array,
): Promise<readonly ModelRow[] | string> {
  const key = hashBytes(bytes);
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size > MOST_KNOWN) known.clear();
  const rows = await readOnce(path, bytes);
  known.set(key, rows);
  return rows;
}

async function readOnce(
  path: string,
  bytes: Uint8Array,
): Promise<readonly ModelRow[] | string> {
  try {
    const rows: ModelRow[] = [];
    for await (const { batch } of readParquet(bytesSource(path, bytes))) {
      const { fields } = fromArrowSchema(batch.schema);
      const readers = fields.map((field, i) =>
        columnReader(batch.data.children[i]!, field.type)
      );
      for (let row = 0; row < batch.numRows; row++) {
        const values: Record<string, Json> = {};
        fields.forEach((field, i) => {
          values[field.name] = encodeValue(readers[i]!(row), field.type);
        });
        rows.push(values);
      }
    }
    return rows;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
