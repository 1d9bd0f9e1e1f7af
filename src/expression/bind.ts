/**
 * A predicate and a schema to a bound predicate: columns found, literals turned
 * into values of the column's type, everything that cannot be evaluated refused
 * by name.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import { coerceValue } from "../schema/coerce_value.ts";
import {
  type DataType,
  sameType,
  type StructType,
  typeName,
} from "../schema/data_type.ts";
import { fieldAt, formatPath, resolvePath } from "../schema/schema_path.ts";
import type { Value } from "../schema/value.ts";
import type { CompareOp, Expression, Predicate } from "./predicate.ts";

/** A column of the schema. */
export interface BoundColumn {
  /** Tells the expression. */
  readonly kind: "column";
  /** Its path, spelled as the schema spells it. */
  readonly path: readonly string[];
  /** Its type. */
  readonly type: DataType;
}

/** A value of a type. */
export interface BoundLiteral {
  /** Tells the expression. */
  readonly kind: "literal";
  /** The value, in canonical form. */
  readonly value: Value;
  /** Its type. */
  readonly type: DataType;
}

/** Something that has a value in every row. */
export type BoundOperand = BoundColumn | BoundLiteral;

/** A comparison; a literal never stands on the left of a column. */
export interface BoundCompare {
  /** Tells the expression. */
  readonly kind: "compare";
  /** How the sides are compared. */
  readonly op: CompareOp;
  /** The left side. */
  readonly left: BoundOperand;
  /** The right side. */
  readonly right: BoundOperand;
  /** The type whose order decides. */
  readonly type: DataType;
}

/** All of, or any of, some predicates. */
export interface BoundLogic {
  /** Tells the expression. */
  readonly kind: "and" | "or";
  /** The predicates. */
  readonly args: readonly BoundPredicate[];
}

/** The opposite. */
export interface BoundNot {
  /** Tells the expression. */
  readonly kind: "not";
  /** The predicate. */
  readonly arg: BoundPredicate;
}

/** Whether a value is null. */
export interface BoundIsNull {
  /** Tells the expression. */
  readonly kind: "isNull";
  /** What is looked at. */
  readonly arg: BoundOperand;
}

/** Whether a value is one of a list. */
export interface BoundIn {
  /** Tells the expression. */
  readonly kind: "in";
  /** What is looked for. */
  readonly arg: BoundOperand;
  /** The values, in canonical form; a null among them makes a miss null. */
  readonly values: readonly Value[];
  /** The type of the values. */
  readonly type: DataType;
}

/** A predicate bound to a schema; a bare column or literal is a boolean one. */
export type BoundPredicate =
  | BoundColumn
  | BoundLiteral
  | BoundCompare
  | BoundLogic
  | BoundNot
  | BoundIsNull
  | BoundIn;

