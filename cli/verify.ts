/**
 * `deno task verify`: the whole of it on real storage. Creates, appends, fails,
 * races, kills, travels in time, evolves, overwrites, and checks each time what
 * the table holds.
 *
 * @module
 */

import { rm } from "node:fs/promises";
import { parseArgs } from "node:util";
import { environment } from "./verify/environment_step.ts";
import {
  atomicity,
  consistency,
  durability,
  isolationInProcess,
  isolationOfProcesses,
} from "./verify/guarantee_steps.ts";
import {
  basicOperations,
  checkpointEquivalence,
  earlierVersions,
  overwrite,
  schemaEvolution,
  timeTravel,
} from "./verify/history_steps.ts";
import { Reporter, type StepResult } from "./verify/report.ts";
import type { Stage, Step } from "./verify/stage.ts";
import { folderOf, openStore } from "../src/store/open_store.ts";
import { parseLocation } from "../src/store/store_path.ts";

const HELP = `deno task verify [--store URL] [--json FILE] [--keep]

  --store URL   where to write: memory:// (default), a folder, s3://bucket/prefix;
                the AWS_* variables say how to reach S3
  --json FILE   every step with its facts
  --keep        leave the tables where they are`;

/** The steps, in order. */
export const STEPS: readonly Step[] = [
  { name: "environment", run: environment },
  { name: "basic operations", run: basicOperations },
  { name: "atomicity", run: atomicity },
  { name: "consistency", run: consistency },
  { name: "isolation, one process", run: isolationInProcess },
  { name: "isolation, 4 processes", run: isolationOfProcesses },
  { name: "durability", run: durability },
  { name: "time travel", run: timeTravel },
  { name: "schema evolution", run: schemaEvolution },
  { name: "overwrite", run: overwrite },
  { name: "checkpoint equivalence", run: checkpointEquivalence },
  { name: "earlier versions", run: earlierVersions },
];

/** Runs the verification; the exit status: 0 where every step passed, 1 where one failed, 2 for a wrong call. */
export async function verify(args: readonly string[]): Promise<number> {
  const options = readArguments(args);
  if (typeof options === "number") return options;
  const reporter = new Reporter(STEPS.map((step) => step.name));
  const stage = await setStage(options.store, reporter);
  console.log(`litmus verify on ${options.store}`);
  const results: StepResult[] = [];
  try {
    for (const step of STEPS) {
      const result = await runStep(step, stage, reporter);
      reporter.line(result);
      results.push(result);
      if (!result.ok && step.name === "environment") break;
    }
  } finally {
    if (!options.keep) await tidyUp(stage);
  }
  const failed = results.filter((result) => !result.ok).length;
  const seconds = results.reduce((sum, result) => sum + result.durationMs, 0) /
    1000;
  console.log(
    failed === 0 && results.length === STEPS.length
      ? `every step passed in ${seconds.toFixed(1)} s`
      : `${failed} of ${results.length} steps failed`,
  );
  if (options.json) {
    const report = {
      store: options.store,
      passed: failed === 0,
      steps: results,
    };
    await Deno.writeTextFile(
      options.json,
      JSON.stringify(report, null, 2) + "\n",
    );
  }
  return failed === 0 ? 0 : 1;
}

/** Removes what was written; what cannot be removed is named, and no step fails for it. */
async function tidyUp(
  stage: Stage & { remove(): Promise<void> },
): Promise<void> {
  try {
    await stage.remove();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    console.error(`litmus verify left ${stage.base} as it is: ${why}`);
  }
}

async function runStep(
  step: Step,
  stage: Stage,
  reporter: Reporter,
): Promise<StepResult> {
  const start = performance.now();
  stage.progress = (text) => reporter.progress(step.name, text);
  try {
    const finding = await step.run(stage);
    return {
      name: step.name,
      ok: true,
      ...finding,
      durationMs: performance.now() - start,
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      name: step.name,
      ok: false,
      measured: message,
      facts: {
        error: error instanceof Error ? error.stack ?? message : message,
      },
      durationMs: performance.now() - start,
    };
  }
}

interface Arguments {
  readonly store: string;
  readonly json: string | undefined;
  readonly keep: boolean;
}

function readArguments(args: readonly string[]): Arguments | number {
  try {
    const { values } = parseArgs({
      args: args.filter((arg) => arg !== "--"),
      options: {
        store: { type: "string", default: "memory://" },
        json: { type: "string" },
        keep: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(HELP);
      return 0;
    }
    return { store: values.store, json: values.json, keep: values.keep };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
}

async function setStage(
  store: string,
  _reporter: Reporter,
): Promise<Stage & { remove(): Promise<void> }> {
  const run = `litmus-verify-${crypto.randomUUID()}`;
  const memory = store.startsWith("memory:");
  const base = store.endsWith("//")
    ? `${store}${run}`
    : `${store.replace(/\/+$/, "")}/${run}`;
  const folder = memory
    ? await Deno.makeTempDir({ prefix: "litmus-verify-" })
    : undefined;
  const storage = {}; // S3 takes its options from the environment
  return {
    base,
    processBase: folder ?? base,
    storage,
    versions: new Map(),
    progress: () => {},
    async remove() {
      if (folder) await Deno.remove(folder, { recursive: true });
      await removeAll(base, storage);
    },
  };
}

async function removeAll(
  base: string,
  storage: Record<string, string>,
): Promise<void> {
  const parts = parseLocation(base);
  if (parts.scheme === "" || parts.scheme === "file") {
    await rm(folderOf(parts, base), { recursive: true, force: true });
    return;
  }
  const store = await openStore(base, { storage });
  const paths: string[] = [];
  for await (const object of store.list("")) paths.push(object.path);
  await store.delete(paths);
  await store.close?.();
}

if (import.meta.main) Deno.exit(await verify(Deno.args));
