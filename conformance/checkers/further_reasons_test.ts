import { assert, assertEquals } from "@std/assert";
import { thisEngine } from "../adapters/this_engine.ts";
import { append, program, sleep, U } from "../mutants/scenarios.ts";
import { explore } from "../simulation/explore.ts";
import type { Program } from "../simulation/program.ts";
import { prepare, runPrepared } from "../simulation/run_program.ts";
import { checkJustifiedConflicts } from "./c11_justified_conflicts.ts";
import { HandWritten, row } from "../support/hand_written.ts";
import { evidenceOf, type Level } from "./evidence.ts";
import { judge } from "./judge.ts";
import { formatVerdict } from "./verdict.ts";

/** What judge says of a program's runs, and how often the matrix alone objected. */
async function judged(
  tried: Program,
  level: Level,
): Promise<{ said: string[]; byMatrix: number }> {
  const prepared = await prepare(tried, thisEngine(), {
    limits: { isStrict: false },
  });
  const said: string[] = [];
  let byMatrix = 0;
  await explore(async (vector) => {
    const run = await runPrepared(prepared, vector);
    const evidence = await evidenceOf(run, level);
    said.push(...judge(evidence).map(formatVerdict));
    byMatrix += checkJustifiedConflicts(evidence).length;
    return { made: run.made, fingerprint: "" };
  }, { maxRuns: 300 });
  return { said, byMatrix };
}

Deno.test("a writer that was overtaken while the clock jumped may give up", async () => {
  // Given two appenders and somebody whose sleep moves the clock by a day,
  const three = program("two appenders and a sleeper", U, [
    [append(["a", 7])],
    [append(["a", 8])],
    [sleep(1)],
  ]);
  // when one is overtaken in that time, then giving up is no false conflict.
  const { said, byMatrix } = await judged(three, "Serializable");
  assertEquals(said, []);
  assert(byMatrix > 0, "no run had the clock jump");
});

for (const hours of [0, 2]) {
  Deno.test(`a commit whose answer took ${hours} hours may ${hours ? "" : "not "}end unknown`, async () => {
    // Given a log that was cleaned before the answer came, so that nobody can tell,
    const history = new HandWritten()
      .open("w1", 0)
      .invoke("w1.0", {
        op: "append",
        request: { rows: [["a", "7", "w1.0", 0, 0]] },
      })
      .wait(hours * 3_600_000 + 1)
      .commit("w1.0", { add: { f1: [row("a", 7, "w1.0")] } })
      .info("w1.0");
    const verdicts = judge(await history.evidence("Serializable"));
    assertEquals(verdicts.map(({ check }) => check), hours ? [] : ["C18"]);
  });
}

Deno.test("an operation that never ends is not excused by hours that passed", async () => {
  const history = new HandWritten()
    .open("w1", 0)
    .invoke("w1.0", {
      op: "append",
      request: { rows: [["a", "7", "w1.0", 0, 0]] },
    })
    .wait(2 * 3_600_000)
    .commit("w1.0", { add: { f1: [row("a", 7, "w1.0")] } });
  const verdicts = judge(await history.evidence("Serializable"));
  assertEquals(verdicts.map(({ anomaly }) => anomaly), ["no end"]);
});

for (const level of ["WriteSerializable", "SnapshotIsolation"] as const) {
  Deno.test(`a constraint is in the way of a blind append at ${level}`, async () => {
    const race = program(
      "append against a new constraint",
      { ...U, configuration: { "delta.isolationLevel": level } },
      [
        [append(["a", 2])],
        [{
          op: "alter",
          request: { addConstraint: { name: "low", expression: "x < 3" } },
        }],
      ],
    );
    const { said } = await judged(race, level);
    assertEquals(said, []);
  });
}
