/**
 * What a reviewer should not have to say: the rules of the building, as pure
 * functions from files to complaints. `tidy_test.ts` holds the tree to them.
 *
 * @module
 */

/** A file of the repository: path from its root, and text. */
export interface SourceFile {
  /** Path from the root, with `/`. */
  readonly path: string;
  /** The text. */
  readonly text: string;
}

/**
 * The building, top floor first. A room imports only rooms on floors below it;
 * rooms on one floor do not know each other.
 */
export const FLOORS: readonly (readonly string[])[] = [
  ["mod"],
  ["table"],
  ["operations"],
  ["scan", "commit"],
  ["snapshot"],
  ["log", "data"],
  ["protocol", "parquet"],
  ["expression", "actions"],
  ["schema", "store"],
  ["errors", "host"],
];

/** Everything that may stand at the top of the repository. */
export const TOP_LEVEL: readonly string[] = [
  ".ci",
  ".github",
  ".gitignore",
  "ARCHITECTURE.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "GLOSSARY.md",
  "LICENSE",
  "README.md",
  "bench",
  "cli",
  "conformance",
  "deno.json",
  "deno.jsr.json",
  "deno.lock",
  "docker-compose.yml",
  "docs",
  "examples",
  "mod.ts",
  "src",
  "testing",
  "tools",
];

/** Folders that the tools make and git ignores. */
export const NOT_OURS: readonly string[] = [".git", "coverage", "node_modules"];

/** The npm packages, and where each may be imported. */
export const PACKAGES: Readonly<Record<string, RegExp>> = {
  "apache-arrow":
    /^(src\/(parquet|log|data|snapshot|scan|commit|operations|table)|cli|bench|conformance|examples|testing|tools)(?![a-z])/,
  "parquet-wasm": /^src\/parquet\//,
  "@aws-sdk/client-s3":
    /^(src\/store\/s3_|tools\/|testing\/|bench\/|conformance\/)/,
  "fast-check": /^conformance\//,
};

/** Names of the import map that only tests may use. */
export const TEST_ONLY: readonly string[] = ["@std/assert", "@std/testing/bdd"];

/** Past this many lines a file is asked whether it has two subjects. */
export const LONG_FILE_LINES = 400;

const isTest = (path: string): boolean => path.endsWith("_test.ts");

/**
 * The text without its comments; strings and line numbers stay.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(withoutComments('a("//") // b'), 'a("//") ');
 * ```
 */
export function withoutComments(text: string): string {
  const pattern =
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
  return text.replace(
    pattern,
    (found: string, literal: string | undefined) =>
      literal ?? found.replace(/[^\n]/g, ""),
  );
}

