/**
 * C13, time travel: a version reads the same for ever, or fails loudly; a
 * timestamp finds the latest version at or before it, by in-commit timestamps
 * or by file times made monotone.
 *
 * @module
 */

import { rowsRead } from "./c08_atomic_reads.ts";
import { newestAt } from "./c05_serializability.ts";
import { type Evidence, versionOfPath } from "./evidence.ts";
import type { Operation } from "../history/history.ts";
import {
  compareRows,
  describeDifference,
  type ModelRow,
  shownRows,
} from "./rows.ts";
import { type Verdict, verdicts } from "./verdict.ts";

const found = verdicts("C13", "SAFETY");

/** See the module. */
export function checkTimeTravel(evidence: Evidence): Verdict[] {
  return [...stable(evidence), ...byTimestamp(evidence)];
}

function stable({ operations }: Evidence): Verdict[] {
  const first = new Map<string, { opId: string; rows: readonly ModelRow[] }>();
  return operations.flatMap((op) => {
    const version = op.success?.version;
    if (op.call.op !== "read" || version === undefined) return [];
    if (!op.success?.rows) return [];
    const key = `${version} ${JSON.stringify(op.call.request)}`;
    const before = first.get(key);
    const rows = rowsRead(op);
    if (!before) {
      first.set(key, { opId: op.opId, rows });
      return [];
    }
    const difference = compareRows(before.rows, rows);
    if (difference.missing.length + difference.extra.length === 0) return [];
    return [found({
      anomaly: "version changed",
      story: `${before.opId} and ${op.opId} read version ${version}, and the ` +
        `later answer has ${describeDifference(difference)}.`,
      versions: [version],
      operations: [before.opId, op.opId],
      rows: shownRows(difference),
    })];
  });
}

/** The time of each version that time travel goes by, of those from one on. */
export function timesOf(
  { commits, states }: Evidence,
  from: number = 0,
): Map<number, number> {
  const times = new Map<number, number>();
  let last = -Infinity;
  for (const { version, writtenMs } of commits) {
    if (version < from) continue;
    const stamp = states.get(version)?.inCommitTimestamp;
    last = stamp ?? Math.max(writtenMs, last + 1);
    times.set(version, last);
  }
  return times;
}

function byTimestamp(evidence: Evidence): Verdict[] {
  return evidence.operations.flatMap((op) => {
    if (op.call.op !== "open" || op.outcome !== "ok") return [];
    const ms = op.call.request.timestampMs;
    const version = op.success?.version;
    if (ms === undefined || version === undefined) return [];
    // File times are made monotone from the oldest commit on that is left.
    const oldest = new Set([op.invokedAt, op.returnedAt]
      .map((time) => oldestLeft(time, evidence)));
    if ([...oldest].some((from) => fits(op, ms, version, from, evidence))) {
      return [];
    }
    const times = timesOf(evidence, Math.min(...oldest));
    const low = latest(ms, newestAt(op.invokedAt, evidence), times);
    return [found({
      anomaly: "wrong version for a timestamp",
      story: `${op.opId} asked for the table at ${ms} and got version ` +
        `${version} (${times.get(version)}); the latest version at or before ` +
        `it is ${low} (${times.get(low)}).`,
      versions: [version, low],
      operations: [op.opId],
    })];
  });
}

function fits(
  op: Operation,
  ms: number,
  version: number,
  from: number,
  evidence: Evidence,
): boolean {
  const times = timesOf(evidence, from);
  return version >= latest(ms, newestAt(op.invokedAt, evidence), times) &&
    version <= latest(ms, newestAt(op.returnedAt, evidence), times);
}

function latest(
  ms: number,
  upTo: number,
  times: ReadonlyMap<number, number>,
): number {
  return Math.max(
    -1,
    ...[...times].flatMap(([version, time]) =>
      time <= ms && version <= upTo ? [version] : []
    ),
  );
}

/** The first version whose commit had not been cleaned away, nor any after it, at a moment. */
function oldestLeft(at: number, { trace }: Evidence): number {
  const gone = trace.flatMap(({ effect, paths, time }) =>
    effect === "deleted" && time <= at
      ? paths.flatMap((path) => versionOfPath(path) ?? [])
      : []
  );
  return Math.max(-1, ...gone) + 1;
}
