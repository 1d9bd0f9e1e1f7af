import { assert, assertEquals, assertThrows } from "@std/assert";
import { thisEngine } from "../conformance/adapters/this_engine.ts";
import { litmusScopes } from "../conformance/litmus/scopes.ts";
import { scopesFor } from "../conformance/scopes.ts";
import { scopesSection, withScopes } from "./scopes_section.ts";

/** The rows of a part of the page, their cells apart. */
async function rowsOf(heading: string): Promise<string[][]> {
  const page = await Deno.readTextFile(
    new URL("../docs/litmus.md", import.meta.url),
  );
  const part = page.slice(page.indexOf(`### ${heading}`)).split("\n### ")[0]!;
  return part.split("\n").filter((line) => line.startsWith("| "))
    .map((line) => line.slice(2, -2).split(" | ")).slice(2);
}

Deno.test("docs/litmus.md lists every scope: `deno task docs --scopes` where not", async () => {
  const scopes = scopesFor(thisEngine());
  assertEquals(
    (await rowsOf("Faults, crashes")).map(([name]) => name),
    scopes.filter(({ kind }) => kind !== "pairs")
      .map(({ program }) => program.name),
  );
  const pairs = (await rowsOf("Pairs of operations"))
    .reduce((n, [, , count]) => n + Number(count), 0);
  assertEquals(pairs, scopes.filter(({ kind }) => kind === "pairs").length);
  assertEquals(
    (await rowsOf("Litmus tests")).map(([id]) => id),
    [...new Set(litmusScopes(thisEngine()).map(({ id }) => id))],
  );
});

Deno.test("docs/litmus.md tells of no verdict, and of every suite where it ran", async () => {
  for (const heading of ["Pairs", "Faults, crashes", "Litmus tests"]) {
    const rows = await rowsOf(heading);
    assert(rows.length > 0, heading);
    for (const row of rows) assertEquals(row.at(-1), "none", row[0]);
  }
  const suites = await rowsOf("Where each suite runs");
  for (const [suite, ...cells] of suites) {
    assert(cells.some((cell) => /\d/.test(cell)), suite);
  }
});

Deno.test("scopesSection() says nothing of what no report has", () => {
  assertThrows(() => scopesSection([]), Error, "no report has");
});

Deno.test("withScopes() replaces the part on scopes alone", () => {
  const page = "a\n<!-- scopes -->\nold\n<!-- end of scopes -->\nb\n";
  const once = withScopes(page, "new $&");
  assert(once.startsWith("a\n") && once.endsWith("\nb\n"));
  assert(once.includes("new $&") && !once.includes("old"));
  assertEquals(withScopes(once, "new $&"), once);
});
