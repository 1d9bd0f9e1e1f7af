/**
 * Expressions over a table's columns, as plain data. An expression means nothing
 * until it is bound to a schema.
 *
 * @module
 */

import type { DataType } from "../schema/data_type.ts";

/** How two values are compared; `<=>` takes null for a value equal to itself. */
export type CompareOp = "=" | "!=" | "<" | "<=" | ">" | ">=" | "<=>";

/** How two numbers become one; `div` leaves the whole part of the quotient. */
export type ArithmeticOp = "+" | "-" | "*" | "/" | "%" | "div";

/** A column, by its path. */
export interface ColumnExpression {
  /** Tells the expression. */
  readonly kind: "column";
  /** Names from the top of the schema down. */
  readonly path: readonly string[];
}

/** A value given by the caller. */
export interface LiteralExpression {
  /** Tells the expression. */
  readonly kind: "literal";
  /** The value. */
  readonly value: unknown;
  /** Its type, where the text of an expression says so; else it comes from what stands beside it. */
  readonly type?: DataType;
}

/** A comparison; null when a side is, but for `<=>`. */
export interface CompareExpression {
  /** Tells the expression. */
  readonly kind: "compare";
  /** How the sides are compared. */
  readonly op: CompareOp;
  /** The left side. */
  readonly left: Expression;
  /** The right side. */
  readonly right: Expression;
}

/** All of, or any of, some predicates, in three-valued logic. */
export interface LogicExpression {
  /** Tells the expression. */
  readonly kind: "and" | "or";
  /** The predicates; none is true for `and`, false for `or`. */
  readonly args: readonly Expression[];
}

/** The opposite; null stays null. */
export interface NotExpression {
  /** Tells the expression. */
  readonly kind: "not";
  /** The predicate. */
  readonly arg: Expression;
}

/** Whether a value is null; never null itself. */
export interface IsNullExpression {
  /** Tells the expression. */
  readonly kind: "isNull";
  /** What is looked at. */
  readonly arg: Expression;
}

/** Whether a value is one of a list. */
export interface InExpression {
  /** Tells the expression. */
  readonly kind: "in";
  /** What is looked for. */
  readonly arg: Expression;
  /** The values, as the caller gave them, or expressions. */
  readonly values: readonly unknown[];
}

/** Arithmetic; null when a side is. */
export interface ArithmeticExpression {
  /** Tells the expression. */
  readonly kind: "arithmetic";
  /** What is done. */
  readonly op: ArithmeticOp;
  /** The left side. */
  readonly left: Expression;
  /** The right side. */
  readonly right: Expression;
}

/** A function of some values. */
export interface CallExpression {
  /** Tells the expression. */
  readonly kind: "call";
  /** The function, in lower case. */
  readonly name: string;
  /** What it is given. */
  readonly args: readonly Expression[];
}

/** A value as another type. */
export interface CastExpression {
  /** Tells the expression. */
  readonly kind: "cast";
  /** The value. */
  readonly arg: Expression;
  /** The type it becomes. */
  readonly type: DataType;
  /** Whether a value that does not fit becomes null (`TRY_CAST`); else it is an error. */
  readonly safe?: boolean;
}

/** Whether a text has a form: `%` is any text, `_` any one character. */
export interface LikeExpression {
  /** Tells the expression. */
  readonly kind: "like";
  /** The text. */
  readonly arg: Expression;
  /** The form. */
  readonly pattern: Expression;
  /** The character that takes the meaning from the next one; a backslash by default. */
  readonly escape?: string;
}

/** A condition and what it leads to. */
export interface CaseBranch<E> {
  /** The condition. */
  readonly when: E;
  /** The value where the condition is true. */
  readonly then: E;
}

/** The value of the first condition that is true. */
export interface CaseExpression {
  /** Tells the expression. */
  readonly kind: "case";
  /** The conditions, in order. */
  readonly branches: readonly CaseBranch<Expression>[];
  /** The value where none is true; null by default. */
  readonly otherwise?: Expression;
}

/** Any expression, told apart by `kind`. */
export type Expression =
  | ColumnExpression
  | LiteralExpression
  | CompareExpression
  | LogicExpression
  | NotExpression
  | IsNullExpression
  | InExpression
  | ArithmeticExpression
  | CallExpression
  | CastExpression
  | LikeExpression
  | CaseExpression;

/** An expression that is true, false or null for each row. */
export type Predicate = Expression;

const KINDS: ReadonlySet<unknown> = new Set<Expression["kind"]>([
  "column",
  "literal",
  "compare",
  "and",
  "or",
  "not",
  "isNull",
  "in",
  "arithmetic",
  "call",
  "cast",
  "like",
  "case",
]);

/** Whether a value given by the caller is an expression rather than a literal. */
export function isExpression(value: unknown): value is Expression {
  return typeof value === "object" && value !== null && "kind" in value &&
    KINDS.has(value.kind);
}
