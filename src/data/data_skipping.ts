/**
 * Which files cannot hold a row that a predicate wants, by partition values
 * and statistics alone.
 *
 * A file is skipped only where every row of it provably makes the predicate
 * false or null. Where a statistic is missing, cut off or says nothing (NaN in
 * the data, a timestamp cut to milliseconds, a string to a prefix), the file
 * stays.
 *
 * Source: Delta protocol, "Per-file Statistics".
 *
 * @module
 */

import type { Metadata, PartitionValues } from "../actions/action.ts";
import { DeltaError } from "../errors.ts";
import {
  type BoundExpression,
  type BoundLike,
  type BoundPredicate,
  columnsOf,
} from "../expression/bind.ts";
import { conversion } from "../expression/cast_value.ts";
import { compareValues, evaluateConstant } from "../expression/evaluate.ts";
import { likePrefix } from "../expression/like.ts";
import type { CompareOp } from "../expression/predicate.ts";
import { keepsOrder } from "../expression/type_coercion.ts";
import {
  columnMappingMode,
  physicalPath,
  physicalSchema,
} from "../schema/column_mapping.ts";
import type { DataType, StructType } from "../schema/data_type.ts";
import { parsePartitionValue } from "../schema/partition_value.ts";
import { fieldAt } from "../schema/schema_path.ts";
import type { Value } from "../schema/value.ts";
import { type FileStatistics, parseStatistics } from "./parse_statistics.ts";

/** What is known of the values of one column in some rows. */
export interface ColumnBounds {
  /** No value is below it. */
  readonly low?: Value | undefined;
  /** No value is above it, but for what `highIsPrefix` and `mayHoldNaN` say. */
  readonly high?: Value | undefined;
  /** Whether values that merely start with `high` occur as well. */
  readonly highIsPrefix?: boolean;
  /** Whether NaN may occur beside what `low` and `high` say. */
  readonly mayHoldNaN?: boolean;
  /** Whether no row, some or all rows are null; `some` where unknown. */
  readonly nulls: "none" | "some" | "all";
  /** Whether every row holds the same value. */
  readonly isOne?: boolean;
}

/** Bounds of a column by its logical path; `undefined` where nothing is known. */
export type BoundsOf = (path: readonly string[]) => ColumnBounds | undefined;

/** The table, as far as skipping goes. */
export interface SkippingTable {
  /** The logical schema. */
  readonly schema: StructType;
  /** Partition columns and configuration. */
  readonly metadata: Metadata;
}

/** A file, as far as skipping goes; an `add` or a `remove` is one. */
export interface SkippingFile {
  /** Serialised partition values by physical name. */
  readonly partitionValues?: PartitionValues | undefined;
  /** Statistics as JSON text. */
  readonly stats?: string | null | undefined;
}

/** What a predicate may be for a row, as bits. */
const TRUE = 1, FALSE = 2, NULL = 4;
const ANYTHING = TRUE | FALSE | NULL;
const STRING: DataType = { kind: "string" };
const UNKNOWN: ColumnBounds = { nulls: "some" };
/** Worlds with and without NaN double with each column: past this many, give up on bounds. */
const MOST_NAN_COLUMNS = 4;
/** Where writers cut strings, unless the table says so. */
const STRING_PREFIX = 32;
const PREFIX_KEY = "delta.dataSkippingStringPrefixLength";
/** What writers append to a cut string to keep it an upper bound. */
const TIE_BREAKERS = /[\ufffd\uffff\u{10ffff}]+$/u;
const MICROS_CUT_OFF = 999n;

/**
 * Whether a file may hold a row for which the predicate is true.
 *
 * @param predicate Bound to the table's schema.
 * @param file The file.
 * @param table The table whose schema the predicate is bound to.
 */
export function mayMatch(
  predicate: BoundPredicate,
  file: SkippingFile,
  table: SkippingTable,
): boolean {
  return fileMatcher(predicate, table)(file);
}

