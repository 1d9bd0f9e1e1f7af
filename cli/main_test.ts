import { assertEquals } from "@std/assert";
import { main } from "./main.ts";

Deno.test("main() ends with status 2 for a command that it does not know", async () => {
  assertEquals(await main(["toString"]), 2);
  assertEquals(await main(["engine", "--fast"]), 2);
});

Deno.test("main() tells how each command is used, and does nothing else", async () => {
  for (const name of ["verify", "conformance", "mutants", "store", "engine"]) {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "cli/main.ts", name, "--help"],
    });
    const { code, stdout } = await command.output();
    const text = new TextDecoder().decode(stdout);
    assertEquals([code, text.includes(`deno task ${name}`)], [0, true], text);
  }
});
