/**
 * The suite as a function: an engine goes in, a report comes out.
 *
 * @module
 */

import { evidenceOf, type Level } from "./checkers/evidence.ts";
import { judge } from "./checkers/judge.ts";
import {
  formatVerdict,
  type Verdict,
  type VerdictClass,
} from "./checkers/verdict.ts";
import type { EngineAdapter } from "./engine_adapter.ts";
import { type OpenStore, races } from "./live_races.ts";
import { search, type SearchResult } from "./random_search.ts";
import { type Scope, scopesFor } from "./scopes.ts";
import { formatVector } from "./simulation/decisions.ts";
import {
  describeExploration,
  type Exploration,
  explore,
} from "./simulation/explore.ts";
import {
  fingerprint,
  prepare,
  type Run,
  runPrepared,
} from "./simulation/run_program.ts";

/** The suites, by name. */
export const SUITES = ["exhaustive", "random", "races"] as const;

/** The name of a suite. */
export type SuiteName = typeof SUITES[number];

/** How the suite is run. */
export interface SuiteOptions {
  /** Which suites; all that apply by default. */
  readonly suites?: readonly SuiteName[];
  /** Seed of everything random. */
  readonly seed?: number;
  /** How long, in milliseconds; a minute by default. */
  readonly budgetMs?: number;
  /** Runs of one scope at most, past which it counts as sampled; grows with the budget by default. */
  readonly maxRunsPerScope?: number;
  /** Random programs at most. */
  readonly randomRuns?: number;
  /** Only scopes with this name. */
  readonly scope?: string;
  /** One run of that scope. */
  readonly vector?: readonly number[];
  /** One case of the seed's random search. */
  readonly path?: string;
  /** The level of that case. */
  readonly level?: Level;
  /** Where live races are run: a fresh store for each; no races by default. */
  readonly openStore?: OpenStore;
  /** Told now and then how far it is. */
  readonly onProgress?: (text: string) => void;
}

/** What failed. */
export interface SuiteFailure {
  /** The suite. */
  readonly suite: SuiteName;
  /** The scope or program. */
  readonly program: string;
  /** What the checks say. */
  readonly verdicts: readonly Verdict[];
  /** Who moved when. */
  readonly schedule: readonly string[];
  /** What was asked and answered. */
  readonly history: readonly string[];
  /** The arguments that replay it. */
  readonly replay: string;
  /** What was judged, where it is at hand: for saving. */
  readonly run?: () => Run;
  /** Where the run was saved, to be judged again. */
  readonly saved?: string;
}

/** What became of one scope. */
export interface ScopeReport {
  /** Its name. */
  readonly name: string;
  /** Runs, and whether they were all. */
  readonly exploration: Exploration;
  /** Verdicts of any class. */
  readonly verdicts: number;
}

/** What the suite found. */
export interface SuiteReport {
  /** The engine. */
  readonly engine: string;
  /** The seed. */
  readonly seed: number;
  /** Runs made, all together. */
  readonly runs: number;
  /** Each scope enumerated. */
  readonly scopes: readonly ScopeReport[];
  /** Random programs made, by level. */
  readonly randomRuns: Readonly<Record<string, number>>;
  /** Live races made. */
  readonly races: number;
  /** Everything found. */
  readonly failures: readonly SuiteFailure[];
  /** Violations of SAFETY among them. */
  readonly safetyViolations: number;
  /** How often replay and cycle search did not agree: the judge is wrong then, or was told a wrong version. */
  readonly disagreements: number;
  /** How long it took. */
  readonly durationMs: number;
}

/** A scope gets a run for so much of the budget, so that none eats it all. */
const MS_PER_SCOPE_RUN = 150;

/** Failures after which a suite stops looking. */
const MOST_FAILURES = 10;

/** Puts an engine through the suite. */
export async function runSuite(
  adapter: EngineAdapter,
  options: SuiteOptions = {},
): Promise<SuiteReport> {
  return await new Suite(adapter, options).run();
}

class Suite {
  readonly #adapter: EngineAdapter;
  readonly #options: SuiteOptions;
  readonly #seed: number;
  readonly #started = performance.now();
  readonly #failures: SuiteFailure[] = [];
  readonly #scopes: ScopeReport[] = [];
  readonly #random: Record<string, number> = {};
  #runs = 0;
  #races = 0;

  constructor(adapter: EngineAdapter, options: SuiteOptions) {
    this.#adapter = adapter;
    this.#options = options;
    this.#seed = options.seed ?? 1;
  }

