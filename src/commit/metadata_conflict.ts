/**
 * A winner that wrote metadata: another schema, other partition columns or other
 * properties make what we prepared wrong, but for a few features that are merely
 * turned on and that the commit itself adapts to.
 *
 * @module
 */

import type { Metadata } from "../actions/action.ts";
import { completeMetadata } from "../log/core_replay.ts";
import {
  columnMappingMode,
  mapFields,
  physicalName,
} from "../schema/column_mapping.ts";
import type { StructType } from "../schema/data_type.ts";
import { formatSchema, parseSchema } from "../schema/schema_json.ts";
import { droppedFeatures } from "./claims.ts";
import {
  conflict,
  type ConflictCheck,
  type Ours,
  PASS,
} from "./conflict_types.ts";
import { onlyAdds, touchesTable } from "./staged_actions.ts";

type Configuration = Metadata["configuration"];

/** A property that may change beneath us, and when. */
type Adaptable = (
  before: string | undefined,
  after: string,
  ours: Ours,
) => boolean;

const turnedOn: Adaptable = (_before, after) => after === "true";
const isNew: Adaptable = (before) => before === undefined;
/** Rows that are moved keep their ids once the table says so: what was prepared without is too little. */
const ofFreshRows = (rule: Adaptable): Adaptable => (before, after, ours) =>
  onlyAdds(ours.staged) && rule(before, after, ours);

const ADAPTABLE: Readonly<Record<string, Adaptable>> = {
  "delta.enableDeletionVectors": turnedOn,
  "delta.enableInCommitTimestamps": turnedOn,
  "delta.inCommitTimestampEnablementVersion": isNew,
  "delta.inCommitTimestampEnablementTimestamp": isNew,
  "delta.checkpointPolicy": (_before, after) => after === "v2",
  "delta.columnMapping.mode": (before, after) =>
    (before === undefined || before === "none") && after === "name",
  "delta.columnMapping.maxColumnId": isNew,
  "delta.enableRowTracking": ofFreshRows(turnedOn),
  "delta.rowTracking.materializedRowIdColumnName": ofFreshRows(isNew),
  "delta.rowTracking.materializedRowCommitVersionColumnName": ofFreshRows(
    isNew,
  ),
};

/** A winner that changed schema, partitioning or properties. */
export const checkMetadata: ConflictCheck = (ours, winner, facts) => {
  if (winner.metadata === undefined || !touchesTable(ours.staged)) return PASS;
  const before = completeMetadata(facts.metadata);
  const after = completeMetadata(winner.metadata);
  // What we write is the whole metadata: nothing of theirs would be left. And
  // who drops a feature has seen that nobody uses it.
  const isFixed = ours.staged.metadata !== undefined ||
    droppedFeatures(facts.protocol, ours.staged.protocol).length > 0;
  const differs = difference(before, after, isFixed ? undefined : ours);
  if (differs === undefined) return PASS;
  return conflict(
    "DELTA_METADATA_CHANGED",
    winner,
    `changed the table's metadata: ${differs}`,
  );
};

/** What of the metadata changed that we cannot adapt to, in words; without `ours` anything that changed. */
function difference(
  before: Metadata,
  after: Metadata,
  ours: Ours | undefined,
): string | undefined {
  if (before.id !== after.id) return "the table's id";
  const partitions = [before, after].map((m) =>
    JSON.stringify(m.partitionColumns)
  );
  if (partitions[0] !== partitions[1]) return "the partition columns";
  if (before.format.provider !== after.format.provider) return "the format";
  if (before.name !== after.name) return "the name";
  if (before.description !== after.description) return "the description";
  const property = changedKeys(before.configuration, after.configuration)
    .find((key) => !ours || !adapts(key, before, after, ours));
  if (property !== undefined) return `the property ${property}`;
  return sameColumns(before, after) ? undefined : "the schema";
}

function changedKeys(before: Configuration, after: Configuration): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => before[key] !== after[key]).sort();
}

function adapts(
  key: string,
  before: Metadata,
  after: Metadata,
  ours: Ours,
): boolean {
  const value = after.configuration[key]?.trim().toLowerCase();
  const rule = Object.hasOwn(ADAPTABLE, key) ? ADAPTABLE[key] : undefined;
  if (value === undefined || rule === undefined) return false;
  return rule(before.configuration[key]?.trim().toLowerCase(), value, ours);
}

/** Whether the columns are the same: those of a table that now maps them keep their names in the files. */
function sameColumns(before: Metadata, after: Metadata): boolean {
  if (before.schemaString === after.schemaString) return true;
  const [old, fresh] = [before, after].map((m) => parseSchema(m.schemaString));
  const isMapped = columnMappingMode(after.configuration) !== "none" &&
    columnMappingMode(before.configuration) === "none";
  if (!isMapped) return formatSchema(old!) === formatSchema(fresh!);
  return keepsNames(fresh!) &&
    formatSchema(withoutMapping(old!)) === formatSchema(withoutMapping(fresh!));
}

function keepsNames(schema: StructType): boolean {
  let keeps = true;
  mapFields(schema, (field) => {
    keeps &&= physicalName(field) === field.name;
    return field;
  });
  return keeps;
}

function withoutMapping(schema: StructType): StructType {
  return mapFields(schema, (field) => ({
    ...field,
    metadata: Object.fromEntries(
      Object.entries(field.metadata).filter(([key]) =>
        !key.startsWith("delta.columnMapping.")
      ),
    ),
  }));
}
