/**
 * Smallest and largest value of a column, as the JSON of statistics holds them.
 *
 * Source: Delta protocol, "Per-file Statistics".
 *
 * @module
 */

import type { Data } from "apache-arrow";
import { unscaledReader } from "../parquet/arrow_buffers.ts";
import type { DataType } from "../schema/data_type.ts";
import { formatDecimal } from "../schema/decimal.ts";

/** Characters of a string that its bounds keep. */
const STRING_PREFIX = 32;
/** Longest prefix a maximum may need before it is left out instead. */
const LONGEST_PREFIX = 64;
/** The largest character there is, above every other one. */
const LAST_CHARACTER = "\u{10FFFF}";

/** Smallest and largest value of a leaf, as JSON text. */
export interface Bounds {
  /** Looks at the rows of a column that `valid` says hold a value. */
  observe(data: Data, rows: number, valid: Uint8Array | undefined): void;
  /** Text at or below every value; `undefined` where there is none to write. */
  min(): string | undefined;
  /** Text at or above every value; `undefined` where there is none to write. */
  max(): string | undefined;
}

/** Makes the bounds of a leaf; `undefined` for types whose bounds nobody skips by. */
export function boundsOf(type: DataType): Bounds | undefined {
  switch (type.kind) {
    case "byte":
    case "short":
    case "integer":
      return integerBounds(String);
    case "date":
      return integerBounds(dateText);
    case "long":
      return bigBounds(
        (value) => value.toString(),
        (value) => value.toString(),
      );
    case "timestamp":
      return bigBounds(timeText("Z", 0n), timeText("Z", 999n));
    case "timestamp_ntz":
      return bigBounds(timeText("", 0n), timeText("", 999n));
    case "float":
    case "double":
      return floatBounds();
    case "decimal":
      return decimalBounds(type.scale);
    case "string":
      return stringBounds();
    default:
      return undefined;
  }
}

