/**
 * Who depends on whom, as Adya names it: an operation that wrote a row depends
 * on who wrote it before (ww), one that read it on who had written it (wr), and
 * who overwrites it depends on those who read it before (rw).
 *
 * @module
 */

import type { Operation } from "../history/history.ts";
import type { Evidence } from "./evidence.ts";
import { type RowLists, rowLists, type RowWrite } from "./row_lists.ts";
import { type Change, type Timeline, timelinesOf } from "./timelines.ts";

/** How one operation depends on another. */
export interface Dependency {
  /** Who comes first. */
  readonly from: string;
  /** Who comes after. */
  readonly to: string;
  /** By what. */
  readonly kind: "ww" | "wr" | "rw";
  /** The row, or what else was looked at. */
  readonly row: string;
  /** For rw: whether the row was there when it was read; else its coming was missed. */
  readonly isItem: boolean;
}

/** A read that no order of operations can give. */
export interface DirtyRead {
  /** `G1a`: of something that has no effect; `G1b`: of something half done. */
  readonly anomaly: "G1a" | "G1b";
  /** Who read. */
  readonly reader: string;
  /** Whose write. */
  readonly writer: string;
  /** The row. */
  readonly row: string;
}

/** The dependencies of a history. */
export interface Dependencies {
  /** Every one that was found. */
  readonly edges: readonly Dependency[];
  /** Reads of what was not to be read. */
  readonly dirty: readonly DirtyRead[];
}

/** What an operation read, and when it committed. */
interface Reader {
  readonly op: Operation;
  /** The version that it read. */
  readonly read: number;
  /** Its commit; none where it only reads. */
  readonly commit: number | undefined;
}

/** Derives the dependencies between the operations of a history. */
export function dependenciesOf(evidence: Evidence): Dependencies {
  const lists = rowLists(evidence);
  const edges: Dependency[] = [];
  const dirty: DirtyRead[] = [];
  for (const [row, writes] of lists.rows) overwrites(row, writes, edges);
  // The order of a list is seen by nobody; at Serializable it is the order of the log.
  if (evidence.level === "Serializable") {
    for (const [p, writes] of lists.partitions) {
      overwrites(`list ${JSON.stringify(p)}`, writes, edges);
    }
  }
  for (const op of evidence.operations) {
    const reader = readerOf(op, evidence);
    if (!reader) continue;
    const hidden = mayMiss(reader, lists, evidence);
    for (const timeline of timelinesOf(op, lists, evidence, hidden)) {
      reads(reader, timeline, lists, edges);
      const found = dirtyRead(reader, timeline, lists, evidence);
      if (found) dirty.push(found);
    }
  }
  return { edges, dirty };
}

function overwrites(
  row: string,
  writes: readonly RowWrite[],
  edges: Dependency[],
): void {
  for (let i = 1; i < writes.length; i++) {
    const [from, to] = [writes[i - 1]!.writer, writes[i]!.writer];
    if (from !== to) edges.push({ from, to, kind: "ww", row, isItem: true });
  }
}

/** What an operation read, where that is known: the engine said it, its commit did, or nothing came between. */
function readerOf(op: Operation, evidence: Evidence): Reader | undefined {
  if (op.call.op === "read") {
    const read = op.success?.version;
    return read === undefined ? undefined : { op, read, commit: undefined };
  }
  const commit = evidence.commitsOf.get(op.opId)?.at(-1);
  if (commit === undefined) return undefined;
  const logged = evidence.commits.find(({ version }) => version === commit)
    ?.commitInfo?.readVersion;
  const read = op.success?.readVersion ??
    (typeof logged === "number" ? logged : evidence.baseOf.get(op.opId));
  const isTold = op.success?.readVersion !== undefined ||
    typeof logged === "number" || read === commit - 1;
  return read === undefined || !isTold ? undefined : { op, read, commit };
}

/** Rows of blind appends that an operation need not have seen: at WriteSerializable those that came while it was running. */
function mayMiss(
  { op, read, commit }: Reader,
  lists: RowLists,
  evidence: Evidence,
): ReadonlySet<string> {
  const hidden = new Set<string>();
  if (evidence.level !== "WriteSerializable" || op.call.op === "read") {
    return hidden;
  }
  for (const [id, [first]] of lists.rows) {
    const { version, writer } = first!;
    if (version <= read || version >= commit!) continue;
    const call = evidence.operationById.get(writer)?.call;
    if (call?.op === "append" && !call.request.mergeSchema) hidden.add(id);
  }
  return hidden;
}

const contentAt = (changes: readonly Change[], version: number): string =>
  changes.findLast((change) => change.version <= version)?.content ?? "";

/** Dependencies by one thing that was looked at. */
function reads(
  { op, read, commit = Infinity }: Reader,
  { name: row, changes, observed }: Timeline,
  lists: RowLists,
  edges: Dependency[],
): void {
  const me = op.opId;
  const seen = observed ?? contentAt(changes, read);
  const last = lastWith(seen, read, changes);
  if (last === undefined) return;
  const before = changes[last];
  if (before && before.writer !== me) {
    const { writer: from } = before;
    edges.push({ from, to: me, kind: "wr", row, isItem: true });
  }
  // What it saw is what was there until its commit: then only who came after it overwrote that.
  const until = contentAt(changes, commit - 1);
  const after = seen === until && commit !== Infinity
    ? changes.find(({ version, writer, content }) =>
      version > commit && writer !== me && content !== until
    )
    : changes.slice(last + 1).find(({ writer, content }) =>
      writer !== me && content !== seen
    );
  if (!after) return;
  const wasThere = lists.rows.get(row)
    ?.findLast(({ version }) => version <= read);
  const isItem = seen !== "" || (wasThere?.rows.length ?? 0) > 0;
  edges.push({ from: me, to: after.writer, kind: "rw", row, isItem });
}

/** The change that gave what was seen, the newest at the version read if it can be; -1 before the first. */
function lastWith(
  seen: string,
  read: number,
  changes: readonly Change[],
): number | undefined {
  const at = changes.findLastIndex(({ version, content }) =>
    version <= read && content === seen
  );
  if (at >= 0) return at;
  if (seen === "") return -1;
  const later = changes.findIndex(({ content }) => content === seen);
  return later >= 0 ? later : undefined;
}

/** Whether what was read is of a failed operation, or was written again by the one that wrote it. */
function dirtyRead(
  { op, read }: Reader,
  { name: row, changes, observed }: Timeline,
  lists: RowLists,
  evidence: Evidence,
): DirtyRead | undefined {
  const seen = observed ?? contentAt(changes, read);
  if (seen === "") return undefined;
  const at = changes[lastWith(seen, read, changes) ?? -1];
  if (!at || at.writer === op.opId) return undefined;
  const { writer } = at;
  const found = { reader: op.opId, writer, row };
  if (evidence.operationById.get(writer)?.outcome === "fail") {
    return { anomaly: "G1a", ...found };
  }
  const isHalf = lists.rows.get(row)?.some((write) =>
    write.writer === writer && write.version > at.version
  );
  return isHalf ? { anomaly: "G1b", ...found } : undefined;
}
