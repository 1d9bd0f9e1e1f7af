/**
 * The kill table as lines and as a page.
 *
 * @module
 */

import type { HuntReport } from "../conformance/mutants/hunt.ts";

/** A row of the table. */
export interface TableRow extends HuntReport {
  /** The defect. */
  readonly defect: string;
  /** Through which seam it is planted. */
  readonly seam: string;
  /** The name of the scenario in which it matters. */
  readonly scenario: string;
}

/** The whole table. */
export interface KillTable {
  /** Mutants killed. */
  readonly killed: number;
  /** Mutants. */
  readonly total: number;
  /** What the checks say of the engine as it is. */
  readonly objections: number;
  /** When it was made. */
  readonly date: string;
  /** Threads that made it. */
  readonly workers: number;
  /** Random searches for each median. */
  readonly searches: number;
  /** How long it took. */
  readonly seconds: number;
  /** The rows. */
  readonly mutants: readonly TableRow[];
}

const median = (n: number | null): string => n === null ? "not found" : `${n}`;

/** Random programs that a row took: a number, more than the bound, or none because they cannot. */
export function programsOf(row: HuntReport): string {
  if (row.beyondPrograms !== undefined) return "–";
  return row.medianPrograms === null
    ? `> ${row.maxPrograms}`
    : `${row.medianPrograms}`;
}

/** A row for the terminal. */
export function lineOf(row: TableRow): string {
  return [
    row.id.padEnd(4),
    (row.killed ? "killed" : "SURVIVED").padEnd(9),
    row.checks.join(" ").padEnd(16),
    `${row.enumerated} enumerated`.padEnd(16),
    `${median(row.medianSchedules)} schedules`.padEnd(16),
    `${programsOf(row)} programs`.padEnd(16),
    row.defect,
  ].join(" ");
}

/** The table as a page of Markdown. */
export function mutantsPage(table: KillTable): string {
  const { mutants, killed, total, date, workers, searches, seconds } = table;
  const rows = mutants.map((row) =>
    [
      "",
      row.id,
      row.defect,
      row.seam,
      row.checks.join(" "),
      row.enumerated,
      median(row.medianSchedules),
      programsOf(row),
      "",
    ].join(" | ").trim()
  );
  const beyond = mutants.flatMap(({ id, beyondPrograms }) =>
    beyondPrograms === undefined ? [] : [`- ${id}: ${beyondPrograms}.`]
  );
  return `<!-- deno-fmt-ignore-file -->

# Mutants

A mutant is this engine, or its store, with one small defect planted through a
seam. What a suite is worth is how many it sees, and how soon. **${killed} of ${total}
are killed.** Made on ${date}, with ${workers} cores, in ${seconds} s, by

    deno task mutants --docs docs/mutants.md --seeds ${searches} --programs ${
    mutants[0]?.maxPrograms
  }


- **killed by**: the checks that objected in the run that killed it. [Litmus
  tests](litmus.md) and [how it works](how_it_works.md) say what they are.
- **enumerated**: runs of its own scenario, depth first, until a check of the
  catalogue saw it.
- **schedules**: the median, over ${searches} seeds, of random schedules of its own
  scenario.
- **programs**: the median, over ${searches} seeds, of random programs, which know
  nothing of the mutant, until any check objected. "–" is for mutants that they
  cannot find.

| id | defect | seam | killed by | enumerated | schedules | programs |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join("\n")}

Random programs cannot find:

${beyond.join("\n")}

Each check has a mutant that only it sees; a test switches the checks off one by
one and finds that the mutant then lives.
`;
}
