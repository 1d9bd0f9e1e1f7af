import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { thisEngine } from "../conformance/adapters/this_engine.ts";
import { sourceOf } from "../conformance/checkers/evidence.ts";
import { formatRun } from "../conformance/history/saved_run.ts";
import { append, P2, program } from "../conformance/mutants/scenarios.ts";
import { runProgram } from "../conformance/simulation/run_program.ts";
import { conformance } from "./conformance.ts";

/** Runs the command; what it printed, and its status. */
async function run(...args: string[]): Promise<[number, string]> {
  const { log, error } = console;
  const lines: unknown[] = [];
  console.log = console.error = (line: unknown) => void lines.push(line);
  try {
    return [await conformance(args), lines.join("\n")];
  } finally {
    Object.assign(console, { log, error });
  }
}

async function withFolder(use: (folder: string) => Promise<void>) {
  const folder = mkdtempSync(join(tmpdir(), "litmus-check-"));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

Deno.test("--check judges a saved run, and --elle writes it as lists", () =>
  withFolder(async (folder) => {
    // Given a run that is right, and one whose commit says another thing,
    const right = sourceOf(
      await runProgram(
        program("appends", P2, [[append(["a", 7])]]),
        thisEngine(),
      ),
      "Serializable",
    );
    const path = "_delta_log/00000000000000000002.json";
    const object = right.objects.get(path)!;
    const text = new TextDecoder().decode(object.bytes);
    const bytes = new TextEncoder().encode(text.replaceAll('"a"', '"b"'));
    const objects = new Map([...right.objects, [path, { ...object, bytes }]]);
    const about = { engine: "litmus", program: "appends", replay: "--path 1" };
    const [good, bad, elle] = ["good", "bad", "elle"].map((n) =>
      join(folder, n)
    ) as [string, string, string];
    writeFileSync(good, formatRun({ about, source: right }));
    writeFileSync(bad, formatRun({ about, source: { ...right, objects } }));
    // when each is checked, then the first is clean
    const [clean, told] = await run("--check", good, "--elle", elle);
    assertEquals(clean, 0);
    assertMatch(told, /^litmus, appends, judged at Serializable: 3 versions/);
    assertMatch(told, /clean$/);
    assertMatch(readFileSync(elle, "utf8"), /:append "a" "w1.0\/0"/);
    // and the second is not.
    const [status, verdicts] = await run("--check", bad);
    assertEquals(status, 1);
    assertMatch(verdicts, /C5 SAFETY/);
    assertMatch(verdicts, /replay: deno task conformance --path 1$/);
  }));

Deno.test("--check of what is no saved run is a wrong call", () =>
  withFolder(async (folder) => {
    const file = join(folder, "file");
    writeFileSync(file, "nonsense\n");
    const [status, told] = await run("--check", file);
    assertEquals(status, 2);
    assertMatch(told, /file: line 1 is not one of a saved run/);
    assertEquals((await run("--check", join(folder, "none")))[0], 2);
  }));

Deno.test("a clean suite saves nothing", () =>
  withFolder(async (folder) => {
    const [status, told] = await run(
      ...["--suite", "exhaustive", "--scope", "three appenders"],
      ...["--budget", "3s", "--history", join(folder, "runs")],
      ...["--json", join(folder, "report.json")],
    );
    assertEquals(status, 0, told);
    assertEquals(readdirSync(folder), ["report.json"]);
    const report: { disagreements: number } = JSON.parse(
      readFileSync(join(folder, "report.json"), "utf8"),
    );
    assert(report.disagreements === 0);
  }));
