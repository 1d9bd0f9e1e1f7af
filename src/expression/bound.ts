/**
 * Expressions bound to a schema: columns found, every part with its type, every
 * conversion spelled out. Still plain data.
 *
 * @module
 */

import type { DataType } from "../schema/data_type.ts";
import type { Value } from "../schema/value.ts";
import type { ArithmeticOp, CaseBranch, CompareOp } from "./expression_tree.ts";

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

/** A comparison; a literal stands on the left only where both sides are ones. */
export interface BoundCompare {
  /** Tells the expression. */
  readonly kind: "compare";
  /** How the sides are compared. */
  readonly op: CompareOp;
  /** The left side. */
  readonly left: BoundExpression;
  /** The right side. */
  readonly right: BoundExpression;
  /** The type whose order decides. */
  readonly by: DataType;
  /** Boolean. */
  readonly type: DataType;
}

/** All of, or any of, some predicates. */
export interface BoundLogic {
  /** Tells the expression. */
  readonly kind: "and" | "or";
  /** The predicates. */
  readonly args: readonly BoundExpression[];
  /** Boolean. */
  readonly type: DataType;
}

/** The opposite. */
export interface BoundNot {
  /** Tells the expression. */
  readonly kind: "not";
  /** The predicate. */
  readonly arg: BoundExpression;
  /** Boolean. */
  readonly type: DataType;
}

/** Whether a value is null. */
export interface BoundIsNull {
  /** Tells the expression. */
  readonly kind: "isNull";
  /** What is looked at. */
  readonly arg: BoundExpression;
  /** Boolean. */
  readonly type: DataType;
}

/** Whether a value is one of a list. */
export interface BoundIn {
  /** Tells the expression. */
  readonly kind: "in";
  /** What is looked for. */
  readonly arg: BoundExpression;
  /** The values, in canonical form; a null among them makes a miss null. */
  readonly values: readonly Value[];
  /** The type of the values. */
  readonly by: DataType;
  /** Boolean. */
  readonly type: DataType;
}

/** Arithmetic. */
export interface BoundArithmetic {
  /** Tells the expression. */
  readonly kind: "arithmetic";
  /** What is done. */
  readonly op: ArithmeticOp;
  /** The left side. */
  readonly left: BoundExpression;
  /** The right side. */
  readonly right: BoundExpression;
  /** The type of the result. */
  readonly type: DataType;
}

/** A function of some values. */
export interface BoundCall {
  /** Tells the expression. */
  readonly kind: "call";
  /** The function. */
  readonly name: string;
  /** What it is given, in the types that it takes. */
  readonly args: readonly BoundExpression[];
  /** The type of the result. */
  readonly type: DataType;
}

/** A value as another type. */
export interface BoundCast {
  /** Tells the expression. */
  readonly kind: "cast";
  /** The value. */
  readonly arg: BoundExpression;
  /** The type it becomes. */
  readonly type: DataType;
  /** Whether a value that does not fit becomes null; else it is an error. */
  readonly safe: boolean;
}

/** Whether a text has a form. */
export interface BoundLike {
  /** Tells the expression. */
  readonly kind: "like";
  /** The text. */
  readonly arg: BoundExpression;
  /** The form. */
  readonly pattern: BoundExpression;
  /** The character that takes the meaning from the next one. */
  readonly escape: string;
  /** Boolean. */
  readonly type: DataType;
}

/** The value of the first condition that is true. */
export interface BoundCase {
  /** Tells the expression. */
  readonly kind: "case";
  /** The conditions, in order. */
  readonly branches: readonly CaseBranch<BoundExpression>[];
  /** The value where none is true. */
  readonly otherwise: BoundExpression;
  /** The type of every value. */
  readonly type: DataType;
}

/** Any bound expression. */
export type BoundExpression =
  | BoundColumn
  | BoundLiteral
  | BoundCompare
  | BoundLogic
  | BoundNot
  | BoundIsNull
  | BoundIn
  | BoundArithmetic
  | BoundCall
  | BoundCast
  | BoundLike
  | BoundCase;

/** Something that has a value in every row. */
export type BoundOperand = BoundExpression;

/** A bound expression whose type is boolean. */
export type BoundPredicate = BoundExpression;
