/**
 * The part of `docs/litmus.md` on scopes and suites, made from reports of
 * `deno task conformance --json`: nothing is said there that did not run.
 *
 * @module
 */

import { thisEngine } from "../conformance/adapters/this_engine.ts";
import { NO_PROGRAMS } from "../conformance/litmus/programs.ts";
import { litmusScopes } from "../conformance/litmus/scopes.ts";
import type { SuiteReport } from "../conformance/run_suite.ts";
import { describeScopes, type ScopeReport } from "../conformance/scope_runs.ts";
import { type Scope, scopesFor } from "../conformance/scopes.ts";
import { describeExploration } from "../conformance/simulation/explore.ts";
import type { Program } from "../conformance/simulation/program.ts";

const KEPT = /<!-- scopes -->[\s\S]*<!-- end of scopes -->/;

/** The page with another part on scopes. */
export function withScopes(page: string, section: string): string {
  return page.replace(
    KEPT,
    () => `<!-- scopes -->\n\n${section}\n\n<!-- end of scopes -->`,
  );
}

/** Of the reports of one scope the one that went furthest, by the scope's name. */
function furthest(reports: readonly ScopeReport[]): Map<string, ScopeReport> {
  const rank = ({ exploration }: ScopeReport): number =>
    exploration.exhausted ? Infinity : exploration.runs;
  const found = new Map<string, ScopeReport>();
  for (const report of reports) {
    const other = found.get(report.name);
    if (!other || rank(report) > rank(other)) found.set(report.name, report);
  }
  return found;
}

/** What may go wrong in a program. */
function faultsOf({ faults, powerCut, scripts }: Program): string {
  const disturbs = scripts.some(({ steps }) =>
    steps.some(({ op }) => op === "disturb")
  );
  if (powerCut) return "power lost at any change of the disk";
  if (disturbs) return "another hand";
  if (!faults) return "none";
  const kinds = [
    ...new Set([...faults.onCommit ?? [], ...faults.onOther ?? []]),
  ];
  return `≤ ${faults.budget} of ${kinds.join(", ")}`;
}

function sizeOf({ scripts, maxPreemptions }: Program): string {
  const steps = scripts.map(({ steps }) => steps.length).join(" + ");
  const bound = maxPreemptions === undefined
    ? ""
    : `, ≤ ${maxPreemptions} preemptions`;
  return `${scripts.length} × ${steps}${bound}`;
}

function told(report: ScopeReport): string {
  const { exploration, verdicts } = report;
  return `${describeExploration(exploration)} | ${exploration.states} | ${
    verdicts === 0 ? "none" : verdicts
  }`;
}

/** One row for the pairs of one level and table. */
function pairRows(
  reports: ReadonlyMap<string, ScopeReport>,
  scopes: readonly Scope[],
): string[] {
  const groups = Map.groupBy(
    scopes.filter(({ kind }) => kind === "pairs"),
    ({ level, program }) => `${level} | ${program.name.split(", ").at(-2)}`,
  );
  return [...groups].map(([group, of]) => {
    const made = of.flatMap(({ program }) => reports.get(program.name) ?? []);
    const sum = (count: (r: ScopeReport) => number): number =>
      made.reduce((n, r) => n + count(r), 0);
    return `| ${group} | ${made.length} | ${describeScopes(made)} | ${
      sum((r) => r.exploration.states)
    } | ${sum((r) => r.verdicts) || "none"} |`;
  });
}

function otherRows(
  reports: ReadonlyMap<string, ScopeReport>,
  scopes: readonly Scope[],
): string[] {
  return scopes.filter(({ kind }) => kind !== "pairs").map((scope) => {
    const { program, kind } = scope;
    const report = reports.get(program.name);
    if (!report) throw new Error(`no report has the scope ${program.name}`);
    return `| ${program.name} | ${kind} | ${sizeOf(program)} | ${
      faultsOf(program)
    } | ${told(report)} |`;
  });
}

function litmusRows(reports: readonly ScopeReport[]): string[] {
  const tests = Map.groupBy(reports, ({ id }) => id ?? "");
  return [...tests].map(([id, of]) => {
    const plain = of.filter(({ name }) => !name.endsWith(", one fault"));
    const faulted = of.filter(({ name }) => name.endsWith(", one fault"));
    const verdicts = of.reduce((n, r) => n + r.verdicts, 0);
    return `| ${id} | ${describeScopes(plain)} | ${
      faulted.length > 0 ? describeScopes(faulted) : "by itself"
    } | ${verdicts || "none"} |`;
  });
}

const yes = (text: string | undefined): string => text ?? "–";

