/**
 * The change feed as a client is answered it: for each version of the range the
 * net of what is told is what the version changed, S_v - S_{v-1}, once.
 *
 * @module
 */

import type { Operation } from "../history/history.ts";
import { rowsRead } from "./c08_atomic_reads.ts";
import type { Evidence } from "./evidence.ts";
import { NOTHING } from "./replay.ts";
import {
  compareRows,
  deltaOf,
  describeDifference,
  type ModelRow,
  shownRows,
} from "./rows.ts";
import type { Finding } from "./verdict.ts";

/** What the answers to `changes` tell that is not so. */
export function checkFeeds(evidence: Evidence): Finding[] {
  return evidence.operations.flatMap((op) => {
    if (op.call.op !== "changes" || !op.success?.rows) return [];
    const { from, to } = op.call.request;
    const told = Map.groupBy(
      rowsRead(op),
      (row) => Number(row._commit_version),
    );
    const beyond = [...told.keys()].filter((v) => v < from || v > to);
    const asked = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    return [...asked, ...beyond].flatMap((version) =>
      differs(op, version, told.get(version) ?? [], evidence)
    );
  });
}

function differs(
  op: Operation,
  version: number,
  told: readonly ModelRow[],
  evidence: Evidence,
): Finding[] {
  const after = evidence.states.get(version);
  const before = evidence.states.get(version - 1) ?? NOTHING;
  // Rows are told in the columns of the last version: a version that had others is another matter.
  const columns = new Set(op.success?.columns);
  const hasOthers = [before, after].some((state) =>
    state?.schema.fields.some(({ name }) => !columns.has(name))
  );
  if (!after || hasOthers) return [];
  const net = deltaOf(
    rowsOf(told, "delete", "update_preimage"),
    rowsOf(told, "insert", "update_postimage"),
  );
  const real = deltaOf(before.rows, after.rows);
  const difference = compareRows(
    asRows(real.added, real.removed),
    asRows(net.added, net.removed),
  );
  if (difference.missing.length + difference.extra.length === 0) return [];
  return [{
    anomaly: "change feed differs",
    story: `${op.opId} was told changes of version ${version} that are not ` +
      `what it changed: ${describeDifference(difference)}.`,
    versions: [version],
    operations: [op.opId],
    rows: shownRows(difference),
  }];
}

/** The rows of some kinds of change, without what the feed adds to them. */
export function rowsOf(
  told: readonly ModelRow[],
  ...types: readonly string[]
): ModelRow[] {
  return told.filter((row) => types.includes(String(row._change_type)))
    .map(({ _change_type, _commit_version, ...row }) => row);
}

/** A change as rows, to be compared as multisets. */
export function asRows(
  added: readonly string[],
  removed: readonly string[],
): ModelRow[] {
  return [
    ...added.map((row) => ({ change: "insert", row })),
    ...removed.map((row) => ({ change: "delete", row })),
  ];
}
