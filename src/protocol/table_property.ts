/**
 * Table properties: every `delta.` key this engine honours or lets through, its
 * legal values, and its default.
 *
 * Source: Delta protocol, "Table Properties" and the features' own sections; the
 * keys of Delta Spark and delta-rs.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import {
  type ColumnMappingMode,
  columnMappingMode,
} from "../schema/column_mapping.ts";
import {
  boolean,
  bytes,
  codec,
  columns,
  type CompressionCodec,
  DAY,
  fromMinusOne,
  integerFrom,
  internal,
  interval,
  isolation,
  type IsolationLevel,
  type Kind,
  mode,
  natural,
  policy,
  positive,
  text,
  version,
} from "./property_kind.ts";
import { featureNamed } from "./table_feature.ts";

export type { CompressionCodec, IsolationLevel };

/** The properties of a table, by name, as the metaData action holds them. */
export type Configuration = Readonly<Record<string, string>>;

/**
 * A table's properties, typed. Each is parsed when it is asked for, so that a
 * bad value nobody needs stops nobody.
 */
export class TableProperties {
  readonly #configuration: Configuration;

  /**
   * Wraps a configuration; {@link tableProperties} is shorter.
   *
   * @param configuration The properties as the metaData action holds them.
   */
  constructor(configuration: Configuration) {
    this.#configuration = configuration;
  }

  /** Commits between checkpoints; default 100. */
  get checkpointInterval(): number {
    return this.#read("delta.checkpointInterval", positive) ?? 100;
  }
  /** How long log files are kept, in ms; default 30 days. */
  get logRetentionMs(): number {
    return this.#read("delta.logRetentionDuration", interval) ?? 30 * DAY;
  }
  /** How long removed data files are kept, in ms; default 7 days. */
  get deletedFileRetentionMs(): number {
    return this.#read("delta.deletedFileRetentionDuration", interval) ??
      7 * DAY;
  }
  /** How long an application's version is remembered, in ms; for ever where undefined. */
  get setTransactionRetentionMs(): number | undefined {
    return this.#read("delta.setTransactionRetentionDuration", interval);
  }
  /** Whether expired log files are deleted; default true. */
  get enableExpiredLogCleanup(): boolean {
    return this.#read("delta.enableExpiredLogCleanup", boolean) ?? true;
  }
  /** How columns are found in data files; default `none`. */
  get columnMappingMode(): ColumnMappingMode {
    return columnMappingMode(this.#configuration);
  }
  /** How much a commit minds what others did meanwhile; default `Serializable`. */
  get isolationLevel(): IsolationLevel {
    return this.#read("delta.isolationLevel", isolation) ?? "Serializable";
  }
  /** Leaf columns that statistics are collected of, from the first; -1 for all; default 32. */
  get dataSkippingNumIndexedCols(): number {
    return this.#read("delta.dataSkippingNumIndexedCols", fromMinusOne) ?? 32;
  }
  /** Columns that statistics are collected of, separated by commas; goes before the number. */
  get dataSkippingStatsColumns(): string | undefined {
    return this.#read("delta.dataSkippingStatsColumns", columns);
  }
  /** Size in bytes at which a data file is closed; the engine's own where undefined. */
  get targetFileSize(): number | undefined {
    return this.#read("delta.targetFileSize", bytes);
  }
  /** Compression of new files; default `zstd`. */
  get codec(): CompressionCodec {
    return this.#read("delta.parquet.compression.codec", codec) ?? "zstd";
  }
  /** Which checkpoints are written; default `classic`. */
  get checkpointPolicy(): "classic" | "v2" {
    return this.#read("delta.checkpointPolicy", policy) ?? "classic";
  }
  /** Whether checkpoints hold statistics as JSON; default true. */
  get writeStatsAsJson(): boolean {
    return this.#read("delta.checkpoint.writeStatsAsJson", boolean) ?? true;
  }
  /** Whether checkpoints hold statistics as a struct; default false. */
  get writeStatsAsStruct(): boolean {
    return this.#read("delta.checkpoint.writeStatsAsStruct", boolean) ?? false;
  }
  /** Whether rows may only be added; default false. */
  get appendOnly(): boolean {
    return this.#read("delta.appendOnly", boolean) ?? false;
  }
  /** Whether changed rows are recorded; default false. */
  get enableChangeDataFeed(): boolean {
    return this.#read("delta.enableChangeDataFeed", boolean) ??
      this.#read("delta.enableChangeDataCapture", boolean) ?? false;
  }
  /** Whether commits carry their own time; default false. */
  get enableInCommitTimestamps(): boolean {
    return this.#read("delta.enableInCommitTimestamps", boolean) ?? false;
  }
  /** First version that carries its own time; undefined where every version does. */
  get inCommitTimestampEnablementVersion(): number | undefined {
    return this.#read("delta.inCommitTimestampEnablementVersion", natural);
  }
  /** The time of that version, in ms. */
  get inCommitTimestampEnablementTimestamp(): number | undefined {
    return this.#read("delta.inCommitTimestampEnablementTimestamp", natural);
  }
  /** Whether new deletion vectors may be written; default false. */
  get enableDeletionVectors(): boolean {
    return this.#read("delta.enableDeletionVectors", boolean) ?? false;
  }
  /** Whether rows keep their ids; default false. */
  get enableRowTracking(): boolean {
    return this.#read("delta.enableRowTracking", boolean) ?? false;
  }
  /** Whether columns may be widened; default false. */
  get enableTypeWidening(): boolean {
    return this.#read("delta.enableTypeWidening", boolean) ?? false;
  }
  /** Whether data files get random folders instead of partition folders; default false. */
  get randomizeFilePrefixes(): boolean {
    return this.#read("delta.randomizeFilePrefixes", boolean) ?? false;
  }
  /** Characters of such a folder's name; default 2. */
  get randomPrefixLength(): number {
    return this.#read("delta.randomPrefixLength", positive) ?? 2;
  }

  #read<T>(key: string, kind: Kind<T>): T | undefined {
    const text = this.#configuration[key];
    if (text === undefined) return undefined;
    const value = kind.parse(text.trim());
    if (value === undefined) throw badValue(key, text, kind.legal);
    return value;
  }
}

