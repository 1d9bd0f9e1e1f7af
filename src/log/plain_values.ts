/**
 * Values of an Arrow column as the plain objects that the log's JSON would
 * have held: strings, numbers, booleans, arrays, and objects for structs and
 * maps. For actions of the log, of which only a few are ever made objects.
 *
 * @module
 */

import * as arrow from "apache-arrow";

/** The value of a row; `undefined` for null. */
export type PlainReader = (row: number) => unknown;

const decoder = new TextDecoder();

/** Makes the reader of a column; nulls inside maps are `null`, null struct fields are left out. */
export function plainReader(data: arrow.Data): PlainReader {
  const read = valueReader(data);
  if (data.nullCount === 0) return read;
  const { nullBitmap, offset } = data;
  return (row) => isValid(nullBitmap, offset + row) ? read(row) : undefined;
}

/** Which rows of a column hold a value. */
export function validityReader(data: arrow.Data): (row: number) => boolean {
  if (data.nullCount === 0) return () => true;
  const { nullBitmap, offset } = data;
  return (row) => isValid(nullBitmap, offset + row);
}

/** A child of a struct column by name. */
export function childOf(
  data: arrow.Data,
  name: string,
): arrow.Data | undefined {
  const fields = (data.type as arrow.Struct).children;
  const index = fields.findIndex((field) => field.name === name);
  return index < 0 ? undefined : data.children[index];
}

/** A column of a batch by name. */
export function columnOf(
  batch: arrow.RecordBatch,
  name: string,
): arrow.Data | undefined {
  const index = batch.schema.fields.findIndex((field) => field.name === name);
  return index < 0 ? undefined : batch.data.children[index];
}

/**
 * All texts of a column at once, which is many times faster than one by one
 * where they are ASCII.
 */
export function textReader(data: arrow.Data): (row: number) => string {
  if (data.typeId !== arrow.Type.Utf8) {
    const read = plainReader(data);
    return (row) => read(row) as string;
  }
  const offsets = data.valueOffsets as Int32Array;
  const bytes = data.values as Uint8Array;
  const [start, end] = [offsets[0] ?? 0, offsets[data.length] ?? 0];
  const whole = decoder.decode(bytes.subarray(start, end));
  if (whole.length === end - start) {
    return (row) =>
      whole.slice(offsets[row]! - start, offsets[row + 1]! - start);
  }
  return (row) =>
    decoder.decode(bytes.subarray(offsets[row]!, offsets[row + 1]!));
}

function isValid(bitmap: Uint8Array, position: number): boolean {
  return (bitmap[position >> 3]! >> (position & 7) & 1) === 1;
}

function valueReader(data: arrow.Data): PlainReader {
  switch (data.typeId) {
    case arrow.Type.Utf8:
    case arrow.Type.LargeUtf8: {
      const offsets = data.valueOffsets as unknown as ArrayLike<
        number | bigint
      >;
      const bytes = data.values as Uint8Array;
      return (row) =>
        decoder.decode(
          bytes.subarray(Number(offsets[row]!), Number(offsets[row + 1]!)),
        );
    }
    case arrow.Type.Bool: {
      const { values, offset } = data;
      return (row) => isValid(values as Uint8Array, offset + row);
    }
    case arrow.Type.Int: {
      const values = data.values as ArrayLike<number | bigint>;
      return (row) => Number(values[row]!);
    }
    case arrow.Type.Struct:
      return structReader(data);
    case arrow.Type.Map:
      return mapReader(data);
    case arrow.Type.List: {
      const offsets = data.valueOffsets as Int32Array;
      const element = plainReader(data.children[0]!);
      return (row) => {
        const list: unknown[] = [];
        for (let i = offsets[row]!; i < offsets[row + 1]!; i++) {
          list.push(element(i) ?? null);
        }
        return list;
      };
    }
    default: {
      // Views and dictionaries that some writers' Arrow hints bring along.
      const vector = new arrow.Vector([data]);
      return (row) => vector.get(row) ?? undefined;
    }
  }
}

function structReader(data: arrow.Data): PlainReader {
  const names = (data.type as arrow.Struct).children.map((f) => f.name);
  const readers = data.children.map(plainReader);
  return (row) => {
    const object: Record<string, unknown> = {};
    for (let i = 0; i < readers.length; i++) {
      const value = readers[i]!(row);
      if (value !== undefined) setOwn(object, names[i]!, value);
    }
    return object;
  };
}

function mapReader(data: arrow.Data): PlainReader {
  const offsets = data.valueOffsets as Int32Array;
  const [key, value] = data.children[0]!.children.map(plainReader);
  return (row) => {
    const object: Record<string, unknown> = {};
    for (let i = offsets[row]!; i < offsets[row + 1]!; i++) {
      setOwn(object, String(key!(i)), value!(i) ?? null);
    }
    return object;
  };
}

/** Column names are anybody's: `__proto__` must become a key like any other. */
function setOwn(
  object: Record<string, unknown>,
  key: string,
  value: unknown,
): void {
  if (key !== "__proto__") object[key] = value;
  else {
    Object.defineProperty(object, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
}
