/**
 * Values that engines get wrong, by type, and how values compare; written
 * without the engine, since the engine is what is on trial.
 *
 * @module
 */

import type {
  DataType,
  Decimal,
  DecimalType,
  StructType,
  Value,
} from "../../src/mod.ts";

const decimal = (unscaled: bigint, scale: number): Decimal => ({
  unscaled,
  scale,
});

const TIMES: readonly Value[] = [
  0n,
  null,
  1n,
  -1n,
  1_700_000_000_123_456n,
  1_700_000_000_123_457n,
  1_700_000_000_123_000n,
  -62_135_596_800_000_000n,
  253_402_300_799_999_999n,
];

/** Plain ones first: an input that fails is shrunk towards them. */
const POOLS: Readonly<Partial<Record<DataType["kind"], readonly Value[]>>> = {
  long: [
    0n,
    null,
    1n,
    2n,
    3n,
    -1n,
    7n,
    2n ** 53n + 1n,
    -(2n ** 53n) - 1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
  ],
  integer: [0, null, 1, 2, 3, -1, 5, 2_147_483_647, -2_147_483_648],
  double: [
    0,
    null,
    -0,
    NaN,
    1.5,
    -1.5,
    Infinity,
    -Infinity,
    5e-324,
    1e308,
    0.1,
  ],
  float: [0, null, -0, NaN, 1.5, Math.fround(0.1), -Infinity],
  string: [
    "a",
    null,
    "",
    "b",
    "a/b",
    "50%",
    "it's",
    'say "so"',
    "ü→日本",
    "😀",
    " a b ",
    "\\",
    "line\n\ttab",
    "NULL",
    "__HIVE_DEFAULT_PARTITION__",
    "%2F",
    "a=b",
    "z".repeat(40),
    "\u{10ffff}".repeat(34),
    "\uffff",
    "A",
    "~.?#*:;,",
  ],
  boolean: [false, null, true],
  date: [0, null, -1, 19_000, 18_321, -719_162, 2_932_896],
  timestamp: TIMES,
  timestamp_ntz: TIMES,
  binary: [
    new Uint8Array([1]),
    null,
    new Uint8Array(),
    new Uint8Array([0, 255]),
  ],
  array: [[], null, ["a"], [null, ""], ["it's", "ü"]],
};

const DECIMALS: readonly bigint[] = [
  0n,
  1n,
  -1n,
  15_000n,
  -15_000n,
  99_999_999_999_999_999_999n,
  -99_999_999_999_999_999_999n,
];

/** A value of a type; every number gives one. */
export function nastyValue(type: DataType, cell: number): Value {
  if (type.kind === "decimal") {
    const at = cell % (DECIMALS.length + 1);
    return at === 1
      ? null
      : fitted(DECIMALS[at === 0 ? 0 : at - 1]!, type as DecimalType);
  }
  if (type.kind === "struct") return nastyStruct(type, cell);
  const pool = POOLS[type.kind]!;
  return pool[cell % pool.length]!;
}

function fitted(unscaled: bigint, { precision, scale }: DecimalType): Decimal {
  const bound = 10n ** BigInt(precision);
  return decimal(unscaled % bound, scale);
}

function nastyStruct(type: StructType, cell: number): Value {
  if (cell % 5 === 1) return null;
  return Object.fromEntries(
    type.fields.map((field, i) => [
      field.name,
      nastyValue(field.type, Math.floor(cell / 5) + i),
    ]),
  );
}

const utf8 = new TextEncoder();

/** Which of two values of a type comes first, as SQL has it; neither is null. */
export function compareAs(a: Value, b: Value, type: DataType): number {
  switch (type.kind) {
    case "string":
      return compareBytes(utf8.encode(a as string), utf8.encode(b as string));
    case "binary":
      return compareBytes(a as Uint8Array, b as Uint8Array);
    case "decimal": {
      const [x, y] = [a as Decimal, b as Decimal];
      const scale = Math.max(x.scale, y.scale);
      return order(unscaledAt(x, scale), unscaledAt(y, scale));
    }
    case "float":
    case "double": {
      const [x, y] = [a as number, b as number];
      if (Number.isNaN(x) || Number.isNaN(y)) {
        return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
      }
      return order(x, y);
    }
    default:
      return order(a as number, b as number);
  }
}

function order<T extends number | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!;
  }
  return a.length - b.length;
}

function unscaledAt({ unscaled, scale }: Decimal, wanted: number): bigint {
  return unscaled * 10n ** BigInt(wanted - scale);
}

/** Types that comparisons and keys are tried on. */
export function isScalar({ kind }: DataType): boolean {
  return kind !== "struct" && kind !== "array" && kind !== "map";
}

/** The value in a wider type. */
export function widenedValue(value: Value, to: DataType): Value {
  if (value === null) return null;
  switch (to.kind) {
    case "long":
      return BigInt(value as number);
    case "double":
      return value as number;
    case "timestamp_ntz":
      return typeof value === "number"
        ? BigInt(value) * 86_400_000_000n
        : value as bigint;
    case "decimal":
      if (typeof value === "object") {
        return decimal(unscaledAt(value as Decimal, to.scale), to.scale);
      }
      return decimal(
        BigInt(value as number | bigint) * 10n ** BigInt(to.scale),
        to.scale,
      );
    default:
      return value;
  }
}

/** Whether {@link widenedValue} goes from the one type to the other. */
export function isWider(from: DataType, to: DataType): boolean {
  if (from.kind === "decimal") {
    return to.kind === "decimal" && to.precision > from.precision;
  }
  const wider: Partial<Record<DataType["kind"], readonly string[]>> = {
    integer: ["long", "double", "decimal"],
    float: ["double"],
    date: ["timestamp_ntz"],
  };
  return wider[from.kind]?.includes(to.kind) ?? false;
}