/**
 * A table's properties, typed.
 *
 * @throws {DeltaError} `DELTA_INVALID_CONFIGURATION`, when a property is asked for whose value is not legal.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const properties = tableProperties({ "delta.logRetentionDuration": "interval 1 week" });
 * assert.equal(properties.logRetentionMs, 7 * 86_400_000);
 * ```
 */
export function tableProperties(configuration: Configuration): TableProperties {
  return new TableProperties(configuration);
}

/**
 * Checks the properties given for a new table, or new ones of a table: each
 * `delta.` key is known, settable, and has a legal value. Other keys are the
 * user's own.
 *
 * @throws {DeltaError} `DELTA_UNKNOWN_CONFIGURATION` or `DELTA_INVALID_CONFIGURATION`.
 */
export function validateProperties(configuration: Configuration): void {
  for (const [key, value] of Object.entries(configuration)) {
    if (typeof value !== "string") {
      throw badValue(key, String(value), "text");
    }
    if (!key.toLowerCase().startsWith("delta.")) continue;
    checkProperty(key, value);
  }
}

/**
 * The properties that a table stores: those given, without the ones that ask for
 * a protocol, and without the blanks around known ones, which no other engine
 * would read past.
 */
export function storedConfiguration(
  configuration: Configuration,
): Configuration {
  return Object.fromEntries(
    Object.entries(configuration).filter(([key]) =>
      !REQUESTS.has(key) && !key.startsWith("delta.feature.")
    ).map(([key, value]) => [key, KINDS.has(key) ? value.trim() : value]),
  );
}

/** Table property: the hidden column that holds the ids of rows that were moved. */
export const ROW_ID_COLUMN_KEY: string =
  "delta.rowTracking.materializedRowIdColumnName";
/** Table property: the hidden column that holds the commit versions of rows that were moved. */
export const ROW_VERSION_COLUMN_KEY: string =
  "delta.rowTracking.materializedRowCommitVersionColumnName";

/**
 * The properties of a table, with the names of row tracking's hidden columns
 * where it is on and they are missing; the very same object where they are not.
 *
 * @param uuid Where fresh names come from.
 */
export function withRowTrackingColumns(
  configuration: Configuration,
  uuid: () => string,
): Configuration {
  if (!tableProperties(configuration).enableRowTracking) return configuration;
  const id = configuration[ROW_ID_COLUMN_KEY];
  const version = configuration[ROW_VERSION_COLUMN_KEY];
  if (id !== undefined && version !== undefined) return configuration;
  return {
    ...configuration,
    [ROW_ID_COLUMN_KEY]: id ?? `_row-id-col-${uuid()}`,
    [ROW_VERSION_COLUMN_KEY]: version ?? `_row-commit-version-col-${uuid()}`,
  };
}

/** Whether only engines may set a property. */
export function isInternalProperty(key: string): boolean {
  return KINDS.get(key) === internal;
}

/** Keys that ask for a protocol and are not stored. */
const REQUESTS: ReadonlySet<string> = new Set([
  "delta.minReaderVersion",
  "delta.minWriterVersion",
  "delta.ignoreProtocolDefaults",
]);

