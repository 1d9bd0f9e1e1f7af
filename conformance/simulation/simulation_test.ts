import { assert, assertEquals, assertRejects } from "@std/assert";
import { thisEngine } from "../adapters/this_engine.ts";
import { formatVector, nextVector, parseVector } from "./decisions.ts";
import { describeExploration, explore } from "./explore.ts";
import type { Program } from "./program.ts";
import {
  fingerprint,
  prepare,
  runPrepared,
  runProgram,
} from "./run_program.ts";
import { Decisions } from "./decisions.ts";
import { Scheduler, SimulationError } from "./scheduler.ts";
import { seededRandom } from "./simulated_host.ts";

const TWO_APPENDERS: Program = {
  name: "two appenders",
  setup: {},
  scripts: ["w1", "w2"].map((client) => ({
    client,
    steps: [{ op: "append", request: { rows: [["a", 1]] } }],
  })),
};

Deno.test("a run is its decision vector: twice the same, byte for byte", async () => {
  // Given a program with faults and vectors from a seed,
  const program: Program = {
    ...TWO_APPENDERS,
    faults: {
      budget: 2,
      onCommit: ["before", "lost-ack", "zombie"],
      onOther: ["before", "cut"],
    },
  };
  const prepared = await prepare(program, thisEngine());
  const random = seededRandom(7);
  const ends = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const vector = Array.from({ length: 40 }, () => Math.floor(random() * 6));
    // when each is run twice, once by the vector it reported,
    const first = await runPrepared(prepared, vector);
    const again = await runPrepared(
      await prepare(program, thisEngine()),
      first.vector,
    );
    // then both end the same, and not all runs are alike.
    assertEquals(fingerprint(again), fingerprint(first));
    assertEquals(again.steps, first.steps);
    ends.add(fingerprint(first));
  }
  assert(ends.size >= 3);
});

Deno.test("explore() makes every run of two appenders, once each", async () => {
  const prepared = await prepare(TWO_APPENDERS, thisEngine());
  const seen = new Set<string>();
  const exploration = await explore(async (vector) => {
    const run = await runPrepared(prepared, vector);
    seen.add(formatVector(run.made.map((d) => d.taken)));
    return { made: run.made, fingerprint: fingerprint(run) };
  });
  assert(exploration.exhausted);
  assertEquals(seen.size, exploration.runs);
  assertEquals(
    describeExploration(exploration),
    `exhausted ${exploration.runs}`,
  );
  assert(exploration.states >= 2);
});

Deno.test("a client that waits for a timer is caught: its run could not be replayed", async () => {
  const scheduler = new Scheduler(new Decisions([]), 0);
  scheduler.enter("w1");
  const timer = setTimeout(() => scheduler.leave("w1"), 20);
  await assertRejects(() => scheduler.run(), SimulationError, "no gate");
  clearTimeout(timer);
});

Deno.test("a crashed client never goes on, and its next incarnation does", async () => {
  const program: Program = {
    ...TWO_APPENDERS,
    faults: { budget: 1, onCommit: ["crash"] },
  };
  // Vector 0, 1: w1 moves, and its commit request crashes it.
  const run = await runProgram(program, thisEngine(), [0, 1]);
  const w1 = run.history.filter((event) => event.opId === "w1.0");
  assertEquals(w1.map((event) => event.type), ["invoke"]);
  assert(run.history.some((e) => e.client === "w1+" && e.type === "ok"));
});

Deno.test("nextVector() counts through every vector and ends", () => {
  let vector: number[] | undefined = [];
  const seen: string[] = [];
  while (vector) {
    const decisions = new Decisions(vector);
    for (let i = 0; i < 3; i++) decisions.choose(2, "");
    seen.push(decisions.made.map((d) => d.taken).join(""));
    vector = nextVector(decisions.made);
  }
  assertEquals(seen, ["000", "001", "010", "011", "100", "101", "110", "111"]);
  assertEquals(parseVector(formatVector([1, 0, 2])), [1, 0, 2]);
});
