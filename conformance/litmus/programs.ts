/**
 * The litmus tests as programs of the simulation: the same races by the same
 * ids, for every interleaving and with faults.
 *
 * @module
 */

import { faultedPrograms, ONE_FAULT } from "../faulted_scopes.ts";
import {
  append,
  bump,
  CHECKPOINT,
  CLEANED,
  IN_A,
  IN_B,
  OPEN,
  OPTIMIZE,
  P2,
  P2_AND_ONE,
  program,
  READ,
  REFRESH,
  remove,
  REPEATED_BATCH,
  U,
} from "../mutants/scenarios.ts";
import type { FaultPlan, Program, Setup, Step } from "../simulation/program.ts";
import {
  addColumn,
  alter,
  batch,
  byHand,
  copy,
  create,
  DOMAINS,
  FEED,
  having,
  insertOnce,
  MAPPED,
  NULLS,
  openAt,
  overwrite,
  positive,
  restore,
  ROW_IDS,
  set,
  toMinusFive,
  updateByMerge,
  VECTORS,
  WIDENING,
  withNew,
} from "./program_steps.ts";

/** The programs of one litmus test. */
export interface LitmusPrograms {
  /** Its id. */
  readonly id: string;
  /** The programs, none with faults of its own unless the test is about them. */
  readonly programs: readonly Program[];
  /** Whether they are run with at most one fault too. */
  readonly withFault: boolean;
  /** Whether they are run at every level, or at Serializable alone. */
  readonly everyLevel: boolean;
}

type Scripts = readonly (readonly Step[])[];

/** Races of scripts on tables: run at every level, and with a fault. */
function races(
  id: string,
  ...tests: readonly (readonly [Setup, ...Scripts])[]
): LitmusPrograms {
  return {
    id,
    programs: tests.map(([setup, ...scripts], i) =>
      program(
        tests.length > 1 ? `${id}.${i + 1}` : id,
        setup,
        scripts,
        undefined,
        scripts.length > 2 ? { maxPreemptions: 2 } : {},
      )
    ),
    withFault: true,
    everyLevel: true,
  };
}

/** Programs that say themselves what goes wrong. */
function told(id: string, ...programs: readonly Program[]): LitmusPrograms {
  return {
    id,
    programs: programs.map((p) => ({ ...p, name: `${id} ${p.name}` })),
    withFault: false,
    everyLevel: false,
  };
}

/** Clients that make the table. */
function creators(id: string, ...scripts: Scripts): Program {
  const made = program(id, { exists: false }, scripts, undefined, {
    ...(scripts.length > 2 && { maxPreemptions: 2 }),
  });
  return {
    ...made,
    scripts: made.scripts.map((script) => ({ ...script, opensFirst: false })),
  };
}

/** The program with the clock of one client wrong. */
function skewed(of: Program, client: string, skewMs: number): Program {
  return {
    ...of,
    scripts: of.scripts.map((script) =>
      script.client === client ? { ...script, skewMs } : script
    ),
  };
}

const faulty = (
  budget: number,
  faults: Omit<FaultPlan, "budget">,
): FaultPlan => ({ budget, ...faults });

const HOUR = 3_600_000;
const kinds = faultedPrograms();
const upkeepNamed = (pattern: RegExp): readonly Program[] =>
  kinds["upkeep beside writers"].filter(({ name }) => pattern.test(name));

const ANOMALIES: readonly LitmusPrograms[] = [
  races("A1", [P2, [overwrite([["y", 1]])], [overwrite([["z", 1]])]]),
  races("A2", [{}, [overwrite([["y", 1]])], [overwrite([["z", 1]])]]),
  races("A3", [P2, [append(["lost", 1])], [REFRESH, READ]]),
  races("A4", [P2, [append(["a", 4], ["b", 5], ["c", 6])], [
    REFRESH,
    READ,
    REFRESH,
    READ,
  ]]),
  races("A5", [U, [bump()], [bump()]]),
  races("A6", [P2, [bump(IN_A)], [updateByMerge("a", 1)]]),
  races("A7", [P2, [append(["a", 9])], [remove(IN_A)]]),
  races("A8", [P2, [READ, READ, REFRESH, READ], [
    append(["a", 9]),
    remove(IN_B),
  ]]),
  races("A9", [U, [copy(1, 1)], [copy(2, -1)]]),
  races("A10", [P2, [insertOnce("k", 1)], [insertOnce("k", 1)]], [U, [
    insertOnce("k", 1),
  ], [insertOnce("k", 1)]]),
  races("A11", [P2, [append(["k", 1])], [insertOnce("k", 1)]]),
  races("A12", [P2, [append(["a", 7])], [append(["b", 8])], [
    REFRESH,
    READ,
    REFRESH,
    READ,
  ]]),
  races("A13", [having(P2, { "delta.checkpointInterval": "2" }), [
    append(["a", 7]),
    OPEN,
    READ,
    append(["a", 8]),
    OPEN,
    READ,
  ], [{ op: "disturb", what: { hint: "absent" } }]]),
  races("A14", [P2, [append(["c", 1])], [REFRESH, append(["c", 2]), READ]]),
  races("A15", [P2_AND_ONE, [append(["c", 1])], [restore(1)]]),
];

