/**
 * The condition of a merge taken apart: what must be equal, for hashing, and
 * what else must hold; and what it says of target rows alone, for skipping.
 *
 * @module
 */

import { bindPredicate, columnsOf } from "../../expression/bind.ts";
import type { BoundCompare, BoundExpression } from "../../expression/bound.ts";
import { compareValues, compileExpression } from "../../expression/evaluate.ts";
import { and, type Expression, or } from "../../expression/predicate.ts";
import {
  type PredicateInput,
  toPredicate,
} from "../../expression/predicate_input.ts";
import { type DataType, sameType } from "../../schema/data_type.ts";
import { formatDecimal } from "../../schema/decimal.ts";
import type { Decimal, Value } from "../../schema/value.ts";
import type { Columns } from "./assignments.ts";
import {
  mapColumns,
  type MergeScope,
  qualified,
  type Side,
} from "./merge_scope.ts";
import type { MergeSource } from "./merge_source.ts";

/** Two expressions that must be equal, one of each side. */
export interface MergeKey {
  /** Of the target's columns. */
  readonly target: BoundExpression;
  /** Of the source's columns. */
  readonly source: BoundExpression;
  /** The type in which they are equal. */
  readonly type: DataType;
}

/** The condition, taken apart. */
export interface MergeCondition {
  /** What must be equal; with none, every source row is tried. */
  readonly keys: readonly MergeKey[];
  /** What else must hold. */
  readonly residual: BoundExpression | undefined;
  /** The parts that look at the target alone, as predicates of the table. */
  readonly targetOnly: readonly Expression[];
}

/** Source rows by key. */
export interface KeyIndex {
  /** The source rows whose key is that of a target row; none where a key is null. */
  find(
    columns: Columns,
  ): (row: number) => readonly number[] | number | undefined;
  /** A predicate of the table that every row with one of these keys passes; `undefined` where nothing is known. */
  readonly bounds: Expression | undefined;
}

/** Most partition values that are looked for one by one. */
const MOST_VALUES = 1_000;

/**
 * Takes a condition apart.
 *
 * @param on Columns that both sides have, or a predicate.
 */
export function mergeCondition(
  on: readonly string[] | PredicateInput,
  scope: MergeScope,
): MergeCondition {
  const keys: MergeKey[] = [];
  const rest: Expression[] = [];
  const targetOnly: Expression[] = [];
  for (const part of conjuncts(conditionOf(on, scope))) {
    const bound = bindPredicate(part, scope.schema);
    const key = keyOf(bound);
    if (key) {
      keys.push(key);
      continue;
    }
    rest.push(part);
    if (sideOf(bound) === "target") {
      targetOnly.push(mapColumns(part, (path) => path.slice(1)));
    }
  }
  const residual = rest.length === 0
    ? undefined
    : bindPredicate(and(...rest), scope.schema);
  return { keys, residual, targetOnly };
}

/** Indexes the source by its keys. */
export function indexSource(
  source: MergeSource,
  condition: MergeCondition,
  partitionColumns: readonly string[],
): KeyIndex {
  const { keys } = condition;
  const columns: Columns = ([, ...path]) => source.columns(path);
  const readers = keys.map((key) => compileExpression(key.source, columns));
  const spreads = keys.map((key) => new Spread(key, partitionColumns));
  const hash = hasher(keys);
  const index = new Map<unknown, number | number[]>();
  for (let row = 0; row < source.batch.numRows; row++) {
    const values = readers.map((read) => read(row));
    if (values.includes(null)) continue;
    values.forEach((value, i) => spreads[i]!.meet(value));
    const key = hash(values);
    const known = index.get(key);
    if (known === undefined) index.set(key, row);
    else if (typeof known === "number") index.set(key, [known, row]);
    else known.push(row);
  }
  return {
    bounds: boundsOf(condition, spreads, index.size),
    find(target) {
      const read = keys.map((key) => compileExpression(key.target, target));
      if (read.length === 1) {
        const [only] = read;
        return (row) => {
          const value = only!(row);
          return value === null ? undefined : index.get(hash([value]));
        };
      }
      return (row) => {
        const values = read.map((reader) => reader(row));
        return values.includes(null) ? undefined : index.get(hash(values));
      };
    },
  };
}

