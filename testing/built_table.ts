/**
 * Tables put together file by file, in memory and traced, for tests of reading
 * that must not depend on writing.
 *
 * @module
 */

import type { AddFile, Metadata, Protocol } from "../src/actions/action.ts";
import { statisticsCollector } from "../src/data/collect_statistics.ts";
import { inlineDeletionVector } from "../src/data/deletion_vector.ts";
import { RowSet } from "../src/data/roaring.ts";
import { toArrowSchema } from "../src/parquet/arrow_schema.ts";
import { buildBatch } from "../src/parquet/build_column.ts";
import { writeParquet } from "../src/parquet/parquet_codec.ts";
import type {
  DataType,
  JsonValue,
  StructField,
  StructType,
} from "../src/schema/data_type.ts";
import { formatSchema } from "../src/schema/schema_json.ts";
import type { Row } from "../src/schema/value.ts";
import { loadSnapshot } from "../src/snapshot/load_snapshot.ts";
import type { Snapshot } from "../src/snapshot/snapshot.ts";
import { memoryStore } from "../src/store/memory_store.ts";
import { contextOf, type TableContext } from "../src/store/table_context.ts";
import { type TracedStore, tracedStore } from "../src/store/traced_store.ts";

/** A data file to build. */
export interface BuiltFile {
  /** Its path in the table, and in the log. */
  readonly path: string;
  /** The schema as the file has it. */
  readonly schema: StructType;
  /** Its rows. */
  readonly rows: readonly Row[];
  /** Its partition values. */
  readonly partitionValues?: Readonly<Record<string, string | null>>;
  /** Its statistics; those of its rows by default, none for null. */
  readonly stats?: string | null;
  /** Positions of its deleted rows. */
  readonly deleted?: readonly number[];
  /** Rows of a row group. */
  readonly rowGroupRows?: number;
}

/** A table to build. */
export interface BuiltTableOptions {
  /** The logical schema. */
  readonly schema: StructType;
  /** Its files. */
  readonly files: readonly BuiltFile[];
  /** Partition columns by logical name. */
  readonly partitionColumns?: readonly string[];
  /** Table properties. */
  readonly configuration?: Readonly<Record<string, string>>;
}

/** A table that was built. */
export interface BuiltTable {
  /** Where it is. */
  readonly context: TableContext;
  /** Its store, which records every call since the table was loaded. */
  readonly store: TracedStore;
  /** Its one version. */
  readonly snapshot: Snapshot;
  /** Its files. */
  readonly adds: readonly AddFile[];
}

/** A column of a simple type; nullable, without metadata unless given. */
export function column(
  name: string,
  type:
    | DataType
    | Exclude<DataType["kind"], "decimal" | "array" | "map" | "struct">,
  metadata: Readonly<Record<string, JsonValue>> = {},
): StructField {
  return {
    name,
    type: typeof type === "string" ? { kind: type } : type,
    nullable: true,
    metadata,
  };
}

/** A struct of columns. */
export function columns(...fields: readonly StructField[]): StructType {
  return { kind: "struct", fields };
}

/** Builds a table of one version in memory. */
export async function buildTable(
  options: BuiltTableOptions,
): Promise<BuiltTable> {
  const store = tracedStore(memoryStore());
  const context = contextOf(store, { warn: () => {} });
  const adds: AddFile[] = [];
  for (const file of options.files) adds.push(await buildFile(store, file));
  const mapped = options.configuration?.["delta.columnMapping.mode"];
  const features = ["deletionVectors", ...(mapped ? ["columnMapping"] : [])];
  const protocol: Protocol = {
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: features,
    writerFeatures: features,
  };
  const metaData: Metadata = {
    id: "built",
    format: { provider: "parquet", options: {} },
    schemaString: formatSchema(options.schema),
    partitionColumns: options.partitionColumns ?? [],
    configuration: options.configuration ?? {},
  };
  const lines = [{ protocol }, { metaData }, ...adds.map((add) => ({ add }))];
  await store.put(
    "_delta_log/00000000000000000000.json",
    new TextEncoder().encode(
      lines.map((line) => JSON.stringify(line)).join("\n"),
    ),
  );
  const snapshot = await loadSnapshot(context);
  await snapshot.files();
  store.reset();
  return { context, store, snapshot, adds };
}

async function buildFile(
  store: TracedStore,
  file: BuiltFile,
): Promise<AddFile> {
  const { path, schema, rows, deleted } = file;
  const batch = buildBatch(schema, rows);
  const { bytes } = await writeParquet(toArrowSchema(schema), [batch], {
    codec: "zstd",
    rowGroupRows: file.rowGroupRows,
  });
  await store.put(path, bytes);
  const collector = statisticsCollector(schema, schema, { columns: -1 });
  collector.observe(batch);
  const stats = file.stats === undefined ? collector.format() : file.stats;
  return {
    path,
    partitionValues: file.partitionValues ?? {},
    size: bytes.length,
    modificationTime: 0,
    dataChange: true,
    ...(stats === null ? {} : { stats }),
    ...(deleted
      ? { deletionVector: inlineDeletionVector(RowSet.of(deleted)) }
      : {}),
  };
}
