/**
 * A row group's chunks, fetched: neighbours in one read, a few reads at a time.
 *
 * @module
 */

import type { ByteSource } from "./byte_source.ts";
import type { ChunkBytes } from "./carve_row_group.ts";
import { type ColumnChunk, damaged } from "./footer.ts";

/** Chunks this close together are fetched in one read. */
const GAP_BYTES = 64 * 1024;
/** No read is made longer than this by joining chunks. */
const JOINED_BYTES = 32 * 1024 * 1024;
/** Reads in flight at once. */
const PARALLEL = 8;

interface Range {
  readonly start: number;
  end: number;
}

/** Fetches chunks, each whole, in the order given. */
export async function fetchChunks(
  source: ByteSource,
  chunks: readonly ColumnChunk[],
): Promise<ChunkBytes[]> {
  const ranges = joinRanges(chunks);
  const read = await readAll(source, ranges);
  return chunks.map((chunk) => {
    const i = ranges.findIndex((range) =>
      range.start <= chunk.start && chunk.end <= range.end
    );
    const from = ranges[i]!.start;
    return {
      chunk,
      bytes: read[i]!.subarray(chunk.start - from, chunk.end - from),
    };
  });
}

function joinRanges(chunks: readonly ColumnChunk[]): Range[] {
  const ordered = [...chunks].sort((a, b) => a.start - b.start);
  const ranges: Range[] = [];
  for (const { start, end } of ordered) {
    const last = ranges.at(-1);
    if (
      last !== undefined && start - last.end <= GAP_BYTES &&
      end - last.start <= JOINED_BYTES
    ) last.end = Math.max(last.end, end);
    else ranges.push({ start, end });
  }
  return ranges;
}

async function readAll(
  source: ByteSource,
  ranges: readonly Range[],
): Promise<Uint8Array[]> {
  const read: Uint8Array[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < ranges.length) {
      const i = next++;
      const { start, end } = ranges[i]!;
      const bytes = await source.read(start, end);
      if (bytes.byteLength !== end - start) {
        throw damaged(
          source.name,
          `bytes ${start} to ${end} were wanted, and ${bytes.byteLength} came`,
        );
      }
      read[i] = bytes;
    }
  };
  const workers = Math.min(PARALLEL, ranges.length);
  await Promise.all(Array.from({ length: workers }, work));
  return read;
}
