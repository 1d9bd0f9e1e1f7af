import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { thisEngine } from "../adapters/this_engine.ts";
import { evidenceOf, sourceOf } from "../checkers/evidence.ts";
import { judge } from "../checkers/judge.ts";
import { MUTANTS } from "../mutants/catalogue.ts";
import { mutated } from "../mutants/mutant.ts";
import {
  append,
  bump,
  IN_A,
  P2,
  program,
  READ,
  REFRESH,
  remove,
} from "../mutants/scenarios.ts";
import { formatReport, runSuite } from "../run_suite.ts";
import { runWithPowerCut } from "../simulation/power_cut.ts";
import { runProgram } from "../simulation/run_program.ts";
import { elleOf } from "./elle.ts";
import {
  checkRun,
  checkSavedRun,
  formatRun,
  parseRun,
  saveFailures,
} from "./saved_run.ts";

const about = { engine: "litmus", program: "p", replay: "--suite random" };
const HISTORY = program("a history", P2, [
  [append(["a", 7], [null, 8]), remove(["=", "x", "1"])],
  [REFRESH, READ],
]);

Deno.test("a saved run is the same when it is read, and is judged the same", async () => {
  const run = await runProgram(HISTORY, thisEngine());
  const source = sourceOf(run, "WriteSerializable");
  const text = formatRun({ about, source });
  const saved = parseRun(text);
  assertEquals(saved.about, about);
  assertEquals(saved.source.level, "WriteSerializable");
  assertEquals(saved.source.trace, source.trace);
  assertEquals(saved.source.objects, source.objects);
  assertEquals(parseRun(formatRun(saved)), saved);
  const { evidence, verdicts } = await checkRun(saved);
  assertEquals(verdicts, judge(await evidenceOf(run, "WriteSerializable")));
  assertEquals(evidence.states.get(3)!.rows.length, 3);
});

Deno.test("what was left after a power cut is saved with it", async () => {
  // Given a disk that does not sync,
  const options = { syncs: false };
  const { evidence } = await runWithPowerCut(HISTORY, thisEngine(), options);
  const source = await evidence("Serializable");
  // when its run is saved and judged again, then the loss is still seen.
  const saved = parseRun(formatRun({ about, source }));
  assertEquals(saved.source.afterPowerCut, source.afterPowerCut);
  const { verdicts } = await checkRun(saved);
  assertEquals(verdicts, judge(source));
  assert(verdicts.some(({ check }) => check === "C16"));
});

Deno.test("a line that is none of a saved run is refused by its number", () => {
  assertThrows(() => parseRun(""), SyntaxError, "line 1 ");
  assertThrows(() => parseRun("{}"), SyntaxError, "line 1 ");
  const head = { type: "run", format: 1, level: "Serializable" };
  const text = JSON.stringify(head) + "\n";
  assertEquals(parseRun(text).source.trace, []);
  assertThrows(() => parseRun(text + "nonsense"), SyntaxError, "line 2 ");
  const future = JSON.stringify({ ...head, format: 2 });
  assertThrows(() => parseRun(future), SyntaxError, "format 1");
});

Deno.test("a failing run of the suite is saved, and its file is judged the same", async () => {
  // Given an engine that loses updates,
  const engine = mutated(MUTANTS.find(({ id }) => id === "Q31")!);
  const folder = mkdtempSync(join(tmpdir(), "litmus-runs-"));
  const file = join(folder, "run.ndjson");
  try {
    // when the suite finds that and saves the run,
    const found = await runSuite(engine, {
      suites: ["exhaustive"],
      scope: "update a ‖ update a, partitioned, Serializable",
    });
    assertEquals(JSON.parse(JSON.stringify(found.failures[0])).run, undefined);
    const report = saveFailures(found, (text) => {
      writeFileSync(file, text);
      return file;
    });
    const failure = report.failures[0]!;
    assertEquals(failure.saved, file);
    assertMatch(formatReport(report), /judge again: .* --check .*run.ndjson/);
    // then the file alone gives the same verdicts, and says what it is of.
    const saved = parseRun(readFileSync(file, "utf8"));
    assertEquals(saved.about.replay, failure.replay);
    const again = await checkRun(saved);
    assertEquals(again.verdicts, failure.verdicts);
    assertEquals(
      await checkSavedRun(readFileSync(file, "utf8")),
      failure.verdicts,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

Deno.test("elleOf() writes what was inserted and what whole reads saw", async () => {
  // Given an append, a copy, an update, a delete, and a read after them,
  const run = await runProgram(
    program("lists", P2, [[
      append(["a", 7]),
      {
        op: "appendSelect",
        request: { where: ["=", "x", "7"], add: { gen: 1 } },
      },
      bump(IN_A),
      remove(["=", "p", "b"]),
      READ,
    ]]),
    thisEngine(),
  );
  const text = elleOf(await evidenceOf(run, "Serializable"));
  // then what was inserted is appended to lists,
  assertMatch(text, /:type :ok, .*:value \[\[:append "a" "w1.0\/0"\]\]/);
  assertMatch(text, /:type :ok, .*:value \[\[:append "a" "w1.0\/0~\d+"\]\]/);
  // and lists only grow: the row that was deleted is on its list still.
  assertMatch(
    text,
    /\[:r "a" \["setup.1\/0" "setup.1\/1" "w1.0\/0" "w1.0\/0~\d+"\]\] \[:r "b" \["setup.1\/2"\]\]/,
  );
});
