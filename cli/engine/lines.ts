/**
 * Lines of a byte stream, parted at line feeds only: a JSON text may hold any
 * of the other characters that end a line elsewhere.
 *
 * @module
 */

/** The lines of a stream of bytes, the last one too where it has no line feed. */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(10, from);
      if (end < 0) break;
      parts.push(decoder.decode(chunk.subarray(from, end), { stream: true }));
      yield parts.join("");
      parts = [];
      from = end + 1;
    }
    parts.push(decoder.decode(chunk.subarray(from), { stream: true }));
  }
  parts.push(decoder.decode());
  const last = parts.join("");
  if (last !== "") yield last;
}
