/**
 * C18, progress: with nothing going wrong every operation ends, knows how it
 * ended, and tries no oftener than others came first.
 *
 * @module
 */

import { WRITES } from "../history/history.ts";
import type { Evidence } from "./evidence.ts";
import { type Verdict, verdicts } from "./verdict.ts";

const found = verdicts("C18", "LIVENESS");

/** See the module. */
export function checkProgress(evidence: Evidence): Verdict[] {
  if ((evidence.faults ?? 0) > 0) return [];
  return evidence.operations.flatMap((op) => {
    const operations = [op.opId];
    if (op.returnedAt === Infinity) {
      return [found({
        anomaly: "no end",
        story:
          `${op.opId} (${op.call.op}) never ended, and nothing went wrong.`,
        operations,
      })];
    }
    if (op.outcome === "info") {
      return [found({
        anomaly: "unknown without a fault",
        story: `${op.opId} (${op.call.op}) ended unknown, and nothing went ` +
          `wrong: ${op.failure?.error.message.slice(0, 300)}`,
        operations,
      })];
    }
    const kind = op.failure?.error.kind;
    if (kind === "store" || kind === "internal") {
      return [found({
        anomaly: "failed without a fault",
        story: `${op.opId} (${op.call.op}) failed, and nothing went wrong: ` +
          `${op.failure?.error.message.slice(0, 300)}`,
        operations,
      })];
    }
    const { attempts, readVersion, version } = op.success ?? {};
    if (
      !WRITES.has(op.call.op) || attempts === undefined ||
      readVersion === undefined || version === undefined
    ) return [];
    const others = version - readVersion - 1;
    return attempts <= Math.max(1, others + 1) ? [] : [found({
      anomaly: "too many attempts",
      story: `${op.opId} tried ${attempts} times, and only ${others} other ` +
        "commit(s) came first.",
      versions: [readVersion, version],
      operations,
    })];
  });
}
