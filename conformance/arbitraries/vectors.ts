/**
 * Random decision vectors. Half of what goes wrong needs few unusual moves in a
 * long run, the other half needs many: so each vector has its own share of
 * moves that are not the canonical one.
 *
 * @module
 */

import fc from "fast-check";

/** Decisions beyond this are canonical. */
const LONGEST = 60;
/** The largest entry: more choices than any point has. */
const LARGEST = 11;
/** Of a hundred entries so many are not canonical. */
const SHARES = [100, 50, 25, 10, 4] as const;

/** Vectors that shrink: shorter, and with fewer and smaller entries. */
export const vectors: fc.Arbitrary<readonly number[]> = fc.record({
  share: fc.constantFrom(...SHARES),
  entries: fc.array(fc.tuple(fc.nat(99), fc.nat(LARGEST)), {
    maxLength: LONGEST,
    size: "max",
  }),
}).map(({ share, entries }) =>
  // Shrinking makes the first of a pair 0, which is canonical for every share.
  entries.map(([dice, entry]) => dice >= 100 - share ? entry : 0)
);

/** A vector from a source of numbers in [0, 1). */
export function randomVector(random: () => number): number[] {
  const share = SHARES[Math.floor(random() * SHARES.length)]! / 100;
  return Array.from(
    { length: LONGEST },
    () => random() < share ? Math.floor(random() * (LARGEST + 1)) : 0,
  );
}
