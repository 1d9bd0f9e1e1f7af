/**
 * Columns renamed and dropped: data files stay as they are, since a reader of a
 * table that maps columns finds each by its physical name.
 *
 * Source: Delta protocol, "Column Mapping".
 *
 * @module
 */

import { tableProperties } from "../../protocol/table_property.ts";
import type { StructType } from "../../schema/data_type.ts";
import { changeFieldAt } from "../../schema/edit_schema.ts";
import {
  fieldAt,
  foldCase,
  formatPath,
  parseColumnList,
} from "../../schema/schema_path.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import type { TableContext } from "../../store/table_context.ts";
import { checkKnown, type OperationOptions } from "../write_options.ts";
import {
  type Alteration,
  type AlterResult,
  badArgument,
  beginAlteration,
  type ColumnInput,
  commitChange,
  COMMON_OPTIONS,
  findColumn,
  pathOf,
  refused,
} from "./alter_table.ts";
import {
  checkIsField,
  checkNoReservedName,
  checkUnused,
} from "./column_checks.ts";
import { isClusteredBy } from "./dependents.ts";

/** Options of {@link renameColumn}. */
export interface RenameColumnOptions extends OperationOptions {
  /** The column; a nested one by its path from the top. */
  readonly column: ColumnInput;
  /** Its new name, without the path. */
  readonly to: string;
}

/**
 * Gives a column another name; the table must map columns. Old files and old
 * versions are read as before, the newest version under the new name.
 *
 * @param context The table.
 * @param base The version to change.
 * @param options The column and its name.
 * @throws {DeltaError} `DELTA_UNSUPPORTED_OPERATION` without column mapping, or where an
 *   expression uses the column; `DELTA_COLUMN_NOT_FOUND`, `DELTA_INVALID_SCHEMA`.
 */
export async function renameColumn(
  context: TableContext,
  base: Snapshot,
  options: RenameColumnOptions,
): Promise<AlterResult> {
  const alteration = beginAlteration(
    context,
    base,
    options,
    "rename a column of",
  );
  checkKnown(options, ["column", "to", ...COMMON_OPTIONS], alteration.what);
  const { path, field } = findColumn(alteration, options.column);
  const { to } = options;
  if (typeof to !== "string") {
    throw badArgument(alteration, "there is no new name", "Give it as `to`");
  }
  checkIsField(alteration, path);
  checkMapped(alteration);
  checkUnused(alteration, path, "renamed");
  if (path.length === 1) checkNoReservedName(alteration, [to], to);
  const renamed = [...path.slice(0, -1), to];
  const schema = changeFieldAt(
    base.schema,
    path,
    (old) => old.name === to ? old : { ...old, name: to },
  );
  return await commitChange(alteration, {
    operation: "RENAME COLUMN",
    parameters: {
      oldColumnPath: formatPath(path),
      newColumnPath: formatPath(renamed),
    },
    schema: field.name === to ? base.schema : schema,
    partitionColumns: base.metadata.partitionColumns.map((name) =>
      path.length === 1 && name === path[0] ? to : name
    ),
    configuration: withStatsColumns(
      base,
      (column) =>
        startsWith(column, path)
          ? [...renamed, ...column.slice(path.length)]
          : column,
    ),
  });
}

/** Options of {@link dropColumns}. */
export interface DropColumnsOptions extends OperationOptions {
  /** The columns; nested ones by their paths from the top. */
  readonly columns: readonly ColumnInput[];
  /** Whether columns that are not there are passed over; refused by default. */
  readonly ifExists?: boolean | undefined;
}

/**
 * Takes columns out of the table; the table must map columns. Their values stay
 * in old files and old versions, and no later column of the same name shows them.
 *
 * @param context The table.
 * @param base The version to change.
 * @param options The columns.
 * @throws {DeltaError} `DELTA_UNSUPPORTED_OPERATION` without column mapping, for a column
 *   that an expression uses, or that the table is partitioned or clustered by;
 *   `DELTA_COLUMN_NOT_FOUND`, `DELTA_INVALID_SCHEMA`.
 */
