/**
 * Every run there is, depth first: after each run the last decision that had a
 * choice left takes it. Where there are too many, the last of the runs allowed
 * are drawn at random, and say how many there are.
 *
 * @module
 */

import { type Decision, nextVector } from "./decisions.ts";
import { seededRandom } from "./simulated_host.ts";

/** How far an exploration goes. */
export interface ExploreOptions {
  /** Runs after which it stops. */
  readonly maxRuns?: number;
  /** Asked between runs; true stops it. */
  readonly isOver?: () => boolean;
  /** Seed of the runs that are drawn. */
  readonly seed?: number;
}

/** What an exploration came to. */
export interface Exploration {
  /** Runs made. */
  readonly runs: number;
  /** Whether every run was made. */
  readonly exhausted: boolean;
  /** Distinct fingerprints of final states. */
  readonly states: number;
  /** About how many runs there are: exact where exhausted, else Knuth's estimate from the runs that were drawn. */
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

/** The part of the runs allowed that goes depth first; the rest is drawn. */
const DEEP_PART = 0.75;

/** Decisions of a drawn run that are drawn; all after them are canonical. */
const DRAWN_DECISIONS = 2_000;

/** Runs every decision vector of a scenario, or as many as it may. */
export async function explore(
  run: (vector: readonly number[]) => Promise<ExploredRun>,
  options: ExploreOptions = {},
): Promise<Exploration> {
  const { maxRuns = Infinity, isOver = () => false, seed = 1 } = options;
  const states = new Set<string>();
  let runs = 0;
  let isStopped = false;
  const once = async (
    vector: readonly number[],
  ): Promise<readonly Decision[]> => {
    const explored = await run(vector);
    runs++;
    states.add(explored.fingerprint);
    isStopped = explored.stop ?? false;
    return explored.made;
  };
  const goesOn = (most: number): boolean =>
    !isStopped && runs < most && !isOver();

  let vector: readonly number[] | undefined = [];
  const deep = Math.ceil(maxRuns * DEEP_PART);
  const met: number[] = [];
  while (vector && goesOn(deep)) {
    const made = await once(vector);
    met.push(sizeBy(made));
    vector = nextVector(made);
  }
  const drawn: number[] = [];
  const random = seededRandom(seed);
  while (vector && goesOn(maxRuns)) {
    drawn.push(sizeBy(await once(drawnVector(random))));
  }
  const exhausted = vector === undefined;
  // Where time was over before any was drawn, those met first must do.
  const sizes = drawn.length > 0 ? drawn : met;
  const estimate = sizes.reduce((sum, size) => sum + size, 0) /
    Math.max(1, sizes.length);
  return {
    runs,
    exhausted,
    states: states.size,
    about: exhausted ? runs : Math.max(runs, Math.round(estimate)),
  };
}

function drawnVector(random: () => number): number[] {
  return Array.from(
    { length: DRAWN_DECISIONS },
    () => Math.floor(random() * 2 ** 31),
  );
}

/** Knuth's estimate of a tree by one way down it: the product of the choices met. */
function sizeBy(made: readonly Decision[]): number {
  return made.reduce((product, { choices }) => product * choices, 1);
}

/** Says how complete an exploration was. */
export function describeExploration(exploration: Exploration): string {
  const { runs, exhausted, about } = exploration;
  return exhausted
    ? `exhausted ${grouped(runs)}`
    : `sampled ${grouped(runs)} of about ${grouped(rounded(about))}`;
}

/** Two digits of it: an estimate has no more. */
function rounded(n: number): number {
  return n < 1_000 ? n : Number(n.toPrecision(2));
}

/** `12,345`; what is past a thousand million millions as `1.2e20`. */
function grouped(n: number): string {
  return n < 1e15 ? n.toLocaleString("en-US") : n.toExponential(1);
}
