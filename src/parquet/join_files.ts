/**
 * Parquet files of one schema, put end to end as one: their bodies as they
 * are, and one footer whose row groups point into the new file.
 *
 * A large file is encoded in parts this way, each in one synchronous call,
 * because the encoder's streaming entry loses rows silently when it fails.
 *
 * Source: Apache Parquet, `parquet.thrift`.
 *
 * @module
 */

import { ThriftReader, ThriftWriter, WIRE } from "./thrift_compact.ts";

/** Bytes of the magic number at both ends. */
const MAGIC_BYTES = 4;

/** Fields that are positions in the file, by struct; a struct within by its own rule. */
interface ShiftRule {
  readonly positions: readonly number[];
  readonly within?: Readonly<Record<number, ShiftRule>>;
}

const META_DATA: ShiftRule = { positions: [9, 10, 11, 14] };
const COLUMN_CHUNK: ShiftRule = {
  positions: [2, 4, 6],
  within: { 3: META_DATA },
};

/**
 * Joins files.
 *
 * @param parts Whole files with the same schema, at least one, written by one writer.
 */
export function joinFiles(
  parts: readonly Uint8Array<ArrayBuffer>[],
): Uint8Array<ArrayBuffer> {
  if (parts.length === 1) return parts[0]!;
  const footers = parts.map(footerOf);
  const bodies = parts.map((part, i) =>
    part.subarray(MAGIC_BYTES, part.length - 8 - footers[i]!.length)
  );
  const footer = joinFooters(footers, bodies);
  const size = bodies.reduce((sum, body) => sum + body.length, MAGIC_BYTES);
  const file = new Uint8Array(size + footer.length + 8);
  file.set(parts[0]!.subarray(0, MAGIC_BYTES));
  let at = MAGIC_BYTES;
  for (const body of bodies) {
    file.set(body, at);
    at += body.length;
  }
  file.set(footer, at);
  new DataView(file.buffer).setUint32(at + footer.length, footer.length, true);
  file.set(parts[0]!.subarray(0, MAGIC_BYTES), file.length - MAGIC_BYTES);
  return file;
}

function footerOf(file: Uint8Array): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = view.getUint32(file.length - 8, true);
  return file.subarray(file.length - 8 - length, file.length - 8);
}

function joinFooters(
  footers: readonly Uint8Array[],
  bodies: readonly Uint8Array[],
): Uint8Array {
  const groups: ((writer: ThriftWriter) => void)[] = [];
  let rows = 0;
  let shift = 0;
  footers.forEach((footer, part) => {
    const own = shift;
    const thrift = new ThriftReader(footer);
    thrift.struct((id, type) => {
      if (id === 3 && type === WIRE.i64) rows += thrift.integer();
      else if (id === 4 && type === WIRE.list) {
        thrift.list(WIRE.struct, () => {
          const start = thrift.position;
          thrift.skip(WIRE.struct, 0);
          const group = footer.subarray(start, thrift.position);
          const ordinal = groups.length;
          groups.push((writer) => writeGroup(writer, group, own, ordinal));
        });
      } else return false;
      return true;
    });
    shift += bodies[part]!.length;
  });
  const writer = new ThriftWriter();
  const thrift = new ThriftReader(footers[0]!);
  writer.struct(() =>
    thrift.struct((id, type) => {
      if (id === 3) writer.i64(3, rows);
      else if (id === 4) {
        writer.list(4, WIRE.struct, groups, (write) => write(writer));
      }
      const start = thrift.position;
      thrift.skip(type, 0);
      if (id !== 3 && id !== 4) {
        writer.raw(id, type, thrift.bytes.subarray(start, thrift.position));
      }
      return true;
    })
  );
  return writer.finish();
}

function writeGroup(
  writer: ThriftWriter,
  group: Uint8Array,
  shift: number,
  ordinal: number,
): void {
  const thrift = new ThriftReader(group);
  writer.struct(() =>
    thrift.struct((id, type) => {
      if (id === 1 && type === WIRE.list) {
        const { size } = thrift.listHead();
        writer.list(
          1,
          WIRE.struct,
          Array.from({ length: size }),
          () => copyStruct(thrift, writer, shift, COLUMN_CHUNK),
        );
      } else if (id === 5 && type === WIRE.i64) {
        writer.i64(5, thrift.integer() + shift);
      } else if (id === 7) {
        thrift.skip(type, 0);
        writer.i16(7, ordinal);
      } else copyField(thrift, writer, id, type);
      return true;
    })
  );
}

function copyStruct(
  thrift: ThriftReader,
  writer: ThriftWriter,
  shift: number,
  rule: ShiftRule,
): void {
  writer.struct(() =>
    thrift.struct((id, type) => {
      const inner = rule.within?.[id];
      if (inner !== undefined && type === WIRE.struct) {
        writer.rawStruct(id, () => copyStruct(thrift, writer, shift, inner));
      } else if (rule.positions.includes(id) && type === WIRE.i64) {
        const position = thrift.integer();
        // Zero means "not told" in the chunk's old file offset.
        writer.i64(id, position === 0 ? 0 : position + shift);
      } else copyField(thrift, writer, id, type);
      return true;
    })
  );
}

function copyField(
  thrift: ThriftReader,
  writer: ThriftWriter,
  id: number,
  type: number,
): void {
  const start = thrift.position;
  thrift.skip(type, 0);
  writer.raw(id, type, thrift.bytes.subarray(start, thrift.position));
}
