/**
 * Which rows of a column hold a value, a byte per row.
 *
 * @module
 */

import type { Data } from "apache-arrow";

/**
 * A byte per row, 1 where the row holds a value in a parent that does.
 *
 * @param data The column.
 * @param rows How many rows, from the first.
 * @param parent The same of the struct around it, where there is one.
 * @returns The bytes; `undefined` when every row holds a value.
 */
export function validityOf(
  data: Data,
  rows: number,
  parent: Uint8Array | undefined,
): Uint8Array | undefined {
  const bitmap = data.nullBitmap;
  // The nullCount of Arrow's Null type is its length, and it has no bitmap.
  if (data.nullCount > 0 && !bitmap?.length) return new Uint8Array(rows);
  if (data.nullCount === 0) return parent;
  const { offset } = data;
  const valid = new Uint8Array(rows);
  for (let i = 0; i < rows; i++) {
    const bit = offset + i;
    valid[i] = (bitmap![bit >> 3]! >> (bit & 7)) & 1;
  }
  if (parent) { for (let i = 0; i < rows; i++) valid[i]! &= parent[i]!; }
  return valid;
}
