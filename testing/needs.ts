/**
 * What a test needs of its machine beyond Deno. Where it is missing the test is
 * ignored, said once and loudly; where `LITMUS_REQUIRE_ALL` is set, as in CI, it
 * is an error: nothing that can be fetched may be skipped there.
 *
 * @module
 */

import { spawnSync } from "node:child_process";

/** Things a machine may lack. */
export interface Needs {
  /** An S3 server: `LITMUS_S3_URL` and the `AWS_` names, as `deno task minio` prints them. */
  readonly s3?: true;
  /** Python with `deltalake`: `LITMUS_PYTHON`, or `python3` where it can import it. */
  readonly python?: true;
  /** Spark with Delta: `LITMUS_SPARK_PYTHON` and `LITMUS_SPARK_JARS`, as `tools/spark.ts` prints them. */
  readonly spark?: true;
  /** Node 22 or later, on the machine or by `npx node@22`. */
  readonly node22?: true;
  /** Bun, on the machine or by `npx bun`. */
  readonly bun?: true;
  /** The collection of tables: `LITMUS_TABLES`, or beside the repository. */
  readonly tables?: true;
}

/** What `Deno.test` is told about a test that has needs. */
export interface NeedsAnswer {
  /** Whether something is missing. */
  readonly ignore: boolean;
}

/**
 * Whether the machine has what a test needs.
 *
 * @throws {Error} When something is missing and `LITMUS_REQUIRE_ALL` is set.
 *
 * @example
 * ```ts ignore
 * Deno.test({ name: "…", ...needs({ s3: true }), fn() {} });
 * ```
 */
export function needs(wanted: Needs): NeedsAnswer {
  const missing = (Object.keys(wanted) as (keyof Needs)[])
    .filter((name) => wanted[name] && FINDERS[name]() === undefined);
  for (const name of missing) complain(name);
  return { ignore: missing.length > 0 };
}

const said = new Set<string>();

function complain(name: keyof Needs): void {
  const sentence = `needs ${name}: ${HOW_TO[name]}`;
  // The tables are no part of the repository, so no machine can fetch them.
  if (Deno.env.get("LITMUS_REQUIRE_ALL") && name !== "tables") {
    throw new Error(`LITMUS_REQUIRE_ALL is set and a test ${sentence}`);
  }
  if (said.has(name)) return;
  said.add(name);
  console.error(`NOT RUN: tests whose machine ${sentence}`);
}

const HOW_TO: Readonly<Record<keyof Needs, string>> = {
  s3: "set LITMUS_S3_URL and AWS_*; `deno task minio` prints them",
  python: "set LITMUS_PYTHON to a Python that can import deltalake",
  spark:
    "set LITMUS_SPARK_PYTHON and LITMUS_SPARK_JARS; `deno run -A tools/spark.ts` fetches Spark and prints them",
  node22: "Node 22, or npx that can fetch it",
  bun: "Bun, or npx that can fetch it",
  tables: "set LITMUS_TABLES to the folder of tables",
};

const FINDERS: Readonly<Record<keyof Needs, () => unknown>> = {
  s3: s3Url,
  python: () => pythonCommand(),
  spark: () => sparkCommand(),
  node22: () => nodeCommand(),
  bun: () => bunCommand(),
  tables: () => tablesFolder(),
};

/** The location for tests on S3, without a slash at the end. */
export function s3Url(): string | undefined {
  return Deno.env.get("LITMUS_S3_URL")?.replace(/\/+$/, "") || undefined;
}

/** A Python that can import `deltalake`. */
export const pythonCommand: () => string | undefined = once(() =>
  [Deno.env.get("LITMUS_PYTHON"), "python3"]
    .find((python) =>
      python && runs([python, "-c", "import deltalake, pyarrow"])
    )
);

/** A Python that can import `pyspark`, and the folder of the jars of Delta. */
export const sparkCommand: () =>
  | { readonly python: string; readonly jars: string }
  | undefined = once(() => {
    const python = Deno.env.get("LITMUS_SPARK_PYTHON");
    const jars = Deno.env.get("LITMUS_SPARK_JARS");
    if (!python || !jars || !isFolder(jars)) return undefined;
    return runs([python, "-c", "import pyspark"])
      ? { python, jars }
      : undefined;
  });

/** The command that runs Node 22 or later. */
export const nodeCommand: () => readonly string[] | undefined = once(() =>
  [["node"], ["npx", "-y", "node@22"]].find((command) =>
    runs([
      ...command,
      "-e",
      "process.exit(Number(process.versions.node.split('.')[0]) >= 22 ? 0 : 1)",
    ])
  )
);

/** The command that runs Bun. */
export const bunCommand: () => readonly string[] | undefined = once(() =>
  [["bun"], ["npx", "-y", "bun@1.4.5"]]
    .find((command) => runs([...command, "--version"]))
);

/** The folder of tables with expected contents. */
export const tablesFolder: () => string | undefined = once(() => {
  const beside = new URL("../../shared/tables", import.meta.url).pathname;
  return [Deno.env.get("LITMUS_TABLES"), beside].find((folder) =>
    folder && isFolder(folder)
  );
});

function once<T>(find: () => T): () => T {
  let found: { readonly value: T } | undefined;
  return () => (found ??= { value: find() }).value;
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function runs(command: readonly string[]): boolean {
  const { status } = spawnSync(command[0]!, command.slice(1), {
    stdio: "ignore",
    timeout: 300_000,
  });
  return status === 0;
}
