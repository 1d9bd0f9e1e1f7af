/**
 * A column chunk's pages, walked before they are decoded: they must tile the
 * chunk, hold the values that the footer claims, and match their checksums.
 *
 * The decoder itself reads damaged pages without a word where it can.
 *
 * Source: Apache Parquet, `parquet.thrift` and "Checksumming".
 *
 * @module
 */

import * as zlib from "node:zlib";
import type { ColumnChunk } from "./footer.ts";
import { ThriftReader, WIRE } from "./thrift_compact.ts";

// Node before 22.2 has none; pages then go unchecked.
const crc32: ((data: Uint8Array) => number) | undefined = zlib.crc32;

interface PageHeader {
  readonly bodyBytes: number;
  readonly uncompressedBytes: number;
  readonly crc: number | undefined;
  readonly values: number;
  readonly isData: boolean;
}

/** What is wrong with a chunk's pages; `undefined` when nothing is. */
export function findDamage(
  chunk: ColumnChunk,
  bytes: Uint8Array,
): string | undefined {
  const thrift = new ThriftReader(bytes);
  let values = 0;
  try {
    while (values < chunk.valueCount) {
      if (thrift.position >= bytes.length) {
        return `its pages hold ${values} values of ${chunk.valueCount}`;
      }
      const page = readPageHeader(thrift);
      const end = thrift.position + page.bodyBytes;
      if (!(page.bodyBytes >= 0) || end > bytes.length) {
        return `a page ends at byte ${end} of ${bytes.length}`;
      }
      if (!(page.uncompressedBytes >= 0)) return "a page has no size";
      if (page.isData && !(page.values >= 0)) return "a page has no values";
      if (page.crc !== undefined && crc32 !== undefined) {
        const body = bytes.subarray(thrift.position, end);
        if (crc32(body) !== page.crc >>> 0) return "a page fails its checksum";
      }
      thrift.position = end;
      if (page.isData) values += page.values;
    }
  } catch (error) {
    return `a page header is garbled: ${(error as Error).message}`;
  }
  return values === chunk.valueCount
    ? undefined
    : `its pages hold ${values} values of ${chunk.valueCount}`;
}

function readPageHeader(thrift: ThriftReader): PageHeader {
  const numbers: (number | undefined)[] = [];
  let values = -1;
  let isData = false;
  thrift.struct((id, type) => {
    if (type === WIRE.i32) numbers[id] = thrift.integer();
    else if ((id === 5 || id === 8) && type === WIRE.struct) {
      isData = true;
      thrift.struct((inner, innerType) => {
        if (inner !== 1 || innerType !== WIRE.i32) return false;
        values = thrift.integer();
        return true;
      });
    } else return false;
    return true;
  });
  return {
    uncompressedBytes: numbers[2] ?? -1,
    bodyBytes: numbers[3] ?? -1,
    crc: numbers[4],
    values,
    isData,
  };
}
