/**
 * Everything the checks judge by: the log as replayed by the judge, the store's
 * trace, the history, and who wrote which version.
 *
 * A commit is attributed by the trace (every client has its own handle), by
 * the token that the engine told, and by the ids in its rows, in this order.
 *
 * @module
 */

import {
  type HistoryEvent,
  type Operation,
  operationsOf,
} from "../history/history.ts";
import type { FinalObject, Run } from "../simulation/run_program.ts";
import type { TraceEntry } from "../simulation/scheduled_store.ts";
import { type JudgedCheckpoint, readCheckpoints } from "./checkpoint_state.ts";
import { readDataRows } from "./data_rows.ts";
import { deletedRows, vectorFile } from "./deletion_vector.ts";
import {
  applyCommit,
  type JudgedCommit,
  type LoggedAdd,
  type LoggedCdc,
  NOTHING,
  parseCommitFile,
  type TableState,
} from "./replay.ts";
import type { ModelRow } from "./rows.ts";

/** The isolation levels of Delta tables. */
export type Level = "Serializable" | "WriteSerializable" | "SnapshotIsolation";

/** What is judged. */
export interface EvidenceSource {
  /** The level to judge by. */
  readonly level: Level;
  /** What clients did and were told. */
  readonly history: readonly HistoryEvent[];
  /** What the store did; empty where there was no seam. */
  readonly trace: readonly TraceEntry[];
  /** What the store holds in the end. */
  readonly objects: ReadonlyMap<string, FinalObject>;
  /** Rows of data files by path, where they are not in the objects: for histories written by hand. */
  readonly rows?: ReadonlyMap<string, readonly ModelRow[]>;
  /** Checkpoints, where they are not in the objects: for histories written by hand. */
  readonly checkpoints?: readonly JudgedCheckpoint[];
  /** What the store held after power was lost, where it was. */
  readonly afterPowerCut?: ReadonlyMap<string, FinalObject>;
  /** When power was lost, by the logical clock; after everything by default. */
  readonly powerCutAt?: number;
  /** Faults that struck. */
  readonly faults?: number;
}

/** What the checks look at. */
export interface Evidence extends EvidenceSource {
  /** The commits, version 0 first. */
  readonly commits: readonly JudgedCommit[];
  /** The state of each of them, by version. */
  readonly states: ReadonlyMap<number, TableState>;
  /** The operations of the history. */
  readonly operations: readonly Operation[];
  /** The operations by id. */
  readonly operationById: ReadonlyMap<string, Operation>;
  /** Who wrote each version's final bytes. */
  readonly authors: ReadonlyMap<number, string>;
  /** The versions that each operation wrote. */
  readonly commitsOf: ReadonlyMap<string, readonly number[]>;
  /** The version of the handle on which an operation was run. */
  readonly baseOf: ReadonlyMap<string, number>;
  /** When each version took effect, by the logical clock; 0 where nobody knows. */
  readonly effectAt: ReadonlyMap<number, number>;
  /** Why data files could not be read, by path. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** The rows of a data file by physical column. */
  readonly rowsOf: (
    file: LoggedAdd | LoggedCdc,
  ) => readonly ModelRow[] | undefined;
  /** The checkpoints that the store holds. */
  readonly checkpoints: readonly JudgedCheckpoint[];
}

const COMMIT = /^_delta_log\/(\d{20})\.json$/;

/** The path of a version's commit file. */
export function commitPath(version: number): string {
  return `_delta_log/${String(version).padStart(20, "0")}.json`;
}

/** The version of a commit file's path. */
export function versionOfPath(path: string): number | undefined {
  const digits = COMMIT.exec(path)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Whether a traced call made or changed an object. */
export function isWrite(entry: TraceEntry): boolean {
  return entry.effect === "created" || entry.effect === "written";
}

/** A path of the log as the store's path: decoded once. */
export function storedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return path;
    throw error;
  }
}

/** The objects of the table that a file of the log stands for: its data, and its deletion vector where that is a file; those at URLs are left out. */
export function storedFiles(
  file: Pick<LoggedAdd, "path" | "deletionVector">,
): string[] {
  return [file.path, vectorFile(file.deletionVector)]
    .filter((path) => path !== undefined && !path.includes("://"))
    .map((path) => storedPath(path!));
}

