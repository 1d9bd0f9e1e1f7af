import { assertEquals } from "@std/assert";
import {
  CHAPTERS,
  checkCoverage,
  parseCoverage,
  STATES,
} from "./protocol_coverage.ts";
import type { SourceFile } from "./tidy.ts";

const ROOT = new URL("../", import.meta.url);
const page = await Deno.readTextFile(
  new URL("docs/protocol_coverage.md", ROOT),
);

/** The files that the page may name. */
async function sources(folder: string): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for await (const entry of Deno.readDir(new URL(`${folder}/`, ROOT))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) files.push(...await sources(path));
    else if (path.endsWith(".ts")) {
      files.push({ path, text: await Deno.readTextFile(new URL(path, ROOT)) });
    }
  }
  return files;
}

Deno.test("the page of coverage names what exists, and leaves no chapter out", async () => {
  const files = [
    ...await sources("src"),
    ...await sources("cli"),
    ...await sources("conformance/interop"),
  ];
  assertEquals(checkCoverage(page, files), []);
});

Deno.test("parseCoverage() reads every row of the page", () => {
  const requirements = parseCoverage(page);
  const rows = page.split("\n").filter((line) => /^\| (R|W|RW) \|/.test(line));
  assertEquals(requirements.length, rows.length);
  assertEquals(requirements.length > 100, true);
  assertEquals(
    [...new Set(requirements.map((r) => r.state))].sort(),
    [...STATES].sort(),
  );
});

Deno.test("checkCoverage() names whatever is wrong with a page", () => {
  const files = [
    { path: "src/a.ts", text: "" },
    { path: "src/a_test.ts", text: 'Deno.test("a() does it")' },
  ];
  const row = (modules: string, tests: string, state: string) =>
    `## Data Files\n\n| W | x | ${modules} | ${tests} | ${state} |`;
  const wrong = (text: string) =>
    checkCoverage(text, files).filter((line) =>
      !line.endsWith("no requirement")
    );
  const good = row("`a.ts`", '`src/a_test.ts`: "does it"', "**kept**: why");
  assertEquals(wrong(good), []);
  assertEquals(checkCoverage(good, files).length, CHAPTERS.length - 1);
  assertEquals(wrong(row("`b.ts`", '`src/b_test.ts`: "x"', "**kept**")), [
    "Data Files: no module src/b.ts",
    "Data Files: no test file src/b_test.ts",
  ]);
  assertEquals(wrong(row("`a.ts`", '`src/a_test.ts`: "not"', "**so so**")), [
    'Data Files: no state "so so"',
    'Data Files: no test "not" in src/a_test.ts',
  ]);
  assertEquals(wrong(row("", "", "**kept**").replace("Data", "Other")), [
    "Other Files: no chapter of the protocol",
    "Other Files: no module",
    "Other Files: no test",
  ]);
});
