import { assert, assertEquals } from "@std/assert";
import { mutated } from "../mutants/mutant.ts";
import { MUTANTS } from "../mutants/catalogue.ts";
import { thisEngine } from "../adapters/this_engine.ts";
import { prepare, runPrepared } from "../simulation/run_program.ts";
import type { EngineAdapter } from "../engine_adapter.ts";
import { bump, IN_A, P2, program } from "../mutants/scenarios.ts";
import { explore } from "../simulation/explore.ts";
import { checkSerializability } from "./c05_serializability.ts";
import { searchCycles } from "./cycle_search.ts";
import { evidenceOf } from "./evidence.ts";

/** How often C5 objects, and how often a cycle is found, over every run of two updates. */
async function opinions(engine: EngineAdapter) {
  const updates = program("two updates", P2, [[bump(IN_A)], [bump(IN_A)]]);
  const prepared = await prepare(updates, engine);
  let [c5, cycles, runs] = [0, 0, 0];
  await explore(async (vector) => {
    const run = await runPrepared(prepared, vector);
    const evidence = await evidenceOf(run, "Serializable");
    const objects = checkSerializability(evidence).length > 0;
    const cycle = searchCycles(evidence);
    runs++;
    if (objects) c5++;
    if (cycle) cycles++;
    // Whatever the cycle search finds, the replay finds.
    assert(!cycle || objects, JSON.stringify(cycle));
    return { made: run.made, fingerprint: "" };
  });
  return { c5, cycles, runs };
}

Deno.test("replay and cycle search agree that this engine loses no update", async () => {
  const { c5, cycles, runs } = await opinions(thisEngine());
  assert(runs >= 6);
  assertEquals([c5, cycles], [0, 0]);
});

Deno.test("replay and cycle search agree on every lost update of a mutant", async () => {
  const { c5, cycles } = await opinions(
    mutated(MUTANTS.find(({ id }) => id === "Q31")!),
  );
  assert(c5 > 0);
  assertEquals(cycles, c5);
});
