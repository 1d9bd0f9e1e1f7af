/**
 * All that a table demands of the rows that are written to it, as one function
 * of a batch: defaults and generated columns filled in, then NOT NULL, column
 * invariants and CHECK constraints held against every row.
 *
 * Source: Delta protocol, "Column Invariants", "CHECK Constraints", "Generated
 * Columns", "Default Columns".
 *
 * @module
 */

import type { RecordBatch } from "apache-arrow";
import type { Metadata, Protocol } from "../actions/action.ts";
import { DeltaError } from "../errors.ts";
import { columnsOf } from "../expression/bind.ts";
import type { BoundExpression } from "../expression/bound.ts";
import { textOf } from "../expression/cast_text.ts";
import { compareValues } from "../expression/compare_values.ts";
import { compileExpression } from "../expression/evaluate.ts";
import { buildColumn } from "../parquet/column_builder.ts";
import {
  type GeneratedColumn,
  type RowCheck,
  rowRules,
} from "../protocol/row_rules.ts";
import { featuresOf } from "../protocol/table_feature.ts";
import type { StructField, StructType } from "../schema/data_type.ts";
import { formatPath } from "../schema/schema_path.ts";
import type { Value } from "../schema/value.ts";
import { arrowSchemaOf, assembleBatch } from "./assemble_batch.ts";
import { enforceNotNull, missingValue } from "./enforce_columns.ts";
import {
  childrenOf,
  fillColumns,
  type OmittedRows,
  replaceValues,
} from "./fill_columns.ts";
import { pathReader } from "./row_filter.ts";

/** Options of {@link rowEnforcer}. */
export interface EnforcerOptions {
  /** Microseconds since the epoch, for defaults like `current_timestamp()`. */
  readonly now?: bigint | undefined;
}

/** What is known of the rows of a batch. */
export interface BatchFacts {
  /** Number of the batch's first row in the call's data, for messages; 0 by default. */
  readonly firstRow?: number | undefined;
  /** Rows that leave out columns which the batch has. */
  readonly omitted?: OmittedRows | undefined;
  /** Generated columns whose values in the batch are old: computed anew, not checked. */
  readonly recompute?: ReadonlySet<string> | undefined;
}

/** Completes and checks rows. */
export interface RowEnforcer {
  /**
   * The rows, complete. A column that the batch lacks is computed where it is
   * generated, else its default, else null.
   *
   * @throws {DeltaError} `DELTA_NOT_NULL_CONSTRAINT_VIOLATED` or `DELTA_VIOLATE_CONSTRAINT`
   *   naming the rule, the row and its values; `DELTA_EXPRESSION_FAILED` where a rule has no value for a row.
   */
  (batch: RecordBatch, facts?: BatchFacts): RecordBatch;
  /** Names of the generated columns. */
  readonly generated: ReadonlySet<string>;
}

const NO_ROWS: OmittedRows = new Map();

/**
 * Makes the enforcer of a table's rules, as far as its protocol puts them in
 * force.
 *
 * @throws {DeltaError} `DELTA_UNSUPPORTED_EXPRESSION` naming a rule that cannot be evaluated.
 */
export function rowEnforcer(
  schema: StructType,
  metadata: Pick<Metadata, "configuration">,
  protocol: Protocol,
  { now }: EnforcerOptions = {},
): RowEnforcer {
  const { checks, generated } = rowRules(schema, metadata, protocol);
  const hasDefaults = featuresOf(protocol).has("allowColumnDefaults");
  const computed = new Set(generated.map(({ field }) => field.name));
  const valueOf = (field: StructField): Value =>
    computed.has(field.name)
      ? null
      : missingValue(hasDefaults ? field : { ...field, metadata: {} }, now);
  const enforce = (batch: RecordBatch, facts: BatchFacts = {}): RecordBatch => {
    const { firstRow = 0, omitted = NO_ROWS } = facts;
    let complete = fillColumns(batch, schema, omitted, valueOf);
    if (generated.length > 0) {
      complete = compute(complete, batch, schema, generated, facts);
    }
    enforceNotNull(complete, schema, firstRow);
    for (const check of checks) holdCheck(check, complete, schema, firstRow);
    return complete;
  };
  return Object.assign(enforce, { generated: computed });
}

