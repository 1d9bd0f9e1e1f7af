/**
 * The typed columns that a checkpoint may hold beside the texts:
 * `partitionValues_parsed` and `stats_parsed`, under physical names.
 *
 * Source: Delta protocol, "Checkpoint Schema" and "Per-file Statistics".
 *
 * @module
 */

import type { DataType, StructField, StructType } from "../schema/data_type.ts";
import { parseDecimal, rescale } from "../schema/decimal.ts";
import { parsePartitionValue } from "../schema/partition_value.ts";
import { parseDate, parseTimestamp } from "../schema/time.ts";
import type { StructValue, Value } from "../schema/value.ts";
import { type FileBatch, statsOf } from "./file_batch.ts";
import { columnOf, plainReader } from "./plain_values.ts";

/** Typed columns of a table's files. */
export interface ParsedColumns {
  /** The fields that `add` gets. */
  readonly fields: readonly StructField[];
  /** The values of each field for the live rows of a batch. */
  build(files: FileBatch): Readonly<Record<string, readonly Value[]>>;
}

/** A number of the JSON text, every digit of it. */
class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Json = null | boolean | string | NumberText | Json[] | {
  readonly [key: string]: Json;
};

/**
 * The typed columns of a table.
 *
 * @param schema The schema with physical names.
 * @param partitionColumns The partition columns' physical names.
 */
export function parsedColumns(
  schema: StructType,
  partitionColumns: readonly string[],
): ParsedColumns {
  const partitions = schema.fields.filter((f) =>
    partitionColumns.includes(f.name)
  );
  const data: StructType = {
    kind: "struct",
    fields: schema.fields.filter((f) => !partitionColumns.includes(f.name)),
  };
  const stats = statsType(data);
  const fields: StructField[] = [];
  if (partitions.length > 0) {
    fields.push(nullable("partitionValues_parsed", {
      kind: "struct",
      fields: partitions.map((f) => nullable(f.name, f.type)),
    }));
  }
  fields.push(nullable("stats_parsed", stats));
  return {
    fields,
    build: (files) => ({
      ...(partitions.length > 0
        ? { partitionValues_parsed: partitionValues(files, partitions) }
        : {}),
      stats_parsed: Array.from(files.rows, (row) => {
        const text = statsOf(files, row);
        return text === undefined ? null : parseStats(text, stats);
      }),
    }),
  };
}

/** The type of `stats_parsed` of some data columns. */
function statsType(data: StructType): StructType {
  const bounds = boundsType(data);
  const counts = countsType(data);
  return {
    kind: "struct",
    fields: [
      nullable("numRecords", { kind: "long" }),
      ...(bounds ? [nullable("minValues", bounds)] : []),
      ...(bounds ? [nullable("maxValues", bounds)] : []),
      ...(counts ? [nullable("nullCount", counts)] : []),
      nullable("tightBounds", { kind: "boolean" }),
    ],
  };
}

const BOUNDED: ReadonlySet<string> = new Set([
  "byte",
  "short",
  "integer",
  "long",
  "float",
  "double",
  "decimal",
  "date",
  "timestamp",
  "timestamp_ntz",
  "string",
]);

/** The columns that have bounds; `undefined` for none, which Parquet cannot hold as a struct. */
function boundsType(struct: StructType): StructType | undefined {
  return mapStruct(struct, (type) => BOUNDED.has(type.kind) ? type : undefined);
}

function countsType(struct: StructType): StructType | undefined {
  return mapStruct(struct, () => ({ kind: "long" }));
}

function mapStruct(
  struct: StructType,
  leaf: (type: DataType) => DataType | undefined,
): StructType | undefined {
  const fields: StructField[] = [];
  for (const f of struct.fields) {
    const type = f.type.kind === "struct"
      ? mapStruct(f.type, leaf)
      : leaf(f.type);
    if (type) fields.push(nullable(f.name, type));
  }
  return fields.length === 0 ? undefined : { kind: "struct", fields };
}

function partitionValues(
  files: FileBatch,
  partitions: readonly StructField[],
): Value[] {
  const column = columnOf(files.batch, "partitionValues");
  const read = column ? plainReader(column) : () => undefined;
  return Array.from(files.rows, (row) => {
    const texts = (read(row) ?? {}) as Record<string, string | null>;
    return Object.fromEntries(
      partitions.map((f) => [
        f.name,
        parsePartitionValue(texts[f.name], f.type),
      ]),
    ) as StructValue;
  });
}

function parseStats(text: string, type: StructType): Value {
  let json: Json;
  try {
    json = JSON.parse(text, keepDigits as never) as Json;
  } catch {
    // Statistics only save work: without them every file may match.
    return null;
  }
  return convert(json, type);
}

function keepDigits(
  _key: string,
  value: unknown,
  context: { readonly source?: string } | undefined,
): unknown {
  return typeof value === "number"
    ? new NumberText(context?.source ?? String(value))
    : value;
}

/** A value of the statistics in its column's type; null where it makes no sense there. */
function convert(json: Json | undefined, type: DataType): Value {
  if (json === null || json === undefined) return null;
  try {
    return convertKnown(json, type);
  } catch {
    // A bound that cannot be told is no bound.
    return null;
  }
}

function convertKnown(json: Json, type: DataType): Value {
  if (type.kind === "struct") {
    if (typeof json !== "object" || Array.isArray(json)) return null;
    const object = json as { readonly [key: string]: Json };
    return Object.fromEntries(
      type.fields.map((f) => [
        f.name,
        Object.hasOwn(object, f.name) ? convert(object[f.name], f.type) : null,
      ]),
    ) as StructValue;
  }
  if (typeof json === "boolean") return type.kind === "boolean" ? json : null;
  const text = json instanceof NumberText ? json.text : json;
  if (typeof text !== "string") return null;
  switch (type.kind) {
    case "string":
      return json instanceof NumberText ? null : text;
    case "byte":
    case "short":
    case "integer":
    case "float":
    case "double": {
      const number = Number(text);
      return Number.isNaN(number) && text !== "NaN" ? null : number;
    }
    case "long":
      return BigInt(text);
    case "decimal": {
      const decimal = parseDecimal(text);
      return decimal.scale <= type.scale ? rescale(decimal, type.scale) : null;
    }
    case "date":
      return parseDate(text);
    case "timestamp":
      return parseTimestamp(text, "utc");
    case "timestamp_ntz":
      return parseTimestamp(text, "none");
    default:
      return null;
  }
}

function nullable(name: string, type: DataType): StructField {
  return { name, type, nullable: true, metadata: {} };
}
