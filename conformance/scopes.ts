/**
 * The scopes that are enumerated: small programs, every run of each.
 *
 * @module
 */

import type { Level } from "./checkers/evidence.ts";
import {
  type EngineAdapter,
  has,
  type OperationName,
} from "./engine_adapter.ts";
import { faultedPrograms } from "./faulted_scopes.ts";
import {
  append,
  bump,
  CHECKPOINT,
  IN_A,
  IN_B,
  OPTIMIZE,
  P2_AND_ONE,
  program,
  remove,
  select,
  U,
} from "./mutants/scenarios.ts";
import {
  type Program,
  type Setup,
  type Step,
  SUITE_SCHEMA,
} from "./simulation/program.ts";

/** A program of which every run is made. */
export interface Scope {
  /** The program; its name is the scope's. */
  readonly program: Program;
  /** The level it is judged by. */
  readonly level: Level;
  /** What it is one of: `pairs`, `three clients`, … */
  readonly kind: string;
  /** The litmus test that it belongs to. */
  readonly id?: string;
}

const STEPS: readonly (readonly [string, Step])[] = [
  ["append a", append(["a", 7])],
  ["append b and null", append(["b", 7], [null, 8])],
  ["delete a", remove(IN_A)],
  ["delete null", remove(["isNull", "p"])],
  ["delete all", remove()],
  ["update a", bump(IN_A)],
  ["update b", bump(IN_B)],
  ["update x >= 2", bump([">=", "x", "2"])],
  ["insert select a", select(IN_A)],
  ["overwrite", { op: "overwrite", request: { rows: [["c", 1]] } }],
  ["replace a", {
    op: "overwrite",
    request: { rows: [["a", 5]], where: IN_A },
  }],
  ["merge", {
    op: "merge",
    request: {
      rows: [["a", 2], ["b", 9]],
      schema: SUITE_SCHEMA,
      on: ["x"],
      whenMatched: "update",
      whenNotMatched: "insert",
    },
  }],
  ["optimize", OPTIMIZE],
  ["restore", { op: "restore", request: { version: 1 } }],
  ["set a property", {
    op: "alter",
    request: {
      setProperties: { "delta.logRetentionDuration": "interval 9 days" },
    },
  }],
  ["add a constraint", {
    op: "alter",
    request: { addConstraint: { name: "small", expression: "x < 100" } },
  }],
  ["add a column", {
    op: "alter",
    request: {
      addColumns: [{ name: "c", type: "long", nullable: true, metadata: {} }],
    },
  }],
  ["checkpoint", CHECKPOINT],
];

/** The levels, strongest first. */
export const LEVELS: readonly Level[] = [
  "Serializable",
  "WriteSerializable",
  "SnapshotIsolation",
];

const OF_THE_SUITE: ReadonlySet<string> = new Set([
  "sleep",
  "settle",
  "disturb",
]);

function supports(adapter: EngineAdapter, step: Step): boolean {
  return OF_THE_SUITE.has(step.op) ||
    has(adapter, step.op as OperationName);
}

/** Whether an engine has every operation of a program. */
export function runsOn(adapter: EngineAdapter, program: Program): boolean {
  return [program.setup, ...program.scripts].every(({ steps = [] }) =>
    steps.every((step) => supports(adapter, step))
  );
}

/** Every pair of operations, on a partitioned table and on one that is not, at a level. */
export function pairs(
  adapter: EngineAdapter,
  level: Level = "Serializable",
): Scope[] {
  const configuration: Readonly<Record<string, string>> =
    level === "Serializable" ? {} : { "delta.isolationLevel": level };
  const setups: readonly (readonly [string, Setup])[] = [
    ["partitioned", P2_AND_ONE],
    ["unpartitioned", U],
  ];
  const known = STEPS.filter(([, step]) => supports(adapter, step));
  return known.flatMap(([first, a], i) =>
    known.slice(i).flatMap(([second, b]) =>
      setups.map(([kind, setup]): Scope => ({
        level,
        kind: "pairs",
        program: program(
          `${first} ‖ ${second}, ${kind}, ${level}`,
          { ...setup, configuration },
          [[a], [b]],
        ),
      }))
    )
  );
}

/** Programs beyond pairs that an engine has the operations for. */
export function faulted(adapter: EngineAdapter): Scope[] {
  return Object.entries(faultedPrograms()).flatMap(([kind, programs]) =>
    programs.filter((program) => runsOn(adapter, program))
      .map((program): Scope => ({ program, level: "Serializable", kind }))
  );
}

/** Every scope that an engine can be put through. */
export function scopesFor(adapter: EngineAdapter): Scope[] {
  const [serializable, ...weaker] = LEVELS;
  return [
    ...pairs(adapter, serializable),
    ...faulted(adapter),
    ...weaker.flatMap((level) => pairs(adapter, level)),
  ];
}
