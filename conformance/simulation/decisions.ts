/**
 * The decision vector: a run of the simulation is a list of numbers.
 *
 * Entry i, modulo the number of choices at point i, is what happens there; past
 * its end choice 0 is taken, which is always the canonical one: the same client
 * goes on, nothing fails. So the same vector is the same run, a shorter or
 * smaller vector is a calmer one, and fast-check can shrink it.
 *
 * @module
 */

/** A point of a run at which something was chosen. */
export interface Decision {
  /** How many choices there were. */
  readonly choices: number;
  /** Which was taken. */
  readonly taken: number;
  /** What it was about, for the story of a run. */
  readonly about: string;
}

/** Plays a vector, and remembers what was chosen. */
export class Decisions {
  readonly #vector: readonly number[];
  readonly #made: Decision[] = [];

  /** @param vector The run; every entry a whole number from 0 on. */
  constructor(vector: readonly number[]) {
    this.#vector = vector;
  }

  /** Picks one of `choices`, 0 to `choices - 1`; a single choice is no decision. */
  choose(choices: number, about: string): number {
    if (choices <= 1) return 0;
    const wanted = this.#vector[this.#made.length] ?? 0;
    const taken = wanted % choices;
    this.#made.push({ choices, taken, about });
    return taken;
  }

  /** What was chosen, in order. */
  get made(): readonly Decision[] {
    return this.#made;
  }

  /** The vector that replays this run: as long as it needs to be, no zeros at its end. */
  vector(): number[] {
    const taken = this.#made.map((decision) => decision.taken);
    while (taken.at(-1) === 0) taken.pop();
    return taken;
  }
}

/**
 * The run after this one in depth-first order: the last decision that has a
 * choice left takes it, and all after it are canonical again.
 *
 * @returns `undefined` when every run has been made.
 */
export function nextVector(made: readonly Decision[]): number[] | undefined {
  for (let i = made.length - 1; i >= 0; i--) {
    const { choices, taken } = made[i]!;
    if (taken + 1 < choices) {
      return [...made.slice(0, i).map((decision) => decision.taken), taken + 1];
    }
  }
  return undefined;
}

/** A vector as text to paste: `1.0.2`, and back. */
export function formatVector(vector: readonly number[]): string {
  return vector.length === 0 ? "0" : vector.join(".");
}

/** Reads what {@link formatVector} wrote. */
export function parseVector(text: string): number[] {
  const vector = text.split(".").map(Number);
  if (vector.every((entry) => Number.isSafeInteger(entry) && entry >= 0)) {
    return vector;
  }
  throw new TypeError(
    `a decision vector is whole numbers joined by points, not ${text}`,
  );
}
