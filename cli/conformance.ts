/**
 * `deno task conformance`: an engine through the conformance suite.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
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
  SUITES,
} from "../conformance/run_suite.ts";
import { parseVector } from "../conformance/simulation/decisions.ts";
import { openStore, systemHost } from "../src/mod.ts";
import { checkSaved } from "./check_saved.ts";
import { progressLine } from "./progress_line.ts";

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

/** Runs the suite; the exit status: 0 where it is clean of SAFETY and the judge agrees with itself, 1 where not, 2 for a wrong call. */
export async function conformance(args: readonly string[]): Promise<number> {
  const values = readArguments(args);
  if (typeof values === "number") return values;
  if (values.check !== undefined) {
    return await checkSaved(values.check, values.elle);
  }
  const progress = progressLine();
  const found = await runSuite(thisEngine(), {
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
  return report.safetyViolations + report.disagreements > 0 ? 1 : 0;
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
  const parsed = (() => {
    try {
      return parseArgs({
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
      }).values;
    } catch (error) {
      return refuse(error instanceof Error ? error.message : String(error));
    }
  })();
  if (typeof parsed === "number") return parsed;
  if (parsed.help) {
    console.log(HELP);
    return 0;
  }
  const { engine = "litmus", suite, seed = "1", budget = "60s" } = parsed;
  if (engine !== "litmus") return refuse(`there is no engine ${engine}`);
  const suites = suite?.split(",") as readonly SuiteName[] | undefined;
  const unknown = suites?.find((name) => !SUITES.includes(name));
  if (unknown !== undefined) {
    return refuse(`there is no suite ${unknown}: ${SUITES.join(", ")}`);
  }
  const budgetMs = durationMs(budget);
  if (budgetMs === undefined) return refuse(`${budget} is not a time like 60s`);
  if (!/^\d+$/.test(seed)) return refuse(`${seed} is not a seed`);
  const { store = "memory", scope, vector, path, level, exhaust } = parsed;
  if (exhaust !== undefined && !/^[1-9]\d*$/.test(exhaust)) {
    return refuse(`${exhaust} is not a number of runs`);
  }
  const isReal = store !== "memory" && !store.startsWith("memory:");
  const { json, check, elle } = parsed;
  const part = /^([1-9]\d*)\/([1-9]\d*)$/.exec(parsed.part ?? "1/1");
  if (!part) return refuse(`${parsed.part} is not a part like 1/2`);
  return {
    json,
    history: parsed.history ?? json?.replace(/(\.json)?$/, ".runs"),
    check,
    elle,
    options: {
      seed: Number(seed),
      budgetMs,
      ...(suites && { suites }),
      ...(scope !== undefined && { scope }),
      ...(vector !== undefined && { vector: parseVector(vector) }),
      ...(path !== undefined && { path }),
      ...(level !== undefined && { level: level as Level }),
      part: [Number(part[1]), Number(part[2])],
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