/** Which suite ran where, as the reports say. */
function suiteRows(reports: readonly SuiteReport[]): string[] {
  const on = (kind: string): SuiteReport[] =>
    reports.filter(({ store }) => (store ?? "memory") === kind);
  const first = <T>(list: readonly T[]): T | undefined => list[0];
  const cells = (of: (report: SuiteReport) => string | undefined): string =>
    ["folder", "S3"].map((kind) =>
      yes(first(on(kind).flatMap((report) => of(report) ?? [])))
    ).join(" | ");
  const all = reports.flatMap(({ scopes }) => scopes);
  const cuts = all.filter(({ kind }) => kind === "power cut at any call");
  const runs = (list: readonly ScopeReport[]): string =>
    list.reduce((n, { exploration }) => n + exploration.runs, 0)
      .toLocaleString("en-US");
  const litmus = reports.flatMap((report) => report.litmus);
  const random = reports.flatMap((r) => Object.values(r.randomRuns))
    .reduce((n, m) => n + m, 0);
  const command = (suite: string, store = ""): string =>
    `\`deno task conformance --suite ${suite}${store}\``;
  const URL = " --store URL";
  return [
    `| exhaustive | ${runs(all)} runs | ${
      runs(cuts)
    } runs with power cuts | – | – | ${command("exhaustive")} |`,
    `| litmus | ${runs(litmus)} runs | C11, C12 | – | – | ${
      command("litmus")
    } |`,
    `| random | ${random.toLocaleString("en-US")} programs | – | – | – | ${
      command("random")
    } |`,
    `| held | – | – | ${
      cells(({ heldHandles: { tests, runs } }) =>
        runs > 0 ? `${tests} tests, ${runs} runs` : undefined
      )
    } | ${command("held", URL)} |`,
    `| races | – | – | ${
      cells(({ races }) => races > 0 ? `${races} races` : undefined)
    } | ${command("races", URL)} |`,
    `| processes | – | – | ${
      cells(({ processes }) =>
        processes.length > 0
          ? `${processes.length} rounds, ${
            processes.reduce((n, c) => n + c.killed, 0)
          } of ${processes.reduce((n, c) => n + c.processes, 0)} killed`
          : undefined
      )
    } | ${command("processes", URL)} |`,
  ];
}

/**
 * The section.
 *
 * @param reports At least one with every scope of `exhaustive`, and one with every scope of `litmus`.
 */
export function scopesSection(reports: readonly SuiteReport[]): string {
  const made = furthest(reports.flatMap(({ scopes }) => scopes));
  const scopes = scopesFor(thisEngine());
  const missing = scopes.find(({ program }) => !made.has(program.name));
  if (missing) throw new Error(`no report has ${missing.program.name}`);
  const ofTests = furthest(reports.flatMap(({ litmus }) => litmus));
  const litmus = litmusScopes(thisEngine()).map(({ program }) => {
    const report = ofTests.get(program.name);
    if (!report) throw new Error(`no report has ${program.name}`);
    return report;
  });
  const total = [...made.values(), ...litmus]
    .reduce((n, { exploration }) => n + exploration.runs, 0);
  return [
    `Written by \`deno task docs --scopes FILE…\` from reports of \`deno task conformance --exhaust N --json FILE\`: ${
      total.toLocaleString("en-US")
    } runs in ${made.size + litmus.length} scopes.`,
    "Where several reports have a scope, the one that went furthest counts; the first",
    "table below counts all of them.",
    "What is sampled was run depth first for three quarters of its runs and drawn at",
    "random for the rest; the estimate is from those drawn. States are the distinct",
    'ends: what the store holds and how each operation ended. "2 × 1 + 2" is two',
    "clients, one operation and two.",
    "",
    "`deno task test` runs every scope of the litmus tests (30 runs of each at most, 12 at",
    "the weaker levels, 8 with faults) and a sample of the others; CI runs all suites for",
    "60 s each in simulation, in a folder and on MinIO, in an order drawn from the seed,",
    "and 10,000 random races; `deno task soak` runs every scope, up to 2,000 runs of one,",
    "and 100,000 random races.",
    "",
    "### Where each suite runs",
    "",
    "| suite | in memory | on a simulated disk | on a folder | on MinIO | command |",
    "| --- | --- | --- | --- | --- | --- |",
    ...suiteRows(reports),
    "",
    "The contract of a store itself: `deno task store URL`.",
    "",
    "### Pairs of operations, every interleaving",
    "",
    "| level | table | pairs | runs | states | verdicts |",
    "| --- | --- | --- | --- | --- | --- |",
    ...pairRows(made, scopes),
    "",
    "### Faults, crashes, power cuts, upkeep, three clients",
    "",
    "| scope | about | clients × operations | faults | runs | states | verdicts |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...otherRows(made, scopes),
    "",
    "### Litmus tests",
    "",
    "| id | every interleaving | with at most one fault | verdicts |",
    "| --- | --- | --- | --- |",
    ...litmusRows(litmus),
    "",
    "Not programs of the simulation, and tested by hand-written cases alone:",
    "",
    ...Object.entries(NO_PROGRAMS).map(([id, why]) => `- ${id} ${why}.`),
  ].join("\n");
}

/** Reads reports. */
export async function readReports(
  paths: readonly string[],
): Promise<SuiteReport[]> {
  return await Promise.all(
    paths.map(async (path) => JSON.parse(await Deno.readTextFile(path))),
  );
}
