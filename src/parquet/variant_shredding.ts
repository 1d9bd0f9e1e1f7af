/**
 * Variant columns, shredded or not, read back as variants.
 *
 * A shredded column keeps what fits a type in `typed_value`, and the rest,
 * encoded, in `value`; both where an object has fields beyond the typed ones.
 *
 * Source: Apache Parquet, "Variant Shredding".
 *
 * @module
 */

import * as arrow from "apache-arrow";
import type { Variant } from "../schema/value.ts";
import {
  bigIntReader,
  bytesReader,
  listBounds,
  unscaledReader,
  validityOf,
} from "./arrow_buffers.ts";
import { corrupt, decodeNames, decodeWith, formatUuid } from "./variant.ts";

type Names = readonly string[];
/** Reads a part of a variant; `undefined` where it is not there. */
type PartReader = (row: number, names: Names) => Variant | undefined;

const text = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Compiles a reader of a variant column: a struct of `metadata`, `value` and
 * perhaps `typed_value`.
 *
 * @throws {DeltaError} `DELTA_DATA_FILE_CORRUPT` when the struct is not a variant.
 */
export function variantReader(
  data: arrow.Data,
): (row: number) => Variant | null {
  const metadata = childOf(data, "metadata");
  const bytes = metadata === undefined ? undefined : bytesReader(metadata);
  if (bytes === undefined) {
    throw corrupt("its column has no binary field called metadata");
  }
  const valid = validityOf(data);
  const read = partReader(data);
  let last: Uint8Array | undefined;
  let names: Names = [];
  return (row) => {
    if (valid !== undefined && !valid(row)) return null;
    const own = bytes(row);
    // Rows of one writer mostly share their names.
    if (last === undefined || !sameBytes(last, own)) {
      names = decodeNames(own);
      last = own;
    }
    return read(row, names) ?? { kind: "null" };
  };
}

/** Reads a group of `value` and `typed_value`. */
function partReader(data: arrow.Data): PartReader {
  const value = childOf(data, "value");
  const residual = value === undefined ? undefined : residualReader(value);
  const typed = childOf(data, "typed_value");
  if (typed === undefined) {
    return residual ?? (() => undefined);
  }
  if (typed.typeId === arrow.Type.Struct) {
    return objectReader(typed, residual);
  }
  const whole = typedReader(typed);
  return (row, names) => whole(row, names) ?? residual?.(row, names);
}

function residualReader(data: arrow.Data): PartReader {
  if (data.typeId === arrow.Type.Null) return () => undefined;
  const bytes = bytesReader(data);
  if (bytes === undefined) throw corrupt("its field value is not binary");
  const valid = validityOf(data);
  return (row, names) =>
    valid === undefined || valid(row)
      ? decodeWith(names, bytes(row))
      : undefined;
}

function objectReader(
  data: arrow.Data,
  residual: PartReader | undefined,
): PartReader {
  const valid = validityOf(data);
  const fields = (data.type.children as arrow.Field[]).map((field, i) => {
    const child = data.children[i]!;
    return {
      name: field.name,
      valid: validityOf(child),
      read: partReader(child),
    };
  });
  return (row, names) => {
    const rest = residual?.(row, names);
    if (valid !== undefined && !valid(row)) return rest;
    if (rest !== undefined && rest.kind !== "object") {
      throw corrupt("it is an object and something else at once");
    }
    const value = new Map<string, Variant>(rest?.value ?? []);
    for (const field of fields) {
      if (field.valid !== undefined && !field.valid(row)) continue;
      const part = field.read(row, names);
      if (part !== undefined) value.set(field.name, part);
    }
    return { kind: "object", value };
  };
}

function typedReader(data: arrow.Data): PartReader {
  const valid = validityOf(data);
  const read = listBounds(data) === undefined
    ? scalarReader(data)
    : elementsReader(data);
  return (row, names) =>
    valid === undefined || valid(row) ? read(row, names) : undefined;
}

