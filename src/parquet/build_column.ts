/**
 * Canonical values into Arrow columns, on raw buffers.
 *
 * Arrow's own builders cost ten times as much, cut timestamps to milliseconds
 * and take no bigints for decimals.
 *
 * @module
 */

import * as arrow from "apache-arrow";
import { DeltaError } from "../errors.ts";
import type {
  DataType,
  DecimalType,
  MapType,
  StructField,
  StructType,
} from "../schema/data_type.ts";
import { typeName } from "../schema/data_type.ts";
import type {
  Decimal,
  Row,
  StructValue,
  Value,
  Variant,
} from "../schema/value.ts";
import { toArrowSchema, toArrowType } from "./arrow_schema.ts";
import {
  batchOf,
  bitmapBytes,
  type ColumnBuffers,
  dataOf,
  nullColumn,
} from "./column_data.ts";
import { encodeVariant } from "./variant.ts";

const encoder = new TextEncoder();

/**
 * Builds a column of canonical values (see `schema/value.ts`).
 *
 * @param arrowType The column's Arrow type, where it is known already.
 */
export function buildColumn(
  type: DataType,
  values: readonly Value[],
  arrowType: arrow.DataType = toArrowType(type),
): arrow.Data {
  switch (type.kind) {
    case "void":
      return new arrow.Data(arrowType, 0, values.length, values.length);
    case "boolean":
      return buildBooleans(arrowType, values);
    case "byte":
    case "short":
    case "integer":
    case "float":
    case "double":
    case "date":
      return buildNumbers(arrowType, values);
    case "long":
    case "timestamp":
    case "timestamp_ntz":
      return buildLongs(arrowType, values);
    case "decimal":
      return buildDecimals(type, arrowType, values);
    case "string":
      return buildStrings(arrowType, values as readonly (string | null)[]);
    case "binary":
      return buildBinary(arrowType, values as readonly (Uint8Array | null)[]);
    case "variant":
      return buildVariants(arrowType, values as readonly (Variant | null)[]);
    case "struct":
      return buildStructs(type.fields, arrowType, values);
    case "array":
      return buildLists(type.elementType, arrowType, values);
    case "map":
      return buildMaps(type, arrowType, values);
  }
}

/** Builds a batch of rows; a column that a row lacks is null. */
export function buildBatch(
  schema: StructType,
  rows: readonly Row[],
): arrow.RecordBatch {
  const arrowSchema = toArrowSchema(schema);
  return batchOf(
    arrowSchema,
    schema.fields.map((field, i) =>
      buildColumn(
        field.type,
        rows.map((row) => ownValue(row, field.name)),
        arrowSchema.fields[i]!.type,
      )
    ),
    rows.length,
  );
}

/** Builds a batch of whole columns, by name; one that is not there is all nulls. */
export function buildBatchOfColumns(
  schema: StructType,
  columns: Readonly<Record<string, readonly Value[]>>,
  rowCount: number,
): arrow.RecordBatch {
  const arrowSchema = toArrowSchema(schema);
  return batchOf(
    arrowSchema,
    schema.fields.map((field, i) => {
      const type = arrowSchema.fields[i]!.type;
      return Object.hasOwn(columns, field.name)
        ? buildColumn(field.type, columns[field.name]!, type)
        : nullColumn(type, rowCount);
    }),
    rowCount,
  );
}

/** The validity of values, and how many are null. */
function validity(
  values: readonly Value[],
): { nulls: Uint8Array | undefined; nullCount: number } {
  let nulls: Uint8Array | undefined;
  let nullCount = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== null && values[i] !== undefined) continue;
    nulls ??= allValid(values.length);
    nulls[i >> 3]! &= ~(1 << (i & 7));
    nullCount++;
  }
  return { nulls, nullCount };
}

function allValid(length: number): Uint8Array {
  const bits = new Uint8Array(bitmapBytes(length)).fill(255, 0, length >> 3);
  if (length & 7) bits[length >> 3] = (1 << (length & 7)) - 1;
  return bits;
}

function buildBooleans(
  type: arrow.DataType,
  values: readonly Value[],
): arrow.Data {
  const { nulls, nullCount } = validity(values);
  const bits = new Uint8Array(bitmapBytes(values.length));
  for (let i = 0; i < values.length; i++) {
    if (values[i] === true) bits[i >> 3]! |= 1 << (i & 7);
  }
  return dataOf(type, values.length, nullCount, { nulls, values: bits });
}

