import { assert, assertEquals } from "@std/assert";
import { thisEngine } from "./adapters/this_engine.ts";
import { evidenceOf } from "./checkers/evidence.ts";
import { judge } from "./checkers/judge.ts";
import { formatVerdict } from "./checkers/verdict.ts";
import { faultedPrograms, powerCuts } from "./faulted_scopes.ts";
import { explore } from "./simulation/explore.ts";
import type { Program } from "./simulation/program.ts";
import {
  fingerprint,
  prepare,
  type Run,
  type RunOptions,
  runPrepared,
} from "./simulation/run_program.ts";

/** Every run of a program up to a number, and what the checks say of them. */
async function runAll(
  program: Program,
  maxRuns: number,
  options: RunOptions = {},
) {
  const prepared = await prepare(program, thisEngine(), options);
  const found: string[] = [];
  const runs: Run[] = [];
  const exploration = await explore(async (vector) => {
    const run = await runPrepared(prepared, vector);
    runs.push(run);
    const verdicts = judge(await evidenceOf(run, "Serializable"));
    found.push(...verdicts.map(formatVerdict));
    return { made: run.made, fingerprint: fingerprint(run) };
  }, { maxRuns });
  return { exploration, runs, found };
}

const named = (name: string): Program =>
  Object.values(faultedPrograms()).flat().find((p) => p.name === name)!;

Deno.test("power lost at any call of an append: what was acknowledged stays", async () => {
  const { exploration, runs, found } = await runAll(powerCuts()[0]!, 200);
  assert(exploration.exhausted);
  assertEquals(found, []);
  // Some runs lost power before the commit, some behind it.
  const ends = new Set(runs.map(({ powerCut }) => powerCut?.left.size));
  assert(ends.size >= 3);
});

Deno.test("a disk that does not sync when it is told to is found out", async () => {
  const { found } = await runAll(powerCuts()[0]!, 200, { syncs: false });
  assert(found.some((story) => story.startsWith("C16 SAFETY")), found[0]);
});

Deno.test("a crash strikes before a write and behind it", async () => {
  const { exploration, runs, found } = await runAll(
    named("delete, crash anywhere"),
    50,
  );
  assert(exploration.exhausted);
  assertEquals(found, []);
  const struck = runs.map((run) =>
    run.trace.find((entry) => entry.fault === "crash-after")?.effect
  );
  assert(struck.includes("created") && struck.includes(undefined));
});

Deno.test("hints that lie are what readers meet, and change nothing", async () => {
  for (const name of ["ahead", "torn", "to a missing file"]) {
    const { found, runs } = await runAll(
      named(`hint ${name} ‖ checkpoint, open, read`),
      50,
    );
    assertEquals(found, []);
    assert(runs.some(({ steps }) => steps[0]!.about.includes(name)));
  }
});

Deno.test("what is sampled says about how many runs there are", async () => {
  const program = named("insert select ‖ optimize, delete");
  const all = await runAll(program, Infinity);
  assert(all.exploration.exhausted);
  const some = await runAll(program, 60);
  assert(!some.exploration.exhausted);
  assertEquals(some.exploration.runs, 60);
  const factor = some.exploration.about / all.exploration.runs;
  assert(factor > 0.4 && factor < 2.5, `${factor}`);
});
