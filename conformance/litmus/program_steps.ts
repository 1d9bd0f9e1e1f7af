/**
 * The steps and tables that the litmus programs are made of.
 *
 * @module
 */

import type { AlterChange, Json, JsonRow } from "../engine_adapter.ts";
import { append, IN_A, IN_B, P2, P2_AND_ONE, U } from "../mutants/scenarios.ts";
import { type Setup, type Step, SUITE_SCHEMA } from "../simulation/program.ts";

/** Replaces all rows, or those of p = a. */
export const overwrite = (rows: readonly JsonRow[], inA = false): Step => ({
  op: "overwrite",
  request: { rows, ...(inA && { where: IN_A }) },
});
/** A merge that inserts a row unless it is there. */
export const insertOnce = (...row: JsonRow): Step => ({
  op: "merge",
  request: {
    rows: [row],
    schema: SUITE_SCHEMA,
    on: ["p", "x"],
    whenNotMatched: "insert",
  },
});
/** A merge that changes the row of this p and x. */
export const updateByMerge = (...row: JsonRow): Step => ({
  op: "merge",
  request: {
    rows: [row],
    schema: SUITE_SCHEMA,
    on: ["p", "x"],
    whenMatched: "update",
  },
});
/** Copies the rows of one x to the next or the one before. */
export const copy = (x: number, by: number): Step => ({
  op: "appendSelect",
  request: { where: ["=", "x", String(x)], add: { x: by, gen: 1 } },
});
/** A change of the table's metadata. */
export const alter = (request: AlterChange): Step => ({ op: "alter", request });
/** A property set. */
export const set = (name: string, value: string): Step =>
  alter({ setProperties: { [name]: value } });
/** CHECK x > 0. */
export const positive: Step = alter({
  addConstraint: { name: "positive", expression: "x > 0" },
});
/** An update that breaks that constraint. */
export const toMinusFive: Step = {
  op: "update",
  request: { set: { x: { value: "-5" }, gen: { add: 1 } }, where: IN_B },
};
/** An append of an application's batch by its number. */
export const batch = (version: number): Step => ({
  op: "append",
  request: { rows: [["c", version]], txn: { appId: "app", version } },
});
/** An append of a row with one more column. */
export const withNew = (name: string, ...row: JsonRow): Step => ({
  op: "append",
  request: {
    rows: [row],
    mergeSchema: true,
    schema: {
      type: "struct",
      fields: [...SUITE_SCHEMA.fields, {
        name,
        type: "long",
        nullable: true,
        metadata: {},
      }],
    },
  },
});
/** A column added. */
export const addColumn = (name: string): Step =>
  alter({
    addColumns: [{ name, type: "long", nullable: true, metadata: {} }],
  });
/** A create. */
export const create = (mode: "error" | "ignore" | "overwrite"): Step => ({
  op: "create",
  request: { schema: SUITE_SCHEMA, mode },
});
/** A commit that no client made. */
export const byHand = (...commit: readonly Json[]): Step => ({
  op: "disturb",
  what: { commit },
});
/** A restore. */
export const restore = (version: number): Step => ({
  op: "restore",
  request: { version },
});
/** An open of an older version. */
export const openAt = (version: number): Step => ({
  op: "open",
  request: { version },
});

/** A table with more properties. */
export const having = (
  setup: Setup,
  configuration: Readonly<Record<string, string>>,
): Setup => ({
  ...setup,
  configuration: { ...setup.configuration, ...configuration },
});
/** A table with deletion vectors. */
export const VECTORS = having(U, { "delta.enableDeletionVectors": "true" });
/** A table whose columns are mapped by name. */
export const MAPPED = having(U, { "delta.columnMapping.mode": "name" });
/** A table whose columns may widen. */
export const WIDENING = having(U, { "delta.enableTypeWidening": "true" });
/** A table with metadata domains. */
export const DOMAINS = having(P2, {
  "delta.feature.domainMetadata": "supported",
});
/** A table with a change data feed. */
export const FEED = having(P2_AND_ONE, {
  "delta.enableChangeDataFeed": "true",
});
/** A table with row ids. */
export const ROW_IDS = having(U, { "delta.enableRowTracking": "true" });
/** A table with rows in the partition of null. */
export const NULLS: Setup = {
  partitionColumns: ["p"],
  steps: [append([null, 1], ["a", 1])],
};
