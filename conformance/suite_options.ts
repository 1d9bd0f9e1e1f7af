/**
 * How the suite is run, and what cannot be asked of it.
 *
 * @module
 */

import { isThisEngine } from "./adapters/this_engine.ts";
import type { Level } from "./checkers/evidence.ts";
import type { EngineAdapter } from "./engine_adapter.ts";
import { litmusScopes } from "./litmus/scopes.ts";
import { isHeld, isLive, type OpenStore } from "./live_races.ts";
import { LEVELS, type Scope, scopesFor } from "./scopes.ts";
import { type SuiteName, SUITES } from "./suite_report.ts";

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
  /** Only a part of the scopes, the first of two `[1, 2]`: for several processes at once. */
  readonly part?: readonly [number, number];
  /** Every scope, with so many runs of one at most, whatever the budget. */
  readonly exhaust?: number;
  /** Random programs at most. */
  readonly randomRuns?: number;
  /** Only scopes with this name, in the suites that have scopes. */
  readonly scope?: string;
  /** One run of that scope. */
  readonly vector?: readonly number[];
  /** One case of the seed's random search, as its replay line names it. */
  readonly path?: string;
  /** The level of that case. */
  readonly level?: Level;
  /** Where live races are run: a fresh store for each; no races by default. */
  readonly openStore?: OpenStore;
  /** What kind of store that is, for the report: `folder`, `S3`. */
  readonly storeKind?: string;
  /** Told now and then how far it is. */
  readonly onProgress?: (text: string) => void;
}

/** Suites that need a real store. */
const ON_A_STORE: ReadonlySet<SuiteName> = new Set([
  "held",
  "races",
  "processes",
]);

/** The scopes of each suite that has scopes. */
const SCOPES: Readonly<
  Partial<Record<SuiteName, (adapter: EngineAdapter) => readonly Scope[]>>
> = {
  exhaustive: scopesFor,
  litmus: litmusScopes,
  held: (adapter) =>
    litmusScopes(adapter).filter(({ program }) => isHeld(program)),
  races: (adapter) =>
    scopesFor(adapter).filter(({ program }) => isLive(program)),
};

/** The suites that are run: those asked for that the engine and the options allow, and that have the scope asked for. Processes start this engine and no other. */
export function suitesFor(
  adapter: EngineAdapter,
  options: SuiteOptions,
): SuiteName[] {
  const { suites = SUITES, openStore, scope, vector, path } = options;
  return SUITES.filter((suite) =>
    suites.includes(suite) &&
    (ON_A_STORE.has(suite) ? openStore : adapter.inProcess) &&
    (suite !== "processes" || isThisEngine(adapter)) &&
    (vector === undefined || !ON_A_STORE.has(suite)) &&
    (path === undefined || suite === "random") &&
    (scope === undefined || hasScope(adapter, suite, scope))
  );
}

function hasScope(
  adapter: EngineAdapter,
  suite: SuiteName,
  scope: string,
): boolean {
  return SCOPES[suite]?.(adapter)
    .some(({ program }) => program.name === scope) ?? false;
}

/**
 * Why a run with these options would not be what was asked for, if so. A run
 * that silently leaves out all that was asked for would look clean.
 */
export function whyNot(
  adapter: EngineAdapter,
  options: SuiteOptions,
): string | undefined {
  const { suites, scope, vector, path, level, seed, budgetMs } = options;
  const { part: [part, parts] = [1, 1] } = options;
  const unknown = suites?.find((name) => !SUITES.includes(name));
  if (unknown !== undefined) {
    return `there is no suite ${unknown}: ${SUITES.join(", ")}`;
  }
  if (level !== undefined && !LEVELS.includes(level)) {
    return `there is no level ${level}: ${LEVELS.join(", ")}`;
  }
  if (seed !== undefined && !Number.isSafeInteger(seed)) {
    return `${seed} is not a seed`;
  }
  if (budgetMs !== undefined && !(budgetMs > 0)) {
    return `${budgetMs} ms is no time to run in`;
  }
  if (!(part >= 1 && part <= parts)) {
    return `${part}/${parts} is not a part like 1/2`;
  }
  if (vector !== undefined && scope === undefined) {
    return "--vector is a run of one scope: --scope says which";
  }
  if (path !== undefined && !/^\d+(:\d+)*$/.test(path)) {
    return `${path} is not a path like 12:0:3`;
  }
  if (path !== undefined && level === undefined) {
    return "--path is a case of one level: --level says which";
  }
  const missing = options.openStore
    ? undefined
    : suites?.find((suite) => ON_A_STORE.has(suite));
  if (missing !== undefined) {
    return `${missing} needs a store: --store says where`;
  }
  if (suitesFor(adapter, options).length > 0) return undefined;
  return scope === undefined
    ? `${adapter.name} can be put through none of ${
      (suites ?? SUITES).join(", ")
    }`
    : `there is no scope ${scope} in ${(suites ?? SUITES).join(", ")}`;
}
