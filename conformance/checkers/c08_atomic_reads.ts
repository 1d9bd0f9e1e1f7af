/**
 * C8, atomic reads: what a client reads is one version of the log, whole. The
 * versions form a chain, so an answer that is none of them is an orphan seen,
 * half a commit, or a fork. What it is told of a version is that version too.
 *
 * @module
 */

import type { JsonRow } from "../engine_adapter.ts";
import type { Operation } from "../history/history.ts";
import { checkDescription } from "./description.ts";
import type { Evidence } from "./evidence.ts";
import { selects } from "./predicate.ts";
import type { TableState } from "./replay.ts";
import {
  compareRows,
  describeDifference,
  type ModelRow,
  sameRows,
  shownRows,
} from "./rows.ts";
import { type Verdict, verdicts } from "./verdict.ts";

const found = verdicts("C8", "SAFETY");

/** See the module. */
export function checkAtomicReads(evidence: Evidence): Verdict[] {
  return evidence.operations.flatMap((op) => {
    if (op.call.op === "describe") {
      return checkDescription(op, evidence).map(found);
    }
    if (op.call.op !== "read" || !op.success?.rows) return [];
    return judgeRead(op, rowsRead(op), evidence);
  });
}

/** The rows that a read gave, by column name. */
export function rowsRead(op: Operation): ModelRow[] {
  const { rows = [], columns = [] } = op.success ?? {};
  return rows.map((row: JsonRow) =>
    Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null]))
  );
}

/** What a read of a version should give. */
export function expectedRead(op: Operation, state: TableState): ModelRow[] {
  if (op.call.op !== "read") return [];
  const { where, columns } = op.call.request;
  return state.rows.filter((row) => selects(where, row)).map((row) =>
    columns
      ? Object.fromEntries(columns.map((name) => [name, row[name] ?? null]))
      : row
  );
}

function judgeRead(
  op: Operation,
  rows: readonly ModelRow[],
  evidence: Evidence,
): Verdict[] {
  const version = op.success!.version;
  const matches = [...evidence.states.values()].filter((state) =>
    state.version >= 0 && sameRows(expectedRead(op, state), rows)
  ).map((state) => state.version);
  if (version === undefined) {
    return matches.length > 0 ? [] : [found({
      anomaly: "no such version",
      story: `${op.opId} read ${rows.length} row(s) that no version of the ` +
        "log holds together.",
      operations: [op.opId],
    })];
  }
  const state = evidence.states.get(version);
  if (!state) {
    return [found({
      anomaly: "no such version",
      story: `${op.opId} says that it read version ${version}, which the log ` +
        "never had.",
      versions: [version],
      operations: [op.opId],
    })];
  }
  const difference = compareRows(expectedRead(op, state), rows);
  if (difference.missing.length + difference.extra.length === 0) return [];
  return [found({
    anomaly: anomalyOf(difference.extra, matches, evidence),
    story: `${op.opId} read version ${version} with ` +
      `${describeDifference(difference)}; ${
        matches.length > 0
          ? `its rows are those of version ${matches.join(", ")}`
          : "its rows are no version's"
      }.`,
    versions: [version],
    operations: [op.opId],
    rows: shownRows(difference),
  })];
}

function anomalyOf(
  extra: readonly string[],
  matches: readonly number[],
  evidence: Evidence,
): string {
  if (matches.length > 0) return "wrong version";
  const ever = new Set(
    [...evidence.states.values()].flatMap((state) =>
      compareRows([], state.rows).extra
    ),
  );
  if (extra.some((row) => !ever.has(row))) return "rows of no commit";
  return "partial commit";
}
