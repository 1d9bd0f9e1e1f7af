/**
 * Builders of expressions that read like a sentence:
 * `and(col("age").ge(18), col("name").like("A%"))`.
 *
 * @module
 */

import type { DataType } from "../schema/data_type.ts";
import {
  type ArithmeticExpression,
  type ArithmeticOp,
  type CallExpression,
  type CastExpression,
  type ColumnExpression,
  type CompareExpression,
  type CompareOp,
  type Expression,
  type InExpression,
  isExpression,
  type IsNullExpression,
  type LikeExpression,
  type LiteralExpression,
  type LogicExpression,
  type NotExpression,
} from "./expression_tree.ts";

export * from "./expression_tree.ts";

/**
 * A value with the comparisons and computations it may start. What it meets is
 * a value, or another expression.
 */
export abstract class Operand {
  /** Equal. */
  eq(other: unknown): CompareExpression {
    return compare("=", this, other);
  }
  /** Not equal. */
  ne(other: unknown): CompareExpression {
    return compare("!=", this, other);
  }
  /** Less than. */
  lt(other: unknown): CompareExpression {
    return compare("<", this, other);
  }
  /** Less than or equal. */
  le(other: unknown): CompareExpression {
    return compare("<=", this, other);
  }
  /** Greater than. */
  gt(other: unknown): CompareExpression {
    return compare(">", this, other);
  }
  /** Greater than or equal. */
  ge(other: unknown): CompareExpression {
    return compare(">=", this, other);
  }
  /** Equal, or both null; never null itself. */
  eqNullSafe(other: unknown): CompareExpression {
    return compare("<=>", this, other);
  }
  /** Null. */
  isNull(): IsNullExpression {
    return { kind: "isNull", arg: itself(this) };
  }
  /** Not null. */
  isNotNull(): NotExpression {
    return not(this.isNull());
  }
  /** One of a list of values. */
  in(values: readonly unknown[]): InExpression {
    return { kind: "in", arg: itself(this), values };
  }
  /** At least the one and at most the other. */
  between(low: unknown, high: unknown): LogicExpression {
    return and(this.ge(low), this.le(high));
  }
  /** Of a form: `%` is any text, `_` any one character, a backslash takes their meaning. */
  like(pattern: string): LikeExpression {
    return { kind: "like", arg: itself(this), pattern: lit(pattern) };
  }
  /** Plus. */
  plus(other: unknown): Arithmetic {
    return new Arithmetic("+", itself(this), operand(other));
  }
  /** Minus. */
  minus(other: unknown): Arithmetic {
    return new Arithmetic("-", itself(this), operand(other));
  }
  /** Times. */
  times(other: unknown): Arithmetic {
    return new Arithmetic("*", itself(this), operand(other));
  }
  /** Divided by; whole numbers give a fraction. */
  dividedBy(other: unknown): Arithmetic {
    return new Arithmetic("/", itself(this), operand(other));
  }
  /** What a division leaves. */
  modulo(other: unknown): Arithmetic {
    return new Arithmetic("%", itself(this), operand(other));
  }
  /** As another type; a value that does not fit is an error. */
  cast(type: DataType): Cast {
    return new Cast(itself(this), type);
  }
}

/** A column of a table. */
export class Column extends Operand implements ColumnExpression {
  /** Tells the expression. */
  readonly kind: "column" = "column";
  /** Names from the top of the schema down. */
  readonly path: readonly string[];

  /**
   * Names the column; {@link col} is shorter.
   *
   * @param path Names from the top of the schema down.
   */
  constructor(path: readonly string[]) {
    super();
    this.path = path;
  }
}

/** Two values and what is done with them. */
export class Arithmetic extends Operand implements ArithmeticExpression {
  /** Tells the expression. */
  readonly kind: "arithmetic" = "arithmetic";
  /** What is done. */
  readonly op: ArithmeticOp;
  /** The left side. */
  readonly left: Expression;
  /** The right side. */
  readonly right: Expression;

  /**
   * Puts the two together; `col("a").plus(1)` is shorter.
   *
   * @param op What is done.
   * @param left The left side.
   * @param right The right side.
   */
  constructor(op: ArithmeticOp, left: Expression, right: Expression) {
    super();
    this.op = op;
    this.left = left;
    this.right = right;
  }
}

/** A function of some values. */
export class Call extends Operand implements CallExpression {
  /** Tells the expression. */
  readonly kind: "call" = "call";
  /** The function, in lower case. */
  readonly name: string;
  /** What it is given. */
  readonly args: readonly Expression[];

  /**
   * Calls the function; {@link call} is shorter.
   *
   * @param name The function, by its name in SQL.
   * @param args What it is given.
   */
  constructor(name: string, args: readonly Expression[]) {
    super();
    this.name = name.toLowerCase();
    this.args = args;
  }
}

/** A value as another type. */
export class Cast extends Operand implements CastExpression {
  /** Tells the expression. */
  readonly kind: "cast" = "cast";
  /** The value. */
  readonly arg: Expression;
  /** The type it becomes. */
  readonly type: DataType;

  /**
   * Casts a value; `col("a").cast(type)` is shorter.
   *
   * @param arg The value.
   * @param type The type it becomes.
   */
  constructor(arg: Expression, type: DataType) {
    super();
    this.arg = arg;
    this.type = type;
  }
}

/**
 * A column by its path: `col("id")`, `col("address", "city")`. A dot in a name
 * is part of the name.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const adults = and(col("age").ge(18), col("name").isNotNull());
 * assert.equal(adults.kind, "and");
 * ```
 */
export function col(...path: readonly [string, ...string[]]): Column {
  return new Column(path);
}

/** A value, where an expression is wanted. */
export function lit(value: unknown): LiteralExpression {
  return { kind: "literal", value };
}

/** A function by its name in SQL: `call("upper", col("name"))`; what it is given are values or expressions. */
export function call(name: string, ...args: readonly unknown[]): Call {
  return new Call(name, args.map(operand));
}

/** True when all are; true of none. */
export function and(...args: readonly Expression[]): LogicExpression {
  return { kind: "and", args };
}

/** True when any is; false of none. */
export function or(...args: readonly Expression[]): LogicExpression {
  return { kind: "or", args };
}

/** The opposite. */
export function not(arg: Expression): NotExpression {
  return { kind: "not", arg };
}

function compare(
  op: CompareOp,
  left: Operand,
  right: unknown,
): CompareExpression {
  return { kind: "compare", op, left: itself(left), right: operand(right) };
}

function operand(value: unknown): Expression {
  return isExpression(value) ? value : lit(value);
}

/** Every operand is one of the classes above, each of which is an expression. */
function itself(operand: Operand): Expression {
  return operand as Column | Arithmetic | Call | Cast;
}
