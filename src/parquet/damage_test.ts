import { assert, assertEquals } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { buildBatch } from "./build_column.ts";
import { writeParquet } from "./parquet_codec.ts";
import {
  Dice,
  EVERY_TYPE,
  field,
  randomRows,
  readRows,
  schemaOf,
} from "./parquet_fixture_test.ts";

async function sample(codec: string): Promise<Uint8Array> {
  const rows = randomRows(5, EVERY_TYPE, 200);
  const batch = buildBatch(EVERY_TYPE, rows);
  const options = { codec, rowGroupRows: 120 };
  return (await writeParquet(batch.schema, [batch], options)).bytes;
}

/** Reads a file that may be damaged: the rows, or a DeltaError. */
async function tryRead(bytes: Uint8Array): Promise<number | DeltaError> {
  try {
    return (await readRows(bytes, EVERY_TYPE)).length;
  } catch (error) {
    if (error instanceof DeltaError) return error;
    throw error;
  }
}

Deno.test("a file cut at any length is refused by name", async () => {
  const bytes = await sample("zstd");
  for (let length = 0; length < bytes.length; length += 397) {
    const result = await tryRead(bytes.subarray(0, length));
    assert(result instanceof DeltaError, `cut at ${length}`);
    assertEquals(result.code, "DELTA_DATA_FILE_CORRUPT");
    assert(result.message.includes("memory.parquet"));
  }
});

for (
  const codec of ["zstd", "snappy", "gzip", "brotli", "lz4_raw", "uncompressed"]
) {
  Deno.test(`a file damaged anywhere is read whole or refused: ${codec}`, async () => {
    // Given a file, damaged at 80 places, one at a time,
    const bytes = await sample(codec);
    const dice = new Dice(77);
    let refused = 0;
    for (let i = 0; i < 80; i++) {
      const damaged = bytes.slice();
      const at = dice.roll(bytes.length);
      damaged[at]! ^= 1 << dice.roll(8);
      if (i % 3 === 0) damaged.fill(dice.roll(256), at, at + 16);
      // when it is read,
      const result = await tryRead(damaged);
      // then it never hangs nor ends the process, and never gives fewer rows.
      if (result instanceof DeltaError) refused++;
      else assertEquals(result, 200);
    }
    assert(refused > 15, `only ${refused} of 80 were noticed`);
  });
}

Deno.test("a page that fails its checksum is refused", async () => {
  // Given a file with page checksums (PyArrow, one page of 40 plain values),
  const text =
    "UEFSMRUAFYwFFYwFFc2Wv7oBHBVQFQAVBhUGHAAAAAIAAABQAQAAAAAAAAAAQ0IPAAAAAACGhB4AAAAAAMnGLQAAAAAADAk9AAAAAABPS0wAAAAAAJKNWwAAAAAA1c9qAAAAAAAYEnoAAAAAAFtUiQAAAAAAnpaYAAAAAADh2KcAAAAAACQbtwAAAAAAZ13GAAAAAACqn9UAAAAAAO3h5AAAAAAAMCT0AAAAAABzZgMBAAAAALaoEgEAAAAA+eohAQAAAAA8LTEBAAAAAH9vQAEAAAAAwrFPAQAAAAAF9F4BAAAAAEg2bgEAAAAAi3h9AQAAAADOuowBAAAAABH9mwEAAAAAVD+rAQAAAACXgboBAAAAANrDyQEAAAAAHQbZAQAAAABgSOgBAAAAAKOK9wEAAAAA5swGAgAAAAApDxYCAAAAAGxRJQIAAAAAr5M0AgAAAADy1UMCAAAAADUYUwIAAAAAFQQZLDUAGAZzY2hlbWEVAgAVBCUCGAF2ABZQGRwZHCYAHBUEGSUGABkYAXYVABZQFsIFFsIFJghJHBUAFQAVAgA8KQYZJgBQAAAAFsIFFlAmCBbCBQAoIHBhcnF1ZXQtY3BwLWFycm93IHZlcnNpb24gMjYuMC4xGRwcAAAAfgAAAFBBUjE=";
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const schema = schemaOf(field("v", "long"));
  assertEquals((await readRows(bytes, schema)).length, 40);
  // when one bit of a value flips,
  bytes[100]! ^= 1;
  // then the value is not believed.
  let message = "";
  try {
    await readRows(bytes, schema);
  } catch (error) {
    message = String(error);
  }
  assert(message.includes("checksum"), message);
});
