import { assert, assertEquals } from "@std/assert";
import {
  checkFloors,
  checkGlossary,
  checkMachinePaths,
  checkModuleHeads,
  checkOutside,
  checkPackages,
  checkPortable,
  checkTested,
  checkTopLevel,
  importsOf,
  longFiles,
  NOT_OURS,
  type SourceFile,
  withoutComments,
} from "./tidy.ts";

const ROOT = new URL("../", import.meta.url);

/** Source files that have no test of their own, each with the reason. */
const UNTESTED: Readonly<Record<string, string>> = {
  "src/actions/action.ts": "types only",
  "src/data/roaring_container.ts": "through roaring_test.ts",
  "src/log/commit_file.ts": "through load_snapshot_test.ts, cut by cut",
  "src/log/core_replay.ts": "through load_snapshot_test.ts",
  "src/log/ordered_parallel.ts": "through load_snapshot_test.ts",
  "src/log/segment_reader.ts": "through load_snapshot_test.ts",
  "src/log/stats_json.ts": "through file_batch_test.ts and tables_test.ts",
  "src/parquet/arrow_buffers.ts": "through every test of columns and batches",
  "src/parquet/carve_row_group.ts": "through parquet_codec_test.ts",
  "src/parquet/fetch_ranges.ts": "through parquet_codec_test.ts",
  "src/parquet/join_files.ts": "through parquet_codec_test.ts",
  "src/parquet/page_check.ts": "through damage_test.ts",
  "src/parquet/parquet_reader.ts": "re-exported and tested by parquet_codec",
  "src/parquet/parquet_writer.ts": "re-exported and tested by parquet_codec",
  "src/parquet/variant_shredding.ts":
    "through variant_test.ts and tables_test.ts",
  "src/schema/value.ts": "types only",
  "src/store/object_store.ts": "types only; the contract suite is its test",
};

function readTree(folder: string = ""): SourceFile[] {
  const files: SourceFile[] = [];
  for (const entry of Deno.readDirSync(new URL(folder || ".", ROOT))) {
    const path = folder + entry.name;
    if (entry.isDirectory && !isSkipped(path)) {
      files.push(...readTree(path + "/"));
    }
    if (entry.isFile && /\.(ts|json|md|yml|sh|py)$|^\.ci\/run$/.test(path)) {
      files.push({ path, text: Deno.readTextFileSync(new URL(path, ROOT)) });
    }
  }
  return files;
}

const isSkipped = (path: string): boolean =>
  NOT_OURS.includes(path) || path === "conformance/golden/tables" ||
  path === "bench/results";

const tree = readTree();
const file = (path: string, text: string): SourceFile => ({ path, text });
const text = (path: string): string =>
  Deno.readTextFileSync(new URL(path, ROOT));

Deno.test("the tree keeps the floors: no import in src points up, sideways or out", () => {
  assertEquals(checkFloors(tree), []);
});

Deno.test("checkFloors() complains when an import points up, sideways or out", () => {
  // Given a room that looks up, one that looks sideways and one that looks out,
  const files = [
    file("src/log/a.ts", 'import { x } from "../snapshot/b.ts";'),
    file("src/schema/a.ts", 'export type { x } from "../store/mod.ts";'),
    file("src/store/a.ts", 'const x = await import("../../cli/main.ts");'),
    file("src/cellar/a.ts", ""),
    // and one that looks down and at a room of its own, and a test that looks up,
    file("src/log/b_test.ts", 'import { x } from "../table.ts";'),
    file(
      "src/log/b.ts",
      'import {\n  x,\n} from "../errors.ts";\nimport "./c.ts";',
    ),
  ];
  // when checked, then all but those are named.
  const complaints = checkFloors(files);
  assertEquals(complaints.length, 4);
  assert(complaints[0]!.includes("src/snapshot/b.ts"));
});

Deno.test("the suite knows no more of the engine than its front door", () => {
  assertEquals(checkOutside(tree), []);
});

Deno.test("checkOutside() complains when the suite reaches into the engine", () => {
  const files = [
    file("conformance/a.ts", 'import { x } from "../src/commit/loop.ts";'),
    file("conformance/b.ts", 'import { x } from "../src/mod.ts";'),
  ];
  assertEquals(checkOutside(files).length, 1);
});

Deno.test("src is portable: no runtime's globals, clock and chance only in the host", () => {
  assertEquals(checkPortable(tree), []);
});

Deno.test("checkPortable() complains of runtime globals, clocks and chance in code, not in comments", () => {
  const files = [
    file("src/a.ts", "Deno.cwd();"),
    file("src/b.ts", "const t = Date.now();"),
    file("src/c.ts", "/** Not Date.now. */\n// nor Math.random\n"),
    file("src/d_test.ts", "setTimeout(() => {}, 1);"),
  ];
  assertEquals(checkPortable(files).length, 2);
});

