/**
 * Scopes run and judged: what the suites, the tests and the documents share.
 *
 * @module
 */

import { evidenceOf } from "./checkers/evidence.ts";
import { judge } from "./checkers/judge.ts";
import type { Verdict } from "./checkers/verdict.ts";
import type { EngineAdapter } from "./engine_adapter.ts";
import type { Scope } from "./scopes.ts";
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
import { seededRandom } from "./simulation/simulated_host.ts";

/** How a scope is run. */
export interface ScopeRunOptions {
  /** Runs at most, past which it counts as sampled. */
  readonly maxRuns: number;
  /** Only this run. */
  readonly vector?: readonly number[];
  /** Asked between runs; true stops it. */
  readonly isOver?: () => boolean;
  /** Seed of the runs that are drawn where there are too many. */
  readonly seed?: number;
  /** Told of every run; what it found, if anything. */
  readonly onRun?: (run: Run, verdicts: readonly Verdict[]) => void;
}

/** What became of one scope. */
export interface ScopeReport {
  /** Its name. */
  readonly name: string;
  /** What it is one of. */
  readonly kind: string;
  /** The level it was judged by. */
  readonly level: string;
  /** The litmus test that it belongs to. */
  readonly id?: string;
  /** Runs, and whether they were all. */
  readonly exploration: Exploration;
  /** Verdicts of any class. */
  readonly verdicts: number;
}

/** Makes every run of a scope, or as many as it may, until one is found wanting. */
export async function runScope(
  scope: Scope,
  adapter: EngineAdapter,
  options: ScopeRunOptions,
): Promise<ScopeReport> {
  const { vector: only, maxRuns, isOver, seed } = options;
  const prepared = await prepare(scope.program, adapter);
  let found = 0;
  const exploration = await explore(async (tried) => {
    const run = await runPrepared(prepared, only ?? tried);
    const verdicts = judge(await evidenceOf(run, scope.level));
    found += verdicts.length;
    options.onRun?.(run, verdicts);
    return {
      made: run.made,
      fingerprint: fingerprint(run),
      stop: verdicts.length > 0 || only !== undefined,
    };
  }, {
    maxRuns,
    ...(isOver && { isOver }),
    ...(seed !== undefined && { seed }),
  });
  return {
    name: scope.program.name,
    kind: scope.kind,
    level: scope.level,
    ...(scope.id !== undefined && { id: scope.id }),
    exploration,
    verdicts: found,
  };
}

/** The scopes in an order drawn from a seed: a short budget meets some of every kind. */
export function drawnOrder<T>(scopes: readonly T[], seed: number): T[] {
  const random = seededRandom(seed);
  return scopes.map((scope) => ({ scope, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ scope }) => scope);
}

/** Several scopes of one litmus test in a line: `exhausted 96 in 6 scopes; sampled 400 of about 1,300`. */
export function describeScopes(reports: readonly ScopeReport[]): string {
  const exhausted = reports.filter((r) => r.exploration.exhausted);
  const sampled = reports.filter((r) => !r.exploration.exhausted);
  const parts = [exhausted, sampled].filter((list) => list.length > 0)
    .map((list) => {
      const sum = (of: (e: Exploration) => number): number =>
        list.reduce((n, { exploration }) => n + of(exploration), 0);
      const whole = describeExploration({
        runs: sum((e) => e.runs),
        about: sum((e) => e.about),
        exhausted: list === exhausted,
        states: 0,
      });
      return list.length === 1 ? whole : `${whole} in ${list.length} scopes`;
    });
  return parts.join("; ");
}