const INTERACTIONS: readonly LitmusPrograms[] = [
  races("B1", [P2, [remove(IN_B)], [append(["a", 9])]]),
  races("B2", [P2_AND_ONE, [OPTIMIZE], [append(["a", 9])]]),
  races("B3", [P2_AND_ONE, [OPTIMIZE], [OPTIMIZE]]),
  races("B4", [P2_AND_ONE, [OPTIMIZE], [remove()]], [P2_AND_ONE, [OPTIMIZE], [
    overwrite([["z", 1]]),
  ]]),
  races("B5", [P2_AND_ONE, [remove(IN_B)], [OPTIMIZE]]),
  races("B6", [P2, [bump(IN_A)], [bump(IN_B)]], [U, [bump(IN_A)], [
    bump(IN_B),
  ]]),
  races("B7", [VECTORS, [remove(["and", IN_A, ["=", "x", "1"]])], [
    remove(["and", IN_A, ["=", "x", "2"]]),
  ]]),
  races("B8", [{ partitionColumns: ["p"], steps: [append(["b", 1])] }, [
    overwrite([["a", 1]], true),
  ], [overwrite([["a", 2]], true)]]),
  races("B9", [NULLS, [append([null, 2])], [remove(["isNull", "p"])]], [
    NULLS,
    [append([null, 2])],
    [remove(IN_A)],
  ]),
  races("B12", [U, [append(["a", -5])], [positive]]),
  races("B13", [U, [positive], [toMinusFive]]),
  races("B14", [P2, [set("delta.appendOnly", "true")], [remove(IN_B)]]),
  races("B15", [P2, [withNew("c1", "a", 5, 1)], [withNew("c2", "a", 6, 2)]], [
    P2,
    [addColumn("c1")],
    [addColumn("c2")],
  ]),
  races("B16", [MAPPED, [alter({ renameColumn: { from: "x", to: "y" } })], [
    append(["a", 9]),
  ]], [MAPPED, [alter({ dropColumns: ["gen"] })], [append(["a", 9])]]),
  races("B17", [WIDENING, [
    alter({ widenColumn: { name: "gen", type: "long" } }),
  ], [append(["a", 9])]]),
  races("B18", [P2, [byHand({
    protocol: {
      minReaderVersion: 1,
      minWriterVersion: 7,
      writerFeatures: ["appendOnly", "invariants", "noFeatureOfThisName"],
    },
  })], [append(["a", 9])]]),
  races("B19", [DOMAINS, [alter({ dropFeature: "domainMetadata" })], [
    alter({ setDomain: { domain: "mine", configuration: "y" } }),
  ]], [having(P2, { "delta.feature.changeDataFeed": "supported" }), [
    alter({ dropFeature: "changeDataFeed" }),
  ], [set("delta.enableChangeDataFeed", "true")]]),
  races("B20", [P2, [set("delta.enableChangeDataFeed", "true")], [
    bump(IN_A),
  ]]),
  behind(races("B21", [P2, [set("delta.enableInCommitTimestamps", "true")], [
    append(["a", 8]),
    append(["a", 9]),
  ]])),
  races("B22", [ROW_IDS, [append(["c", 1], ["c", 2], ["c", 3])], [
    append(["c", 4]),
  ]]),
  races("B23", [P2, [batch(5)], [batch(5)]]),
  races("B24", [P2, [batch(4)], [batch(5)]]),
  races("B25", [DOMAINS, [
    alter({ setDomain: { domain: "mine", configuration: "x" } }),
  ], [alter({ setDomain: { domain: "mine", configuration: "y" } })]], [
    DOMAINS,
    [alter({ setDomain: { domain: "mine", configuration: "x" } })],
    [alter({ setDomain: { domain: "yours", configuration: "y" } })],
  ]),
  races("B26", [P2, [byHand({ commitInfo: { operation: "NEW" } }, {
    brandNewAction: { a: 1 },
  })], [append(["c", 1])]]),
  {
    id: "B29",
    programs: [
      creators("B29.1", [create("error")], [create("error")]),
      creators("B29.2", [create("ignore"), append(["c", 1])], [
        create("ignore"),
        append(["c", 2]),
      ]),
      creators("B29.3", [create("overwrite")], [create("overwrite")]),
      creators("B29.4", [create("error")], [create("error")], [
        create("ignore"),
      ], [create("overwrite")]),
    ],
    withFault: true,
    everyLevel: false,
  },
  {
    id: "B30",
    programs: [
      program("B30", {}, [[append(["c", 1])], [append(["c", 2])]]),
    ],
    withFault: true,
    everyLevel: true,
  },
];

