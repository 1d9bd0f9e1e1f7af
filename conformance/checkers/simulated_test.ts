import { assert, assertEquals } from "@std/assert";
import { thisEngine } from "../adapters/this_engine.ts";
import { explore } from "../simulation/explore.ts";
import type { Program } from "../simulation/program.ts";
import {
  fingerprint,
  prepare,
  runPrepared,
} from "../simulation/run_program.ts";
import { evidenceOf } from "./evidence.ts";
import { judge } from "./judge.ts";
import { formatVerdict } from "./verdict.ts";
import {
  IN_A,
  OPTIMIZE,
  P2_AND_ONE,
  program,
  remove,
  select,
} from "../mutants/scenarios.ts";
import { formatVector } from "../simulation/decisions.ts";

const APPENDERS: Program = {
  name: "two appenders, one fault",
  setup: {
    partitionColumns: ["p"],
    steps: [{ op: "append", request: { rows: [["a", 1], [null, 2]] } }],
  },
  scripts: ["w1", "w2"].map((client) => ({
    client,
    steps: [{ op: "append", request: { rows: [["a", 1]] } }],
  })),
  faults: { budget: 1, onCommit: ["before", "lost-ack", "zombie"] },
};

/** All 3,456 runs take a while; the command makes them. */
const RUNS = 300;

Deno.test("no check objects to runs of two appenders with a fault", async () => {
  const prepared = await prepare(APPENDERS, thisEngine());
  const bad: string[] = [];
  const exploration = await explore(async (vector) => {
    const run = await runPrepared(prepared, vector);
    const verdicts = judge(await evidenceOf(run, "Serializable"));
    bad.push(
      ...verdicts.map((verdict) =>
        `${formatVector(run.vector)} ${formatVerdict(verdict)}`
      ),
    );
    return {
      made: run.made,
      fingerprint: fingerprint(run),
      stop: bad.length > 0,
    };
  }, { maxRuns: RUNS });
  assertEquals(bad, []);
  assertEquals(exploration.runs, RUNS);
  assert(exploration.states > 1);
});

Deno.test("no check objects to a select whose files were moved and then deleted", async () => {
  // Files read, rewritten elsewhere, and the rewritten ones removed: found by random search.
  const moved = program("select ‖ optimize, delete", P2_AND_ONE, [
    [select(IN_A)],
    [OPTIMIZE, remove(IN_A)],
  ]);
  const prepared = await prepare(moved, thisEngine());
  const bad: string[] = [];
  const exploration = await explore(async (vector) => {
    const run = await runPrepared(prepared, vector);
    const verdicts = judge(await evidenceOf(run, "Serializable"));
    bad.push(...verdicts.map(formatVerdict));
    return { made: run.made, fingerprint: "", stop: bad.length > 0 };
  });
  assertEquals(bad, []);
  assert(exploration.exhausted);
});
