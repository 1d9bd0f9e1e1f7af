/**
 * The judge's S_v beside deltalake's reading: what the simulation left is put on
 * disk, and an engine that shares no line with the judge reads every version.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { needs } from "../../testing/needs.ts";
import { thisEngine } from "../adapters/this_engine.ts";
import { type Case, cases } from "../arbitraries/program_arbitrary.ts";
import {
  commitPath,
  type Evidence,
  evidenceOf,
  type Level,
  storedPath,
} from "../checkers/evidence.ts";
import type { TableState } from "../checkers/replay.ts";
import {
  append,
  bump,
  CHECKPOINT,
  OPTIMIZE,
  P2_AND_ONE,
  program,
  remove,
} from "../mutants/scenarios.ts";
import {
  type Program,
  type Step,
  SUITE_SCHEMA,
} from "../simulation/program.ts";
import { type FinalObject, runProgram } from "../simulation/run_program.ts";
import { startDeltalake, withFolder } from "./foreign_engine.ts";

const machine = needs({ python: true });
const deltalake = machine.ignore ? undefined : startDeltalake();
Deno.test.afterAll(async () => await deltalake?.close());

const LEVELS: readonly Level[] = [
  "Serializable",
  "WriteSerializable",
  "SnapshotIsolation",
];
const RUNS_PER_LEVEL = 80;

const MERGE: Step = {
  op: "merge",
  request: {
    rows: [["a", 2], ["c", 9]],
    schema: SUITE_SCHEMA,
    on: ["x"],
    whenMatched: "update",
    whenNotMatched: "insert",
  },
};

/** The versions that are still whole: neither log nor files cleaned away. */
function wholeVersions({ commits, states, objects }: Evidence): number[] {
  const versions = commits.map(({ version }) => version);
  const first = versions.findIndex((_, i) =>
    versions.slice(i).every((v) => objects.has(commitPath(v)))
  );
  // Without version 0 a reader needs a checkpoint, and only the newest is sure to have one.
  const from = first === 0 ? versions : versions.slice(-1);
  return from.filter((version) =>
    [...states.get(version)!.live.values()]
      .every((file) => objects.has(storedPath(file.path)))
  );
}

/** What of Delta a version has. */
function kindsOf(version: number, evidence: Evidence): string[] {
  const { metadata, live, rows } = evidence.states.get(version)!;
  const commit = evidence.commits.find((c) => c.version === version);
  const mode = metadata?.configuration["delta.columnMapping.mode"] ?? "none";
  const isPartitioned = metadata?.partitionColumns.includes("p");
  return [
    String(commit?.commitInfo?.operation),
    ...mode === "none" ? [] : ["column mapping"],
    ...[...live.values()].some((file) => file.deletionVector)
      ? ["deletion vector"]
      : [],
    ...evidence.checkpoints.some((c) => c.version <= version)
      ? ["checkpoint"]
      : [],
    ...isPartitioned && rows.some((row) => row.p === null)
      ? ["null partition"]
      : [],
  ];
}

/** A version's rows in the canonical encoding, sorted by their bytes. */
function textsOf({ rows, schema }: TableState): string[] {
  return rows.map((row) =>
    JSON.stringify(schema.fields.map(({ name }) => row[name] ?? null))
  ).sort();
}

async function writeTo(
  folder: string,
  objects: ReadonlyMap<string, FinalObject>,
): Promise<void> {
  for (const { path, bytes } of objects.values()) {
    const file = join(folder, path);
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeFile(file, bytes);
  }
}

const seen = new Map<string, number>();

/** Requires that deltalake reads every version that is still whole as the judge did. */
async function compare(evidence: Evidence, about: string): Promise<void> {
  const versions = wholeVersions(evidence);
  if (versions.length === 0) return;
  await withFolder(async (folder) => {
    await writeTo(folder, evidence.objects);
    const read = await deltalake!.read(folder, versions);
    for (const [i, version] of versions.entries()) {
      const answer = read[i]!;
      const what = `version ${version} of ${about}`;
      assert(answer.ok, `${what}: ${answer.ok || answer.error}`);
      const expected = textsOf(evidence.states.get(version)!);
      assertEquals([...answer.rows].sort(), expected, what);
      for (const kind of ["version", ...kindsOf(version, evidence)]) {
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
      }
    }
  });
}

const describe = ({ setup, scripts }: Program): string =>
  JSON.stringify({ setup, scripts });

async function evidenceOfCase(
  { program, vector, level }: Case,
): Promise<Evidence> {
  const limits = { isStrict: false };
  const run = await runProgram(program, thisEngine(), vector, { limits });
  return await evidenceOf(run, level);
}

/** What a random choice might leave out. */
const FIXED: readonly Case[] = [
  { "delta.enableDeletionVectors": "true" },
  { "delta.columnMapping.mode": "name" },
  { "delta.checkpointPolicy": "v2" },
].map((configuration) => ({
  level: "Serializable",
  vector: [],
  program: program("everything", { ...P2_AND_ONE, configuration }, [[
    append([null, 4], ["b", 5]),
    bump(["=", "x", "1"]),
    CHECKPOINT,
    MERGE,
    remove(["=", "x", "2"]),
    append(["a", 8]),
    append(["a", 9]),
    OPTIMIZE,
    CHECKPOINT,
    { op: "restore", request: { version: 3 } },
    bump(["isNull", "p"]),
  ]]),
}));

Deno.test({
  name:
    "deltalake reads every version of a table that had everything done to it",
  ...machine,
  fn: async () => {
    for (const fixed of FIXED) {
      await compare(await evidenceOfCase(fixed), describe(fixed.program));
    }
    for (
      const kind of [
        "deletion vector",
        "column mapping",
        "checkpoint",
        "null partition",
        "MERGE",
        "OPTIMIZE",
        "RESTORE",
        "UPDATE",
        "DELETE",
      ]
    ) assert(seen.has(kind), `nothing of kind ${kind} was read`);
  },
});

for (const [i, level] of LEVELS.entries()) {
  Deno.test({
    name: `deltalake reads every version as the judge replays it, ${level}`,
    ...machine,
    fn: async () => {
      const programs = fc.sample(cases(thisEngine(), level), {
        numRuns: RUNS_PER_LEVEL,
        seed: 20260101 + i,
      });
      const before = seen.get("version") ?? 0;
      for (const random of programs) {
        await compare(await evidenceOfCase(random), describe(random.program));
      }
      const compared = (seen.get("version") ?? 0) - before;
      assert(compared > RUNS_PER_LEVEL * 2, `only ${compared} versions`);
    },
  });
}

Deno.test({
  name: "a row that only the judge sees is told from what deltalake reads",
  ...machine,
  fn: async () => {
    // Given a judge whose replay of version 2 forgets a row,
    const evidence = await evidenceOfCase(FIXED[0]!);
    const state = evidence.states.get(2)!;
    const wrong = { ...state, rows: state.rows.slice(1) };
    const states = new Map([...evidence.states, [2, wrong]]);
    // when the two are compared, then version 2 is named.
    await assertRejects(
      () => compare({ ...evidence, states }, "a table"),
      Error,
      "version 2 of a table",
    );
  },
});
