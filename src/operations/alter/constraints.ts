/**
 * What is true of every row: CHECK constraints and NOT NULL, promised only where
 * the rows that are there keep them already.
 *
 * Source: Delta protocol, "CHECK Constraints" and "Schema Serialization Format".
 *
 * @module
 */

import { DeltaError } from "../../errors.ts";
import { bindPredicate } from "../../expression/bind.ts";
import { parseSql } from "../../expression/parse_sql.ts";
import {
  type Expression,
  not,
  or,
  type Predicate,
} from "../../expression/predicate.ts";
import { CONSTRAINT_KEY } from "../../protocol/row_rules.ts";
import { changeFieldAt } from "../../schema/edit_schema.ts";
import { fieldAt, foldCase, formatPath } from "../../schema/schema_path.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import type { TableContext } from "../../store/table_context.ts";
import { checkKnown, type OperationOptions } from "../write_options.ts";
import {
  type Alteration,
  type AlterResult,
  badArgument,
  beginAlteration,
  type ColumnInput,
  commitChange,
  COMMON_OPTIONS,
  findColumn,
  refused,
  unchanged,
} from "./alter_table.ts";
import { findRow } from "./row_check.ts";

/** Options of {@link addConstraint}. */
export interface AddConstraintOptions extends OperationOptions {
  /** Its name; capitals make no difference. */
  readonly name: string;
  /** What must be true of every row, as SQL; null does not count as true. */
  readonly expression: string;
}

/**
 * Adds a CHECK constraint, once every row of the table has been found to keep it.
 * Rows that others append or change meanwhile make it fail by conflict.
 *
 * @param context The table.
 * @param base The version to change.
 * @param options The constraint.
 * @throws {DeltaError} `DELTA_VIOLATE_CONSTRAINT` showing a row that breaks it;
 *   `DELTA_UNSUPPORTED_EXPRESSION`, `DELTA_COLUMN_NOT_FOUND`; `DELTA_INVALID_ARGUMENT`
 *   for a name that is taken; `DELTA_CONCURRENT_APPEND` and other conflicts.
 */
export async function addConstraint(
  context: TableContext,
  base: Snapshot,
  options: AddConstraintOptions,
): Promise<AlterResult> {
  const alteration = beginAlteration(
    context,
    base,
    options,
    "add a constraint to",
  );
  checkKnown(
    options,
    ["name", "expression", ...COMMON_OPTIONS],
    alteration.what,
  );
  const name = constraintName(alteration, options.name);
  const { expression } = options;
  const taken = findConstraint(base, name);
  if (taken && base.metadata.configuration[taken] === expression) {
    return unchanged(alteration);
  }
  if (taken) {
    throw badArgument(
      alteration,
      `it has a constraint ${name} already: ${
        base.metadata.configuration[taken]
      }`,
      "Drop that one first, or give another name",
      { constraint: name },
    );
  }
  const condition = conditionOf(alteration, expression);
  const row = await findRow(
    context,
    base,
    // A CHECK is true, not null, of every row.
    or(not(condition), { kind: "isNull", arg: condition }),
    options.signal,
  );
  if (row !== undefined) {
    throw new DeltaError("DELTA_VIOLATE_CONSTRAINT", {
      what: alteration.what,
      why: `${name} demands ${expression}, and a row has ${row}`,
      fix: "Change or delete such rows first, or demand less",
      context: { constraint: name, expression, row },
    });
  }
  return await commitChange(alteration, {
    operation: "ADD CONSTRAINT",
    parameters: { name, expr: expression },
    configuration: {
      ...base.metadata.configuration,
      [CONSTRAINT_KEY + name]: expression,
    },
    readsTable: true,
  });
}

/** Reads a condition and finds its columns in the table. */
function conditionOf(alteration: Alteration, text: unknown): Expression {
  if (typeof text !== "string" || text.trim() === "") {
    throw badArgument(
      alteration,
      "there is no condition",
      "Give SQL, such as: amount > 0",
    );
  }
  const condition: Predicate = parseSql(text);
  bindPredicate(condition, alteration.base.schema);
  return condition;
}

/** Options of {@link dropConstraint}. */
export interface DropConstraintOptions extends OperationOptions {
  /** Its name; capitals make no difference. */
  readonly name: string;
  /** Whether one that is not there is passed over; refused by default. */
  readonly ifExists?: boolean | undefined;
}

/**
 * Drops a CHECK constraint.
 *
 * @param context The table.
 * @param base The version to change.
 * @param options Which.
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` when there is none of the name.
 */
export async function dropConstraint(
  context: TableContext,
  base: Snapshot,
  options: DropConstraintOptions,
): Promise<AlterResult> {
  const alteration = beginAlteration(
    context,
    base,
    options,
    "drop a constraint of",
  );
  checkKnown(options, ["name", "ifExists", ...COMMON_OPTIONS], alteration.what);
  const name = constraintName(alteration, options.name);
  const key = findConstraint(base, name);
  if (key === undefined) {
    if (options.ifExists) return unchanged(alteration);
    throw badArgument(
      alteration,
      `it has no constraint ${name}`,
      `It has ${constraintNames(base).join(", ") || "none"}`,
      { constraint: name },
    );
  }
  const { [key]: expr, ...configuration } = base.metadata.configuration;
  return await commitChange(alteration, {
    operation: "DROP CONSTRAINT",
    parameters: { name, expr: expr! },
    configuration,
  });
}

