/**
 * Readers of Arrow's raw buffers: validity, bytes, lists, integers, decimals.
 *
 * In arrow-js a slice moves the buffers of values and offsets, and leaves the
 * bitmaps where they are: only a bitmap is read at `data.offset + row`.
 *
 * Source: Arrow columnar format.
 *
 * @module
 */

import * as arrow from "apache-arrow";

/** Tells which rows are not null; `undefined` when every row is. */
export function validityOf(
  data: arrow.Data,
): ((row: number) => boolean) | undefined {
  if (data.typeId === arrow.Type.Null) return () => false;
  const bitmap = data.nullBitmap as Uint8Array | undefined;
  if (bitmap === undefined || bitmap === null || bitmap.length === 0) {
    return undefined;
  }
  if (data.nullCount === 0) return undefined;
  const { offset } = data;
  return (row) =>
    (bitmap[(offset + row) >> 3]! >> ((offset + row) & 7) & 1) === 1;
}

/** Reads bytes of a binary or string column; `undefined` when it is neither. */
export function bytesReader(
  data: arrow.Data,
): ((row: number) => Uint8Array) | undefined {
  const values = data.values as Uint8Array;
  switch (data.typeId) {
    case arrow.Type.Utf8:
    case arrow.Type.Binary: {
      const offsets = data.valueOffsets as Int32Array;
      return (row) => values.subarray(offsets[row]!, offsets[row + 1]!);
    }
    case arrow.Type.LargeUtf8:
    case arrow.Type.LargeBinary: {
      const offsets = data.valueOffsets as unknown as BigInt64Array;
      return (row) =>
        values.subarray(Number(offsets[row]!), Number(offsets[row + 1]!));
    }
    case arrow.Type.FixedSizeBinary: {
      const width = (data.type as arrow.FixedSizeBinary).byteWidth;
      return (row) => values.subarray(row * width, (row + 1) * width);
    }
    case arrow.Type.Utf8View:
    case arrow.Type.BinaryView:
      return viewReader(data);
    default:
      return undefined;
  }
}

/** Where each list starts and ends in its child; `undefined` when the column holds no lists. */
export function listBounds(
  data: arrow.Data,
): { start(row: number): number; end(row: number): number } | undefined {
  switch (data.typeId) {
    case arrow.Type.List:
    case arrow.Type.Map: {
      const offsets = data.valueOffsets as Int32Array;
      return { start: (row) => offsets[row]!, end: (row) => offsets[row + 1]! };
    }
    case arrow.Type.LargeList: {
      const offsets = data.valueOffsets as unknown as BigInt64Array;
      return {
        start: (row) => Number(offsets[row]!),
        end: (row) => Number(offsets[row + 1]!),
      };
    }
    case arrow.Type.FixedSizeList: {
      const size = (data.type as arrow.FixedSizeList).listSize;
      return { start: (row) => row * size, end: (row) => (row + 1) * size };
    }
    default:
      return undefined;
  }
}

/** Reads integers of any width as bigints; `undefined` when the column holds none. */
export function bigIntReader(
  data: arrow.Data,
): ((row: number) => bigint) | undefined {
  if (data.typeId !== arrow.Type.Int) return undefined;
  if ((data.type as arrow.Int).bitWidth === 64) {
    const values = data.values as unknown as BigInt64Array;
    return (row) => values[row]!;
  }
  const values = data.values as unknown as ArrayLike<number>;
  return (row) => BigInt(values[row]!);
}

/** Reads the digits of a decimal column of any width. */
export function unscaledReader(data: arrow.Data): (row: number) => bigint {
  const { bitWidth } = data.type as arrow.Decimal;
  const words = data.values as unknown as Uint32Array;
  const stride = bitWidth >> 5;
  if (bitWidth === 32) return (row) => BigInt(words[row]! | 0);
  // Words may start at an odd multiple of four bytes: no BigInt64Array then.
  if (words.byteOffset % 8 !== 0) {
    return (row) => {
      let value = 0n;
      for (let i = stride - 1; i >= 0; i--) {
        value = (value << 32n) | BigInt(words[row * stride + i]!);
      }
      return BigInt.asIntN(bitWidth, value);
    };
  }
  const longs = new BigInt64Array(
    words.buffer,
    words.byteOffset,
    words.length >> 1,
  );
  if (stride === 2) return (row) => longs[row]!;
  if (stride === 4) {
    return (row) => {
      const low = longs[2 * row]!;
      const high = longs[2 * row + 1]!;
      // Most decimals fit 64 bits, where the high half is only the sign.
      return high === low >> 63n
        ? low
        : (high << 64n) | BigInt.asUintN(64, low);
    };
  }
  const half = stride >> 1;
  return (row) => {
    let value = longs[row * half + half - 1]!;
    for (let i = half - 2; i >= 0; i--) {
      value = (value << 64n) | BigInt.asUintN(64, longs[row * half + i]!);
    }
    return value;
  };
}

/** Reads 16-byte views: short bytes inline, long ones in a side buffer. */
function viewReader(data: arrow.Data): (row: number) => Uint8Array {
  const views = data.values as Uint8Array;
  const words = new DataView(views.buffer, views.byteOffset, views.byteLength);
  return (row) => {
    const at = row * 16;
    const length = words.getInt32(at, true);
    if (length <= 12) return views.subarray(at + 4, at + 4 + length);
    const buffer = data.variadicBuffers[words.getInt32(at + 8, true)]!;
    const start = words.getInt32(at + 12, true);
    return buffer.subarray(start, start + length);
  };
}
