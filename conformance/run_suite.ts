/**
 * The suite as a function: an engine goes in, a report comes out.
 *
 * @module
 */

import { evidenceOf, type Level } from "./checkers/evidence.ts";
import { judge } from "./checkers/judge.ts";
import type { Verdict, VerdictClass } from "./checkers/verdict.ts";
import type { EngineAdapter } from "./engine_adapter.ts";
import { litmusScopes } from "./litmus/scopes.ts";
import {
  heldHandles,
  inParallel,
  isHeld,
  isLive,
  races,
} from "./live_races.ts";
import { type ProcessCounts, raceProcesses } from "./process_races.ts";
import { search, type SearchResult } from "./random_search.ts";
import { drawnOrder, runScope, type ScopeReport } from "./scope_runs.ts";
import { LEVELS, type Scope, scopesFor } from "./scopes.ts";
import { formatVector } from "./simulation/decisions.ts";
import { type Run, SetupRefused } from "./simulation/run_program.ts";
import {
  formatEvents,
  storyOf,
  type SuiteFailure,
  type SuiteName,
  type SuiteReport,
} from "./suite_report.ts";
import { type SuiteOptions, suitesFor, whyNot } from "./suite_options.ts";

export { type SuiteOptions, whyNot } from "./suite_options.ts";
export {
  formatFailure,
  formatReport,
  type SuiteFailure,
  type SuiteName,
  type SuiteReport,
  SUITES,
} from "./suite_report.ts";
export type { ScopeReport } from "./scope_runs.ts";

/** A scope gets a run for so much of the budget, so that none eats it all. */
const MS_PER_SCOPE_RUN = 150;
const MS_PER_LITMUS_RUN = 1_000;

/** The part of what is left of the time that one scope of a litmus test may take, and what it may take at any rate. */
const LITMUS_SHARE = 0.01;
const MIN_SCOPE_MS = 50;

/** How the budget is shared out, in simulation alone and where there is a store. */
const SHARES: Readonly<Record<SuiteName, readonly [number, number]>> = {
  exhaustive: [3, 2],
  litmus: [3, 2],
  held: [0, 9],
  races: [0, 2],
  processes: [0, 3],
  random: [4, 2],
};

/** Places on the store that are used at once. */
const PLACES = 4;

/** Failures after which a suite stops looking. */
const MOST_FAILURES = 10;

/**
 * Puts an engine through the suite.
 *
 * @throws TypeError where the options ask for what is not there, like a scope
 * of another name: nothing would be run, and that would look clean.
 */
export async function runSuite(
  adapter: EngineAdapter,
  options: SuiteOptions = {},
): Promise<SuiteReport> {
  const wrong = whyNot(adapter, options);
  if (wrong !== undefined) throw new TypeError(wrong);
  return await new Suite(adapter, options).run();
}

class Suite {
  readonly #adapter: EngineAdapter;
  readonly #options: SuiteOptions;
  readonly #seed: number;
  readonly #started = performance.now();
  readonly #failures: SuiteFailure[] = [];
  readonly #scopes: ScopeReport[] = [];
  readonly #litmusScopes: ScopeReport[] = [];
  readonly #random: Record<string, number> = {};
  readonly #held: string[] = [];
  readonly #rounds: ProcessCounts[] = [];
  readonly #refused = new Set<string>();
  #runs = 0;
  #races = 0;
  #orders = 0;

  constructor(adapter: EngineAdapter, options: SuiteOptions) {
    this.#adapter = adapter;
    this.#options = options;
    this.#seed = options.seed ?? 1;
  }

