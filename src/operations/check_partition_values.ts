/**
 * Partition values of a file that was written while the table's columns were
 * others: a restore makes widened columns narrow again, and removes files whose
 * values are too wide for them.
 *
 * Source: Delta protocol, "Type Widening" and "Partition Value Serialization".
 *
 * @module
 */

import type { AddFile } from "../actions/action.ts";
import type { ReadTable } from "../data/read_data_file.ts";
import { DeltaError } from "../errors.ts";
import { columnMappingMode, physicalName } from "../schema/column_mapping.ts";
import {
  type DataType,
  type StructField,
  typeName,
} from "../schema/data_type.ts";
import { parseDecimal } from "../schema/decimal.ts";
import { parsePartitionValue } from "../schema/partition_value.ts";
import { canWiden } from "../schema/schema_evolution.ts";
import type { TableContext } from "../store/table_context.ts";

/**
 * Checks that a file's partition values are values of the table's columns.
 *
 * @throws {DeltaError} `DELTA_UNSUPPORTED_TYPE_CHANGE` for a value of a wider
 *   type, `DELTA_LOG_FILE_CORRUPT` for one of no such type, both naming the column.
 */
export function checkPartitionValues(
  context: TableContext,
  { schema, metadata }: ReadTable,
  file: AddFile,
): void {
  const mode = columnMappingMode(metadata.configuration);
  for (const field of schema.fields) {
    if (!metadata.partitionColumns.includes(field.name)) continue;
    const name = mode === "none" ? field.name : physicalName(field);
    const text = file.partitionValues[name];
    try {
      parsePartitionValue(text, field.type);
    } catch (cause) {
      const wider = widestTypes(text ?? "", field.type)
        .find((type) => canWiden(field.type, type) && isValue(text, type));
      if (!wider) throw cause;
      throw tooWide(context, field, file, wider, cause);
    }
  }
}

/** The widest types that the text may be a value of. */
function widestTypes(text: string, type: DataType): readonly DataType[] {
  const kinds = ["long", "double", "timestamp_ntz"] as const;
  const widest: DataType[] = kinds.map((kind) => ({ kind }));
  const scale = scaleOf(text);
  if (scale === undefined) return widest;
  const least = type.kind === "decimal" ? type.scale : 0;
  const precision = 38;
  return [
    ...widest,
    { kind: "decimal", precision, scale: Math.max(scale, least) },
  ];
}

function scaleOf(text: string): number | undefined {
  try {
    return parseDecimal(text).scale;
  } catch {
    // Not a number, and so no decimal.
    return undefined;
  }
}

function isValue(text: string | null | undefined, type: DataType): boolean {
  try {
    parsePartitionValue(text, type);
    return true;
  } catch {
    return false;
  }
}

function tooWide(
  context: TableContext,
  { name, type }: StructField,
  file: AddFile,
  wider: DataType,
  cause: unknown,
): DeltaError {
  const [from, to] = [typeName(wider), typeName(type)];
  return new DeltaError("DELTA_UNSUPPORTED_TYPE_CHANGE", {
    what: `Cannot read the partition column ${name} of ${context.url} as ${to}`,
    why: `${file.path} was written when it was wider: its value is one of ` +
      `type ${from}`,
    fix: "Read the changes before and after the change of schema apart",
    context: { table: context.url, column: name, path: file.path, from, to },
    cause,
  });
}
