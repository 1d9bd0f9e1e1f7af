/**
 * Deletes files that no version within retention needs.
 *
 * Full mode lists the table's folder and deletes what nobody refers to; lite
 * mode looks only at files that the log says were removed. Both keep every file
 * of the newest version, every file removed less than the retention ago, and
 * every file younger than that, which may belong to a write under way. Deletion
 * vectors and change files count as files.
 *
 * Objects are listed before the state is read, and right before each deletion
 * the log is looked at again, so that a commit in between keeps its files. When
 * a file was removed is told twice, by the tombstone and by the store's time of
 * the commit, and the later one counts; the clock must agree with the store's.
 * No commit is written.
 *
 * Source: Delta protocol, "Add File and Remove File" and "VACUUM Protocol Check".
 *
 * @module
 */

import type { Action } from "../actions/action.ts";
import { parseCommit } from "../actions/commit_codec.ts";
import { decodePath } from "../actions/file_key.ts";
import {
  resolveDataPath,
  resolveDeletionVectorPath,
} from "../data/data_path.ts";
import { DeltaError, throwIfAborted } from "../errors.ts";
import { readCommit } from "../log/commit_file.ts";
import { listLog } from "../log/log_listing.ts";
import { orderedParallel } from "../log/ordered_parallel.ts";
import { agreedTime } from "../log/store_clock.ts";
import { checkWritable } from "../protocol/support.ts";
import { tableProperties } from "../protocol/table_property.ts";
import { eachFile } from "../snapshot/file_set.ts";
import { loadSnapshot } from "../snapshot/load_snapshot.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";
import {
  type Candidates,
  filesNamed,
  listObjects,
  type NamedFile,
  vacuumable,
} from "./shared/vacuum_candidates.ts";
import { checkKnown } from "./write_options.ts";

/** Options of {@link vacuum}. */
export interface VacuumOptions {
  /** `full` (the default) looks at every object of the table, `lite` at what the log names. */
  readonly mode?: "full" | "lite" | undefined;
  /** How long removed files are kept, in hours; `delta.deletedFileRetentionDuration`, else a week by default. */
  readonly retentionHours?: number | undefined;
  /** Only tells what would be deleted; true by default. */
  readonly dryRun?: boolean | undefined;
  /** Refuses a retention below that of the table; true by default. */
  readonly enforceRetention?: boolean | undefined;
  /** Cancels between requests. */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link vacuum} did. */
export interface VacuumMetrics {
  /** Files deleted, or to be deleted. */
  readonly files: number;
  /** Their bytes. */
  readonly bytes: number;
  /** Objects looked at. */
  readonly filesLookedAt: number;
  /** How long it took, by the host's clock. */
  readonly durationMs: number;
}

/** What became of a vacuum. It never makes a version. */
export interface VacuumResult {
  /** `deleted`; `dry-run`, when nothing was touched; `nothing-to-do`. */
  readonly outcome: "deleted" | "dry-run" | "nothing-to-do";
  /** The version whose files were kept; newer commits were looked at too. */
  readonly version: number;
  /** What is older than this may go, in milliseconds since the epoch. */
  readonly cutoff: number;
  /** Paths deleted, or to be deleted, relative to the table, plain text, sorted. */
  readonly files: readonly string[];
  /** The state whose files were kept. */
  readonly snapshot: Snapshot;
  /** What it did, in figures. */
  readonly metrics: VacuumMetrics;
}

const OPTIONS: readonly (keyof VacuumOptions)[] = [
  "mode",
  "retentionHours",
  "dryRun",
  "enforceRetention",
  "signal",
];
const HOUR_MS = 3_600_000;
/** Objects deleted per request; the log is looked at before each. */
const BATCH = 1_000;
/** Requests under way at a time. */
const PARALLEL = 16;

/**
 * Deletes what nobody needs any more.
 *
 * @param context The table.
 * @param base A state of it; the newest one is read anew.
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` for a retention below the table's;
 *   `DELTA_UNSUPPORTED_FEATURES_FOR_WRITE` for a table this engine may not write;
 *   `DELTA_UNSUPPORTED_OPERATION` when the clock and the store's are a day apart.
 */
