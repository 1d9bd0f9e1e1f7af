/**
 * The scenarios of the mutants: small programs in which one thing matters.
 *
 * @module
 */

import type { JsonPredicate, JsonRow } from "../engine_adapter.ts";
import {
  type FaultPlan,
  type Program,
  type Script,
  type Setup,
  type Step,
  SUITE_SCHEMA,
} from "../simulation/program.ts";

/** An append. */
export const append = (...rows: JsonRow[]): Step => ({
  op: "append",
  request: { rows },
});
/** A delete. */
export const remove = (where?: JsonPredicate): Step => ({
  op: "delete",
  request: where ? { where } : {},
});
/** An update of x and gen. */
export const bump = (where?: JsonPredicate): Step => ({
  op: "update",
  request: { set: { x: { add: 1 }, gen: { add: 1 } }, ...(where && { where }) },
});
/** INSERT … SELECT. */
export const select = (where: JsonPredicate): Step => ({
  op: "appendSelect",
  request: { where, add: { gen: 100 } },
});
/** An optimize. */
export const OPTIMIZE: Step = { op: "optimize", request: {} };
/** A checkpoint. */
export const CHECKPOINT: Step = { op: "checkpoint", request: {} };
/** A refresh. */
export const REFRESH: Step = { op: "refresh", request: {} };
/** A read. */
export const READ: Step = { op: "read", request: {} };
/** An open of the newest version. */
export const OPEN: Step = { op: "open", request: {} };
/** A log cleanup. */
export const CLEANUP: Step = { op: "cleanup", request: {} };
/** A pause. */
export const sleep = (days: number): Step => ({
  op: "sleep",
  ms: days * 86_400_000,
});

/** p = a. */
export const IN_A: JsonPredicate = ["=", "p", "a"];
/** p = b. */
export const IN_B: JsonPredicate = ["=", "p", "b"];

/** Partitioned by p: (a,1), (a,2), (b,1). */
export const P2: Setup = {
  partitionColumns: ["p"],
  steps: [append(["a", 1], ["a", 2], ["b", 1])],
};
/** P2 with a second file in p=a. */
export const P2_AND_ONE: Setup = {
  partitionColumns: ["p"],
  steps: [append(["a", 1], ["a", 2], ["b", 1]), append(["a", 3])],
};
/** The rows of P2, unpartitioned. */
export const U: Setup = { steps: [append(["a", 1], ["a", 2], ["b", 1])] };

/** A program of clients w1, w2, … */
export function program(
  name: string,
  setup: Setup,
  scripts: readonly (readonly Step[])[],
  faults?: FaultPlan,
  more: Partial<Program> = {},
): Program {
  return {
    name,
    setup,
    scripts: scripts.map((steps, i): Script => ({
      client: `w${i + 1}`,
      steps,
    })),
    ...(faults && { faults }),
    ...more,
  };
}

/** Two appends of a row each. */
export function appenders(name: string, faults?: FaultPlan): Program {
  return program(name, U, [[append(["a", 7])], [append(["a", 8])]], faults);
}

/** A log that is cleaned while a writer with an old handle sleeps. */
export const CLEANED: Program = program(
  "late writer after cleanup",
  {
    steps: [append(["a", 1])],
    configuration: {
      "delta.logRetentionDuration": "interval 1 days",
      "delta.enableExpiredLogCleanup": "true",
    },
  },
  [
    [sleep(41), append(["a", 7])],
    [
      append(["a", 8]),
      append(["a", 9]),
      sleep(30),
      append(["b", 1]),
      CHECKPOINT,
      sleep(5),
      append(["b", 2]),
      CLEANUP,
    ],
  ],
);

/** Two clients that each create the table. */
export const CREATORS: Program = {
  name: "two creators",
  setup: { exists: false },
  scripts: ["w1", "w2"].map((client) => ({
    client,
    opensFirst: false,
    steps: [{
      op: "create",
      request: { schema: SUITE_SCHEMA, mode: "error" },
    }],
  })),
};

/** A table with a txn, a checkpoint of it, and a client that repeats the batch. */
export const REPEATED_BATCH: Program = program(
  "a batch repeated after a checkpoint",
  {
    steps: [{
      op: "append",
      request: { rows: [["a", 1]], txn: { appId: "app", version: 1 } },
    }],
  },
  [[CHECKPOINT, OPEN, {
    op: "append",
    request: { rows: [["a", 1]], txn: { appId: "app", version: 1 } },
  }]],
);