/** What of a run is judged. */
export function sourceOf(run: Run, level: Level): EvidenceSource {
  const { history, trace, objects, faults, powerCut } = run;
  return {
    level,
    history,
    trace,
    objects,
    faults,
    ...(powerCut && {
      afterPowerCut: powerCut.left,
      powerCutAt: powerCut.time,
    }),
  };
}

/** A run as evidence. */
export async function evidenceOf(run: Run, level: Level): Promise<Evidence> {
  return await buildEvidence(sourceOf(run, level));
}

/** Reads and replays everything once. */
export async function buildEvidence(source: EvidenceSource): Promise<Evidence> {
  const { history, trace, objects } = source;
  const commits = commitsIn(source);
  const files = commits.flatMap((commit) => [...commit.adds, ...commit.cdc]);
  const { rowsOf, unreadable } = await readFiles(files, source);
  const states = new Map<number, TableState>([[-1, NOTHING]]);
  let state = NOTHING;
  for (const commit of commits) {
    // A version that was skipped stays what the one before it was.
    for (let gap = state.version + 1; gap < commit.version; gap++) {
      states.set(gap, state);
    }
    state = applyCommit(state, commit, rowsOf);
    states.set(commit.version, state);
  }
  const operations = operationsOf(history);
  const authors = authorsOf(commits, trace, operations, states);
  const commitsOf = new Map<string, number[]>();
  for (const [version, opId] of authors) {
    commitsOf.set(opId, [...commitsOf.get(opId) ?? [], version]);
  }
  const effectAt = new Map<number, number>();
  for (const entry of trace) {
    const version = versionOfPath(entry.path);
    if (version !== undefined && isWrite(entry) && !effectAt.has(version)) {
      effectAt.set(version, entry.time);
    }
  }
  return {
    ...source,
    commits,
    states,
    operations,
    operationById: new Map(operations.map((op) => [op.opId, op])),
    authors,
    commitsOf,
    baseOf: basesOf(operations),
    effectAt,
    unreadable,
    rowsOf,
    checkpoints: source.checkpoints ?? await readCheckpoints(objects),
  };
}

/** The commits in the store, and those that were there once. */
function commitsIn({ objects, trace }: EvidenceSource): JudgedCommit[] {
  const found = new Map<number, JudgedCommit>();
  for (const entry of trace) {
    const version = versionOfPath(entry.path);
    if (version === undefined || !isWrite(entry) || !entry.bytes) continue;
    found.set(version, parseCommitFile(version, entry.bytes, entry.atMs));
  }
  for (const { path, bytes, lastModified } of objects.values()) {
    const version = versionOfPath(path);
    if (version === undefined) continue;
    found.set(version, parseCommitFile(version, bytes, lastModified));
  }
  return [...found.values()].sort((a, b) => a.version - b.version);
}

/** Every data file that a commit names, read from what the store holds or was once given. */
async function readFiles(
  files: readonly (LoggedAdd | LoggedCdc)[],
  { objects, trace, rows: given }: EvidenceSource,
): Promise<Pick<Evidence, "rowsOf" | "unreadable">> {
  const bytesOf = new Map<string, Uint8Array>();
  for (const entry of trace) {
    if (isWrite(entry) && entry.bytes) bytesOf.set(entry.path, entry.bytes);
  }
  for (const { path, bytes } of objects.values()) bytesOf.set(path, bytes);
  const unreadable = new Map<string, string>();
  const rows = new Map<string, readonly ModelRow[]>(given);
  const masked = new Map<LoggedAdd | LoggedCdc, readonly ModelRow[]>();
  for (const file of files) {
    const path = storedPath(file.path);
    if (!rows.has(path)) {
      const bytes = bytesOf.get(path);
      const read = bytes ? await readDataRows(path, bytes) : "it is not there";
      if (typeof read === "string") unreadable.set(path, read);
      rows.set(path, typeof read === "string" ? [] : read);
    }
    const dv = "deletionVector" in file ? file.deletionVector : undefined;
    if (!dv) continue;
    const gone = deletedRows(dv, (name) => bytesAt(name, bytesOf));
    if (typeof gone === "string") unreadable.set(path, gone);
    else masked.set(file, rows.get(path)!.filter((_, i) => !gone.has(i)));
  }
  return {
    unreadable,
    rowsOf: (file) => masked.get(file) ?? rows.get(storedPath(file.path)),
  };
}

