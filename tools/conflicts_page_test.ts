import { assert, assertEquals } from "@std/assert";
import { FILE_LOSERS, FILE_RIVALS } from "../testing/conflict_matrix.ts";
import { answers, conflictsPage } from "./conflicts_page.ts";

Deno.test("docs/conflicts.md is current: run `deno task docs` where not", async () => {
  const path = new URL("../docs/conflicts.md", import.meta.url);
  assertEquals(await Deno.readTextFile(path), conflictsPage());
});

Deno.test("answers() puts levels together that agree", () => {
  const named = <T extends { name: string }>(
    list: readonly T[],
    name: string,
  ) => list.find((item) => item.name === name)!;
  const rival = named(FILE_RIVALS, "blind append inside");
  const remove = named(FILE_LOSERS, "DELETE where p = 'a'");
  assertEquals(answers([[remove, rival]]), "S: A · W, I: ✓");
  assertEquals(answers([[named(FILE_LOSERS, "append"), rival]]), "✓");
  assertEquals(answers([]), "–");
  assert(conflictsPage().includes("S: A · W, I: ✓"));
});
