/**
 * Statistics of a data file, from the JSON text of an `add`.
 *
 * Numbers are taken from the text itself, so longs past 2^53 and decimals keep
 * every digit. Statistics only ever help: whatever cannot be understood counts
 * as absent.
 *
 * Source: Delta protocol, "Per-file Statistics".
 *
 * @module
 */

import type { DataType, StructField, StructType } from "../schema/data_type.ts";
import { parseDecimal, rescale } from "../schema/decimal.ts";
import { fieldAt } from "../schema/schema_path.ts";
import { namesZone, parseDate, parseTimestamp } from "../schema/time.ts";
import type { Value } from "../schema/value.ts";

/** What is known of one leaf column of a file. */
export interface ColumnStatistics {
  /** No value is below it; absent where unknown or where there is no value. */
  readonly min?: Value;
  /** No value is above it, but for the digits or characters that its writer cut off. */
  readonly max?: Value;
  /** How many rows hold null; with wide bounds only 0 and `numRecords` tell anything. */
  readonly nullCount?: number;
}

/** Statistics of one data file. */
export interface FileStatistics {
  /** Rows in the file, deleted ones included. */
  readonly numRecords: number | undefined;
  /** Whether min, max and null counts speak of the rows that are left only. */
  readonly tightBounds: boolean;
  /** What is known of a leaf column, by its physical path. */
  column(path: readonly string[]): ColumnStatistics;
}

/** A number of the JSON text, by its characters. */
class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type StatsJson =
  | null
  | boolean
  | number
  | string
  | NumberText
  | readonly StatsJson[]
  | { readonly [name: string]: StatsJson };

// Anything shorter survives the way through a JavaScript number unharmed.
const LONG_NUMBER = /[0-9.]{16}/;

/**
 * Reads the statistics of a file.
 *
 * @param text The `stats` of an action; absent ones give empty statistics.
 * @param physicalSchema The table's schema with physical names.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const schema = {
 *   kind: "struct",
 *   fields: [{ name: "id", type: { kind: "long" }, nullable: true, metadata: {} }],
 * } as const;
 * const text = '{"numRecords":2,"maxValues":{"id":9007199254740993}}';
 * const stats = parseStatistics(text, schema);
 * assert.equal(stats.column(["id"]).max, 9007199254740993n);
 * ```
 */
export function parseStatistics(
  text: string | null | undefined,
  physicalSchema: StructType,
): FileStatistics {
  const json = parseJson(text);
  const numRecords = countOf(member(json, "numRecords"));
  return {
    numRecords,
    tightBounds: member(json, "tightBounds") !== false,
    column(path) {
      const field = fieldAt(physicalSchema, path);
      if (!field) return {};
      const [min, max] = ["minValues", "maxValues"].map((kind) =>
        statisticValue(walk(json, kind, path), field.type)
      );
      const nullCount = countOf(walk(json, "nullCount", path));
      return {
        ...widenFloat({ min, max }, field),
        ...(nullCount === undefined ? {} : { nullCount }),
      };
    },
  };
}

function parseJson(text: string | null | undefined): StatsJson {
  if (!text) return null;
  try {
    return LONG_NUMBER.test(text)
      ? JSON.parse(text, keepNumberText)
      : JSON.parse(text);
  } catch {
    // Statistics are a hint: a broken one makes the file one without.
    return null;
  }
}

function keepNumberText(
  _key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  if (typeof value !== "number") return value;
  const source = context?.source;
  // A runtime that does not give the text may have lost digits: no bound then.
  return source === undefined ? null : new NumberText(source);
}

function member(json: StatsJson | undefined, name: string): StatsJson {
  if (json === null || typeof json !== "object") return null;
  if (json instanceof NumberText || Array.isArray(json)) return null;
  return Object.hasOwn(json, name)
    ? (json as { readonly [name: string]: StatsJson })[name]!
    : null;
}

function walk(
  json: StatsJson,
  kind: string,
  path: readonly string[],
): StatsJson {
  return path.reduce(member, member(json, kind));
}

function countOf(json: StatsJson): number | undefined {
  const count = numberText(json);
  return count !== undefined && /^\d+$/.test(count) ? Number(count) : undefined;
}

function numberText(json: StatsJson): string | undefined {
  if (json instanceof NumberText) return json.text;
  return typeof json === "number" ? String(json) : undefined;
}

/** The bound as a value of the column's type; `undefined` where it is none. */
function statisticValue(json: StatsJson, type: DataType): Value | undefined {
  if (json === null) return undefined;
  try {
    return parseBound(json, type);
  } catch {
    // As above: a bound that nobody understands is no bound.
    return undefined;
  }
}

function parseBound(json: StatsJson, type: DataType): Value | undefined {
  const number = numberText(json);
  switch (type.kind) {
    case "byte":
    case "short":
    case "integer":
      return number === undefined ? undefined : Number(integerOf(number));
    case "long":
      return number === undefined ? undefined : integerOf(number);
    case "float":
      return map(floating(json), Math.fround);
    case "double":
      return floating(json);
    case "decimal":
      return rescale(
        parseDecimal(number ?? String(json)),
        type.scale,
      );
    case "boolean":
      return typeof json === "boolean" ? json : undefined;
    case "string":
      return typeof json === "string" ? json : undefined;
    case "date":
      return typeof json === "string" ? parseDate(json) : undefined;
    case "timestamp":
      // Without a zone nobody knows which one its writer meant.
      return typeof json === "string" && namesZone(json)
        ? parseTimestamp(json, "utc")
        : undefined;
    case "timestamp_ntz":
      return typeof json === "string"
        ? parseTimestamp(json, "none")
        : undefined;
    default:
      return undefined;
  }
}

/**
 * The bounds of a double that was a float before: they may be a float's shortest
 * text, and the float itself lies a little below or above that.
 */
function widenFloat(
  { min, max }: { min: Value | undefined; max: Value | undefined },
  { type, metadata }: StructField,
): ColumnStatistics {
  const wasFloat = type.kind === "double" &&
    metadata["delta.typeChanges"] !== undefined;
  const outward = (bound: Value | undefined, pick: typeof Math.min) =>
    wasFloat && typeof bound === "number"
      ? pick(bound, Math.fround(bound))
      : bound;
  const [low, high] = [outward(min, Math.min), outward(max, Math.max)];
  return {
    ...(low === undefined ? {} : { min: low }),
    ...(high === undefined ? {} : { max: high }),
  };
}

function integerOf(text: string): bigint {
  return rescale(parseDecimal(text), 0).unscaled;
}

function floating(json: StatsJson): number | undefined {
  const number = numberText(json);
  if (number !== undefined) return Number(number);
  switch (json) {
    case "NaN":
      return NaN;
    case "Infinity":
    case "+Infinity":
      return Infinity;
    case "-Infinity":
      return -Infinity;
    default:
      return undefined;
  }
}

function map<T, U>(
  value: T | undefined,
  change: (value: T) => U,
): U | undefined {
  return value === undefined ? undefined : change(value);
}
