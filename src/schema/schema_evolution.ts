/**
 * Schemas that change: what may be added or widened, what conflicts, and which
 * schemas a table may have at all.
 *
 * Source: Delta protocol, "Type Widening" and "Schema Serialization Format".
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import { mapFields } from "./column_mapping.ts";
import {
  type DataType,
  type DecimalType,
  type JsonValue,
  sameType,
  type StructField,
  type StructType,
  typeName,
} from "./data_type.ts";
import { isPartitionType } from "./partition_value.ts";
import { formatDataType } from "./schema_json.ts";
import { findField, foldCase, formatPath } from "./schema_path.ts";

/** Field metadata: the widenings a column has been through. */
export const TYPE_CHANGES_KEY = "delta.typeChanges";

/** One column, list element or map key or value that became wider. */
export interface TypeChange {
  /** Where: names from the top, and `element`, `key`, `value` inside lists and maps. */
  readonly path: readonly string[];
  /** The type it had. */
  readonly fromType: DataType;
  /** The type it has now. */
  readonly toType: DataType;
}

/** Two schemas put together. */
export interface MergedSchema {
  /** The table's schema, with what is new in it; the very same object when nothing is. */
  readonly schema: StructType;
  /** Whether anything is new. */
  readonly changed: boolean;
  /** What became wider; it is written in the schema's metadata already. */
  readonly typeChanges: readonly TypeChange[];
}

/** What may happen in a merge. */
export interface MergeOptions {
  /** Whether the table allows type widening. */
  readonly widen: boolean;
}

/**
 * Adds to a table's schema the columns of incoming data that it lacks, at any
 * depth, behind the ones it has and nullable; names match whatever their
 * capitalisation. A narrower incoming type is taken as the table's; a wider one
 * widens the column where the table allows it.
 *
 * @throws {DeltaError} `DELTA_FAILED_TO_MERGE_FIELDS` naming the column and both types.
 */
export function mergeSchemas(
  table: StructType,
  incoming: StructType,
  options: MergeOptions,
): MergedSchema {
  const typeChanges: TypeChange[] = [];
  const merge = { options, typeChanges };
  const schema = mergeStructs(table, incoming, [], merge);
  return { schema, changed: schema !== table, typeChanges };
}

/** Whether the protocol lets a column of the one type become the other without rewriting files. The same type is no widening. */
export function canWiden(from: DataType, to: DataType): boolean {
  if (to.kind === "decimal") return fitsDecimal(from, to);
  return WIDER[from.kind]?.includes(to.kind) ?? false;
}

/** How a schema is checked. */
export interface ValidateOptions {
  /** Whether names may hold blanks and `,;{}()=`; true under column mapping. Default false. */
  readonly anyNames?: boolean;
}

/**
 * Checks that a table may have a schema and partition columns: names are there,
 * differ by more than case, and hold nothing Parquet readers trip over;
 * partition columns exist, are of simple types, and leave a data column.
 *
 * @throws {DeltaError} `DELTA_INVALID_SCHEMA`, or `DELTA_COLUMN_NOT_FOUND` for a partition column that is not there.
 */
export function validateSchema(
  schema: StructType,
  partitionColumns: readonly string[],
  options: ValidateOptions = {},
): void {
  checkStruct(schema, [], options.anyNames ?? false);
  const seen = new Set<string>();
  for (const name of partitionColumns) {
    const field = schema.fields.find((candidate) => candidate.name === name);
    if (!field) throw noPartitionColumn(schema, name);
    if (!isPartitionType(field.type)) {
      throw invalid(
        [name],
        `a partition column cannot be of type ${typeName(field.type)}`,
      );
    }
    if (seen.has(name)) {
      throw invalid([name], "it is named twice as a partition column");
    }
    seen.add(name);
  }
  if (seen.size > 0 && seen.size === schema.fields.length) {
    throw invalid(
      [],
      "every column is a partition column, which leaves no data",
    );
  }
}

/** What a merge carries along. */
interface Merge {
  readonly options: MergeOptions;
  readonly typeChanges: TypeChange[];
}

