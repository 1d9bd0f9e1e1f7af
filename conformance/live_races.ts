/**
 * Races on a real store: the scripts of a program run at once, nobody decides
 * who moves. Each client has a handle of its own that writes its trace.
 *
 * @module
 */

import { type ObjectStore, systemHost } from "../src/mod.ts";
import type { EngineAdapter } from "./engine_adapter.ts";
import type { Program } from "./simulation/program.ts";
import { type Run, runProgram } from "./simulation/run_program.ts";

/** Opens a fresh place on a store, and a way to remove it. */
export type OpenStore = () => Promise<{
  /** The store, rooted at the place. */
  readonly store: ObjectStore;
  /** Removes the place. */
  remove(): Promise<void>;
}>;

/** Runs a program's scripts at once on a real store; programs that wait for days are left out. */
export async function races(
  program: Program,
  adapter: EngineAdapter,
  openStore: OpenStore,
): Promise<Run | undefined> {
  const waits = program.scripts.some((script) =>
    script.steps.some((step) => step.op === "sleep")
  );
  if (waits) return undefined;
  const { store, remove } = await openStore();
  try {
    return await runProgram(program, adapter, [], { store, host: systemHost });
  } finally {
    await remove();
  }
}