Deno.test("every dependency is known, pinned exactly, and imported in its room only", () => {
  const imports = JSON.parse(text("deno.json")).imports;
  assertEquals(checkPackages(imports, tree), []);
});

Deno.test("checkPackages() names what is extra, unpinned, missing or out of its room", () => {
  const imports = {
    "@std/assert": "./testing/assert.ts",
    "@std/testing/bdd": "./testing/bdd.ts",
    "apache-arrow": "npm:apache-arrow@^21.2.0",
    "left-pad": "npm:left-pad@1.0.0",
    "parquet-wasm": "npm:parquet-wasm@0.8.0/bundler",
    "fast-check": "npm:fast-check@4.10.0",
  };
  const files = [
    file("src/log/a.ts", 'import * as pq from "parquet-wasm";'),
    file("src/log/b.ts", 'import { assert } from "@std/assert";'),
  ];
  const complaints = checkPackages(imports, files).join("\n");
  for (
    const named of ["apache-arrow", "left-pad", "client-s3", "log/a", "log/b"]
  ) {
    assert(complaints.includes(named), `${named} is not named`);
  }
});

Deno.test("deno.jsr.json is deno.json but for the two lines that point at JSR", () => {
  const ours = text("deno.json").split("\n");
  const theirs = text("deno.jsr.json").split("\n");
  const differing = ours.flatMap((line, i) => line === theirs[i] ? [] : [i]);
  assertEquals(theirs.length, ours.length);
  assertEquals(differing.length, 2);
  for (const i of differing) {
    assert(/^\s*"@std\/\S+": "\.\/testing\/\w+\.ts",$/.test(ours[i]!), ours[i]);
    assert(/^\s*"@std\/\S+": "jsr:@std\/\S+",$/.test(theirs[i]!), theirs[i]);
  }
});

Deno.test("nothing in the tree names a path of one machine", () => {
  assertEquals(checkMachinePaths(tree), []);
});

Deno.test("checkMachinePaths() complains of homes and temporary files, not of addresses", () => {
  const planted = ["/", "root/.cache"].join("");
  const files = [
    file("a.md", `see ${planted}\nhttps://example.com${planted}`),
  ];
  assertEquals(checkMachinePaths(files), [
    "a.md:1: names a path of one machine",
  ]);
});

Deno.test("the top of the repository holds only what has its place there", () => {
  const names = [...Deno.readDirSync(ROOT)].map((entry) => entry.name);
  assertEquals(checkTopLevel(names), []);
  assertEquals(checkTopLevel(["notes.txt"]).length, 1);
});

Deno.test("every module of src has a test beside it, or one that imports it", () => {
  assertEquals(checkTested(tree, UNTESTED), []);
});

Deno.test("checkTested() complains of untested modules and of stale exceptions", () => {
  const files = [
    file("src/a.ts", ""),
    file("src/b.ts", ""),
    file("src/b_test.ts", 'import { d } from "./d.ts";'),
    file("src/d.ts", ""),
  ];
  const complaints = checkTested(files, { "src/b.ts": "", "src/c.ts": "" });
  assertEquals(complaints.map((c) => c.split(":")[0]), [
    "src/a.ts",
    "src/b.ts",
    "src/c.ts",
  ]);
});

Deno.test("every type that the glossary names is exported", () => {
  assertEquals(checkGlossary(text("GLOSSARY.md"), tree), []);
});

Deno.test("checkGlossary() complains of a name that is gone", () => {
  const row = "| Ghost | what is not there | `Ghost` | none |";
  assertEquals(
    checkGlossary(row, [file("src/a.ts", "export type Host = 1;")]),
    [
      "GLOSSARY.md: Ghost: no export Ghost",
    ],
  );
});

Deno.test("every module begins with what it is", () => {
  assertEquals(checkModuleHeads(tree), []);
});

Deno.test("long files are reported, not refused", () => {
  for (const long of longFiles(tree)) console.log(`long file: ${long}`);
  assertEquals(longFiles([file("a.ts", "\n".repeat(500))]).length, 1);
});

Deno.test("importsOf() finds imports, re-exports and dynamic imports, and none in comments or texts", () => {
  const code = [
    'import type { A } from "./a.ts";',
    'export * from "./b.ts";',
    'const c = await import("./c.ts");',
    ' * import { D } from "./d.ts";',
    '// import { E } from "./e.ts";',
  ].join("\n");
  assertEquals(importsOf(`/**\n${code.split("\n")[3]}\n */\n${code}`), [
    "./a.ts",
    "./b.ts",
    "./c.ts",
  ]);
  assertEquals(
    withoutComments('const s = "/* no */"; /* yes */'),
    'const s = "/* no */"; ',
  );
});