const WIDER: Readonly<Partial<Record<DataType["kind"], readonly string[]>>> = {
  byte: ["short", "integer", "long", "double"],
  short: ["integer", "long", "double"],
  integer: ["long", "double"],
  float: ["double"],
  date: ["timestamp_ntz"],
};

/** Digits before the point that an integer type is taken to need. */
const INTEGER_DIGITS: Readonly<Partial<Record<DataType["kind"], number>>> = {
  byte: 10,
  short: 10,
  integer: 10,
  long: 20,
};

function fitsDecimal(from: DataType, to: DecimalType): boolean {
  if (from.kind === "decimal") {
    const [digits, scale] = [
      to.precision - from.precision,
      to.scale - from.scale,
    ];
    return scale >= 0 && digits >= scale && digits > 0;
  }
  const digits = INTEGER_DIGITS[from.kind];
  return digits !== undefined && to.precision - digits >= to.scale;
}

function mergeStructs(
  table: StructType,
  incoming: StructType,
  path: readonly string[],
  merge: Merge,
): StructType {
  let changed = false;
  const fields = table.fields.map((field) => {
    const twin = findField(incoming, field.name);
    const merged = twin ? mergeFields(field, twin, path, merge) : field;
    changed ||= merged !== field;
    return merged;
  });
  for (const field of incoming.fields) {
    if (findField(table, field.name)) continue;
    fields.push(asNewField(field));
    changed = true;
  }
  return changed ? { kind: "struct", fields } : table;
}

function mergeFields(
  field: StructField,
  twin: StructField,
  parent: readonly string[],
  merge: Merge,
): StructField {
  const path = [...parent, field.name];
  const before = merge.typeChanges.length;
  const type = mergeTypes(field.type, twin.type, path, merge);
  if (type === field.type) return field;
  const own = merge.typeChanges.slice(before).filter((change) =>
    ownerDepth(field.type, change.path.slice(path.length)) === 0
  );
  if (own.length === 0) return { ...field, type };
  const known = field.metadata[TYPE_CHANGES_KEY];
  const entries = own.map((change) => changeEntry(change, path.length));
  const all = [
    ...(Array.isArray(known) ? known as JsonValue[] : []),
    ...entries,
  ];
  return {
    ...field,
    type,
    metadata: { ...field.metadata, [TYPE_CHANGES_KEY]: all },
  };
}

/** How many struct fields a path inside a type passes: a change belongs to the field nearest to it. */
function ownerDepth(type: DataType, path: readonly string[]): number {
  const [step, ...rest] = path;
  if (step === undefined) return 0;
  if (type.kind === "array") return ownerDepth(type.elementType, rest);
  if (type.kind === "map") {
    return ownerDepth(step === "key" ? type.keyType : type.valueType, rest);
  }
  return 1;
}

function changeEntry(change: TypeChange, depth: number): JsonValue {
  const entry: Record<string, JsonValue> = {
    fromType: formatDataType(change.fromType),
    toType: formatDataType(change.toType),
  };
  const inside = change.path.slice(depth);
  if (inside.length > 0) entry.fieldPath = inside.join(".");
  return entry;
}

function mergeTypes(
  table: DataType,
  incoming: DataType,
  path: readonly string[],
  merge: Merge,
): DataType {
  if (incoming.kind === "void") return table;
  if (table.kind === "void") return asNewType(incoming);
  if (table.kind === "struct" && incoming.kind === "struct") {
    return mergeStructs(table, incoming, path, merge);
  }
  if (table.kind === "array" && incoming.kind === "array") {
    const elementType = mergeTypes(
      table.elementType,
      incoming.elementType,
      [...path, "element"],
      merge,
    );
    return elementType === table.elementType
      ? table
      : { ...table, elementType };
  }
  if (table.kind === "map" && incoming.kind === "map") {
    const keyType = mergeTypes(table.keyType, incoming.keyType, [
      ...path,
      "key",
    ], merge);
    const valueType = mergeTypes(table.valueType, incoming.valueType, [
      ...path,
      "value",
    ], merge);
    return keyType === table.keyType && valueType === table.valueType
      ? table
      : { ...table, keyType, valueType };
  }
  if (sameType(table, incoming) || canWiden(incoming, table)) return table;
  if (!canWiden(table, incoming)) throw conflict(path, table, incoming);
  if (!merge.options.widen) {
    throw conflict(
      path,
      table,
      incoming,
      "; set delta.enableTypeWidening to widen the column",
    );
  }
  merge.typeChanges.push({ path, fromType: table, toType: incoming });
  return incoming;
}

