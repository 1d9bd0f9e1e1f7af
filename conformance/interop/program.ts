/**
 * Random programs: a table of some columns and features, and operations on it.
 *
 * @module
 */

import fc from "fast-check";
import type { Value } from "../../src/mod.ts";
import { ADDED, POOL, values } from "./program_columns.ts";

/** Values of a row by the names of the pool; the program gives it its id. */
export type Values = Readonly<Record<string, Value>>;

/** Which rows an operation is about. */
export type Which =
  | { readonly by: "upTo"; readonly share: number }
  | { readonly by: "modulo"; readonly divisor: number }
  | { readonly by: "isNull"; readonly column: string }
  | { readonly by: "equal"; readonly values: Values; readonly column: string };

/** One operation. */
export type Step =
  | { readonly op: "append" | "overwrite" | "grow"; readonly rows: Values[] }
  | { readonly op: "replaceWhere"; readonly rows: Values[] }
  | { readonly op: "replacePartitions"; readonly rows: Values[] }
  | { readonly op: "delete"; readonly which: Which }
  | {
    readonly op: "update";
    readonly which: Which;
    readonly column: string;
    readonly values: Values;
  }
  | {
    readonly op: "merge";
    readonly rows: Values[];
    readonly old: number;
    readonly deletes: boolean;
  }
  | { readonly op: "restore"; readonly share: number }
  | { readonly op: "rename" | "drop" | "widen"; readonly column: string }
  | {
    readonly op:
      | "add"
      | "optimize"
      | "zorder"
      | "checkpoint"
      | "compactLog"
      | "vacuum"
      | "constrain";
  };

/** What a table may have switched on. */
export const FEATURES: Readonly<Record<string, Record<string, string>>> = {
  changes: { "delta.enableChangeDataFeed": "true" },
  vectors: { "delta.enableDeletionVectors": "true" },
  mapping: { "delta.columnMapping.mode": "name" },
  tracking: { "delta.enableRowTracking": "true" },
  timestamps: { "delta.enableInCommitTimestamps": "true" },
  v2: { "delta.checkpointPolicy": "v2", "delta.checkpointInterval": "3" },
  widening: { "delta.enableTypeWidening": "true" },
  often: {
    "delta.checkpointInterval": "2",
    "delta.checkpoint.writeStatsAsStruct": "true",
  },
};

/** A program. */
export interface Program {
  /** Names of the pool; there is an id always. */
  readonly columns: readonly string[];
  /** Partition columns, among them. */
  readonly partitionBy: readonly string[];
  /** Names of {@link FEATURES}. */
  readonly features: readonly string[];
  /** Rows that the table begins with. */
  readonly rows: readonly Values[];
  /** What happens then. */
  readonly steps: readonly Step[];
}

const rows = fc.array(values, { minLength: 1, maxLength: 6 });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const names = POOL.map((c) => c.name);
const anyColumn = fc.constantFrom(...names);

const which: fc.Arbitrary<Which> = fc.oneof(
  fc.record({ by: fc.constant("upTo" as const), share }),
  fc.record({
    by: fc.constant("modulo" as const),
    divisor: fc.integer({ min: 2, max: 4 }),
  }),
  fc.record({ by: fc.constant("isNull" as const), column: anyColumn }),
  fc.record({
    by: fc.constant("equal" as const),
    column: fc.constantFrom("p", "n", "b", "s"),
    values,
  }),
);

const op = <Name extends string>(name: Name) => fc.constant(name);

/** A step; operations on rows come up more often than the others. */
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ op: op("append"), rows }) },
  { weight: 1, arbitrary: fc.record({ op: op("overwrite"), rows }) },
  { weight: 2, arbitrary: fc.record({ op: op("grow"), rows }) },
  { weight: 1, arbitrary: fc.record({ op: op("replaceWhere"), rows }) },
  { weight: 1, arbitrary: fc.record({ op: op("replacePartitions"), rows }) },
  { weight: 4, arbitrary: fc.record({ op: op("delete"), which }) },
  {
    weight: 4,
    arbitrary: fc.record({
      op: op("update"),
      which,
      column: anyColumn,
      values,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      op: op("merge"),
      rows,
      old: fc.nat({ max: 4 }),
      deletes: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: op("restore"), share }) },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constantFrom("rename", "drop", "widen"),
      column: anyColumn,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constantFrom(
        "add",
        "optimize",
        "zorder",
        "checkpoint",
        "compactLog",
        "vacuum",
        "constrain",
      ),
    }),
  },
);

const partitionable = POOL.filter((c) => c.partitions).map((c) => c.name);

/** Programs over tables with some of the features named; each is as likely as not. */
export function programs(
  features: readonly string[],
): fc.Arbitrary<Program> {
  return fc.record({
    columns: fc.subarray(names, { minLength: 1 }),
    partitionBy: fc.subarray(partitionable, { maxLength: 2 }),
    features: fc.subarray([...features], { minLength: 1 }),
    rows,
    steps: fc.array(step, { minLength: 3, maxLength: 8, size: "max" }),
  }).map((program) => ({
    ...program,
    partitionBy: program.partitionBy.filter((name) =>
      program.columns.includes(name)
    ),
  }));
}

/** The column of the pool, or among those added. */
export const poolColumn = (
  name: string,
): typeof POOL[number] => [...POOL, ...ADDED].find((c) => c.name === name)!;
