/**
 * C13, time travel: a version reads the same for ever, or fails loudly; a
 * timestamp finds the latest version at or before it, by in-commit timestamps
 * or by file times made monotone.
 *
 * @module
 */

import { rowsRead } from "./c08_atomic_reads.ts";
import { newestAt } from "./c05_serializability.ts";
import type { Evidence } from "./evidence.ts";
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

/** The time of each version that time travel goes by. */
export function timesOf({ commits, states }: Evidence): Map<number, number> {
  const times = new Map<number, number>();
  let last = -Infinity;
  for (const { version, writtenMs } of commits) {
    const stamp = states.get(version)?.inCommitTimestamp;
    last = stamp ?? Math.max(writtenMs, last + 1);
    times.set(version, last);
  }
  return times;
}

function byTimestamp(evidence: Evidence): Verdict[] {
  const times = timesOf(evidence);
  const latest = (ms: number, upTo: number): number =>
    Math.max(
      -1,
      ...[...times].flatMap(([version, time]) =>
        time <= ms && version <= upTo ? [version] : []
      ),
    );
  return evidence.operations.flatMap((op) => {
    if (op.call.op !== "open" || op.outcome !== "ok") return [];
    const ms = op.call.request.timestampMs;
    const version = op.success?.version;
    if (ms === undefined || version === undefined) return [];
    const low = latest(ms, newestAt(op.invokedAt, evidence));
    const high = latest(ms, newestAt(op.returnedAt, evidence));
    if (version >= low && version <= high) return [];
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
