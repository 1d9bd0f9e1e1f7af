/**
 * `deno task mutants`: the kill table. Every mutant is hunted by enumeration,
 * and by random schedules for the median of how many it took.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { formatVerdict } from "../conformance/checkers/verdict.ts";
import { MUTANTS } from "../conformance/mutants/catalogue.ts";
import { type Kill, kill, runClean } from "../conformance/mutants/kill.ts";
import { formatVector } from "../conformance/simulation/decisions.ts";

const HELP = `deno task mutants [--json FILE] [--seeds N] [--clean N]

  --json FILE   {"killed", "total", "mutants": […]}
  --seeds N     random searches for each mutant; 5 by default
  --clean N     runs of each scenario with the engine as it is; 100 by default`;

/** Prints the kill table; the exit status: 0 where every mutant was killed and the engine is clean, else 1. */
export async function mutants(args: readonly string[]): Promise<number> {
  const { json, seeds = "5", clean = "100", help } = parseArgs({
    args: [...args],
    options: {
      json: { type: "string" },
      seeds: { type: "string" },
      clean: { type: "string" },
      help: { type: "boolean" },
    },
  }).values;
  if (help) {
    console.log(HELP);
    return 0;
  }
  const kills: Kill[] = [];
  let objections = 0;
  for (const mutant of MUTANTS) {
    const found = await kill(mutant, { seeds: Number(seeds) });
    kills.push(found);
    console.log(lineOf(found));
    const { verdicts } = await runClean(mutant.scenario, Number(clean));
    objections += verdicts.length;
    for (const verdict of verdicts) {
      console.log(`  without the defect: ${formatVerdict(verdict)}`);
    }
  }
  const killed = kills.filter((found) => found.killed).length;
  console.log(`killed ${killed} of ${kills.length}`);
  if (json !== undefined) {
    const report = {
      killed,
      total: kills.length,
      mutants: kills.map((found) => ({
        id: found.mutant.id,
        defect: found.mutant.defect,
        seam: found.mutant.seam,
        scenario: found.mutant.scenario.program.name,
        killed: found.killed,
        checks: found.checks,
        enumeratedRuns: found.enumerated,
        medianRandomRuns: Number.isFinite(found.median) ? found.median : null,
        vector: formatVector(found.vector),
        story: found.verdict?.story ?? null,
      })),
    };
    await writeFile(json, JSON.stringify(report, null, 2) + "\n");
  }
  return killed === kills.length && objections === 0 ? 0 : 1;
}

function lineOf(found: Kill): string {
  const { mutant, killed, checks, enumerated, median } = found;
  return [
    mutant.id.padEnd(4),
    (killed ? "killed" : "SURVIVED").padEnd(9),
    checks.join(" ").padEnd(16),
    `${enumerated} enumerated`.padEnd(16),
    `${Number.isFinite(median) ? median : "–"} random`.padEnd(12),
    mutant.defect,
  ].join(" ");
}
