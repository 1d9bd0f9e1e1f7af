/**
 * The scopes beyond pairs: faults, crashes and power cuts at every call, hints
 * that lie, upkeep beside writers, three clients.
 *
 * @module
 */

import {
  append,
  appenders,
  bump,
  CHECKPOINT,
  CLEANED,
  CLEANUP,
  CREATORS,
  IN_A,
  IN_B,
  OPEN,
  OPTIMIZE,
  P2_AND_ONE,
  program,
  READ,
  REFRESH,
  remove,
  REPEATED_BATCH,
  select,
  sleep,
  U,
} from "./mutants/scenarios.ts";
import type { HintState } from "./simulation/disturb.ts";
import {
  type FaultPlan,
  type Program,
  type Setup,
  type Step,
  SUITE_SCHEMA,
} from "./simulation/program.ts";

/** At most one fault, at any commit. */
export const ONE_FAULT: FaultPlan = {
  budget: 1,
  onCommit: ["before", "lost-ack", "zombie", "conflict", "rejected"],
};

/** An append of one row under an application's batch number. */
const BATCH: Step = {
  op: "append",
  request: { rows: [["a", 7]], txn: { appId: "app", version: 1 } },
};
const MERGE: Step = {
  op: "merge",
  request: {
    rows: [["a", 2], ["b", 9]],
    schema: SUITE_SCHEMA,
    on: ["x"],
    whenMatched: "update",
    whenNotMatched: "insert",
  },
};
const CREATE: Step = {
  op: "create",
  request: { schema: SUITE_SCHEMA, mode: "ignore" },
};
const VACUUM: Step = { op: "vacuum", request: {} };

/** Every operation that is interrupted: by a crash, and by a power cut. */
const INTERRUPTED: readonly (readonly [string, Step])[] = [
  ["append", BATCH],
  ["delete", remove(IN_A)],
  ["update", bump(IN_A)],
  ["merge", MERGE],
  ["insert select", select(IN_A)],
  ["overwrite", { op: "overwrite", request: { rows: [["c", 1]] } }],
  ["optimize", OPTIMIZE],
  ["restore", { op: "restore", request: { version: 1 } }],
  ["add a column", {
    op: "alter",
    request: {
      addColumns: [{ name: "c", type: "long", nullable: true, metadata: {} }],
    },
  }],
  ["add a constraint", {
    op: "alter",
    request: { addConstraint: { name: "small", expression: "x < 100" } },
  }],
  ["checkpoint", CHECKPOINT],
];

const EMPTY: Setup = { exists: false };
const CREATE_AND_APPEND: readonly Step[] = [CREATE, append(["a", 1])];

/** A log that is old enough to be cleaned, with a checkpoint, and a file old enough to be vacuumed; and a day that is young. */
const AGED: Setup = {
  partitionColumns: ["p"],
  configuration: {
    "delta.logRetentionDuration": "interval 4 days",
    "delta.deletedFileRetentionDuration": "interval 4 days",
  },
  steps: [
    append(["a", 1], ["a", 2], ["b", 1]),
    append(["a", 3]),
    remove(IN_A),
    sleep(8),
    append(["a", 4]),
    CHECKPOINT,
    sleep(8),
    append(["a", 5]),
    CHECKPOINT,
    sleep(1),
  ],
};

const CRASH: FaultPlan = {
  budget: 1,
  onCommit: ["crash", "crash-after"],
  onOther: ["crash", "crash-after"],
};
const EVERY_CALL = { everyCallMatters: true } as const;
/** One order of what one client sends at once. */
const ONE_ORDER = { ...EVERY_CALL, maxPreemptions: 0 } as const;

function crashes(): Program[] {
  const anywhere = (name: string, setup: Setup, steps: readonly Step[]) =>
    program(`${name}, crash anywhere`, setup, [steps], CRASH, ONE_ORDER);
  return [
    program(
      "append, crash anywhere, again with its txn",
      U,
      [[BATCH, BATCH]],
      CRASH,
      { ...EVERY_CALL, everyAnswerMatters: true },
    ),
    ...INTERRUPTED.slice(1).map(([name, step]) =>
      anywhere(name, P2_AND_ONE, [step])
    ),
    unopened(anywhere("create", EMPTY, CREATE_AND_APPEND)),
    anywhere("vacuum", AGED, [VACUUM]),
    anywhere("cleanup", AGED, [CLEANUP]),
  ];
}

