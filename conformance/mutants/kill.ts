/**
 * Killing mutants: each one's scenario is run until a check sees the defect, by
 * enumeration and by random vectors; the engine as it is must pass the same
 * runs.
 *
 * @module
 */

import { thisEngine } from "../adapters/this_engine.ts";
import { randomVector } from "../arbitraries/vectors.ts";
import { type Evidence, evidenceOf } from "../checkers/evidence.ts";
import { judge } from "../checkers/judge.ts";
import type { CheckId, CheckName, Verdict } from "../checkers/verdict.ts";
import { runWithPowerCut } from "../simulation/power_cut.ts";
import { type Exploration, explore } from "../simulation/explore.ts";
import {
  fingerprint,
  prepare,
  type Run,
  type RunOptions,
  runPrepared,
} from "../simulation/run_program.ts";
import { seededRandom } from "../simulation/simulated_host.ts";
import { type Mutant, mutated, type Scenario, wrapped } from "./mutant.ts";

/** How a mutant fared. */
export interface Kill {
  /** The mutant. */
  readonly mutant: Mutant;
  /** Whether one of the named checks saw it. */
  readonly killed: boolean;
  /** Every check that saw it in the killing run. */
  readonly checks: readonly CheckName[];
  /** What the first of them said. */
  readonly verdict: Verdict | undefined;
  /** Runs of the enumeration until it was killed. */
  readonly enumerated: number;
  /** Median of random runs until it was killed; infinity where random search did not. */
  readonly median: number;
  /** The vector that kills it. */
  readonly vector: readonly number[];
}

/** Bounds of the hunt. */
export interface KillOptions {
  /** Runs of the enumeration at most. */
  readonly maxRuns?: number;
  /** Random searches, each from its own seed; none by default. */
  readonly seeds?: number;
  /** Random runs of each at most. */
  readonly maxRandomRuns?: number;
  /** Checks switched off. */
  readonly without?: ReadonlySet<CheckId>;
  /** Whether any check may see it, or only those that the catalogue names. */
  readonly byAny?: boolean;
}

type RunOne = (
  vector: readonly number[],
) => Promise<{ run: Run; evidence: Evidence }>;

/** How one run of a scenario is made, with a mutant or without. */
async function runnerOf(
  scenario: Scenario,
  mutant: Mutant | undefined,
): Promise<RunOne> {
  const adapter = mutant ? mutated(mutant) : thisEngine();
  const wrap = wrapped(scenario, mutant);
  const level = scenario.level ?? "Serializable";
  if (scenario.powerCut) {
    const syncs = mutant?.syncs ?? true;
    return async () => {
      const run = await runWithPowerCut(scenario.program, adapter, { syncs });
      return { run: run.run, evidence: await run.evidence(level) };
    };
  }
  const options: RunOptions = {
    limits: { isStrict: false, maxSteps: 2_000 },
    ...(wrap && { wrap }),
  };
  const prepared = await prepare(scenario.program, adapter, options);
  return async (vector) => {
    const run = await runPrepared(prepared, vector);
    return { run, evidence: await evidenceOf(run, level) };
  };
}

/** Hunts one mutant. */
export async function kill(
  mutant: Mutant,
  options: KillOptions = {},
): Promise<Kill> {
  const { maxRuns = 2_000, seeds = 0, maxRandomRuns = 200 } = options;
  const runOne = await runnerOf(mutant.scenario, mutant);
  const hunted = new Set<CheckName>(mutant.killedBy);
  let verdicts: Verdict[] = [];
  let vector: readonly number[] = [];
  const isSeen = (found: readonly Verdict[]): boolean =>
    found.some(({ check }) => options.byAny || hunted.has(check));
  const exploration = await explore(async (tried) => {
    const { run, evidence } = await runOne(tried);
    const found = judge(evidence, options.without);
    if (isSeen(found)) [verdicts, vector] = [found, run.vector];
    return { made: run.made, fingerprint: "", stop: isSeen(found) };
  }, { maxRuns });
  const counts: number[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    counts.push(
      await randomRuns(
        runOne,
        seed,
        maxRandomRuns,
        (evidence) => isSeen(judge(evidence, options.without)),
      ),
    );
  }
  counts.sort((a, b) => a - b);
  return {
    mutant,
    killed: isSeen(verdicts),
    checks: [...new Set(verdicts.map(({ check }) => check))],
    verdict: verdicts.find(({ check }) => hunted.has(check)),
    enumerated: exploration.runs,
    median: counts[counts.length >> 1] ?? Infinity,
    vector,
  };
}

/** Random vectors until something is seen. */
async function randomRuns(
  runOne: RunOne,
  seed: number,
  most: number,
  isSeen: (evidence: Evidence) => boolean,
): Promise<number> {
  const random = seededRandom(seed);
  for (let run = 1; run <= most; run++) {
    const { evidence } = await runOne(randomVector(random));
    if (isSeen(evidence)) return run;
  }
  return Infinity;
}

/** Runs a scenario with the engine as it is, and what every check says of it. */
export async function runClean(
  scenario: Scenario,
  maxRuns: number,
): Promise<{ exploration: Exploration; verdicts: readonly Verdict[] }> {
  const runOne = await runnerOf(scenario, undefined);
  let verdicts: readonly Verdict[] = [];
  const exploration = await explore(async (vector) => {
    const { run, evidence } = await runOne(vector);
    verdicts = judge(evidence);
    return {
      made: run.made,
      fingerprint: fingerprint(run),
      stop: verdicts.length > 0,
    };
  }, { maxRuns });
  return { exploration, verdicts };
}
