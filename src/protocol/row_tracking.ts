/**
 * The hidden columns of row tracking: which they are on a table, and whether
 * they can do their work there.
 *
 * Source: Delta protocol, "Row Tracking".
 *
 * @module
 */

import type { Metadata, Protocol } from "../actions/action.ts";
import { physicalName } from "../schema/column_mapping.ts";
import type { StructField, StructType } from "../schema/data_type.ts";
import { foldCase } from "../schema/schema_path.ts";
import { hasFeature } from "./table_feature.ts";
import {
  ROW_ID_COLUMN_KEY,
  ROW_VERSION_COLUMN_KEY,
  tableProperties,
} from "./table_property.ts";

/**
 * The columns of data files that hold the row ids and the row commit versions
 * of rows that were moved, by the names they have in the files, in this order.
 */
export type RowTrackingColumns = readonly [StructField, StructField];

/** A table, as far as its definition goes. */
export interface TrackedTable {
  /** Its protocol. */
  readonly protocol: Protocol;
  /** Its properties. */
  readonly metadata: Pick<Metadata, "configuration">;
}

/** Whether the rows of a table have ids and commit versions that must stay. */
export function tracksRows({ protocol, metadata }: TrackedTable): boolean {
  return hasFeature(protocol, "rowTracking") &&
    tableProperties(metadata.configuration).enableRowTracking;
}

/** The hidden columns of a table that tracks its rows; `undefined` where it does not, or does not name them. */
export function rowTrackingColumns(
  table: TrackedTable,
): RowTrackingColumns | undefined {
  if (!tracksRows(table)) return undefined;
  const { configuration } = table.metadata;
  const id = configuration[ROW_ID_COLUMN_KEY];
  const version = configuration[ROW_VERSION_COLUMN_KEY];
  return id === undefined || version === undefined
    ? undefined
    : [hiddenColumn(id), hiddenColumn(version)];
}

/** Why rows of a table cannot take their ids along to another file; `undefined` where they can, or have none. */
export function whyRowsCannotMove(
  { configuration }: Pick<Metadata, "configuration">,
): string | undefined {
  const properties = tableProperties(configuration);
  if (!properties.enableRowTracking) return undefined;
  const missing = [ROW_ID_COLUMN_KEY, ROW_VERSION_COLUMN_KEY]
    .find((key) => !configuration[key]);
  if (missing !== undefined) {
    return `${missing} is not set, so rows could not take their ids along`;
  }
  return configuration["delta.rowTrackingSuspended"]?.trim().toLowerCase() ===
      "true"
    ? "delta.rowTrackingSuspended is true while delta.enableRowTracking is"
    : undefined;
}

/**
 * What else has the name of a hidden column, in words; `undefined` where nothing
 * has. Files written while rows were tracked have the columns ever after.
 */
export function takenHiddenName(
  { configuration }: Pick<Metadata, "configuration">,
  schema: StructType,
): string | undefined {
  const keys = [ROW_ID_COLUMN_KEY, ROW_VERSION_COLUMN_KEY]
    .filter((key) => configuration[key]);
  const names = keys.map((key) => foldCase(configuration[key]!));
  if (names.length === 2 && names[0] === names[1]) {
    return `${keys.join(" and ")} are the same`;
  }
  for (const field of schema.fields) {
    const own = [field.name, physicalName(field)].map(foldCase);
    const at = names.findIndex((name) => own.includes(name));
    if (at >= 0) return `column ${field.name} has the name of ${keys[at]}`;
  }
  return undefined;
}

function hiddenColumn(name: string): StructField {
  return { name, type: { kind: "long" }, nullable: true, metadata: {} };
}
