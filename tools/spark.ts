/**
 * `deno run -A tools/spark.ts`: Spark with Delta for the interop tests, found in
 * the cache or fetched into it (about 450 MB), and the environment that points
 * tests at it. With `run FILE [ARGUMENTS]` a Python program runs in that Spark.
 *
 * PySpark comes by pip, Delta's jars by Maven; a JDK (17 or later) has to be there.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { cacheFolder } from "./minio.ts";

/** The Spark that tests read with. */
export const SPARK_VERSION = "4.2.0";
/** Its Delta. */
export const DELTA_VERSION = "4.4.0";

const ARTIFACT = "delta-spark_4.2_2.13";
/** The Java releases that Spark runs on, the best first. */
const JAVA_RELEASES: readonly number[] = [17, 21, 25];

/** Where everything is. */
export interface Spark {
  /** A Python that can import `pyspark`. */
  readonly python: string;
  /** The folder of Delta's jars. */
  readonly jars: string;
  /** The JDK, for `JAVA_HOME`. */
  readonly javaHome: string;
}

/** The environment of tests, and of programs that `run` starts. */
export function environmentFor(spark: Spark): Record<string, string> {
  return {
    LITMUS_SPARK_PYTHON: spark.python,
    LITMUS_SPARK_JARS: spark.jars,
    JAVA_HOME: spark.javaHome,
  };
}

/** Finds Spark, and fetches what of it is missing. */
export async function setUpSpark(
  folder: string = join(cacheFolder(), "spark"),
): Promise<Spark> {
  const javaHome = findJava();
  if (!javaHome) {
    throw new Error(
      "No JDK: Spark needs Java 17 or later, by JAVA_HOME or in /usr/lib/jvm",
    );
  }
  await mkdir(folder, { recursive: true });
  const python = await pythonWithSpark(join(folder, "venv"));
  const jars = await jarsOfDelta(folder, javaHome);
  return { python, jars, javaHome };
}

/** The JDK that `JAVA_HOME` names where it will do, else the best one installed. */
export function findJava(
  installed: string = "/usr/lib/jvm",
): string | undefined {
  const named = process.env.JAVA_HOME;
  if (named && JAVA_RELEASES.includes(javaRelease(named) ?? 0)) return named;
  const homes = existsSync(installed)
    ? readdirSync(installed).map((name) => join(installed, name))
    : [];
  return JAVA_RELEASES.flatMap((release) =>
    homes.filter((home) => javaRelease(home) === release)
  )[0];
}

function javaRelease(home: string): number | undefined {
  const java = join(home, "bin", "java");
  if (!existsSync(java)) return undefined;
  const { stderr } = spawnSync(java, ["-version"], { encoding: "utf8" });
  const found = /version "(\d+)/.exec(stderr);
  return found ? Number(found[1]) : undefined;
}

async function pythonWithSpark(venv: string): Promise<string> {
  const python = join(venv, "bin", "python");
  if (pysparkVersion(python) === SPARK_VERSION) return python;
  await rm(venv, { recursive: true, force: true });
  run("python3", ["-m", "venv", venv]);
  run(python, [
    ...["-m", "pip", "install", "--quiet", "--disable-pip-version-check"],
    `pyspark==${SPARK_VERSION}`,
  ]);
  return python;
}

function pysparkVersion(python: string): string | undefined {
  const { stdout } = spawnSync(
    python,
    ["-c", "import pyspark; print(pyspark.__version__)"],
    { encoding: "utf8" },
  );
  return stdout?.trim();
}

async function jarsOfDelta(folder: string, javaHome: string): Promise<string> {
  const jars = join(folder, "jars");
  if (existsSync(join(jars, `${ARTIFACT}-${DELTA_VERSION}.jar`))) return jars;
  const pom = join(folder, "pom.xml");
  await writeFile(pom, POM);
  run("mvn", [
    ...["--batch-mode", "--quiet", "--file", pom],
    "dependency:copy-dependencies",
    `-DoutputDirectory=${jars}`,
  ], { JAVA_HOME: javaHome });
  return jars;
}

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>litmus</groupId>
  <artifactId>jars</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.delta</groupId>
      <artifactId>${ARTIFACT}</artifactId>
      <version>${DELTA_VERSION}</version>
      <exclusions>
        <exclusion>
          <groupId>org.apache.spark</groupId>
          <artifactId>*</artifactId>
        </exclusion>
      </exclusions>
    </dependency>
  </dependencies>
</project>
`;

/** Runs a program whose output goes to standard error: standard output is the environment. */
function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): void {
  const { status, error } = spawnSync(program, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", 2, 2],
  });
  if (status === 0) return;
  throw new Error(
    `${program} ${args.join(" ")} failed: ${error?.message ?? status}`,
  );
}

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  if (command !== undefined && (command !== "run" || rest.length === 0)) {
    console.error("usage: spark.ts | spark.ts run FILE [ARGUMENTS]");
    return 2;
  }
  const spark = await setUpSpark();
  const env = environmentFor(spark);
  if (command === "run") {
    const { status } = spawnSync(spark.python, rest, {
      env: { ...process.env, ...env },
      stdio: "inherit",
    });
    return status ?? 1;
  }
  for (const [name, value] of Object.entries(env)) {
    console.log(`export ${name}=${value}`);
  }
  return 0;
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));
