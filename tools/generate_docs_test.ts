import { assert, assertEquals } from "@std/assert";
import {
  errorsPage,
  featureTable,
  generatedPages,
  withFeatures,
} from "./generate_docs.ts";

Deno.test("the generated pages are current: run `deno task docs` where not", async () => {
  const read = (path: string) =>
    Deno.readTextFile(new URL(`../${path}`, import.meta.url));
  for (
    const [path, text] of Object.entries(
      await generatedPages(
        await read("README.md"),
        await read("docs/litmus.md"),
      ),
    )
  ) {
    assertEquals(await read(path), text, path);
  }
});

Deno.test("errorsPage() lists each code with its conflict's name and what to do", () => {
  const page = errorsPage({
    X: {
      kind: "conflict",
      retry: "rerun",
      meaning: "m",
      conflict: "ConcurrentAppend",
    },
  });
  assert(page.includes("| `X` | conflict (ConcurrentAppend) | m | load"));
});

Deno.test("errorsPage() does not advise another call where the table is broken", () => {
  const page = errorsPage({
    X: { kind: "corrupt", retry: "never", meaning: "m" },
    Y: { kind: "invalid", retry: "never", meaning: "m" },
  });
  assert(page.includes("| `X` | corrupt | m | repair the table"));
  assert(page.includes("| `Y` | invalid | m | change the call |"));
});

Deno.test("featureTable() writes out what is not supported", () => {
  const table = featureTable([
    { name: "x", kind: "reader-writer", requires: [], read: "no", write: "no" },
    { name: "y", kind: "writer", requires: [], read: "yes", write: "unused" },
  ]);
  assert(table.includes("| `x` | **no** | **no** |"));
  assert(table.includes("| `y` | nothing to do | while unused |"));
});

Deno.test("withFeatures() replaces the table and nothing else", () => {
  const readme = "a\n<!-- features: x -->\nold\n<!-- end of features -->\nb\n";
  const once = withFeatures(readme, "new $&\n");
  assert(once.startsWith("a\n") && once.endsWith("\nb\n"));
  assert(once.includes("new $&") && !once.includes("old"));
  assertEquals(withFeatures(once, "new $&\n"), once);
});