/** A column that the table did not have: old rows have no value for it. */
export function asNewField(field: StructField): StructField {
  return {
    ...stripped(field),
    type: asNewType(field.type),
    nullable: true,
  };
}

function asNewType(type: DataType): DataType {
  const holder: StructField = { name: "", type, nullable: true, metadata: {} };
  return mapFields({ kind: "struct", fields: [holder] }, stripped).fields[0]!
    .type;
}

/** Ids, names and expressions of another table mean nothing in this one. */
function stripped(field: StructField): StructField {
  const metadata = Object.entries(field.metadata).filter(([key]) =>
    !key.startsWith("delta.")
  );
  return { ...field, metadata: Object.fromEntries(metadata) };
}

function checkStruct(
  struct: StructType,
  path: readonly string[],
  anyNames: boolean,
): void {
  const seen = new Map<string, string>();
  for (const field of struct.fields) {
    const at = [...path, field.name];
    if (field.name === "") throw invalid(path, "a column has no name");
    if (!field.name.isWellFormed()) {
      throw invalid(
        at,
        "its name holds half a surrogate pair, which UTF-8 cannot",
      );
    }
    if (!anyNames && /[ ,;{}()\n\t=]/.test(field.name)) {
      throw invalid(
        at,
        "without column mapping a name may hold no blank and none of ,;{}()=",
      );
    }
    const twin = seen.get(foldCase(field.name));
    if (twin !== undefined) {
      throw invalid(
        at,
        `there is a column ${
          formatPath([...path, twin])
        } already, and case alone tells no two columns apart`,
      );
    }
    seen.set(foldCase(field.name), field.name);
    checkType(field.type, at, anyNames);
  }
}

function checkType(
  type: DataType,
  path: readonly string[],
  anyNames: boolean,
): void {
  const inner = (part: DataType, step: string) => {
    if (part.kind === "void") {
      throw invalid(path, `its ${step} cannot be of type void`);
    }
    checkType(part, [...path, step], anyNames);
  };
  if (type.kind === "struct") checkStruct(type, path, anyNames);
  if (type.kind === "array") inner(type.elementType, "element");
  if (type.kind === "map") {
    inner(type.keyType, "key");
    inner(type.valueType, "value");
  }
}

function conflict(
  path: readonly string[],
  table: DataType,
  incoming: DataType,
  hint: string = "",
): DeltaError {
  return new DeltaError("DELTA_FAILED_TO_MERGE_FIELDS", {
    what: `Cannot merge column ${formatPath(path)}`,
    why: `the table has ${typeName(table)} and the data ${typeName(incoming)}`,
    fix: `Cast the data to the table's type${hint}`,
    context: {
      column: path,
      table: typeName(table),
      incoming: typeName(incoming),
    },
  });
}

function noPartitionColumn(schema: StructType, name: string): DeltaError {
  const names = schema.fields.map((field) => field.name).join(", ");
  return new DeltaError("DELTA_COLUMN_NOT_FOUND", {
    what: `Cannot partition by ${JSON.stringify(name)}`,
    why: `the schema has ${names === "" ? "no columns" : names}`,
    fix: "Partition by columns of the schema, spelled as there",
    context: { column: name },
  });
}

function invalid(path: readonly string[], why: string): DeltaError {
  return new DeltaError("DELTA_INVALID_SCHEMA", {
    what: path.length === 0
      ? "Cannot use the schema"
      : `Cannot use column ${formatPath(path)}`,
    why,
    fix: "Change the schema",
    context: { column: path },
  });
}
