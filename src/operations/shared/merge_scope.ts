/**
 * What the expressions of a merge see: the row of the target and the row of the
 * source, as `target.x` and `source.x`.
 *
 * @module
 */

import { bindPredicate } from "../../expression/bind.ts";
import type { BoundExpression } from "../../expression/bound.ts";
import {
  type ColumnReader,
  compileExpression,
} from "../../expression/evaluate.ts";
import type { Expression } from "../../expression/predicate.ts";
import {
  type PredicateInput,
  toPredicate,
} from "../../expression/predicate_input.ts";
import type { StructType } from "../../schema/data_type.ts";
import { findField, foldCase } from "../../schema/schema_path.ts";
import type { Columns } from "./assignments.ts";

/** One side of a merge. */
export type Side = "target" | "source";

/** The two schemas under one roof. */
export interface MergeScope {
  /** A struct of two: `target` and `source`. */
  readonly schema: StructType;
  /** The target's schema. */
  readonly target: StructType;
  /** The source's schema. */
  readonly source: StructType;
}

/** Makes the scope of two schemas. */
export function mergeScope(target: StructType, source: StructType): MergeScope {
  const side = (name: Side, type: StructType) => ({
    name,
    type,
    nullable: true,
    metadata: {},
  });
  return {
    target,
    source,
    schema: {
      kind: "struct",
      fields: [side("target", target), side("source", source)],
    },
  };
}

/**
 * The expression with every column under its side. `target.x` and `source.x`
 * say it themselves; a bare `x` is the first side's that has it.
 *
 * @param sides The sides that the expression may see, the first one first.
 */
export function qualified(
  expression: Expression,
  scope: MergeScope,
  sides: readonly Side[],
): Expression {
  return mapColumns(expression, (path) => {
    const first = foldCase(path[0]!);
    const named = sides.find((side) => side === first);
    if (named && path.length > 1) return [named, ...path.slice(1)];
    const owner = sides.find((side) => findField(scope[side], path[0]!)) ??
      sides[0]!;
    return [owner, ...path];
  });
}

/** Binds a condition of a merge; `undefined` where there is none. */
export function bindCondition(
  condition: PredicateInput | undefined,
  scope: MergeScope,
  sides: readonly Side[],
): BoundExpression | undefined {
  if (condition === undefined) return undefined;
  const predicate = qualified(toPredicate(condition), scope, sides);
  return bindPredicate(predicate, scope.schema);
}

/** Compiles a bound condition to a test that is true, or not. */
export function compileTest(
  condition: BoundExpression | undefined,
  columns: Columns,
): (row: number) => boolean {
  if (!condition) return () => true;
  const test = compileExpression(condition, columns);
  return (row) => test(row) === true;
}

/** Columns of both sides, each read by its own rows. */
export function bothSides(
  target: Columns,
  source: Columns,
  sourceRow: (row: number) => number,
): Columns {
  return ([side, ...path]) => {
    if (side === "target") return target(path);
    const read: ColumnReader = source(path);
    return (row) => read(sourceRow(row));
  };
}

/** The expression with its columns' paths changed, all the rest as it is. */
export function mapColumns(
  expression: Expression,
  change: (path: readonly string[]) => readonly string[],
): Expression {
  return mapNode(expression, change) as Expression;
}

function mapNode(
  node: unknown,
  change: (path: readonly string[]) => readonly string[],
): unknown {
  if (Array.isArray(node)) return node.map((item) => mapNode(item, change));
  if (typeof node !== "object" || node === null) return node;
  if (ArrayBuffer.isView(node) || node instanceof Date) return node;
  if ("kind" in node && node.kind === "literal") return node;
  if ("kind" in node && node.kind === "column" && "path" in node) {
    return { kind: "column", path: change(node.path as readonly string[]) };
  }
  const isTree = "kind" in node || ("when" in node && "then" in node);
  if (!isTree) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) =>
      [key, key === "type" ? value : mapNode(value, change)] as const
    ),
  );
}
