import { assertEquals } from "@std/assert";
import { LITMUS_TESTS, STORIES } from "./all.ts";

for (const { id, name, run } of LITMUS_TESTS) {
  Deno.test(`litmus ${id} ${name}`, run);
}

Deno.test("no litmus test is there twice, and each has its story", () => {
  const ids = LITMUS_TESTS.map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length);
  assertEquals(ids.toSorted(), Object.keys(STORIES).toSorted());
});
