/**
 * C6, write-serializability: a write that is no blind append may be placed
 * before blind appends that it did not see, and nothing else moves. Whether a
 * write saw an append is told by value: its change differs with the rows put
 * in or taken out.
 *
 * @module
 */

import { type Operation, WRITES } from "../history/history.ts";
import {
  hasNoEffect,
  modelContext,
  newestAt,
  readBefore,
} from "./c05_serializability.ts";
import { compareShape } from "./compare_outcome.ts";
import type { Evidence } from "./evidence.ts";
import { evaluateCall } from "./model.ts";
import { NOTHING, type TableState } from "./replay.ts";
import {
  type Delta,
  deltaOf,
  type ModelRow,
  sameDelta,
  without,
} from "./rows.ts";
import { type Verdict, verdicts } from "./verdict.ts";

const found = verdicts("C6", "SAFETY");

interface Judged {
  readonly version: number;
  readonly op: Operation;
  /** Blind appends that it was evaluated without. */
  readonly missed: ReadonlySet<number>;
}

/** See the module. */
export function checkWriteSerializability(evidence: Evidence): Verdict[] {
  if (evidence.level !== "WriteSerializable") return [];
  const judged: Judged[] = [];
  const out: Verdict[] = [];
  for (const { version } of evidence.commits) {
    const op = authorOf(version, evidence);
    if (!op) continue;
    const fit = fitOf(op, version, evidence);
    if (fit) judged.push({ version, op, missed: fit });
    else {
      out.push(found({
        anomaly: "not write-serializable",
        story: `Version ${version} is not what ${op.opId} (${op.call.op}) ` +
          `makes of version ${version - 1}, with or without the blind ` +
          "appends that it may have missed.",
        versions: [version],
        operations: [op.opId],
      }));
    }
  }
  return [...out, ...cycles(judged, evidence), ...noOps(evidence)];
}

function authorOf(version: number, evidence: Evidence): Operation | undefined {
  const author = evidence.authors.get(version);
  return author === undefined ? undefined : evidence.operationById.get(author);
}

/** Blind by what the operation is, not by what its commit says of itself. */
function isBlindAppend(op: Operation | undefined): boolean {
  return op?.call.op === "append" && !op.call.request.mergeSchema;
}

/** The blind appends that explain a version by being missed; `undefined` where none do. */
function fitOf(
  op: Operation,
  version: number,
  evidence: Evidence,
): ReadonlySet<number> | undefined {
  const before = evidence.states.get(version - 1) ?? NOTHING;
  const after = evidence.states.get(version)!;
  const actual = deltaOf(before.rows, after.rows);
  const declared = op.success?.readVersion;
  const earliest = readBefore(op, version, evidence) ?? version - 1;
  const suffixes = declared !== undefined
    ? [declared, version - 1]
    : Array.from(
      { length: Math.max(1, version - earliest) },
      (_, i) => version - 1 - i,
    );
  for (const read of suffixes) {
    const missed = isBlindAppend(op)
      ? new Set<number>()
      : blindBetween(read, version, evidence);
    const input = withoutAppends(before, missed, evidence);
    const outcome = evaluateCall(op.call, input, modelContext(evidence));
    if (!outcome) return new Set();
    const change = deltaOf(input.rows, outcome.rows);
    if (
      sameDelta(change, actual) && compareShape(outcome, after).length === 0
    ) return missed;
  }
  return undefined;
}

function blindBetween(
  read: number,
  version: number,
  evidence: Evidence,
): ReadonlySet<number> {
  const between = evidence.commits.map((commit) => commit.version)
    .filter((v) => v > read && v < version);
  return new Set(
    between.filter((v) => isBlindAppend(authorOf(v, evidence))),
  );
}

function rowsAppended(version: number, evidence: Evidence): ModelRow[] {
  const before = evidence.states.get(version - 1)?.rows ?? [];
  return without(evidence.states.get(version)!.rows, [...before]);
}

function withoutAppends(
  state: TableState,
  missed: ReadonlySet<number>,
  evidence: Evidence,
): TableState {
  const taken = [...missed].flatMap((v) => rowsAppended(v, evidence));
  return { ...state, rows: without(state.rows, taken) };
}

/** Edges op → append for an append missed, append → op for one seen, log order among the other writes; no cycle may be. */
function cycles(judged: readonly Judged[], evidence: Evidence): Verdict[] {
  const edges = new Map<number, Set<number>>();
  const edge = (from: number, to: number): void => {
    edges.set(from, (edges.get(from) ?? new Set()).add(to));
  };
  const others = judged.filter(({ op }) => !isBlindAppend(op));
  others.forEach(({ version }, i) => {
    if (i > 0) edge(others[i - 1]!.version, version);
  });
  for (const x of others) {
    const before = evidence.states.get(x.version - 1) ?? NOTHING;
    const base = withoutAppends(before, x.missed, evidence);
    for (const b of judged) {
      if (!isBlindAppend(b.op) || b.version >= x.version) continue;
      const rows = rowsAppended(b.version, evidence);
      const matters = !sameDelta(
        changeBy(x.op, base, evidence),
        changeBy(
          x.op,
          x.missed.has(b.version)
            ? { ...base, rows: [...base.rows, ...rows] }
            : { ...base, rows: without(base.rows, rows) },
          evidence,
        ),
      );
      if (!matters) continue;
      if (x.missed.has(b.version)) edge(x.version, b.version);
      else edge(b.version, x.version);
    }
  }
  const cycle = findCycle(edges);
  if (!cycle) return [];
  return [found({
    anomaly: "cycle",
    story: `No serial order explains versions ${cycle.join(" → ")} → ` +
      `${cycle[0]}: each must come before the next, by what it saw or missed.`,
    versions: [...cycle].sort((a, b) => a - b),
    operations: cycle.map((version) => evidence.authors.get(version)),
  })];
}

function changeBy(
  op: Operation,
  input: TableState,
  evidence: Evidence,
): Delta {
  const outcome = evaluateCall(op.call, input, modelContext(evidence));
  return deltaOf(input.rows, outcome?.rows ?? input.rows);
}

/** A cycle of a graph, if it has one. */
export function findCycle(
  edges: ReadonlyMap<number, ReadonlySet<number>>,
): number[] | undefined {
  const done = new Set<number>();
  const path: number[] = [];
  const visit = (node: number): number[] | undefined => {
    const at = path.indexOf(node);
    if (at >= 0) return path.slice(at);
    if (done.has(node)) return undefined;
    path.push(node);
    for (const next of edges.get(node) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const cycle = visit(node);
    if (cycle) return cycle;
  }
  return undefined;
}

function noOps(evidence: Evidence): Verdict[] {
  return evidence.operations.flatMap((op) => {
    const isNoOp = op.outcome === "ok" && WRITES.has(op.call.op) &&
      op.call.op !== "create" && op.success?.committed === false &&
      (evidence.commitsOf.get(op.opId) ?? []).length === 0;
    if (!isNoOp) return [];
    const from = evidence.baseOf.get(op.opId) ?? 0;
    const to = Math.max(from, newestAt(op.returnedAt, evidence));
    for (let version = from; version <= to; version++) {
      if (hasNoEffect(op, version, evidence)) return [];
    }
    return [found({
      anomaly: "effect left out",
      story: `${op.opId} (${op.call.op}) was acknowledged without a commit, ` +
        `and it changes every version from ${from} to ${to}.`,
      versions: [from, to],
      operations: [op.opId],
    })];
  });
}
