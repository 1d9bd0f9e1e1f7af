/**
 * The second opinion: a search for cycles of dependencies between operations,
 * as Elle does it, over the row ids that each read and wrote. It sees nothing
 * of predicates, so it finds less than C5; what it finds C5 must find too.
 *
 * Edges: the writer of a row to whoever read that state of it (wr), whoever
 * wrote it to who wrote it next (ww), whoever read it to who wrote it next (rw).
 *
 * @module
 */

import type { Operation } from "../history/history.ts";
import { findCycle } from "./c06_write_serializability.ts";
import type { Evidence } from "./evidence.ts";
import { selects } from "./predicate.ts";
import { type ModelRow, rowKey } from "./rows.ts";

/** A cycle of dependencies. */
export interface DependencyCycle {
  /** The versions on it, each depended on by the next. */
  readonly versions: readonly number[];
  /** Their operations. */
  readonly operations: readonly (string | undefined)[];
}

/** When a row had which value, by whose commit. */
interface Written {
  readonly version: number;
  readonly value: string | undefined;
}

/** Looks for a cycle among the committed operations. */
export function searchCycles(evidence: Evidence): DependencyCycle | undefined {
  const histories = writesByRow(evidence);
  const edges = new Map<number, Set<number>>();
  const edge = (from: number, to: number): void => {
    if (from === to) return;
    edges.set(from, (edges.get(from) ?? new Set()).add(to));
  };
  for (const writes of histories.values()) {
    for (let i = 1; i < writes.length; i++) {
      edge(writes[i - 1]!.version, writes[i]!.version);
    }
  }
  for (const { version } of evidence.commits) {
    const read = readBy(version, evidence);
    if (!read) continue;
    for (const id of read.ids) {
      const writes = histories.get(id) ?? [];
      const seen = writes.findLast((write) => write.version <= read.version);
      const next = writes.find((write) =>
        write.version > read.version && write.version !== version
      );
      if (seen) edge(seen.version, version);
      if (next) edge(version, next.version);
    }
  }
  const versions = findCycle(edges);
  return versions && {
    versions,
    operations: versions.map((version) => evidence.authors.get(version)),
  };
}

const idOf = (row: ModelRow): string => `${row.op}/${row.seq}`;

/** For each row id the values it had, in log order. Rearrangements write nothing. */
function writesByRow(evidence: Evidence): Map<string, Written[]> {
  const histories = new Map<string, Written[]>();
  let before = new Map<string, string>();
  for (const { version } of evidence.commits) {
    const rows = evidence.states.get(version)!.rows;
    const after = new Map<string, string>();
    for (const row of rows) {
      const other = after.get(idOf(row));
      after.set(idOf(row), [other ?? "", rowKey(row)].sort().join("+"));
    }
    for (const id of new Set([...before.keys(), ...after.keys()])) {
      const value = after.get(id);
      if (before.get(id) === value) continue;
      histories.set(id, [...histories.get(id) ?? [], { version, value }]);
    }
    before = after;
  }
  return histories;
}

/** The rows that a version's operation read, on the version that it read. */
function readBy(
  version: number,
  evidence: Evidence,
): { readonly version: number; readonly ids: ReadonlySet<string> } | undefined {
  const author = evidence.authors.get(version);
  const op = author === undefined
    ? undefined
    : evidence.operationById.get(author);
  const read = op && (op.success?.readVersion ?? evidence.baseOf.get(op.opId));
  const state = read === undefined ? undefined : evidence.states.get(read);
  if (!op || read === undefined || !state) return undefined;
  const where = whereOf(op);
  if (!where) return undefined;
  const rows = state.rows.filter((row) => selects(where.predicate, row));
  return { version: read, ids: new Set(rows.map(idOf)) };
}

/** The predicate of an operation that reads rows; nothing for the others. */
function whereOf(op: Operation) {
  switch (op.call.op) {
    case "delete":
    case "update":
    case "appendSelect":
    case "overwrite":
      return { predicate: op.call.request.where };
    default:
      return undefined;
  }
}
