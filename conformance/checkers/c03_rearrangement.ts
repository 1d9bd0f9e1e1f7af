/**
 * C3, rearrangement: a commit whose file actions all say dataChange=false
 * leaves the rows as they were. Mixed flags in one commit are legal and
 * reported as CONTRACT.
 *
 * @module
 */

import type { Evidence } from "./evidence.ts";
import { compareRows, describeDifference, shownRows } from "./rows.ts";
import { type Verdict, verdicts } from "./verdict.ts";

const found = verdicts("C3", "SAFETY");
const noted = verdicts("C3", "CONTRACT");

/** See the module. */
export function checkRearrangement(evidence: Evidence): Verdict[] {
  return evidence.commits.flatMap((commit) => {
    const { version } = commit;
    const flags = [...commit.adds, ...commit.removes].map((a) => a.dataChange);
    const operations = [evidence.authors.get(version)];
    if (flags.includes(true) && flags.includes(false)) {
      return [noted({
        anomaly: "mixed dataChange",
        story: `Version ${version} has file actions with and without ` +
          "dataChange: legal, and nobody can tell what it rearranged.",
        versions: [version],
        operations,
      })];
    }
    if (!flags.includes(false)) return [];
    const before = evidence.states.get(version - 1)?.rows ?? [];
    const difference = compareRows(before, evidence.states.get(version)!.rows);
    if (difference.missing.length + difference.extra.length === 0) return [];
    return [found({
      anomaly: difference.extra.length > 0 ? "rows doubled" : "rows lost",
      story: `Version ${version} says that it only rearranges, and its rows ` +
        `are not those of version ${version - 1}: ${
          describeDifference(difference)
        }.`,
      versions: [version - 1, version],
      operations,
      rows: shownRows(difference),
    })];
  });
}
