import { assertEquals } from "@std/assert";
import { main } from "./main.ts";

Deno.test("main() ends with status 2 for a command that it does not know", async () => {
  assertEquals(await main(["toString"]), 2);
  assertEquals(await main(["engine", "--fast"]), 2);
});