/** As {@link mayMatch}, for many files of one table. */
export function fileMatcher(
  predicate: BoundPredicate,
  table: SkippingTable,
): (file: SkippingFile) => boolean {
  const { metadata, schema } = table;
  const mode = columnMappingMode(metadata.configuration);
  const physical = physicalSchema(schema, mode);
  const prefix = Number(metadata.configuration[PREFIX_KEY]) || STRING_PREFIX;
  const places = new Map<string, ColumnPlace | undefined>();
  const placeOf = (path: readonly string[]): ColumnPlace | undefined => {
    const key = path.join("\0");
    if (!places.has(key)) places.set(key, findColumn(path, table, mode));
    return places.get(key);
  };
  return (file) => {
    let stats: FileStatistics | undefined;
    return mayMatchBounds(predicate, (path) => {
      const place = placeOf(path);
      if (!place) return undefined;
      if (place.isPartition) {
        const text = file.partitionValues?.[place.physical[0]!];
        return exactly(parsePartitionValue(text, place.type));
      }
      stats ??= parseStatistics(file.stats, physical);
      return boundsOf(stats, place, prefix);
    });
  };
}

/** Whether rows with these bounds may make the predicate true. */
export function mayMatchBounds(
  predicate: BoundPredicate,
  boundsOf: BoundsOf,
): boolean {
  const known = new Map<string, ColumnBounds>();
  const floating = new Set<string>();
  const look = (path: readonly string[]): ColumnBounds => {
    const key = path.join("\0");
    let bounds = known.get(key);
    if (!bounds) {
      bounds = boundsOf(path) ?? UNKNOWN;
      known.set(key, bounds);
      if (bounds.mayHoldNaN) floating.add(key);
    }
    return bounds;
  };
  // Without NaN first: most files stay or go by this alone.
  if (outcomes(predicate, look) & TRUE) return true;
  if (floating.size === 0) return false;
  if (floating.size > MOST_NAN_COLUMNS) return true;
  const keys = [...floating];
  for (let world = 1; world < 2 ** keys.length; world++) {
    const withNaN = new Set(keys.filter((_, i) => world >> i & 1));
    const mask = outcomes(predicate, (path) => {
      const bounds = look(path);
      return withNaN.has(path.join("\0"))
        ? { low: NaN, high: NaN, nulls: bounds.nulls }
        : bounds;
    });
    if (mask & TRUE) return true;
  }
  return false;
}

/** Bounds of a column whose every row holds one value. */
export function exactly(value: Value): ColumnBounds {
  return value === null
    ? { nulls: "all", isOne: true }
    : { low: value, high: value, nulls: "none", isOne: true };
}

interface ColumnPlace {
  readonly physical: readonly string[];
  readonly type: DataType;
  readonly isPartition: boolean;
}

function findColumn(
  path: readonly string[],
  { schema, metadata }: SkippingTable,
  mode: ReturnType<typeof columnMappingMode>,
): ColumnPlace | undefined {
  const field = fieldAt(schema, path);
  const physical = physicalPath(schema, path, mode);
  if (!field || !physical) return undefined;
  const isPartition = path.length === 1 &&
    metadata.partitionColumns.includes(field.name);
  return { physical, type: field.type, isPartition };
}

function boundsOf(
  stats: FileStatistics,
  { physical, type }: ColumnPlace,
  prefix: number,
): ColumnBounds {
  const { min, max, nullCount } = stats.column(physical);
  const nulls = nullCount === undefined
    ? "some"
    : nullCount === 0
    ? "none"
    : nullCount === stats.numRecords
    ? "all"
    : "some";
  switch (type.kind) {
    case "string":
      return { low: min, ...stringHigh(max, prefix), nulls };
    case "timestamp":
    case "timestamp_ntz":
      return { low: min, high: uncut(max), nulls };
    case "float":
    case "double":
      // Writers differ in whether NaN counts: never trust a maximum about it.
      return {
        low: Number.isNaN(min) ? undefined : min,
        high: max,
        mayHoldNaN: true,
        nulls,
      };
    default:
      return { low: min, high: max, nulls };
  }
}

