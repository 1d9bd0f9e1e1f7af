/**
 * What callers hand in as data, to batches of the table's schema in its
 * canonical Arrow types, every value checked.
 *
 * Rows are objects; Arrow may come in any physical type that holds the column's
 * values. Columns are found by name, whatever the capitalisation.
 *
 * @module
 */

import * as arrow from "apache-arrow";
import { DeltaError } from "../errors.ts";
import { fromArrowSchema } from "../parquet/arrow_schema.ts";
import { columnReader } from "../parquet/arrow_values.ts";
import { buildColumn } from "../parquet/column_builder.ts";
import { type Coercer, coercer } from "../schema/coerce_value.ts";
import {
  type DataType,
  type StructField,
  type StructType,
  typeName,
} from "../schema/data_type.ts";
import { findField, foldCase, formatPath } from "../schema/schema_path.ts";
import type { RowInput, Value } from "../schema/value.ts";
import { arrowSchemaOf, assembleBatch, sameLayout } from "./assemble_batch.ts";
import { enforceNotNull, missingValue } from "./enforce_columns.ts";
import { fillColumns } from "./fill_columns.ts";
import { grownSchema } from "./grow_schema.ts";
import { inferAdditions } from "./infer_rows.ts";

/** Rows that are converted together. */
const CHUNK_ROWS = 16_384;
/** Bytes, roughly, at which fewer rows are converted together. */
const CHUNK_BYTES = 8 * 2 ** 20;

/** Data for a table: rows, Arrow, or a stream of either. */
export type TableData =
  | arrow.Table
  | arrow.RecordBatch
  | Iterable<RowInput | arrow.RecordBatch | arrow.Table>
  | AsyncIterable<
    RowInput | readonly RowInput[] | arrow.RecordBatch | arrow.Table
  >;

/** Some of the data: rows, or a batch. */
export type InputChunk =
  | { readonly kind: "rows"; readonly rows: readonly RowInput[] }
  | { readonly kind: "batch"; readonly batch: arrow.RecordBatch };

/**
 * Reads data piece by piece, in order.
 *
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` for anything that is neither rows nor Arrow.
 */
export async function* readChunks(
  data: TableData,
): AsyncGenerator<InputChunk> {
  let rows: RowInput[] = [], bytes = 0;
  for await (const item of itemsOf(data)) {
    if (isBatch(item) || isTable(item)) {
      if (rows.length > 0) yield { kind: "rows", rows };
      [rows, bytes] = [[], 0];
      for (const batch of isTable(item) ? item.batches : [item]) {
        yield { kind: "batch", batch };
      }
      continue;
    }
    for (const row of Array.isArray(item) ? item : [item]) {
      if (!isRow(row)) throw notData(row);
      rows.push(row);
      bytes += roughBytes(row);
      if (rows.length >= CHUNK_ROWS || bytes >= CHUNK_BYTES) {
        yield { kind: "rows", rows };
        [rows, bytes] = [[], 0];
      }
    }
  }
  if (rows.length > 0) yield { kind: "rows", rows };
}

/** Values of columns that the data leaves out, by name. */
export type Constants = ReadonlyMap<string, Value>;

const NO_CONSTANTS: Constants = new Map();

/** Rows of a chunk. */
export function rowsOf(chunk: InputChunk): number {
  return chunk.kind === "rows" ? chunk.rows.length : chunk.batch.numRows;
}

/**
 * The schema that the table would need for a chunk: its own, with the columns
 * that the chunk adds and, where `widen` says so, the wider types that it has.
 *
 * @param chunk The data.
 * @param table The table's schema.
 * @param widen Whether types of columns may grow.
 * @returns The table's own schema object when the chunk asks for nothing new.
 */
export function schemaWanted(
  chunk: InputChunk,
  table: StructType,
  widen: boolean,
): StructType {
  if (chunk.kind === "rows") return inferAdditions(table, chunk.rows);
  return grownSchema(table, fromArrowSchema(chunk.batch.schema), widen);
}

