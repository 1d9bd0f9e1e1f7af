import { assertEquals } from "@std/assert";
import { oneLine, rejected, unavailable, unsupported } from "./store_error.ts";

Deno.test("errors of stores tell a caller whether to try again", () => {
  assertEquals(unavailable("w", "y").retry, "later");
  assertEquals(rejected("w", "y").retry, "never");
  assertEquals(unsupported("w", "y", "f").kind, "unsupported");
});

Deno.test("oneLine() takes the first line of a message, or the name, or the text", () => {
  assertEquals(oneLine(new Error("first \nsecond")), "first");
  assertEquals(oneLine(new TypeError("")), "TypeError");
  assertEquals(oneLine("thrown text"), "thrown text");
});
