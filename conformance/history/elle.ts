/**
 * A judged run in Elle's list-append shape, for those who want a third opinion:
 * the lists are the partitions of the table, their elements the ids of its rows.
 *
 * A write appends the rows that it inserted. A read of the whole table sees each
 * list in the order of the log; rows that are no longer in the version that was
 * read were there before and stay on the list, since lists only grow.
 *
 * @module
 */

import type { Evidence } from "../checkers/evidence.ts";
import { idOf, type RowLists, rowLists } from "../checkers/row_lists.ts";
import { rowsRead } from "../checkers/c08_atomic_reads.ts";
import type { Json } from "../engine_adapter.ts";
import type { Operation } from "../history/history.ts";
import { type ListState, toElle } from "./history_file.ts";

/** The run in Elle's shape, a map of EDN a line. */
export function elleOf(evidence: Evidence): string {
  const lists = rowLists(evidence);
  return toElle(evidence.history, (opId) => {
    const op = evidence.operationById.get(opId);
    return op && listsRead(op, lists, evidence);
  }, (opId) => insertedBy(opId, lists));
}

/** The rows that an operation put into each list. */
function insertedBy(
  opId: string,
  lists: RowLists,
): (readonly [Json, string])[] {
  return [...lists.rows].flatMap(([id, [first]]) =>
    first!.writer === opId ? [[first!.rows[0]?.p ?? null, id] as const] : []
  );
}

/** The lists that a read of the whole table saw. */
function listsRead(
  op: Operation,
  lists: RowLists,
  evidence: Evidence,
): ListState | undefined {
  const { call, success } = op;
  if (call.op !== "read" || call.request.where || call.request.columns) {
    return undefined;
  }
  const state = evidence.states.get(success?.version ?? -1);
  if (!success?.rows || !state) return undefined;
  const seen = new Set(rowsRead(op).map(idOf));
  const there = new Set(state.rows.map(idOf));
  const byList = new Map<Json, string[]>();
  for (const [id, [first]] of lists.rows) {
    const list = byList.get(first!.rows[0]?.p ?? null) ?? [];
    const isGone = first!.version <= state.version && !there.has(id);
    if (seen.has(id) || isGone) list.push(id);
    byList.set(first!.rows[0]?.p ?? null, list);
  }
  return { version: state.version, lists: byList };
}
