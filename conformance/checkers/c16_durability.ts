/**
 * C16, durability: after power was lost, every acknowledged commit is there
 * with its bytes, and every committed file is whole.
 *
 * @module
 */

import { WRITES } from "../history/history.ts";
import { commitPath, type Evidence, storedPath } from "./evidence.ts";
import { type Verdict, verdicts } from "./verdict.ts";

const found = verdicts("C16", "SAFETY");

/** See the module. */
export function checkDurability(evidence: Evidence): Verdict[] {
  const left = evidence.afterPowerCut;
  if (!left) return [];
  const out: Verdict[] = [];
  const cutAt = evidence.powerCutAt ?? Infinity;
  for (const op of evidence.operations) {
    if (op.returnedAt > cutAt) continue;
    const version = op.success?.version;
    if (!WRITES.has(op.call.op) || version === undefined) continue;
    if (op.success?.committed === false) continue;
    if (left.has(commitPath(version))) continue;
    if (mayBeCleaned(version, evidence)) continue;
    out.push(found({
      anomaly: "acknowledged commit lost",
      story: `${op.opId} was acknowledged at version ${version}, power was ` +
        "lost, and the version is gone.",
      versions: [version],
      operations: [op.opId],
    }));
  }
  for (const commit of evidence.commits) {
    const file = left.get(commitPath(commit.version));
    if (!file) continue;
    if (file.bytes.length !== commit.bytes.length) {
      out.push(found({
        anomaly: "torn commit",
        story: `After power was lost version ${commit.version} has ` +
          `${file.bytes.length} of its ${commit.bytes.length} bytes.`,
        versions: [commit.version],
        operations: [evidence.authors.get(commit.version)],
      }));
      continue;
    }
    for (const add of commit.adds) {
      const size = left.get(storedPath(add.path))?.bytes.length;
      const wasDeleted = !evidence.objects.has(storedPath(add.path));
      if (size === add.size || wasDeleted) continue;
      out.push(found({
        anomaly: "committed file lost",
        story: `Version ${commit.version} names ${add.path}, which has ` +
          `${size ?? "none"} of its ${add.size} bytes after power was lost.`,
        versions: [commit.version],
        operations: [evidence.authors.get(commit.version)],
        rows: [add.path],
      }));
    }
  }
  return out;
}

/** Whether a cleanup had begun, and a checkpoint that is left has what the version made. */
function mayBeCleaned(version: number, evidence: Evidence): boolean {
  const cutAt = evidence.powerCutAt ?? Infinity;
  const cleans = evidence.operations.some((op) =>
    op.call.op === "cleanup" && op.invokedAt < cutAt
  );
  return cleans && [...evidence.afterPowerCut!.keys()].some((path) => {
    const of = /^_delta_log\/(\d{20})\.checkpoint\./.exec(path);
    return of !== null && Number(of[1]) >= version;
  });
}