export async function vacuum(
  context: TableContext,
  base: Snapshot,
  options: VacuumOptions = {},
): Promise<VacuumResult> {
  const { signal, dryRun = true } = options;
  const what = `Cannot vacuum ${context.url}`;
  const startedAt = context.host.now();
  checkOptions(options, what);
  checkAllowed(base, options, what);
  throwIfAborted(signal, `Vacuuming ${context.url}`);
  const now = dryRun ? startedAt : await agreedTime(context, what, signal);
  // What is committed from here on is younger than what was listed.
  const listed = options.mode === "lite"
    ? undefined
    : await listObjects(context, base, signal);
  const snapshot = await loadSnapshot(context, { signal });
  const cutoff = now - checkAllowed(snapshot, options, what);
  const run = new Vacuum(context, snapshot, cutoff, signal);
  const candidates = listed
    ? new Map([...listed].filter(([, { modified }]) => modified <= cutoff))
    : await run.namedByLog();
  const lookedAt = listed?.size ?? candidates.size;
  await run.keepNeeded(candidates);
  const deleted = dryRun ? candidates : await run.delete(candidates, what);
  const files = [...deleted.keys()].sort();
  return {
    outcome: files.length === 0
      ? "nothing-to-do"
      : dryRun
      ? "dry-run"
      : "deleted",
    version: snapshot.version,
    cutoff,
    files,
    snapshot,
    metrics: {
      files: files.length,
      bytes: [...deleted.values()].reduce((sum, { size }) => sum + size, 0),
      filesLookedAt: lookedAt,
      durationMs: context.host.now() - startedAt,
    },
  };
}

function checkOptions(options: VacuumOptions, what: string): void {
  checkKnown(options, OPTIONS, what);
  const { mode = "full", retentionHours } = options;
  const why = mode !== "full" && mode !== "lite"
    ? `there is no mode ${mode}`
    : retentionHours !== undefined &&
        !(Number.isFinite(retentionHours) && retentionHours >= 0)
    ? `retentionHours is ${retentionHours}, not a number of hours`
    : undefined;
  if (why === undefined) return;
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what,
    why,
    fix: 'The mode is "full" or "lite", the retention a number from 0',
  });
}

/** Refuses a table that may not be vacuumed so; answers with the retention in milliseconds. */
function checkAllowed(
  { protocol, metadata, schema }: Snapshot,
  { retentionHours, enforceRetention = true }: VacuumOptions,
  what: string,
): number {
  checkWritable(protocol, metadata, schema, { operation: "vacuum" });
  const floor = tableProperties(metadata.configuration).deletedFileRetentionMs;
  const retention = retentionHours === undefined
    ? floor
    : retentionHours * HOUR_MS;
  if (retention >= floor || !enforceRetention) return retention;
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what,
    why: `retentionHours is ${retentionHours}, and the table keeps removed ` +
      `files for ${floor / HOUR_MS} hours: readers of older versions and ` +
      "writes under way would lose theirs",
    fix: "Give a longer retention, or enforceRetention: false where nobody " +
      "reads or writes the table meanwhile",
    context: { retentionHours, floorHours: floor / HOUR_MS },
  });
}

class Vacuum {
  readonly #context: TableContext;
  readonly #snapshot: Snapshot;
  readonly #cutoff: number;
  readonly #signal: AbortSignal | undefined;
  #version: number;

  constructor(
    context: TableContext,
    snapshot: Snapshot,
    cutoff: number,
    signal: AbortSignal | undefined,
  ) {
    this.#context = context;
    this.#snapshot = snapshot;
    this.#cutoff = cutoff;
    this.#signal = signal;
    this.#version = snapshot.version;
  }