/** A chunk as columns of the table, before it is completed. */
export interface PartialBatch {
  /** The columns that the data has, under the schema's names, in its order and in canonical Arrow types. */
  readonly batch: arrow.RecordBatch;
  /** A byte per row, for each column that some rows have and some leave out: whether the row does. */
  readonly omitted: ReadonlyMap<string, Uint8Array>;
}

/**
 * Turns a chunk into columns of the table's schema; what the data leaves out
 * stays out.
 *
 * @param chunk The data.
 * @param schema The table's schema.
 * @param firstRow Number of its first row in the call's data, for messages.
 * @param constants Values of columns that the data leaves out, by the schema's names.
 * @throws {DeltaError} `DELTA_SCHEMA_MISMATCH` for unknown, repeated or mistyped columns,
 *   `DELTA_VALUE_OUT_OF_RANGE`.
 */
export function toPartialBatch(
  chunk: InputChunk,
  schema: StructType,
  firstRow = 0,
  constants: Constants = NO_CONSTANTS,
): PartialBatch {
  const rows = rowsOf(chunk);
  const omitted = new Map<string, Uint8Array>();
  const columns = chunk.kind === "rows"
    ? columnsOfRows(chunk.rows, schema, firstRow, constants, omitted)
    : columnsOfBatch(chunk.batch, schema, constants);
  const whole = arrowSchemaOf(schema);
  const isWhole = columns.every((column) => column);
  const fields = whole.fields.filter((_, i) => columns[i]);
  const given = columns.filter((column) => column !== undefined);
  const batch = assembleBatch(
    isWhole ? whole : new arrow.Schema(fields),
    given,
    rows,
  );
  return { batch, omitted };
}

/**
 * Turns a chunk into a batch of the schema: columns that the data leaves out are
 * their default, else null.
 *
 * @returns A batch in canonical Arrow types, a column per field of the schema.
 * @throws {DeltaError} As {@link toPartialBatch}; `DELTA_NOT_NULL_CONSTRAINT_VIOLATED`.
 */
export function toBatch(
  chunk: InputChunk,
  schema: StructType,
  firstRow = 0,
  constants: Constants = NO_CONSTANTS,
): arrow.RecordBatch {
  const { batch, omitted } = toPartialBatch(
    chunk,
    schema,
    firstRow,
    constants,
  );
  const complete = fillColumns(batch, schema, omitted, missingValue);
  enforceNotNull(complete, schema, firstRow);
  return complete;
}

function itemsOf(
  data: TableData,
): AsyncIterable<unknown> | Iterable<unknown> {
  if (isBatch(data) || isTable(data)) return [data];
  if (typeof data === "object" && data !== null) {
    if (Symbol.asyncIterator in data || Symbol.iterator in data) return data;
  }
  throw notData(data);
}

function isBatch(item: unknown): item is arrow.RecordBatch {
  return item instanceof arrow.RecordBatch ||
    isArrowLike(item, "numRows", "data") &&
      !Array.isArray((item as { data: unknown }).data);
}

function isTable(item: unknown): item is arrow.Table {
  return item instanceof arrow.Table ||
    isArrowLike(item, "numRows", "batches");
}

/** Arrow objects of another copy of the library than ours are told by their shape. */
function isArrowLike(item: unknown, ...keys: string[]): boolean {
  return typeof item === "object" && item !== null && "schema" in item &&
    Array.isArray((item.schema as { fields?: unknown } | null)?.fields) &&
    keys.every((key) => key in item);
}

function isRow(item: unknown): item is RowInput {
  return typeof item === "object" && item !== null && !Array.isArray(item) &&
    !ArrayBuffer.isView(item) && !(item instanceof Map) &&
    !(item instanceof Date);
}

function notData(item: unknown): DeltaError {
  const kind = item === null
    ? "null"
    : typeof item === "object"
    ? item.constructor?.name ?? "an object"
    : typeof item;
  return new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: "Cannot write the data",
    why: `${kind} is neither a row (an object by column name) nor Arrow`,
    fix:
      "Give rows, an Arrow Table or RecordBatch, or an iterable of such things",
  });
}

