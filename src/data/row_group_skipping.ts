/**
 * Which row groups of a file may hold rows that a predicate wants, by the
 * statistics of the footer.
 *
 * Source: Apache Parquet, `parquet.thrift`, "Statistics" and "ColumnOrder".
 *
 * @module
 */

import type { Metadata } from "../actions/action.ts";
import type { BoundPredicate } from "../expression/bind.ts";
import type { ColumnChunk, ParquetLeaf, RowGroup } from "../parquet/footer.ts";
import {
  type ColumnMappingMode,
  columnMappingMode,
  physicalName,
} from "../schema/column_mapping.ts";
import type { DataType, StructType } from "../schema/data_type.ts";
import { parsePartitionValue } from "../schema/partition_value.ts";
import type { Value } from "../schema/value.ts";
import { type ColumnBounds, exactly, mayMatchBounds } from "./data_skipping.ts";
import { type FileNode, fileTree, findNode } from "./file_tree.ts";
import type { OpenDataFile } from "./open_data_file.ts";

/** The indices of the row groups to read, ascending. */
export function rowGroupsToRead(
  open: OpenDataFile,
  table: { readonly schema: StructType; readonly metadata: Metadata },
  predicate: BoundPredicate | undefined,
): number[] {
  const { rowGroups } = open.footer;
  const all = [...rowGroups.keys()].filter((i) => rowGroups[i]!.rowCount > 0);
  if (!predicate) return all;
  const mode = columnMappingMode(table.metadata.configuration);
  const tree = fileTree(open.footer);
  return all.filter((i) =>
    mayMatchBounds(
      predicate,
      (path) =>
        partitionBounds(path, open, table, mode) ??
          chunkBounds(path, tree, table.schema, mode, rowGroups[i]!),
    )
  );
}

function partitionBounds(
  path: readonly string[],
  { add }: OpenDataFile,
  { schema, metadata }: {
    readonly schema: StructType;
    readonly metadata: Metadata;
  },
  mode: ColumnMappingMode,
): ColumnBounds | undefined {
  const [name, ...inside] = path;
  if (inside.length > 0 || !metadata.partitionColumns.includes(name!)) {
    return undefined;
  }
  const field = schema.fields.find((f) => f.name === name);
  if (!field) return undefined;
  const physical = mode === "none" ? field.name : physicalName(field);
  return exactly(
    parsePartitionValue(add.partitionValues[physical], field.type),
  );
}

function chunkBounds(
  path: readonly string[],
  tree: readonly FileNode[],
  schema: StructType,
  mode: ColumnMappingMode,
  group: RowGroup,
): ColumnBounds | undefined {
  const found = findNode(tree, schema.fields, path, mode);
  if (!found?.node.leaf) return undefined;
  const { column, index } = found.node.leaf;
  const chunk = group.columns[index]!;
  const { statistics } = chunk;
  if (!statistics) return undefined;
  const bound = (bytes: Uint8Array | undefined, isMax: boolean) =>
    bytes && parseStatistic(bytes, column, found.type, {
      ordered: !statistics.deprecated,
      isMax,
    });
  return {
    low: bound(statistics.min, false),
    high: bound(statistics.max, true),
    mayHoldNaN: found.type.kind === "float" || found.type.kind === "double",
    nulls: nullsOf(chunk),
  };
}

function nullsOf(
  { statistics, valueCount }: ColumnChunk,
): ColumnBounds["nulls"] {
  switch (statistics?.nullCount) {
    case undefined:
      return "some";
    case 0:
      return "none";
    case valueCount:
      return "all";
    default:
      return "some";
  }
}

/**
 * One bound as a value of the column's type; `undefined` where the file's type
 * is another one, or the order of its bounds is in doubt.
 *
 * @param options `ordered`: whether the writer vouches for the order of bytes; `isMax`: which bound it is.
 */
