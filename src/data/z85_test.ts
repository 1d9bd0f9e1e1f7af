import { assertEquals } from "@std/assert";
import { decodeZ85, encodeZ85 } from "./z85.ts";

Deno.test("encodeZ85() writes the specification's own example", () => {
  const bytes = Uint8Array.of(0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b);
  assertEquals(encodeZ85(bytes), "HelloWorld");
  assertEquals(decodeZ85("HelloWorld"), bytes);
});

Deno.test("encodeZ85() pads to a multiple of four", () => {
  assertEquals(
    decodeZ85(encodeZ85(Uint8Array.of(1, 2, 3, 4, 5))),
    Uint8Array.of(1, 2, 3, 4, 5, 0, 0, 0),
  );
});

Deno.test("decodeZ85() gives nothing for text that is not Z85", () => {
  for (const text of ["Hell", 'Hel"o', "Helló", "#####", "Hel o"]) {
    assertEquals(decodeZ85(text), undefined, text);
  }
});
