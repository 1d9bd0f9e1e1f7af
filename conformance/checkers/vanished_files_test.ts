import { assertEquals } from "@std/assert";
import type { OperationCall } from "../history/history.ts";
import { HandWritten, row } from "../support/hand_written.ts";
import { thisEngine } from "../adapters/this_engine.ts";
import {
  append,
  IN_A,
  P2,
  program,
  remove,
  sleep,
} from "../mutants/scenarios.ts";
import { runProgram } from "../simulation/run_program.ts";
import { buildEvidence, evidenceOf, sourceOf } from "./evidence.ts";
import { judge } from "./judge.ts";

const DAY_MS = 86_400_000;
const READ: OperationCall = { op: "read", request: {} };
const VACUUM: OperationCall = { op: "vacuum", request: {} };

/** A table whose one file is removed, and vacuumed so many days later; w2 stays at version 1. */
function vacuumed(days: number): HandWritten {
  const h = new HandWritten().invoke("s.1", {
    op: "append",
    request: { rows: [["a", "1", "s.1", 0, 0]] },
  }).commit("s.1", { add: { fa: [row("a", 1, "s.1")] } })
    .ok("s.1", { version: 1 })
    .open("w2", 1).open("w1", 1);
  h.invoke("w1.0", { op: "delete", request: {} })
    .commit("w1.0", { remove: ["fa"] }).ok("w1.0", { version: 2 });
  return h.wait(days * DAY_MS)
    .invoke("w1.1", VACUUM).delete("w1.1", "fa").ok("w1.1", {});
}

async function said(h: HandWritten): Promise<string[]> {
  return judge(await h.evidence()).map(({ check, anomaly }) =>
    `${check} ${anomaly}`
  );
}

Deno.test("a handle on a version that expired and was vacuumed may fail to read it", async () => {
  const h = vacuumed(41).invoke("w2.0", READ).fail("w2.0", "corrupt");
  assertEquals(await said(h), []);
});

Deno.test("a handle whose files are there may not fail to read it, whatever became of others", async () => {
  const h = vacuumed(41).invoke("w1.2", READ).fail("w1.2", "corrupt");
  assertEquals(await said(h), ["C14 reader stuck"]);
  const open = vacuumed(41).invoke("w2.0", { op: "open", request: {} });
  assertEquals(await said(open.fail("w2.0", "corrupt")), ["C14 reader stuck"]);
});

const WITH_VECTORS = {
  ...P2,
  partitionColumns: [],
  configuration: { "delta.enableDeletionVectors": "true" },
};

const VECTOR = /^deletion_vector_.*\.bin$/;

/** A row is deleted by a vector in a file; another 41 days later, and again a vacuum 41 days after that. */
const run = await runProgram(
  program("vectors", WITH_VECTORS, [[
    append(["a", 1], ["b", 2], ["c", 3], ["d", 4]),
    remove(IN_A),
    sleep(41),
    remove(["=", "p", "b"]),
    { op: "vacuum", request: {} },
    sleep(41),
    { op: "vacuum", request: {} },
    READ,
  ]]),
  thisEngine(),
);

Deno.test("no check objects where vacuum deletes the vectors that nobody needs", async () => {
  const gone = run.trace.filter(({ effect }) => effect === "deleted")
    .flatMap(({ paths }) => paths).filter((path) => VECTOR.test(path));
  assertEquals(gone.length, 1);
  assertEquals(judge(await evidenceOf(run, "Serializable")), []);
});

Deno.test("a live deletion vector that is gone is seen by C15", async () => {
  const source = sourceOf(run, "Serializable");
  const objects = new Map(source.objects);
  const path = [...objects.keys()].find((key) => VECTOR.test(key))!;
  objects.delete(path);
  const verdicts = judge(await buildEvidence({ ...source, objects }));
  assertEquals(verdicts.map(({ anomaly }) => anomaly), ["live file gone"]);
  assertEquals(verdicts[0]!.rows, [path]);
});

Deno.test("a vacuum that deletes a live deletion vector is seen by C15", async () => {
  const source = sourceOf(run, "Serializable");
  const path = [...source.objects.keys()].find((key) => VECTOR.test(key))!;
  const last = source.trace.findLast(({ effect }) => effect === "deleted")!;
  const trace = source.trace.map((entry) =>
    entry === last ? { ...entry, paths: [...entry.paths, path] } : entry
  );
  const verdicts = judge(await buildEvidence({ ...source, trace }));
  assertEquals(verdicts.map(({ anomaly }) => anomaly), ["live file deleted"]);
});

Deno.test("a vector that a version in retention names is seen by C15 when it is deleted", async () => {
  const source = sourceOf(run, "Serializable");
  const deleted = source.trace.findLast(({ effect, paths }) =>
    effect === "deleted" && paths.some((path) => VECTOR.test(path))
  )!;
  // The vacuum that came a moment after the second delete takes the vector of the first.
  const trace = source.trace.map((entry) =>
    entry === deleted ? { ...entry, atMs: entry.atMs - 41 * DAY_MS } : entry
  );
  const verdicts = judge(await buildEvidence({ ...source, trace }));
  assertEquals(
    verdicts.map(({ anomaly, rows }) => [anomaly, ...rows]),
    deleted.paths.map((path) => ["file in retention deleted", path]),
  );
});

Deno.test("a file that lost rows by a vector long ago and was removed now is in retention", async () => {
  const h = vacuumed(0);
  const dv = { storageType: "i", pathOrInlineDv: "cut", cardinality: 1 };
  h.invoke("w1.2", { op: "append", request: { rows: [] } }).commit("w1.2", {
    add: { fb: [row("b", 1, "w1.2")] },
  }).ok("w1.2", { version: 3 });
  const add = {
    path: "fb",
    partitionValues: {},
    size: 4,
    dataChange: true,
    deletionVector: dv,
  };
  h.invoke("w1.3", { op: "delete", request: {} })
    .commit("w1.3", { remove: ["fb"], more: [{ add }] }).ok("w1.3", {
      version: 4,
    });
  h.wait(8 * DAY_MS);
  const removed = {
    path: "fb",
    dataChange: true,
    deletionTimestamp: Date.UTC(2026, 0, 9),
    deletionVector: dv,
  };
  h.invoke("w1.4", { op: "delete", request: {} })
    .commit("w1.4", { more: [{ remove: removed }] }).ok("w1.4", { version: 5 });
  h.invoke("w1.5", VACUUM).delete("w1.5", "fb").ok("w1.5", {});
  assertEquals(
    (await said(h)).filter((line) => line.startsWith("C15")),
    ["C15 file in retention deleted", "C15 file in retention deleted"],
  );
});
