/**
 * Random programs: a table, a script per client, faults, and the decision
 * vector that makes them one run. All of it shrinks: fewer steps, fewer
 * clients, a shorter and smaller vector.
 *
 * @module
 */

import fc from "fast-check";
import {
  type EngineAdapter,
  has,
  type JsonPredicate,
} from "../engine_adapter.ts";
import type { Level } from "../checkers/evidence.ts";
import {
  type FaultPlan,
  type Program,
  type Script,
  type Step,
  SUITE_SCHEMA,
} from "../simulation/program.ts";
import type { SimulatedFault } from "../simulation/scheduled_store.ts";

/** A program and the vector that makes it a run. */
export interface Case {
  /** The program. */
  readonly program: Program;
  /** The level it is judged by. */
  readonly level: Level;
  /** The run. */
  readonly vector: readonly number[];
}

const partition = fc.constantFrom("a", "b", null);
const number = fc.constantFrom(1, 2, 3);
const rows = fc.array(fc.tuple(partition, number), {
  minLength: 1,
  maxLength: 3,
});

const predicate: fc.Arbitrary<JsonPredicate> = fc.oneof(
  fc.constant(["=", "p", "a"] as const),
  fc.constant(["=", "p", "b"] as const),
  fc.constant(["isNull", "p"] as const),
  fc.constant(["not", ["isNull", "p"]] as const),
  number.map((n) => [">=", "x", String(n)] as const),
  number.map((n) => ["and", ["=", "p", "a"], ["=", "x", String(n)]] as const),
);

const where = fc.option(predicate, { nil: undefined, freq: 4 })
  .map((p) => p === undefined ? {} : { where: p });

/** Steps by the operation that they need. */
function stepsOf(adapter: EngineAdapter): fc.Arbitrary<Step> {
  const append: fc.Arbitrary<Step> = fc.record({
    op: fc.constant("append" as const),
    request: rows.map((r) => ({ rows: r })),
  });
  const all: readonly (readonly [string, number, fc.Arbitrary<Step>])[] = [
    ["append", 4, append],
    [
      "append.txn",
      1,
      fc.tuple(rows, number).map(([r, version]): Step => ({
        op: "append",
        request: { rows: r, txn: { appId: "app", version } },
      })),
    ],
    [
      "overwrite",
      1,
      rows.map((r): Step => ({ op: "overwrite", request: { rows: r } })),
    ],
    [
      "overwrite.where",
      1,
      rows.map((r): Step => ({
        op: "overwrite",
        request: {
          rows: r.map(([, x]) => ["a", x] as const),
          where: ["=", "p", "a"],
        },
      })),
    ],
    ["delete", 2, where.map((request): Step => ({ op: "delete", request }))],
    [
      "update",
      2,
      where.map((w): Step => ({
        op: "update",
        request: { set: { x: { add: 1 }, gen: { add: 1 } }, ...w },
      })),
    ],
    [
      "appendSelect",
      1,
      where.map((w): Step => ({
        op: "appendSelect",
        request: { add: { gen: 100 }, ...w },
      })),
    ],
    [
      "merge",
      1,
      fc.uniqueArray(fc.tuple(partition, number), {
        minLength: 1,
        maxLength: 2,
        selector: ([, x]) => x,
      }).map((r): Step => ({
        op: "merge",
        request: {
          rows: r,
          schema: SUITE_SCHEMA,
          on: ["x"],
          whenMatched: null,
          whenNotMatched: "insert",
        },
      })),
    ],
    ["optimize", 2, fc.constant<Step>({ op: "optimize", request: {} })],
    [
      "restore",
      1,
      fc.constant<Step>({ op: "restore", request: { version: 1 } }),
    ],
    [
      "alter",
      1,
      fc.constant<Step>({
        op: "alter",
        request: {
          setProperties: { "delta.logRetentionDuration": "interval 9 days" },
        },
      }),
    ],
    ["checkpoint", 1, fc.constant<Step>({ op: "checkpoint", request: {} })],
    ["refresh", 2, fc.constant<Step>({ op: "refresh", request: {} })],
    ["read", 2, where.map((request): Step => ({ op: "read", request }))],
    ["resolve", 1, fc.constant<Step>({ op: "settle" })],
  ];
  const known = all.filter(([name]) => has(adapter, name));
  return fc.oneof(
    ...known.map(([, weight, arbitrary]) => ({ weight, arbitrary })),
  );
}

const COMMIT_FAULTS: readonly SimulatedFault[] = [
  "before",
  "lost-ack",
  "zombie",
  "conflict",
  "rejected",
  "silence",
  "crash",
];
const OTHER_FAULTS: readonly SimulatedFault[] = [
  "before",
  "cut",
  "stale",
  "lost-ack",
  "zombie",
  "crash",
];

const faultPlan: fc.Arbitrary<FaultPlan> = fc.record({
  budget: fc.constantFrom(0, 1, 1, 2),
  onCommit: fc.constant(COMMIT_FAULTS),
  onOther: fc.constantFrom([], OTHER_FAULTS),
});

/** Programs for an engine, with their runs. */
export function cases(
  adapter: EngineAdapter,
  level: Level = "Serializable",
): fc.Arbitrary<Case> {
  const step = stepsOf(adapter);
  const scripts = fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 3,
  });
  const configuration: Readonly<Record<string, string>> =
    level === "Serializable" ? {} : { "delta.isolationLevel": level };
  return fc.record({
    partitioned: fc.boolean(),
    first: fc.array(rows, { maxLength: 2 }),
    scripts,
    faults: faultPlan,
    vector: fc.array(fc.nat(11), { maxLength: 40 }),
  }).map((parts): Case => ({
    level,
    vector: parts.vector,
    program: {
      name: "random",
      setup: {
        partitionColumns: parts.partitioned ? ["p"] : [],
        configuration,
        steps: [
          ...parts.first,
          [["a", 1], ["b", 2]] as const,
        ].map((r): Step => ({ op: "append", request: { rows: r } })),
      },
      scripts: parts.scripts.map((steps, i): Script => ({
        client: `w${i + 1}`,
        steps,
      })),
      faults: parts.faults,
    },
  }));
}
