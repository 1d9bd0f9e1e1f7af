/**
 * The one order of values that filters, statistics and keys share.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import { type DataType, typeName } from "../schema/data_type.ts";
import { compareDecimals } from "../schema/decimal.ts";
import type { StructValue, Value } from "../schema/value.ts";

/** Orders two values that are not null: negative, zero or positive. */
export type Comparator = (a: Value, b: Value) => number;

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