  async run(): Promise<SuiteReport> {
    const budget = this.#options.budgetMs ?? 60_000;
    const run: Record<SuiteName, (untilMs: number) => Promise<void>> = {
      exhaustive: (until) => this.#exhaustive(until),
      litmus: (until) => this.#litmus(until),
      held: (until) => this.#heldHandles(until),
      races: (until) => this.#live(until),
      processes: (until) => this.#processes(until),
      random: (until) => this.#randomly(until),
    };
    const { openStore } = this.#options;
    const asked = suitesFor(this.#adapter, this.#options);
    const shareOf = (suite: SuiteName): number =>
      SHARES[suite][openStore ? 1 : 0]!;
    const whole = asked.reduce((sum, suite) => sum + shareOf(suite), 0);
    let share = 0;
    for (const suite of asked) {
      share += shareOf(suite);
      await run[suite](budget * share / whole);
    }
    return {
      engine: this.#adapter.name,
      store: this.#options.storeKind ?? "memory",
      seed: this.#seed,
      runs: this.#runs,
      scopes: this.#scopes,
      litmus: this.#litmusScopes,
      heldHandles: { tests: new Set(this.#held).size, runs: this.#orders },
      processes: this.#rounds,
      randomRuns: this.#random,
      races: this.#races,
      refused: [...this.#refused],
      failures: this.#failures,
      safetyViolations: this.#count("SAFETY"),
      disagreements: this.#count("JUDGE"),
      durationMs: Math.round(performance.now() - this.#started),
    };
  }

  #count(kind: VerdictClass): number {
    return this.#failures.flatMap(({ verdicts }) => verdicts)
      .filter((verdict) => verdict.class === kind).length;
  }

  #isOver(untilMs: number): boolean {
    return performance.now() - this.#started > untilMs ||
      this.#failures.length >= MOST_FAILURES;
  }

  #progress(text: string): void {
    this.#options.onProgress?.(
      `${text} · ${this.#runs} runs · ${this.#failures.length} failures`,
    );
  }

  // ---- exhaustive ---------------------------------------------------------------

  async #exhaustive(untilMs: number): Promise<void> {
    const scopes = drawnOrder(scopesFor(this.#adapter), this.#seed);
    await this.#explore("exhaustive", scopes, untilMs);
  }

  async #litmus(untilMs: number): Promise<void> {
    const all = litmusScopes(this.#adapter);
    const hasOneFault = ({ program }: Scope): boolean =>
      program.name.endsWith(", one fault");
    // Every test once, then with a fault, then at the weaker levels.
    const [strongest, ...weaker] = LEVELS;
    const first = all.filter((s) => s.level === strongest);
    await this.#explore("litmus", [
      ...first.filter((s) => !hasOneFault(s)),
      ...first.filter(hasOneFault),
      ...weaker.flatMap((at) => all.filter((s) => s.level === at)),
    ], untilMs);
  }

