/**
 * Every run there is, depth first: after each run the last decision that had a
 * choice left takes it.
 *
 * @module
 */

import { type Decision, nextVector } from "./decisions.ts";

/** How far an exploration goes. */
export interface ExploreOptions {
  /** Runs after which it stops. */
  readonly maxRuns?: number;
  /** Asked between runs; true stops it. */
  readonly isOver?: () => boolean;
}

/** What an exploration came to. */
export interface Exploration {
  /** Runs made. */
  readonly runs: number;
  /** Whether every run was made. */
  readonly exhausted: boolean;
  /** Distinct fingerprints of final states. */
  readonly states: number;
  /** About how many runs there are: exact where exhausted, else Knuth's estimate from the runs made. */
  readonly about: number;
}

/** What one run tells the exploration. */
export interface ExploredRun {
  /** The decisions it made. */
  readonly made: readonly Decision[];
  /** A text that tells its final state from others. */
  readonly fingerprint: string;
  /** Whether to stop here. */
  readonly stop?: boolean;
}

/** Runs every decision vector of a scenario, or as many as it may. */
export async function explore(
  run: (vector: readonly number[]) => Promise<ExploredRun>,
  options: ExploreOptions = {},
): Promise<Exploration> {
  const { maxRuns = Infinity, isOver = () => false } = options;
  const states = new Set<string>();
  let runs = 0;
  let estimates = 0;
  let vector: readonly number[] | undefined = [];
  while (vector && runs < maxRuns && !isOver()) {
    const explored: ExploredRun = await run(vector);
    runs++;
    states.add(explored.fingerprint);
    estimates += explored.made.reduce((n, { choices }) => n * choices, 1);
    vector = nextVector(explored.made);
    if (explored.stop) break;
  }
  const exhausted = vector === undefined;
  return {
    runs,
    exhausted,
    states: states.size,
    about: exhausted ? runs : Math.max(runs, Math.round(estimates / runs)),
  };
}

/** Says how complete an exploration was. */
export function describeExploration(exploration: Exploration): string {
  const { runs, exhausted, about } = exploration;
  return exhausted ? `exhausted ${runs}` : `sampled ${runs} of about ${about}`;
}
