/**
 * Types of columns that rows have and the table does not, for a schema merge.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import type {
  ArrayType,
  DataType,
  MapType,
  StructField,
  StructType,
} from "../schema/data_type.ts";
import { findField, formatPath } from "../schema/schema_path.ts";
import type { RowInput } from "../schema/value.ts";

/**
 * The table's schema with the columns added that some row has and it lacks, at
 * any depth of structs. Columns that the table has keep their types: whether the
 * values fit is found out when they are read.
 *
 * | value | becomes |
 * | --- | --- |
 * | `boolean`, `string`, `bigint`, `Uint8Array` | boolean, string, long, binary |
 * | `number` | long where all are integers, else double |
 * | `Date` | timestamp |
 * | `{ unscaled, scale }` | decimal(38, largest scale) |
 * | array, `Map`, other object | array, map, struct |
 *
 * @param table The table's schema.
 * @param rows The rows.
 * @returns The schema; the table's own object when nothing is added.
 * @throws {DeltaError} `DELTA_SCHEMA_MISMATCH` when the values of a new column have no one type.
 */
export function inferAdditions(
  table: StructType,
  rows: readonly RowInput[],
): StructType {
  return additions(table, rows, []);
}

function additions(
  struct: StructType,
  rows: readonly RowInput[],
  path: readonly string[],
): StructType {
  let changed = false;
  const names = new Map<string, StructField | undefined>();
  for (const row of rows) {
    for (const name in row) {
      if (!names.has(name)) names.set(name, findField(struct, name));
    }
  }
  const grown = new Map<StructField, StructField>();
  const added: StructField[] = [];
  for (const [name, field] of names) {
    const values = rows.map((row) => row[name]).filter(isPresent);
    if (!field) {
      if (values.length === 0 && rows.every((r) => r[name] === undefined)) {
        continue;
      }
      const type = inferType(values, [...path, name]);
      added.push({ name, type, nullable: true, metadata: {} });
      changed = true;
    } else {
      const type = grownType(field.type, values, [...path, name]);
      if (type !== field.type) {
        grown.set(field, { ...field, type });
        changed = true;
      }
    }
  }
  if (!changed) return struct;
  const kept = struct.fields.map((field) => grown.get(field) ?? field);
  return { kind: "struct", fields: [...kept, ...added] };
}

/** A known type, grown by fields of structs inside it. */
function grownType(
  type: DataType,
  values: readonly unknown[],
  path: readonly string[],
): DataType {
  switch (type.kind) {
    case "struct":
      return additions(type, values.filter(isRecord), path);
    case "array": {
      const inner = values.flatMap((v) => Array.isArray(v) ? v : []);
      const elementType = grownType(
        type.elementType,
        inner.filter(isPresent),
        [...path, "element"],
      );
      return elementType === type.elementType
        ? type
        : { ...type, elementType } satisfies ArrayType;
    }
    case "map": {
      const inner = values.flatMap((v) =>
        v instanceof Map ? [...v.values()] : []
      );
      const valueType = grownType(
        type.valueType,
        inner.filter(isPresent),
        [...path, "value"],
      );
      return valueType === type.valueType
        ? type
        : { ...type, valueType } satisfies MapType;
    }
    default:
      return type;
  }
}

function inferType(
  values: readonly unknown[],
  path: readonly string[],
): DataType {
  const [first] = values;
  const all = (test: (value: unknown) => boolean) => values.every(test);
  if (values.length === 0) {
    throw untold(path, "every value of it is null, which tells no type");
  }
  if (all((v) => typeof v === "boolean")) return { kind: "boolean" };
  if (all((v) => typeof v === "string")) return { kind: "string" };
  if (all((v) => typeof v === "bigint" || Number.isSafeInteger(v))) {
    return { kind: "long" };
  }
  if (all((v) => typeof v === "number")) return { kind: "double" };
  if (all((v) => v instanceof Uint8Array)) return { kind: "binary" };
  if (all((v) => v instanceof Date)) return { kind: "timestamp" };
  if (all(Array.isArray)) {
    return {
      kind: "array",
      elementType: inferType(
        (values as unknown[][]).flat(1).filter(isPresent),
        [...path, "element"],
      ),
      containsNull: true,
    };
  }
  if (all((v) => v instanceof Map)) {
    const maps = values as Map<unknown, unknown>[];
    return {
      kind: "map",
      keyType: inferType(maps.flatMap((m) => [...m.keys()]), [...path, "key"]),
      valueType: inferType(
        maps.flatMap((m) => [...m.values()]).filter(isPresent),
        [...path, "value"],
      ),
      valueContainsNull: true,
    };
  }
  if (all(isDecimal)) {
    const scales = (values as { scale: number }[]).map((v) => v.scale);
    const scale = scales.reduce((a, b) => Math.max(a, b), 0);
    return { kind: "decimal", precision: 38, scale };
  }
  if (all(isRecord)) {
    return additions(
      { kind: "struct", fields: [] },
      values as RowInput[],
      path,
    );
  }
  throw untold(path, `its values are of several kinds, ${typeof first} first`);
}

function isPresent(value: unknown): boolean {
  return value !== null && value !== undefined;
}

function isDecimal(value: unknown): boolean {
  return isRecord(value) && typeof value.unscaled === "bigint" &&
    typeof value.scale === "number";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !ArrayBuffer.isView(value) && !(value instanceof Date) &&
    !(value instanceof Map);
}

function untold(path: readonly string[], why: string): DeltaError {
  return new DeltaError("DELTA_SCHEMA_MISMATCH", {
    what: `Cannot add column ${formatPath(path)}`,
    why,
    fix: "Give the data as Arrow, whose columns have types",
    context: { column: path.join(".") },
  });
}
