import { assertEquals } from "@std/assert";
import { ANOMALIES } from "./anomalies.ts";
import { COMMIT_FAULTS } from "./commit_faults.ts";
import { INTERACTIONS } from "./interactions.ts";
import { UPKEEP } from "./log_upkeep.ts";

const ALL = [...ANOMALIES, ...INTERACTIONS, ...COMMIT_FAULTS, ...UPKEEP];

for (const { id, name, run } of ALL) {
  Deno.test(`litmus ${id} ${name}`, run);
}

Deno.test("no litmus test is there twice", () => {
  assertEquals(new Set(ALL.map(({ id }) => id)).size, ALL.length);
});
