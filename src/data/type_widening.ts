/**
 * Which types of old data files a column may still be read from.
 *
 * Source: Delta protocol, "Type Widening".
 *
 * @module
 */

import type * as arrow from "apache-arrow";
import { DeltaError } from "../errors.ts";
import { fromArrowType } from "../parquet/arrow_schema.ts";
import {
  type DataType,
  type JsonValue,
  type StructType,
  typeName,
} from "../schema/data_type.ts";
import { canWiden } from "../schema/schema_evolution.ts";
import { mapFields } from "../schema/column_mapping.ts";
import { parseDataType } from "../schema/schema_json.ts";

const TYPE_CHANGES_KEY = "delta.typeChanges";

/** Types that share their bytes in Parquet, of which either may hold the other. */
const SAME_BYTES: readonly (readonly string[])[] = [
  ["string", "binary"],
  ["timestamp", "timestamp_ntz"],
];

/**
 * Checks that every type change that a schema records is one of the protocol's.
 *
 * @throws {DeltaError} `DELTA_UNSUPPORTED_TYPE_CHANGE`, naming column and types.
 */
export function checkTypeChanges(schema: StructType): void {
  mapFields(schema, (field) => {
    const changes = field.metadata[TYPE_CHANGES_KEY];
    if (!Array.isArray(changes)) return field;
    for (const change of changes as readonly JsonValue[]) {
      const { fromType, toType } = change as Record<string, JsonValue>;
      if (fromType === undefined || toType === undefined) continue;
      if (!isSupported(fromType, toType)) {
        throw unsupported(field.name, String(fromType), String(toType));
      }
    }
    return field;
  });
}

/**
 * Checks that a column of a data file can be read as a column of the table.
 *
 * @param file The leaf column's type in the file.
 * @param type The type that the schema says.
 * @param column The column, for messages.
 * @throws {DeltaError} `DELTA_UNSUPPORTED_TYPE_CHANGE`.
 */
export function checkReadableAs(
  file: arrow.DataType,
  type: DataType,
  column: string,
): void {
  const from = fromArrowType(file, column);
  if (sameLeaf(from, type) || canWiden(from, type)) return;
  if (
    SAME_BYTES.some((kinds) =>
      kinds.includes(from.kind) && kinds.includes(type.kind)
    )
  ) return;
  // Parquet keeps small integers in 32 bits, and not every writer says how small.
  if (from.kind === "integer" && ["byte", "short"].includes(type.kind)) return;
  throw unsupported(column, typeName(from), typeName(type));
}

function sameLeaf(from: DataType, to: DataType): boolean {
  if (from.kind !== "decimal" || to.kind !== "decimal") {
    return from.kind === to.kind;
  }
  return from.scale === to.scale && from.precision <= to.precision;
}

function isSupported(from: JsonValue, to: JsonValue): boolean {
  const [a, b] = [parseDataType(from), parseDataType(to)];
  return sameLeaf(a, b) || canWiden(a, b);
}

function unsupported(column: string, from: string, to: string): DeltaError {
  return new DeltaError("DELTA_UNSUPPORTED_TYPE_CHANGE", {
    what: `Cannot read the column ${column} of type ${to}`,
    why: `older data has it as ${from}, and the protocol has no such change`,
    fix: "Rewrite the table with an engine that made the change, or read an " +
      "earlier version",
    context: { column, from, to },
  });
}
