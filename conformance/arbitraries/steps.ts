/**
 * Random steps. A step is drawn as raw material, rows, a predicate and a small
 * number, of which the operation takes what it needs; which operation is chosen
 * last, by a number and the program's theme. So all of it shrinks on its own.
 *
 * @module
 */

import fc from "fast-check";
import {
  type EngineAdapter,
  has,
  type JsonPredicate,
  type JsonRow,
} from "../engine_adapter.ts";
import { type Step, SUITE_SCHEMA } from "../simulation/program.ts";
import { START_MS } from "../simulation/run_program.ts";

/** What a program is mostly about: everything, or what passing time does. */
export type Theme = "everything" | "time";

/** What a step is made of. */
export interface Material {
  /** Chooses the operation. */
  readonly which: number;
  /** Rows to write. */
  readonly rows: readonly JsonRow[];
  /** Which rows. */
  readonly where: JsonPredicate | undefined;
  /** A version, a number of days, a variant. */
  readonly n: number;
}

const DAY_MS = 86_400_000;
/** Days that a client sleeps. */
const SLEEPS = [1, 8, 30, 41] as const;

const partition = fc.constantFrom("a", "b", null);
const number = fc.constantFrom(1, 2, 3, 7);

const predicate: fc.Arbitrary<JsonPredicate> = fc.oneof(
  fc.constant(["=", "p", "a"] as const),
  fc.constant(["=", "p", "b"] as const),
  fc.constant(["isNull", "p"] as const),
  fc.constant(["not", ["isNull", "p"]] as const),
  number.map((n) => [">=", "x", String(n)] as const),
  number.map((n) => ["and", ["=", "p", "a"], ["=", "x", String(n)]] as const),
);

/** Raw material of steps. */
export const material: fc.Arbitrary<Material> = fc.record({
  which: fc.nat(99),
  rows: fc.array(fc.tuple(partition, number), { minLength: 1, maxLength: 3 }),
  where: fc.option(predicate, { nil: undefined, freq: 4 }),
  n: fc.nat(3),
});

type Maker = (material: Material) => Step;
interface Kind {
  /** Its name in a focus. */
  readonly name: string;
  /** What the engine must have. */
  readonly needs?: string;
  /** How often, among everything. */
  readonly weight: number;
  /** How often where time matters. */
  readonly inTime?: number;
  /** Makes it. */
  readonly make: Maker;
}

const chosen = ({ where }: Material): { where?: JsonPredicate } =>
  where ? { where } : {};

/** No two rows with the same x: a merge may match each row once. */
function distinct(rows: readonly JsonRow[]): readonly JsonRow[] {
  const seen = new Set<unknown>();
  return rows.filter(([, x]) => !seen.has(x) && seen.add(x)).slice(0, 2);
}

const ALTERS: readonly Extract<Step, { op: "alter" }>["request"][] = [
  { setProperties: { "delta.logRetentionDuration": "interval 9 days" } },
  { addConstraint: { name: "low", expression: "x < 3" } },
  {
    addColumns: [{ name: "c", type: "long", nullable: true, metadata: {} }],
  },
  { setProperties: { "delta.enableChangeDataFeed": "true" } },
];

const WRITES: readonly Kind[] = [
  {
    name: "append",
    weight: 4,
    inTime: 4,
    make: ({ rows }) => ({ op: "append", request: { rows } }),
  },
  {
    name: "append.txn",
    weight: 1,
    make: ({ rows, n }) => ({
      op: "append",
      request: { rows, txn: { appId: "app", version: 1 + n % 3 } },
    }),
  },
  {
    name: "overwrite",
    weight: 1,
    make: ({ rows }) => ({ op: "overwrite", request: { rows } }),
  },
  {
    name: "overwrite.where",
    weight: 1,
    make: ({ rows }) => ({
      op: "overwrite",
      request: {
        rows: rows.map(([, x]) => ["a", x!] as const),
        where: ["=", "p", "a"],
      },
    }),
  },
  {
    name: "delete",
    weight: 2,
    inTime: 2,
    make: (m) => ({ op: "delete", request: chosen(m) }),
  },
  {
    name: "update",
    weight: 2,
    make: (m) => ({
      op: "update",
      request: { set: { x: { add: 1 }, gen: { add: 1 } }, ...chosen(m) },
    }),
  },
  {
    name: "appendSelect",
    weight: 1,
    make: (m) => ({
      op: "appendSelect",
      request: { add: { gen: 100 }, ...chosen(m) },
    }),
  },
  {
    name: "merge",
    weight: 1,
    make: ({ rows, n }) => ({
      op: "merge",
      request: {
        rows: distinct(rows),
        schema: SUITE_SCHEMA,
        on: ["x"],
        // An update would give one source row's ids to every row that it matches.
        whenMatched: n === 0 ? "delete" : null,
        whenNotMatched: "insert",
      },
    }),
  },
  {
    name: "optimize",
    weight: 2,
    make: () => ({ op: "optimize", request: {} }),
  },
  {
    name: "optimize.where",
    weight: 1,
    make: () => ({ op: "optimize", request: { where: ["=", "p", "a"] } }),
  },
  {
    name: "restore",
    weight: 1,
    inTime: 1,
    make: ({ n }) => ({
      op: "restore",
      request: { version: Math.max(1, n) },
    }),
  },
  {
    name: "alter",
    weight: 2,
    make: ({ n }) => ({ op: "alter", request: ALTERS[n]! }),
  },
];