function roughBytes(row: RowInput): number {
  let bytes = 0;
  for (const name in row) {
    const value = row[name];
    if (typeof value === "string") bytes += value.length;
    else if (typeof value === "object" && value !== null) {
      bytes += ArrayBuffer.isView(value)
        ? value.byteLength
        : 64 * (Array.isArray(value) ? value.length : 1);
    } else bytes += 8;
  }
  return bytes;
}

const coercers = new WeakMap<StructType, readonly Coercer[]>();

function coercersOf(schema: StructType): readonly Coercer[] {
  let known = coercers.get(schema);
  if (!known) {
    known = schema.fields.map((f) => coercer(f.type, formatPath([f.name])));
    coercers.set(schema, known);
  }
  return known;
}

function columnsOfRows(
  rows: readonly RowInput[],
  schema: StructType,
  firstRow: number,
  constants: Constants,
  omitted: Map<string, Uint8Array>,
): (arrow.Data | undefined)[] {
  const keys = keysOf(rows, schema, firstRow);
  const coerce = coercersOf(schema);
  return schema.fields.map((field, i) => {
    const names = keys[i]!;
    if (names.length === 0) return constant(field, rows.length, constants);
    if (constants.has(field.name)) throw givenTwice(field);
    let left: Uint8Array | undefined;
    const values = rows.map((row, at) => {
      const name = names.length === 1 ? names[0]! : keyIn(row, names);
      const input = row[name];
      if (input === undefined) {
        left ??= new Uint8Array(rows.length);
        left[at] = 1;
        return null;
      }
      try {
        return coerce[i]!(input);
      } catch (cause) {
        throw atRow(cause, firstRow + at);
      }
    });
    if (left) omitted.set(field.name, left);
    return buildColumn(field.type, values);
  });
}

/**
 * The names under which rows hold each field. Rows may differ in how they
 * capitalise one, but no row may hold a field twice.
 */
function keysOf(
  rows: readonly RowInput[],
  schema: StructType,
  firstRow: number,
): string[][] {
  const keys: string[][] = schema.fields.map(() => []);
  const known = new Set<string>();
  const unknown = new Map<string, number>();
  rows.forEach((row, at) => {
    for (const name in row) {
      if (known.has(name) || row[name] === undefined) continue;
      const field = findField(schema, name);
      if (!field) {
        if (!unknown.has(name)) unknown.set(name, firstRow + at);
        continue;
      }
      known.add(name);
      keys[schema.fields.indexOf(field)]!.push(name);
    }
  });
  if (unknown.size > 0) {
    throw unknownColumns([...unknown.keys()].map((name) => [name]));
  }
  for (const names of keys) {
    if (names.length < 2) continue;
    const twice = rows.find((row) =>
      names.filter((name) => row[name] !== undefined).length > 1
    );
    if (twice) throw repeatedColumn(names);
  }
  return keys;
}

function keyIn(row: RowInput, names: readonly string[]): string {
  return names.find((name) => row[name] !== undefined) ?? names[0]!;
}

function atRow(cause: unknown, row: number): unknown {
  if (!(cause instanceof DeltaError)) return cause;
  const { details } = cause;
  return new DeltaError(cause.code, {
    ...details,
    what: `${details.what} in row ${row}`,
    context: { ...details.context, row },
  });
}

function constant(
  field: StructField,
  rows: number,
  constants: Constants,
): arrow.Data | undefined {
  const value = constants.get(field.name);
  if (value === undefined) return undefined;
  return buildColumn(field.type, new Array<Value>(rows).fill(value));
}

function columnsOfBatch(
  batch: arrow.RecordBatch,
  schema: StructType,
  constants: Constants,
): (arrow.Data | undefined)[] {
  const sources = sourcesOf(batch.schema, schema);
  const types = arrowSchemaOf(schema).fields;
  return schema.fields.map((field, i) => {
    const source = sources[i]!;
    if (source < 0) return constant(field, batch.numRows, constants);
    if (constants.has(field.name)) throw givenTwice(field);
    const data = batch.data.children[source]!;
    return sameLayout(data.type, types[i]!.type)
      ? data
      : castColumn(data, field, batch.numRows);
  });
}

