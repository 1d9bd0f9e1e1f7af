/**
 * Expressions over a table's columns, and builders that read like a sentence.
 * An expression is plain data; it means nothing until it is bound to a schema.
 *
 * @module
 */

/** How two values are compared. */
export type CompareOp = "=" | "!=" | "<" | "<=" | ">" | ">=";

/** A column, by its path. */
export interface ColumnExpression {
  /** Tells the expression. */
  readonly kind: "column";
  /** Names from the top of the schema down. */
  readonly path: readonly string[];
}

/** A value given by the caller, not yet of any type. */
export interface LiteralExpression {
  /** Tells the expression. */
  readonly kind: "literal";
  /** The value; its type comes from what it is compared with. */
  readonly value: unknown;
}

/** A comparison; null when a side is. */
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
  /** The values, as the caller gave them. */
  readonly values: readonly unknown[];
}

/** Any expression, told apart by `kind`. */
export type Expression =
  | ColumnExpression
  | LiteralExpression
  | CompareExpression
  | LogicExpression
  | NotExpression
  | IsNullExpression
  | InExpression;

/** An expression that is true, false or null for each row. */
export type Predicate = Expression;

/**
 * A column with the comparisons it may start. What it is compared with is a
 * value, or another expression.
 */
export class Column implements ColumnExpression {
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
    this.path = path;
  }

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
  /** Null. */
  isNull(): IsNullExpression {
    return { kind: "isNull", arg: this };
  }
  /** Not null. */
  isNotNull(): NotExpression {
    return not(this.isNull());
  }
  /** One of a list of values. */
  in(values: readonly unknown[]): InExpression {
    return { kind: "in", arg: this, values };
  }
  /** At least the one and at most the other. */
  between(low: unknown, high: unknown): LogicExpression {
    return and(this.ge(low), this.le(high));
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

const KINDS: ReadonlySet<unknown> = new Set([
  "column",
  "literal",
  "compare",
  "and",
  "or",
  "not",
  "isNull",
  "in",
]);

/** Whether a value given by the caller is an expression rather than a literal. */
export function isExpression(value: unknown): value is Expression {
  return typeof value === "object" && value !== null && "kind" in value &&
    KINDS.has(value.kind);
}

function compare(
  op: CompareOp,
  left: Expression,
  other: unknown,
): CompareExpression {
  const right = isExpression(other) ? other : lit(other);
  return { kind: "compare", op, left, right };
}
