/**
 * Columns added: data files stay as they are, and rows that are there read null.
 *
 * Source: Delta protocol, "Schema Serialization Format" and "Default Columns".
 *
 * @module
 */

import type {
  JsonValue,
  StructField,
  StructType,
} from "../../schema/data_type.ts";
import { typeName } from "../../schema/data_type.ts";
import { type FieldPosition, insertFieldAt } from "../../schema/edit_schema.ts";
import { formatDataType } from "../../schema/schema_json.ts";
import { formatPath } from "../../schema/schema_path.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import type { TableContext } from "../../store/table_context.ts";
import {
  checkKnown,
  checkOptions,
  type OperationOptions,
} from "../write_options.ts";
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
  checkNoReservedName,
  type TypeInput,
  typeOf,
} from "./column_checks.ts";

/** A column to add. */
export interface NewColumn {
  /** Its name; for a nested one its path from the top, its own name last. */
  readonly name: ColumnInput;
  /** Its type: `"long"`, `"decimal(9,2)"`, or the JSON of a nested one. */
  readonly type: TypeInput;
  /** May only be true: rows that are there have no value for it. */
  readonly nullable?: boolean | undefined;
  /** A comment for people. */
  readonly comment?: string | undefined;
  /** Never here: rows that are there read null. Give it with `setDefault`, for rows to come. */
  readonly default?: undefined;
  /** Where it goes: behind the others by default. */
  readonly position?: FieldPosition | undefined;
}

/** Options of {@link addColumns}. */
export interface AddColumnsOptions extends OperationOptions {
  /** The columns, each put where it belongs in turn. */
  readonly columns: readonly NewColumn[];
}

/**
 * Adds columns. Rows that are there read null in them.
 *
 * @param context The table.
 * @param base The version to change.
 * @param options The columns.
 * @throws {DeltaError} `DELTA_INVALID_SCHEMA` for a name that is taken or not allowed,
 *   `DELTA_UNSUPPORTED_DATA_TYPE`, `DELTA_COLUMN_NOT_FOUND`, `DELTA_UNSUPPORTED_OPERATION`
 *   for one that takes no nulls or has a default.
 */
export async function addColumns(
  context: TableContext,
  base: Snapshot,
  options: AddColumnsOptions,
): Promise<AlterResult> {
  const alteration = beginAlteration(
    context,
    base,
    options,
    "add columns to",
  );
  checkKnown(options, ["columns", ...COMMON_OPTIONS], alteration.what);
  if (!Array.isArray(options.columns)) {
    throw badArgument(alteration, "columns is no list", "Give a list");
  }
  let schema = base.schema;
  for (const column of options.columns) {
    checkColumn(alteration, column);
    schema = withColumn(alteration, schema, column);
  }
  return await commitChange(alteration, {
    operation: "ADD COLUMNS",
    parameters: {
      columns: JSON.stringify(
        options.columns.map((c) => asParameter(alteration, c)),
      ),
    },
    schema,
  });
}

const PARTS = ["name", "type", "nullable", "comment", "default", "position"];

/** Refuses what would be dropped in silence: a word that is none, metadata of a field. */
function checkColumn(alteration: Alteration, column: NewColumn): void {
  checkOptions(column, alteration.what);
  const { metadata, ...rest } = column as NewColumn & { metadata?: object };
  checkKnown(rest, PARTS, alteration.what);
  if (metadata === undefined || Object.keys(metadata ?? {}).length === 0) {
    return;
  }
  throw badArgument(
    alteration,
    `a new column takes no metadata: ${Object.keys(metadata).join(", ")}`,
    "Give it a comment by that name, and a default with setDefault",
  );
}

function withColumn(
  alteration: Alteration,
  schema: StructType,
  column: NewColumn,
): StructType {
  const path = pathOf(column.name, alteration.what);
  // An earlier one of the same call may be the parent.
  const at = { ...alteration, base: { ...alteration.base, schema } };
  const parent = path.length > 1
    ? findColumn(at, path.slice(0, -1))
    : undefined;
  const name = path.at(-1) ?? "";
  if (parent && parent.field.type.kind !== "struct") {
    throw badArgument(
      alteration,
      `${formatPath(parent.path)} is of type ${
        typeName(parent.field.type)
      }, and only a struct has fields`,
      "For a struct inside a list or a map, go on with element, key or value",
    );
  }
  checkNoReservedName(alteration, path, name);
  const field = newField(alteration, path, name, column);
  return insertFieldAt(schema, parent?.path ?? [], field, column.position);
}

function newField(
  alteration: Alteration,
  path: readonly string[],
  name: string,
  column: NewColumn,
): StructField {
  if (column.nullable === false) {
    throw refused(
      alteration,
      `${formatPath(path)} is to take no nulls, and the rows that are there ` +
        "have no value for it",
      "Add it nullable, give every row a value, then set it NOT NULL",
      { column: path },
    );
  }
  if (column.default !== undefined) {
    throw refused(
      alteration,
      `${formatPath(path)} is to have a default, which rows that are there ` +
        "would be taken to have",
      "Add it without one, then give it one with setDefault",
      { column: path },
    );
  }
  const metadata: Readonly<Record<string, JsonValue>> =
    column.comment === undefined ? {} : { comment: column.comment };
  return { name, type: typeOf(column.type, path), nullable: true, metadata };
}

function asParameter({ what }: Alteration, column: NewColumn): JsonValue {
  const path = pathOf(column.name, what);
  const { position } = column;
  return {
    column: {
      name: formatPath(path),
      type: formatDataType(typeOf(column.type, path)),
      nullable: true,
      metadata: {},
    },
    ...(position !== undefined &&
      { position: position === "first" ? "first" : `after ${position.after}` }),
  };
}