const THE_REST: readonly Kind[] = [
  {
    name: "checkpoint",
    weight: 1,
    inTime: 3,
    make: () => ({ op: "checkpoint", request: {} }),
  },
  {
    name: "compactLog",
    weight: 1,
    inTime: 1,
    make: () => ({ op: "compactLog", request: {} }),
  },
  {
    name: "cleanup",
    weight: 1,
    inTime: 3,
    make: () => ({ op: "cleanup", request: {} }),
  },
  {
    name: "vacuum",
    weight: 1,
    inTime: 2,
    make: () => ({ op: "vacuum", request: { mode: "lite" } }),
  },
  {
    name: "refresh",
    weight: 2,
    make: () => ({ op: "refresh", request: {} }),
  },
  {
    name: "read",
    weight: 2,
    make: (m) => ({ op: "read", request: chosen(m) }),
  },
  {
    name: "describe",
    weight: 1,
    make: () => ({ op: "describe", request: {} }),
  },
  {
    name: "changes",
    weight: 1,
    make: ({ n }) => ({ op: "changes", request: { from: 1, to: n + 1 } }),
  },
  {
    name: "open",
    weight: 1,
    inTime: 2,
    make: () => ({ op: "open", request: {} }),
  },
  {
    name: "open a version",
    needs: "open",
    weight: 1,
    inTime: 1,
    make: ({ n }) => ({
      op: "open",
      request: { version: n + 1 },
    }),
  },
  {
    name: "open a moment",
    needs: "open",
    weight: 1,
    inTime: 1,
    make: ({ n }) => ({
      op: "open",
      request: { timestampMs: START_MS + n * 10 * DAY_MS + 1 },
    }),
  },
  {
    name: "sleep",
    needs: "open",
    weight: 1,
    inTime: 5,
    make: ({ n }) => ({ op: "sleep", ms: SLEEPS[n]! * DAY_MS }),
  },
  {
    name: "settle",
    needs: "resolve",
    weight: 1,
    make: () => ({ op: "settle" }),
  },
];

const KINDS: readonly Kind[] = [...WRITES, ...THE_REST];

/** Which operations a program has: a theme's, or only a few. */
export type Focus = readonly number[] | undefined;

/** A few operations, or all: a program of few kinds meets more often what only they do to one another. */
export const focus: fc.Arbitrary<Focus> = fc.option(
  fc.array(fc.nat(99), { minLength: 2, maxLength: 3 }),
  { nil: undefined, freq: 2 },
);

/** Makes steps for an engine. */
export function stepMaker(
  adapter: EngineAdapter,
): (theme: Theme, few: Focus) => Maker {
  const known = KINDS.filter(({ name, needs }) => has(adapter, needs ?? name));
  const weighted = (weight: (kind: Kind) => number): Kind[] =>
    known.flatMap((kind) => Array.from({ length: weight(kind) }, () => kind));
  const all: Readonly<Record<Theme, readonly Kind[]>> = {
    everything: weighted(({ weight }) => weight),
    time: weighted(({ inTime = 0 }) => inTime),
  };
  return (theme, few) => {
    const kinds = few?.map((i) => all[theme][i % all[theme].length]!) ??
      all[theme];
    return (material) => kinds[material.which % kinds.length]!.make(material);
  };
}
