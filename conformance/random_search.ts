/**
 * Random search: programs and runs from a seed, judged one by one; what fails
 * is shrunk to a smallest program and vector, which one line replays.
 *
 * @module
 */

import fc from "fast-check";
import { type Case, cases } from "./arbitraries/program_arbitrary.ts";
import { evidenceOf, type Level } from "./checkers/evidence.ts";
import { judge } from "./checkers/judge.ts";
import { outlivesCleanup } from "./request_life.ts";
import type { CheckId, Verdict } from "./checkers/verdict.ts";
import type { EngineAdapter } from "./engine_adapter.ts";
import {
  prepare,
  type Prepared,
  type Run,
  type RunOptions,
  runPrepared,
  SetupRefused,
} from "./simulation/run_program.ts";
import type { Program } from "./simulation/program.ts";

/** What a search is told. */
export interface SearchOptions extends RunOptions {
  /** The level to set and to judge by. */
  readonly level?: Level;
  /** Seed of the search. */
  readonly seed: number;
  /** Where in that seed's search a failing case is: replays it alone. */
  readonly path?: string;
  /** Runs at most. */
  readonly runs: number;
  /** How long, in milliseconds; as long as it takes by default. */
  readonly budgetMs?: number;
  /** Which verdicts fail a run; those of class SAFETY by default. */
  readonly isFailure?: (verdict: Verdict) => boolean;
  /** Whether a failing run is shrunk; true by default. */
  readonly shrink?: boolean;
  /** Checks left out. */
  readonly without?: ReadonlySet<CheckId>;
  /** Told of every run. */
  readonly onRun?: (run: Run) => void;
  /** Told of a table that the engine did not make, by which its programs are passed over; an error by default. */
  readonly onRefused?: (error: SetupRefused) => void;
}

/** What a search found. */
export interface SearchResult {
  /** Runs made before the first failure, or all. */
  readonly runs: number;
  /** The smallest failing case. */
  readonly failure?: {
    /** The case. */
    readonly found: Case;
    /** Where in the seed's search it is. */
    readonly path: string;
    /** What is wrong with it. */
    readonly verdicts: readonly Verdict[];
    /** The run, for its story. */
    readonly run: Run;
  };
}

/**
 * Tables that are set up, by engine, by what stands between it and the store,
 * and by setup: random programs share a few hundred of them.
 */
const tables = new WeakMap<
  object,
  { readonly wrap: unknown; readonly bySetup: Map<string, Prepared> }
>();
const MOST_TABLES = 1_000;

/** A program on its table, which is set up only once. */
async function preparedFor(
  program: Program,
  adapter: EngineAdapter,
  options: RunOptions,
): Promise<Prepared> {
  let known = tables.get(adapter);
  if (!known || known.wrap !== options.wrap) {
    known = { wrap: options.wrap, bySetup: new Map() };
    tables.set(adapter, known);
  }
  const { bySetup } = known;
  const key = JSON.stringify(program.setup);
  let table = bySetup.get(key);
  if (!table) {
    table = await prepare(program, adapter, options);
    if (bySetup.size >= MOST_TABLES) bySetup.clear();
    bySetup.set(key, table);
  }
  return { ...table, program, options };
}

/** Runs one case and judges it. */
export async function runCase(
  found: Case,
  adapter: EngineAdapter,
  options: Pick<SearchOptions, "without"> & RunOptions = {},
): Promise<{ run: Run; verdicts: Verdict[] }> {
  const prepared = await preparedFor(found.program, adapter, options);
  const run = await runPrepared(prepared, found.vector);
  if (outlivesCleanup(run)) return { run, verdicts: [] };
  const evidence = await evidenceOf(run, found.level);
  return { run, verdicts: judge(evidence, options.without) };
}

/** Hands a refused setup on where somebody wants to know, and throws what else there is. */
function unlessRefused(
  onRefused: SearchOptions["onRefused"],
): (error: unknown) => undefined {
  return (error) => {
    if (!onRefused || !(error instanceof SetupRefused)) throw error;
    onRefused(error);
  };
}

/** Searches until something fails or the runs are used up. */
export async function search(
  adapter: EngineAdapter,
  options: SearchOptions,
): Promise<SearchResult> {
  const { seed, runs, budgetMs } = options;
  const isFailure = options.isFailure ?? ((v) => v.class === "SAFETY");
  let made = 0;
  let firstFailure: number | undefined;
  let last: Omit<NonNullable<SearchResult["failure"]>, "path"> | undefined;
  const property = fc.asyncProperty(
    cases(adapter, options.level),
    async (found) => {
      // A path leads to one case; what fast-check would shrink it to is another.
      if (options.path !== undefined && made > 0) return;
      made++;
      const judged = await runCase(found, adapter, options)
        .catch(unlessRefused(options.onRefused));
      if (!judged) return;
      const { run, verdicts } = judged;
      options.onRun?.(run);
      if (!verdicts.some(isFailure)) return;
      firstFailure ??= made;
      last = { found, verdicts, run };
      throw new Error("a run failed");
    },
  );
  const details = await fc.check(property, {
    seed,
    numRuns: options.path === undefined ? runs : 1,
    endOnFailure: options.shrink === false || options.path !== undefined,
    ...(options.path !== undefined && { path: options.path }),
    ...(budgetMs !== undefined &&
      { interruptAfterTimeLimit: Math.max(1, budgetMs) }),
  });
  const path = details.counterexamplePath ?? "";
  if (!last && details.failed && !details.interrupted) {
    throw new Error(
      `seed ${seed}, path ${path}: a run could not be made or judged`,
      { cause: details.errorInstance },
    );
  }
  if (!last) return { runs: made };
  return { runs: firstFailure!, failure: { ...last, path } };
}
