/**
 * What is inside an expression, bound or not: its parts and its columns.
 *
 * @module
 */

import type { BoundExpression } from "./bound.ts";
import { type Expression, isExpression } from "./expression_tree.ts";

/** Every column an expression looks at, each once, in the order met. */
export function columnsOf(
  expression: Expression | BoundExpression,
): readonly (readonly string[])[] {
  const found = new Map<string, readonly string[]>();
  const open: (Expression | BoundExpression)[] = [expression];
  for (let next = open.pop(); next; next = open.pop()) {
    if (next.kind === "column") {
      found.set(JSON.stringify(next.path), next.path);
    } else open.push(...partsOf(next).toReversed());
  }
  return [...found.values()];
}

/** The expressions right inside an expression, in order. */
export function partsOf<E extends Expression | BoundExpression>(
  expression: E,
): readonly E[] {
  return innerOf(expression) as readonly E[];
}

function innerOf(
  expression: Expression | BoundExpression,
): readonly (Expression | BoundExpression)[] {
  switch (expression.kind) {
    case "column":
    case "literal":
      return [];
    case "compare":
    case "arithmetic":
      return [expression.left, expression.right];
    case "and":
    case "or":
    case "call":
      return expression.args;
    case "not":
    case "isNull":
    case "cast":
      return [expression.arg];
    case "in":
      return [
        expression.arg,
        ...(expression.values as readonly unknown[]).filter(isExpression),
      ];
    case "like":
      return [expression.arg, expression.pattern];
    case "case":
      return [
        ...expression.branches.flatMap(({ when, then }) => [when, then]),
        ...(expression.otherwise ? [expression.otherwise] : []),
      ];
  }
}