function stringHigh(
  max: Value | undefined,
  prefix: number,
): Pick<ColumnBounds, "high" | "highIsPrefix"> {
  if (typeof max !== "string") return {};
  if (max.length < prefix) return { high: max };
  const high = max.replace(TIE_BREAKERS, "");
  return high === "" ? {} : { high, highIsPrefix: true };
}

/** The greatest timestamp that may have been cut to this one. */
function uncut(max: Value | undefined): Value | undefined {
  if (typeof max !== "bigint" || max % 1_000n !== 0n) return max;
  return max + MICROS_CUT_OFF;
}

type OrderOp = Exclude<CompareOp, "<=>">;
type Look = (path: readonly string[]) => ColumnBounds;

/** What the predicate may be for a row, as far as the bounds tell. */
function outcomes(predicate: BoundPredicate, look: Look): number {
  switch (predicate.kind) {
    case "literal":
      return predicate.value === null ? NULL : predicate.value ? TRUE : FALSE;
    case "column":
      return compareBounds(
        "=",
        look(predicate.path),
        exactly(true),
        predicate.type,
      );
    case "compare": {
      const left = operand(predicate.left, look);
      const right = operand(predicate.right, look);
      return predicate.op === "<=>"
        ? sameBounds(left, right, predicate.by)
        : compareBounds(predicate.op, left, right, predicate.by);
    }
    case "and":
      return predicate.args
        .map((arg) => outcomes(arg, look)).reduce(both, TRUE);
    case "or":
      return predicate.args
        .map((arg) => outcomes(arg, look)).reduce(either, FALSE);
    case "not":
      return opposite(outcomes(predicate.arg, look));
    case "isNull":
      return nullness(operand(predicate.arg, look));
    case "in": {
      const bounds = operand(predicate.arg, look);
      return predicate.values
        .map((value) =>
          compareBounds("=", bounds, exactly(value), predicate.by)
        )
        .reduce(either, FALSE);
    }
    case "like":
      return likeBounds(predicate, operand(predicate.arg, look));
    default: {
      const value = constantOf(predicate, look);
      return value === undefined
        ? ANYTHING
        : value === null
        ? NULL
        : value
        ? TRUE
        : FALSE;
    }
  }
}

/** What is known of the values of an expression; of most that compute something, nothing. */
function operand(operand: BoundExpression, look: Look): ColumnBounds {
  switch (operand.kind) {
    case "column":
      return look(operand.path);
    case "literal":
      return exactly(operand.value);
    case "cast":
      if (keepsOrder(operand.arg.type, operand.type)) {
        return castBounds(operand.arg, operand.type, look);
      }
  }
  const value = constantOf(operand, look);
  return value === undefined ? UNKNOWN : exactly(value);
}

function castBounds(
  arg: BoundExpression,
  type: DataType,
  look: Look,
): ColumnBounds {
  const bounds = operand(arg, look);
  const convert = conversion(arg.type, type);
  const cast = (value: Value | undefined) =>
    value === undefined || value === null ? value : convert(value);
  return { ...bounds, low: cast(bounds.low), high: cast(bounds.high) };
}

/** The one value of an expression whose every column holds one, as partition columns do; undefined for others. */
function constantOf(
  expression: BoundExpression,
  look: Look,
): Value | undefined {
  const isOne = columnsOf(expression).every((path) => look(path).isOne);
  if (!isOne) return undefined;
  try {
    return evaluateConstant(expression, (path) => look(path).low ?? null);
  } catch (cause) {
    // The rows themselves will say so, if there are any.
    if (cause instanceof DeltaError) return undefined;
    throw cause;
  }
}

