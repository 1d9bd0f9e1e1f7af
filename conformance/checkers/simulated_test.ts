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

Deno.test("no check objects to any run of two appenders with a fault", async () => {
  const prepared = await prepare(APPENDERS, thisEngine());
  const bad: string[] = [];
  const start = performance.now();
  const exploration = await explore(async (vector) => {
    const run = await runPrepared(prepared, vector);
    const verdicts = judge(await evidenceOf(run, "Serializable"));
    if (verdicts.length > 0) {
      bad.push(
        formatVector(run.vector) + "\n" +
          verdicts.map(formatVerdict).join("\n"),
      );
    }
    return {
      made: run.made,
      fingerprint: fingerprint(run),
      stop: bad.length > 0,
    };
  });
  console.log(exploration, performance.now() - start);
  assertEquals(bad, []);
  assert(exploration.exhausted);
});
