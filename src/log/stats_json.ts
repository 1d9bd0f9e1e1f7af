/**
 * Statistics that a checkpoint holds as a struct, written as the JSON text that
 * the log's commits hold. Numbers keep every digit.
 *
 * Source: Delta protocol, "Per-file Statistics" and "Checkpoint Schema"
 * (`stats_parsed`).
 *
 * @module
 */

import * as arrow from "apache-arrow";
import { formatDecimal } from "../schema/decimal.ts";
import { formatDate, formatTimestamp } from "../schema/time.ts";
import { validityReader } from "./plain_values.ts";

/** The JSON text of a row's value; `undefined` where it is null or has none. */
export type JsonWriter = (row: number) => string | undefined;

/** Makes the writer of a column, struct or leaf. */
export function jsonWriter(data: arrow.Data): JsonWriter {
  const write = valueWriter(data);
  if (!write) return () => undefined;
  if (data.nullCount === 0) return write;
  const isValid = validityReader(data);
  return (row) => isValid(row) ? write(row) : undefined;
}

function valueWriter(data: arrow.Data): JsonWriter | undefined {
  switch (data.typeId) {
    case arrow.Type.Struct:
      return structWriter(data);
    case arrow.Type.Int: {
      const values = data.values as ArrayLike<number | bigint>;
      return (row) => String(values[row]!);
    }
    case arrow.Type.Float: {
      const values = data.values as Float64Array | Float32Array;
      // JSON has no NaN or infinity: no bound is known then.
      return (row) => floatJson(values[row]!);
    }
    case arrow.Type.Bool: {
      const vector = new arrow.Vector([data]);
      return (row) => String(vector.get(row));
    }
    case arrow.Type.Decimal:
      return decimalWriter(data as arrow.Data<arrow.Decimal>);
    case arrow.Type.Date: {
      if ((data.type as arrow.Date_).unit !== arrow.DateUnit.DAY) {
        return undefined;
      }
      const values = data.values as Int32Array;
      return (row) => `"${formatDate(values[row]!)}"`;
    }
    case arrow.Type.Timestamp:
      return timestampWriter(data as arrow.Data<arrow.Timestamp>);
    case arrow.Type.Utf8:
    case arrow.Type.LargeUtf8: {
      const vector = new arrow.Vector([data]);
      return (row) => JSON.stringify(vector.get(row));
    }
    default:
      return undefined;
  }
}

function structWriter(data: arrow.Data): JsonWriter {
  const keys = (data.type as arrow.Struct).children.map((f) =>
    `${JSON.stringify(f.name)}:`
  );
  const writers = data.children.map(jsonWriter);
  return (row) => {
    let text = "";
    for (let i = 0; i < writers.length; i++) {
      const value = writers[i]!(row);
      if (value === undefined) continue;
      text += (text === "" ? "" : ",") + keys[i]! + value;
    }
    return `{${text}}`;
  };
}

function floatJson(value: number): string | undefined {
  if (!Number.isFinite(value)) return undefined;
  return Object.is(value, -0) ? "-0.0" : String(value);
}

function decimalWriter(data: arrow.Data<arrow.Decimal>): JsonWriter {
  const { scale, bitWidth } = data.type;
  const width = bitWidth / 32;
  const words = data.values as Uint32Array;
  return (row) => {
    let unscaled = 0n;
    for (let i = width - 1; i >= 0; i--) {
      unscaled = unscaled << 32n | BigInt(words[row * width + i]!);
    }
    return formatDecimal({
      unscaled: BigInt.asIntN(bitWidth, unscaled),
      scale,
    });
  };
}

/** Microseconds per unit, or units per microsecond for nanoseconds. */
function timestampWriter(data: arrow.Data<arrow.Timestamp>): JsonWriter {
  const { unit, timezone } = data.type;
  const values = data.values as unknown as BigInt64Array;
  const micros = (value: bigint): bigint => {
    switch (unit) {
      case arrow.TimeUnit.SECOND:
        return value * 1_000_000n;
      case arrow.TimeUnit.MILLISECOND:
        return value * 1000n;
      case arrow.TimeUnit.MICROSECOND:
        return value;
      default:
        return value / 1000n;
    }
  };
  const zone = timezone ? "utc" : "none";
  return (row) => {
    const text = formatTimestamp(micros(values[row]!), zone);
    return `"${text.replace(" ", "T")}"`;
  };
}
