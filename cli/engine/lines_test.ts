import { assertEquals } from "@std/assert";
import { linesOf } from "./lines.ts";

Deno.test("linesOf() parts at line feeds only, wherever the chunks are cut", async () => {
  // Given lines with characters of many bytes and other line ends inside,
  const lines = ['{"a":"é😀"}', "", "x\u2028y\rz", "the last"];
  const bytes = new TextEncoder().encode(lines.join("\n"));
  for (const size of [1, 2, 3, 7, 1000]) {
    // when they come in chunks of any size,
    const chunks = async function* () {
      for (let i = 0; i < bytes.length; i += size) {
        yield await Promise.resolve(bytes.subarray(i, i + size));
      }
    };
    // then the lines are whole.
    assertEquals(await Array.fromAsync(linesOf(chunks())), lines, `${size}`);
  }
});
