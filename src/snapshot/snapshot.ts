/**
 * One version of the table, whole and frozen. Protocol, metadata and the small
 * maps are there at once; files and tombstones are read when first asked for.
 *
 * Source: Delta protocol, "Delta Table Specification".
 *
 * @module
 */

import type {
  DomainMetadata,
  Metadata,
  Protocol,
  RemoveFile,
  Txn,
} from "../actions/action.ts";
import { DeltaError, throwIfAborted } from "../errors.ts";
import type { Version } from "../log/log_path.ts";
import type { LogSegment } from "../log/log_segment.ts";
import type { StructType } from "../schema/data_type.ts";
import type { FileSet } from "./file_set.ts";

/** One version of the table. */
export interface Snapshot {
  /** The version. */
  readonly version: Version;
  /** What a reader and a writer must know. */
  readonly protocol: Protocol;
  /** Schema text, partition columns, properties. */
  readonly metadata: Metadata;
  /** The logical schema, parsed. */
  readonly schema: StructType;
  /** The newest txn action of each application. */
  readonly transactions: ReadonlyMap<string, Txn>;
  /** The newest configuration of each metadata domain; removed ones left out. */
  readonly domains: ReadonlyMap<string, DomainMetadata>;
  /** In-commit timestamp of this version, where in-commit timestamps are enabled. */
  readonly inCommitTimestamp: number | undefined;
  /** The files of the log that rebuild this version. */
  readonly segment: LogSegment;
  /** Versions of the segment whose commit file holds nothing, no byte or blanks alone; a writer must not build on the newest. */
  readonly emptyCommits: readonly Version[];
  /** Newest checkpoint known at or below the version. */
  readonly checkpointVersion: Version | undefined;
  /**
   * When this version was last known to be the newest, in milliseconds since the
   * epoch; minus infinity where it was opened as an older one, whose successors
   * may be of any age, or cleaned up.
   */
  readonly newestAt: number;
  /**
   * The live files; read from the log when first asked for, then shared.
   *
   * @throws {DeltaError} `DELTA_LOG_FILE_CORRUPT`, `DELTA_CHECKPOINT_CORRUPT`,
   * `DELTA_VERSIONS_NOT_CONTIGUOUS`, naming the file; the store's own errors.
   */
  files(signal?: AbortSignal): Promise<FileSet>;
  /**
   * The tombstones, expired ones too; read anew at each call.
   *
   * @throws {DeltaError} As {@link Snapshot.files}.
   */
  tombstones(signal?: AbortSignal): Promise<readonly RemoveFile[]>;
}

/** Everything of a snapshot but its two reads. */
export type SnapshotState = Omit<Snapshot, "files" | "tombstones">;

/** Reads the tombstones of a version. */
export type ReadTombstones = (
  signal?: AbortSignal,
) => Promise<readonly RemoveFile[]>;

/** The live files of one version: there already, or read once when first asked for. */
export class FileSource {
  readonly #read: () => Promise<FileSet>;
  #loaded: FileSet | undefined;
  #loading: Promise<FileSet> | undefined;

  /**
   * Makes a source that has not read yet.
   *
   * @param read Reads the files; called again only after a failure.
   */
  constructor(read: () => Promise<FileSet>) {
    this.#read = read;
  }

  /** The files, where they have been read. */
  get loaded(): FileSet | undefined {
    return this.#loaded;
  }

  /** The files. */
  load(): Promise<FileSet> {
    this.#loading ??= this.#read().then(
      (files) => this.#loaded = files,
      (error) => {
        // The next call may have better luck.
        this.#loading = undefined;
        throw error;
      },
    );
    return this.#loading;
  }
}

/** What the rooms above must not see: where the files come from. */
const sources = new WeakMap<Snapshot, FileSource>();

/** Makes the frozen snapshot. */
export function makeSnapshot(
  state: SnapshotState,
  source: FileSource,
  tombstones: ReadTombstones,
): Snapshot {
  const what = `Reading the files of version ${state.version}`;
  const snapshot: Snapshot = Object.freeze({
    ...state,
    files: async (signal?: AbortSignal) => {
      throwIfAborted(signal, what);
      return source.loaded ?? await untilAborted(source.load(), signal, what);
    },
    tombstones,
  });
  sources.set(snapshot, source);
  return snapshot;
}

/** Where the files of a snapshot come from. */
export function fileSourceOf(snapshot: Snapshot): FileSource {
  return sources.get(snapshot)!;
}

/** Everything of a snapshot but its two reads. */
export function stateOf(snapshot: Snapshot): SnapshotState {
  const { files: _files, tombstones: _tombstones, ...state } = snapshot;
  return state;
}

/** The shared read goes on for others; only this caller stops waiting. */
function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  what: string,
): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(
        new DeltaError("DELTA_ABORTED", {
          what,
          why: "the caller cancelled it",
          fix: "Ask again if the files are still wanted",
          cause: signal.reason,
        }),
      );
    };
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() =>
      signal.removeEventListener("abort", abort)
    );
  });
}
