import { assert, assertEquals } from "@std/assert";
import { thisEngine } from "../adapters/this_engine.ts";
import type {
  EngineAdapter,
  JsonRow,
  OperationName,
  Reply,
  SuccessReply,
} from "../engine_adapter.ts";
import {
  append,
  bump,
  CHECKPOINT,
  IN_A,
  OPTIMIZE,
  P2,
  program,
  remove,
} from "../mutants/scenarios.ts";
import { explore } from "../simulation/explore.ts";
import type { Program, Step } from "../simulation/program.ts";
import {
  prepare,
  type Run,
  runPrepared,
  runProgram,
} from "../simulation/run_program.ts";
import { buildEvidence, evidenceOf, sourceOf } from "./evidence.ts";
import { judge } from "./judge.ts";
import { formatVerdict } from "./verdict.ts";

const COMPACT: Step = { op: "compactLog", request: {} };
const DESCRIBE: Step = { op: "describe", request: {} };
const changes = (from: number, to: number): Step => ({
  op: "changes",
  request: { from, to },
});
const FEED = { "delta.enableChangeDataFeed": "true" };

const said = async (run: Run): Promise<string[]> =>
  judge(await evidenceOf(run, "Serializable")).map(formatVerdict);

/** An engine whose answers to an operation are changed on their way. */
function lying(
  op: OperationName,
  change: (reply: SuccessReply) => SuccessReply,
): EngineAdapter {
  const engine = thisEngine();
  return {
    ...engine,
    connect: async (options) => {
      const client = await engine.connect(options);
      return {
        close: () => client.close(),
        run: async (asked, handle, request): Promise<Reply> => {
          const reply = await client.run(asked, handle, request);
          return asked === op && reply.ok ? change(reply) : reply;
        },
      };
    },
  };
}

const CHANGED: Program = program(
  "a change feed",
  { ...P2, configuration: { ...FEED, "delta.enableDeletionVectors": "true" } },
  [[
    append(["a", 1], [null, 4]),
    bump(IN_A),
    append(["b", 8]),
    append(["b", 9]),
    OPTIMIZE,
    remove(["isNull", "p"]),
    changes(0, 7),
    DESCRIBE,
  ]],
);

Deno.test("no check objects to the change feed and description of a table", async () => {
  const run = await runProgram(CHANGED, thisEngine());
  const replies = run.history.filter((event) =>
    event.type === "ok" && /^w1\.[56]$/.test(event.opId)
  );
  assertEquals(replies.length, 2, JSON.stringify(run.history.at(-5)));
  assertEquals(await said(run), []);
});

Deno.test("a change that is told twice, or not, or of another version is seen by C17", async () => {
  const lies: ((rows: readonly JsonRow[]) => readonly JsonRow[])[] = [
    (rows) => [...rows, rows[0]!],
    (rows) => rows.slice(1),
    (rows) => rows.map((row) => row.with(-1, "3")),
    (rows) => rows.map((row) => row.with(-1, "77")),
    (rows) => rows.map((row) => row.with(-2, "insert")),
  ];
  for (const lie of lies) {
    const engine = lying("changes", (reply) => ({
      ...reply,
      rows: lie(reply.rows!),
    }));
    const verdicts = await said(await runProgram(CHANGED, engine));
    assert(verdicts.length > 0);
    for (const verdict of verdicts) {
      assert(verdict.startsWith("C17 SAFETY change feed differs"), verdict);
    }
  }
});

Deno.test("a description of something else is seen by C8", async () => {
  const lies: Partial<SuccessReply>[] = [
    { numFiles: 99 },
    { sizeInBytes: 1 },
    { partitionColumns: [] },
    { configuration: {} },
    { appTransactions: { app: 1 } },
    { domainMetadata: { d: "x" } },
    { tableId: "another" },
    { protocol: { minReaderVersion: 1, minWriterVersion: 1 } },
    { schema: { type: "struct", fields: [] } },
  ];
  for (const lie of lies) {
    const engine = lying("describe", (reply) => ({ ...reply, ...lie }));
    const verdicts = await said(await runProgram(CHANGED, engine));
    assertEquals(verdicts.length, 1, verdicts.join("\n"));
    assert(verdicts[0]!.startsWith("C8 SAFETY described wrongly"));
  }
});

const COMPACTED = (rounds: readonly Step[]) =>
  program("compaction ‖ writer", P2, [
    [...rounds, COMPACT],
    [append(["a", 9])],
  ]);

Deno.test("no check objects to a log compaction, whoever commits meanwhile", async () => {
  const steps = [append(["b", 2]), remove(IN_A), OPTIMIZE];
  const prepared = await prepare(COMPACTED(steps), thisEngine());
  const bad: string[] = [];
  let compactions = 0;
  await explore(async (vector) => {
    const run = await runPrepared(prepared, vector);
    bad.push(...await said(run));
    const paths = [...run.objects.keys()];
    compactions += paths.filter((p) => p.endsWith(".compacted.json")).length;
    return { made: run.made, fingerprint: "", stop: bad.length > 0 };
  }, { maxRuns: 60 });
  assertEquals(bad, []);
  assert(compactions >= 30);
});

Deno.test("a log compaction that is not its commits is seen by C14", async () => {
  // Given compactions from version 0 and from a checkpoint on,
  const first = [append(["b", 2]), remove(IN_A)];
  for (const steps of [first, [CHECKPOINT, ...first]]) {
    const run = await runProgram(COMPACTED(steps), thisEngine());
    assertEquals(await said(run), []);
    const path = [...run.objects.keys()].find((p) => /compacted/.test(p))!;
    const object = run.objects.get(path)!;
    const lines = new TextDecoder().decode(object.bytes).trim().split("\n");
    const cases: [string, readonly string[]][] = [
      ["checkpoint differs", lines.filter((line) => !/"add"/.test(line))],
      ["checkpoint differs", lines.filter((line) => !/"remove"/.test(line))],
      ["checkpoint differs", [...lines, '{"commitInfo":{}}']],
      ["checkpoint differs", [...lines, '{"txn":{"appId":"x","version":1}}']],
      ["unreadable checkpoint", [...lines, '{"add":']],
    ];
    for (const [anomaly, left] of cases) {
      // when lines of it are lost or added,
      const bytes = new TextEncoder().encode(left.join("\n"));
      const objects = new Map([...run.objects, [path, { ...object, bytes }]]);
      const source = { ...sourceOf(run, "Serializable"), objects };
      const verdicts = judge(await buildEvidence(source));
      // then C14 tells it of that file.
      assert(verdicts.length > 0, left.join("\n"));
      for (const verdict of verdicts) {
        assertEquals([verdict.check, verdict.anomaly], ["C14", anomaly]);
        assert(verdict.story.includes(path));
      }
    }
  }
});
