/**
 * The tables on which random programs run: a choice of features, of contents and
 * of partitioning. There are few enough of them that each is set up once in a
 * search and cloned for every run after that.
 *
 * @module
 */

import fc from "fast-check";
import type { Level } from "../checkers/evidence.ts";
import type { JsonRow } from "../engine_adapter.ts";
import type { Setup, Step } from "../simulation/program.ts";
import type { Theme } from "./steps.ts";

/** What kind of table. */
export interface Flavour {
  /** Its name. */
  readonly name: string;
  /** Its properties. */
  readonly configuration?: Readonly<Record<string, string>>;
  /** What is done to it last. */
  readonly steps?: readonly Step[];
  /** What is mostly done with it. */
  readonly theme?: Theme;
  /** Whether there is a table at all; true by default. */
  readonly exists?: boolean;
  /** Whether rows may only be added while it is set up. */
  readonly addsOnly?: boolean;
}

const on = (
  name: string,
  ...properties: string[]
): Flavour => ({
  name,
  configuration: Object.fromEntries(
    properties.map((property) => [`delta.${property}`, "true"]),
  ),
});

const PLAIN: Flavour = { name: "plain" };

/** A log that expires within a program's sleeps. */
const SHORT_LIVED: Flavour = {
  name: "short retention",
  theme: "time",
  configuration: {
    "delta.logRetentionDuration": "interval 1 days",
    "delta.deletedFileRetentionDuration": "interval 1 days",
    "delta.enableExpiredLogCleanup": "true",
  },
};

/** The kinds; the first is the calmest, one that is there twice comes twice as often. */
export const FLAVOURS: readonly Flavour[] = [
  PLAIN,
  PLAIN,
  PLAIN,
  PLAIN,
  PLAIN,
  PLAIN,
  on("change feed", "enableChangeDataFeed"),
  on("deletion vectors", "enableDeletionVectors"),
  on("row tracking", "enableRowTracking"),
  on("in-commit timestamps", "enableInCommitTimestamps"),
  on(
    "change feed and deletion vectors",
    "enableChangeDataFeed",
    "enableDeletionVectors",
  ),
  on(
    "row tracking and in-commit timestamps",
    "enableRowTracking",
    "enableInCommitTimestamps",
  ),
  on(
    "row tracking and deletion vectors",
    "enableRowTracking",
    "enableDeletionVectors",
  ),
  { ...on("append-only", "appendOnly"), addsOnly: true },
  {
    name: "column mapping",
    configuration: { "delta.columnMapping.mode": "name" },
  },
  {
    name: "v2 checkpoints",
    configuration: { "delta.checkpointPolicy": "v2" },
  },
  {
    name: "no statistics",
    configuration: { "delta.dataSkippingNumIndexedCols": "0" },
  },
  {
    name: "a checkpoint now and then",
    configuration: { "delta.checkpointInterval": "3" },
  },
  {
    name: "a constraint",
    steps: [{
      op: "alter",
      request: { addConstraint: { name: "small", expression: "x < 7" } },
    }],
  },
  SHORT_LIVED,
  {
    ...SHORT_LIVED,
    name: "short retention and many checkpoints",
    configuration: {
      ...SHORT_LIVED.configuration,
      "delta.checkpointInterval": "2",
    },
  },
  { name: "no table yet", exists: false },
];

const rows = (...all: JsonRow[]): Step => ({
  op: "append",
  request: { rows: all },
});

/** What is in the table before the race. */
const CONTENTS: readonly (readonly Step[])[] = [
  [rows(["a", 1], ["b", 2])],
  [rows(["a", 1], ["a", 2]), rows(["a", 1], ["b", 2])],
  [rows([null, 3]), rows(["a", 1], ["b", 2])],
  [
    rows(["a", 1], ["a", 2], ["b", 1]),
    { op: "delete", request: { where: ["=", "p", "b"] } },
  ],
  [
    {
      op: "append",
      request: { rows: [["a", 2]], txn: { appId: "app", version: 1 } },
    },
    rows(["b", 1], [null, 2]),
  ],
];

/** A table and its kind. */
export interface ChosenSetup {
  /** The kind. */
  readonly flavour: Flavour;
  /** The table. */
  readonly setup: Setup;
}

/** Tables for a level. */
export function setups(level: Level): fc.Arbitrary<ChosenSetup> {
  return fc.record({
    flavour: fc.constantFrom(...FLAVOURS),
    partitioned: fc.boolean(),
    contents: fc.constantFrom(...CONTENTS),
  }).map(({ flavour, partitioned, contents }) => ({
    flavour,
    setup: flavour.exists === false
      ? { exists: false }
      : setupOf(flavour, level, partitioned, contents),
  }));
}

function setupOf(
  flavour: Flavour,
  level: Level,
  partitioned: boolean,
  contents: readonly Step[],
): Setup {
  return {
    partitionColumns: partitioned ? ["p"] : [],
    configuration: {
      ...propertiesOf(level),
      ...flavour.configuration,
    },
    steps: [
      ...contents.filter(({ op }) => !flavour.addsOnly || op === "append"),
      ...flavour.steps ?? [],
    ],
  };
}

/** The property of a level; the default one needs none. */
export function propertiesOf(level: Level): Readonly<Record<string, string>> {
  return level === "Serializable" ? {} : { "delta.isolationLevel": level };
}
