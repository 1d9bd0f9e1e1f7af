import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { thisEngine } from "../adapters/this_engine.ts";
import { buildEvidence } from "../checkers/evidence.ts";
import { judge } from "../checkers/judge.ts";
import {
  append,
  P2,
  program,
  READ,
  REFRESH,
  remove,
} from "../mutants/scenarios.ts";
import { runProgram } from "../simulation/run_program.ts";
import { operationsOf } from "./history.ts";
import { formatHistory, parseHistory, toElle } from "./history_file.ts";

const RUN = () =>
  runProgram(
    program("a history", P2, [
      [append(["a", 7]), remove()],
      [REFRESH, READ],
    ]),
    thisEngine(),
  );

Deno.test("a history is the same after its file, and is judged the same", async () => {
  const run = await RUN();
  const text = formatHistory(run.history);
  const history = parseHistory(text);
  assertEquals(formatHistory(history), text);
  const evidence = await buildEvidence({
    ...run,
    history,
    level: "Serializable",
  });
  assertEquals(judge(evidence), []);
  assertEquals(
    operationsOf(history).filter((op) => op.client === "w1").map((
      op,
    ) => [op.opId, op.outcome]),
    [["w1.open", "ok"], ["w1.0", "ok"], ["w1.1", "ok"]],
  );
});

Deno.test("a line that is no event is refused by its number", () => {
  assertThrows(() => parseHistory('\n{"type":"ok"}\n'), SyntaxError, "line 2");
});

Deno.test("toElle() writes appends and reads of lists", async () => {
  const run = await RUN();
  const lists = new Map([["a", ["setup.1/0", "w1.0/0"]]]);
  const text = toElle(run.history, () => ({ version: 2, lists }));
  assertMatch(
    text,
    /:type :invoke, :process \d, :f :txn, :value \[\[:append "a" "w1.0\/0"\]\]/,
  );
  assertMatch(text, /:type :ok.*\[:r "a" \["setup.1\/0" "w1.0\/0"\]\]/);
});
