/**
 * Random programs: a table, a script per client, faults, and the decision
 * vector that makes them one run. All of it shrinks: fewer steps, fewer
 * clients, a plainer table, a shorter and smaller vector.
 *
 * @module
 */

import fc from "fast-check";
import type { Level } from "../checkers/evidence.ts";
import type { EngineAdapter } from "../engine_adapter.ts";
import {
  type FaultPlan,
  type Program,
  type Script,
  type Step,
  SUITE_SCHEMA,
} from "../simulation/program.ts";
import type { SimulatedFault } from "../simulation/scheduled_store.ts";
import { type ChosenSetup, propertiesOf, setups } from "./setups.ts";
import {
  type Focus,
  focus,
  type Material,
  material,
  stepMaker,
  type Theme,
} from "./steps.ts";
import { vectors } from "./vectors.ts";

/** A program and the vector that makes it a run. */
export interface Case {
  /** The program. */
  readonly program: Program;
  /** The level it is judged by. */
  readonly level: Level;
  /** The run. */
  readonly vector: readonly number[];
}

const COMMIT_FAULTS: readonly SimulatedFault[] = [
  "before",
  "lost-ack",
  "zombie",
  "conflict",
  "rejected",
  "silence",
  "crash",
];
const OTHER_FAULTS: readonly SimulatedFault[] = [
  "before",
  "cut",
  "stale",
  "lost-ack",
  "zombie",
  "crash",
];

const faultPlan: fc.Arbitrary<FaultPlan> = fc.record({
  budget: fc.constantFrom(0, 1, 1, 2),
  onCommit: fc.constant(COMMIT_FAULTS),
  onOther: fc.constantFrom([], OTHER_FAULTS),
});

/** A clock that is right, an hour ahead, an hour behind. */
const skewMs = fc.constantFrom(0, 0, 0, 0, 0, 3_600_000, -3_600_000);

/** Steps of a client: where time matters, something must happen before it passes, and after. */
const MOST_STEPS: Readonly<Record<Theme, number>> = { everything: 4, time: 6 };

interface Parts {
  readonly chosen: ChosenSetup;
  readonly few: Focus;
  readonly scripts: readonly {
    readonly steps: readonly Material[];
    readonly skewMs: number;
  }[];
  readonly faults: FaultPlan;
  readonly everyCallMatters: boolean;
  readonly vector: readonly number[];
}

/** Programs for an engine, with their runs. */
export function cases(
  adapter: EngineAdapter,
  level: Level = "Serializable",
): fc.Arbitrary<Case> {
  const makerOf = stepMaker(adapter);
  return fc.record({
    chosen: setups(level),
    few: focus,
    scripts: fc.array(
      fc.record({
        steps: fc.array(material, { minLength: 1, maxLength: MOST_STEPS.time }),
        skewMs,
      }),
      { minLength: 1, maxLength: 3 },
    ),
    faults: faultPlan,
    everyCallMatters: fc.constantFrom(...Array(9).fill(false), true),
    vector: vectors,
  }).map((parts: Parts): Case => {
    const { flavour: { theme = "everything" }, setup } = parts.chosen;
    const maker = makerOf(theme, parts.few);
    const make = (all: readonly Material[]): Step[] =>
      all.slice(0, MOST_STEPS[theme]).map(maker);
    const program = setup.exists === false
      ? createdIn(level, parts, make)
      : programOf(parts, make);
    return {
      level,
      vector: parts.vector,
      program: {
        ...program,
        ...(parts.everyCallMatters && { everyCallMatters: true }),
      },
    };
  });
}

function programOf(
  { chosen, scripts, faults }: Parts,
  make: (all: readonly Material[]) => Step[],
): Program {
  return {
    name: "random",
    setup: chosen.setup,
    scripts: scripts.map(({ steps, skewMs }, i): Script => ({
      client: `w${i + 1}`,
      steps: make(steps),
      ...(skewMs !== 0 && { skewMs }),
    })),
    faults,
  };
}

/**
 * Clients that find no table. Either each only creates it, and one may; or each
 * takes what is there, and goes on: then nothing fails, so that all have a table.
 */
function createdIn(
  level: Level,
  { chosen, scripts, faults }: Parts,
  make: (all: readonly Material[]) => Step[],
): Program {
  const mode = scripts[0]!.steps[0]!.n === 0 ? "ignore" : "error";
  const configuration = propertiesOf(level);
  const create: Step = {
    op: "create",
    request: { schema: SUITE_SCHEMA, configuration, mode },
  };
  return {
    name: "random",
    setup: chosen.setup,
    scripts: scripts.map(({ steps }, i): Script => ({
      client: `w${i + 1}`,
      opensFirst: false,
      steps: mode === "error" ? [create] : [create, ...make(steps)],
    })),
    ...(mode === "error" && { faults }),
  };
}
