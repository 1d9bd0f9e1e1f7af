/**
 * A version beside what the model says it should be.
 *
 * @module
 */

import type { JsonSchema } from "../engine_adapter.ts";
import type { Outcome } from "./model.ts";
import type { TableState } from "./replay.ts";
import {
  compareRows,
  describeDifference,
  type RowDifference,
  shownRows,
} from "./rows.ts";

/** What differs; nothing where `faults` is empty. */
export interface Mismatch {
  /** Each difference, in a few words. */
  readonly faults: readonly string[];
  /** Rows that differ. */
  readonly rows: RowDifference;
  /** The rows, for a verdict. */
  readonly shown: readonly string[];
}

/** Compares a version with the model's outcome, rows and all else. */
export function compareOutcome(
  outcome: Outcome,
  actual: TableState,
): Mismatch {
  const rows = compareRows(outcome.rows, actual.rows);
  const faults = [
    ...(rows.missing.length + rows.extra.length > 0
      ? [describeDifference(rows)]
      : []),
    ...compareShape(outcome, actual),
  ];
  return { faults, rows, shown: shownRows(rows) };
}

/** Compares all but the rows. */
export function compareShape(outcome: Outcome, actual: TableState): string[] {
  const faults: string[] = [];
  const expect = (what: string, wanted: string, got: string): void => {
    if (wanted !== got) {
      faults.push(`${what} should be ${wanted} and is ${got}`);
    }
  };
  const { schema, configuration, txns, domains } = outcome;
  if (schema) {
    expect("the schema", describeSchema(schema), describeSchema(actual.schema));
  }
  if (outcome.partitionColumns) {
    expect(
      "the partitioning",
      outcome.partitionColumns.join(","),
      (actual.metadata?.partitionColumns ?? []).join(","),
    );
  }
  if (configuration) {
    expect(
      "the configuration",
      describeRecord(configuration),
      describeRecord(actual.metadata?.configuration ?? {}),
    );
  }
  if (txns) expect("txn", describeMap(txns), describeMap(actual.txns));
  if (domains) {
    expect("the domains", describeMap(domains), describeMap(actual.domains));
  }
  return faults;
}

/** Properties that engines keep for themselves. */
const OWN =
  /^delta\.(columnMapping\.maxColumnId|inCommitTimestampEnablement|rowTracking\.materialized|feature\.|enable|columnMapping\.mode)/;

function describeRecord(record: Readonly<Record<string, string>>): string {
  return Object.keys(record).filter((name) => !OWN.test(name)).sort()
    .map((name) => `${name}=${record[name]}`).join(", ") || "empty";
}

function describeMap(map: ReadonlyMap<string, string | number>): string {
  return [...map].filter(([name]) => !name.startsWith("delta."))
    .map(([name, value]) => `${name}=${value}`).sort().join(", ") || "none";
}

function describeSchema(schema: JsonSchema): string {
  return schema.fields.map((field) =>
    `${field.name} ${
      typeof field.type === "string" ? field.type : JSON.stringify(field.type)
    }`
  ).join(", ");
}
