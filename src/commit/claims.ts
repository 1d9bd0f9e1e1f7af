/**
 * What a change of the definition promises of files that it did not write: a
 * constraint speaks of every row of the version it lands on, so rows that
 * somebody else added meanwhile must be looked at first.
 *
 * Source: Delta protocol, "CHECK Constraints", "Column Invariants", "Writer
 * Requirements for Row Tracking" and "Writer Requirements for IcebergCompatV1".
 *
 * @module
 */

import type { Metadata, Protocol } from "../actions/action.ts";
import { featuresOf } from "../protocol/table_feature.ts";
import { physicalName } from "../schema/column_mapping.ts";
import type { DataType, StructType } from "../schema/data_type.ts";
import { parseSchema } from "../schema/schema_json.ts";
import type { StagedActions } from "./staged_actions.ts";

/**
 * - `none`: nothing is promised; whatever others add is fine.
 * - `rows`: something is true of every row: new rows are not welcome.
 * - `files`: something is true of every file: no new file is welcome.
 */
export type Claim = "none" | "rows" | "files";

/** The definition that a transaction stands on. */
export interface Definition {
  /** Its metadata. */
  readonly metadata: Metadata;
  /** Its protocol. */
  readonly protocol: Protocol;
}

/** Properties that, once true, promise something of every live file. */
const OF_FILES: readonly string[] = [
  "delta.enableRowTracking",
  "delta.enableIcebergCompatV1",
  "delta.enableIcebergCompatV2",
  "delta.enableIcebergCompatV3",
];

/** What the staged definition promises that the base's did not. */
export function claimOf(
  base: Definition | undefined,
  staged: StagedActions,
): Claim {
  if (!base) return "none";
  const dropped = droppedFeatures(base.protocol, staged.protocol);
  if (dropped.some((name) => !NO_TRACE_IN_FILES.has(name))) return "files";
  if (!staged.metadata) return "none";
  const before = base.metadata.configuration;
  const after = staged.metadata.configuration;
  const turnedOn = (key: string): boolean =>
    isTrue(after[key]) && !isTrue(before[key]);
  if (OF_FILES.some(turnedOn)) return "files";
  const isNewRule = Object.entries(after).some(([key, rule]) =>
    key.startsWith("delta.constraints.") && before[key] !== rule
  );
  if (isNewRule) return "rows";
  return bindsRows(base.metadata.schemaString, staged.metadata.schemaString)
    ? "rows"
    : "none";
}

/** Features that no file can tell of: dropped, they leave nothing behind in one. */
const NO_TRACE_IN_FILES: ReadonlySet<string> = new Set([
  "appendOnly",
  "invariants",
  "checkConstraints",
  "changeDataFeed",
  "generatedColumns",
  "identityColumns",
  "v2Checkpoint",
  "vacuumProtocolCheck",
  "domainMetadata",
  "inCommitTimestamp",
  "allowColumnDefaults",
]);

/** The features that a staged protocol lacks and the table has: nothing of them may be left. */
export function droppedFeatures(
  before: Protocol,
  staged: Protocol | undefined,
): readonly string[] {
  if (!staged) return [];
  const kept = featuresOf(staged);
  return [...featuresOf(before)].filter((name) => !kept.has(name));
}

function isTrue(text: string | undefined): boolean {
  return text?.trim().toLowerCase() === "true";
}

/** Whether a column is bound that was free, or bound by something else. */
function bindsRows(before: string, after: string): boolean {
  if (before === after) return false;
  const old = rulesOf(parseSchema(before));
  return [...rulesOf(parseSchema(after))].some(([column, rule]) =>
    rule !== "" && old.get(column) !== rule
  );
}

/** What binds each column, by its physical path: a new name binds nothing. */
function rulesOf(schema: StructType): ReadonlyMap<string, string> {
  const rules = new Map<string, string>();
  const visit = (type: DataType, path: string): void => {
    switch (type.kind) {
      case "struct":
        for (const field of type.fields) {
          const here = `${path}\0${physicalName(field)}`;
          const invariant = field.metadata["delta.invariants"];
          rules.set(
            here,
            (field.nullable ? "" : "not null ") +
              (invariant === undefined ? "" : JSON.stringify(invariant)),
          );
          visit(field.type, here);
        }
        return;
      case "array":
        return visit(type.elementType, `${path}\0element`);
      case "map":
        visit(type.keyType, `${path}\0key`);
        visit(type.valueType, `${path}\0value`);
    }
  };
  visit(schema, "");
  return rules;
}
