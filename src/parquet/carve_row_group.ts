/**
 * One row group, and of it only some columns, as a Parquet file of its own.
 *
 * The decoder is handed such a small file instead of the whole one: it then
 * needs no I/O of its own, projection and choice of row groups are exact, and
 * its synchronous entry can be used, where a panic is an exception and not a
 * promise that never settles. The writer's Arrow schema hint is left out, so
 * that every writer's files decode to the same types.
 *
 * Source: Apache Parquet, `parquet.thrift`.
 *
 * @module
 */

import {
  type ColumnChunk,
  type ParquetFooter,
  type ParquetLeaf,
  PHYSICAL_TYPES,
  type RowGroup,
  type SchemaElement,
} from "./footer.ts";
import { ThriftWriter, WIRE } from "./thrift_compact.ts";

/** A column chunk and its bytes. */
export interface ChunkBytes {
  /** Where it was in the file. */
  readonly chunk: ColumnChunk;
  /** Its bytes. */
  readonly bytes: Uint8Array;
}

/** Which columns: a dotted path, or the names of one. All below it are meant. */
export type ColumnPath = string | readonly string[];

const MAGIC = new TextEncoder().encode("PAR1");
const REPETITIONS = ["required", "optional", "repeated"];

/**
 * The indices of the leaves at or below the paths, in the file's order. A path
 * that matches nothing adds nothing. Of a map's entries all leaves come or none.
 */
export function selectLeaves(
  footer: ParquetFooter,
  columns: readonly ColumnPath[] | undefined,
): number[] {
  const all = footer.leaves.map((_, i) => i);
  if (columns === undefined) return all;
  const wanted = new Set(
    all.filter((i) =>
      columns.some((column) => matches(footer.leaves[i]!.path, column))
    ),
  );
  const maps = new Set(
    [...wanted].map((i) => mapAbove(footer.leaves[i]!)).filter((m) =>
      m !== undefined
    ),
  );
  return all.filter((i) =>
    wanted.has(i) ||
    maps.size > 0 &&
      footer.leaves[i]!.ancestors.some((ancestor) => maps.has(ancestor))
  );
}

/** Puts a row group's chosen columns into a file of their own. */
export function carveRowGroup(
  footer: ParquetFooter,
  leaves: readonly number[],
  group: RowGroup,
  chunks: readonly ChunkBytes[],
  arrowSchema?: string,
): Uint8Array<ArrayBuffer> {
  let end: number = MAGIC.length;
  const starts = chunks.map(({ bytes }) => {
    const start = end;
    end += bytes.length;
    return start;
  });
  const tail = formatFooter(
    footer,
    leaves,
    group,
    chunks.map(({ chunk }, i) => ({ chunk, start: starts[i]! })),
    arrowSchema,
  );
  const file = new Uint8Array(end + tail.length + 8);
  file.set(MAGIC);
  chunks.forEach(({ bytes }, i) => file.set(bytes, starts[i]!));
  file.set(tail, end);
  new DataView(file.buffer).setUint32(end + tail.length, tail.length, true);
  file.set(MAGIC, file.length - 4);
  return file;
}

/** Whether the first names of a path, dotted, are the column. */
function matches(path: readonly string[], column: ColumnPath): boolean {
  if (typeof column !== "string") {
    return column.length <= path.length &&
      column.every((name, i) => path[i] === name);
  }
  let prefix = "";
  for (const name of path) {
    prefix = prefix === "" ? name : `${prefix}.${name}`;
    if (prefix === column) return true;
    if (prefix.length > column.length) return false;
  }
  return false;
}

/** The innermost map group that a leaf is of. */
function mapAbove(leaf: ParquetLeaf): SchemaElement | undefined {
  return leaf.ancestors.findLast((element) =>
    element.logicalType?.kind === "MAP" ||
    element.convertedType === 1 || element.convertedType === 2
  );
}

interface PlacedChunk {
  readonly chunk: ColumnChunk;
  readonly start: number;
}

function formatFooter(
  footer: ParquetFooter,
  leaves: readonly number[],
  group: RowGroup,
  chunks: readonly PlacedChunk[],
  arrowSchema: string | undefined,
): Uint8Array {
  const thrift = new ThriftWriter();
  thrift.struct(() => {
    thrift.i32(1, 1);
    thrift.list(
      2,
      WIRE.struct,
      prunedSchema(footer, leaves),
      (element) => writeElement(thrift, element),
    );
    thrift.i64(3, group.rowCount);
    thrift.list(4, WIRE.struct, [group], () =>
      thrift.struct(() => {
        thrift.list(1, WIRE.struct, chunks, (placed) =>
          writeChunk(thrift, placed));
        thrift.i64(2, group.byteCount);
        thrift.i64(3, group.rowCount);
      }));
    if (arrowSchema !== undefined) {
      thrift.list(
        5,
        WIRE.struct,
        [arrowSchema],
        (value) =>
          thrift.struct(() => {
            thrift.binary(1, "ARROW:schema");
            thrift.binary(2, value);
          }),
      );
    }
    thrift.binary(6, footer.createdBy);
  });
  return thrift.finish();
}

/** The schema's nodes that lead to a chosen leaf, with their children recounted. */
function prunedSchema(
  footer: ParquetFooter,
  leaves: readonly number[],
): SchemaElement[] {
  const children = new Map<SchemaElement, Set<SchemaElement>>();
  const root = footer.schema[0]!;
  const order: SchemaElement[] = [root];
  const seen = new Set<SchemaElement>(order);
  for (const index of leaves) {
    let parent = root;
    for (const element of footer.leaves[index]!.ancestors) {
      const siblings = children.get(parent) ?? new Set();
      children.set(parent, siblings.add(element));
      if (!seen.has(element)) order.push(element);
      seen.add(element);
      parent = element;
    }
  }
  return order.map((element) => ({
    ...element,
    childCount: children.get(element)?.size ?? 0,
  }));
}

function writeElement(thrift: ThriftWriter, element: SchemaElement): void {
  const { physicalType } = element;
  thrift.struct(() => {
    if (physicalType !== undefined) {
      thrift.i32(1, PHYSICAL_TYPES.indexOf(physicalType));
    }
    thrift.i32(2, element.typeLength);
    thrift.i32(3, REPETITIONS.indexOf(element.repetition));
    thrift.binary(4, element.name);
    if (physicalType === undefined) thrift.i32(5, element.childCount);
    thrift.i32(6, element.convertedType);
    thrift.i32(7, element.scale);
    thrift.i32(8, element.precision);
    thrift.i32(9, element.fieldId);
    thrift.raw(10, WIRE.struct, element.logicalBytes);
  });
}

function writeChunk(
  thrift: ThriftWriter,
  { chunk, start }: PlacedChunk,
): void {
  const moved = start - chunk.start;
  thrift.struct(() => {
    thrift.i64(2, start);
    thrift.structField(3, () => {
      thrift.i32(1, chunk.type);
      thrift.list(
        2,
        WIRE.i32,
        chunk.encodings,
        (encoding) => thrift.integer(encoding),
      );
      thrift.list(
        3,
        WIRE.binary,
        chunk.path,
        (name) => thrift.binaryElement(name),
      );
      thrift.i32(4, chunk.codec);
      thrift.i64(5, chunk.valueCount);
      thrift.i64(6, chunk.uncompressedBytes);
      thrift.i64(7, chunk.end - chunk.start);
      thrift.i64(9, chunk.dataPageOffset + moved);
      if (chunk.dictionaryPageOffset !== undefined) {
        thrift.i64(11, chunk.dictionaryPageOffset + moved);
      }
    });
  });
}