/** The program with scripts that begin where there is no table to open. */
function unopened(of: Program): Program {
  return {
    ...of,
    scripts: of.scripts.map((script) => ({
      ...script,
      opensFirst: false,
      afterCrash: script.steps,
    })),
  };
}

/** Power is lost at every call that changes the disk, with each thing that it may leave. */
export function powerCuts(): Program[] {
  const cut = (
    name: string,
    setup: Setup,
    scripts: readonly (readonly Step[])[],
  ) =>
    program(`${name}, power cut`, setup, scripts, undefined, {
      powerCut: true,
      maxPreemptions: scripts.length - 1,
    });
  const later = append(["b", 9]);
  return [
    ...INTERRUPTED.map(([name, step]) =>
      cut(name, P2_AND_ONE, [[step, later]])
    ),
    unopened(cut("create", EMPTY, [CREATE_AND_APPEND])),
    cut("vacuum", AGED, [[VACUUM, later]]),
    cut("cleanup", AGED, [[CLEANUP, later]]),
    cut("two appenders", U, [[append(["a", 7])], [append(["a", 8])]]),
    cut("one batch by two clients", U, [[BATCH], [BATCH]]),
  ];
}

const HINTS: readonly HintState[] = [
  "absent",
  "older",
  "ahead",
  "torn",
  "to a missing file",
];

/** A table with two checkpoints, and a commit behind them. */
const CHECKPOINTED: Setup = {
  steps: [
    append(["a", 1]),
    CHECKPOINT,
    append(["a", 2]),
    CHECKPOINT,
    append(["b", 1]),
  ],
};

function hints(): Program[] {
  return HINTS.flatMap((hint) => {
    const spoils: Step = { op: "disturb", what: { hint } };
    return [
      program(`hint ${hint} ‖ append, open, read`, CHECKPOINTED, [
        [append(["a", 7]), OPEN, READ],
        [spoils],
      ]),
      program(`hint ${hint} ‖ checkpoint, open, read`, CHECKPOINTED, [
        [CHECKPOINT, OPEN, READ],
        [spoils],
      ]),
    ];
  });
}

const V2: Setup = { ...U, configuration: { "delta.checkpointPolicy": "v2" } };

function checkpointRaces(): Program[] {
  const badPuts: FaultPlan = {
    budget: 1,
    onOther: ["before", "lost-ack", "zombie"],
  };
  return ([["classic", U], ["v2", V2]] as const).flatMap(([kind, setup]) => [
    program(
      `checkpoint ‖ open, read, ${kind}`,
      setup,
      [
        [CHECKPOINT],
        [append(["a", 9]), CHECKPOINT, OPEN, READ],
      ],
      undefined,
      { maxPreemptions: 2 },
    ),
    program(`checkpoint, ${kind}, one fault`, setup, [
      [CHECKPOINT, append(["a", 9]), CHECKPOINT, OPEN, READ],
    ], badPuts),
    program(
      `checkpoint ‖ checkpoint, ${kind}, one fault`,
      setup,
      [
        [CHECKPOINT],
        [CHECKPOINT],
      ],
      badPuts,
      { maxPreemptions: 1 },
    ),
  ]);
}

