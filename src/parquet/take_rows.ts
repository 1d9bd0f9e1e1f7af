/**
 * Rows of a batch, picked by index; batches of one schema, put end to end.
 *
 * @module
 */

import * as arrow from "apache-arrow";
import { DeltaError } from "../errors.ts";
import { listBounds, validityOf } from "./arrow_buffers.ts";
import { batchOf, bitmapBytes, dataOf, nullColumn } from "./column_data.ts";

/** Picks rows of a batch, in the order given; a row may be picked twice. */
export function takeRows(
  batch: arrow.RecordBatch,
  rows: Uint32Array,
): arrow.RecordBatch {
  return batchOf(
    batch.schema,
    batch.data.children.map((column) => takeValues(column, rows)),
    rows.length,
  );
}

/** Picks values of a column. */
export function takeValues(data: arrow.Data, rows: Uint32Array): arrow.Data {
  return gather([data], [rows]);
}

/** Puts batches of the same types end to end, under the given schema. */
export function concatBatches(
  schema: arrow.Schema,
  batches: readonly arrow.RecordBatch[],
): arrow.RecordBatch {
  if (batches.length === 1) {
    return batchOf(schema, batches[0]!.data.children, batches[0]!.numRows);
  }
  const rows = batches.map((batch) => everyRow(batch.numRows));
  const total = batches.reduce((sum, batch) => sum + batch.numRows, 0);
  return batchOf(
    schema,
    schema.fields.map((field, i) =>
      batches.length === 0
        ? nullColumn(field.type, 0)
        : gather(batches.map((batch) => batch.data.children[i]!), rows)
    ),
    total,
  );
}

/** The indices 0 to `count - 1`. */
export function everyRow(count: number): Uint32Array {
  const rows = new Uint32Array(count);
  for (let i = 0; i < count; i++) rows[i] = i;
  return rows;
}

/** Picks `rows[i]` of `parts[i]`, one part after the other. */
function gather(
  parts: readonly arrow.Data[],
  rows: readonly Uint32Array[],
): arrow.Data {
  const { type } = parts[0]!;
  const length = rows.reduce((sum, part) => sum + part.length, 0);
  if (type.typeId === arrow.Type.Null) {
    return new arrow.Data(type, 0, length, length);
  }
  const { nulls, nullCount } = gatherValidity(parts, rows, length);
  switch (type.typeId) {
    case arrow.Type.Bool:
      return dataOf(type, length, nullCount, {
        nulls,
        values: gatherBits(parts, rows, length),
      });
    case arrow.Type.Utf8:
    case arrow.Type.Binary: {
      return dataOf(type, length, nullCount, {
        nulls,
        ...gatherBytes(parts, rows, length),
      });
    }
    case arrow.Type.Struct:
      return dataOf(
        type,
        length,
        nullCount,
        { nulls },
        type.children.map((_, i) =>
          gather(parts.map((part) => part.children[i]!), rows)
        ),
      );
    case arrow.Type.List:
    case arrow.Type.Map: {
      const { offsets, inner } = innerRows(parts, rows, length);
      return dataOf(type, length, nullCount, { nulls, offsets }, [
        gather(parts.map((part) => part.children[0]!), inner),
      ]);
    }
    case arrow.Type.FixedSizeList: {
      const { inner } = innerRows(parts, rows, length);
      return dataOf(type, length, nullCount, { nulls }, [
        gather(parts.map((part) => part.children[0]!), inner),
      ]);
    }
    case arrow.Type.Int:
    case arrow.Type.Float:
    case arrow.Type.Decimal:
    case arrow.Type.Date:
    case arrow.Type.Time:
    case arrow.Type.Timestamp:
    case arrow.Type.Duration:
    case arrow.Type.FixedSizeBinary:
      return dataOf(type, length, nullCount, {
        nulls,
        values: gatherFixed(parts, rows, length),
      });
    default:
      throw new DeltaError("DELTA_UNSUPPORTED_DATA_TYPE", {
        what: "Cannot pick rows of a batch",
        why: `a column has the Arrow type ${type}`,
        fix: "Cast the batch to the table's schema first",
      });
  }
}

