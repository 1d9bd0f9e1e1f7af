import { assertEquals } from "@std/assert";
import { answer } from "./engine.ts";
import { CAPABILITIES, type Session } from "./engine/operations.ts";
import { formatReply } from "./engine/replies.ts";
import { OPTION_NAMES } from "../src/store/s3_option_names.ts";

const page = (name: string): Promise<string> =>
  Deno.readTextFile(new URL(`../docs/${name}`, import.meta.url));

Deno.test("docs/engine_protocol.md names every operation, change and option of one", async () => {
  const text = await page("engine_protocol.md");
  const words = CAPABILITIES.flatMap((name) => name.split("."));
  // `lite`, `full` and the parts of `merge` stand among other words.
  const missing = words.filter((word) => !new RegExp(word, "i").test(text));
  assertEquals(missing, []);
});

Deno.test("docs/engine_protocol.md shows requests that the engine carries out", async () => {
  // Given the lines of the page's example,
  const text = await page("engine_protocol.md");
  const lines = /```jsonl\n([^`]+)```/.exec(text)![1]!.trim().split("\n");
  // when they are sent in order,
  const session: Session = { storage: {}, tables: new Map() };
  const replies = [];
  for (const line of lines) {
    replies.push(JSON.parse(formatReply(await answer(session, line))));
  }
  for (const table of session.tables.values()) await table.close();
  // then each succeeds, and the read finds its row.
  assertEquals(replies.filter((reply) => !reply.ok), []);
  assertEquals(replies[3].rows, [["9007199254740993", null]]);
});

Deno.test("docs/storage_options.md names every storage option", async () => {
  const text = await page("storage_options.md");
  const missing = OPTION_NAMES.filter((name) => !text.includes(`\`${name}\``));
  assertEquals(missing, []);
});