/** What LIKE may say: every text of a form starts with what stands before its first wildcard. */
function likeBounds(
  { pattern, escape }: BoundLike,
  { low, high, highIsPrefix, nulls }: ColumnBounds,
): number {
  if (nulls === "all") return NULL;
  const isNull = nulls === "none" ? 0 : NULL;
  if (pattern.kind !== "literal") return ANYTHING;
  if (pattern.value === null) return NULL;
  let form: ReturnType<typeof likePrefix>;
  try {
    form = likePrefix(pattern.value as string, escape);
  } catch (cause) {
    if (cause instanceof DeltaError) return ANYTHING;
    throw cause;
  }
  const { prefix, isAll } = form;
  const starts = (bound: Value | undefined) =>
    typeof bound === "string" && bound.startsWith(prefix);
  const isBelow = typeof high === "string" && !starts(high) &&
    compareValues(high, prefix, STRING) < 0 &&
    !(highIsPrefix && prefix.startsWith(high));
  const isAbove = typeof low === "string" && !starts(low) &&
    compareValues(low, prefix, STRING) > 0;
  const isEvery = isAll && starts(low) && starts(high);
  return (isBelow || isAbove ? 0 : TRUE) | (isEvery ? 0 : FALSE) | isNull;
}

function nullness({ nulls }: ColumnBounds): number {
  return nulls === "all" ? TRUE : nulls === "none" ? FALSE : TRUE | FALSE;
}

/** As {@link compareBounds} for `<=>`, which is never null. */
function sameBounds(a: ColumnBounds, b: ColumnBounds, type: DataType): number {
  const mask = compareBounds("=", a, b, type) & (TRUE | FALSE);
  const [someA, someB] = [a.nulls !== "none", b.nulls !== "none"];
  const apart = someA && b.nulls !== "all" || someB && a.nulls !== "all";
  return mask | (someA && someB ? TRUE : 0) | (apart ? FALSE : 0);
}

function compareBounds(
  op: OrderOp,
  a: ColumnBounds,
  b: ColumnBounds,
  type: DataType,
): number {
  if (a.nulls === "all" || b.nulls === "all") return NULL;
  const less = !allAtLeast(a, b, type);
  const greater = !allAtLeast(b, a, type);
  const equal = !allAbove(a, b, type) && !allAbove(b, a, type);
  const { holds, fails } = sides(op, less, equal, greater);
  return (holds ? TRUE : 0) | (fails ? FALSE : 0) |
    (a.nulls === "none" && b.nulls === "none" ? 0 : NULL);
}

/** Whether a comparison may hold and may fail, given which orders may occur. */
function sides(
  op: OrderOp,
  less: boolean,
  equal: boolean,
  greater: boolean,
): { holds: boolean; fails: boolean } {
  switch (op) {
    case "=":
      return { holds: equal, fails: less || greater };
    case "!=":
      return { holds: less || greater, fails: equal };
    case "<":
      return { holds: less, fails: equal || greater };
    case "<=":
      return { holds: less || equal, fails: greater };
    case ">":
      return { holds: greater, fails: less || equal };
    case ">=":
      return { holds: greater || equal, fails: less };
  }
}

/** Whether every value of `a` is at least every value of `b`. */
function allAtLeast(a: ColumnBounds, b: ColumnBounds, type: DataType): boolean {
  if (b.highIsPrefix) return allAbove(a, b, type);
  return a.low !== undefined && b.high !== undefined &&
    compareValues(a.low, b.high, type) >= 0;
}

/** Whether every value of `a` is above every value of `b`. */
function allAbove(a: ColumnBounds, b: ColumnBounds, type: DataType): boolean {
  if (a.low === undefined || b.high === undefined) return false;
  if (
    b.highIsPrefix && (a.low as string).startsWith(b.high as string)
  ) return false;
  return compareValues(a.low, b.high, type) > 0;
}

/** What AND gives for each pair of outcomes that may meet. */
function both(a: number, b: number): number {
  return opposite(either(opposite(a), opposite(b)));
}

/** What OR gives for each pair of outcomes that may meet. */
function either(a: number, b: number): number {
  const known = (a | b) & TRUE;
  const fails = a & b & FALSE;
  const isNull = (a & NULL && b & (NULL | FALSE)) || (b & NULL && a & FALSE);
  return known | fails | (isNull ? NULL : 0);
}

function opposite(mask: number): number {
  return (mask & TRUE ? FALSE : 0) | (mask & FALSE ? TRUE : 0) | (mask & NULL);
}
