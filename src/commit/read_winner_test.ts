import { assert, assertEquals } from "@std/assert";
import { type Script, scriptedStore } from "../../testing/scripted_store.ts";
import { commitPath } from "../log/log_path.ts";
import { memoryStore } from "../store/memory_store.ts";
import { contextOf } from "../store/table_context.ts";
import { readWinner, tokenOf } from "./read_winner.ts";

async function read(
  content: string | Uint8Array | undefined,
  script: Script = "ok",
) {
  const inner = memoryStore();
  if (content !== undefined) {
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content;
    await inner.put(commitPath(3), bytes);
  }
  return await readWinner(contextOf(scriptedStore(inner, () => script)), 3);
}

Deno.test("readWinner() tells what stands at a version, and what proves nothing", async (t) => {
  const whole =
    '{"commitInfo":{"txnId":"tok"}}\n{"txn":{"appId":"a","version":1}}\n';
  // Readers refuse it, so nothing may be built on it.
  const garbled = new TextEncoder().encode(whole);
  garbled[whole.indexOf("tok")] = 0xff;
  const cases: [string, string | Uint8Array | undefined, Script, string][] = [
    ["bytes that are no text", garbled, "ok", "torn"],
    ["a commit", whole, "ok", "found"],
    ["a commit without a last line feed", whole.trimEnd(), "ok", "found"],
    ["nothing", undefined, "ok", "absent"],
    ["no byte", "", "ok", "torn"],
    ["blanks and no more", " \n\t\r\n", "ok", "torn"],
    ["an action nobody knows", '{"later":{}}\n', "ok", "found"],
    ["a cut line", whole.slice(0, -9), "ok", "torn"],
    ["a cut answer", whole, "cut", "unreadable"],
    ["a store that does not answer", whole, "throws", "unreadable"],
  ];
  for (const [name, text, script, kind] of cases) {
    await t.step(name, async () => {
      assertEquals((await read(text, script)).kind, kind);
    });
  }
  const found = await read(whole);
  assert(found.kind === "found");
  assertEquals(found.token, "tok");
});

Deno.test("tokenOf() finds no token where a commit has no commitInfo", () => {
  assertEquals(tokenOf([{ txn: { appId: "a", version: 1 } }]), undefined);
});
