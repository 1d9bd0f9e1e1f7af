import { assert, assertEquals, assertMatch } from "@std/assert";
import { thisEngine } from "./adapters/this_engine.ts";
import type { EngineAdapter, Reply } from "./engine_adapter.ts";
import { MUTANTS } from "./mutants/catalogue.ts";
import { mutated } from "./mutants/mutant.ts";
import { search } from "./random_search.ts";
import {
  formatFailure,
  formatReport,
  randomFailure,
  runSuite,
} from "./run_suite.ts";
import { scopesFor } from "./scopes.ts";
import { parseVector } from "./simulation/decisions.ts";

Deno.test("runSuite() finds this engine clean", async () => {
  const report = await runSuite(thisEngine(), {
    budgetMs: 8_000,
    maxRunsPerScope: 20,
    randomRuns: 40,
  });
  assertEquals(report.failures.map((f) => `${f.program} ${f.replay}`), []);
  assertEquals(report.refused, []);
  assert(report.scopes.some((scope) => scope.exploration.exhausted));
  assertMatch(formatReport(report), /clean: \d+ runs/);
});

Deno.test("runSuite() goes on where an engine refuses a table, and says so", async () => {
  // Given an engine without partitions,
  const engine = thisEngine();
  const plain: EngineAdapter = {
    ...engine,
    connect: async (options) => {
      const client = await engine.connect(options);
      return {
        close: () => client.close(),
        run: (op, handle, request) =>
          op === "create" && "partitionColumns" in request &&
            (request.partitionColumns as string[]).length > 0
            ? Promise.resolve(NO_PARTITIONS)
            : client.run(op, handle, request),
      };
    },
  };
  // when the suite runs,
  const report = await runSuite(plain, {
    suites: ["exhaustive", "random"],
    budgetMs: 4_000,
    maxRunsPerScope: 3,
    randomRuns: 40,
  });
  // then it judges what can be run, and names the rest.
  assertEquals(report.failures, []);
  assert(report.scopes.length > 0 && report.randomRuns["Serializable"]! > 0);
  for (const kind of [/ ‖ .*, partitioned/, /^random: /]) {
    assert(report.refused.some((why) => kind.test(why)), report.refused[0]);
  }
  assertMatch(formatReport(report), /not run .*no partitions here/);
});

const NO_PARTITIONS: Reply = {
  ok: false,
  outcome: "failed",
  error: { kind: "unsupported", message: "no partitions here" },
};

Deno.test("a failing scope is told with the line that replays it", async () => {
  // Given an engine that takes a lost answer for a failure,
  const engine = mutated(MUTANTS.find(({ id }) => id === "Q6")!);
  const scope = "two appenders, one fault";
  // when the suite looks,
  const report = await runSuite(engine, { suites: ["exhaustive"], scope });
  const failure = report.failures[0]!;
  // then it finds a lie, and the line brings the same one back.
  assert(report.safetyViolations > 0);
  assertMatch(formatReport(report), /was told that it failed/);
  const vector = parseVector(/--vector ([\d.]+)/.exec(failure.replay)![1]!);
  const again = await runSuite(engine, {
    suites: ["exhaustive"],
    scope,
    vector,
  });
  assertEquals(again.runs, 1);
  assertEquals(again.failures[0]!.verdicts, failure.verdicts);
});

Deno.test("a failing random program shrinks, and its path replays it", async () => {
  // Given an engine that checks only the newest winner,
  const engine = mutated(MUTANTS.find(({ id }) => id === "Q16")!);
  const options = { seed: 3, runs: 2_000, isFailure: () => true };
  // when random search finds that and shrinks it,
  const { failure } = await search(engine, options);
  assert(failure);
  // then few steps are left, and seed and path give the same case.
  const steps = failure.found.program.scripts.flatMap(({ steps }) => steps);
  assert(steps.length <= 4, JSON.stringify(steps));
  const again = await search(engine, { ...options, path: failure.path });
  assertEquals(again.failure?.found, failure.found);
  assertEquals(again.failure?.verdicts, failure.verdicts);
});

Deno.test("a failing random program is told with the line that replays it", async () => {
  // Given a search at a level of its own, which found something,
  const engine = mutated(MUTANTS.find(({ id }) => id === "Q41")!);
  const level = "WriteSerializable";
  const seed = 11;
  const { failure } = await search(engine, {
    seed,
    level,
    runs: 2_000,
    limits: { isStrict: false },
    isFailure: () => true,
  });
  const told = randomFailure(level, seed, failure!);
  // when its line is pasted,
  const [, ...words] = /--suite random --level (\S+) --seed (\d+) --path (\S+)$/
    .exec(told.replay)!;
  const again = await runSuite(engine, {
    suites: ["random"],
    level: words[0] as typeof level,
    seed: Number(words[1]),
    path: words[2]!,
  });
  // then one run tells the same again.
  assertEquals(again.runs, 1);
  const [{ run: _, ...same }] = again.failures as [typeof told];
  assertEquals({ ...same, run: told.run! }, told);
  assertMatch(formatFailure(told).join("\n"), /\nreplay: deno task conf/);
});

Deno.test("scopes have names of their own", () => {
  const names = scopesFor(thisEngine()).map((scope) => scope.program.name);
  assertEquals(new Set(names).size, names.length);
});

Deno.test("a path that fails no more is one run, not a search of its own", async () => {
  for (const path of ["12", "12:0:1"]) {
    const report = await runSuite(thisEngine(), {
      suites: ["random"],
      level: "Serializable",
      path,
      budgetMs: 5_000,
    });
    assertEquals([report.runs, report.failures.length], [1, 0], path);
  }
});
