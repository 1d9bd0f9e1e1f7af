/**
 * What other engines are known to do otherwise. A difference that is not listed
 * fails, and so does an entry that differs no more.
 *
 * @module
 */

import { deepEqual, ok } from "node:assert/strict";
import entries from "./expected_differences.json" with { type: "json" };

/** One known difference. */
export interface ExpectedDifference {
  /** The engine, by its name. */
  readonly engine: string;
  /** The tests that meet it, by the subjects they name. */
  readonly subjects: readonly string[];
  /** A part of what is said of the difference. */
  readonly says: string;
  /** What the engine does, and why that is not this engine's fault. */
  readonly because: string;
  /** A link, or the line that shows it. */
  readonly evidence: string;
}

/** All of them. */
export const expectedDifferences: readonly ExpectedDifference[] = entries;

/**
 * Requires that what was found to differ is what is known to, no more and no less.
 *
 * @param engine Whose reading was compared.
 * @param subject What was read.
 * @param found The differences, in words.
 * @param known The list; the committed one by default.
 */
export function assertExpected(
  engine: string,
  subject: string,
  found: readonly string[],
  known: readonly ExpectedDifference[] = expectedDifferences,
): void {
  const ours = known.filter((entry) =>
    entry.engine === engine && entry.subjects.includes(subject)
  );
  const unexpected = found.filter((difference) =>
    !ours.some((entry) => difference.includes(entry.says))
  );
  deepEqual(unexpected, []);
  for (const { says } of ours) {
    ok(
      found.some((difference) => difference.includes(says)),
      `${subject}: ${engine} no longer differs (${says}); drop it from expected_differences.json`,
    );
  }
}
