import { assert, assertEquals } from "@std/assert";
import { thisEngine } from "../adapters/this_engine.ts";
import { formatVerdict } from "../checkers/verdict.ts";
import { describeScopes, runScope, type ScopeReport } from "../scope_runs.ts";
import { LITMUS_TESTS } from "./all.ts";
import { LITMUS_PROGRAMS, NO_PROGRAMS } from "./programs.ts";
import { type LitmusScope, litmusScopes } from "./scopes.ts";

/** Runs of a scope at most here: soak goes on from there. */
const MOST_RUNS = 30;
const MOST_RUNS_OF_WEAKER = 12;
const MOST_FAULTED_RUNS = 8;

function mostRuns({ program, level }: LitmusScope): number {
  if (program.faults) return MOST_FAULTED_RUNS;
  return level === "Serializable" ? MOST_RUNS : MOST_RUNS_OF_WEAKER;
}

/** How the documents are counted anew. */
const ANEW = "run `deno task conformance --suite exhaustive,litmus " +
  "--exhaust 2000 --json FILE`, then `deno task docs --scopes FILE`";

const isFaulted = (name: string): boolean => name.endsWith(", one fault");

/** What the documents say of a test's interleavings, where the section is there. */
async function documented(id: string): Promise<string | undefined> {
  const page = await Deno.readTextFile(
    new URL("../../docs/litmus.md", import.meta.url),
  );
  const section = page.slice(page.indexOf("### Litmus tests"));
  const row = section.split("\n").find((line) => line.startsWith(`| ${id} |`));
  return row?.split(" | ")[1];
}

async function runAll(scopes: readonly LitmusScope[]): Promise<ScopeReport[]> {
  const reports: ScopeReport[] = [];
  const found: string[] = [];
  for (const scope of scopes) {
    const { name } = scope.program;
    reports.push(
      await runScope(scope, thisEngine(), {
        maxRuns: mostRuns(scope),
        onRun: (run, verdicts) =>
          found.push(
            ...verdicts.map((verdict) =>
              `${name} ${run.vector.join(".")} ${formatVerdict(verdict)}`
            ),
          ),
      }),
    );
  }
  assertEquals(found, []);
  return reports;
}

const all = Map.groupBy(litmusScopes(thisEngine()), ({ id }) => id);
for (const [id, scopes] of all) {
  const name = LITMUS_TESTS.find((test) => test.id === id)?.name;
  Deno.test(`litmus ${id} ${name}, its schedules`, async () => {
    const reports = await runAll(scopes);
    const plain = reports.filter((report) => !isFaulted(report.name));
    const line = describeScopes(plain);
    console.log(`litmus ${id} ${describeScopes(reports)}`);
    if (plain.every(({ exploration }) => exploration.exhausted)) {
      // Counted to the end here too: the documents must say the same.
      assertEquals(await documented(id), line, ANEW);
    } else assert(/sampled [\d,]+ of about/.test(line), line);
  });
}

Deno.test("every litmus test has programs, or a reason to have none", () => {
  const ids = [
    ...LITMUS_PROGRAMS.map(({ id }) => id),
    ...Object.keys(NO_PROGRAMS),
  ];
  assertEquals(
    ids.toSorted(),
    LITMUS_TESTS.map(({ id }) => id).toSorted(),
  );
});

Deno.test("scopes of litmus tests have names of their own", () => {
  const names = litmusScopes(thisEngine()).map(({ program }) => program.name);
  assertEquals(new Set(names).size, names.length);
});
