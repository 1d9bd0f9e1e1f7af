import { assertEquals } from "@std/assert";
import { mutants } from "./mutants.ts";
import { random, searchAll } from "./random.ts";

Deno.test("searchAll() makes as many runs as asked, at every level, on workers of their own", async () => {
  const { runs, seeds, failures } = await searchAll(50, 7, 2, 5);
  assertEquals(failures, []);
  assertEquals(seeds, 10);
  assertEquals(runs, {
    Serializable: 30,
    WriteSerializable: 10,
    SnapshotIsolation: 10,
  });
});

Deno.test("random refuses what is no number", async () => {
  assertEquals(await random(["--runs", "many"]), 2);
  assertEquals(await random(["--help"]), 0);
});

Deno.test("random and mutants refuse a file without a folder before they run", async () => {
  const args = ["--json", "no/such/folder/f.json"];
  assertEquals(await random(["--runs", "1000000", ...args]), 2);
  assertEquals(await mutants(args), 2);
});