function buildNumbers(
  type: arrow.DataType,
  values: readonly Value[],
): arrow.Data {
  const { nulls, nullCount } = validity(values);
  const out = new type.ArrayType(values.length) as Float64Array;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === "number") out[i] = value;
    else if (value !== null && value !== undefined) throw misfit(type, value);
  }
  return dataOf(type, values.length, nullCount, { nulls, values: out });
}

function buildLongs(
  type: arrow.DataType,
  values: readonly Value[],
): arrow.Data {
  const { nulls, nullCount } = validity(values);
  const out = new BigInt64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === "bigint") out[i] = value;
    else if (value !== null && value !== undefined) throw misfit(type, value);
  }
  return dataOf(type, values.length, nullCount, { nulls, values: out });
}

function buildDecimals(
  type: DecimalType,
  arrowType: arrow.DataType,
  values: readonly Value[],
): arrow.Data {
  const { nulls, nullCount } = validity(values);
  const limit = 10n ** BigInt(type.precision);
  const halves = new BigInt64Array(2 * values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as Decimal | null | undefined;
    if (value === null || value === undefined) continue;
    const unscaled = unscaledAt(value, type);
    if (unscaled >= limit || -unscaled >= limit) {
      throw misfit(arrowType, `${value.unscaled}e-${value.scale}`);
    }
    halves[2 * i] = unscaled;
    halves[2 * i + 1] = unscaled >> 64n;
  }
  return dataOf(arrowType, values.length, nullCount, {
    nulls,
    values: new Uint32Array(halves.buffer),
  });
}

/** A decimal's digits at the column's scale, when that loses none. */
function unscaledAt(value: Decimal, type: DecimalType): bigint {
  if (value.scale === type.scale) return value.unscaled;
  if (value.scale < type.scale) {
    return value.unscaled * 10n ** BigInt(type.scale - value.scale);
  }
  const divisor = 10n ** BigInt(value.scale - type.scale);
  if (value.unscaled % divisor !== 0n) {
    throw misfit(
      { toString: () => typeName(type) },
      `${value.unscaled}e-${value.scale}`,
    );
  }
  return value.unscaled / divisor;
}

/** The longest text that is joined before it is encoded. */
const JOIN_LIMIT = 2 ** 26;

function buildStrings(
  type: arrow.DataType,
  values: readonly (string | null)[],
): arrow.Data {
  const { nulls, nullCount } = validity(values);
  const offsets = new Int32Array(values.length + 1);
  let units = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === "string") units += value.length;
    else if (value !== null && value !== undefined) throw misfit(type, value);
    if (units < 2 ** 31) offsets[i + 1] = units;
  }
  if (units <= JOIN_LIMIT) {
    // Of ASCII the units are the bytes, and one call encodes the column.
    const bytes = encoder.encode(values.join(""));
    if (bytes.length === units) {
      return dataOf(type, values.length, nullCount, {
        nulls,
        offsets,
        values: bytes,
      });
    }
  }
  return dataOf(type, values.length, nullCount, {
    nulls,
    ...encodeEach(type, values, units),
  });
}

function encodeEach(
  type: arrow.DataType,
  values: readonly (string | null)[],
  units: number,
): ColumnBuffers {
  const offsets = new Int32Array(values.length + 1);
  let bytes = new Uint8Array(units + (units >> 1) + 64);
  let end = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === "string") {
      if (bytes.length - end < value.length * 3) {
        const grown = new Uint8Array(bytes.length * 2 + value.length * 3);
        grown.set(bytes.subarray(0, end));
        bytes = grown;
      }
      end += encoder.encodeInto(value, bytes.subarray(end)).written;
      if (end >= 2 ** 31) throw tooLong(type);
    }
    offsets[i + 1] = end;
  }
  return { offsets, values: bytes.subarray(0, end) };
}

