import { needs } from "../../testing/needs.ts";
import { checkPrograms } from "./check_program.ts";
import { startDeltalake } from "./foreign_engine.ts";

const machine = needs({ python: true });
const deltalake = machine.ignore ? undefined : startDeltalake();
Deno.test.afterAll(async () => await deltalake?.close());

Deno.test({
  name: "deltalake reads every version of random programs, and their changes",
  ...machine,
  fn: () =>
    checkPrograms({
      engine: deltalake!,
      // Of the rest deltalake refuses type widening.
      features: [
        "changes",
        "vectors",
        "mapping",
        "tracking",
        "timestamps",
        "v2",
        "often",
      ],
      runs: Number(Deno.env.get("RUNS") ?? 40),
      // What it does not do in a change feed: see expected_differences.json.
      changes: ({ features, partitionBy }) =>
        !features.includes("mapping") && !features.includes("vectors") &&
        !partitionBy.some((name) => ["p", "t"].includes(name)),
      file: "conformance/interop/programs_test.ts",
    }),
});
