/**
 * A column's type made wider: old files keep the narrow values, and the schema
 * says which types they may have.
 *
 * Source: Delta protocol, "Type Widening".
 *
 * @module
 */

import { DeltaError } from "../../errors.ts";
import { tableProperties } from "../../protocol/table_property.ts";
import {
  type DataType,
  type StructType,
  typeName,
} from "../../schema/data_type.ts";
import { changeTypeAt } from "../../schema/edit_schema.ts";
import { canWiden, mergeSchemas } from "../../schema/schema_evolution.ts";
import { formatDataType } from "../../schema/schema_json.ts";
import { formatPath } from "../../schema/schema_path.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import type { TableContext } from "../../store/table_context.ts";
import { checkKnown, type OperationOptions } from "../write_options.ts";
import {
  type Alteration,
  type AlterResult,
  beginAlteration,
  type ColumnInput,
  commitChange,
  COMMON_OPTIONS,
  findColumn,
  refused,
} from "./alter_table.ts";
import { checkUnused, type TypeInput, typeOf } from "./column_checks.ts";

/** Options of {@link widenColumn}. */
export interface WidenColumnOptions extends OperationOptions {
  /** The column; a nested one by its path from the top, through `element`, `key` and `value`. */
  readonly column: ColumnInput;
  /** The wider type. */
  readonly type: TypeInput;
}

/**
 * Gives a column a wider type; the table must have `delta.enableTypeWidening`.
 * Old files keep the narrow values, and the schema records the change.
 *
 * @param context The table.
 * @param base The version to change.
 * @param options The column and its type.
 * @throws {DeltaError} `DELTA_UNSUPPORTED_TYPE_CHANGE` for a change that is not among the
 *   protocol's, `DELTA_UNSUPPORTED_OPERATION` without the property or where an expression
 *   uses the column, `DELTA_COLUMN_NOT_FOUND`, `DELTA_UNSUPPORTED_DATA_TYPE`.
 */
export async function widenColumn(
  context: TableContext,
  base: Snapshot,
  options: WidenColumnOptions,
): Promise<AlterResult> {
  const alteration = beginAlteration(
    context,
    base,
    options,
    "widen a column of",
  );
  checkKnown(options, ["column", "type", ...COMMON_OPTIONS], alteration.what);
  const { path, field } = findColumn(alteration, options.column);
  const to = typeOf(options.type, path);
  const schema = widened(alteration, path, field.type, to);
  return await commitChange(alteration, {
    operation: "CHANGE COLUMN",
    parameters: {
      column: JSON.stringify({
        name: formatPath(path),
        type: formatDataType(to),
        nullable: field.nullable,
        metadata: {},
      }),
    },
    schema,
  });
}

function widened(
  alteration: Alteration,
  path: readonly string[],
  from: DataType,
  to: DataType,
): StructType {
  const { base } = alteration;
  const [a, b] = [typeName(from), typeName(to)];
  if (a === b) return base.schema;
  if (!canWiden(from, to)) {
    throw new DeltaError("DELTA_UNSUPPORTED_TYPE_CHANGE", {
      what: alteration.what,
      why: `${formatPath(path)} is of type ${a}, which cannot become ${b} ` +
        "without rewriting files",
      fix: "Add a column of the type and fill it, or overwrite the table",
      context: { column: path, from: a, to: b },
    });
  }
  if (!tableProperties(base.metadata.configuration).enableTypeWidening) {
    throw refused(
      alteration,
      "its property delta.enableTypeWidening is not true",
      "Set it first",
      { column: path },
    );
  }
  checkUnused(alteration, path, "widened");
  const isPartition = path.length === 1 &&
    base.metadata.partitionColumns.includes(path[0]!);
  if (isPartition && from.kind === "date") {
    throw refused(
      alteration,
      `the table is partitioned by ${formatPath(path)}, and its partition ` +
        "values are written as dates",
      "Overwrite the table with another schema",
      { column: path },
    );
  }
  const wanted = changeTypeAt(base.schema, path, () => to);
  return mergeSchemas(base.schema, wanted, { widen: true }).schema;
}