/** The second client's clock an hour behind. */
function behind(of: LitmusPrograms): LitmusPrograms {
  return {
    ...of,
    programs: of.programs.map((p) => skewed(p, "w2", -HOUR)),
  };
}

const COMMIT_FAULTS: readonly LitmusPrograms[] = [
  told(
    "C1",
    ...(["lost-ack", "before", "zombie"] as const).map((fault) =>
      program(`append, ${fault} at most twice`, U, [[append(["c", 9])]], {
        budget: 2,
        onCommit: [fault],
      })
    ),
  ),
  told(
    "C2",
    program("delete, answers lost at most twice", U, [[remove(IN_A)]], {
      budget: 2,
      onCommit: ["lost-ack"],
    }),
  ),
  told(
    "C3",
    program(
      "append, settle, never answered",
      U,
      [[append(["c", 9]), { op: "settle" }]],
      faulty(1, { onCommit: ["silence", "zombie"] }),
      { maxPreemptions: 2 },
    ),
  ),
  told("C4", CLEANED),
  told(
    "C5",
    program(
      "append, never answered, vacuum",
      P2,
      [[append(["c", 9]), { op: "vacuum", request: {} }]],
      faulty(1, { onCommit: ["silence", "zombie"] }),
      { maxPreemptions: 1 },
    ),
  ),
  told(
    "C6",
    program("append, 409 at most three times", U, [[append(["c", 9])]], {
      budget: 3,
      onCommit: ["conflict"],
    }),
  ),
  told(
    "C7",
    program("two appenders, one call fails", U, [[append(["c", 8])], [
      append(["c", 9]),
    ]], faulty(1, { onOther: ["before"] })),
  ),
  told(
    "C8",
    program("append, open, read, a stale listing", U, [[append(["c", 8])], [
      OPEN,
      append(["c", 9]),
    ]], faulty(1, { onOther: ["stale"] })),
  ),
  told(
    "C10",
    program(
      "append, open, read, one body cut",
      U,
      [[
        append(["c", 8]),
        CHECKPOINT,
        OPEN,
        READ,
      ], [append(["c", 9])]],
      faulty(1, { onOther: ["cut"] }),
      {
        maxPreemptions: 1,
      },
    ),
  ),
  told(
    "C11",
    ...kinds["power cut at any call"].filter(({ scripts }) =>
      scripts.length === 1
    ),
  ),
  told(
    "C12",
    ...kinds["power cut at any call"].filter(({ scripts }) =>
      scripts.length > 1
    ),
  ),
  told("C14", ...kinds["crash at any call"]),
];

const UPKEEP: readonly LitmusPrograms[] = [
  told("D1", ...kinds.checkpoints),
  told("D2", ...kinds.hints),
  told("D3", REPEATED_BATCH),
  races("D4", [P2, [remove(IN_A), CHECKPOINT, restore(1), CHECKPOINT], [
    append(["c", 1]),
  ]]),
  told("D6", ...upkeepNamed(/^cleanup/)),
  told("D7", ...upkeepNamed(/^vacuum ‖ (append|delete|update)/)),
  told(
    "D9",
    ...upkeepNamed(/^vacuum ‖ (time travel|restore)/).map((p) => ({
      ...skewed(p, "w1", 30 * 24 * HOUR),
      name: `${p.name}, by a clock a month ahead`,
    })),
  ),
  races("D11", [P2_AND_ONE, [OPTIMIZE, CHECKPOINT], [
    openAt(1),
    READ,
    openAt(1),
    READ,
  ]]),
  races("D12", [FEED, [bump(IN_A)], [updateByMerge("a", 1)]], [FEED, [
    OPTIMIZE,
  ], [remove(["=", "x", "1"])]]),
];

/** Every litmus test that is a race, or one operation and a fault. */
export const LITMUS_PROGRAMS: readonly LitmusPrograms[] = [
  ...ANOMALIES,
  ...INTERACTIONS,
  ...COMMIT_FAULTS,
  ...UPKEEP,
];

/** The tests that are no programs of the simulation, and why. */
export const NO_PROGRAMS: Readonly<Record<string, string>> = {
  B10: "needs a file without statistics, which no engine's own append makes",
  B11: "needs columns of every type, and is about one decision",
  B27: "is about names, not about who comes first",
  B28: "has one client and no fault",
  C9: "is about a log of 1,100 commits",
  C13: "is about options that are refused before anything is sent",
  C15: "is about the limit of tries, which no client of the suite sets",
  D5: "is about bytes at rest: every cut of one file",
  D8: "is about names of files, not about who comes first",
  D10: "has one client, and a clock that is set by hand",
};

export { ONE_FAULT };
