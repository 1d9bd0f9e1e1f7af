/**
 * Table properties set and unset. A property that turns a feature on brings the
 * feature along, and whatever else the table needs for it.
 *
 * Source: Delta protocol, "Table Properties", "Column Mapping", "Row Tracking" and
 * "In-Commit Timestamps".
 *
 * @module
 */

import type { AddFile } from "../../actions/action.ts";
import { DeltaError } from "../../errors.ts";
import {
  requestedFeatures,
  withFeatures,
} from "../../protocol/protocol_for.ts";
import { CONSTRAINT_KEY } from "../../protocol/row_rules.ts";
import {
  type Configuration,
  isInternalProperty,
  storedConfiguration,
  tableProperties,
  validateProperties,
  withRowTrackingColumns,
} from "../../protocol/table_property.ts";
import {
  assignColumnMapping,
  columnMappingMode,
  MAX_ID_KEY,
  MODE_KEY,
} from "../../schema/column_mapping.ts";
import type { StructType } from "../../schema/data_type.ts";
import { keepNames } from "../../schema/edit_schema.ts";
import {
  fieldAt,
  formatPath,
  parseColumnList,
} from "../../schema/schema_path.ts";
import { eachFile } from "../../snapshot/file_set.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import type { TableContext } from "../../store/table_context.ts";
import { checkKnown, type OperationOptions } from "../write_options.ts";
import {
  type Alteration,
  type AlterResult,
  badArgument,
  beginAlteration,
  commitChange,
  COMMON_OPTIONS,
  refused,
  type TableChange,
} from "./alter_table.ts";
import { changeColumnsIn } from "./column_checks.ts";
import { checkAddable } from "./features.ts";

/** Options of {@link setProperties}. */
export interface SetPropertiesOptions extends OperationOptions {
  /** The properties, by name. */
  readonly properties: Readonly<Record<string, string>>;
}

/**
 * Sets table properties. Those that turn a feature on add it to the protocol, with
 * what it requires; `delta.columnMapping.mode=name` maps the columns by the names
 * they have; `delta.enableRowTracking` gives ids to the rows that are there.
 *
 * @param context The table.
 * @param base The version to change.
 * @param options The properties.
 * @throws {DeltaError} `DELTA_UNKNOWN_CONFIGURATION`, `DELTA_INVALID_CONFIGURATION`,
 *   `DELTA_UNSUPPORTED_OPERATION` for a change that a table cannot make,
 *   `DELTA_UNSUPPORTED_FEATURES_FOR_WRITE`; conflicts by name.
 */
export async function setProperties(
  context: TableContext,
  base: Snapshot,
  options: SetPropertiesOptions,
): Promise<AlterResult> {
  const alteration = beginAlteration(
    context,
    base,
    options,
    "set properties of",
  );
  const { properties } = options;
  checkKnown(options, ["properties", ...COMMON_OPTIONS], alteration.what);
  checkRecord(alteration, properties);
  validateProperties(properties);
  checkSettable(alteration, properties);
  const requested = requestedFeatures(properties);
  checkAddable(alteration, requested);
  const change = await changeTo(alteration, {
    ...base.metadata.configuration,
    ...storedConfiguration(properties),
  });
  return await commitChange(alteration, {
    operation: "SET TBLPROPERTIES",
    parameters: { properties: JSON.stringify(properties) },
    protocol: withFeatures(base.protocol, requested),
    ...change,
  });
}

/** Options of {@link unsetProperties}. */
export interface UnsetPropertiesOptions extends OperationOptions {
  /** The properties' names. */
  readonly properties: readonly string[];
  /** Whether those that are not set are passed over; refused by default. */
  readonly ifExists?: boolean | undefined;
}

/**
 * Unsets table properties: their defaults hold again. Features stay.
 *
 * @param context The table.
 * @param base The version to change.
 * @param options The properties.
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` for one that is not set,
 *   `DELTA_INVALID_CONFIGURATION` for one that only engines set,
 *   `DELTA_UNSUPPORTED_OPERATION` for a change that a table cannot make.
 */
export async function unsetProperties(
  context: TableContext,
  base: Snapshot,
  options: UnsetPropertiesOptions,
): Promise<AlterResult> {
  const alteration = beginAlteration(
    context,
    base,
    options,
    "unset properties of",
  );
  const { properties, ifExists = false } = options;
  checkKnown(
    options,
    ["properties", "ifExists", ...COMMON_OPTIONS],
    alteration.what,
  );
  if (!Array.isArray(properties)) {
    throw badArgument(alteration, "properties is no list", "Give a list");
  }
  const configuration = { ...base.metadata.configuration };
  for (const key of properties) {
    checkUnsettable(alteration, key, ifExists);
    delete configuration[key];
  }
  const change = await changeTo(alteration, configuration);
  return await commitChange(alteration, {
    operation: "UNSET TBLPROPERTIES",
    parameters: {
      properties: JSON.stringify(properties),
      ifExists: String(ifExists),
    },
    ...change,
  });
}

function checkRecord(alteration: Alteration, properties: unknown): void {
  if (
    typeof properties === "object" && properties !== null &&
    !Array.isArray(properties)
  ) return;
  throw badArgument(
    alteration,
    "properties is no record",
    'Give them by name, such as { "delta.appendOnly": "true" }',
  );
}

function checkSettable(
  alteration: Alteration,
  properties: Configuration,
): void {
  for (const key of Object.keys(properties)) {
    if (key.startsWith(CONSTRAINT_KEY)) {
      throw refused(
        alteration,
        `${key} is a constraint, which the rows that are there must keep`,
        "Use addConstraint",
        { property: key },
      );
    }
    if (key !== "delta.minReaderVersion" && key !== "delta.minWriterVersion") {
      continue;
    }
    throw refused(
      alteration,
      `${key} says nothing of what the table needs`,
      "Add the features: the engine picks the versions",
      { property: key },
    );
  }
}

