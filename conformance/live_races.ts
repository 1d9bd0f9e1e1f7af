/**
 * Programs on a real store. Races: the scripts run at once, nobody decides who
 * moves. Held handles: all open their handles, then one script runs after the
 * other, in both orders, and must end as it does in memory. Each client has a
 * handle of its own that writes its trace.
 *
 * @module
 */

import { type ObjectStore, systemHost } from "../src/mod.ts";
import { evidenceOf } from "./checkers/evidence.ts";
import { judge } from "./checkers/judge.ts";
import { type Verdict, verdicts } from "./checkers/verdict.ts";
import type { EngineAdapter } from "./engine_adapter.ts";
import type { Scope } from "./scopes.ts";
import type { Program, Step } from "./simulation/program.ts";
import { type Run, runProgram } from "./simulation/run_program.ts";

/** Opens a fresh place on a store, and a way to remove it. */
export type OpenStore = () => Promise<{
  /** The store, rooted at the place. */
  readonly store: ObjectStore;
  /** Where that is, for other processes; nowhere by default. */
  readonly url?: string;
  /** Removes the place. */
  remove(): Promise<void>;
}>;

/** Whether a program can be run on a real store: it waits for no days, and nothing is to go wrong. */
export function isLive({ setup, scripts, faults, powerCut }: Program): boolean {
  const waits = (steps: readonly Step[] = []): boolean =>
    steps.some((step) => step.op === "sleep");
  return !faults && !powerCut && !waits(setup.steps) &&
    !scripts.some(({ steps }) => waits(steps));
}

/** Whether a program is a race of two, to be run in both orders. */
export function isHeld(program: Program): boolean {
  return isLive(program) && program.scripts.length === 2;
}

/** Runs a program's scripts at once on a real store. */
export async function races(
  program: Program,
  adapter: EngineAdapter,
  openStore: OpenStore,
): Promise<Run> {
  const { store, remove } = await openStore();
  try {
    return await runProgram(program, adapter, [], { store, host: systemHost });
  } finally {
    await remove();
  }
}

/** A run by held handles, and what is wrong with it. */
export interface HeldRun {
  /** The run. */
  readonly run: Run;
  /** What the checks say, and whether memory ends otherwise. */
  readonly verdicts: readonly Verdict[];
}

const otherwise = verdicts("C4", "CONTRACT");

/** Runs a scope in both orders on a real store, its handles opened before. */
export async function heldHandles(
  { program, level }: Scope,
  adapter: EngineAdapter,
  openStore: OpenStore,
): Promise<HeldRun[]> {
  const names = program.scripts.map(({ client }) => client);
  const out: HeldRun[] = [];
  for (const inOrder of [names, names.toReversed()]) {
    const wanted = endOf(await runProgram(program, adapter, [], { inOrder }));
    const { store, remove } = await openStore();
    try {
      const run = await runProgram(program, adapter, [], {
        store,
        host: systemHost,
        inOrder,
      });
      const got = endOf(run);
      const found = judge(await evidenceOf(run, level));
      const story = `${inOrder.join(", then ")}: in memory it ended with ` +
        `${wanted}, and here with ${got}.`;
      out.push({
        run,
        verdicts: got === wanted
          ? found
          : [...found, otherwise({ anomaly: "ends otherwise", story })],
      });
    } finally {
      await remove();
    }
  }
  return out;
}

/** How every operation ended, and the rows that are left: the same on every store. */
function endOf({ history }: Run): string {
  return history.flatMap((event) => {
    if (event.type === "invoke") return [];
    const { reply, opId } = event;
    if (!reply?.ok) {
      return [`${opId} ${reply?.error.name ?? reply?.error.code}`];
    }
    const rows = reply.rows?.map((row) => JSON.stringify(row)).sort().join(" ");
    return [`${opId} version ${reply.version}${rows ? ` ${rows}` : ""}`];
  }).join(", ");
}

/** Does something with each, so many at once. */
export async function inParallel<T>(
  all: readonly T[],
  most: number,
  each: (one: T) => Promise<void>,
): Promise<void> {
  const left = [...all].reverse();
  const work = async (): Promise<void> => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) {
      await each(one);
    }
  };
  await Promise.all(Array.from({ length: most }, work));
}
