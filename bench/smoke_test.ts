import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { commitBench, formatResult } from "./commit_bench.ts";
import { formatFigures, memoryBench } from "./memory_bench.ts";
import { percentile, summarise } from "./report.ts";
import { neuralTable } from "./workloads.ts";

Deno.test("commitBench() measures every series and counts two requests an append", async () => {
  // Given the smallest bench there is, in memory,
  const result = await commitBench({
    store: "memory://bench-smoke",
    storage: {},
    rounds: 1,
    commitsPerRound: 3,
    largeRows: 50,
    python: undefined,
    progress: () => {},
  });
  // then every series has its samples, and a warm append costs two requests.
  assertEquals(result.summaries.length, 6);
  assertEquals(result.summaries.map((s) => s.count), [3, 3, 3, 1, 1, 1]);
  assertEquals(result.summaries[0]!.requestsPerOperation, 2);
  assertEquals(Object.keys(result.ratios), ["1 rows", "50 rows"]);
  assert(result.ratios["1 rows"]! > 0);
  assertStringIncludes(formatResult(result).join("\n"), "commits/s");
});

Deno.test("percentile() takes the nearest rank", () => {
  const samples = [5, 1, 4, 2, 3];
  assertEquals([0.5, 0.99, 0.2].map((share) => percentile(samples, share)), [
    3,
    5,
    1,
  ]);
});

Deno.test("summarise() gives the median of the rounds and their spread", () => {
  const { perSecond, spread } = summarise({
    name: "x",
    samplesMs: [1, 2, 3],
    roundRates: [30, 10, 20],
  });
  assertEquals([perSecond, spread], [20, [10, 30]]);
});

Deno.test("neuralTable() makes the rows asked for, other rows for another seed", () => {
  const [one, two] = [neuralTable(10, 1), neuralTable(10, 2)];
  assertEquals([one.numRows, one.numCols], [10, 8]);
  assert(one.getChild("voltage")!.get(0) !== two.getChild("voltage")!.get(0));
});

Deno.test("memoryBench() runs every case in a process of its own", async () => {
  const sizes = { rows: 2_000, logFiles: 50, sourceRows: 100 };
  const figures = await memoryBench(sizes, () => {});
  assertEquals(figures.map((f) => f.note), [
    figures[0]!.note,
    "2000 rows",
    "200 rows from 1 files",
    "50 files listed",
    "0 files to 0",
    "200 rows updated",
    "100 source rows: 50 updated, 50 inserted",
  ]);
  assert(
    figures.every((f) => f.peakMiB > 20 && f.peakMiB < f.boundMiB),
    formatFigures(figures).join("\n"),
  );
});
