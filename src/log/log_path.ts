/**
 * Names of the files in `_delta_log`, and back.
 *
 * Source: Delta protocol, "Delta Log Entries", "Checkpoint Naming Scheme",
 * "Log Compaction Files" and "Sidecar Files".
 *
 * @module
 */

/** A version of a table: a safe integer from 0. */
export type Version = number;

/** Folder of the log, relative to the table. */
export const LOG_FOLDER = "_delta_log";

/** Folder of the sidecars of V2 checkpoints, relative to the table. */
export const SIDECAR_FOLDER = `${LOG_FOLDER}/_sidecars`;

/** The hint that names the newest checkpoint, relative to the table. */
export const LAST_CHECKPOINT_PATH = `${LOG_FOLDER}/_last_checkpoint`;

/** What a file of the log is, by its name. */
export type LogFile =
  | {
    /** One version's actions. */
    readonly kind: "commit";
    /** The version. */
    readonly version: Version;
  }
  | {
    /** The whole state of a version, or one part of it. */
    readonly kind: "checkpoint";
    /** The version. */
    readonly version: Version;
    /** How it is named, which tells what else belongs to it. */
    readonly naming: "classic" | "multi-part" | "uuid";
    /** How it is encoded. */
    readonly format: "parquet" | "json";
    /** Number of the part, from 1; 1 where there are no parts. */
    readonly part: number;
    /** How many parts there are; 1 where there are no parts. */
    readonly parts: number;
  }
  | {
    /** The reconciled actions of a range of commits. */
    readonly kind: "compaction";
    /** First version of the range. */
    readonly start: Version;
    /** Last version of the range, included. */
    readonly end: Version;
  }
  | {
    /** Anything else: not ours to read. */
    readonly kind: "other";
  };

const COMMIT = /^(\d{20})\.json$/;
const CLASSIC = /^(\d{20})\.checkpoint\.parquet$/;
const MULTI_PART = /^(\d{20})\.checkpoint\.(\d{10})\.(\d{10})\.parquet$/;
const UUID_NAMED =
  /^(\d{20})\.checkpoint\.([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\.(json|parquet)$/;
const COMPACTION = /^(\d{20})\.(\d{20})\.compacted\.json$/;
const OTHER: LogFile = { kind: "other" };

/**
 * What a file of the log is.
 *
 * @param name The name without folder.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseLogFile("00000000000000000007.json"), {
 *   kind: "commit",
 *   version: 7,
 * });
 * assert.deepEqual(parseLogFile("_last_checkpoint"), { kind: "other" });
 * ```
 */
export function parseLogFile(name: string): LogFile {
  const file = parseKnown(name);
  return file && isSafe(file) ? file : OTHER;
}

/** A version as the log's names spell it: 20 digits. */
export function formatVersion(version: Version): string {
  return String(version).padStart(20, "0");
}

/** Path of a version's commit, relative to the table. */
export function commitPath(version: Version): string {
  return `${LOG_FOLDER}/${formatVersion(version)}.json`;
}

/** Path of a version's classic checkpoint, relative to the table. */
export function checkpointPath(version: Version): string {
  return `${LOG_FOLDER}/${formatVersion(version)}.checkpoint.parquet`;
}

/** Path of a version's V2 checkpoint under a UUID, relative to the table. */
export function uuidCheckpointPath(
  version: Version,
  uuid: string,
  format: "parquet" | "json",
): string {
  return `${LOG_FOLDER}/${formatVersion(version)}.checkpoint.${uuid}.${format}`;
}

/** Path of a log compaction file, relative to the table. */
export function compactionPath(start: Version, end: Version): string {
  return `${LOG_FOLDER}/${formatVersion(start)}.${
    formatVersion(end)
  }.compacted.json`;
}

/** Path of a sidecar, relative to the table: sidecars live in one folder, whatever folder the name carries. */
export function sidecarPath(name: string): string {
  return `${SIDECAR_FOLDER}/${name.slice(name.lastIndexOf("/") + 1)}`;
}

function parseKnown(name: string): LogFile | undefined {
  let match = COMMIT.exec(name);
  if (match) return { kind: "commit", version: Number(match[1]) };
  match = CLASSIC.exec(name);
  if (match) return checkpoint(match[1]!, "classic", "parquet", 1, 1);
  match = MULTI_PART.exec(name);
  if (match) {
    const [part, parts] = [Number(match[2]), Number(match[3])];
    if (part < 1 || part > parts) return undefined;
    return checkpoint(match[1]!, "multi-part", "parquet", part, parts);
  }
  match = UUID_NAMED.exec(name);
  if (match) {
    return checkpoint(match[1]!, "uuid", match[3] as "json" | "parquet", 1, 1);
  }
  match = COMPACTION.exec(name);
  if (match) {
    const [start, end] = [Number(match[1]), Number(match[2])];
    return start <= end ? { kind: "compaction", start, end } : undefined;
  }
  return undefined;
}

function checkpoint(
  version: string,
  naming: "classic" | "multi-part" | "uuid",
  format: "parquet" | "json",
  part: number,
  parts: number,
): LogFile {
  return {
    kind: "checkpoint",
    version: Number(version),
    naming,
    format,
    part,
    parts,
  };
}

function isSafe(file: LogFile): boolean {
  if (file.kind === "other") return true;
  return Number.isSafeInteger(
    file.kind === "compaction" ? file.end : file.version,
  );
}
