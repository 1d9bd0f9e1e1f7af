/**
 * Statistics of a data file while it is written: rows, nulls, smallest and
 * largest value of each leaf column, straight from Arrow's buffers.
 *
 * Every bound is safe to skip by: a minimum is never above a value of the file
 * and a maximum never below one, also where the JSON form is coarser than the
 * column (strings past 32 characters, microseconds). Where no such bound can be
 * written (NaN, infinities, a year past 9999) it is left out.
 *
 * Source: Delta protocol, "Per-file Statistics".
 *
 * @module
 */

import type { Data, RecordBatch } from "apache-arrow";
import { unscaledReader } from "../parquet/arrow_buffers.ts";
import type { DataType, StructType } from "../schema/data_type.ts";
import { formatDecimal } from "../schema/decimal.ts";
import { foldCase, parseColumnList } from "../schema/schema_path.ts";
import { validityOf } from "./validity.ts";

/** Characters of a string that its bounds keep. */
const STRING_PREFIX = 32;
/** Longest prefix a maximum may need before it is left out instead. */
const LONGEST_PREFIX = 64;
/** The largest character there is, above every other one. */
const LAST_CHARACTER = "\u{10FFFF}";

/** Which leaf columns get statistics. */
export interface StatisticsLimit {
  /** How many leaf columns, from the left; -1 means all. */
  readonly columns: number;
  /** Comma-separated column names; where given, they alone count. */
  readonly names?: string | undefined;
}

/** Collects the statistics of one file. */
export interface StatisticsCollector {
  /** Rows seen so far. */
  readonly numRecords: number;
  /** Looks at every row of a batch, whose columns are those of the schema. */
  observe(batch: RecordBatch): void;
  /**
   * The statistics as JSON text.
   *
   * @param tightBounds What `tightBounds` is to say; absent when `undefined`.
   */
  format(tightBounds?: boolean): string;
}

/**
 * Makes a collector for files whose columns are those of a schema.
 *
 * @param logical The file's columns by logical name, which `limit.names` speaks of.
 * @param physical The same tree by physical name, which statistics speak of.
 * @param limit Which leaf columns get statistics.
 * @returns The collector.
 */
export function statisticsCollector(
  logical: StructType,
  physical: StructType,
  limit: StatisticsLimit,
): StatisticsCollector {
  const root = structNode("", logical, physical, chooser(limit), []);
  let numRecords = 0;
  return {
    get numRecords() {
      return numRecords;
    },
    observe(batch) {
      numRecords += batch.numRows;
      root.fields.forEach((node, i) =>
        node?.observe(batch.data.children[i]!, batch.numRows, undefined)
      );
    },
    format(tightBounds) {
      const parts = [`"numRecords":${numRecords}`];
      const section = (name: string, text: string | undefined) => {
        if (text !== undefined) parts.push(`"${name}":${text}`);
      };
      section("minValues", root.format("min") ?? "{}");
      section("maxValues", root.format("max") ?? "{}");
      section("nullCount", root.format("nullCount") ?? "{}");
      if (tightBounds !== undefined) section("tightBounds", `${tightBounds}`);
      return `{${parts.join(",")}}`;
    },
  };
}

type Section = "min" | "max" | "nullCount";

/** A column, or a field of one. */
interface Node {
  readonly name: string;
  observe(data: Data, rows: number, parent: Uint8Array | undefined): void;
  format(section: Section): string | undefined;
}

/** Whether a leaf gets statistics; asked once per leaf, in schema order. */
type Chooser = (path: readonly string[]) => boolean;

function chooser(limit: StatisticsLimit): Chooser {
  if (limit.names !== undefined && limit.names.trim() !== "") {
    const key = (path: readonly string[]) => path.map(foldCase).join("\0");
    const wanted = parseColumnList(limit.names).map(key);
    return (path) => {
      const own = key(path);
      return wanted.some((name) => own === name || own.startsWith(`${name}\0`));
    };
  }
  let left = limit.columns < 0 ? Infinity : limit.columns;
  return () => left-- > 0;
}

function structNode(
  name: string,
  logical: StructType,
  physical: StructType,
  chosen: Chooser,
  path: readonly string[],
): Node & { readonly fields: readonly (Node | undefined)[] } {
  const fields = logical.fields.map((field, i): Node | undefined => {
    const twin = physical.fields[i]!;
    const here = [...path, field.name];
    if (field.type.kind === "struct") {
      const nested = twin.type as StructType;
      const node = structNode(twin.name, field.type, nested, chosen, here);
      return node.fields.some((child) => child) ? node : undefined;
    }
    if (field.type.kind === "void") return undefined;
    return chosen(here) ? leafNode(twin.name, field.type) : undefined;
  });
  return {
    name,
    fields,
    observe(data, rows, parent) {
      const valid = validityOf(data, rows, parent);
      fields.forEach((node, i) =>
        node?.observe(data.children[i]!, rows, valid)
      );
    },
    format(section) {
      const parts = fields.flatMap((node) => {
        const text = node?.format(section);
        return text === undefined
          ? []
          : `${JSON.stringify(node!.name)}:${text}`;
      });
      return parts.length === 0 ? undefined : `{${parts.join(",")}}`;
    },
  };
}

function leafNode(name: string, type: DataType): Node {
  const bounds = boundsOf(type);
  let nullCount = 0;
  return {
    name,
    observe(data, rows, parent) {
      const valid = validityOf(data, rows, parent);
      nullCount += countNulls(valid);
      bounds?.observe(data, rows, valid);
    },
    format: (section) =>
      section === "nullCount" ? `${nullCount}` : bounds?.[section](),
  };
}

function countNulls(valid: Uint8Array | undefined): number {
  if (!valid) return 0;
  let set = 0;
  for (let i = 0; i < valid.length; i++) set += valid[i]!;
  return valid.length - set;
}

/** Smallest and largest value of a leaf, as JSON text. */
interface Bounds {
  observe(data: Data, rows: number, valid: Uint8Array | undefined): void;
  min(): string | undefined;
  max(): string | undefined;
}

function boundsOf(type: DataType): Bounds | undefined {
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
