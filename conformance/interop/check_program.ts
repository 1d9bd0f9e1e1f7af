/**
 * Runs random programs, and has another engine read every version that they made.
 *
 * @module
 */

import { deepEqual } from "node:assert/strict";
import fc from "fast-check";
import { DeltaError, DeltaTable } from "../../src/mod.ts";
import {
  difference,
  differences,
  ourChanges,
  versionRange,
} from "./compare.ts";
import { type ForeignEngine, withFolder } from "./foreign_engine.ts";
import { type Program, programs } from "./program.ts";
import { type Ran, runProgram } from "./run_program.ts";

/** What to check. */
export interface CheckOptions {
  /** Who reads. */
  readonly engine: ForeignEngine;
  /** Features of the tables, by the names of `program.ts`. */
  readonly features: readonly string[];
  /** Features that every table has; none by default. */
  readonly always?: readonly string[];
  /** How many programs. */
  readonly runs: number;
  /** Whether the engine is asked for the change feed of a program. */
  readonly changes: (program: Program) => boolean;
  /** Where the test is, for the line that replays a failure. */
  readonly file: string;
}

/** The seed of this run: `SEED`, else one by the clock. */
export const seed: number = Number(
  Deno.env.get("SEED") ?? Date.now() % 2 ** 31,
);

/** Requires that another engine reads what random programs wrote, at every version. */
export async function checkPrograms(options: CheckOptions): Promise<void> {
  const { engine, features, always = [], runs, file } = options;
  const path = Deno.env.get("REPLAY");
  console.log(`${engine.name}: SEED=${seed}, ${runs} programs`);
  const seen: Seen = { versions: 0, feeds: 0, steps: 0, refused: 0 };
  let running: Promise<void> = Promise.resolve();
  const property = fc.asyncProperty(programs(features), async (drawn) => {
    const program = { ...drawn, features: [...always, ...drawn.features] };
    running = checkProgram(program, options, seen);
    await running;
  });
  const found = await fc.check(property, {
    seed,
    numRuns: runs,
    // A slow machine checks fewer programs, and says so below.
    interruptAfterTimeLimit: TIME_LIMIT_MS,
    markInterruptAsFailure: false,
    ...(path && { path }),
  });
  await running.catch(() => {}); // the one that was interrupted: its failure is not ours
  console.log(
    `${engine.name}: ${found.numRuns} programs of ${seen.steps} steps ` +
      `(${seen.refused} refused), ${seen.versions} versions and ${seen.feeds} change feeds read`,
  );
  if (!found.failed || found.counterexample === null) return;
  throw new Error(
    `${fc.defaultReportMessage(found)}\nReplay: SEED=${found.seed} ` +
      `REPLAY=${found.counterexamplePath} deno test -A ${file}`,
    { cause: found.errorInstance },
  );
}

const TIME_LIMIT_MS = 240_000;

/** What the programs of a run came to. */
interface Seen {
  versions: number;
  feeds: number;
  steps: number;
  refused: number;
}

/** Runs one program, and compares what it left. */
async function checkProgram(
  program: Program,
  { engine, changes }: CheckOptions,
  seen: Seen,
): Promise<void> {
  await withFolder(async (folder) => {
    const ran = await runProgram(program, folder);
    const versions = versionRange(ran.firstWhole, ran.version);
    const found = await differences(engine, folder, versions);
    deepEqual(found, [], ran.told.join("; "));
    if (program.features.includes("changes") && changes(program)) {
      seen.feeds += await checkChanges(engine, folder, ran);
    }
    seen.versions += versions.length;
    seen.steps += ran.told.length;
    seen.refused += ran.told.filter((told) => told.includes("refused")).length;
  });
}

/** Compares the change feed since the schema is what it is; answers how many feeds that were. */
async function checkChanges(
  engine: ForeignEngine,
  folder: string,
  ran: Ran,
): Promise<number> {
  const from = Math.max(ran.firstWhole + 1, ran.schemaSince);
  if (from > ran.version) return 0;
  await using table = await DeltaTable.open(folder);
  const ours = await ourChanges(table, from, ran.version).catch((error) => {
    if (error instanceof DeltaError && error.kind === "unsupported") return;
    throw error;
  });
  if (!ours) return 0;
  const theirs = await engine.changes(folder, from, ran.version);
  deepEqual(
    difference(ours, theirs),
    [],
    `changes ${from} to ${ran.version}: ${ran.told.join("; ")}`,
  );
  return 1;
}