const KINDS: ReadonlyMap<string, Kind<unknown>> = new Map<
  string,
  Kind<unknown>
>([
  ["delta.appendOnly", boolean],
  ["delta.autoOptimize", boolean],
  ["delta.autoOptimize.autoCompact", text],
  ["delta.autoOptimize.optimizeWrite", boolean],
  ["delta.checkpoint.useRunLengthEncoding", boolean],
  ["delta.checkpoint.writeStatsAsJson", boolean],
  ["delta.checkpoint.writeStatsAsStruct", boolean],
  ["delta.checkpointInterval", positive],
  ["delta.checkpointPolicy", policy],
  ["delta.checkpointRetentionDuration", interval],
  ["delta.columnMapping.maxColumnId", internal],
  ["delta.columnMapping.mode", mode],
  ["delta.compatibility.symlinkFormatManifest.enabled", boolean],
  ["delta.dataSkippingNumIndexedCols", fromMinusOne],
  ["delta.dataSkippingStatsColumns", columns],
  ["delta.deletedFileRetentionDuration", interval],
  ["delta.dropFeatureTruncateHistory.retentionDuration", interval],
  ["delta.enableChangeDataCapture", boolean],
  ["delta.enableChangeDataFeed", boolean],
  ["delta.enableDeletionVectors", boolean],
  ["delta.enableExpiredLogCleanup", boolean],
  ["delta.enableFullRetentionRollback", boolean],
  ["delta.enableIcebergCompatV1", boolean],
  ["delta.enableIcebergCompatV2", boolean],
  ["delta.enableIcebergCompatV3", boolean],
  ["delta.enableInCommitTimestamps", boolean],
  ["delta.enableRowTracking", boolean],
  ["delta.enableTypeWidening", boolean],
  ["delta.enableVariantShredding", boolean],
  ["delta.ignoreProtocolDefaults", boolean],
  ["delta.inCommitTimestampEnablementTimestamp", internal],
  ["delta.inCommitTimestampEnablementVersion", internal],
  ["delta.isolationLevel", isolation],
  ["delta.logRetentionDuration", interval],
  ["delta.minReaderVersion", integerFrom(1, "1, 2 or 3")],
  ["delta.minWriterVersion", integerFrom(1, "1 to 7")],
  ["delta.parquet.compression.codec", codec],
  ["delta.parquet.format.version", version],
  ["delta.randomPrefixLength", positive],
  ["delta.randomizeFilePrefixes", boolean],
  ["delta.requireCheckpointProtectionBeforeVersion", internal],
  ["delta.rowTracking.materializedRowCommitVersionColumnName", internal],
  ["delta.rowTracking.materializedRowIdColumnName", internal],
  ["delta.rowTrackingSuspended", boolean],
  ["delta.sampleRetentionDuration", interval],
  ["delta.setTransactionRetentionDuration", interval],
  ["delta.targetFileSize", bytes],
  ["delta.tuneFileSizesForRewrites", boolean],
  ["delta.universalFormat.enabledFormats", text],
]);

/** Every property known by name, for documents. */
export const KNOWN_PROPERTIES: readonly string[] = [...KINDS.keys()];

function checkProperty(key: string, value: string): void {
  if (key.startsWith("delta.constraints.") && key.length > 18) {
    if (value.trim() === "") throw badValue(key, value, "a condition");
    return;
  }
  if (key.startsWith("delta.feature.")) return checkFeature(key, value);
  const kind = KINDS.get(key);
  if (!kind) throw unknown(key);
  if (kind.parse(value.trim()) === undefined) {
    throw badValue(key, value, kind.legal);
  }
}

function checkFeature(key: string, value: string): void {
  const name = key.slice("delta.feature.".length);
  if (!featureNamed(name)) throw unknown(key);
  if (!["supported", "enabled"].includes(value.trim().toLowerCase())) {
    throw badValue(key, value, "supported");
  }
}

function unknown(key: string): DeltaError {
  const folded = key.toLowerCase();
  const near = KNOWN_PROPERTIES.find((known) => known.toLowerCase() === folded);
  return new DeltaError("DELTA_UNKNOWN_CONFIGURATION", {
    what: `Cannot set ${key}`,
    why: "nobody knows a table property or feature of that name",
    fix: near
      ? `Spell it ${near}`
      : "Correct it; properties of your own may have any name that does not start with delta.",
    context: { property: key },
  });
}

function badValue(key: string, value: string, legal: string): DeltaError {
  return new DeltaError("DELTA_INVALID_CONFIGURATION", {
    what: `Cannot use ${key}=${value}`,
    why: `its legal values are: ${legal}`,
    fix: "Set a legal value, or leave the property out",
    context: { property: key, value },
  });
}
