import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import {
  type Arbitraries,
  checkProperty,
  PropertyFailure,
  readReplay,
} from "./property.ts";

interface Sum {
  total: number;
}

class Add implements fc.AsyncCommand<Sum, Sum> {
  readonly by: number;

  constructor(by: number) {
    this.by = by;
  }

  check(): boolean {
    return true;
  }

  // deno-lint-ignore require-await
  async run(model: Sum, real: Sum): Promise<void> {
    model.total += this.by;
    // A defect: from 40 on it forgets.
    real.total = model.total > 40 ? 0 : real.total + this.by;
    assertEquals(real.total, model.total);
  }

  toString(): string {
    return `add ${this.by}`;
  }
}

type Program = Iterable<fc.AsyncCommand<Sum, Sum>>;

const inputs: Arbitraries<[number, Program]> = (replayPath) => [
  fc.nat({ max: 3 }),
  fc.commands([fc.nat({ max: 30 }).map((by) => new Add(by))], {
    ...(replayPath !== undefined && { replayPath }),
  }),
];

const runs: string[][] = [];

async function run(start: number, program: Program): Promise<void> {
  const trail: string[] = [];
  runs.push(trail);
  for (const command of program) trail.push(String(command));
  const setup = () => ({ model: { total: start }, real: { total: start } });
  await fc.asyncModelRun(setup, program);
}

async function failureOf(
  seed: string | undefined,
  path: string | undefined,
): Promise<string> {
  const error = await assertRejects(
    () =>
      checkProperty("sums add up", inputs, run, {
        seed: 7,
        replay: readReplay(seed, path),
      }),
    PropertyFailure,
  );
  return error.message;
}

const inputOf = (message: string): string =>
  /Input: (.*) \/\*/.exec(message)![1]!;

Deno.test("a property that fails prints a line that fails the same way at once", async () => {
  // Given the line of a failure,
  const first = await failureOf(undefined, undefined);
  const [, seed, path] =
    /SEED=(-?\d+) REPLAY_PATH="([^"]*)" deno task test --filter 'sums add up'/
      .exec(first)!;
  const input = inputOf(first);
  assert(input.includes("add"));
  // when its seed and path are given, then the very input fails, first of all.
  runs.length = 0;
  const again = await failureOf(seed, path);
  assertEquals(inputOf(again), input);
  assert(again.includes("after 1 runs and 0 shrinks"));
  assertEquals(runs.length, 1);
});

Deno.test("a property that holds is tried as often as asked", async () => {
  let tried = 0;
  await checkProperty(
    "numbers are numbers",
    () => [fc.nat()],
    // deno-lint-ignore require-await
    async () => void tried++,
    { runs: 17, replay: readReplay("3", undefined) },
  );
  assertEquals(tried, 17);
});

Deno.test("readReplay() takes apart what a failure printed", () => {
  assertEquals(readReplay("-5", "1:0:2 AC:B"), {
    seed: -5,
    path: "1:0:2",
    replayPath: "AC:B",
  });
  assertEquals(readReplay(undefined, undefined), {
    seed: undefined,
    path: undefined,
    replayPath: undefined,
  });
});
