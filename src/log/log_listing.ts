/**
 * What a listing of `_delta_log` shows, sorted into commits, checkpoints and
 * compactions.
 *
 * Source: Delta protocol, "Delta Log Entries" and "Checkpoints".
 *
 * @module
 */

import type { ObjectMeta } from "../store/object_store.ts";
import type { TableContext } from "../store/table_context.ts";
import {
  formatVersion,
  LOG_FOLDER,
  parseLogFile,
  type Version,
} from "./log_path.ts";

/** A commit seen in the listing, or known to be there. */
export interface CommitEntry {
  /** The version. */
  readonly version: Version;
  /** Path relative to the table. */
  readonly path: string;
  /** Size in bytes; `undefined` where no listing told. */
  readonly size: number | undefined;
  /** When the store says it was written, in milliseconds since the epoch. */
  readonly lastModified: number;
}

/** The files of one checkpoint. */
export interface CheckpointFiles {
  /** Version whose state it holds. */
  readonly version: Version;
  /** How it is named. */
  readonly naming: "classic" | "multi-part" | "uuid";
  /** How the top-level file is encoded. */
  readonly format: "parquet" | "json";
  /** The top-level file or all the parts, in order. */
  readonly files: readonly ObjectMeta[];
}

/** A log compaction file. */
export interface CompactionEntry {
  /** First version it holds. */
  readonly start: Version;
  /** Last version it holds, included. */
  readonly end: Version;
  /** Path relative to the table. */
  readonly path: string;
  /** Size in bytes. */
  readonly size: number;
}

/** One listing of the log. */
export interface LogListing {
  /** Lowest version that the listing would have shown. */
  readonly from: Version;
  /** Commits, ascending. */
  readonly commits: readonly CommitEntry[];
  /** Checkpoints with all their parts, newest first; of one version the classic ones first. */
  readonly checkpoints: readonly CheckpointFiles[];
  /** Multi-part checkpoints that lack a part, newest first. */
  readonly incomplete: readonly CheckpointFiles[];
  /** Compactions, ascending by start, the longest first. */
  readonly compactions: readonly CompactionEntry[];
  /** Newest version that a commit or a whole checkpoint shows. */
  readonly latest: Version | undefined;
}

/**
 * Lists the log from a version on, in one pass.
 *
 * @param options `from`: lowest version wanted, 0 by default.
 * @throws {DeltaError} `DELTA_STORE_UNAVAILABLE`, `DELTA_STORE_REJECTED`.
 */
export async function listLog(
  context: TableContext,
  options: { readonly from?: Version; readonly signal?: AbortSignal } = {},
): Promise<LogListing> {
  const from = options.from ?? 0;
  // 20 digits sort before everything that starts with them, so that the
  // version's own files come too.
  const startAfter = `${LOG_FOLDER}/${formatVersion(from)}`;
  const objects: ObjectMeta[] = [];
  const listing = context.store.list(`${LOG_FOLDER}/`, {
    startAfter,
    signal: options.signal,
  });
  for await (const object of listing) {
    // Digits sort before letters and `_`: sidecars and staged commits need no page.
    if (object.path.charCodeAt(LOG_FOLDER.length + 1) > 0x39) break;
    objects.push(object);
  }
  return sortLog(objects, from);
}

/** Sorts objects of the log into a listing; names that mean nothing are left out. */
export function sortLog(
  objects: Iterable<ObjectMeta>,
  from: Version = 0,
): LogListing {
  const commits: CommitEntry[] = [];
  const whole: CheckpointFiles[] = [];
  const compactions: CompactionEntry[] = [];
  const parts = new Map<string, (ObjectMeta | undefined)[]>();
  for (const object of objects) {
    const name = object.path.slice(LOG_FOLDER.length + 1);
    const file = parseLogFile(name);
    const { path, size, lastModified } = object;
    if (file.kind === "commit") {
      commits.push({ version: file.version, path, size, lastModified });
    } else if (file.kind === "compaction") {
      compactions.push({ start: file.start, end: file.end, path, size });
    } else if (file.kind === "checkpoint" && file.naming === "multi-part") {
      const key = `${file.version}/${file.parts}`;
      let group = parts.get(key);
      if (!group) parts.set(key, group = new Array(file.parts).fill(undefined));
      group[file.part - 1] = object;
    } else if (file.kind === "checkpoint") {
      const { version, naming, format } = file;
      whole.push({ version, naming, format, files: [object] });
    }
  }
  const { complete, incomplete } = gatherParts(parts);
  const checkpoints = [...whole, ...complete].sort(newestFirst);
  commits.sort((a, b) => a.version - b.version);
  compactions.sort((a, b) => a.start - b.start || b.end - a.end);
  const latest = Math.max(
    commits.at(-1)?.version ?? -1,
    checkpoints[0]?.version ?? -1,
  );
  return {
    from,
    commits,
    checkpoints,
    incomplete,
    compactions,
    latest: latest < 0 ? undefined : latest,
  };
}

function gatherParts(
  parts: ReadonlyMap<string, readonly (ObjectMeta | undefined)[]>,
): { complete: CheckpointFiles[]; incomplete: CheckpointFiles[] } {
  const complete: CheckpointFiles[] = [];
  const incomplete: CheckpointFiles[] = [];
  for (const [key, group] of parts) {
    const files = group.filter((part) => part !== undefined);
    const version = Number(key.slice(0, key.indexOf("/")));
    const checkpoint: CheckpointFiles = {
      version,
      naming: "multi-part",
      format: "parquet",
      files,
    };
    (files.length === group.length ? complete : incomplete).push(checkpoint);
  }
  return { complete, incomplete: incomplete.sort(newestFirst) };
}

const PREFERENCE = { classic: 0, uuid: 1, "multi-part": 2 } as const;

function newestFirst(a: CheckpointFiles, b: CheckpointFiles): number {
  return b.version - a.version ||
    PREFERENCE[a.naming] - PREFERENCE[b.naming] ||
    b.files[0]!.lastModified - a.files[0]!.lastModified;
}