function buildBinary(
  type: arrow.DataType,
  values: readonly (Uint8Array | null)[],
): arrow.Data {
  const { nulls, nullCount } = validity(values);
  const offsets = new Int32Array(values.length + 1);
  let end = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value !== null && value !== undefined) {
      if (!(value instanceof Uint8Array)) throw misfit(type, value);
      end += value.length;
      if (end >= 2 ** 31) throw tooLong(type);
    }
    offsets[i + 1] = end;
  }
  const bytes = new Uint8Array(end);
  for (let i = 0; i < values.length; i++) {
    if (values[i]) bytes.set(values[i]!, offsets[i]!);
  }
  return dataOf(type, values.length, nullCount, {
    nulls,
    offsets,
    values: bytes,
  });
}

function buildVariants(
  type: arrow.DataType,
  values: readonly (Variant | null)[],
): arrow.Data {
  const { nulls, nullCount } = validity(values as readonly Value[]);
  // A null variant still needs bytes in its two required fields.
  const encoded = values.map((value) =>
    encodeVariant(value ?? { kind: "null" })
  );
  const [metadata, value] = type.children as arrow.Field[];
  return dataOf(type, values.length, nullCount, { nulls }, [
    buildBinary(metadata!.type, encoded.map((e) => e.metadata)),
    buildBinary(value!.type, encoded.map((e) => e.value)),
  ]);
}

function buildStructs(
  fields: readonly StructField[],
  type: arrow.DataType,
  values: readonly Value[],
): arrow.Data {
  const { nulls, nullCount } = validity(values);
  const structs = values as readonly (StructValue | null)[];
  const children = fields.map((field, i) =>
    buildColumn(
      field.type,
      structs.map((value) =>
        value === null || value === undefined
          ? null
          : ownValue(value, field.name)
      ),
      (type.children[i] as arrow.Field).type,
    )
  );
  return dataOf(type, values.length, nullCount, { nulls }, children);
}

function buildLists(
  elementType: DataType,
  type: arrow.DataType,
  values: readonly Value[],
): arrow.Data {
  const { nulls, nullCount } = validity(values);
  const offsets = new Int32Array(values.length + 1);
  const elements: Value[] = [];
  for (let i = 0; i < values.length; i++) {
    const list = values[i];
    if (Array.isArray(list)) {
      for (const element of list) elements.push(element);
    } else if (list !== null && list !== undefined) throw misfit(type, list);
    offsets[i + 1] = elements.length;
  }
  return dataOf(type, values.length, nullCount, { nulls, offsets }, [
    buildColumn(elementType, elements, (type.children[0] as arrow.Field).type),
  ]);
}

function buildMaps(
  { keyType, valueType }: MapType,
  type: arrow.DataType,
  values: readonly Value[],
): arrow.Data {
  const { nulls, nullCount } = validity(values);
  const offsets = new Int32Array(values.length + 1);
  const keys: Value[] = [];
  const items: Value[] = [];
  for (let i = 0; i < values.length; i++) {
    const map = values[i];
    if (map instanceof Map) {
      for (const [key, item] of map) {
        keys.push(key);
        items.push(item);
      }
    } else if (map !== null && map !== undefined) throw misfit(type, map);
    offsets[i + 1] = keys.length;
  }
  const entries = (type.children[0] as arrow.Field).type as arrow.Struct;
  const [key, value] = entries.children as arrow.Field[];
  return dataOf(type, values.length, nullCount, { nulls, offsets }, [
    dataOf(entries, keys.length, 0, {}, [
      buildColumn(keyType, keys, key!.type),
      buildColumn(valueType, items, value!.type),
    ]),
  ]);
}

function ownValue(object: Row | StructValue, name: string): Value {
  const value = object[name];
  // `constructor` and the like are no columns unless the row has them itself.
  return value === undefined || !Object.hasOwn(object, name) ? null : value;
}

function misfit(type: { toString(): string }, value: unknown): DeltaError {
  return new DeltaError("DELTA_SCHEMA_MISMATCH", {
    what: `Cannot put a value into a column of type ${type}`,
    why: `the value is ${describe(value)}`,
    fix: "Hand in values of the forms that the column's type takes",
    context: { type: String(type) },
  });
}

function describe(value: unknown): string {
  if (typeof value === "object") return `a ${value?.constructor?.name}`;
  return `the ${typeof value} ${String(value).slice(0, 40)}`;
}

function tooLong(type: arrow.DataType): DeltaError {
  return new DeltaError("DELTA_VALUE_OUT_OF_RANGE", {
    what: `Cannot build a column of type ${type}`,
    why: "its values take 2 GiB or more in one batch",
    fix: "Hand in smaller batches",
  });
}
