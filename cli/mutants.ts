/**
 * `deno task mutants`: the kill table. Every mutant is hunted by enumeration of
 * its scenario, by random schedules of it, and by random programs that know
 * nothing of it; the last two for the median of how many it took.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import { MUTANTS } from "../conformance/mutants/catalogue.ts";
import { systemHost } from "../src/mod.ts";
import {
  type KillTable,
  lineOf,
  mutantsPage,
  type TableRow,
} from "./mutants_page.ts";
import type { HuntJob } from "./worker.ts";
import { readTextOptions, refuse, withoutFolder } from "./text_options.ts";
import { coreCount, runJobs } from "./worker_pool.ts";

const HELP =
  `deno task mutants [--json FILE] [--docs FILE] [--seeds N] [--programs N] [--clean N] [--workers N]

  --json FILE     {"killed", "total", "mutants": […]}
  --docs FILE     the table as a page: docs/mutants.md
  --seeds N       searches by random schedules, and by random programs, for each mutant; 5 by default
  --programs N    random programs after which a search gives up; 2000 by default
  --clean N       runs of each scenario with the engine as it is; 100 by default
  --workers N     threads; as many as there are cores by default
  --only ID       one mutant`;

const OPTIONS = [
  "json",
  "docs",
  "seeds",
  "programs",
  "clean",
  "workers",
  "only",
];

/** Prints the kill table; the exit status: 0 where every mutant was killed and the engine is clean, 1 where not, 2 for a wrong call. */
export async function mutants(args: readonly string[]): Promise<number> {
  const values = readTextOptions(args, OPTIONS, HELP);
  if (typeof values === "number") return values;
  const { seeds = "5", programs = "2000", clean = "100", only } = values;
  const workers = values.workers ?? String(coreCount());
  const known = MUTANTS.filter(({ id }) => only === undefined || id === only);
  const wrong = [seeds, programs, clean, workers]
    .find((number) => !/^[1-9]\d{0,6}$/.test(number));
  if (wrong !== undefined) return refuse(`${wrong} is not a number`, HELP);
  if (known.length === 0) return refuse(`there is no mutant ${only}`, HELP);
  const noFolder = withoutFolder([values.json, values.docs]);
  if (noFolder !== undefined) {
    return refuse(`there is no folder for ${noFolder}`, HELP);
  }
  const table = await killTable({
    ids: known.map(({ id }) => id),
    seeds: Number(seeds),
    programs: Number(programs),
    clean: Number(clean),
    workers: Number(workers),
  });
  const { killed, total, objections, seconds } = table;
  console.log(`killed ${killed} of ${total} in ${seconds} s`);
  if (values.json !== undefined) {
    await writeFile(values.json, JSON.stringify(table, null, 2) + "\n");
  }
  if (values.docs !== undefined) {
    await writeFile(values.docs, mutantsPage(table));
  }
  return killed === total && objections === 0 ? 0 : 1;
}

interface Bounds {
  readonly ids: readonly string[];
  readonly seeds: number;
  readonly programs: number;
  readonly clean: number;
  readonly workers: number;
}

async function killTable(bounds: Bounds): Promise<KillTable> {
  const { ids, seeds, programs, clean, workers } = bounds;
  const started = performance.now();
  const jobs = ids.map((id): HuntJob => ({
    kind: "hunt",
    id,
    cleanRuns: clean,
    options: { seeds, programSeeds: seeds, maxPrograms: programs },
  }));
  const rows = new Map<string, TableRow>();
  let objections = 0;
  await runJobs<"hunt">(jobs, {
    workers,
    onResult: (found) => {
      const { defect, seam, scenario } = MUTANTS.find(({ id }) =>
        id === found.id
      )!;
      const row = { ...found, defect, seam, scenario: scenario.program.name };
      rows.set(found.id, row);
      console.log(lineOf(row));
      for (const objection of found.objections) {
        objections++;
        console.log(`  without the defect: ${objection}`);
      }
    },
  });
  const all = ids.map((id) => rows.get(id)!);
  return {
    killed: all.filter(({ killed }) => killed).length,
    total: all.length,
    objections,
    date: new Date(systemHost.now()).toISOString().slice(0, 10),
    workers,
    searches: seeds,
    seconds: Math.round((performance.now() - started) / 1000),
    mutants: all,
  };
}
