/**
 * A worker thread: takes a job, answers, waits for the next.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import { thisEngine } from "../conformance/adapters/this_engine.ts";
import type { Level } from "../conformance/checkers/evidence.ts";
import { formatVerdict } from "../conformance/checkers/verdict.ts";
import { MUTANTS } from "../conformance/mutants/catalogue.ts";
import {
  hunt,
  type HuntOptions,
  type HuntReport,
} from "../conformance/mutants/hunt.ts";
import { runClean } from "../conformance/mutants/kill.ts";
import { search } from "../conformance/random_search.ts";
import { randomFailure, type SuiteFailure } from "../conformance/run_suite.ts";

/** Random programs from one seed. */
export interface SearchJob {
  /** What it is. */
  readonly kind: "search";
  /** The level. */
  readonly level: Level;
  /** The seed. */
  readonly seed: number;
  /** How many. */
  readonly runs: number;
}

/** One mutant, hunted. */
export interface HuntJob {
  /** What it is. */
  readonly kind: "hunt";
  /** The mutant. */
  readonly id: string;
  /** Bounds. */
  readonly options: HuntOptions;
  /** Runs of its scenario with the engine as it is. */
  readonly cleanRuns: number;
}

/** What a worker may be asked. */
export type Job = SearchJob | HuntJob;

/** A job by its kind. */
export type JobOf<Kind extends Job["kind"]> = Extract<
  Job,
  { readonly kind: Kind }
>;

/** A failure as words: the run itself stays where it was made. */
export type ToldFailure = Omit<SuiteFailure, "run">;

/** What comes of random programs. */
export interface SearchAnswer {
  /** Runs made. */
  readonly runs: number;
  /** What failed, shrunk. */
  readonly failure?: ToldFailure;
}

/** What comes of a hunt. */
export interface HuntAnswer extends HuntReport {
  /** What the checks say of the engine as it is. */
  readonly objections: readonly string[];
}

/** A result by the kind of its job. */
export type ResultOf<Kind extends Job["kind"]> = Kind extends "search"
  ? SearchAnswer
  : HuntAnswer;

/** What a worker says. */
export type Answer = { readonly result: unknown } | { readonly error: string };

const engine = thisEngine();

async function searched(job: SearchJob): Promise<SearchAnswer> {
  const { level, seed, runs } = job;
  const result = await search(engine, {
    seed,
    level,
    runs,
    isFailure: () => true,
  });
  if (!result.failure) return { runs: result.runs };
  const { run: _, ...failure } = randomFailure(level, seed, result.failure);
  return { runs: result.runs, failure };
}

async function hunted(job: HuntJob): Promise<HuntAnswer> {
  const mutant = MUTANTS.find(({ id }) => id === job.id)!;
  const report = await hunt(mutant, job.options);
  const { verdicts } = await runClean(mutant.scenario, job.cleanRuns);
  return { ...report, objections: verdicts.map(formatVerdict) };
}

parentPort?.on("message", async (job: Job) => {
  let answer: Answer;
  try {
    const result = job.kind === "search"
      ? await searched(job)
      : await hunted(job);
    answer = { result };
  } catch (error) {
    const cause = error instanceof Error && error.cause;
    answer = { error: `${String(error)}${cause ? `: ${String(cause)}` : ""}` };
  }
  parentPort!.postMessage(answer);
});
