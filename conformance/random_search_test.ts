import process from "node:process";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import fc from "fast-check";
import { thisEngine } from "./adapters/this_engine.ts";
import { FLAVOURS } from "./arbitraries/setups.ts";
import { cases } from "./arbitraries/program_arbitrary.ts";
import { randomVector } from "./arbitraries/vectors.ts";
import type { Level } from "./checkers/evidence.ts";
import { formatVerdict } from "./checkers/verdict.ts";
import { MUTANTS } from "./mutants/catalogue.ts";
import { programsToKill } from "./mutants/hunt.ts";
import {
  append,
  CHECKPOINT,
  CLEANUP,
  program,
  sleep,
} from "./mutants/scenarios.ts";
import { runCase, search } from "./random_search.ts";
import { outlivesCleanup } from "./request_life.ts";
import { fingerprint, prepare, runPrepared } from "./simulation/run_program.ts";
import { seededRandom } from "./simulation/simulated_host.ts";

const SEED = Number(process.env.SEED ?? 20261123);
const LEVELS: readonly (readonly [Level, number])[] = [
  ["Serializable", 200],
  ["WriteSerializable", 75],
  ["SnapshotIsolation", 75],
];

for (const [level, runs] of LEVELS) {
  Deno.test(`${runs} random programs at ${level} are clean`, async () => {
    const { failure } = await search(thisEngine(), {
      seed: SEED,
      level,
      runs,
      limits: { isStrict: false },
      isFailure: () => true,
    });
    assertEquals(
      failure && [
        `seed ${SEED}, path ${failure.path}`,
        ...failure.verdicts.map(formatVerdict),
      ],
      undefined,
    );
  });
}

Deno.test("random programs know every kind of table, step, fault and clock", () => {
  // Given programs from a seed,
  const found = fc.sample(cases(thisEngine()), { numRuns: 2_000, seed: 1 });
  const names = new Set(found.flatMap(({ program: { setup, scripts } }) => [
    JSON.stringify(setup.configuration ?? "none"),
    ...scripts.flatMap(({ steps, skewMs }) => [
      ...steps.map((step) => step.op),
      ...skewMs ? ["skew"] : [],
      ...steps.flatMap((step) =>
        step.op === "alter" || step.op === "optimize"
          ? Object.keys(step.request).map((key) => `${step.op} ${key}`)
          : []
      ),
    ]),
  ]));
  // then nothing is missing that the arbitrary promises.
  for (const { configuration, exists } of FLAVOURS) {
    if (exists === false) continue;
    assert(names.has(JSON.stringify(configuration ?? {})));
  }
  const ops =
    "append overwrite delete update appendSelect merge optimize restore alter checkpoint cleanup vacuum refresh read open sleep settle create skew";
  for (
    const name of [
      ...ops.split(" "),
      "alter addColumns",
      "alter addConstraint",
      "alter setProperties",
      "optimize where",
    ]
  ) assert(names.has(name), name);
});

Deno.test("a random program with faults, run twice, ends the same: on a table set up before, and on a fresh one", async () => {
  // Given programs in which something may go wrong, from 60 seeds,
  const engine = thisEngine();
  const ends = new Set<string>();
  let faults = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const [found] = fc.sample(
      cases(engine).filter(({ program }) => (program.faults?.budget ?? 0) > 0),
      { numRuns: 1, seed },
    );
    // when each is run by its vector, and by the one that this run reports,
    const { run, verdicts } = await runCase(found!, engine);
    assertEquals(verdicts.map(formatVerdict), []);
    const fresh = await prepare(found!.program, thisEngine());
    const again = await runPrepared(fresh, run.vector);
    // then everything about the two is the same.
    assertEquals(fingerprint(again), fingerprint(run), `seed ${seed}`);
    assertEquals(again.steps, run.steps, `seed ${seed}`);
    assertEquals(again.history, run.history, `seed ${seed}`);
    ends.add(fingerprint(run));
    faults += run.faults;
  }
  assert(ends.size >= 50, `${ends.size} ends`);
  assert(faults >= 20, `${faults} faults`);
});

Deno.test("a commit request that outlives a cleanup is held against nobody", async () => {
  // Given a log that is cleaned while another's commit request is on its way,
  const tried = program(
    "a request of 30 days",
    {
      steps: [append(["a", 1])],
      configuration: {
        "delta.logRetentionDuration": "interval 1 days",
        "delta.enableExpiredLogCleanup": "true",
      },
    },
    [
      [append(["a", 7])],
      [
        append(["a", 8]),
        append(["a", 9]),
        sleep(30),
        append(["b", 1]),
        CHECKPOINT,
        sleep(5),
        append(["b", 2]),
        CLEANUP,
      ],
    ],
  );
  const prepared = await prepare(tried, thisEngine());
  const calm = await runPrepared(prepared, []);
  let late = calm;
  for (;;) {
    // when w1 is made to wait wherever another can go on,
    const options = late.made.map(({ about }) =>
      about.replace("who moves: ", "").split(" | ")
    );
    const at = late.made.findIndex(({ taken }, i) =>
      options[i]![taken]!.startsWith("w1 ") &&
      options[i]!.some((option) => !option.startsWith("w1 "))
    );
    if (at < 0) break;
    const other = options[at]!.findIndex((option) => !option.startsWith("w1 "));
    const before = late.made.slice(0, at).map(({ taken }) => taken);
    late = await runPrepared(prepared, [...before, other]);
  }
  // then its request is the last, and no writer could have known.
  assert(outlivesCleanup(late));
  assert(!outlivesCleanup(calm));
});

Deno.test("random vectors are sparse and dense", () => {
  const random = seededRandom(1);
  const shares = Array.from(
    { length: 100 },
    () => randomVector(random).filter((entry) => entry > 0).length,
  );
  assert(Math.min(...shares) <= 5 && Math.max(...shares) >= 45);
});

Deno.test("random programs kill a mutant that they know nothing of", async () => {
  const mutant = MUTANTS.find(({ id }) => id === "Q10")!;
  assert(await programsToKill(mutant, 3, 300) < 100);
});

Deno.test("a search that cannot make a run says so, and is not taken for clean", async () => {
  const engine = { ...thisEngine(), connect: () => Promise.reject("no room") };
  const error = await assertRejects(() => search(engine, { seed: 5, runs: 3 }));
  assertMatch(String(error), /seed 5, path [\d:]+: a run could not be made/);
});
