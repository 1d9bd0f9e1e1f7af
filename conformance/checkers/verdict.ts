/**
 * What a check says: a contradiction, told with the smallest evidence for it.
 *
 * @module
 */

/** The checks, by the names of the design. */
export type CheckId = `C${
  | 1
  | 2
  | 3
  | 4
  | 5
  | 6
  | 7
  | 8
  | 9
  | 10
  | 11
  | 13
  | 14
  | 15
  | 16
  | 17
  | 18}`;

/** Who says something: a check, or the comparison of the judge's two opinions. */
export type CheckName = CheckId | "opinions";

/**
 * - `SAFETY`: data is wrong, lost, or an answer was untrue.
 * - `LIVENESS`: something that should have worked did not.
 * - `CONTRACT`: a name or flag is not what the de-facto contract says.
 * - `JUDGE`: the judge contradicts itself.
 */
export type VerdictClass = "SAFETY" | "LIVENESS" | "CONTRACT" | "JUDGE";

/** A contradiction that a check found. */
export interface Verdict {
  /** Which check. */
  readonly check: CheckName;
  /** How bad. */
  readonly class: VerdictClass;
  /** The anomaly's name, where it has one: `duplicate`, `G1a`, `lost update`, … */
  readonly anomaly: string;
  /** The versions it is about. */
  readonly versions: readonly number[];
  /** The operations it is about. */
  readonly operations: readonly string[];
  /** The rows or files it is about, a few of them. */
  readonly rows: readonly string[];
  /** The contradiction, in a sentence or three. */
  readonly story: string;
}

/** The parts of a verdict besides who says it. */
export interface Finding {
  /** The anomaly's name. */
  readonly anomaly: string;
  /** The contradiction. */
  readonly story: string;
  /** The versions. */
  readonly versions?: readonly number[];
  /** The operations. */
  readonly operations?: readonly (string | undefined)[];
  /** The rows or files. */
  readonly rows?: readonly string[];
}

/** How many rows a verdict shows. */
const SHOWN = 6;

/** Makes the verdicts of one check. */
export function verdicts(
  check: CheckName,
  kind: VerdictClass,
): (finding: Finding) => Verdict {
  return ({ anomaly, story, versions = [], operations = [], rows = [] }) => ({
    check,
    class: kind,
    anomaly,
    versions,
    operations: operations.filter((op) => op !== undefined),
    rows: rows.slice(0, SHOWN),
    story,
  });
}

/** A verdict as a paragraph. */
export function formatVerdict(verdict: Verdict): string {
  const { check, anomaly, story, versions, operations, rows } = verdict;
  return [
    `${check} ${verdict.class} ${anomaly}: ${story}`,
    ...(versions.length > 0 ? [`  versions ${versions.join(", ")}`] : []),
    ...(operations.length > 0 ? [`  operations ${operations.join(", ")}`] : []),
    ...rows.map((row) => `  ${row}`),
  ].join("\n");
}
