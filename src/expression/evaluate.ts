/**
 * Bound predicates to functions of a row, in SQL's three-valued logic; and the
 * one order of values that filters, statistics and keys share.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import { type DataType, typeName } from "../schema/data_type.ts";
import { compareDecimals } from "../schema/decimal.ts";
import type { StructValue, Value } from "../schema/value.ts";
import type {
  BoundCompare,
  BoundIn,
  BoundOperand,
  BoundPredicate,
} from "./bind.ts";
import type { CompareOp } from "./predicate.ts";

/** The value of one column in each row. */
export type ColumnReader = (row: number) => Value;

/** What a predicate says of each row: true, false, or null for "not known". */
export type RowPredicate = (row: number) => boolean | null;

/** Orders two values that are not null: negative, zero or positive. */
export type Comparator = (a: Value, b: Value) => number;

/**
 * Compiles a bound predicate. Each column is asked for once, however often the
 * predicate names it.
 *
 * @param bound The predicate.
 * @param column Gives the reader of a column by its path in the schema's spelling.
 * @returns True, false or null for a row; a filter keeps the rows that are `true`.
 */
export function compilePredicate(
  bound: BoundPredicate,
  column: (path: readonly string[]) => ColumnReader,
): RowPredicate {
  const readers = new Map<string, ColumnReader>();
  const once = (path: readonly string[]): ColumnReader => {
    const key = JSON.stringify(path);
    const reader = readers.get(key) ?? column(path);
    readers.set(key, reader);
    return reader;
  };
  return compile(bound, once);
}

/**
 * Orders two values of a type. Strings go by their UTF-8 bytes, binary by its
 * bytes, decimals by value; NaN is greater than everything and equal to itself,
 * and -0 equals 0. Null is less than everything.
 *
 * @throws {DeltaError} `DELTA_UNSUPPORTED_EXPRESSION` for maps and variants, which have no order.
 */
export function compareValues(a: Value, b: Value, type: DataType): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return comparatorOf(type)(a, b);
}

/** The order of a type's values, for comparing many; null-free. As {@link compareValues}. */
export function comparatorOf(type: DataType): Comparator {
  switch (type.kind) {
    case "string":
      return compareText as Comparator;
    case "binary":
      return compareBytes as Comparator;
    case "decimal":
      return compareDecimals as Comparator;
    case "float":
    case "double":
      return compareFloats as Comparator;
    case "struct":
      return compareStructs(type.fields.map((f) => [f.name, f.type] as const));
    case "array":
      return compareArrays(type.elementType);
    case "map":
    case "variant":
      throw new DeltaError("DELTA_UNSUPPORTED_EXPRESSION", {
        what: `Cannot compare values of type ${typeName(type)}`,
        why: "they have no order",
        fix: "Compare something inside them",
      });
    default:
      return compareSimple;
  }
}

/** Orders two texts by their UTF-8 bytes, without encoding them. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return utf8Rank(x) - utf8Rank(y);
  }
  return a.length - b.length;
}

function compile(
  bound: BoundPredicate,
  column: (path: readonly string[]) => ColumnReader,
): RowPredicate {
  switch (bound.kind) {
    case "and":
      return allOf(bound.args.map((arg) => compile(arg, column)));
    case "or":
      return anyOf(bound.args.map((arg) => compile(arg, column)));
    case "not": {
      const arg = compile(bound.arg, column);
      return (row) => {
        const value = arg(row);
        return value === null ? null : !value;
      };
    }
    case "isNull": {
      const read = operand(bound.arg, column);
      return (row) => read(row) === null;
    }
    case "compare":
      return compileCompare(bound, column);
    case "in":
      return compileIn(bound, column);
    case "column":
    case "literal":
      return operand(bound, column) as RowPredicate;
  }
}

function operand(
  bound: BoundOperand,
  column: (path: readonly string[]) => ColumnReader,
): ColumnReader {
  if (bound.kind === "column") return column(bound.path);
  const { value } = bound;
  return () => value;
}

function compileCompare(
  bound: BoundCompare,
  column: (path: readonly string[]) => ColumnReader,
): RowPredicate {
  const compare = comparatorOf(bound.type);
  const holds = TESTS[bound.op];
  const left = operand(bound.left, column);
  if (bound.right.kind === "literal") {
    const right = bound.right.value;
    if (right === null) return () => null;
    return (row) => {
      const value = left(row);
      return value === null ? null : holds(compare(value, right));
    };
  }
  const right = operand(bound.right, column);
  return (row) => {
    const a = left(row);
    const b = right(row);
    return a === null || b === null ? null : holds(compare(a, b));
  };
}

function compileIn(
  bound: BoundIn,
  column: (path: readonly string[]) => ColumnReader,
): RowPredicate {
  const compare = comparatorOf(bound.type);
  const read = operand(bound.arg, column);
  const values = bound.values.filter((value) => value !== null);
  const miss = values.length === bound.values.length ? false : null;
  if (bound.values.length === 0) return () => false;
  if (HASHED.has(bound.type.kind)) {
    const set = new Set(values);
    return (row) => {
      const value = read(row);
      return value === null ? null : set.has(value) ? true : miss;
    };
  }
  return (row) => {
    const value = read(row);
    if (value === null) return null;
    return values.some((other) => compare(value, other) === 0) ? true : miss;
  };
}

/** Types whose equal values are the same JavaScript value. */
const HASHED: ReadonlySet<string> = new Set([
  "boolean",
  "byte",
  "short",
  "integer",
  "long",
  // A Set takes NaN for itself and -0 for 0, as the comparison does.
  "float",
  "double",
  "string",
  "date",
  "timestamp",
  "timestamp_ntz",
]);

const TESTS: Readonly<Record<CompareOp, (order: number) => boolean>> = {
  "=": (order) => order === 0,
  "!=": (order) => order !== 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

function allOf(args: readonly RowPredicate[]): RowPredicate {
  return (row) => {
    let result: boolean | null = true;
    for (const arg of args) {
      const value = arg(row);
      if (value === false) return false;
      if (value === null) result = null;
    }
    return result;
  };
}

function anyOf(args: readonly RowPredicate[]): RowPredicate {
  return (row) => {
    let result: boolean | null = false;
    for (const arg of args) {
      const value = arg(row);
      if (value === true) return true;
      if (value === null) result = null;
    }
    return result;
  };
}

function compareSimple(a: Value, b: Value): number {
  return a! < b! ? -1 : a! > b! ? 1 : 0;
}

function compareFloats(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!;
  }
  return a.length - b.length;
}

function compareStructs(
  fields: readonly (readonly [string, DataType])[],
): Comparator {
  return (a, b) => {
    for (const [name, type] of fields) {
      const order = compareValues(
        (a as StructValue)[name]!,
        (b as StructValue)[name]!,
        type,
      );
      if (order !== 0) return order;
    }
    return 0;
  };
}

function compareArrays(element: DataType): Comparator {
  return (a, b) => {
    const [x, y] = [a as readonly Value[], b as readonly Value[]];
    const length = Math.min(x.length, y.length);
    for (let i = 0; i < length; i++) {
      const order = compareValues(x[i]!, y[i]!, element);
      if (order !== 0) return order;
    }
    return x.length - y.length;
  };
}

/** Where a UTF-16 unit stands among first bytes of UTF-8: surrogates come after all else. */
function utf8Rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
