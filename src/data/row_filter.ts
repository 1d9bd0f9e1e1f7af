/**
 * The rows of a batch for which a predicate is true.
 *
 * @module
 */

import * as arrow from "apache-arrow";
import type { BoundPredicate } from "../expression/bind.ts";
import { compilePredicate } from "../expression/evaluate.ts";
import { columnReader, type ValueReader } from "../parquet/arrow_values.ts";
import type { DataType, StructField } from "../schema/data_type.ts";

/**
 * Picks rows of a batch given as columns.
 *
 * @param columns The columns, in the order of the fields that the filter was made for.
 * @param count How many rows there are.
 * @param live The rows to look at; `undefined` for all.
 * @returns The wanted rows, ascending; `undefined` for all.
 */
export type RowFilter = (
  columns: readonly arrow.Data[],
  count: number,
  live: Uint32Array | undefined,
) => Uint32Array | undefined;

/**
 * Makes a filter.
 *
 * @param predicate The predicate; without one there is no filter.
 * @param fields The top-level columns that the batches will have, in order.
 */
export function rowFilter(
  predicate: BoundPredicate | undefined,
  fields: readonly StructField[],
): RowFilter | undefined {
  if (!predicate) return undefined;
  return (columns, count, live) => {
    const matches = compilePredicate(predicate, (path) => {
      const at = fields.findIndex((field) => field.name === path[0]);
      return pathReader(columns[at]!, fields[at]!.type, path.slice(1));
    });
    const rows = new Uint32Array(live?.length ?? count);
    let kept = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = live ? live[i]! : i;
      if (matches(row) === true) rows[kept++] = row;
    }
    return kept === count ? undefined : rows.subarray(0, kept);
  };
}

/** Reads a field inside structs; null where a struct around it is. */
export function pathReader(
  data: arrow.Data,
  type: DataType,
  path: readonly string[],
): ValueReader {
  if (path.length === 0) return columnReader(data, type);
  if (type.kind !== "struct" || data.typeId !== arrow.Type.Struct) {
    return () => null;
  }
  const at = type.fields.findIndex((field) => field.name === path[0]);
  const inner = pathReader(
    data.children[at]!,
    type.fields[at]!.type,
    path.slice(1),
  );
  return (row) => data.getValid(row) ? inner(row) : null;
}
