/**
 * The litmus programs as scopes: at every level, and with at most one fault.
 *
 * @module
 */

import type { Level } from "../checkers/evidence.ts";
import type { EngineAdapter } from "../engine_adapter.ts";
import { LEVELS, runsOn, type Scope } from "../scopes.ts";
import type { Program } from "../simulation/program.ts";
import { LITMUS_PROGRAMS, ONE_FAULT } from "./programs.ts";

/** A scope of a litmus test. */
export interface LitmusScope extends Scope {
  /** The test. */
  readonly id: string;
}

function at(program: Program, level: Level): Program {
  const { setup, name } = program;
  if (level === "Serializable") return program;
  return {
    ...program,
    name: `${name}, ${level}`,
    setup: {
      ...setup,
      configuration: { ...setup.configuration, "delta.isolationLevel": level },
    },
  };
}

/** Every scope of the litmus tests that an engine can be put through. */
export function litmusScopes(adapter: EngineAdapter): LitmusScope[] {
  return LITMUS_PROGRAMS.flatMap((test) => {
    const levels = test.everyLevel ? LEVELS : LEVELS.slice(0, 1);
    const runnable = test.programs.filter((p) => runsOn(adapter, p));
    const plain = runnable.flatMap((program) =>
      levels.map((level) => ({ program: at(program, level), level }))
    );
    const faulted = test.withFault
      ? runnable.map((program): { program: Program; level: Level } => ({
        program: {
          ...program,
          name: `${program.name}, one fault`,
          faults: ONE_FAULT,
        },
        level: "Serializable",
      }))
      : [];
    return [...plain, ...faulted].map((scope): LitmusScope => ({
      ...scope,
      kind: "litmus",
      id: test.id,
    }));
  });
}