function sourcesOf(incoming: arrow.Schema, schema: StructType): number[] {
  const seen = new Map<string, string>();
  for (const { name } of incoming.fields) {
    const other = seen.get(foldCase(name));
    if (other !== undefined) throw repeatedColumn([other, name]);
    seen.set(foldCase(name), name);
  }
  const unknown = incoming.fields.flatMap((field) => {
    const known = findField(schema, field.name);
    return known
      ? unknownInside(field.type, known.type, [field.name])
      : [[field.name]];
  });
  if (unknown.length > 0) throw unknownColumns(unknown);
  return schema.fields.map((field) =>
    incoming.fields.findIndex((f) => findField(schema, f.name) === field)
  );
}

/** Fields of structs, at any depth, that the column's type lacks. */
function unknownInside(
  incoming: arrow.DataType,
  type: DataType,
  path: readonly string[],
): (readonly string[])[] {
  const inside = (child: number, inner: DataType, step: string) =>
    unknownInside(
      (incoming.children![child] as arrow.Field).type,
      inner,
      [...path, step],
    );
  if (type.kind === "struct" && incoming.typeId === arrow.Type.Struct) {
    return (incoming.children as arrow.Field[]).flatMap((field, i) => {
      const known = findField(type, field.name);
      return known
        ? inside(i, known.type, field.name)
        : [[...path, field.name]];
    });
  }
  if (!incoming.children?.length) return [];
  if (type.kind === "array" && incoming.typeId !== arrow.Type.Struct) {
    return inside(0, type.elementType, "element");
  }
  if (type.kind === "map" && incoming.typeId === arrow.Type.Map) {
    const entries = (incoming.children[0] as arrow.Field).type;
    return unknownInside(
      (entries.children[1] as arrow.Field).type,
      type.valueType,
      [...path, "value"],
    );
  }
  return [];
}

/** Reads a column of another physical type value by value, and builds it anew. */
function castColumn(
  data: arrow.Data,
  field: StructField,
  rows: number,
): arrow.Data {
  try {
    const read = columnReader(data, field.type);
    const check = coercer(field.type, formatPath([field.name]));
    const values = Array.from({ length: rows }, (_, row) => check(read(row)));
    return buildColumn(field.type, values);
  } catch (cause) {
    if (
      !(cause instanceof DeltaError) ||
      cause.code !== "DELTA_UNSUPPORTED_TYPE_CHANGE"
    ) throw cause;
    throw new DeltaError("DELTA_SCHEMA_MISMATCH", {
      what: `Cannot write column ${formatPath([field.name])}`,
      why: `the data has it as ${data.type}, and the table as ${
        typeName(field.type)
      }`,
      fix:
        "Cast the data, or widen the column with mergeSchema where the table allows it",
      context: { column: field.name, data: String(data.type) },
      cause,
    });
  }
}

function unknownColumns(paths: readonly (readonly string[])[]): DeltaError {
  const names = paths.map(formatPath);
  return new DeltaError("DELTA_SCHEMA_MISMATCH", {
    what: "Cannot write the data",
    why: `the table has no column ${names.join(", ")}`,
    fix: "Leave it out, or add it to the table with the option mergeSchema",
    context: { columns: names },
  });
}

function givenTwice(field: StructField): DeltaError {
  return new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: "Cannot write the data",
    why: `it has column ${
      formatPath([field.name])
    }, and the option partition gives one value for every row`,
    fix: "Leave the column out of the data, or out of the option",
    context: { column: field.name },
  });
}

function repeatedColumn(names: readonly string[]): DeltaError {
  return new DeltaError("DELTA_SCHEMA_MISMATCH", {
    what: "Cannot write the data",
    why: `it has column ${names.join(" and ")} more than once, capitals aside`,
    fix: "Give each column once",
    context: { columns: names },
  });
}