export async function dropColumns(
  context: TableContext,
  base: Snapshot,
  options: DropColumnsOptions,
): Promise<AlterResult> {
  const alteration = beginAlteration(
    context,
    base,
    options,
    "drop columns of",
  );
  checkKnown(
    options,
    ["columns", "ifExists", ...COMMON_OPTIONS],
    alteration.what,
  );
  if (!Array.isArray(options.columns)) {
    throw badArgument(alteration, "columns is no list", "Give a list");
  }
  let schema = base.schema;
  const dropped: (readonly string[])[] = [];
  for (const column of options.columns) {
    if (
      options.ifExists && !fieldAt(base.schema, pathOf(column, alteration.what))
    ) continue;
    const { path } = findColumn(alteration, column);
    checkIsField(alteration, path);
    checkMapped(alteration);
    checkDroppable(alteration, path);
    dropped.push(path);
    schema = changeFieldAt(schema, path, () => undefined);
  }
  checkNothingEmpty(alteration, schema, dropped);
  return await commitChange(alteration, {
    operation: "DROP COLUMNS",
    parameters: { columns: JSON.stringify(dropped.map(formatPath)) },
    schema: dropped.length === 0 ? base.schema : schema,
    configuration: withStatsColumns(
      base,
      (column) =>
        dropped.some((path) => startsWith(column, path)) ? undefined : column,
    ),
  });
}

function checkDroppable(
  alteration: Alteration,
  path: readonly string[],
): void {
  const { base } = alteration;
  const name = formatPath(path);
  if (path.length === 1 && base.metadata.partitionColumns.includes(path[0]!)) {
    throw refused(
      alteration,
      `the table is partitioned by ${name}`,
      "Overwrite the table with other partition columns",
      { column: path },
    );
  }
  if (isClusteredBy(base, path)) {
    throw refused(
      alteration,
      `the table is clustered by ${name}`,
      "Cluster it by other columns first, with an engine that does that",
      { column: path },
    );
  }
  checkUnused(alteration, path, "dropped");
}

/** Without fields a table or a struct has no values left to be read. */
function checkNothingEmpty(
  alteration: Alteration,
  schema: StructType,
  dropped: readonly (readonly string[])[],
): void {
  for (const path of dropped) {
    const parent = path.slice(0, -1);
    const type = parent.length === 0
      ? schema
      : fieldAt(schema, parent)?.type ?? schema;
    if (type.kind !== "struct" || type.fields.length > 0) continue;
    throw refused(
      alteration,
      parent.length === 0
        ? "no column would be left"
        : `${formatPath(parent)} would have no field left`,
      parent.length === 0
        ? "Keep one, or overwrite the table with another schema"
        : `Drop ${formatPath(parent)} itself`,
      { column: path },
    );
  }
}

function checkMapped(alteration: Alteration): void {
  const properties = tableProperties(alteration.base.metadata.configuration);
  if (properties.columnMappingMode !== "none") return;
  throw refused(
    alteration,
    "it does not map columns, so its files would be read under the old names",
    "Set the property delta.columnMapping.mode to name first",
  );
}

/** The properties, with the columns that statistics are collected of renamed or left out. */
function withStatsColumns(
  { metadata: { configuration } }: Snapshot,
  change: (column: readonly string[]) => readonly string[] | undefined,
): Readonly<Record<string, string>> {
  const key = "delta.dataSkippingStatsColumns";
  const text = configuration[key];
  if (text === undefined) return configuration;
  const columns = parseColumnList(text);
  const changed = columns.flatMap((column) => {
    const after = change(column);
    return after ? [after] : [];
  });
  const same = columns.length === changed.length &&
    columns.every((column, i) => column === changed[i]);
  if (same) return configuration;
  return { ...configuration, [key]: changed.map(formatPath).join(",") };
}

function startsWith(
  column: readonly string[],
  path: readonly string[],
): boolean {
  return path.every((step, i) =>
    column[i] !== undefined && foldCase(column[i]) === foldCase(step)
  );
}
