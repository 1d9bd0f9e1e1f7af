/**
 * The judge's own reading of a log: commit files to actions, actions to the
 * state of every version. Nothing of the engine is used, so that a fault of its
 * reader cannot hide a fault of its writer.
 *
 * Source: Delta protocol, "Delta Log Entries", "Actions", "Action Reconciliation".
 *
 * @module
 */

import type { Json, JsonSchema } from "../engine_adapter.ts";
import {
  canonical,
  type ModelRow,
  partitionValue,
  physicalNameOf,
} from "./rows.ts";

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json | undefined };

/** A file that a commit adds. */
export interface LoggedAdd {
  /** The path as logged. */
  readonly path: string;
  /** Partition values by physical name. */
  readonly partitionValues: Readonly<Record<string, string | null>>;
  /** Its size. */
  readonly size: number;
  /** Whether it changes data. */
  readonly dataChange: boolean;
  /** The deletion vector, as logged. */
  readonly deletionVector?: JsonObject;
  /** The first of its row ids. */
  readonly baseRowId?: number;
  /** The version that its rows have unless they say another. */
  readonly defaultRowCommitVersion?: number;
  /** Its statistics, as JSON text. */
  readonly stats?: string;
}

/** A file that a commit removes. */
export interface LoggedRemove {
  /** The path as logged. */
  readonly path: string;
  /** Whether it changes data. */
  readonly dataChange: boolean;
  /** When, ms since the epoch. */
  readonly deletionTimestamp?: number;
  /** The deletion vector, as logged. */
  readonly deletionVector?: JsonObject;
}

/** A change data file. */
export interface LoggedCdc {
  /** The path as logged. */
  readonly path: string;
  /** Partition values by physical name. */
  readonly partitionValues: Readonly<Record<string, string | null>>;
}

/** Metadata, as logged. */
export interface LoggedMetadata {
  /** The table's id. */
  readonly id: string;
  /** Its schema, as JSON text. */
  readonly schemaString: string;
  /** Its partition columns. */
  readonly partitionColumns: readonly string[];
  /** Its properties. */
  readonly configuration: Readonly<Record<string, string>>;
}

/** A protocol, as logged. */
export interface LoggedProtocol {
  /** Reader version. */
  readonly minReaderVersion: number;
  /** Writer version. */
  readonly minWriterVersion: number;
  /** Reader features. */
  readonly readerFeatures?: readonly string[];
  /** Writer features. */
  readonly writerFeatures?: readonly string[];
}

/** A commit file, read by the judge. */
export interface JudgedCommit {
  /** Its version. */
  readonly version: number;
  /** Its bytes. */
  readonly bytes: Uint8Array;
  /** Each line that is an object. */
  readonly lines: readonly JsonObject[];
  /** Lines that are not JSON objects, by number. */
  readonly badLines: readonly number[];
  /** Files added. */
  readonly adds: readonly LoggedAdd[];
  /** Files removed. */
  readonly removes: readonly LoggedRemove[];
  /** Change data files. */
  readonly cdc: readonly LoggedCdc[];
  /** Metadata actions. */
  readonly metadata: readonly LoggedMetadata[];
  /** Protocol actions. */
  readonly protocols: readonly LoggedProtocol[];
  /** Application versions. */
  readonly txns: readonly {
    readonly appId: string;
    readonly version: number;
  }[];
  /** Metadata domains. */
  readonly domains: readonly {
    readonly domain: string;
    readonly configuration: string;
    readonly removed: boolean;
  }[];
  /** The commit's provenance. */
  readonly commitInfo: JsonObject | undefined;
  /** When the file was written, by the store's clock. */
  readonly writtenMs: number;
}

/** Reads a commit file; what is wrong with it is kept, not thrown. */
export function parseCommitFile(
  version: number,
  bytes: Uint8Array,
  writtenMs: number,
): JudgedCommit {
  const lines: JsonObject[] = [];
  const badLines: number[] = [];
  new TextDecoder().decode(bytes).split("\n").forEach((line, i) => {
    if (line.trim() === "") return;
    const object = parseObject(line);
    if (object) lines.push(object);
    else badLines.push(i + 1);
  });
  const all = <T>(name: string): T[] =>
    lines.flatMap((line) => isObject(line[name]) ? [line[name] as T] : []);
  return {
    version,
    bytes,
    lines,
    badLines,
    adds: all("add"),
    removes: all("remove"),
    cdc: all("cdc"),
    metadata: all("metaData"),
    protocols: all("protocol"),
    txns: all("txn"),
    domains: all("domainMetadata"),
    commitInfo: all<JsonObject>("commitInfo")[0],
    writtenMs,
  };
}

