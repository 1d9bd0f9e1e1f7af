import { assertEquals } from "@std/assert";
import { bunCommand, needs, nodeCommand } from "../testing/needs.ts";

const PROGRAM =
  new URL("../testing/cross_runtime/program.ts", import.meta.url).pathname;

/** What the program prints on every runtime. */
const FOUND = {
  version: 2,
  rows: ["3 三 0", "4611686018427387904 null null"],
  rowsAtVersion1: 2,
};

async function runProgram(command: readonly string[]): Promise<unknown> {
  const folder = await Deno.makeTempDir();
  try {
    const { success, stdout, stderr } = await new Deno.Command(command[0]!, {
      args: [...command.slice(1), PROGRAM, `${folder}/table`],
      stdin: "null",
    }).output();
    const said = new TextDecoder();
    if (!success) throw new Error(said.decode(stderr));
    return JSON.parse(said.decode(stdout));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the engine creates, appends and reads on Deno", async () => {
  assertEquals(await runProgram([Deno.execPath(), "run", "-A"]), FOUND);
});

Deno.test({
  name: "the engine creates, appends and reads on Node 22",
  ...needs({ node22: true }),
  async fn() {
    assertEquals(await runProgram(nodeCommand()!), FOUND);
  },
});

Deno.test({
  name: "the engine creates, appends and reads on Bun",
  ...needs({ bun: true }),
  async fn() {
    assertEquals(await runProgram(bunCommand()!), FOUND);
  },
});