const BOOLEAN: DataType = { kind: "boolean" };
const FLIPPED: Readonly<Record<CompareOp, CompareOp>> = {
  "=": "=",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

/**
 * Binds a predicate to a schema. Columns are found whatever their
 * capitalisation; a literal takes the type of the column beside it.
 *
 * @throws {DeltaError} `DELTA_COLUMN_NOT_FOUND` for a column that is not there,
 *   `DELTA_UNSUPPORTED_EXPRESSION` for what cannot be compared,
 *   `DELTA_SCHEMA_MISMATCH` or `DELTA_VALUE_OUT_OF_RANGE` for a literal that is no value of the column's type.
 */
export function bindPredicate(
  predicate: Predicate,
  schema: StructType,
): BoundPredicate {
  switch (predicate.kind) {
    case "and":
    case "or":
      return {
        kind: predicate.kind,
        args: predicate.args.map((arg) => bindPredicate(arg, schema)),
      };
    case "not":
      return { kind: "not", arg: bindPredicate(predicate.arg, schema) };
    case "compare":
      return bindCompare(predicate.op, predicate.left, predicate.right, schema);
    case "isNull":
      return {
        kind: "isNull",
        arg: bindOperand(predicate.arg, schema, BOOLEAN),
      };
    case "in":
      return bindIn(predicate.arg, predicate.values, schema);
    case "column":
    case "literal":
      return bindBoolean(predicate, schema);
    default:
      throw unsupported(
        `the predicate of kind ${
          JSON.stringify((predicate as Expression).kind)
        }`,
        "this engine does not know it",
      );
  }
}

/** Every column a predicate looks at, each once, in the order met. */
export function columnsOf(
  predicate: Predicate | BoundPredicate,
): readonly (readonly string[])[] {
  const found = new Map<string, readonly string[]>();
  const visit = (expression: Expression | BoundPredicate): void => {
    switch (expression.kind) {
      case "column":
        found.set(JSON.stringify(expression.path), expression.path);
        return;
      case "compare":
        visit(expression.left);
        visit(expression.right);
        return;
      case "and":
      case "or":
        for (const arg of expression.args) visit(arg);
        return;
      case "not":
      case "isNull":
      case "in":
        visit(expression.arg);
        return;
      case "literal":
        return;
    }
  };
  visit(predicate);
  return [...found.values()];
}

function bindCompare(
  op: CompareOp,
  left: Expression,
  right: Expression,
  schema: StructType,
): BoundCompare {
  const typed = [left, right].find((side) => side.kind === "column");
  const column = typed && bindOperand(typed, schema, BOOLEAN);
  if (!column) {
    throw unsupported(
      `a comparison ${op}`,
      "neither side is a column, so nothing gives the literals a type",
    );
  }
  const a = bindOperand(left, schema, column.type);
  const b = bindOperand(right, schema, column.type);
  const type = commonType(a, b, op);
  return a.kind === "literal" && b.kind === "column"
    ? { kind: "compare", op: FLIPPED[op], left: b, right: a, type }
    : { kind: "compare", op, left: a, right: b, type };
}

function bindIn(
  arg: Expression,
  values: readonly unknown[],
  schema: StructType,
): BoundIn {
  if (arg.kind !== "column") {
    throw unsupported("an IN", "what it looks for is not a column");
  }
  const column = bindOperand(arg, schema, BOOLEAN);
  checkOrdered(column.type, column, "in");
  const path = formatPath(arg.path);
  return {
    kind: "in",
    arg: column,
    values: values.map((value) => coerceValue(value, column.type, path)),
    type: column.type,
  };
}

function bindBoolean(
  expression: Expression,
  schema: StructType,
): BoundOperand {
  const operand = bindOperand(expression, schema, BOOLEAN);
  if (operand.type.kind === "boolean") return operand;
  throw unsupported(
    `${describe(operand)} as a condition`,
    `its type is ${typeName(operand.type)}, not boolean`,
  );
}

function bindOperand(
  expression: Expression,
  schema: StructType,
  literalType: DataType,
): BoundOperand {
  if (expression.kind === "column") return bindColumn(expression.path, schema);
  if (expression.kind === "literal") {
    const value = coerceValue(expression.value, literalType, "the literal");
    return { kind: "literal", value, type: literalType };
  }
  throw unsupported(
    `a predicate of kind ${JSON.stringify(expression.kind)} as a value`,
    "only columns and literals can be compared or tested for null",
  );
}

function bindColumn(
  path: readonly string[],
  schema: StructType,
): BoundColumn {
  const spelled = resolvePath(schema, path);
  const throughStructs = spelled && isStructPath(schema, spelled);
  const field = throughStructs ? fieldAt(schema, spelled) : undefined;
  if (!field || !spelled) {
    throw new DeltaError("DELTA_COLUMN_NOT_FOUND", {
      what: `Cannot find column ${formatPath(path)}`,
      why: `the schema has ${
        schema.fields.map((f) => formatPath([f.name])).join(", ") ||
        "no columns"
      }`,
      fix:
        "Name one of them; fields of a struct are separate arguments of col()",
      context: { column: path },
    });
  }
  return { kind: "column", path: spelled, type: field.type };
}

/** Whether a path stays within structs: what is inside a list or a map has no one value per row. */
function isStructPath(schema: StructType, path: readonly string[]): boolean {
  let type: DataType = schema;
  for (const step of path) {
    if (type.kind !== "struct") return false;
    type = type.fields.find((field) => field.name === step)!.type;
  }
  return true;
}

function commonType(
  a: BoundOperand,
  b: BoundOperand,
  op: CompareOp,
): DataType {
  checkOrdered(a.type, a, op);
  checkOrdered(b.type, b, op);
  if (sameType(a.type, b.type)) return a.type;
  for (
    const family of [
      ["byte", "short", "integer", "long"],
      ["float", "double"],
      [
        "decimal",
      ],
    ]
  ) {
    if (family.includes(a.type.kind) && family.includes(b.type.kind)) {
      return family.indexOf(a.type.kind) >= family.indexOf(b.type.kind)
        ? a.type
        : b.type;
    }
  }
  throw unsupported(
    `${describe(a)} ${op} ${describe(b)}`,
    `${typeName(a.type)} and ${typeName(b.type)} have no common order`,
  );
}

function checkOrdered(
  type: DataType,
  operand: BoundOperand,
  op: string,
): void {
  if (!["struct", "array", "map", "variant", "void"].includes(type.kind)) {
    return;
  }
  throw unsupported(
    `${describe(operand)} with ${op}`,
    `values of type ${typeName(type)} are not compared`,
  );
}

function describe(operand: BoundOperand): string {
  return operand.kind === "column"
    ? `column ${formatPath(operand.path)}`
    : "the literal";
}

function unsupported(what: string, why: string): DeltaError {
  return new DeltaError("DELTA_UNSUPPORTED_EXPRESSION", {
    what: `Cannot evaluate ${what}`,
    why,
    fix: "Compare a column with a literal or with a column of the same kind",
  });
}