function integerBounds(text: (value: number) => string | undefined): Bounds {
  let low = Infinity, high = -Infinity;
  return {
    observe(data, rows, valid) {
      const values = data.values as Int32Array;
      for (let i = 0; i < rows; i++) {
        if (valid && !valid[i]) continue;
        const value = values[i]!;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    },
    min: () => low === Infinity ? undefined : text(low),
    max: () => high === -Infinity ? undefined : text(high),
  };
}

function bigBounds(
  minText: (value: bigint) => string | undefined,
  maxText: (value: bigint) => string | undefined,
): Bounds {
  let low: bigint | undefined, high: bigint | undefined;
  return {
    observe(data, rows, valid) {
      const values = data.values as BigInt64Array;
      for (let i = 0; i < rows; i++) {
        if (valid && !valid[i]) continue;
        const value = values[i]!;
        if (low === undefined || value < low) low = value;
        if (high === undefined || value > high) high = value;
      }
    },
    min: () => low === undefined ? undefined : minText(low),
    max: () => high === undefined ? undefined : maxText(high),
  };
}

/** NaN has no place in JSON, and readers disagree on its order: one leaves both bounds out. */
function floatBounds(): Bounds {
  let low = Infinity, high = -Infinity, sawNaN = false, sawValue = false;
  const text = (value: number, zero: string): string | undefined => {
    if (sawNaN || !sawValue || !Number.isFinite(value)) return undefined;
    if (value === 0) return zero;
    return Number.isInteger(value) && Math.abs(value) < 1e15
      ? `${value}.0`
      : String(value);
  };
  return {
    observe(data, rows, valid) {
      const values = data.values as Float64Array;
      for (let i = 0; i < rows; i++) {
        if (valid && !valid[i]) continue;
        const value = values[i]!;
        sawValue = true;
        if (value < low) low = value;
        if (value > high) high = value;
        if (value !== value) sawNaN = true;
      }
    },
    min: () => text(low, "-0.0"),
    max: () => text(high, "0.0"),
  };
}

function decimalBounds(scale: number): Bounds {
  let low: bigint | undefined, high: bigint | undefined;
  return {
    observe(data, rows, valid) {
      const read = unscaledReader(data);
      for (let i = 0; i < rows; i++) {
        if (valid && !valid[i]) continue;
        const value = read(i);
        if (low === undefined || value < low) low = value;
        if (high === undefined || value > high) high = value;
      }
    },
    min: () =>
      low === undefined ? undefined : formatDecimal({ unscaled: low, scale }),
    max: () =>
      high === undefined ? undefined : formatDecimal({ unscaled: high, scale }),
  };
}

function dateText(days: number): string | undefined {
  const text = isoText(days * 86_400_000);
  return text && `"${text.slice(0, 10)}"`;
}

/** Milliseconds are all that readers expect; `up` rounds what is cut off. */
function timeText(
  zone: string,
  up: bigint,
): (micros: bigint) => string | undefined {
  return (micros) => {
    const text = isoText(Number(floorDivide(micros + up, 1000n)));
    return text && `"${text.slice(0, -1)}${zone}"`;
  };
}

function floorDivide(a: bigint, b: bigint): bigint {
  const q = a / b;
  return a % b < 0n ? q - 1n : q;
}

/** ISO 8601 text; nothing outside the years 1 to 9999, where readers disagree. */
function isoText(ms: number): string | undefined {
  const date = new Date(ms);
  const year = date.getUTCFullYear();
  return year >= 1 && year <= 9999 ? date.toISOString() : undefined;
}

function stringBounds(): Bounds {
  let low: Uint8Array | undefined, high: Uint8Array | undefined;
  return {
    observe(data, rows, valid) {
      const bytes = data.values as Uint8Array;
      const offsets = data.valueOffsets as Int32Array;
      let lowAt = -1, highAt = -1;
      for (let i = 0; i < rows; i++) {
        if (valid && !valid[i]) continue;
        if (lowAt < 0) {
          lowAt = highAt = i;
        } else if (compareAt(bytes, offsets, i, lowAt) < 0) {
          lowAt = i;
        } else if (compareAt(bytes, offsets, i, highAt) > 0) {
          highAt = i;
        }
      }
      if (lowAt < 0) return;
      const at = (i: number) => bytes.subarray(offsets[i]!, offsets[i + 1]!);
      if (!low || compareBytes(at(lowAt), low) < 0) low = at(lowAt).slice();
      if (!high || compareBytes(at(highAt), high) > 0) {
        high = at(highAt).slice();
      }
    },
    min: () => low && JSON.stringify(firstCharacters(decode(low)).prefix),
    max: () => {
      const text = high && upperBound(decode(high));
      return text === undefined ? undefined : JSON.stringify(text);
    },
  };
}

/** Compares two values of one column by their UTF-8 bytes, in place. */
function compareAt(
  bytes: Uint8Array,
  offsets: Int32Array,
  a: number,
  b: number,
): number {
  let i = offsets[a]!, j = offsets[b]!;
  const iEnd = offsets[a + 1]!, jEnd = offsets[b + 1]!;
  for (; i < iEnd && j < jEnd; i++, j++) {
    const difference = bytes[i]! - bytes[j]!;
    if (difference !== 0) return difference;
  }
  return (iEnd - i) - (jEnd - j);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!;
  }
  return a.length - b.length;
}

const decoder = new TextDecoder();

function decode(bytes: Uint8Array): string {
  // Four bytes is the longest character: no more is ever looked at.
  return decoder.decode(bytes.subarray(0, 4 * (LONGEST_PREFIX + 2)));
}

function firstCharacters(
  text: string,
): { prefix: string; rest: readonly string[] } {
  const characters = [...text];
  return {
    prefix: characters.slice(0, STRING_PREFIX).join(""),
    rest: characters.slice(STRING_PREFIX),
  };
}

/**
 * Text at or above the given one, short: its prefix and one character above the
 * first that was cut off.
 *
 * @param text The largest value.
 * @returns The bound; `undefined` where a short one does not exist.
 */
function upperBound(text: string): string | undefined {
  let { prefix, rest } = firstCharacters(text);
  if (rest.length === 0) return prefix;
  while (rest[0] === LAST_CHARACTER) {
    prefix += LAST_CHARACTER;
    rest = rest.slice(1);
    if (rest.length === 0) return undefined;
    if ([...prefix].length > LONGEST_PREFIX) return undefined;
  }
  return prefix + (rest[0]! < "\x7f" ? "\x7f" : LAST_CHARACTER);
}
