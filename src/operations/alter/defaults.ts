/**
 * Defaults of columns: what rows get that are written without one. They are
 * given to columns that are there, never in the command that adds one, so that
 * nobody takes them for values of the rows that the table has already.
 *
 * Source: Delta protocol, "Default Columns".
 *
 * @module
 */

import { missingValue } from "../../data/enforce_columns.ts";
import type { JsonValue, StructField } from "../../schema/data_type.ts";
import { changeFieldAt } from "../../schema/edit_schema.ts";
import { formatPath } from "../../schema/schema_path.ts";
import { formatDataType } from "../../schema/schema_json.ts";
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
  refused,
} from "./alter_table.ts";

const DEFAULT_KEY = "CURRENT_DEFAULT";
const GENERATION_KEY = "delta.generationExpression";

/** Options of {@link dropDefault}. */
export interface DropDefaultOptions extends OperationOptions {
  /** The column, at the top of the table. */
  readonly column: ColumnInput;
}

/** Options of {@link setDefault}. */
export interface SetDefaultOptions extends DropDefaultOptions {
  /** The value, as SQL without columns: `0`, `'none'`, `current_timestamp()`. */
  readonly default: string;
}

/**
 * Gives a column a default: rows written from now on that leave the column out
 * get it. Rows that are there stay as they are.
 *
 * @param context The table.
 * @param base The version to change.
 * @param options The column and its default.
 * @throws {DeltaError} `DELTA_COLUMN_NOT_FOUND`; `DELTA_UNSUPPORTED_OPERATION` for a nested
 *   or generated column; `DELTA_UNSUPPORTED_EXPRESSION` for what is no value of the column's type.
 */
export async function setDefault(
  context: TableContext,
  base: Snapshot,
  options: SetDefaultOptions,
): Promise<AlterResult> {
  const alteration = beginAlteration(
    context,
    base,
    options,
    "set a default of",
  );
  checkKnown(
    options,
    ["column", "default", ...COMMON_OPTIONS],
    alteration.what,
  );
  const { path, field } = findColumn(alteration, options.column);
  const text: unknown = options.default;
  if (typeof text !== "string" || text.trim() === "") {
    throw badArgument(
      alteration,
      "there is no default",
      "Give SQL, such as: 0",
    );
  }
  checkMayHaveDefault(alteration, path, field);
  const changed = {
    ...field,
    metadata: { ...field.metadata, [DEFAULT_KEY]: text },
  };
  // A default that no write could work out would stop every write.
  missingValue(changed, BigInt(context.host.now()) * 1000n);
  return await commitField(alteration, path, changed);
}

/**
 * Takes a column's default away: rows that leave the column out get null again.
 *
 * @param context The table.
 * @param base The version to change.
 * @param options The column.
 * @throws {DeltaError} `DELTA_COLUMN_NOT_FOUND`.
 */
export async function dropDefault(
  context: TableContext,
  base: Snapshot,
  options: DropDefaultOptions,
): Promise<AlterResult> {
  const alteration = beginAlteration(
    context,
    base,
    options,
    "drop a default of",
  );
  checkKnown(options, ["column", ...COMMON_OPTIONS], alteration.what);
  const { path, field } = findColumn(alteration, options.column);
  const { [DEFAULT_KEY]: _, ...metadata } = field.metadata;
  return await commitField(alteration, path, { ...field, metadata });
}

function checkMayHaveDefault(
  alteration: Alteration,
  path: readonly string[],
  field: StructField,
): void {
  const column = formatPath(path);
  if (path.length > 1) {
    throw refused(
      alteration,
      `${column} is inside another column, and only columns at the top have ` +
        "defaults",
      "Leave the default out",
      { column: path },
    );
  }
  if (field.metadata[GENERATION_KEY] !== undefined) {
    throw refused(
      alteration,
      `${column} is generated: rows that leave it out get its expression`,
      "Leave the default out",
      { column: path },
    );
  }
}

async function commitField(
  alteration: Alteration,
  path: readonly string[],
  field: StructField,
): Promise<AlterResult> {
  const { name, type, nullable, metadata } = field;
  const parameter: JsonValue = {
    name,
    type: formatDataType(type),
    nullable,
    metadata,
  };
  return await commitChange(alteration, {
    operation: "CHANGE COLUMN",
    parameters: { column: JSON.stringify(parameter) },
    schema: changeFieldAt(alteration.base.schema, path, () => field),
  });
}