  async run(): Promise<SuiteReport> {
    const budget = this.#options.budgetMs ?? 60_000;
    const suites = this.#options.suites ?? SUITES;
    if (suites.includes("exhaustive") && this.#adapter.inProcess) {
      await this.#exhaustive(suites.length === 1 ? budget : budget * 0.6);
    }
    if (suites.includes("races") && this.#options.openStore) {
      await this.#live(suites.length === 1 ? budget : budget * 0.8);
    }
    if (suites.includes("random") && this.#adapter.inProcess) {
      await this.#randomly(budget);
    }
    return {
      engine: this.#adapter.name,
      seed: this.#seed,
      runs: this.#runs,
      scopes: this.#scopes,
      randomRuns: this.#random,
      races: this.#races,
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
    const { scope: only } = this.#options;
    const scopes = scopesFor(this.#adapter)
      .filter((scope) => only === undefined || scope.program.name === only);
    for (const scope of scopes) {
      if (this.#isOver(untilMs)) break;
      this.#progress(`exhaustive: ${scope.program.name}`);
      await this.#scope(scope, untilMs);
    }
  }

  async #scope(scope: Scope, untilMs: number): Promise<void> {
    const { vector: only, budgetMs = 60_000 } = this.#options;
    const maxRuns = this.#options.maxRunsPerScope ??
      Math.max(100, budgetMs / MS_PER_SCOPE_RUN);
    const prepared = await prepare(scope.program, this.#adapter, {
      limits: { isStrict: only !== undefined },
    });
    let found = 0;
    const exploration = await explore(async (tried) => {
      const run = await runPrepared(prepared, only ?? tried);
      this.#runs++;
      const verdicts = judge(await evidenceOf(run, scope.level));
      found += verdicts.length;
      if (verdicts.length > 0) this.#reportScope(scope, run, verdicts);
      return {
        made: run.made,
        fingerprint: fingerprint(run),
        stop: verdicts.length > 0 || only !== undefined,
      };
    }, { maxRuns, isOver: () => this.#isOver(untilMs) });
    const { name } = scope.program;
    this.#scopes.push({ name, exploration, verdicts: found });
  }

  #reportScope(
    scope: Scope,
    run: Run,
    verdicts: readonly Verdict[],
  ): void {
    const { name } = scope.program;
    this.#failures.push({
      suite: "exhaustive",
      program: name,
      verdicts,
      ...storyOf(run),
      replay: `--suite exhaustive --scope ${JSON.stringify(name)} --vector ${
        formatVector(run.vector)
      }`,
    });
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
      limits: { isStrict: false },
      ...(path !== undefined && { path }),
      budgetMs: untilMs - (performance.now() - this.#started),
      isFailure: () => true,
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
    const scopes = scopesFor(this.#adapter)
      .filter(({ program }) => !program.faults)
      .filter(({ program }) => only === undefined || program.name === only);
    for (const scope of scopes) {
      if (this.#isOver(untilMs)) break;
      const run = await races(scope.program, this.#adapter, openStore!);
      if (!run) continue;
      this.#races++;
      this.#runs++;
      this.#progress(`races: ${scope.program.name}`);
      const verdicts = judge(await evidenceOf(run, scope.level));
      if (verdicts.length === 0) continue;
      this.#failures.push({
        suite: "races",
        program: scope.program.name,
        verdicts,
        ...storyOf(run),
        replay: `--suite races --scope ${JSON.stringify(scope.program.name)}`,
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

function storyOf(
  run: Run,
): Pick<SuiteFailure, "schedule" | "history" | "run"> {
  return {
    run: () => run,
    schedule: run.steps.map(({ client, about }) => `${client} ${about}`),
    history: run.history.map((event) =>
      event.type === "invoke"
        ? `${event.time} ${event.opId} ${event.call.op} ${
          JSON.stringify(event.call.request)
        }`
        : `${event.time} ${event.opId} ${event.type} ${
          event.reply?.ok
            ? `version ${event.reply.version}`
            : event.reply?.error.message ?? ""
        }`
    ),
  };
}

/** A report for people. */
export function formatReport(report: SuiteReport): string {
  const { scopes, randomRuns, failures } = report;
  const exhausted = scopes.filter((scope) => scope.exploration.exhausted);
  const sampled = scopes.filter((scope) => !scope.exploration.exhausted);
  const total = (list: readonly ScopeReport[]): number =>
    list.reduce((n, { exploration }) => n + exploration.runs, 0);
  return [
    ...(scopes.length > 0
      ? [
        `exhaustive   ${exhausted.length} scopes exhausted (${
          total(exhausted)
        } runs), ${sampled.length} sampled (${total(sampled)} runs)`,
        ...sampled.map(({ name, exploration }) =>
          `             ${name}: ${describeExploration(exploration)}`
        ),
      ]
      : []),
    ...Object.entries(randomRuns).map(([level, runs]) =>
      `random       ${runs} programs at ${level}`
    ),
    ...(report.races > 0 ? [`races        ${report.races} on the store`] : []),
    ...failures.flatMap(formatFailure),
    failures.length === 0
      ? `clean: ${report.runs} runs in ${
        (report.durationMs / 1000).toFixed(1)
      } s`
      : `${failures.length} failures, ${report.safetyViolations} of SAFETY${
        report.disagreements > 0
          ? `, ${report.disagreements} where the judge's two opinions differ`
          : ""
      }`,
  ].join("\n");
}

/** A failure for people, the line that replays it last. */
export function formatFailure(failure: SuiteFailure): string[] {
  return [
    "",
    `FAILED ${failure.suite}: ${failure.program}`,
    ...failure.verdicts.map(formatVerdict),
    "history:",
    ...failure.history.map((line) => `  ${line}`),
    "schedule:",
    ...failure.schedule.map((line) => `  ${line}`),
    `replay: deno task conformance ${failure.replay}`,
    ...(failure.saved === undefined
      ? []
      : [`judge again: deno task conformance --check ${failure.saved}`]),
    "",
  ];
}
