import { assert, assertEquals } from "@std/assert";
import { errorsPage, generatedPages } from "./generate_docs.ts";

Deno.test("the generated pages are current: run `deno task docs` where not", async () => {
  for (const [path, text] of Object.entries(generatedPages())) {
    const url = new URL(`../${path}`, import.meta.url);
    assertEquals(await Deno.readTextFile(url), text, path);
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
