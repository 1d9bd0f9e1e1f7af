import { needs } from "../../testing/needs.ts";
import { checkPrograms } from "./check_program.ts";
import { startDeltalake } from "./foreign_engine.ts";

const machine = needs({ python: true });
const deltalake = machine.ignore ? undefined : startDeltalake();
Deno.test.afterAll(async () => await deltalake?.close());

/** Programs in `deno task test`; `RUNS` asks for another number. */
const RUNS = Number(Deno.env.get("RUNS") ?? 40);

Deno.test({
  name: "deltalake reads every version of random programs",
  ...machine,
  fn: () =>
    checkPrograms({
      engine: deltalake!,
      // Of the rest deltalake refuses type widening.
      features: ["vectors", "mapping", "tracking", "timestamps", "v2", "often"],
      runs: RUNS,
      changes: () => false,
      file: "conformance/interop/programs_test.ts",
    }),
});

Deno.test({
  name: "deltalake reads the change feed of random programs",
  ...machine,
  fn: () =>
    checkPrograms({
      engine: deltalake!,
      always: ["changes"],
      features: ["timestamps", "v2", "often"],
      runs: Math.ceil(RUNS / 2),
      // It looks for other folders than the log names: see expected_differences.json.
      changes: ({ partitionBy }) =>
        !partitionBy.some((name) => ["p", "t"].includes(name)),
      file: "conformance/interop/programs_test.ts",
    }),
});
