/**
 * A winner that wrote a protocol: what we prepared stays good where the table
 * only gained features that ask nothing of it.
 *
 * Source: Delta protocol, "Protocol Evolution" and "Table Features".
 *
 * @module
 */

import type { Metadata, Protocol } from "../actions/action.ts";
import { DeltaError } from "../errors.ts";
import { checkWritable } from "../protocol/support.ts";
import { featuresOf } from "../protocol/table_feature.ts";
import { parseSchema } from "../schema/schema_json.ts";
import {
  conflict,
  type ConflictCheck,
  type Ours,
  PASS,
  type TableFacts,
  type Winner,
} from "./conflict_types.ts";

/**
 * Features that ask nothing of a commit by being listed: a property or a column
 * has to use them first, and that is a change of metadata.
 */
const ASKS_NOTHING: ReadonlySet<string> = new Set([
  "appendOnly",
  "invariants",
  "checkConstraints",
  "changeDataFeed",
  "generatedColumns",
  "columnMapping",
  "identityColumns",
  "deletionVectors",
  "timestampNtz",
  "v2Checkpoint",
  "vacuumProtocolCheck",
  "typeWidening",
  "typeWidening-preview",
  "variantType",
  "variantType-preview",
  "variantShredding",
  "variantShredding-preview",
  "domainMetadata",
  "inCommitTimestamp",
  "allowColumnDefaults",
]);

/** Codes of refusals for what a protocol's features ask. */
const OF_FEATURES: ReadonlySet<string> = new Set([
  "DELTA_UNSUPPORTED_FEATURES_FOR_READ",
  "DELTA_UNSUPPORTED_FEATURES_FOR_WRITE",
  "DELTA_CANNOT_MODIFY_APPEND_ONLY",
]);

/** A winner that changed the protocol: what we prepared may be too little for it. */
export const checkProtocol: ConflictCheck = (ours, winner, facts) => {
  const next = winner.protocol;
  if (next === undefined) return PASS;
  const refuse = (why: string) =>
    conflict("DELTA_PROTOCOL_CHANGED", winner, why, {
      minReaderVersion: next.minReaderVersion,
      minWriterVersion: next.minWriterVersion,
    });
  if (ours.staged.protocol !== undefined) {
    return refuse(
      "changed the table's protocol, which this transaction changes too",
    );
  }
  const before = featuresOf(facts.protocol);
  const after = featuresOf(next);
  const unfit = whyUnwritable(ours, winner, next, facts);
  const because = unfit && `changed the table's protocol, and ${unfit.why}`;
  // A protocol that makes no sense to us tells nothing of features.
  if (because && !OF_FEATURES.has(unfit.code)) return refuse(because);
  const gone = [...before].filter((name) => !after.has(name));
  if (gone.length > 0) {
    return refuse(`dropped ${gone.join(" and ")} from the table's protocol`);
  }
  if (because) return refuse(because);
  const asking = [...after].filter((name) =>
    !before.has(name) && !ASKS_NOTHING.has(name) &&
    !(name === "rowTracking" && countsRows(ours))
  );
  return asking.length === 0 ? PASS : refuse(
    `added ${
      asking.join(" and ")
    } to the table's protocol, which asks more than was prepared`,
  );
};

/** Why the table as the winner left it may not be written by us; undefined where it may. */
function whyUnwritable(
  ours: Ours,
  winner: Winner,
  protocol: Protocol,
  facts: TableFacts,
): { readonly code: string; readonly why: string } | undefined {
  try {
    const metadata = ours.staged.metadata ?? winner.metadata ?? facts.metadata;
    const schema = metadata === facts.metadata
      ? facts.schema
      : parseSchema(metadata.schemaString);
    checkWritable(protocol, withConfiguration(metadata), schema, {
      operation: ours.operation,
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof DeltaError)) throw error;
    return { code: error.code, why: error.details.why };
  }
}

/** Writers leave an empty configuration out at times. */
function withConfiguration(metadata: Metadata): Metadata {
  return metadata.configuration ? metadata : { ...metadata, configuration: {} };
}

/** Row ids are given at the commit itself, wherever the rows are counted. */
function countsRows({ staged }: Ours): boolean {
  return staged.adds.every((add) =>
    add.baseRowId !== undefined || /"numRecords"\s*:\s*\d/.test(add.stats ?? "")
  );
}
