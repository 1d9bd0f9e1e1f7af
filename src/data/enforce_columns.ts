/**
 * What a column demands of every row that is written: NOT NULL at any depth, and
 * the default of a column that the data leaves out.
 *
 * Source: Delta protocol, "Schema Serialization Format" (nullable, containsNull)
 * and "Default Columns".
 *
 * @module
 */

import type { Data, RecordBatch } from "apache-arrow";
import { DeltaError } from "../errors.ts";
import { bindAs } from "../expression/bind.ts";
import { evaluateConstant } from "../expression/evaluate.ts";
import { parseSql } from "../expression/parse_sql.ts";
import type { DataType, StructField, StructType } from "../schema/data_type.ts";
import { formatPath } from "../schema/schema_path.ts";
import type { Value } from "../schema/value.ts";
import { validityOf } from "./validity.ts";

/** Field metadata: the default of a column, as SQL. */
const DEFAULT_KEY = "CURRENT_DEFAULT";

/**
 * Refuses a batch that holds a null where the schema forbids one.
 *
 * @param batch Rows of the schema, column by column.
 * @param schema The schema.
 * @param firstRow Number of the batch's first row in the call's data, for the message.
 * @throws {DeltaError} `DELTA_NOT_NULL_CONSTRAINT_VIOLATED` naming column and row.
 */
export function enforceNotNull(
  batch: RecordBatch,
  schema: StructType,
  firstRow = 0,
): void {
  enforceFields(batch.data, schema, undefined, [], (path, row) => {
    throw new DeltaError("DELTA_NOT_NULL_CONSTRAINT_VIOLATED", {
      what: `Cannot write a null into column ${formatPath(path)}`,
      why: row === undefined
        ? "the column does not take nulls"
        : `the column does not take nulls, and row ${firstRow + row} holds one`,
      fix: "Give every row a value, or make the column nullable",
      context: { column: path.join("."), row: row && firstRow + row },
    });
  });
}

type Refuse = (path: readonly string[], row: number | undefined) => void;

function enforceFields(
  data: Data,
  type: StructType,
  parent: Uint8Array | undefined,
  path: readonly string[],
  refuse: Refuse,
): void {
  type.fields.forEach((field, i) => {
    if (!demandsValues(field.type) && field.nullable) return;
    const child = data.children[i]!;
    const here = [...path, field.name];
    if (!field.nullable) {
      const row = firstNull(child, data.length, parent);
      if (row >= 0) refuse(here, row);
    }
    enforceInside(child, field.type, data.length, parent, here, refuse);
  });
}

function enforceInside(
  data: Data,
  type: DataType,
  rows: number,
  parent: Uint8Array | undefined,
  path: readonly string[],
  refuse: Refuse,
): void {
  if (!demandsValues(type)) return;
  if (type.kind === "struct") {
    enforceFields(data, type, validityOf(data, rows, parent), path, refuse);
  } else if (type.kind === "array") {
    const elements = data.children[0]!;
    const used = usedElements(data, rows, parent, elements.length);
    const here = [...path, "element"];
    if (!type.containsNull && firstNull(elements, used.length, used) >= 0) {
      refuse(here, undefined);
    }
    enforceInside(elements, type.elementType, used.length, used, here, refuse);
  } else if (type.kind === "map") {
    const entries = data.children[0]!;
    const used = usedElements(data, rows, parent, entries.length);
    const [keys, values] = entries.children as [Data, Data];
    if (firstNull(keys, used.length, used) >= 0) {
      refuse([...path, "key"], undefined);
    }
    if (!type.valueContainsNull && firstNull(values, used.length, used) >= 0) {
      refuse([...path, "value"], undefined);
    }
    enforceInside(
      keys,
      type.keyType,
      used.length,
      used,
      [...path, "key"],
      refuse,
    );
    enforceInside(
      values,
      type.valueType,
      used.length,
      used,
      [...path, "value"],
      refuse,
    );
  }
}

/** The first row without a value among the rows whose parent has one; -1 when there is none. */
function firstNull(
  data: Data,
  rows: number,
  parent: Uint8Array | undefined,
): number {
  if (data.nullCount === 0) return -1;
  const valid = validityOf(data, rows, undefined);
  if (!valid) return -1;
  for (let row = 0; row < rows; row++) {
    if (!valid[row] && (!parent || parent[row])) return row;
  }
  return -1;
}

/** A byte per element: whether it belongs to a list that is not null, in a row that counts. */
function usedElements(
  data: Data,
  rows: number,
  parent: Uint8Array | undefined,
  elements: number,
): Uint8Array {
  const used = new Uint8Array(elements);
  const valid = validityOf(data, rows, parent);
  const offsets = data.valueOffsets as Int32Array;
  for (let row = 0; row < rows; row++) {
    if (!valid || valid[row]) used.fill(1, offsets[row]!, offsets[row + 1]!);
  }
  return used;
}

const demanding = new WeakMap<object, boolean>();

/** Whether something inside the type refuses nulls. */
function demandsValues(type: DataType): boolean {
  let answer = demanding.get(type);
  if (answer === undefined) {
    answer = findDemand(type);
    demanding.set(type, answer);
  }
  return answer;
}

function findDemand(type: DataType): boolean {
  switch (type.kind) {
    case "struct":
      return type.fields.some((f) => !f.nullable || demandsValues(f.type));
    case "array":
      return !type.containsNull || demandsValues(type.elementType);
    case "map":
      return true;
    default:
      return false;
  }
}

/** Whether a column has a default of its own. */
export function hasDefault(field: StructField): boolean {
  return typeof field.metadata[DEFAULT_KEY] === "string";
}

/**
 * The value of a column that the data leaves out: its default, else null.
 *
 * @param field A column of the table.
 * @param now Microseconds since the epoch, for a default like `current_timestamp()`.
 * @returns The value.
 * @throws {DeltaError} `DELTA_NOT_NULL_CONSTRAINT_VIOLATED` when the column takes no nulls
 *   and has no default, `DELTA_UNSUPPORTED_EXPRESSION` when its default cannot be evaluated.
 */
export function missingValue(field: StructField, now?: bigint): Value {
  const text = field.metadata[DEFAULT_KEY];
  if (typeof text === "string") return defaultValue(field, text, now);
  if (field.nullable) return null;
  throw new DeltaError("DELTA_NOT_NULL_CONSTRAINT_VIOLATED", {
    what: `Cannot write rows without column ${formatPath([field.name])}`,
    why: "the column does not take nulls and the data does not have it",
    fix: "Add the column to the data",
    context: { column: field.name },
  });
}

const NO_COLUMNS: StructType = { kind: "struct", fields: [] };

function defaultValue(
  field: StructField,
  text: string,
  now: bigint | undefined,
): Value {
  try {
    const path = formatPath([field.name]);
    return evaluateConstant(
      bindAs(parseSql(text), field.type, NO_COLUMNS, path, { now }),
    );
  } catch (cause) {
    if (!(cause instanceof DeltaError)) throw cause;
    throw new DeltaError("DELTA_UNSUPPORTED_EXPRESSION", {
      what: `Cannot work out the default of column ${formatPath([field.name])}`,
      why: `it is ${text}; ${cause.details.what}: ${cause.details.why}`,
      fix: "Add the column to the data",
      context: { column: field.name, default: text },
      cause,
    });
  }
}