/** Generated columns computed where they are left out, and held against what is given. */
function compute(
  complete: RecordBatch,
  given: RecordBatch,
  schema: StructType,
  generated: readonly GeneratedColumn[],
  { firstRow = 0, omitted = NO_ROWS, recompute }: BatchFacts,
): RecordBatch {
  const before = childrenOf(given);
  const children = [...complete.data.children];
  for (const { field, sql, value } of generated) {
    const at = schema.fields.indexOf(field);
    const read = readerOf(value, complete, schema);
    const valueAt = explained(
      read,
      `column ${formatPath([field.name])}, generated as ${sql}`,
      firstRow,
    );
    const left = omitted.get(field.name);
    if (!before.has(field.name) || recompute?.has(field.name)) {
      const rows = { length: complete.numRows };
      children[at] = buildColumn(
        field.type,
        Array.from(rows, (_, row) => valueAt(row)),
      );
      continue;
    }
    if (left) children[at] = replaceValues(children[at]!, field, left, valueAt);
    const actual = pathReader(complete.data.children[at]!, field.type, []);
    for (let row = 0; row < complete.numRows; row++) {
      if (left?.[row]) continue;
      const wanted = valueAt(row);
      const found = actual(row);
      if (compareValues(found, wanted, field.type) === 0) continue;
      const wrote = `${shown(found, field)} where ${
        shown(wanted, field)
      } belongs`;
      throw violated(
        `generated column ${formatPath([field.name])} (${sql})`,
        `the row has ${wrote}`,
        firstRow + row,
        { column: field.name, ...valuesOf(value, complete, schema, row) },
      );
    }
  }
  return assembleBatch(arrowSchemaOf(schema), children, complete.numRows);
}

function holdCheck(
  { name, sql, condition }: RowCheck,
  batch: RecordBatch,
  schema: StructType,
  firstRow: number,
): void {
  const what = `${name} (${sql})`;
  const read = readerOf(condition, batch, schema);
  const holds = explained(read, what, firstRow);
  for (let row = 0; row < batch.numRows; row++) {
    const value = holds(row);
    if (value === true) continue;
    const { values } = valuesOf(condition, batch, schema, row);
    const list = Object.entries(values).map(([path, text]) =>
      `${path} is ${text}`
    );
    const why = `it is ${value === null ? "null" : "false"}${
      list.length > 0 ? ` where ${list.join(", ")}` : ""
    }`;
    throw violated(what, why, firstRow + row, { constraint: name, values });
  }
}

function readerOf(
  expression: BoundExpression,
  batch: RecordBatch,
  schema: StructType,
): (row: number) => Value {
  return compileExpression(expression, (path) => {
    const at = schema.fields.findIndex((field) => field.name === path[0]);
    const { type } = schema.fields[at]!;
    return pathReader(batch.data.children[at]!, type, path.slice(1));
  });
}

/** A reader whose errors say which rule and which row they are about. */
function explained(
  read: (row: number) => Value,
  what: string,
  firstRow: number,
): (row: number) => Value {
  return (row) => {
    try {
      return read(row);
    } catch (cause) {
      if (!(cause instanceof DeltaError)) throw cause;
      throw new DeltaError(cause.code, {
        what: `Cannot evaluate ${what} for row ${firstRow + row}`,
        why: `${cause.details.what}: ${cause.details.why}`,
        fix: cause.details.fix,
        context: { ...cause.context, row: firstRow + row },
        cause,
      });
    }
  };
}

/** What the columns of an expression hold in a row, as text. */
function valuesOf(
  expression: BoundExpression,
  batch: RecordBatch,
  schema: StructType,
  row: number,
): { readonly values: Readonly<Record<string, string>> } {
  const values = columnsOf(expression).map((path) => {
    let type: StructField["type"] = schema;
    for (const step of path) {
      if (type.kind !== "struct") break;
      type = type.fields.find((field) => field.name === step)!.type;
    }
    const column: BoundExpression = { kind: "column", path, type };
    const value = readerOf(column, batch, schema)(row);
    return [formatPath(path), textIn(value, type)] as const;
  });
  return { values: Object.fromEntries(values) };
}

function shown(value: Value, field: StructField): string {
  return textIn(value, field.type);
}

/** A value for a message: short, and texts in quotes. */
function textIn(value: Value, type: StructField["type"]): string {
  if (value === null) return "null";
  switch (type.kind) {
    case "string":
      return JSON.stringify((value as string).slice(0, 100));
    case "struct":
    case "array":
    case "map":
    case "variant":
      return `a ${type.kind}`;
    case "binary":
      return `${(value as Uint8Array).length} bytes`;
    default:
      return textOf(value, type);
  }
}

function violated(
  rule: string,
  why: string,
  row: number,
  context: Readonly<Record<string, unknown>>,
): DeltaError {
  return new DeltaError("DELTA_VIOLATE_CONSTRAINT", {
    what: `Cannot write row ${row}, which breaks ${rule}`,
    why,
    fix: "Correct the row, or drop the constraint first",
    context: { ...context, row },
  });
}
