import { assert, assertEquals } from "@std/assert";
import { CHECKS } from "../checkers/judge.ts";
import { type CheckId, formatVerdict } from "../checkers/verdict.ts";
import { MUTANTS, SOLE_KILLS } from "./catalogue.ts";
import { kill, runClean } from "./kill.ts";

/** Runs of a scenario's enumeration; the soak makes all of them. */
const RUNS = 300;
const CLEAN_RUNS = 40;

for (const mutant of MUTANTS) {
  Deno.test(`${mutant.id} is killed: ${mutant.defect}`, async () => {
    const { killed, checks, verdict } = await kill(mutant, { maxRuns: RUNS });
    assert(killed, `survived ${RUNS} runs; seen by ${checks.join(", ")}`);
    assert(verdict && verdict.story.length > 20);
  });
  Deno.test(`the engine as it is passes the scenario of ${mutant.id}`, async () => {
    const { verdicts } = await runClean(mutant.scenario, CLEAN_RUNS);
    assertEquals(verdicts.map(formatVerdict), []);
  });
}

Deno.test("every check has a mutant that only it sees", async () => {
  // Given a check switched off,
  for (const [check, id] of Object.entries(SOLE_KILLS)) {
    const mutant = MUTANTS.find((m) => m.id === id)!;
    const { checks } = await kill(mutant, {
      maxRuns: CLEAN_RUNS,
      byAny: true,
      without: new Set([check as CheckId]),
    });
    // when its mutant is hunted, then nobody sees it.
    assertEquals(checks, [], `${id} without ${check}`);
  }
  assertEquals(Object.keys(SOLE_KILLS).sort(), Object.keys(CHECKS).sort());
});

Deno.test("Q1 to Q34 of the design are all there", () => {
  const ids = new Set(MUTANTS.map(({ id }) => id));
  assertEquals(ids.size, MUTANTS.length);
  for (let n = 1; n <= 34; n++) assert(ids.has(`Q${n}`), `Q${n}`);
});