function upkeep(): Program[] {
  const beside = (name: string, upkeep: Step, steps: readonly Step[]) =>
    program(name, AGED, [[upkeep], steps], undefined, {
      ...EVERY_CALL,
      maxPreemptions: 2,
    });
  const version = (of: number): Step => ({
    op: "open",
    request: { version: of },
  });
  return [
    beside("vacuum ‖ append", VACUUM, [append(["a", 7])]),
    beside("vacuum ‖ delete", VACUUM, [remove(IN_B)]),
    beside("vacuum ‖ update, optimize", VACUUM, [bump(IN_A), OPTIMIZE]),
    beside("vacuum ‖ restore", VACUUM, [
      { op: "restore", request: { version: 4 } },
    ]),
    beside("vacuum ‖ vacuum", VACUUM, [VACUUM]),
    beside("vacuum ‖ time travel", VACUUM, [version(4), READ]),
    beside("cleanup ‖ append", CLEANUP, [append(["a", 7])]),
    beside("cleanup ‖ time travel", CLEANUP, [version(1), READ]),
    beside("cleanup ‖ open, read", CLEANUP, [OPEN, READ]),
    beside("cleanup ‖ checkpoint", CLEANUP, [append(["a", 7]), CHECKPOINT]),
    beside("cleanup ‖ cleanup", CLEANUP, [CLEANUP]),
    CLEANED,
  ];
}

function threeClients(): Program[] {
  const three = (
    name: string,
    setup: Setup,
    ...scripts: readonly (readonly Step[])[]
  ) =>
    program(`${name}, 2 preemptions`, setup, scripts, undefined, {
      maxPreemptions: 2,
    });
  return [
    program("three appenders", U, [
      [append(["a", 7])],
      [append(["a", 8])],
      [append(["a", 9])],
    ]),
    three("append ‖ delete ‖ optimize", P2_AND_ONE, [append(["a", 7])], [
      remove(IN_A),
    ], [OPTIMIZE]),
    three("update ‖ merge ‖ delete", P2_AND_ONE, [bump(IN_A)], [MERGE], [
      remove(IN_B),
    ]),
    three(
      "insert select ‖ insert select ‖ append",
      P2_AND_ONE,
      [
        select(IN_A),
      ],
      [select(IN_B)],
      [append(["a", 7])],
    ),
    three(
      "append twice ‖ delete twice ‖ optimize",
      P2_AND_ONE,
      [
        append(["a", 7]),
        append(["b", 8]),
      ],
      [remove(IN_A), remove(IN_B)],
      [OPTIMIZE],
    ),
    program(
      "checkpoint ‖ checkpoint ‖ append, 2 preemptions",
      U,
      [
        [CHECKPOINT],
        [CHECKPOINT],
        [append(["a", 9])],
      ],
      undefined,
      { maxPreemptions: 2 },
    ),
    three("appender ‖ appender ‖ reader", U, [append(["a", 7])], [
      append(["b", 8]),
    ], [REFRESH, READ, REFRESH, READ]),
  ];
}

function faults(): Program[] {
  return [
    appenders("two appenders, one fault", ONE_FAULT),
    program("update ‖ update, one fault", U, [[bump()], [bump()]], ONE_FAULT),
    program(
      "delete ‖ append, one fault",
      P2_AND_ONE,
      [[remove(IN_A)], [append(["a", 9])]],
      ONE_FAULT,
    ),
    program("one batch by two clients", U, [[BATCH], [BATCH]], ONE_FAULT),
    program(
      "append, unknown, settled",
      U,
      [[append(["a", 7]), { op: "settle" }], [append(["a", 8])]],
      { budget: 1, onCommit: ["silence", "zombie"] },
      { maxPreemptions: 2 },
    ),
    program("writer and reader", P2_AND_ONE, [
      [remove(IN_B), append(["a", 9])],
      [REFRESH, READ, REFRESH, READ],
    ]),
    program("insert select ‖ optimize, delete", P2_AND_ONE, [
      [select(IN_A)],
      [OPTIMIZE, remove(IN_A)],
    ]),
    CREATORS,
    REPEATED_BATCH,
  ];
}

/** What a scope that is no pair is about. */
export type FaultedKind =
  | "faults and sessions"
  | "crash at any call"
  | "power cut at any call"
  | "hints"
  | "checkpoints"
  | "upkeep beside writers"
  | "three clients";

/** Every program beyond pairs, by what it is about. */
export function faultedPrograms(): Readonly<
  Record<FaultedKind, readonly Program[]>
> {
  return {
    "faults and sessions": faults(),
    "crash at any call": crashes(),
    "power cut at any call": powerCuts(),
    hints: hints(),
    checkpoints: checkpointRaces(),
    "upkeep beside writers": upkeep(),
    "three clients": threeClients(),
  };
}
