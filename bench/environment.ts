/**
 * The machine and the versions that stand above every table of figures.
 *
 * @module
 */

import { cpus, release, totalmem, type } from "node:os";

/** What a figure was measured on. */
export interface Environment {
  /** Cores and model of the processor. */
  readonly cpu: string;
  /** Memory in GiB. */
  readonly memoryGiB: number;
  /** Operating system and its release. */
  readonly os: string;
  /** Runtime and version. */
  readonly runtime: string;
  /** Version of this project. */
  readonly litmus: string;
  /** Commit of the checkout, with `+` where it was changed; `unknown` outside git. */
  readonly commit: string;
  /** Versions of the libraries that decide speed. */
  readonly libraries: Readonly<Record<string, string>>;
  /** When the run started, ISO 8601. */
  readonly startedAt: string;
}

/** Looks at the machine and the checkout. */
export async function readEnvironment(): Promise<Environment> {
  const processors = cpus();
  const config = JSON.parse(
    await Deno.readTextFile(new URL("../deno.json", import.meta.url)),
  ) as { version: string; imports: Record<string, string> };
  const libraries: Record<string, string> = {};
  for (const target of Object.values(config.imports)) {
    const match = /^npm:((?:@[^/]+\/)?[^@/]+)@([^/]+)/.exec(target);
    if (match) libraries[match[1]!] = match[2]!;
  }
  return {
    cpu: `${processors.length} × ${processors[0]?.model.trim() ?? "unknown"}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()}`,
    runtime: `Deno ${Deno.version.deno}, V8 ${Deno.version.v8}`,
    litmus: config.version,
    commit: await gitCommit(),
    libraries,
    startedAt: new Date().toISOString(),
  };
}

/** The environment as the lines above a table. */
export function describeEnvironment(environment: Environment): string[] {
  const libraries = Object.entries(environment.libraries)
    .map(([name, version]) => `${name} ${version}`).join(", ");
  return [
    `machine   ${environment.cpu}, ${environment.memoryGiB} GiB, ${environment.os}`,
    `runtime   ${environment.runtime}, litmus ${environment.litmus} at ${environment.commit}`,
    `libraries ${libraries}`,
  ];
}

async function gitCommit(): Promise<string> {
  try {
    const run = (args: string[]) =>
      new Deno.Command("git", {
        args,
        cwd: new URL("..", import.meta.url).pathname,
        stderr: "null",
      }).output();
    const head = await run(["rev-parse", "--short", "HEAD"]);
    if (!head.success) return "unknown";
    const status = await run(["status", "--porcelain"]);
    const decode = (bytes: Uint8Array) =>
      new TextDecoder().decode(bytes).trim();
    return decode(head.stdout) + (decode(status.stdout) === "" ? "" : "+");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "unknown"; // no git here
    throw error;
  }
}
