/**
 * `deno task random`: random programs on every core, judged one by one.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import type { Level } from "../conformance/checkers/evidence.ts";
import { formatFailure } from "../conformance/run_suite.ts";
import { systemHost } from "../src/mod.ts";
import { progressLine } from "./progress_line.ts";
import type { SearchJob, ToldFailure } from "./worker.ts";
import { readTextOptions, refuse, withoutFolder } from "./text_options.ts";
import { coreCount, runJobs } from "./worker_pool.ts";

const HELP = `deno task random [--runs N] [--seed N] [--workers N] [--json FILE]

  --runs N      random programs, each with its schedule; 10000 by default
  --seed N      the first seed; another one every time by default
  --workers N   threads; as many as there are cores by default
  --json FILE   counts, seconds and failures`;

const OPTIONS = ["runs", "seed", "workers", "json"];

/** Programs of one seed: few, so that a failing one is found again soon. */
const RUNS_PER_SEED = 250;

/** Seeds that may fail before it stops. */
const MOST_FAILURES = 5;

/** Of five seeds, which are at which level. */
const LEVELS: readonly Level[] = [
  "Serializable",
  "WriteSerializable",
  "Serializable",
  "SnapshotIsolation",
  "Serializable",
];

/** Runs random programs; the exit status: 0 where all pass, 1 where one does not, 2 for a wrong call. */
export async function random(args: readonly string[]): Promise<number> {
  const values = readTextOptions(args, OPTIONS, HELP);
  if (typeof values === "number") return values;
  const { runs = "10000", seed, workers, json } = values;
  const wrong = [runs, seed ?? "1", workers ?? "1"]
    .find((number) => !/^[1-9]\d{0,8}$/.test(number));
  if (wrong !== undefined) return refuse(`${wrong} is not a number`, HELP);
  if (withoutFolder([json]) !== undefined) {
    return refuse(`there is no folder for ${json}`, HELP);
  }
  const report = await searchAll(
    Number(runs),
    seed === undefined
      ? 1 + Math.floor(systemHost.random() * 1e9)
      : Number(seed),
    workers === undefined ? coreCount() : Number(workers),
  );
  console.log(formatSearch(report));
  if (json !== undefined) {
    await writeFile(json, JSON.stringify(report, null, 2) + "\n");
  }
  return report.failures.length === 0 ? 0 : 1;
}

/** What came of all of them. */
export interface SearchReport {
  /** The first seed. */
  readonly seed: number;
  /** Seeds from there on. */
  readonly seeds: number;
  /** Threads. */
  readonly workers: number;
  /** Runs by level. */
  readonly runs: Readonly<Record<string, number>>;
  /** How long it took. */
  readonly seconds: number;
  /** What failed, shrunk, with the line that replays it. */
  readonly failures: readonly ToldFailure[];
}

/** Random programs from seed after seed, until there are enough, or too many fail. */
export async function searchAll(
  total: number,
  firstSeed: number,
  workers: number,
  runsPerSeed: number = RUNS_PER_SEED,
): Promise<SearchReport> {
  const jobs = Array.from(
    { length: Math.ceil(total / runsPerSeed) },
    (_, i): SearchJob => ({
      kind: "search",
      level: LEVELS[i % LEVELS.length]!,
      seed: firstSeed + i,
      runs: Math.min(runsPerSeed, total - i * runsPerSeed),
    }),
  );
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  const made: Record<string, number> = {};
  const failures: ToldFailure[] = [];
  const at = new Map<number, number>();
  const progress = progressLine();
  let done = 0;
  console.log(
    `${total} random programs, seeds ${firstSeed} to ` +
      `${firstSeed + jobs.length - 1}, ${workers} workers`,
  );
  await runJobs<"search">(jobs, {
    workers,
    onStart: (job, worker) => {
      if (!at.has(worker)) console.log(`worker ${worker}: seed ${job.seed} …`);
      at.set(worker, job.seed);
    },
    onResult: ({ runs, failure }, { level }) => {
      done += runs;
      made[level] = (made[level] ?? 0) + runs;
      if (failure) failures.push(failure);
      const now = [...at].sort(([a], [b]) => a - b).map(([, seed]) => seed);
      progress.show(
        `${done} of ${total} · ${(done / seconds()).toFixed(0)} runs/s · ` +
          `at seeds ${now.join(", ")}`,
      );
      return failures.length < MOST_FAILURES;
    },
  });
  progress.clear();
  return {
    seed: firstSeed,
    seeds: jobs.length,
    workers,
    runs: made,
    seconds: seconds(),
    failures,
  };
}

function formatSearch(report: SearchReport): string {
  const { runs, seconds, failures } = report;
  const total = Object.values(runs).reduce((sum, n) => sum + n, 0);
  return [
    ...failures.flatMap(formatFailure),
    ...Object.entries(runs).map(([level, n]) =>
      `${level.padEnd(18)} ${n} runs`
    ),
    `${failures.length === 0 ? "clean: " : ""}${total} runs in ` +
    `${seconds.toFixed(1)} s, ${(total / seconds).toFixed(0)} a second, ` +
    `${failures.length} failures`,
  ].join("\n");
}
