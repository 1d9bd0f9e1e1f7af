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
import { parseColumnList } from "../schema/schema_path.ts";
import { featureNamed } from "./table_feature.ts";

/** The properties of a table, by name, as the metaData action holds them. */
export type Configuration = Readonly<Record<string, string>>;

/** How much a commit minds what others did meanwhile. */
export type IsolationLevel =
  | "Serializable"
  | "WriteSerializable"
  | "SnapshotIsolation";

/** Compression of Parquet files, as the Parquet codec names it. */
export type CompressionCodec =
  | "zstd"
  | "snappy"
  | "gzip"
  | "uncompressed"
  | "lz4"
  | "lz4_raw"
  | "brotli";

const DAY = 86_400_000;
const LEVELS = [
  "Serializable",
  "WriteSerializable",
  "SnapshotIsolation",
] as const;
const CODECS: readonly CompressionCodec[] = [
  "zstd",
  "snappy",
  "gzip",
  "uncompressed",
  "lz4",
  "lz4_raw",
  "brotli",
];

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

/** The properties that a new table stores: those given, without the ones that ask for a protocol. */
export function storedConfiguration(
  configuration: Configuration,
): Configuration {
  return Object.fromEntries(
    Object.entries(configuration).filter(([key]) =>
      !REQUESTS.has(key) && !key.startsWith("delta.feature.")
    ),
  );
}

/**
 * Reads a calendar interval as milliseconds: `interval 1 week 2 days`, `7 days`,
 * `12 hours`. Months and years have no one length.
 *
 * @returns Undefined when the text is no such interval.
 */
export function parseInterval(text: string): number | undefined {
  const words = text.trim().toLowerCase().replace(/^interval\s+/, "");
  const parts = [...words.matchAll(/(-?\d+(?:\.\d+)?)\s*([a-z]+)/g)];
  const rest = words.replace(/(-?\d+(?:\.\d+)?)\s*([a-z]+)/g, "");
  if (parts.length === 0 || rest.trim() !== "") return undefined;
  let ms = 0;
  for (const [, amount, unit] of parts) {
    const size = UNITS[unit!.replace(/s$/, "")];
    if (size === undefined) return undefined;
    ms += Number(amount) * size;
  }
  return ms >= 0 ? Math.round(ms) : undefined;
}

const UNITS: Readonly<Record<string, number>> = {
  microsecond: 0.001,
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: DAY,
  week: 7 * DAY,
};

/** How a property's text is read, and what is legal, in words. */
interface Kind<T> {
  readonly parse: (text: string) => T | undefined;
  readonly legal: string;
}

const boolean: Kind<boolean> = {
  parse: (text) => ({ true: true, false: false })[text.toLowerCase()],
  legal: "true or false",
};

const integerFrom = (min: number, legal: string): Kind<number> => ({
  parse: (text) => {
    const number = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
    return Number.isSafeInteger(number) && number >= min ? number : undefined;
  },
  legal,
});

const positive = integerFrom(1, "an integer of 1 or more");
const natural = integerFrom(0, "an integer of 0 or more");
const fromMinusOne = integerFrom(-1, "an integer of -1 or more");

const interval: Kind<number> = {
  parse: parseInterval,
  legal:
    'an interval such as "interval 2 weeks" or "12 hours", without months and years',
};

const bytes: Kind<number> = {
  parse: (text) => {
    const match = /^(\d+)\s*([kmgt]?)b?$/i.exec(text);
    if (!match) return undefined;
    const power = ["", "k", "m", "g", "t"].indexOf(match[2]!.toLowerCase());
    const size = Number(match[1]) * 1024 ** power;
    return Number.isSafeInteger(size) && size > 0 ? size : undefined;
  },
  legal: 'a number of bytes, such as "134217728" or "128mb"',
};

const isolation: Kind<IsolationLevel> = {
  parse: (text) =>
    LEVELS.find((level) => level.toLowerCase() === text.toLowerCase()),
  legal: LEVELS.join(", "),
};

const codec: Kind<CompressionCodec> = {
  parse: (text) => {
    const name = text.toLowerCase();
    return name === "none" ? "uncompressed" : CODECS.find((c) => c === name);
  },
  legal: CODECS.join(", "),
};

const policy: Kind<"classic" | "v2"> = {
  parse: (text) =>
    (["classic", "v2"] as const).find((name) => name === text.toLowerCase()),
  legal: "classic, v2",
};

const mode: Kind<string> = {
  parse: (text) =>
    ["none", "name", "id"].find((name) => name === text.toLowerCase()),
  legal: "none, name, id",
};

const columns: Kind<string> = {
  parse: (text) => {
    try {
      parseColumnList(text);
      return text;
    } catch (cause) {
      if (cause instanceof DeltaError) return undefined;
      throw cause;
    }
  },
  legal: "column names separated by commas",
};

const version: Kind<string> = {
  parse: (text) => /^(1\.0\.0|2\.\d+\.\d+)$/.test(text) ? text : undefined,
  legal: "1.0.0, or 2.x.y",
};

const text: Kind<string> = { parse: (text) => text, legal: "text" };

const internal: Kind<string> = {
  parse: () => undefined,
  legal: "set by engines only",
};

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