function elementsReader(
  data: arrow.Data,
): (row: number, names: Names) => Variant {
  const { start, end } = listBounds(data)!;
  const element = partReader(data.children[0]!);
  return (row, names) => {
    const value: Variant[] = [];
    for (let i = start(row), stop = end(row); i < stop; i++) {
      value.push(element(i, names) ?? { kind: "null" });
    }
    return { kind: "array", value };
  };
}

function scalarReader(data: arrow.Data): (row: number) => Variant {
  switch (data.typeId) {
    case arrow.Type.Bool: {
      const bits = data.values as Uint8Array;
      const { offset } = data;
      return (row) => ({
        kind: "boolean",
        value: (bits[(offset + row) >> 3]! >> ((offset + row) & 7) & 1) === 1,
      });
    }
    case arrow.Type.Int: {
      const read = bigIntReader(data)!;
      return (row) => ({ kind: "int", value: read(row) });
    }
    case arrow.Type.Float: {
      const values = data.values as unknown as ArrayLike<number>;
      const { precision } = data.type as arrow.Float;
      if (precision === arrow.Precision.HALF) break;
      const kind = precision === arrow.Precision.DOUBLE ? "double" : "float";
      return (row) => ({ kind, value: values[row]! });
    }
    case arrow.Type.Decimal: {
      const { scale } = data.type as arrow.Decimal;
      const read = unscaledReader(data);
      return (row) => ({
        kind: "decimal",
        value: { unscaled: read(row), scale },
      });
    }
    case arrow.Type.Date: {
      const values = data.values as unknown as ArrayLike<number>;
      if ((data.type as arrow.Date_).unit !== arrow.DateUnit.DAY) break;
      return (row) => ({ kind: "date", value: values[row]! });
    }
    case arrow.Type.Time: {
      const { unit } = data.type as arrow.Time;
      const values = data.values as unknown as BigInt64Array;
      if (unit !== arrow.TimeUnit.MICROSECOND) break;
      return (row) => ({ kind: "time", value: values[row]! });
    }
    case arrow.Type.Timestamp: {
      const kind = timestampKind(data.type as arrow.Timestamp);
      const values = data.values as unknown as BigInt64Array;
      if (kind === undefined) break;
      return (row) => ({ kind, value: values[row]! });
    }
    case arrow.Type.FixedSizeBinary: {
      const read = bytesReader(data)!;
      if ((data.type as arrow.FixedSizeBinary).byteWidth !== 16) break;
      return (row) => ({ kind: "uuid", value: formatUuid(read(row)) });
    }
    case arrow.Type.Utf8:
    case arrow.Type.LargeUtf8:
    case arrow.Type.Utf8View: {
      const read = bytesReader(data)!;
      return (row) => ({ kind: "string", value: text.decode(read(row)) });
    }
    case arrow.Type.Binary:
    case arrow.Type.LargeBinary:
    case arrow.Type.BinaryView: {
      const read = bytesReader(data)!;
      return (row) => ({ kind: "binary", value: read(row).slice() });
    }
  }
  throw corrupt(`its typed_value has the type ${data.type}`);
}

function timestampKind(
  { unit, timezone }: arrow.Timestamp,
):
  | "timestamp"
  | "timestamp_ntz"
  | "timestamp_nanos"
  | "timestamp_ntz_nanos"
  | undefined {
  if (unit === arrow.TimeUnit.MICROSECOND) {
    return timezone ? "timestamp" : "timestamp_ntz";
  }
  if (unit === arrow.TimeUnit.NANOSECOND) {
    return timezone ? "timestamp_nanos" : "timestamp_ntz_nanos";
  }
  return undefined;
}

function childOf(data: arrow.Data, name: string): arrow.Data | undefined {
  if (data.typeId !== arrow.Type.Struct) return undefined;
  const index = (data.type.children as arrow.Field[]).findIndex((field) =>
    field.name === name
  );
  return index < 0 ? undefined : data.children[index];
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
