/**
 * C4, outcome truth: what was acknowledged is in the log once, at the version
 * that was told; what failed is nowhere; what nobody knows is there at most
 * once; no effect is there twice.
 *
 * @module
 */

import { type Operation, WRITES } from "../history/history.ts";
import { type Evidence, freshIds, newestVersion } from "./evidence.ts";
import { countKeys } from "./rows.ts";
import { type Verdict, verdicts } from "./verdict.ts";

const found = verdicts("C4", "SAFETY");

/** See the module. */
export function checkOutcomeTruth(evidence: Evidence): Verdict[] {
  return [
    ...evidence.operations.flatMap((op) => truthOf(op, evidence)),
    ...duplicates(evidence),
    ...foreignRows(evidence),
  ];
}

function truthOf(op: Operation, evidence: Evidence): Verdict[] {
  if (!WRITES.has(op.call.op)) return [];
  const landed = evidence.commitsOf.get(op.opId) ?? [];
  const operations = [op.opId];
  if (op.outcome === "fail") {
    return landed.length === 0 ? [] : [found({
      anomaly: "G1a",
      story: `${op.opId} (${op.call.op}) was told that it failed (` +
        `${op.failure?.error.code ?? op.failure?.error.kind}), and version ` +
        `${landed.join(", ")} is its commit.`,
      versions: landed,
      operations,
    })];
  }
  if (landed.length > 1) {
    return [found({
      anomaly: "duplicate",
      story: `${op.opId} (${op.call.op}) ran once and committed versions ` +
        `${landed.join(", ")}.`,
      versions: landed,
      operations,
    })];
  }
  if (op.outcome === "info") return [];
  return acknowledged(op, landed, evidence);
}

function acknowledged(
  op: Operation,
  landed: readonly number[],
  evidence: Evidence,
): Verdict[] {
  const { version, committed } = op.success!;
  const operations = [op.opId];
  if (committed === false || op.success!.skipped) {
    return landed.length === 0 ? [] : [found({
      anomaly: "silent commit",
      story: `${op.opId} (${op.call.op}) said that it committed nothing, and ` +
        `version ${landed.join(", ")} is its commit.`,
      versions: landed,
      operations,
    })];
  }
  if (landed.length === 0) {
    const by = version === undefined
      ? undefined
      : evidence.authors.get(version);
    const isThere = version !== undefined && version <= newestVersion(evidence);
    return [found({
      anomaly: "lost commit",
      story: `${op.opId} (${op.call.op}) was acknowledged at version ` +
        `${version}, which ${
          by !== undefined
            ? `is ${by}'s commit`
            : isThere
            ? "is not its commit"
            : "the log does not have"
        }.`,
      versions: version === undefined ? [] : [version],
      operations: [op.opId, by],
    })];
  }
  if (version === undefined || landed[0] === version) return [];
  return [found({
    anomaly: "wrong version",
    story: `${op.opId} (${op.call.op}) was acknowledged at version ${version}` +
      ` and its commit is version ${landed[0]}.`,
    versions: [version, landed[0]!],
    operations,
  })];
}

/** A row's identity occurs once in any version: twice means that an effect was applied twice. */
function duplicates(evidence: Evidence): Verdict[] {
  for (const { version } of evidence.commits) {
    const state = evidence.states.get(version)!;
    const own = state.rows.filter((row) =>
      row.op !== undefined && row.op !== null
    );
    const ids = countKeys(
      own.map(({ op, seq, gen }) => ({
        op: op!,
        seq: seq ?? null,
        gen: gen ?? null,
      })),
    );
    const twice = [...ids].filter(([, n]) => n > 1);
    if (twice.length === 0) continue;
    return [found({
      anomaly: "duplicate",
      story: `Version ${version} is the first to hold ${twice.length} row(s) ` +
        "more than once that were written once.",
      versions: [version],
      operations: [evidence.authors.get(version)],
      rows: twice.map(([row, n]) => `${row} × ${n}`),
    })];
  }
  return [];
}

/** The trace, the token and the rows name the same author. */
function foreignRows(evidence: Evidence): Verdict[] {
  return [...evidence.authors].flatMap(([version, author]) => {
    const call = evidence.operationById.get(author)?.call.op;
    if (call === "restore" || call === undefined) return [];
    const others = freshIds(evidence.states, version)
      .filter((id) => id !== author && evidence.operationById.has(id));
    if (others.length === 0) return [];
    return [found({
      anomaly: "foreign rows",
      story: `Version ${version} is the commit of ${author} and brings rows ` +
        `of ${others.join(", ")}.`,
      versions: [version],
      operations: [author, ...others],
    })];
  });
}
