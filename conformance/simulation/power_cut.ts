/**
 * Runs on a simulated disk that loses power when all is acknowledged: what was
 * acknowledged must be there when it comes back.
 *
 * @module
 */

import { fileStore } from "../../src/store/mod.ts";
import {
  buildEvidence,
  type Evidence,
  type Level,
} from "../checkers/evidence.ts";
import type { EngineAdapter } from "../engine_adapter.ts";
import type { Program } from "./program.ts";
import { type FinalObject, type Run, runProgram } from "./run_program.ts";
import { simulatedFileSystem } from "./simulated_file_system.ts";

/** A run, and what the disk held afterwards. */
export interface PowerCutRun {
  /** The run. */
  readonly run: Run;
  /** It as evidence, the power cut included. */
  evidence(level: Level): Promise<Evidence>;
}

/** Runs a program once on a simulated disk, cuts the power, and looks. */
export async function runWithPowerCut(
  program: Program,
  adapter: EngineAdapter,
  options: { readonly syncs: boolean },
): Promise<PowerCutRun> {
  const disk = simulatedFileSystem({
    now: () => Date.UTC(2026, 0, 1),
    syncs: options.syncs,
  });
  const store = fileStore("/table", { fileSystem: disk });
  const run = await runProgram(program, adapter, [], { store });
  disk.powerCut();
  const left = new Map<string, FinalObject>();
  for await (const { path, lastModified } of store.list("")) {
    const found = await store.get(path);
    if (found) left.set(path, { path, bytes: found.bytes, lastModified });
  }
  return {
    run,
    evidence: (level) =>
      buildEvidence({
        level,
        history: run.history,
        trace: run.trace,
        objects: run.objects,
        faults: run.faults,
        afterPowerCut: left,
      }),
  };
}
