/**
 * What an operation read, as timelines: for each thing that it looked at, when
 * that changed and by whom. An operation looks only at what its predicate
 * selects, so a change of any other row is no change on its timelines.
 *
 * Reads of the same content are reads of the same thing: a row that came and
 * went again was never missed.
 *
 * @module
 */

import type { JsonPredicate, Requests } from "../engine_adapter.ts";
import type { Operation } from "../history/history.ts";
import { rowsRead } from "./c08_atomic_reads.ts";
import { commitsWithFiles, type Evidence } from "./evidence.ts";
import { selects } from "./predicate.ts";
import {
  idOf,
  idsRemovedFrom,
  type RowLists,
  textOf,
  writerOf,
} from "./row_lists.ts";
import { type ModelRow, namedRows } from "./rows.ts";

/** One change of what an operation looks at. */
export interface Change {
  /** The version. */
  readonly version: number;
  /** Who. */
  readonly writer: string;
  /** What it was from then on; nothing is "". */
  readonly content: string;
}

/** Something that an operation looked at. */
export interface Timeline {
  /** Its name, for stories. */
  readonly name: string;
  /** Its changes, in the order of the log; before the first it was nothing. */
  readonly changes: readonly Change[];
  /** What the operation saw of it, where that is told by the answer. */
  readonly observed?: string;
}

/** What an operation looked at; nothing where it reads no rows. `hidden` are row ids that it need not see. */
export function timelinesOf(
  op: Operation,
  lists: RowLists,
  evidence: Evidence,
  hidden: ReadonlySet<string>,
): Timeline[] {
  const { call } = op;
  switch (call.op) {
    case "delete":
    case "update":
    case "appendSelect":
      return selected(lists, hidden, by(call.request.where));
    case "overwrite":
      return selected(lists, hidden, replaced(call.request, evidence));
    case "optimize":
      return moved(op, lists, evidence);
    case "merge":
      return merged(op.opId, call.request, lists, evidence, hidden);
    case "read":
      return answered(op, lists);
    default:
      return [];
  }
}

type Selects = (row: ModelRow) => boolean;

const by = (where: JsonPredicate | undefined): Selects => (row) =>
  selects(where, row);

/** A timeline per row, of what of it is selected. */
function selected(
  lists: RowLists,
  hidden: ReadonlySet<string>,
  isSelected: Selects,
): Timeline[] {
  const timelines: Timeline[] = [];
  for (const [name, writes] of lists.rows) {
    if (hidden.has(name)) continue;
    const changes: Change[] = [];
    let last = "";
    for (const { version, writer, rows, text } of writes) {
      const seen = rows.filter(isSelected);
      const content = seen.length === rows.length ? text : textOf(seen);
      if (content !== last) changes.push({ version, writer, content });
      last = content;
    }
    if (changes.length > 0) timelines.push({ name, changes });
  }
  return timelines;
}

/** What an overwrite takes away. */
function replaced(request: Requests["overwrite"], evidence: Evidence): Selects {
  if (request.where || request.partitions !== "dynamic") {
    return by(request.where);
  }
  const state = evidence.states.get(evidence.commits.at(-1)?.version ?? -1)!;
  const columns = state.metadata?.partitionColumns ?? [];
  const partition = (row: ModelRow): string =>
    JSON.stringify(columns.map((name) => row[name] ?? null));
  const written = new Set(
    namedRows(request.rows, state.schema).map(partition),
  );
  return (row) => written.has(partition(row));
}

/** What a rewrite moves: whole files, so the rows of those that it removed. */
function moved(
  op: Operation,
  lists: RowLists,
  evidence: Evidence,
): Timeline[] {
  const ids = new Set(
    (evidence.commitsOf.get(op.opId) ?? [])
      .flatMap((version) => idsRemovedFrom(version, evidence)),
  );
  const others = new Set([...lists.rows.keys()].filter((id) => !ids.has(id)));
  return selected(lists, others, () => true);
}

/** What a merge looks at: the rows that it matches, or only whether there are any. */
function merged(
  opId: string,
  request: Requests["merge"],
  lists: RowLists,
  evidence: Evidence,
  hidden: ReadonlySet<string>,
): Timeline[] {
  const source = namedRows(request.rows, request.schema);
  const matches = (a: ModelRow, b: ModelRow): boolean =>
    request.on.every((name) =>
      (a[name] ?? null) !== null && a[name] === b[name]
    );
  if (request.whenNotMatchedBySource) {
    return selected(lists, hidden, () => true);
  }
  if (request.whenMatched) {
    return selected(
      lists,
      hidden,
      (row) => source.some((other) => matches(row, other)),
    );
  }
  // It does not find what it is about to insert.
  const own = [...lists.rows].filter(([, [first]]) => first!.writer === opId);
  const others = new Set([...hidden, ...own.map(([id]) => id)]);
  return source.map((row) =>
    existence((other) => matches(row, other), evidence, others)
  );
}

/** Whether there is any such row, by version. */
function existence(
  isSuch: Selects,
  evidence: Evidence,
  hidden: ReadonlySet<string>,
): Timeline {
  const changes: Change[] = [];
  for (const { version } of commitsWithFiles(evidence)) {
    const rows = evidence.states.get(version)!.rows;
    const content = rows.some((row) => isSuch(row) && !hidden.has(idOf(row)))
      ? "there"
      : "";
    if (content === (changes.at(-1)?.content ?? "")) continue;
    const writer = writerOf(version, evidence);
    changes.push({ version, writer, content });
  }
  return { name: "a match", changes };
}

/** What a reader was answered, row by row. */
function answered(op: Operation, lists: RowLists): Timeline[] {
  const request = op.call.request as Requests["read"];
  if (!op.success?.rows || request.columns) return [];
  const seen = new Map<string, ModelRow[]>();
  for (const row of rowsRead(op)) {
    const id = idOf(row);
    seen.set(id, [...seen.get(id) ?? [], row]);
  }
  return selected(lists, new Set(), by(request.where)).map((timeline) => ({
    ...timeline,
    observed: textOf(seen.get(timeline.name) ?? []),
  }));
}