function constraintName(alteration: Alteration, name: unknown): string {
  if (typeof name === "string" && name.trim() !== "") return foldCase(name);
  throw badArgument(alteration, "the constraint has no name", "Give one");
}

/** The property that holds a constraint; undefined when there is none of the name. */
function findConstraint(
  { metadata }: Snapshot,
  name: string,
): string | undefined {
  return Object.keys(metadata.configuration).find((key) =>
    key.startsWith(CONSTRAINT_KEY) &&
    foldCase(key.slice(CONSTRAINT_KEY.length)) === foldCase(name)
  );
}

function constraintNames({ metadata }: Snapshot): readonly string[] {
  return Object.keys(metadata.configuration)
    .filter((key) => key.startsWith(CONSTRAINT_KEY))
    .map((key) => key.slice(CONSTRAINT_KEY.length));
}

/** Options of {@link setNotNull} and {@link dropNotNull}. */
export interface NotNullOptions extends OperationOptions {
  /** The column; a nested one by its path from the top, through structs. */
  readonly column: ColumnInput;
}

/**
 * Makes a column refuse nulls, once no row of the table has been found to have
 * one. Rows that others append or change meanwhile make it fail by conflict.
 *
 * @param context The table.
 * @param base The version to change.
 * @param options The column.
 * @throws {DeltaError} `DELTA_NOT_NULL_CONSTRAINT_VIOLATED` showing a row with a null;
 *   `DELTA_COLUMN_NOT_FOUND`, `DELTA_UNSUPPORTED_OPERATION`; conflicts.
 */
export async function setNotNull(
  context: TableContext,
  base: Snapshot,
  options: NotNullOptions,
): Promise<AlterResult> {
  const alteration = beginAlteration(
    context,
    base,
    options,
    "set a column NOT NULL in",
  );
  checkKnown(options, ["column", ...COMMON_OPTIONS], alteration.what);
  const { path, field } = findColumn(alteration, options.column);
  checkWithinStructs(alteration, path);
  if (!field.nullable) return unchanged(alteration);
  checkParentsNotNull(alteration, path);
  const row = await findRow(
    context,
    base,
    { kind: "isNull", arg: { kind: "column", path } },
    options.signal,
  );
  if (row !== undefined) {
    throw new DeltaError("DELTA_NOT_NULL_CONSTRAINT_VIOLATED", {
      what: alteration.what,
      why: `${formatPath(path)} is null in a row: ${row}`,
      fix: "Give every row a value first, or delete such rows",
      context: { column: path },
    });
  }
  return await commitNullable(alteration, path, false);
}

/**
 * Lets a column take nulls.
 *
 * @param context The table.
 * @param base The version to change.
 * @param options The column.
 * @throws {DeltaError} `DELTA_COLUMN_NOT_FOUND`, `DELTA_UNSUPPORTED_OPERATION`.
 */
export async function dropNotNull(
  context: TableContext,
  base: Snapshot,
  options: NotNullOptions,
): Promise<AlterResult> {
  const alteration = beginAlteration(
    context,
    base,
    options,
    "let a column be null in",
  );
  checkKnown(options, ["column", ...COMMON_OPTIONS], alteration.what);
  const { path, field } = findColumn(alteration, options.column);
  checkWithinStructs(alteration, path);
  if (field.nullable) return unchanged(alteration);
  return await commitNullable(alteration, path, true);
}

async function commitNullable(
  alteration: Alteration,
  path: readonly string[],
  nullable: boolean,
): Promise<AlterResult> {
  return await commitChange(alteration, {
    operation: "CHANGE COLUMN",
    parameters: {
      column: JSON.stringify({ name: formatPath(path), nullable }),
    },
    schema: changeFieldAt(
      alteration.base.schema,
      path,
      (field) => ({ ...field, nullable }),
    ),
    readsTable: !nullable,
  });
}

/** What is inside a list or a map has no one value per row. */
function checkWithinStructs(
  alteration: Alteration,
  path: readonly string[],
): void {
  const parent = parentsOf(alteration, path).find(({ kind }) =>
    kind !== "struct"
  );
  if (!parent) return;
  throw refused(
    alteration,
    `${formatPath(path)} is inside a ${parent.kind}`,
    "Name a column at the top, or a field of a struct",
    { column: path },
  );
}

/** Where the struct itself is null, its field is too. */
function checkParentsNotNull(
  alteration: Alteration,
  path: readonly string[],
): void {
  const parent = parentsOf(alteration, path).find(({ nullable }) => nullable);
  if (!parent) return;
  throw refused(
    alteration,
    `${formatPath(parent.path)}, which holds ${formatPath(path)}, may be null`,
    `Set ${formatPath(parent.path)} NOT NULL first`,
    { column: path },
  );
}

function parentsOf({ base }: Alteration, path: readonly string[]) {
  return path.slice(0, -1).map((_, i) => {
    const parent = path.slice(0, i + 1);
    const field = fieldAt(base.schema, parent)!;
    return { path: parent, kind: field.type.kind, nullable: field.nullable };
  });
}
