import { assertEquals } from "@std/assert";

/** What each example prints, but for times of day. */
const PRINTED: Readonly<Record<string, RegExp>> = {
  "append_and_read.ts": /^1748779200000000n 31\.5\n$/,
  "exactly_once.ts": /^1 committed 1\n2 committed 2\n2 already-applied 2\n3\n$/,
  "time_travel.ts":
    /^1 \{ unscaled: 1250n, scale: 2 \}\n2 \{ unscaled: 1400n, scale: 2 \}\n2 \S+Z\n1 \S+Z\n0 \S+Z\n$/,
};

for (const entry of Deno.readDirSync(new URL(".", import.meta.url))) {
  if (entry.name.endsWith("_test.ts")) continue;
  Deno.test(`the example ${entry.name} runs and prints what it should`, async () => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", new URL(entry.name, import.meta.url).pathname],
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    assertEquals(code, 0, text.decode(stderr));
    const printed = text.decode(stdout);
    assertEquals(PRINTED[entry.name]!.test(printed), true, printed);
  });
}
