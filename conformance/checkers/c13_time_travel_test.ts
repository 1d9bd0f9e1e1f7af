import { assert, assertEquals } from "@std/assert";
import { thisEngine } from "../adapters/this_engine.ts";
import {
  append,
  CHECKPOINT,
  CLEANUP,
  program,
  sleep,
} from "../mutants/scenarios.ts";
import { runProgram, START_MS } from "../simulation/run_program.ts";
import { timesOf } from "./c13_time_travel.ts";
import { evidenceOf } from "./evidence.ts";
import { judge } from "./judge.ts";

Deno.test("file times are made monotone from the oldest commit that cleanup left", async () => {
  // Given three commits in one millisecond, of which the first is cleaned away,
  const tried = program(
    "open by time after cleanup",
    {
      steps: [append(["a", 1])],
      configuration: {
        "delta.logRetentionDuration": "interval 1 days",
        "delta.enableExpiredLogCleanup": "true",
      },
    },
    [[
      append(["a", 7]),
      CHECKPOINT,
      append(["a", 8]),
      sleep(3),
      CLEANUP,
      { op: "open", request: { timestampMs: START_MS + 1 } },
    ]],
  );
  const run = await runProgram(tried, thisEngine());
  // when the second next is asked for by its time,
  const opened = run.history.find(({ opId, type }) =>
    opId === "w1.5" && type !== "invoke"
  );
  assert(opened?.type === "ok", JSON.stringify(opened));
  // then what had that time before the cleanup is no longer the answer.
  const evidence = await evidenceOf(run, "Serializable");
  assertEquals(judge(evidence), []);
  const before = [...timesOf(evidence)].find(([, ms]) => ms === START_MS + 1);
  assert(opened.reply.version! > before![0], `version ${opened.reply.version}`);
});