  async #explore(
    suite: "exhaustive" | "litmus",
    all: readonly Scope[],
    untilMs: number,
  ): Promise<void> {
    const { scope: only, vector, exhaust, budgetMs = 60_000 } = this.#options;
    const [part, parts] = this.#options.part ?? [1, 1];
    const scopes = all
      .filter((s) => only === undefined || s.program.name === only)
      .filter((_, i) => i % parts === part - 1);
    // Where everything is asked for, no time is too long.
    const end = exhaust === undefined ? untilMs : Infinity;
    const share = suite === "exhaustive"
      ? Math.max(100, budgetMs / MS_PER_SCOPE_RUN)
      : Math.max(20, budgetMs / MS_PER_LITMUS_RUN);
    for (const scope of scopes) {
      if (this.#isOver(end)) break;
      const now = performance.now() - this.#started;
      // No litmus test eats up what others need to be seen at all.
      const scopeEnd = suite === "litmus"
        ? Math.min(
          end,
          now + Math.max(LITMUS_SHARE * (end - now), MIN_SCOPE_MS),
        )
        : end;
      this.#progress(`${suite}: ${scope.program.name}`);
      const report = await this.#unlessRefused(
        scope,
        () =>
          runScope(scope, this.#adapter, {
            maxRuns: exhaust ?? this.#options.maxRunsPerScope ?? share,
            isOver: () => this.#isOver(scopeEnd),
            seed: this.#seed,
            ...(vector && { vector }),
            onRun: (run, verdicts) => {
              this.#runs++;
              if (verdicts.length === 0) return;
              this.#report(
                suite,
                scope.program.name,
                run,
                verdicts,
                vectorOf(run),
              );
            },
          }),
      );
      if (!report) continue;
      (suite === "litmus" ? this.#litmusScopes : this.#scopes).push(report);
    }
  }

  /** Runs a scope, or notes that the engine does not make its table. */
  async #unlessRefused<T>(
    { program }: Scope,
    run: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof SetupRefused)) throw error;
      this.#refused.add(`${program.name}: ${error.message}`);
      return undefined;
    }
  }

  #report(
    suite: SuiteName,
    program: string,
    run: Run,
    verdicts: readonly Verdict[],
    more = "",
  ): void {
    const replay = `--suite ${suite} --scope ${JSON.stringify(program)}${more}`;
    this.#failures.push({ suite, program, verdicts, ...storyOf(run), replay });
  }

  // ---- random -------------------------------------------------------------------

  async #randomly(untilMs: number): Promise<void> {
    const levels: readonly Level[] = this.#options.level
      ? [this.#options.level]
      : ["Serializable", "WriteSerializable", "SnapshotIsolation"];
    const start = performance.now() - this.#started;
    for (const [i, level] of levels.entries()) {
      const share = start + (untilMs - start) * (i + 1) / levels.length;
      await this.#randomAt(level, share);
    }
  }

  async #randomAt(level: Level, untilMs: number): Promise<void> {
    const { path, randomRuns = 1_000_000 } = this.#options;
    let runs = 0;
    const result = await search(this.#adapter, {
      seed: this.#seed,
      level,
      runs: randomRuns,
      ...(path !== undefined && { path }),
      budgetMs: untilMs - (performance.now() - this.#started),
      isFailure: () => true,
      onRefused: ({ message }) => this.#refused.add(`random: ${message}`),
      onRun: () => {
        runs++;
        this.#runs++;
        if (runs % 25 === 0) this.#progress(`random, ${level}`);
      },
    });
    this.#random[level] = runs;
    if (result.failure) this.#reportRandom(level, result.failure);
  }

  #reportRandom(
    level: Level,
    failure: NonNullable<SearchResult["failure"]>,
  ): void {
    this.#failures.push(randomFailure(level, this.#seed, failure));
  }

  // ---- races on a real store ------------------------------------------------------

  async #live(untilMs: number): Promise<void> {
    const { openStore, scope: only } = this.#options;
    const scopes = drawnOrder(scopesFor(this.#adapter), this.#seed)
      .filter(({ program }) => isLive(program))
      .filter(({ program }) => only === undefined || program.name === only);
    for (const scope of scopes) {
      if (this.#races > 0 && this.#isOver(untilMs)) break;
      const run = await this.#unlessRefused(
        scope,
        () => races(scope.program, this.#adapter, openStore!),
      );
      if (!run) continue;
      this.#races++;
      this.#runs++;
      this.#progress(`races: ${scope.program.name}`);
      const verdicts = judge(await evidenceOf(run, scope.level));
      if (verdicts.length === 0) continue;
      this.#report("races", scope.program.name, run, verdicts);
    }
  }

  /** Litmus tests on the store, both handles open, one after the other, in both orders. */
  async #heldHandles(untilMs: number): Promise<void> {
    const { openStore, scope: only } = this.#options;
    const all = litmusScopes(this.#adapter)
      .filter(({ program }) => isHeld(program))
      .filter(({ program }) => only === undefined || program.name === only);
    // Every test once before any is run at another level.
    const scopes = LEVELS.flatMap((at) => all.filter((s) => s.level === at));
    await inParallel(scopes, PLACES, async (scope) => {
      if (this.#held.length > 0 && this.#isOver(untilMs)) return;
      const ends = await this.#unlessRefused(
        scope,
        () => heldHandles(scope, this.#adapter, openStore!),
      );
      if (!ends) return;
      this.#progress(`held handles: ${scope.program.name}`);
      this.#held.push(scope.id);
      for (const { run, verdicts } of ends) {
        this.#runs++;
        this.#orders++;
        if (verdicts.length > 0) {
          this.#report("held", scope.program.name, run, verdicts);
        }
      }
    });
  }

  /** Processes of their own on one table, some of them killed. */
  async #processes(untilMs: number): Promise<void> {
    const { openStore } = this.#options;
    for (let round = 0; round === 0 || !this.#isOver(untilMs); round++) {
      const seed = this.#seed + round;
      const made = await raceProcesses(openStore!, { seed });
      if (!made) return;
      this.#progress(`processes: round ${round + 1}`);
      this.#runs++;
      this.#rounds.push(made.counts);
      if (made.verdicts.length === 0) continue;
      this.#failures.push({
        suite: "processes",
        program: `${made.counts.processes} processes, round ${round + 1}`,
        verdicts: made.verdicts,
        schedule: [],
        history: formatEvents(made.history),
        replay: `--suite processes --seed ${seed}`,
      });
    }
  }
}

/** What a random search found, told with the arguments that replay it. */
export function randomFailure(
  level: Level,
  seed: number,
  failure: NonNullable<SearchResult["failure"]>,
): SuiteFailure {
  const { setup, scripts } = failure.found.program;
  return {
    suite: "random",
    program: JSON.stringify({ setup, scripts }),
    verdicts: failure.verdicts,
    ...storyOf(failure.run),
    replay:
      `--suite random --level ${level} --seed ${seed} --path ${failure.path}`,
  };
}

const vectorOf = (run: Run): string => ` --vector ${formatVector(run.vector)}`;