function parseObject(line: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(line);
    return isObject(value) ? value as JsonObject : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const isObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What tells one logical file from another: path and deletion vector. */
export function keyOf(file: LoggedAdd | LoggedRemove): string {
  const dv = file.deletionVector;
  if (!dv) return file.path;
  return `${file.path}#${dv.storageType}${dv.pathOrInlineDv}@${
    dv.offset ?? ""
  }`;
}

/** The table at one version, as the judge replays it. */
export interface TableState {
  /** The version; -1 before the first. */
  readonly version: number;
  /** Live files by key. */
  readonly live: ReadonlyMap<string, LoggedAdd>;
  /** Removed files by key. */
  readonly tombstones: ReadonlyMap<string, LoggedRemove>;
  /** Metadata; none before the first commit. */
  readonly metadata: LoggedMetadata | undefined;
  /** The protocol. */
  readonly protocol: LoggedProtocol | undefined;
  /** The schema. */
  readonly schema: JsonSchema;
  /** Versions by application. */
  readonly txns: ReadonlyMap<string, number>;
  /** Configuration by domain; removed ones left out. */
  readonly domains: ReadonlyMap<string, string>;
  /** The in-commit timestamp of this version's commit. */
  readonly inCommitTimestamp: number | undefined;
  /** The rows. */
  readonly rows: readonly ModelRow[];
}

/** The rows of a data file by physical column; `undefined` where it cannot be read. */
export type RowsOfFile = (
  file: LoggedAdd | LoggedCdc,
) => readonly ModelRow[] | undefined;

const NO_SCHEMA: JsonSchema = { type: "struct", fields: [] };

/** The table before its first commit. */
export const NOTHING: TableState = {
  version: -1,
  live: new Map(),
  tombstones: new Map(),
  metadata: undefined,
  protocol: undefined,
  schema: NO_SCHEMA,
  txns: new Map(),
  domains: new Map(),
  inCommitTimestamp: undefined,
  rows: [],
};

/** The state after a commit. Actions of one commit have no order: removes go first. */
export function applyCommit(
  before: TableState,
  commit: JudgedCommit,
  rowsOf: RowsOfFile,
): TableState {
  const live = new Map(before.live);
  const tombstones = new Map(before.tombstones);
  for (const remove of commit.removes) {
    live.delete(keyOf(remove));
    tombstones.set(keyOf(remove), remove);
  }
  for (const add of commit.adds) {
    tombstones.delete(keyOf(add));
    live.set(keyOf(add), add);
  }
  const metadata = commit.metadata.at(-1) ?? before.metadata;
  const txns = new Map(before.txns);
  for (const { appId, version } of commit.txns) txns.set(appId, version);
  const domains = new Map(before.domains);
  for (const { domain, configuration, removed } of commit.domains) {
    if (removed) domains.delete(domain);
    else domains.set(domain, configuration);
  }
  const ict = commit.commitInfo?.inCommitTimestamp;
  const schema = metadata
    ? parseSchemaString(metadata.schemaString)
    : NO_SCHEMA;
  return {
    version: commit.version,
    live,
    tombstones,
    metadata,
    protocol: commit.protocols.at(-1) ?? before.protocol,
    schema,
    txns,
    domains,
    inCommitTimestamp: typeof ict === "number" ? ict : undefined,
    rows: metadata ? rowsOfFiles(live.values(), metadata, schema, rowsOf) : [],
  };
}

function parseSchemaString(text: string): JsonSchema {
  const parsed: unknown = JSON.parse(text);
  return parsed as JsonSchema;
}

/** The logical rows of files of a table. */
export function rowsOfFiles(
  files: Iterable<LoggedAdd>,
  metadata: LoggedMetadata,
  schema: JsonSchema,
  rowsOf: RowsOfFile,
): ModelRow[] {
  const rows: ModelRow[] = [];
  for (const file of files) {
    for (const row of rowsOf(file) ?? []) {
      rows.push(logicalRow(row, file, metadata, schema));
    }
  }
  return rows;
}

/** A file's row under the table's names, partition values put in. */
export function logicalRow(
  row: ModelRow,
  file: LoggedAdd | LoggedCdc,
  metadata: LoggedMetadata,
  schema: JsonSchema,
): ModelRow {
  return Object.fromEntries(schema.fields.map((field) => {
    const physical = physicalNameOf(field);
    const value = metadata.partitionColumns.includes(field.name)
      ? partitionValue(file.partitionValues?.[physical], field.type)
      : row[physical] ?? null;
    return [field.name, canonical(value, field.type)];
  }));
}
