/**
 * What a table demands of its rows beyond their types: CHECK constraints, column
 * invariants, and columns that are computed from others; read and bound, or
 * refused by name.
 *
 * Source: Delta protocol, "Column Invariants", "CHECK Constraints", "Generated
 * Columns".
 *
 * @module
 */

import type { Metadata, Protocol } from "../actions/action.ts";
import { DeltaError } from "../errors.ts";
import {
  bindAs,
  bindPredicate,
  type BoundExpression,
  type BoundPredicate,
  columnsOf,
} from "../expression/bind.ts";
import { parseSql } from "../expression/parse_sql.ts";
import { mapFields } from "../schema/column_mapping.ts";
import type {
  JsonValue,
  StructField,
  StructType,
} from "../schema/data_type.ts";
import { formatPath } from "../schema/schema_path.ts";
import { featuresOf } from "./table_feature.ts";

/** The prefix of properties that hold CHECK constraints. */
export const CONSTRAINT_KEY = "delta.constraints.";
/** Column metadata: an invariant, as JSON around SQL. */
export const INVARIANT_KEY = "delta.invariants";
/** Column metadata: what a generated column is computed from, as SQL. */
export const GENERATION_KEY = "delta.generationExpression";

/** Something that must be true of every row. */
export interface RowCheck {
  /** Its name: the constraint's, or `invariant of` a column. */
  readonly name: string;
  /** Its text. */
  readonly sql: string;
  /** The condition. */
  readonly condition: BoundPredicate;
}

/** A column that is computed from others. */
export interface GeneratedColumn {
  /** The column. */
  readonly field: StructField;
  /** The text of its expression. */
  readonly sql: string;
  /** The expression, cast to the column's type. */
  readonly value: BoundExpression;
}

/** All that a table demands of its rows. */
export interface RowRules {
  /** What must be true. */
  readonly checks: readonly RowCheck[];
  /** What is computed, in schema order. */
  readonly generated: readonly GeneratedColumn[];
}

/**
 * The rules of a table, as far as its protocol puts them in force.
 *
 * @throws {DeltaError} `DELTA_UNSUPPORTED_EXPRESSION` naming the rule that this engine cannot evaluate.
 */
export function rowRules(
  schema: StructType,
  { configuration }: Pick<Metadata, "configuration">,
  protocol: Protocol,
): RowRules {
  const features = featuresOf(protocol);
  const when = <T>(feature: string, rules: () => readonly T[]) =>
    features.has(feature) ? rules() : [];
  return {
    checks: [
      ...when("invariants", () => invariantsOf(schema)),
      ...when("checkConstraints", () => constraintsOf(schema, configuration)),
    ],
    generated: when("generatedColumns", () => generatedColumnsOf(schema)),
  };
}

/** The CHECK constraints among the properties, by name. As {@link rowRules}. */
export function constraintsOf(
  schema: StructType,
  configuration: Metadata["configuration"],
): readonly RowCheck[] {
  return Object.entries(configuration)
    .filter(([key]) => key.startsWith(CONSTRAINT_KEY))
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([key, sql]) => {
      const name = key.slice(CONSTRAINT_KEY.length);
      return check(name, sql, schema, `constraint ${name}`);
    });
}

/** The invariants of all columns, nested ones too. As {@link rowRules}. */
export function invariantsOf(schema: StructType): readonly RowCheck[] {
  return fieldsWith(schema, INVARIANT_KEY).map((field) => {
    const name = `invariant of ${formatPath([field.name])}`;
    return check(name, invariantText(field), schema, `the ${name}`);
  });
}

/** The columns that are computed, in schema order. As {@link rowRules}. */
export function generatedColumnsOf(
  schema: StructType,
): readonly GeneratedColumn[] {
  const computed = schema.fields.filter((field) =>
    GENERATION_KEY in field.metadata
  );
  const names = new Set(computed.map((field) => field.name));
  return computed.map((field) => {
    const sql = String(field.metadata[GENERATION_KEY]);
    const path = formatPath([field.name]);
    const value = naming(
      `column ${path}, generated as ${sql}`,
      () => bindAs(parseSql(sql), field.type, schema, path),
    );
    const source = columnsOf(value).find(([name]) => names.has(name!));
    if (!source) return { field, sql, value };
    throw new DeltaError("DELTA_UNSUPPORTED_EXPRESSION", {
      what: `Cannot evaluate column ${path}, generated as ${sql}`,
      why: `${formatPath(source)} is generated itself`,
      fix: "Generate a column from columns that are not generated",
      context: { column: field.name },
    });
  });
}

function check(
  name: string,
  sql: string,
  schema: StructType,
  what: string,
): RowCheck {
  const condition = naming(
    `${what} (${sql})`,
    () => bindPredicate(parseSql(sql), schema),
  );
  return { name, sql, condition };
}

/** `{"expression":{"expression":"x > 3"}}`. */
function invariantText(field: StructField): string {
  try {
    const outer = JSON.parse(
      String(field.metadata[INVARIANT_KEY]),
    ) as JsonValue;
    const sql = member(member(outer, "expression"), "expression");
    if (typeof sql === "string") return sql;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new DeltaError("DELTA_UNSUPPORTED_EXPRESSION", {
    what: `Cannot read the invariant of column ${formatPath([field.name])}`,
    why: "it is not JSON with an expression inside an expression",
    fix: "Correct it with the engine that wrote it",
    context: { column: field.name },
  });
}

function member(
  value: JsonValue | undefined,
  key: string,
): JsonValue | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: JsonValue })[key]
    : undefined;
}

function fieldsWith(schema: StructType, key: string): readonly StructField[] {
  const found: StructField[] = [];
  mapFields(schema, (field) => {
    if (field.metadata[key] !== undefined) found.push(field);
    return field;
  });
  return found;
}

/** Runs something; its error then says of which rule it speaks. */
function naming<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (!(cause instanceof DeltaError)) throw cause;
    throw new DeltaError("DELTA_UNSUPPORTED_EXPRESSION", {
      what: `Cannot evaluate ${what}`,
      why: `${cause.details.what}: ${cause.details.why}`,
      fix: cause.details.fix,
      context: cause.context,
      cause,
    });
  }
}