function conditionOf(
  on: readonly string[] | PredicateInput,
  scope: MergeScope,
): Expression {
  if (typeof on === "string" || "kind" in on) {
    return qualified(toPredicate(on), scope, ["target", "source"]);
  }
  return and(...on.map((name): Expression => ({
    kind: "compare",
    op: "=",
    left: { kind: "column", path: ["target", name] },
    right: { kind: "column", path: ["source", name] },
  })));
}

function conjuncts(expression: Expression): Expression[] {
  return expression.kind === "and"
    ? expression.args.flatMap(conjuncts)
    : [expression];
}

function keyOf(bound: BoundExpression): MergeKey | undefined {
  if (bound.kind !== "compare" || bound.op !== "=") return undefined;
  const { left, right, by: type } = bound as BoundCompare;
  const sides = [sideOf(left), sideOf(right)].join();
  if (sides === "target,source") return { target: left, source: right, type };
  if (sides === "source,target") return { target: right, source: left, type };
  return undefined;
}

/** The side whose columns alone an expression looks at. */
function sideOf(bound: BoundExpression): Side | undefined {
  const sides = new Set(columnsOf(bound).map((path) => path[0] as Side));
  return sides.size === 1 ? [...sides][0] : undefined;
}

/** One key of several values, such that equal values give the same. */
function hasher(
  keys: readonly MergeKey[],
): (values: readonly Value[]) => unknown {
  const forms = keys.map(({ type }) => formOf(type));
  if (forms.length === 1) return ([value]) => forms[0]!(value!);
  return (values) =>
    values.map((value, i) => {
      const text = String(forms[i]!(value));
      return `${text.length}:${text}`;
    }).join("");
}

/** What a Map takes for equal exactly where the type does. */
function formOf(type: DataType): (value: Value) => unknown {
  switch (type.kind) {
    case "decimal":
      return (value) => formatDecimal(value as Decimal);
    case "binary":
      return (value) => Array.from(value as Uint8Array).join();
    case "float":
    case "double":
      return (value) => value === 0 ? 0 : value;
    case "struct":
    case "array":
      return (value) => JSON.stringify(value, replaceBigInt);
    default:
      return (value) => value;
  }
}

function replaceBigInt(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}

/** The least and the greatest value of a key; of a partition column, every value. */
class Spread {
  readonly column: readonly string[] | undefined;
  readonly #type: DataType;
  #low: Value = null;
  #high: Value = null;
  #values: Set<Value> | undefined;

  constructor({ target, type }: MergeKey, partitionColumns: readonly string[]) {
    this.#type = type;
    const plain = target.kind === "column" && sameType(target.type, type) &&
      !["struct", "array", "binary"].includes(type.kind);
    if (!plain) return;
    this.column = target.path.slice(1);
    const partition = this.column.length === 1 &&
      partitionColumns.includes(this.column[0]!);
    if (partition && type.kind !== "decimal") this.#values = new Set();
  }

  meet(value: Value): void {
    if (!this.column) return;
    if (this.#values && this.#values.size <= MOST_VALUES) {
      this.#values.add(value);
    }
    const type = this.#type;
    if (this.#low === null || compareValues(value, this.#low, type) < 0) {
      this.#low = value;
    }
    if (this.#high === null || compareValues(value, this.#high, type) > 0) {
      this.#high = value;
    }
  }

  get bounds(): Expression | undefined {
    if (!this.column || this.#low === null) return undefined;
    const column = { kind: "column", path: this.column } as const;
    if (this.#values && this.#values.size <= MOST_VALUES) {
      return { kind: "in", arg: column, values: [...this.#values] };
    }
    const bound = (op: ">=" | "<=", value: Value): Expression => ({
      kind: "compare",
      op,
      left: column,
      right: { kind: "literal", value },
    });
    return and(bound(">=", this.#low), bound("<=", this.#high));
  }
}

function boundsOf(
  { keys, targetOnly }: MergeCondition,
  spreads: readonly Spread[],
  indexed: number,
): Expression | undefined {
  // Keys and no row that has them all: no row of the table can match.
  if (keys.length > 0 && indexed === 0) return or();
  const known = spreads.flatMap((spread) => spread.bounds ?? []);
  const parts = [...known, ...targetOnly];
  return parts.length === 0 ? undefined : and(...parts);
}