/** The bytes at a path of the table, or at a URL somewhere that ends in one. */
function bytesAt(
  path: string,
  bytesOf: ReadonlyMap<string, Uint8Array>,
): Uint8Array | undefined {
  const found = bytesOf.get(storedPath(path));
  if (found || !path.includes(":")) return found;
  const name = [...bytesOf.keys()].find((key) =>
    storedPath(path).endsWith(`/${key}`)
  );
  return name === undefined ? undefined : bytesOf.get(name);
}

function authorsOf(
  commits: readonly JudgedCommit[],
  trace: readonly TraceEntry[],
  operations: readonly Operation[],
  states: ReadonlyMap<number, TableState>,
): Map<number, string> {
  const authors = new Map<number, string>();
  for (const entry of trace) {
    const version = versionOfPath(entry.path);
    if (version === undefined || !isWrite(entry)) continue;
    if (entry.opId !== undefined) authors.set(version, entry.opId);
  }
  const byToken = new Map(
    operations.flatMap((op) => {
      const token = op.success?.token ?? op.failure?.token;
      return token === undefined ? [] : [[token, op.opId] as const];
    }),
  );
  const ids = new Set(operations.map((op) => op.opId));
  for (const { version, commitInfo } of commits) {
    if (authors.has(version)) continue;
    const byRows = freshIds(states, version).find((id) => ids.has(id));
    const author = byToken.get(String(commitInfo?.txnId)) ?? byRows;
    if (author !== undefined) authors.set(version, author);
  }
  return authors;
}

/** The operations named by rows that a version has and none before it had. */
export function freshIds(
  states: ReadonlyMap<number, TableState>,
  version: number,
): string[] {
  const before = new Set<string>();
  for (let v = 0; v < version; v++) {
    for (const { op, seq } of states.get(v)?.rows ?? []) {
      before.add(`${op}/${seq}`);
    }
  }
  const fresh = (states.get(version)?.rows ?? []).filter((row) =>
    !before.has(`${row.op}/${row.seq}`)
  );
  return [...new Set(fresh.flatMap((row) => row.op ? [String(row.op)] : []))];
}

/** The version that each operation's handle was at when it began. */
function basesOf(operations: readonly Operation[]): Map<string, number> {
  const at = new Map<string, number>();
  const bases = new Map<string, number>();
  for (const op of [...operations].sort((a, b) => a.invokedAt - b.invokedAt)) {
    const handle = `${op.client} ${op.handle}`;
    const base = at.get(handle);
    if (base !== undefined) bases.set(op.opId, base);
    const version = op.success?.version;
    if (version === undefined || op.call.op === "resolve") continue;
    const moves = op.call.op === "open" || version >= (base ?? -1);
    if (moves) at.set(handle, version);
  }
  return bases;
}

/** The state of a version. */
export function stateAt(
  evidence: Evidence,
  version: number,
): TableState | undefined {
  return evidence.states.get(version);
}

/** The newest version of the log. */
export function newestVersion(evidence: Evidence): number {
  return evidence.commits.at(-1)?.version ?? -1;
}

/** Whether the store showed an operation a listing that was out of date: no store of the project's does, and no reader can tell. */
export function sawStaleList(op: Operation, { trace }: Evidence): boolean {
  return trace.some((entry) =>
    entry.opId === op.opId && entry.fault === "stale"
  );
}

/** The commits that add or remove files: no other changes a row. */
export function commitsWithFiles({ commits }: Evidence): JudgedCommit[] {
  return commits.filter(({ adds, removes }) =>
    adds.length > 0 || removes.length > 0
  );
}
