/**
 * `deno task conformance`: an engine through the conformance suite.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { thisEngine } from "../conformance/adapters/this_engine.ts";
import type { Level } from "../conformance/checkers/evidence.ts";
import { saveFailures } from "../conformance/history/saved_run.ts";
import type { OpenStore } from "../conformance/live_races.ts";
import {
  formatReport,
  runSuite,
  type SuiteName,
  type SuiteOptions,
  whyNot,
} from "../conformance/run_suite.ts";
import { parseVector } from "../conformance/simulation/decisions.ts";
import { openStore, systemHost } from "../src/mod.ts";
import { checkSaved } from "./check_saved.ts";
import { progressLine } from "./progress_line.ts";
import { withoutFolder } from "./text_options.ts";

const HELP =
  `deno task conformance [--engine litmus] [--store URL] [--suite NAMES] [--seed N] [--budget 60s] [--json FILE]
deno task conformance --check FILE [--elle FILE]

  --engine NAME   which engine: litmus (default)
  --store URL     also on a real store: a folder, s3://bucket/prefix; memory (default) only simulates
  --suite NAMES   in simulation exhaustive, litmus, random; on a store held, races, processes; all that apply by default
                  (the store itself: deno task store URL)
  --seed N        seed of everything random; 1 by default
  --budget TIME   how long: 90s, 5m; 60s by default
  --json FILE     the whole report
  --exhaust N     every scope of exhaustive and litmus whatever the budget, with N runs of one at most
  --part I/N      only the Ith of N parts of the scopes: for several processes at once
  --scope NAME    one scope of a suite
  --vector V      one run of that scope
  --path P        one case of the seed's random search, with --level
  --history DIR   where the runs that fail are saved; beside the file of --json by default
  --check FILE    no suite: judges a saved run again
  --elle FILE     with --check: the run in Elle's list-append shape`;

/** Runs the suite; the exit status: 0 where it is clean of SAFETY and the judge agrees with itself, 1 where not, 2 for a wrong call or where nothing was run. */
export async function conformance(args: readonly string[]): Promise<number> {
  const values = readArguments(args);
  if (typeof values === "number") return values;
  if (values.check !== undefined) {
    return await checkSaved(values.check, values.elle);
  }
  const engine = thisEngine();
  const wrong = whyNot(engine, values.options) ?? await whyNoStore(values);
  if (wrong !== undefined) return refuse(wrong);
  const progress = progressLine();
  const found = await runSuite(engine, {
    ...values.options,
    onProgress: progress.show,
  });
  const { history } = values;
  const report = history === undefined
    ? found
    : saveFailures(found, saverTo(history));
  progress.clear();
  console.log(formatReport(report));
  if (values.json !== undefined) {
    await writeFile(values.json, JSON.stringify(report, null, 2) + "\n");
  }
  if (report.runs === 0) return 2;
  return report.safetyViolations + report.disagreements > 0 ? 1 : 0;
}

/** Why the store cannot be used, if so: it is opened and looked at once. */
async function whyNoStore({ options }: Arguments): Promise<string | undefined> {
  try {
    await (await options.openStore?.())?.remove();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Saves runs in a folder, numbered. */
function saverTo(folder: string): (text: string) => string {
  let runs = 0;
  return (text) => {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `run-${++runs}.ndjson`);
    writeFileSync(file, text);
    return file;
  };
}

interface Arguments {
  readonly options: SuiteOptions;
  readonly json: string | undefined;
  readonly history: string | undefined;
  readonly check: string | undefined;
  readonly elle: string | undefined;
}

function readArguments(args: readonly string[]): Arguments | number {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        engine: text,
        store: text,
        suite: text,
        seed: text,
        budget: text,
        json: text,
        scope: text,
        vector: text,
        path: text,
        level: text,
        history: text,
        check: text,
        elle: text,
        exhaust: text,
        part: text,
        help: { type: "boolean" },
      },
    });
    if (values.help) {
      console.log(HELP);
      return 0;
    }
    return understood(values);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

/** What the options mean; throws where they mean nothing. */
function understood(
  values: Readonly<Record<string, string | boolean | undefined>>,
): Arguments {
  const given = values as Readonly<Record<string, string | undefined>>;
  const { engine = "litmus", suite, seed = "1", budget = "60s" } = given;
  const { store = "memory", scope, vector, path, level, exhaust } = given;
  const { json, check, elle } = given;
  const budgetMs = durationMs(budget);
  const part = /^([1-9]\d*)\/([1-9]\d*)$/.exec(given.part ?? "1/1");
  const noFolder = withoutFolder([json, elle]);
  const wrong = engine !== "litmus"
    ? `there is no engine ${engine}`
    : !budgetMs
    ? `${budget} is not a time like 60s`
    : !/^\d+$/.test(seed)
    ? `${seed} is not a seed`
    : exhaust !== undefined && !/^[1-9]\d*$/.test(exhaust)
    ? `${exhaust} is not a number of runs`
    : !part
    ? `${given.part} is not a part like 1/2`
    : elle !== undefined && check === undefined
    ? "--elle goes with --check"
    : noFolder !== undefined
    ? `there is no folder ${dirname(noFolder)}`
    : undefined;
  if (wrong !== undefined) throw new TypeError(wrong);
  const isReal = store !== "memory" && !store.startsWith("memory:");
  return {
    json,
    history: given.history ?? json?.replace(/(\.json)?$/, ".runs"),
    check,
    elle,
    options: {
      seed: Number(seed),
      budgetMs: budgetMs!,
      ...(suite !== undefined && { suites: suite.split(",") as SuiteName[] }),
      ...(scope !== undefined && { scope }),
      ...(vector !== undefined && { vector: parseVector(vector) }),
      ...(path !== undefined && { path }),
      ...(level !== undefined && { level: level as Level }),
      part: [Number(part![1]), Number(part![2])],
      ...(exhaust !== undefined && { exhaust: Number(exhaust) }),
      ...(isReal && {
        openStore: freshPlaces(store),
        storeKind: /^s3a?:/.test(store) ? "S3" : "folder",
      }),
    },
  };
}

function refuse(why: string): number {
  console.error(`${why}\n\n${HELP}`);
  return 2;
}

function durationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (!match) return undefined;
  const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
  return Number(match[1]) * unit[(match[2] ?? "s") as keyof typeof unit];
}

/** A folder of its own for every race, removed after it. */
function freshPlaces(url: string): OpenStore {
  return async () => {
    const root = `${url.replace(/\/+$/, "")}/race-${systemHost.uuid()}`;
    const store = await openStore(root);
    return {
      store,
      url: root,
      remove: async () => {
        const paths: string[] = [];
        for await (const { path } of store.list("")) paths.push(path);
        if (paths.length > 0) await store.delete(paths);
        await store.close?.();
        if (!/^\w+:/.test(root)) {
          await rm(root, { recursive: true, force: true });
        }
      },
    };
  };
}
