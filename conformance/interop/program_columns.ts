/**
 * Columns that random programs draw from, with values that are easy to get wrong.
 *
 * @module
 */

import fc from "fast-check";
import type { DataType, Value } from "../../src/mod.ts";

/** A column of the pool. */
export interface PoolColumn {
  /** The name that it begins with. */
  readonly name: string;
  /** Its type. */
  readonly type: DataType;
  /** Whether tables are partitioned by it. */
  readonly partitions: boolean;
  /** What it may be widened to. */
  readonly widened?: DataType;
  /** Its values, null among them. */
  readonly values: fc.Arbitrary<Value>;
}

const kind = (name: "string" | "long" | "integer" | "double"): DataType => ({
  kind: name,
});

const text = fc.oneof(
  fc.constantFrom("", "a", " ", "__HIVE_DEFAULT_PARTITION__", "null", "\u0000"),
  fc.string({ unit: "grapheme", maxLength: 6 }),
);
const folders = fc.constantFrom("a", "b c", "d/e=f", "100%", "g%20h", "ü😀'");
const double = fc.double();
const micros = fc.oneof(
  fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n }),
  fc.constantFrom(-1n, 0n, 1n, -62_135_596_800_000_000n),
);

const column = (
  name: string,
  type: DataType,
  values: fc.Arbitrary<Value>,
  more: Partial<PoolColumn> = {},
): PoolColumn => ({
  name,
  type,
  partitions: false,
  values: fc.option(values, { freq: 5 }),
  ...more,
});

/** All columns but the id. */
export const POOL: readonly PoolColumn[] = [
  column("p", kind("string"), folders, { partitions: true }),
  column("s", kind("string"), text),
  column("n", kind("integer"), fc.integer(), {
    partitions: true,
    widened: kind("long"),
  }),
  column("h", { kind: "short" }, fc.integer({ min: -32768, max: 32767 }), {
    widened: kind("integer"),
  }),
  column("x", kind("double"), double),
  column("f", { kind: "float" }, fc.float(), { widened: kind("double") }),
  column(
    "m",
    { kind: "decimal", precision: 9, scale: 2 },
    fc.bigInt({ min: -999_999_999n, max: 999_999_999n }).map((unscaled) => ({
      unscaled,
      scale: 2,
    })),
    { widened: { kind: "decimal", precision: 15, scale: 4 } },
  ),
  column("b", { kind: "boolean" }, fc.boolean(), { partitions: true }),
  column("d", { kind: "date" }, fc.integer({ min: -719_162, max: 2_932_896 }), {
    partitions: true,
  }),
  column("t", { kind: "timestamp" }, micros, { partitions: true }),
  column("ntz", { kind: "timestamp_ntz" }, micros),
  column("r", { kind: "binary" }, fc.uint8Array({ maxLength: 5 })),
  column(
    "st",
    {
      kind: "struct",
      fields: [
        { name: "a", type: kind("integer"), nullable: true, metadata: {} },
        { name: "b", type: kind("string"), nullable: true, metadata: {} },
      ],
    },
    fc.record<Record<string, Value>>({
      a: fc.option(fc.integer()),
      b: fc.option(text),
    }),
  ),
  column(
    "ls",
    { kind: "array", elementType: kind("double"), containsNull: true },
    fc.array(fc.option(double), { maxLength: 3 }),
  ),
  column(
    "mp",
    {
      kind: "map",
      keyType: kind("string"),
      valueType: kind("long"),
      valueContainsNull: true,
    },
    fc.uniqueArray(fc.constantFrom("k", "l", ""), { maxLength: 2 })
      .map((keys) => new Map(keys.map((k, i) => [k, i ? null : 7n]))),
  ),
];

/** Values of every column of the pool, by the name that it begins with. */
export const values: fc.Arbitrary<Readonly<Record<string, Value>>> = fc.record(
  Object.fromEntries(POOL.map((c) => [c.name, c.values])),
);

/** Columns that a program may add on its way. */
export const ADDED: readonly PoolColumn[] = [
  column("new", kind("string"), text),
  { ...POOL.find((c) => c.name === "st")!, name: "new_nested" },
];