export function parseStatistic(
  bytes: Uint8Array,
  { element }: ParquetLeaf,
  type: DataType,
  options: { readonly ordered: boolean; readonly isMax: boolean },
): Value | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const logical = element.logicalType;
  if (logical?.kind === "INTEGER" && logical.isSigned === false) {
    return undefined;
  }
  switch (element.physicalType) {
    case "BOOLEAN":
      return type.kind === "boolean" && bytes.length === 1
        ? bytes[0] !== 0
        : undefined;
    case "INT32":
      return bytes.length === 4
        ? fromInteger(BigInt(view.getInt32(0, true)), element, type, options)
        : undefined;
    case "INT64":
      return bytes.length === 8
        ? fromInteger(view.getBigInt64(0, true), element, type, options)
        : undefined;
    case "FLOAT":
      return isFloating(type) && bytes.length === 4
        ? notNaN(view.getFloat32(0, true))
        : undefined;
    case "DOUBLE":
      return type.kind === "double" && bytes.length === 8
        ? notNaN(view.getFloat64(0, true))
        : undefined;
    case "BYTE_ARRAY":
    case "FIXED_LEN_BYTE_ARRAY":
      return options.ordered ? fromBytes(bytes, element, type) : undefined;
    default:
      return undefined;
  }
}

type Element = ParquetLeaf["element"];

/** Numbers of the older enumeration of what values mean. */
const CONVERTED = {
  DECIMAL: 5,
  DATE: 6,
  TIMESTAMP_MILLIS: 9,
  TIMESTAMP_MICROS: 10,
  UINT_8: 11,
  UINT_64: 14,
} as const;

function fromInteger(
  value: bigint,
  element: Element,
  type: DataType,
  { isMax }: { readonly isMax: boolean },
): Value | undefined {
  const converted = element.convertedType ?? -1;
  if (converted >= CONVERTED.UINT_8 && converted <= CONVERTED.UINT_64) {
    return undefined;
  }
  const isDecimal = element.logicalType?.kind === "DECIMAL" ||
    converted === CONVERTED.DECIMAL;
  switch (type.kind) {
    case "byte":
    case "short":
    case "integer":
      return isDecimal ? undefined : Number(value);
    case "long":
      return isDecimal ? undefined : value;
    case "date":
      return element.logicalType?.kind === "DATE" ||
          converted === CONVERTED.DATE
        ? Number(value)
        : undefined;
    case "decimal":
      return isDecimal && scaleOf(element) === type.scale
        ? { unscaled: value, scale: type.scale }
        : undefined;
    case "timestamp":
    case "timestamp_ntz":
      return toMicros(value, element, isMax);
    default:
      return undefined;
  }
}

function toMicros(
  value: bigint,
  element: Element,
  isMax: boolean,
): bigint | undefined {
  const unit = element.logicalType?.kind === "TIMESTAMP"
    ? element.logicalType.unit
    : element.convertedType === CONVERTED.TIMESTAMP_MILLIS
    ? "MILLIS"
    : element.convertedType === CONVERTED.TIMESTAMP_MICROS
    ? "MICROS"
    : undefined;
  switch (unit) {
    case "MILLIS":
      return value * 1_000n;
    case "MICROS":
      return value;
    case "NANOS":
      // Division goes towards zero: a step outward keeps it a bound.
      return value / 1_000n + (isMax ? 1n : -1n);
    default:
      return undefined;
  }
}

function fromBytes(
  bytes: Uint8Array,
  element: Element,
  type: DataType,
): Value | undefined {
  switch (type.kind) {
    case "string":
      try {
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
          .decode(bytes);
      } catch {
        // A bound cut inside a character bounds nothing that text can say.
        return undefined;
      }
    case "binary":
      return bytes;
    case "decimal": {
      if (scaleOf(element) !== type.scale || bytes.length === 0) {
        return undefined;
      }
      let unscaled = BigInt(bytes[0]! << 24 >> 24);
      for (const byte of bytes.subarray(1)) {
        unscaled = unscaled << 8n | BigInt(byte);
      }
      return { unscaled, scale: type.scale };
    }
    default:
      return undefined;
  }
}

function scaleOf(element: Element): number | undefined {
  return element.logicalType?.scale ?? element.scale;
}

function isFloating(type: DataType): boolean {
  return type.kind === "float" || type.kind === "double";
}

function notNaN(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}
