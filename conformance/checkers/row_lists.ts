/**
 * What the versions of a table say as lists, the shape that Elle works on: for
 * each row the list of what it became, for each partition the list of the rows
 * put into it, both in the order of the log.
 *
 * A row is told by the operation that inserted it and its number there; a copy
 * that INSERT … SELECT makes counts as a row of its own. A commit that only
 * moves rows writes none.
 *
 * @module
 */

import type { Json } from "../engine_adapter.ts";
import { commitsWithFiles, type Evidence } from "./evidence.ts";
import {
  type JudgedCommit,
  keyOf,
  type LoggedAdd,
  logicalRow,
} from "./replay.ts";
import { type ModelRow, rowKey } from "./rows.ts";

/** What a commit made of a row. */
export interface RowWrite {
  /** The version. */
  readonly version: number;
  /** Who: an operation's id, or the version where nobody knows. */
  readonly writer: string;
  /** What is there of the row now: nothing where it is gone, several where it is there more than once. */
  readonly rows: readonly ModelRow[];
  /** `rows` as a text that equal ones share. */
  readonly text: string;
}

/** The lists of a log. */
export interface RowLists {
  /** What each row became, by the row's id. */
  readonly rows: ReadonlyMap<string, readonly RowWrite[]>;
  /** For each value of column p, the writes that put a new row there. */
  readonly partitions: ReadonlyMap<Json, readonly RowWrite[]>;
}

/** Copies of an operation's rows are a hundred generations apart or more. */
const GENERATIONS = 100;

/** What tells one row from another. */
export function idOf({ op, seq, gen }: ModelRow): string {
  const copy = Math.floor(Number(gen ?? 0) / GENERATIONS);
  return `${op}/${seq}${copy > 0 ? `~${copy}` : ""}`;
}

/** Rows as a text that equal multisets share. */
export function textOf(rows: readonly ModelRow[]): string {
  if (rows.length === 0) return "";
  return rows.length === 1
    ? rowKey(rows[0]!)
    : rows.map(rowKey).sort().join("+");
}

/** Who wrote a version. */
export function writerOf(version: number, { authors }: Evidence): string {
  return authors.get(version) ?? `version ${version}`;
}

/** Puts the lists of a log together. */
export function rowLists(evidence: Evidence): RowLists {
  const lists = new Map<string, RowWrite[]>();
  const partitions = new Map<Json, RowWrite[]>();
  let last = { version: -1, rows: new Map() as Rows };
  for (const commit of commitsWithFiles(evidence)) {
    const { version } = commit;
    const writer = writerOf(version, evidence);
    // A change of the schema in between gives rows other names, and writes none.
    const before = last.version === version - 1
      ? last.rows
      : rowsById(evidence.states.get(version - 1)?.rows ?? []);
    const after = rowsById(evidence.states.get(version)!.rows);
    for (const id of written(commit, before, after, evidence)) {
      const rows = after.get(id) ?? [];
      const write = { version, writer, rows, text: textOf(rows) };
      push(lists, id, write);
      if (!before.has(id)) push(partitions, rows[0]?.p ?? null, write);
    }
    last = { version, rows: after };
  }
  return { rows: lists, partitions };
}

type Rows = ReadonlyMap<string, readonly ModelRow[]>;

function rowsById(rows: readonly ModelRow[]): Rows {
  const byId = new Map<string, ModelRow[]>();
  for (const row of rows) push(byId, idOf(row), row);
  return byId;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** The rows that a commit wrote: those that it changed, and those that it meant to and that are still there. */
function written(
  commit: JudgedCommit,
  before: Rows,
  after: Rows,
  evidence: Evidence,
): Set<string> {
  const ids = new Set(meant(commit, evidence).filter((id) => before.has(id)));
  for (const [id, rows] of after) {
    if (!sameRows(before.get(id), rows)) ids.add(id);
  }
  for (const id of before.keys()) {
    if (!after.has(id)) ids.add(id);
  }
  return ids;
}

/** Rows of files that were removed though they were gone, and that the commit did not put elsewhere. */
function meant(commit: JudgedCommit, evidence: Evidence): string[] {
  const { version, removes, adds } = commit;
  const live = evidence.states.get(version - 1)?.live;
  const dead = removes.filter((file) => !live?.has(keyOf(file)));
  if (dead.length === 0) return [];
  const put = new Set(
    adds.flatMap((file) => rowsOfFile(file, version, evidence)).map(rowKey),
  );
  return dead.flatMap((remove) => {
    const file = addedBefore(keyOf(remove), version, evidence);
    return file ? rowsOfFile(file, version, evidence) : [];
  }).filter((row) => !put.has(rowKey(row))).map(idOf);
}

function addedBefore(
  key: string,
  version: number,
  { commits }: Evidence,
): LoggedAdd | undefined {
  return commits.filter((commit) => commit.version < version)
    .flatMap(({ adds }) => adds).findLast((add) => keyOf(add) === key);
}

function rowsOfFile(
  file: LoggedAdd,
  version: number,
  evidence: Evidence,
): ModelRow[] {
  const { metadata, schema } = evidence.states.get(version)!;
  if (!metadata) return [];
  return (evidence.rowsOf(file) ?? [])
    .map((row) => logicalRow(row, file, metadata, schema));
}

/** The ids of the rows in the files that a commit removes. */
export function idsRemovedFrom(version: number, evidence: Evidence): string[] {
  const commit = evidence.commits.find((c) => c.version === version);
  return (commit?.removes ?? []).flatMap((remove) => {
    const file = addedBefore(keyOf(remove), version, evidence);
    return file ? rowsOfFile(file, version, evidence).map(idOf) : [];
  });
}

function sameRows(
  a: readonly ModelRow[] | undefined,
  b: readonly ModelRow[],
): boolean {
  if (a?.length !== b.length) return false;
  return a.length === 1 ? sameRow(a[0]!, b[0]!) : textOf(a) === textOf(b);
}

/** Whether two rows are equal; a column that is absent is null. */
function sameRow(a: ModelRow, b: ModelRow): boolean {
  for (const name in a) {
    if (!sameValue(a[name] ?? null, b[name] ?? null)) return false;
  }
  for (const name in b) {
    if (!(name in a) && b[name] !== null) return false;
  }
  return true;
}

function sameValue(a: Json, b: Json): boolean {
  if (a === b) return true;
  return typeof a === "object" && JSON.stringify(a) === JSON.stringify(b);
}
