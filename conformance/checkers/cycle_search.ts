/**
 * The second opinion: a search for cycles of dependencies between operations,
 * as Elle does it, over lists that the versions of the table give. It knows
 * nothing of what an operation makes of its rows; the replay of C5 knows nothing
 * of dependencies.
 *
 * The anomalies are Adya's, the worst that is there is told:
 *
 * | anomaly   | what it is                                                              |
 * | --------- | ----------------------------------------------------------------------- |
 * | `G1a`     | somebody read what a failed operation wrote                              |
 * | `G1b`     | somebody read what its writer wrote again                                |
 * | `G0`      | a cycle of ww                                                            |
 * | `G1c`     | a cycle of ww and wr                                                     |
 * | `G-single`| a cycle with one rw: a lost update, a read of half a commit              |
 * | `G2-item` | a cycle with several rw, each of a row that was there: write skew        |
 * | `G2`      | a cycle with an rw by a row that was yet to come                         |
 *
 * By level: Serializable permits none. WriteSerializable permits a write to
 * miss blind appends that came while it ran, so those are no dependencies.
 * SnapshotIsolation permits `G2-item` and `G2`.
 *
 * @module
 */

import {
  dependenciesOf,
  type Dependency,
  type DirtyRead,
} from "./dependencies.ts";
import type { Evidence, Level } from "./evidence.ts";

/** The anomalies that are searched for. */
export type Anomaly =
  | "G1a"
  | "G1b"
  | "G0"
  | "G1c"
  | "G-single"
  | "G2-item"
  | "G2";

/** A cycle of dependencies, or a read that nothing explains. */
export interface DependencyCycle {
  /** Its name. */
  readonly anomaly: Anomaly;
  /** The operations on it, each depended on by the next, the last by the first. */
  readonly operations: readonly string[];
  /** The versions that they committed. */
  readonly versions: readonly number[];
  /** Each dependency, for people. */
  readonly because: readonly string[];
}

/** Looks for the worst anomaly that a level does not permit. */
export function searchCycles(evidence: Evidence): DependencyCycle | undefined {
  const { edges, dirty } = dependenciesOf(evidence);
  if (dirty[0]) return dirtyCycle(dirty[0], evidence);
  const found = cycleOf(edges, evidence.level);
  if (!found) return undefined;
  const [anomaly, path] = found;
  const operations = path.map(({ from }) => from);
  return {
    anomaly,
    operations,
    versions: versionsOf(operations, evidence),
    because: path.map(({ from, to, kind, row }) =>
      `${from} -${kind}-> ${to} (${row})`
    ),
  };
}

function dirtyCycle(
  { anomaly, reader, writer, row }: DirtyRead,
  evidence: Evidence,
): DependencyCycle {
  return {
    anomaly,
    operations: [writer, reader],
    versions: versionsOf([writer, reader], evidence),
    because: [`${reader} read ${row} as ${writer} wrote it`],
  };
}

function versionsOf(
  operations: readonly string[],
  { commitsOf }: Evidence,
): number[] {
  return operations.flatMap((op) =>
    commitsOf.get(op) ??
      (op.startsWith("version ") ? [Number(op.slice(8))] : [])
  ).sort((a, b) => a - b);
}

type Cycle = readonly [Anomaly, readonly Dependency[]];

function cycleOf(
  edges: readonly Dependency[],
  level: Level,
): Cycle | undefined {
  const writes = edges.filter(({ kind }) => kind === "ww");
  const forward = edges.filter(({ kind }) => kind !== "rw");
  const back = edges.filter(({ kind }) => kind === "rw");
  const g0 = anyCycle(writes);
  if (g0) return ["G0", g0];
  const g1c = anyCycle(forward);
  if (g1c) return ["G1c", g1c];
  const single = closed(back, forward);
  if (single) return ["G-single", single];
  if (level === "SnapshotIsolation") return undefined;
  const items = back.filter(({ isItem }) => isItem);
  const item = closed(items, [...forward, ...items]);
  if (item) return ["G2-item", item];
  const any = closed(back, edges);
  return any && ["G2", any];
}

const anyCycle = (edges: readonly Dependency[]) => closed(edges, edges);

/** The shortest way round that one of some edges begins and others end. */
function closed(
  begin: readonly Dependency[],
  others: readonly Dependency[],
): Dependency[] | undefined {
  if (begin.length === 0) return undefined;
  const from = new Map<string, Dependency[]>();
  for (const edge of others) {
    const list = from.get(edge.from);
    if (list) list.push(edge);
    else from.set(edge.from, [edge]);
  }
  for (const edge of begin) {
    const way = shortestWay(edge.to, edge.from, from);
    if (way) return [edge, ...way];
  }
  return undefined;
}

function shortestWay(
  start: string,
  goal: string,
  from: ReadonlyMap<string, readonly Dependency[]>,
): Dependency[] | undefined {
  const cameBy = new Map<string, Dependency | undefined>([[start, undefined]]);
  for (const node of cameBy.keys()) {
    if (node === goal) break;
    for (const edge of from.get(node) ?? []) {
      if (!cameBy.has(edge.to)) cameBy.set(edge.to, edge);
    }
  }
  if (!cameBy.has(goal)) return undefined;
  const way: Dependency[] = [];
  for (let edge = cameBy.get(goal); edge; edge = cameBy.get(edge.from)) {
    way.unshift(edge);
  }
  return way;
}
