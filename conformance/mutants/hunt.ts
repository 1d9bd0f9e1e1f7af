/**
 * The row of a mutant in the kill table: its scenario enumerated, random
 * schedules of the scenario, and random programs that know nothing of it.
 *
 * @module
 */

import { search } from "../random_search.ts";
import { formatVector } from "../simulation/decisions.ts";
import { type Kill, kill, type KillOptions } from "./kill.ts";
import { type Mutant, mutated, wrapped } from "./mutant.ts";

/** Bounds of a hunt. */
export interface HuntOptions
  extends Pick<KillOptions, "maxRuns" | "seeds" | "maxRandomRuns"> {
  /** Searches by random programs, each from its own seed; none by default. */
  readonly programSeeds?: number;
  /** Programs of each at most. */
  readonly maxPrograms?: number;
}

/** A row of the kill table. */
export interface HuntReport {
  /** The mutant. */
  readonly id: string;
  /** Whether its scenario's enumeration kills it by a check of the catalogue. */
  readonly killed: boolean;
  /** Every check that saw it in the killing run. */
  readonly checks: Kill["checks"];
  /** What the first of them said. */
  readonly story: string | undefined;
  /** The vector that kills it. */
  readonly vector: string;
  /** Runs of the enumeration until then. */
  readonly enumerated: number;
  /** Median of random schedules of its scenario; `null` where most searches missed it. */
  readonly medianSchedules: number | null;
  /** Median of random programs; `null` where most searches missed it, or cannot find it. */
  readonly medianPrograms: number | null;
  /** Programs after which a search gave up. */
  readonly maxPrograms: number;
  /** Why random programs cannot find it. */
  readonly beyondPrograms: string | undefined;
}

/** Hunts one mutant in every way. */
export async function hunt(
  mutant: Mutant,
  options: HuntOptions = {},
): Promise<HuntReport> {
  const found = await kill(mutant, options);
  const { maxPrograms = 2_000, programSeeds = 0 } = options;
  const programs = mutant.beyondPrograms === undefined
    ? await programsToKill(mutant, programSeeds, maxPrograms)
    : Infinity;
  return {
    id: mutant.id,
    killed: found.killed,
    checks: found.checks,
    story: found.verdict?.story,
    vector: formatVector(found.vector),
    enumerated: found.enumerated,
    medianSchedules: finite(found.median),
    medianPrograms: finite(programs),
    maxPrograms,
    beyondPrograms: mutant.beyondPrograms,
  };
}

const finite = (n: number): number | null => Number.isFinite(n) ? n : null;

/** The median, over seeds, of random programs until any check sees the mutant; infinite where half the searches do not. */
export async function programsToKill(
  mutant: Mutant,
  seeds: number,
  maxPrograms: number,
): Promise<number> {
  const counts: number[] = [];
  let missed = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const count = await programsFrom(mutant, seed, maxPrograms);
    counts.push(count);
    if (count === Infinity) missed++;
    if (missed > seeds >> 1) return Infinity;
  }
  counts.sort((a, b) => a - b);
  return counts[counts.length >> 1] ?? Infinity;
}

async function programsFrom(
  mutant: Mutant,
  seed: number,
  maxPrograms: number,
): Promise<number> {
  const wrap = wrapped(mutant.scenario, mutant);
  const { runs, failure } = await search(mutated(mutant), {
    seed,
    level: mutant.scenario.level ?? "Serializable",
    runs: maxPrograms,
    shrink: false,
    limits: { isStrict: false },
    isFailure: () => true,
    ...(wrap && { wrap }),
  });
  return failure ? runs : Infinity;
}
