/**
 * New values for columns: what a row update sets, bound to the table's schema
 * and worked out batch by batch.
 *
 * @module
 */

import type * as arrow from "apache-arrow";
import { arrowSchemaOf } from "../../data/assemble_batch.ts";
import { pathReader } from "../../data/row_filter.ts";
import { DeltaError } from "../../errors.ts";
import { bindAs, type BindOptions } from "../../expression/bind.ts";
import type { BoundExpression } from "../../expression/bound.ts";
import {
  type ColumnReader,
  compileExpression,
} from "../../expression/evaluate.ts";
import type { Expression } from "../../expression/predicate.ts";
import { toExpression } from "../../expression/predicate_input.ts";
import { columnReader } from "../../parquet/arrow_values.ts";
import { buildColumn } from "../../parquet/build_column.ts";
import { batchOf } from "../../parquet/column_data.ts";
import { coercer } from "../../schema/coerce_value.ts";
import type {
  DataType,
  StructField,
  StructType,
} from "../../schema/data_type.ts";
import { findField, formatPath } from "../../schema/schema_path.ts";
import type { StructValue, Value } from "../../schema/value.ts";
import type { TableContext } from "../../store/table_context.ts";

/**
 * New values by column. A value is any of the forms that rows may hold, an
 * expression, or SQL text in an object: `{ sql: "n + 1" }`. A name with dots is
 * a field inside structs, unless a column has that very name.
 */
export type Assignments = Readonly<Record<string, unknown>>;

/** Gives the reader of a column, for the rows that are worked on. */
export type Columns = (path: readonly string[]) => ColumnReader;

/** One value to be set, bound. */
export interface BoundAssignment {
  /** Index of the top-level column. */
  readonly index: number;
  /** Names inside it; none for the column itself. */
  readonly inside: readonly string[];
  /** The value, already of the column's type. */
  readonly value: BoundExpression;
}

/**
 * Binds assignments.
 *
 * @param set The new values.
 * @param target The schema whose columns are set.
 * @param scope The schema that expressions see.
 * @param options What expressions may know beside the row.
 * @param prepare Changes an expression before it is bound.
 * @param what The operation, for messages.
 * @throws {DeltaError} `DELTA_COLUMN_NOT_FOUND`; `DELTA_INVALID_ARGUMENT` for a column that is set twice;
 *   what binding and coercing object to.
 */
export function bindAssignments(
  set: Assignments,
  target: StructType,
  scope: StructType,
  what: string,
  options: BindOptions = {},
  prepare: (expression: Expression) => Expression = (expression) => expression,
): BoundAssignment[] {
  const seen: (readonly string[])[] = [];
  return Object.entries(set).map(([name, input]) => {
    const { path, field, index } = settable(name, target, what);
    const twice = seen.find((other) => overlaps(other, path));
    if (twice) {
      throw new DeltaError("DELTA_INVALID_ARGUMENT", {
        what,
        why: `column ${formatPath(path)} is set twice`,
        fix: "Set every column once",
        context: { column: path },
      });
    }
    seen.push(path);
    const value = bindAs(
      prepare(toExpression(input)),
      field.type,
      scope,
      formatPath(path),
      options,
    );
    return { index, inside: path.slice(1), value };
  });
}

/** Rows with new values, made from batches of the table's schema. */
export type RowUpdater = (
  batch: arrow.RecordBatch,
  columns: Columns,
) => arrow.RecordBatch;

/** Compiles assignments to a function of batches, whose other columns stay as they are. */
export function rowUpdater(
  assignments: readonly BoundAssignment[],
  target: StructType,
): RowUpdater {
  const schema = arrowSchemaOf(target);
  const byColumn = Map.groupBy(assignments, ({ index }) => index);
  return (batch, columns) => {
    const children = [...batch.data.children];
    for (const [index, sets] of byColumn) {
      const field = target.fields[index]!;
      const values = newValues(batch, field, index, sets, columns);
      children[index] = buildColumn(
        field.type,
        values,
        schema.fields[index]!.type,
      );
    }
    return batchOf(schema, children, batch.numRows);
  };
}

/** What `current_timestamp()` and its like are told, once per operation. */
export function microsOf(context: TableContext): bigint {
  return BigInt(Math.trunc(context.host.now())) * 1_000n;
}

/** Readers of a batch's own columns. */
export function columnsOfBatch(
  batch: arrow.RecordBatch,
  schema: StructType,
): Columns {
  return (path) => {
    const index = schema.fields.findIndex((field) => field.name === path[0]);
    const { type } = schema.fields[index]!;
    return pathReader(batch.data.children[index]!, type, path.slice(1));
  };
}

function newValues(
  batch: arrow.RecordBatch,
  field: StructField,
  index: number,
  sets: readonly BoundAssignment[],
  columns: Columns,
): Value[] {
  const compiled = sets.map(({ inside, value }) => ({
    inside,
    value: compileExpression(value, columns),
  }));
  const check = coercer(field.type, formatPath([field.name]));
  const whole = compiled.find(({ inside }) => inside.length === 0);
  const before = whole
    ? whole.value
    : columnReader(batch.data.children[index]!, field.type);
  return Array.from({ length: batch.numRows }, (_, row) => {
    let value = before(row);
    if (!whole) {
      for (const { inside, value: read } of compiled) {
        value = withInside(value, field.type, inside, read(row));
      }
    }
    return check(value);
  });
}

/** The value with a field inside it replaced; a struct that was null gets nulls beside it. */
function withInside(
  value: Value,
  type: DataType,
  inside: readonly string[],
  inner: Value,
): Value {
  const [name, ...rest] = inside;
  if (name === undefined) return inner;
  const { fields } = type as StructType;
  const before = value as StructValue | null;
  const entries = fields.map((field) => {
    const old = before?.[field.name] ?? null;
    return [
      field.name,
      field.name === name ? withInside(old, field.type, rest, inner) : old,
    ] as const;
  });
  return Object.fromEntries(entries);
}

function settable(
  name: string,
  schema: StructType,
  what: string,
): { path: readonly string[]; field: StructField; index: number } {
  const steps = findField(schema, name) ? [name] : name.split(".");
  const path: string[] = [];
  let type: DataType = schema;
  let field: StructField | undefined;
  for (const step of steps) {
    field = type.kind === "struct" ? findField(type, step) : undefined;
    if (!field) {
      throw new DeltaError("DELTA_COLUMN_NOT_FOUND", {
        what,
        why: `there is no column ${name} to set`,
        fix: "Name a column of the table, or a field inside its structs",
        context: { column: name },
      });
    }
    path.push(field.name);
    type = field.type;
  }
  const index = schema.fields.findIndex((f) => f.name === path[0]);
  return { path, field: field!, index };
}

/** Whether one path is the other, or inside it. */
function overlaps(a: readonly string[], b: readonly string[]): boolean {
  const length = Math.min(a.length, b.length);
  return a.slice(0, length).every((step, i) => step === b[i]);
}