/** Every module specifier that a file imports or re-exports, in order. */
export function importsOf(text: string): string[] {
  const code = withoutComments(text);
  const pattern =
    /^[ \t]*(?:import|export)\b[^;"'`]*?\bfrom\s*"([^"]+)"|^[ \t]*import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;
  return [...code.matchAll(pattern)].map((m) => (m[1] ?? m[2] ?? m[3])!);
}

/** The path that a relative specifier names, from the root. */
export function resolveImport(from: string, specifier: string): string {
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** The room of a file in `src`: the folder, or the file's own name. */
export function roomOf(path: string): string {
  return path.split("/")[1]!.replace(/(_test)?\.ts$/, "");
}

const floorOf = (room: string): number =>
  FLOORS.findIndex((floor) => floor.includes(room));

function relativeImports(file: SourceFile): string[] {
  return importsOf(file.text).filter((s) => s.startsWith("."))
    .map((s) => resolveImport(file.path, s));
}

/**
 * Imports in `src` that point up, sideways or out, and rooms nobody knows. A
 * test may build its states through the floors above; it too stays inside.
 */
export function checkFloors(files: readonly SourceFile[]): string[] {
  const complaints: string[] = [];
  for (const file of files.filter((f) => f.path.startsWith("src/"))) {
    const room = roomOf(file.path);
    const floor = floorOf(room);
    if (floor < 0) {
      complaints.push(`${file.path}: the building has no room "${room}"`);
      continue;
    }
    for (const target of relativeImports(file)) {
      if (target.startsWith("testing/") && isTest(file.path)) continue;
      if (!target.startsWith("src/")) {
        complaints.push(`${file.path}: src imports ${target}, outside of src`);
      } else if (
        !isTest(file.path) && roomOf(target) !== room &&
        floorOf(roomOf(target)) <= floor
      ) {
        complaints.push(
          `${file.path}: ${room} imports ${target}, which is not on a floor below`,
        );
      }
    }
  }
  return complaints;
}

const FROM_CONFORMANCE: readonly RegExp[] = [
  /^src\/mod\.ts$/,
  /^src\/parquet\//,
  /^src\/store\//,
  /^(conformance|testing|tools)\//,
];

/** Imports of the suite and of the tools around it that reach too deep. */
export function checkOutside(files: readonly SourceFile[]): string[] {
  return files.filter((f) => f.path.startsWith("conformance/")).flatMap((
    file,
  ) =>
    relativeImports(file)
      .filter((target) => !FROM_CONFORMANCE.some((ok) => ok.test(target)))
      .map((target) =>
        `${file.path}: conformance imports ${target}; it may know src/mod.ts, src/parquet and src/store`
      )
  );
}

/** Uses of one runtime, and of clock and chance outside `src/host.ts`. */
export function checkPortable(files: readonly SourceFile[]): string[] {
  const complaints: string[] = [];
  for (const file of files) {
    if (!file.path.startsWith("src/") || isTest(file.path)) continue;
    const code = withoutComments(file.text);
    const runtime = /\b(Deno|Bun)\s*\.\s*\w+/.exec(code);
    if (runtime) complaints.push(`${file.path}: src uses ${runtime[0]}`);
    if (file.path === "src/host.ts") continue;
    const chance =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\b(?:setTimeout|setInterval|setImmediate|randomUUID|randomBytes|getRandomValues)\b|\bperformance\.now\b/
        .exec(code);
    if (chance) {
      complaints.push(
        `${file.path}: src uses ${
          chance[0]
        }; clock, sleep and chance come through Host`,
      );
    }
  }
  return complaints;
}

/** Packages that are unpinned, unknown, or imported outside their room. */
export function checkPackages(
  imports: Readonly<Record<string, string>>,
  files: readonly SourceFile[],
): string[] {
  const complaints: string[] = [];
  for (const [name, target] of Object.entries(imports)) {
    if (TEST_ONLY.includes(name)) continue;
    if (!(name in PACKAGES)) {
      complaints.push(`deno.json: extra dependency ${name} (needs a decision)`);
    } else if (!pinOf(name).test(target)) {
      complaints.push(`deno.json: ${name} is not pinned exactly: ${target}`);
    }
  }
  for (const name of [...Object.keys(PACKAGES), ...TEST_ONLY]) {
    if (!(name in imports)) complaints.push(`deno.json: ${name} is missing`);
  }
  for (const file of files.filter((f) => f.path.endsWith(".ts"))) {
    for (const specifier of importsOf(file.text)) {
      const complaint = complainOfPackage(file.path, specifier);
      if (complaint) complaints.push(`${file.path}: ${complaint}`);
    }
  }
  return complaints;
}

const pinOf = (name: string): RegExp =>
  new RegExp(`^npm:${name.replace("/", "\\/")}@\\d+\\.\\d+\\.\\d+(\\/\\w+)?$`);

function complainOfPackage(
  path: string,
  specifier: string,
): string | undefined {
  if (specifier.startsWith(".") || specifier.startsWith("node:")) return;
  // The package's own name is for those who copy: examples and docs.
  if (/^@litmus\/delta(\/|$)/.test(specifier)) {
    return path.startsWith("examples/")
      ? undefined
      : "imports the package by its own name";
  }
  if (TEST_ONLY.includes(specifier)) {
    return isTest(path) || path.startsWith("testing/")
      ? undefined
      : `${specifier} is for tests only`;
  }
  const rooms = PACKAGES[specifier];
  if (!rooms) return `imports ${specifier}, which is not in the import map`;
  return rooms.test(path) ? undefined : `${specifier} has no business here`;
}

/** Paths of one machine. */
export function checkMachinePaths(files: readonly SourceFile[]): string[] {
  // Put together here, so that this file passes its own check.
  const roots = ["work", "root", "tmp"].map((name) => `/${name}/`);
  const pattern = new RegExp(
    `(?<![\\w.$}/-])(?:${roots.join("|")})[\\w.]`,
  );
  return files.flatMap((file) =>
    file.text.split("\n").flatMap((line, i) =>
      pattern.test(line)
        ? [`${file.path}:${i + 1}: names a path of one machine`]
        : []
    )
  );
}

/** Entries at the top that nobody has placed. */
export function checkTopLevel(names: readonly string[]): string[] {
  return names.filter((n) => !TOP_LEVEL.includes(n) && !NOT_OURS.includes(n))
    .map((n) => `${n}: unknown entry at the top of the repository`);
}

/**
 * Source files that no test looks at, and exceptions that are none. A module
 * has its test beside it, or one that imports it by name: a part of a room is
 * often best tested through the room.
 */
export function checkTested(
  files: readonly SourceFile[],
  exceptions: Readonly<Record<string, string>>,
): string[] {
  const paths = new Set(files.map((f) => f.path));
  const tests = files.filter((f) => isTest(f.path));
  const named = new Set(tests.flatMap(relativeImports));
  const complaints: string[] = [];
  for (const path of paths) {
    if (!/^src\/.*\.ts$/.test(path) || isTest(path)) continue;
    const beside = paths.has(path.replace(/\.ts$/, "_test.ts"));
    if (!beside && !named.has(path) && !(path in exceptions)) {
      complaints.push(`${path}: no test beside it, and none that imports it`);
    }
    if (beside && path in exceptions) {
      complaints.push(`${path}: has a test now; drop it from the exceptions`);
    }
  }
  for (const path of Object.keys(exceptions)) {
    if (!paths.has(path)) complaints.push(`${path}: excepted, but not there`);
  }
  return complaints;
}

/** Types that the glossary names (its third column) and no source file exports. */
export function checkGlossary(
  glossary: string,
  files: readonly SourceFile[],
): string[] {
  const exported = new Set<string>();
  for (const file of files) {
    if (!/^(src|conformance)\//.test(file.path) || isTest(file.path)) continue;
    const pattern =
      /^export\s+(?:abstract\s+)?(?:async\s+)?(?:interface|type|class|function\*?|const)\s+(\w+)/gm;
    for (const found of file.text.matchAll(pattern)) exported.add(found[1]!);
  }
  const complaints: string[] = [];
  for (const line of glossary.split("\n")) {
    const cells = line.split("|").map((cell) => cell.trim());
    if (cells.length < 6) continue;
    for (const named of cells[3]!.matchAll(/`(\w+)`/g)) {
      if (!exported.has(named[1]!)) {
        complaints.push(`GLOSSARY.md: ${cells[1]}: no export ${named[1]}`);
      }
    }
  }
  return complaints;
}

/** Files past {@link LONG_FILE_LINES}, with their lengths. */
export function longFiles(files: readonly SourceFile[]): string[] {
  return files.filter((f) => f.path.endsWith(".ts"))
    .map((f) => ({ path: f.path, lines: f.text.split("\n").length }))
    .filter((f) => f.lines > LONG_FILE_LINES)
    .map((f) => `${f.path}: ${f.lines} lines`);
}

/** Files under `src` and the packages that lack a `@module` head. */
export function checkModuleHeads(files: readonly SourceFile[]): string[] {
  return files
    .filter((f) =>
      /^(src|cli|conformance|testing|tools|bench)\/.*\.ts$/.test(f.path) &&
      !isTest(f.path)
    )
    .filter((f) => !/^(#!.*\n)?\/\*\*[\s\S]*?@module\b/.test(f.text))
    .map((f) => `${f.path}: no @module head`);
}
