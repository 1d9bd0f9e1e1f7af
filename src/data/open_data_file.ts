/**
 * Opening a data file: its footer and its deletion vector, fetched together and
 * checked against each other.
 *
 * @module
 */

import type { AddFile } from "../actions/action.ts";
import { DeltaError } from "../errors.ts";
import { type ByteSource, objectSource } from "../parquet/byte_source.ts";
import { type ParquetFooter, readFooter } from "../parquet/footer.ts";
import type { CallOptions } from "../store/object_store.ts";
import type { TableContext } from "../store/table_context.ts";
import { resolveDataPath } from "./data_path.ts";
import { type DeletedRows, loadDeletionVector } from "./deletion_vector.ts";

/** A data file whose footer has been read. */
export interface OpenDataFile {
  /** The action that names it. */
  readonly add: AddFile;
  /** Its whole name, for messages. */
  readonly name: string;
  /** Its bytes. */
  readonly source: ByteSource;
  /** What its footer says. */
  readonly footer: ParquetFooter;
  /** Its deleted rows, where it has any. */
  readonly deleted: DeletedRows | undefined;
}

/**
 * Opens a data file.
 *
 * @throws {DeltaError} `DELTA_FILE_NOT_FOUND`, `DELTA_DATA_FILE_CORRUPT`,
 * `DELTA_DELETION_VECTOR_CORRUPT`, naming the file.
 */
export async function openDataFile(
  context: TableContext,
  add: AddFile,
  options: CallOptions = {},
): Promise<OpenDataFile> {
  const { signal } = options;
  const { store, path } = await resolveDataPath(context, add.path);
  const name = `${store.url}/${path}`;
  const [file, vector] = await Promise.allSettled([
    openFooter(objectSource(store, path, { size: add.size, name, signal })),
    add.deletionVector
      ? loadDeletionVector(context, add.deletionVector, { signal })
      : undefined,
  ]);
  if (file.status === "rejected") throw file.reason;
  if (vector.status === "rejected") throw vector.reason;
  const deleted = vector.value;
  const { source, footer } = file.value;
  if (deleted && deleted.greatest >= footer.rowCount) {
    throw new DeltaError("DELTA_DELETION_VECTOR_CORRUPT", {
      what: `Cannot read ${name}`,
      why: `its deletion vector deletes row ${deleted.greatest} and it has ` +
        `${footer.rowCount} rows`,
      fix: "Restore the table to a version before the deletion",
      context: { path: name },
    });
  }
  return { add, name, source, footer, deleted };
}

async function openFooter(
  opening: Promise<ByteSource>,
): Promise<{ source: ByteSource; footer: ParquetFooter }> {
  const source = await opening;
  return { source, footer: await readFooter(source) };
}
