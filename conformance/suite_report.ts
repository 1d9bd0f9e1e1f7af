/**
 * What the suite found, and how it is told.
 *
 * @module
 */

import { formatVerdict, type Verdict } from "./checkers/verdict.ts";
import type { HistoryEvent } from "./history/history.ts";
import type { ProcessCounts } from "./process_races.ts";
import { describeScopes, type ScopeReport } from "./scope_runs.ts";
import { describeExploration } from "./simulation/explore.ts";
import type { Run } from "./simulation/run_program.ts";

/** The suites, by name. */
export const SUITES = [
  "exhaustive",
  "litmus",
  "held",
  "races",
  "processes",
  "random",
] as const;

/** The name of a suite. */
export type SuiteName = typeof SUITES[number];

/** What failed. */
export interface SuiteFailure {
  /** The suite. */
  readonly suite: SuiteName;
  /** The scope or program. */
  readonly program: string;
  /** What the checks say. */
  readonly verdicts: readonly Verdict[];
  /** Who moved when. */
  readonly schedule: readonly string[];
  /** What was asked and answered. */
  readonly history: readonly string[];
  /** The arguments that replay it. */
  readonly replay: string;
  /** What was judged, where it is at hand: for `saveFailures`. */
  readonly run?: () => unknown;
  /** Where the run was saved, to be judged again. */
  readonly saved?: string;
}

/** What the suite found. */
export interface SuiteReport {
  /** The engine. */
  readonly engine: string;
  /** What live suites ran on: `memory` where there were none. */
  readonly store: string;
  /** The seed. */
  readonly seed: number;
  /** Runs made, all together. */
  readonly runs: number;
  /** Each scope enumerated. */
  readonly scopes: readonly ScopeReport[];
  /** Random programs made, by level. */
  readonly randomRuns: Readonly<Record<string, number>>;
  /** Each scope of the litmus tests. */
  readonly litmus: readonly ScopeReport[];
  /** Litmus tests on the store by held handles, and runs of them. */
  readonly heldHandles: { readonly tests: number; readonly runs: number };
  /** Rounds of processes on one table. */
  readonly processes: readonly ProcessCounts[];
  /** Live races made. */
  readonly races: number;
  /** Programs that could not be run, because the engine refused their table, and why. */
  readonly refused: readonly string[];
  /** Everything found. */
  readonly failures: readonly SuiteFailure[];
  /** Violations of SAFETY among them. */
  readonly safetyViolations: number;
  /** How often replay and cycle search did not agree: the judge is wrong then, or was told a wrong version. */
  readonly disagreements: number;
  /** How long it took. */
  readonly durationMs: number;
}

/** A run's story: who moved when, what was asked and answered. */
export function storyOf(
  run: Run,
): Pick<SuiteFailure, "schedule" | "history" | "run"> {
  return {
    run: () => run,
    schedule: run.steps.map(({ client, about }) => `${client} ${about}`),
    history: formatEvents(run.history),
  };
}

/** A history for people, a line an event. */
export function formatEvents(history: readonly HistoryEvent[]): string[] {
  return history.map((event) =>
    event.type === "invoke"
      ? `${event.time} ${event.opId} ${event.call.op} ${
        JSON.stringify(event.call.request)
      }`
      : `${event.time} ${event.opId} ${event.type} ${
        event.reply?.ok
          ? `version ${event.reply.version}`
          : event.reply?.error.message ?? ""
      }`
  );
}

/** A report for people. */
export function formatReport(report: SuiteReport): string {
  const { scopes, randomRuns, failures, heldHandles, processes } = report;
  const sampled = scopes.filter((scope) => !scope.exploration.exhausted);
  const tests = Map.groupBy(report.litmus, ({ id }) => id ?? "");
  const sum = (of: (counts: ProcessCounts) => number): number =>
    processes.reduce((n, counts) => n + of(counts), 0);
  return [
    ...(scopes.length > 0
      ? [
        `exhaustive   ${scopes.length} scopes: ${describeScopes(scopes)}`,
        ...sampled.map(({ name, exploration }) =>
          `             ${name}: ${describeExploration(exploration)}`
        ),
      ]
      : []),
    ...[...tests].map(([id, of], i) =>
      `${i === 0 ? "litmus" : "      "}       ${id.padEnd(4)}${
        describeScopes(of)
      }`
    ),
    ...(heldHandles.runs > 0
      ? [
        `held         ${heldHandles.tests} litmus tests by held handles, both orders, ${heldHandles.runs} runs on the store`,
      ]
      : []),
    ...(report.races > 0 ? [`races        ${report.races} on the store`] : []),
    ...(processes.length > 0
      ? [
        `processes    ${processes.length} rounds on the store, ${
          sum((c) => c.processes)
        } processes, ${sum((c) => c.killed)} killed; ${
          sum((c) => c.acknowledged)
        } operations acknowledged, ${sum((c) => c.commits)} commits`,
      ]
      : []),
    ...Object.entries(randomRuns).map(([level, runs]) =>
      `random       ${runs} programs at ${level}`
    ),
    ...report.refused.map((why) => `not run      ${why}`),
    ...failures.flatMap(formatFailure),
    report.runs === 0
      ? "nothing was run: the time was too short, or the part has no scopes"
      : failures.length === 0
      ? `clean: ${report.runs} runs in ${
        (report.durationMs / 1000).toFixed(1)
      } s${
        report.refused.length === 0
          ? ""
          : `, ${report.refused.length} programs not run`
      }`
      : `${failures.length} failures, ${report.safetyViolations} of SAFETY${
        report.disagreements > 0
          ? `, ${report.disagreements} where the judge's two opinions differ`
          : ""
      }`,
  ].join("\n");
}

/** A failure for people, the line that replays it last. */
export function formatFailure(failure: SuiteFailure): string[] {
  return [
    "",
    `FAILED ${failure.suite}: ${failure.program}`,
    ...failure.verdicts.map(formatVerdict),
    "history:",
    ...failure.history.map((line) => `  ${line}`),
    "schedule:",
    ...failure.schedule.map((line) => `  ${line}`),
    `replay: deno task conformance ${failure.replay}`,
    ...(failure.saved === undefined
      ? []
      : [`judge again: deno task conformance --check ${failure.saved}`]),
    "",
  ];
}
