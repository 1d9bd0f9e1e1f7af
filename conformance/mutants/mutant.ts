/**
 * A mutant: this engine, or its store, with one small defect planted through a
 * seam, a scenario in which the defect matters, and the checks that see it.
 *
 * @module
 */

import { thisEngine } from "../adapters/this_engine.ts";
import type { Level } from "../checkers/evidence.ts";
import type { CheckId } from "../checkers/verdict.ts";
import type {
  EngineAdapter,
  OperationName,
  Reply,
  Requests,
} from "../engine_adapter.ts";
import { defaultRules, type RebaseRules } from "../../src/mod.ts";
import type { Program } from "../simulation/program.ts";
import type { WrapStore } from "../simulation/run_program.ts";

/** A program in which a defect matters. */
export interface Scenario {
  /** The program. */
  readonly program: Program;
  /** The level it is judged by; Serializable by default. */
  readonly level?: Level;
  /** What stands between client and store also without a defect: a foreign writer's ways, say. */
  readonly wrap?: WrapStore;
  /** Whether power is cut at the end: the run is then made on a simulated file system. */
  readonly powerCut?: boolean;
}

/** One planted defect. */
export interface Mutant {
  /** Its name in the design, or Q35 and on. */
  readonly id: string;
  /** The defect. */
  readonly defect: string;
  /** Through which seam it is planted. */
  readonly seam: "rules" | "store" | "adapter" | "file system";
  /** Checks of which each may see it. */
  readonly killedBy: readonly CheckId[];
  /** Where it matters. */
  readonly scenario: Scenario;
  /** Why random programs cannot find it, where they cannot. */
  readonly beyondPrograms?: string;
  /** Rules of the commit loop that it replaces. */
  readonly rules?: Partial<RebaseRules>;
  /** What it puts between client and store, above the scenario's own. */
  readonly wrap?: WrapStore;
  /** What it makes of an operation. */
  readonly intercept?: Intercept;
  /** Whether files and directories are synced before a commit is acknowledged; true by default. */
  readonly syncs?: boolean;
}

/** An operation on its way to the engine. */
export interface Intercepted<Name extends OperationName = OperationName> {
  /** Which. */
  readonly op: Name;
  /** On which handle. */
  readonly handle: string;
  /** What was asked. */
  readonly request: Requests[Name];
  /** The engine, unmutated. */
  run<Other extends OperationName>(
    op: Other,
    handle: string,
    request: Requests[Other],
  ): Promise<Reply>;
}

/** Changes an operation; `undefined` leaves it as it is. */
export type Intercept = (call: Intercepted) => Promise<Reply> | undefined;

/** The engine with a mutant's rules and interceptions. */
export function mutated(mutant: Mutant): EngineAdapter {
  const engine = thisEngine({
    name: `litmus with ${mutant.id}`,
    rules: { ...defaultRules, ...mutant.rules },
  });
  const { intercept } = mutant;
  if (!intercept) return engine;
  return {
    ...engine,
    connect: async (options) => {
      const client = await engine.connect(options);
      return {
        close: () => client.close(),
        run: (op, handle, request) =>
          intercept({
            op,
            handle,
            request,
            run: (...args) => client.run(...args),
          }) ?? client.run(op, handle, request),
      };
    },
  };
}

/** The scenario's wrapper with the mutant's above it. */
export function wrapped(
  scenario: Scenario,
  mutant?: Mutant,
): WrapStore | undefined {
  const { wrap: base } = scenario;
  const top = mutant?.wrap;
  if (!base || !top) return top ?? base;
  return (store, client) => top(base(store, client), client);
}
