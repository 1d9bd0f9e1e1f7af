/**
 * The scopes that are enumerated: small programs, every run of each.
 *
 * @module
 */

import type { Level } from "./checkers/evidence.ts";
import { type EngineAdapter, has } from "./engine_adapter.ts";
import {
  append,
  appenders,
  bump,
  CHECKPOINT,
  CLEANED,
  CREATORS,
  IN_A,
  IN_B,
  OPTIMIZE,
  P2_AND_ONE,
  program,
  READ,
  REFRESH,
  remove,
  REPEATED_BATCH,
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

const LEVELS: readonly Level[] = [
  "Serializable",
  "WriteSerializable",
  "SnapshotIsolation",
];

function supports(adapter: EngineAdapter, step: Step): boolean {
  return step.op === "sleep" || step.op === "settle" || has(adapter, step.op);
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
        program: program(
          `${first} ‖ ${second}, ${kind}, ${level}`,
          { ...setup, configuration },
          [[a], [b]],
        ),
      }))
    )
  );
}

const ONE_FAULT = {
  budget: 1,
  onCommit: ["before", "lost-ack", "zombie", "conflict", "rejected"],
} as const;

/** Programs with faults, crashes and more clients. */
export function faulted(adapter: EngineAdapter): Scope[] {
  const batch: Step = {
    op: "append",
    request: { rows: [["a", 7]], txn: { appId: "app", version: 1 } },
  };
  const programs: readonly Program[] = [
    appenders("two appenders, one fault", ONE_FAULT),
    program("update ‖ update, one fault", U, [[bump()], [bump()]], ONE_FAULT),
    program(
      "delete ‖ append, one fault",
      P2_AND_ONE,
      [[remove(IN_A)], [append(["a", 9])]],
      ONE_FAULT,
    ),
    program(
      "append, crash anywhere, again with its txn",
      U,
      [[batch, batch]],
      { budget: 1, onCommit: ["crash"], onOther: ["crash"] },
      { everyCallMatters: true, everyAnswerMatters: true },
    ),
    program(
      "append, unknown, settled",
      U,
      [[append(["a", 7]), { op: "settle" }], [append(["a", 8])]],
      { budget: 1, onCommit: ["silence", "zombie"] },
    ),
    program("three appenders", U, [
      [append(["a", 7])],
      [append(["a", 8])],
      [append(["a", 9])],
    ]),
    program("one batch by two clients", U, [[batch], [batch]], ONE_FAULT),
    program("writer and reader", P2_AND_ONE, [
      [remove(IN_B), append(["a", 9])],
      [REFRESH, READ, REFRESH, READ],
    ]),
    program("insert select ‖ optimize, delete", P2_AND_ONE, [
      [select(IN_A)],
      [OPTIMIZE, remove(IN_A)],
    ]),
    program("checkpoint ‖ checkpoint ‖ append", U, [
      [CHECKPOINT],
      [CHECKPOINT],
      [append(["a", 9])],
    ]),
    CREATORS,
    CLEANED,
    REPEATED_BATCH,
  ];
  return programs.filter((p) =>
    p.scripts.every((s) => s.steps.every((step) => supports(adapter, step)))
  ).map((p) => ({ program: p, level: "Serializable" }));
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