function checkUnsettable(
  alteration: Alteration,
  key: string,
  ifExists: boolean,
): void {
  const { configuration } = alteration.base.metadata;
  if (typeof key === "string" && key.startsWith(CONSTRAINT_KEY)) {
    throw refused(alteration, `${key} is a constraint`, "Use dropConstraint", {
      property: key,
    });
  }
  if (isInternalProperty(key)) {
    throw new DeltaError("DELTA_INVALID_CONFIGURATION", {
      what: alteration.what,
      why: `${key} is set by engines only`,
      fix: "Leave it",
      context: { property: key },
    });
  }
  if (ifExists || configuration[key] !== undefined) return;
  throw badArgument(
    alteration,
    `${key} is not set`,
    "Leave it out, or give ifExists",
    { property: key },
  );
}

/** What the table must become for its properties to become these. */
async function changeTo(
  alteration: Alteration,
  wanted: Configuration,
): Promise<Partial<TableChange>> {
  const { base, context } = alteration;
  const before = tableProperties(base.metadata.configuration);
  const after = tableProperties(wanted);
  let configuration = wanted;
  if (after.enableChangeDataFeed && !before.enableChangeDataFeed) {
    checkFeedColumns(alteration);
  }
  if (!after.enableInCommitTimestamps) {
    configuration = withoutEnablement(configuration);
  }
  checkStatsColumns(alteration, configuration);
  const mapped = withMapping(alteration, configuration);
  configuration = withRowTrackingColumns(
    mapped.configuration,
    () => context.host.uuid(),
  );
  const tracks = after.enableRowTracking && !before.enableRowTracking;
  if (after.enableRowTracking) checkNotSuspended(alteration, configuration);
  return {
    schema: mapped.schema,
    configuration,
    ...(tracks && { adds: await withoutRowIds(alteration), readsTable: true }),
  };
}

function checkFeedColumns(alteration: Alteration): void {
  const taken = changeColumnsIn(alteration.base.schema);
  if (taken.length === 0) return;
  throw refused(
    alteration,
    `the change data feed has columns of its own named ${taken.join(", ")}`,
    "Rename the table's columns first",
    { columns: taken },
  );
}

function checkNotSuspended(
  alteration: Alteration,
  configuration: Configuration,
): void {
  const key = "delta.rowTrackingSuspended";
  if (configuration[key]?.trim().toLowerCase() !== "true") return;
  throw refused(
    alteration,
    `${key} is true, so new rows would get no ids`,
    "Set it to false first, or leave delta.enableRowTracking out",
    { property: key },
  );
}

/** From when on commits carried their own time matters only while they do. */
function withoutEnablement(configuration: Configuration): Configuration {
  return Object.fromEntries(
    Object.entries(configuration).filter(([key]) =>
      !key.startsWith("delta.inCommitTimestampEnablement")
    ),
  );
}

function checkStatsColumns(
  alteration: Alteration,
  configuration: Configuration,
): void {
  const key = "delta.dataSkippingStatsColumns";
  const text = configuration[key];
  const before = alteration.base.metadata.configuration[key];
  if (text === undefined || text === before) return;
  const missing = parseColumnList(text).find((path) =>
    !fieldAt(alteration.base.schema, path)
  );
  if (!missing) return;
  throw new DeltaError("DELTA_COLUMN_NOT_FOUND", {
    what: alteration.what,
    why: `${key} names ${formatPath(missing)}, which the table does not have`,
    fix: "Name columns of the table",
    context: { column: missing, property: key },
  });
}

/** The schema with its columns mapped by the names they have, where mapping is turned on now. */
function withMapping(
  alteration: Alteration,
  configuration: Configuration,
): { schema: StructType; configuration: Configuration } {
  const { base, context } = alteration;
  const from = columnMappingMode(base.metadata.configuration);
  const to = columnMappingMode(configuration);
  if (from === to) return { schema: base.schema, configuration };
  if (from !== "none" || to !== "name") {
    throw refused(
      alteration,
      `${MODE_KEY} cannot go from ${from} to ${to}: its files are written for ${from}`,
      from === "none"
        ? "Set it to name, or create the table in the mode"
        : "Leave it, or write the rows to a new table",
      { property: MODE_KEY, from, to },
    );
  }
  const named = keepNames(base.schema);
  const uuid = () => context.host.uuid();
  const { schema, maxColumnId } = assignColumnMapping(
    named,
    configuration,
    uuid,
  );
  return {
    schema,
    configuration: { ...configuration, [MAX_ID_KEY]: String(maxColumnId) },
  };
}

/** The live files without row ids, to be named again: the commit gives them some. */
async function withoutRowIds(alteration: Alteration): Promise<AddFile[]> {
  const { base, options } = alteration;
  const adds: AddFile[] = [];
  for (const add of eachFile(await base.files(options.signal))) {
    if (add.baseRowId !== undefined) continue;
    checkCounted(alteration, add);
    adds.push({ ...add, dataChange: false });
  }
  return adds;
}

function checkCounted(alteration: Alteration, add: AddFile): void {
  const stats: unknown = add.stats === undefined ? {} : JSON.parse(add.stats);
  const count = (stats as { numRecords?: unknown } | null)?.numRecords;
  if (typeof count === "number") return;
  throw refused(
    alteration,
    `${add.path} has no numRecords in its statistics, so its rows cannot be ` +
      "given ids",
    "Rewrite the file with statistics, by optimizing the table for example",
    { path: add.path },
  );
}
