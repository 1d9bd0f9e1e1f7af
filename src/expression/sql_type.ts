/**
 * Types by their names in SQL, there and back: `BIGINT`, `DECIMAL(9,2)`.
 *
 * @module
 */

import type { DataType, PrimitiveName } from "../schema/data_type.ts";

const NAMES: Readonly<Record<string, PrimitiveName>> = {
  boolean: "boolean",
  byte: "byte",
  tinyint: "byte",
  short: "short",
  smallint: "short",
  int: "integer",
  integer: "integer",
  long: "long",
  bigint: "long",
  float: "float",
  real: "float",
  double: "double",
  string: "string",
  binary: "binary",
  date: "date",
  timestamp: "timestamp",
  timestamp_ltz: "timestamp",
  timestamp_ntz: "timestamp_ntz",
  void: "void",
};

const WRITTEN: Readonly<Record<string, string>> = {
  byte: "TINYINT",
  short: "SMALLINT",
  integer: "INT",
  long: "BIGINT",
};

/**
 * The type that SQL calls by a name; undefined for a name of no simple type.
 *
 * @param name The name, in any capitals.
 * @param parameters Numbers in brackets after it.
 */
export function typeNamed(
  name: string,
  parameters: readonly number[],
): DataType | undefined {
  const word = name.toLowerCase();
  if (["decimal", "dec", "numeric"].includes(word)) {
    const [precision = 10, scale = 0, ...more] = parameters;
    const fits = more.length === 0 && precision >= 1 && precision <= 38 &&
      scale >= 0 && scale <= precision;
    return fits ? { kind: "decimal", precision, scale } : undefined;
  }
  const kind = Object.hasOwn(NAMES, word) ? NAMES[word] : undefined;
  return kind && parameters.length === 0 ? { kind } : undefined;
}

/** The name of a type without parts in SQL. */
export function sqlTypeName(type: DataType): string {
  return type.kind === "decimal"
    ? `DECIMAL(${type.precision},${type.scale})`
    : WRITTEN[type.kind] ?? type.kind.toUpperCase();
}
