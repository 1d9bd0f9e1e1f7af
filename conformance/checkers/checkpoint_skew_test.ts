import { assertEquals } from "@std/assert";
import { thisEngine } from "../adapters/this_engine.ts";
import { append, program, remove, sleep, U } from "../mutants/scenarios.ts";
import { runProgram } from "../simulation/run_program.ts";
import { evidenceOf } from "./evidence.ts";
import { judge } from "./judge.ts";
import { formatVerdict } from "./verdict.ts";

Deno.test("C14 lets a tombstone expire by a clock that is an hour ahead", async () => {
  // Given a delete and, a day of retention later, a checkpoint, both by that clock,
  const configuration = {
    "delta.deletedFileRetentionDuration": "interval 1 days",
    "delta.logRetentionDuration": "interval 1 days",
    "delta.checkpointInterval": "3",
  };
  const { scripts, ...rest } = program(
    "a day to the millisecond",
    { ...U, configuration },
    [[remove(), sleep(1), append(["a", 1])]],
  );
  const ahead = scripts.map((script) => ({ ...script, skewMs: 3_600_000 }));
  const run = await runProgram({ ...rest, scripts: ahead }, thisEngine());
  const evidence = await evidenceOf(run, "Serializable");
  // when the checkpoint lacks what the store's clock would keep for an hour more,
  const written = evidence.checkpoints.at(-1)!;
  assertEquals([written.version, written.tombstones.size], [3, 0]);
  // then nothing is said against it.
  assertEquals(judge(evidence).map(formatVerdict), []);
});