  /** Takes everything off that a version within retention needs. */
  async keepNeeded(candidates: Candidates): Promise<void> {
    if (candidates.size === 0) return;
    for (const file of eachFile(await this.#snapshot.files(this.#signal))) {
      await this.#keep(candidates, file);
    }
    for (const file of await this.#snapshot.tombstones(this.#signal)) {
      if ((file.deletionTimestamp ?? 0) <= this.#cutoff) continue;
      await this.#keep(candidates, file);
    }
    // A tombstone may carry the time of a clock that was behind, and a
    // checkpoint may have dropped it for that: the store's time tells better.
    for await (const actions of this.#commits((at) => at > this.#cutoff)) {
      for (const file of filesNamed(actions)) {
        await this.#keep(candidates, file);
      }
    }
    await this.#keepNewer(candidates);
  }

  /** Files that the log says were removed, or changes recorded in, before the cut-off, and that are there. */
  async namedByLog(): Promise<Candidates> {
    const named = new Set<string>();
    const mayGo = vacuumable(this.#snapshot);
    const name = async (file: NamedFile): Promise<void> => {
      for (const path of await this.#pathsOf(file)) {
        if (mayGo(path)) named.add(path);
      }
    };
    for (const file of await this.#snapshot.tombstones(this.#signal)) {
      if ((file.deletionTimestamp ?? 0) <= this.#cutoff) await name(file);
    }
    for await (const actions of this.#commits((at) => at <= this.#cutoff)) {
      for (const action of actions) {
        if ("cdc" in action) await name(action.cdc);
        if (!("remove" in action)) continue;
        const { remove } = action;
        if ((remove.deletionTimestamp ?? 0) <= this.#cutoff) await name(remove);
      }
    }
    const { store } = this.#context;
    const signal = this.#signal;
    const heads = orderedParallel(
      [...named],
      PARALLEL,
      async (path) => ({ path, meta: await store.head(path, { signal }) }),
    );
    const found: Candidates = new Map();
    for await (const { path, meta } of heads) {
      if (!meta || meta.lastModified > this.#cutoff) continue;
      found.set(path, { size: meta.size, modified: meta.lastModified });
    }
    return found;
  }

  /** Deletes, and answers with what was deleted. */
  async delete(candidates: Candidates, what: string): Promise<Candidates> {
    const deleted: Candidates = new Map();
    while (candidates.size > 0) {
      throwIfAborted(this.#signal, `Vacuuming ${this.#context.url}`);
      await this.#keepNewer(candidates, what);
      const batch = [...candidates].slice(0, BATCH);
      const paths = batch.map(([path]) => path);
      await this.#context.store.delete(paths, { signal: this.#signal });
      for (const [path, candidate] of batch) {
        candidates.delete(path);
        deleted.set(path, candidate);
      }
    }
    return deleted;
  }

  /** Takes off what commits name that came after the state was read; no listing is trusted for it. */
  async #keepNewer(candidates: Candidates, what?: string): Promise<void> {
    for (;;) {
      const next = await readCommit(this.#context, this.#version + 1, {
        signal: this.#signal,
      });
      if (!next) return;
      const actions = parseCommit(next.bytes, next.path);
      if (actions.some((action) => "protocol" in action)) {
        throw new DeltaError("DELTA_PROTOCOL_CHANGED", {
          what: what ?? `Cannot vacuum ${this.#context.url}`,
          why: `version ${next.version} changed the table's protocol meanwhile`,
          fix: "Run it again",
        });
      }
      for (const file of filesNamed(actions)) {
        await this.#keep(candidates, file);
      }
      this.#version = next.version;
    }
  }

  /** The actions of the commits whose file was written at such a time, some reads ahead. */
  async *#commits(
    wanted: (lastModified: number) => boolean,
  ): AsyncGenerator<readonly Action[]> {
    const signal = this.#signal;
    const listing = await listLog(this.#context, signal ? { signal } : {});
    const commits = listing.commits.filter((c) => wanted(c.lastModified));
    yield* orderedParallel(commits, PARALLEL, async ({ version, size }) => {
      const found = await readCommit(this.#context, version, { size, signal });
      // Cleanup took it meanwhile: then it is long out of retention.
      return found ? parseCommit(found.bytes, found.path) : [];
    });
  }

  async #keep(candidates: Candidates, file: NamedFile): Promise<void> {
    if (!/^\/|:/.test(file.path) && !file.deletionVector) {
      // The common case, without a promise per path.
      candidates.delete(decodePath(file.path));
      candidates.delete(file.path);
      return;
    }
    for (const path of await this.#pathsOf(file)) candidates.delete(path);
    candidates.delete(file.path);
  }

  /** Paths, in the table's own store, of a file and its deletion vector. */
  async #pathsOf(file: NamedFile): Promise<string[]> {
    const places = [await resolveDataPath(this.#context, file.path)];
    const vector = file.deletionVector;
    if (vector && vector.storageType !== "i") {
      places.push(await resolveDeletionVectorPath(this.#context, vector));
    }
    return places.filter(({ store }) => store === this.#context.store)
      .map(({ path }) => path);
  }
}