function gatherValidity(
  parts: readonly arrow.Data[],
  rows: readonly Uint32Array[],
  length: number,
): { nulls: Uint8Array | undefined; nullCount: number } {
  const valid = parts.map(validityOf);
  if (valid.every((test) => test === undefined)) {
    return { nulls: undefined, nullCount: 0 };
  }
  const nulls = new Uint8Array(bitmapBytes(length));
  let nullCount = 0;
  let at = 0;
  rows.forEach((picked, part) => {
    const test = valid[part];
    for (let i = 0; i < picked.length; i++, at++) {
      if (test === undefined || test(picked[i]!)) {
        nulls[at >> 3]! |= 1 << (at & 7);
      } else nullCount++;
    }
  });
  return { nulls, nullCount };
}

function gatherBits(
  parts: readonly arrow.Data[],
  rows: readonly Uint32Array[],
  length: number,
): Uint8Array {
  const out = new Uint8Array(bitmapBytes(length));
  let at = 0;
  rows.forEach((picked, part) => {
    const bits = parts[part]!.values as Uint8Array;
    const { offset } = parts[part]!;
    for (let i = 0; i < picked.length; i++, at++) {
      const from = offset + picked[i]!;
      if (bits[from >> 3]! >> (from & 7) & 1) out[at >> 3]! |= 1 << (at & 7);
    }
  });
  return out;
}

type Numbers = Float64Array;

function gatherFixed(
  parts: readonly arrow.Data[],
  rows: readonly Uint32Array[],
  length: number,
): ArrayBufferView {
  const { stride } = parts[0]!;
  const first = parts[0]!.values as unknown as Numbers;
  const out = new (first.constructor as new (n: number) => Numbers)(
    length * stride,
  );
  let at = 0;
  rows.forEach((picked, part) => {
    const values = parts[part]!.values as unknown as Numbers;
    if (stride === 1) {
      for (let i = 0; i < picked.length; i++) out[at++] = values[picked[i]!]!;
      return;
    }
    for (let i = 0; i < picked.length; i++) {
      const from = picked[i]! * stride;
      for (let word = 0; word < stride; word++) {
        out[at++] = values[from + word]!;
      }
    }
  });
  return out;
}

/** Below this many bytes a loop beats a call of `set`. */
const SHORT = 24;

function gatherBytes(
  parts: readonly arrow.Data[],
  rows: readonly Uint32Array[],
  length: number,
): { offsets: Int32Array; values: Uint8Array } {
  const offsets = new Int32Array(length + 1);
  let at = 0;
  let total = 0;
  rows.forEach((picked, part) => {
    const from = parts[part]!.valueOffsets as Int32Array;
    for (let i = 0; i < picked.length; i++) {
      const row = picked[i]!;
      total += from[row + 1]! - from[row]!;
      if (total >= 2 ** 31) throw tooLong();
      offsets[++at] = total;
    }
  });
  const out = new Uint8Array(total);
  at = 0;
  rows.forEach((picked, part) => {
    const from = parts[part]!.valueOffsets as Int32Array;
    const bytes = parts[part]!.values as Uint8Array;
    for (let i = 0; i < picked.length; i++) {
      const start = from[picked[i]!]!;
      const end = from[picked[i]! + 1]!;
      if (end - start > SHORT) {
        out.set(bytes.subarray(start, end), at);
        at += end - start;
      } else for (let b = start; b < end; b++) out[at++] = bytes[b]!;
    }
  });
  return { offsets, values: out };
}

function innerRows(
  parts: readonly arrow.Data[],
  rows: readonly Uint32Array[],
  length: number,
): { offsets: Int32Array; inner: Uint32Array[] } {
  const offsets = new Int32Array(length + 1);
  let at = 0;
  let total = 0;
  const inner = rows.map((picked, part) => {
    const { start, end } = listBounds(parts[part]!)!;
    const before = total;
    for (let i = 0; i < picked.length; i++) {
      total += end(picked[i]!) - start(picked[i]!);
      offsets[++at] = total;
    }
    const indices = new Uint32Array(total - before);
    let next = 0;
    for (let i = 0; i < picked.length; i++) {
      const stop = end(picked[i]!);
      for (let j = start(picked[i]!); j < stop; j++) indices[next++] = j;
    }
    return indices;
  });
  if (total >= 2 ** 31) throw tooLong();
  return { offsets, inner };
}

function tooLong(): DeltaError {
  return new DeltaError("DELTA_VALUE_OUT_OF_RANGE", {
    what: "Cannot put rows into one batch",
    why: "a column of them takes 2 GiB or more",
    fix: "Use smaller batches",
  });
}
