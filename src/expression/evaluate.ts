/**
 * Bound expressions to functions of a row, conditions in SQL's three-valued
 * logic.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import { formatPath } from "../schema/schema_path.ts";
import type { Value } from "../schema/value.ts";
import { arithmetic } from "./arithmetic.ts";
import type {
  BoundArithmetic,
  BoundCase,
  BoundCast,
  BoundCompare,
  BoundExpression,
  BoundIn,
  BoundLike,
  BoundPredicate,
} from "./bound.ts";
import { conversion } from "./cast_value.ts";
import { comparatorOf } from "./compare_values.ts";
import type { CompareOp } from "./expression_tree.ts";
import { functionNamed } from "./functions.ts";
import { likeMatcher } from "./like.ts";

export {
  type Comparator,
  comparatorOf,
  compareText,
  compareValues,
} from "./compare_values.ts";

/** The value of one column in each row. */
export type ColumnReader = (row: number) => Value;

/** What a predicate says of each row: true, false, or null for "not known". */
export type RowPredicate = (row: number) => boolean | null;

type Columns = (path: readonly string[]) => ColumnReader;

/**
 * Compiles a bound expression. Each column is asked for once, however often the
 * expression names it.
 *
 * @param bound The expression.
 * @param column Gives the reader of a column by its path in the schema's spelling.
 * @returns The value for a row; it throws `DELTA_EXPRESSION_FAILED` where there is
 *   none (an overflow, a division by zero, a text that is no number).
 */
export function compileExpression(
  bound: BoundExpression,
  column: (path: readonly string[]) => ColumnReader,
): (row: number) => Value {
  const readers = new Map<string, ColumnReader>();
  return compile(bound, (path) => {
    const key = JSON.stringify(path);
    const reader = readers.get(key) ?? column(path);
    readers.set(key, reader);
    return reader;
  });
}

/**
 * Compiles a bound predicate, as {@link compileExpression}.
 *
 * @returns True, false or null for a row; a filter keeps the rows that are `true`.
 */
export function compilePredicate(
  bound: BoundPredicate,
  column: (path: readonly string[]) => ColumnReader,
): RowPredicate {
  return compileExpression(bound, column) as RowPredicate;
}

/**
 * The one value of an expression.
 *
 * @param column Gives the value of a column, where the expression may have some.
 * @throws {DeltaError} `DELTA_UNSUPPORTED_EXPRESSION` where it has a column and may not,
 *   `DELTA_EXPRESSION_FAILED` where it has no value.
 */
export function evaluateConstant(
  bound: BoundExpression,
  column: (path: readonly string[]) => Value = noColumn,
): Value {
  return compileExpression(bound, (path) => () => column(path))(0);
}

function noColumn(path: readonly string[]): never {
  throw new DeltaError("DELTA_UNSUPPORTED_EXPRESSION", {
    what: "Cannot evaluate the expression by itself",
    why: `it looks at column ${formatPath(path)}`,
    fix: "Use values only",
  });
}

function compile(bound: BoundExpression, column: Columns): ColumnReader {
  switch (bound.kind) {
    case "column":
      return column(bound.path);
    case "literal": {
      const { value } = bound;
      return () => value;
    }
    case "and":
      return allOf(bound.args.map((arg) => condition(arg, column)));
    case "or":
      return anyOf(bound.args.map((arg) => condition(arg, column)));
    case "not": {
      const arg = condition(bound.arg, column);
      return (row) => {
        const value = arg(row);
        return value === null ? null : !value;
      };
    }
    case "isNull": {
      const read = compile(bound.arg, column);
      return (row) => read(row) === null;
    }
    case "compare":
      return compileCompare(bound, column);
    case "in":
      return compileIn(bound, column);
    case "arithmetic":
      return compileArithmetic(bound, column);
    case "cast":
      return compileCast(bound, column);
    case "like":
      return compileLike(bound, column);
    case "case":
      return compileCase(bound, column);
    case "call":
      return functionNamed(bound.name).compile(
        bound.args.map((arg) => compile(arg, column)),
        bound,
      );
  }
}

function condition(bound: BoundExpression, column: Columns): RowPredicate {
  return compile(bound, column) as RowPredicate;
}

function compileCompare(bound: BoundCompare, column: Columns): RowPredicate {
  const compare = comparatorOf(bound.by);
  const left = compile(bound.left, column);
  const right = compile(bound.right, column);
  if (bound.op === "<=>") {
    return (row) => {
      const a = left(row);
      const b = right(row);
      return a === null || b === null ? a === b : compare(a, b) === 0;
    };
  }
  const holds = TESTS[bound.op];
  if (bound.right.kind === "literal") {
    const { value } = bound.right;
    if (value === null) return () => null;
    return (row) => {
      const a = left(row);
      return a === null ? null : holds(compare(a, value));
    };
  }
  return (row) => {
    const a = left(row);
    const b = right(row);
    return a === null || b === null ? null : holds(compare(a, b));
  };
}

function compileIn(bound: BoundIn, column: Columns): RowPredicate {
  const compare = comparatorOf(bound.by);
  const read = compile(bound.arg, column);
  const values = bound.values.filter((value) => value !== null);
  const miss = values.length === bound.values.length ? false : null;
  if (bound.values.length === 0) return () => false;
  if (HASHED.has(bound.by.kind)) {
    const set = new Set(values);
    return (row) => {
      const value = read(row);
      return value === null ? null : set.has(value) ? true : miss;
    };
  }
  return (row) => {
    const value = read(row);
    if (value === null) return null;
    return values.some((other) => compare(value, other) === 0) ? true : miss;
  };
}

function compileArithmetic(
  bound: BoundArithmetic,
  column: Columns,
): ColumnReader {
  const compute = arithmetic(bound.op, bound.left.type, bound.type);
  const left = compile(bound.left, column);
  const right = compile(bound.right, column);
  return (row) => {
    const a = left(row);
    const b = right(row);
    return a === null || b === null ? null : compute(a, b);
  };
}

function compileCast(
  { arg, type, safe }: BoundCast,
  column: Columns,
): ColumnReader {
  const convert = conversion(arg.type, type);
  const read = compile(arg, column);
  const cast: ColumnReader = (row) => {
    const value = read(row);
    return value === null ? null : convert(value);
  };
  if (!safe) return cast;
  return (row) => {
    const value = read(row);
    if (value === null) return null;
    try {
      return convert(value);
    } catch (cause) {
      if (
        cause instanceof DeltaError && cause.code === "DELTA_EXPRESSION_FAILED"
      ) return null;
      throw cause;
    }
  };
}

function compileLike(
  { arg, pattern, escape }: BoundLike,
  column: Columns,
): RowPredicate {
  const read = compile(arg, column);
  if (pattern.kind === "literal") {
    if (pattern.value === null) return () => null;
    const matches = likeMatcher(pattern.value as string, escape);
    return (row) => {
      const text = read(row);
      return text === null ? null : matches(text as string);
    };
  }
  const form = compile(pattern, column);
  let last: string | undefined;
  let matches = (_: string) => false;
  return (row) => {
    const text = read(row);
    const wanted = form(row);
    if (text === null || wanted === null) return null;
    if (wanted !== last) {
      matches = likeMatcher(wanted as string, escape);
      last = wanted as string;
    }
    return matches(text as string);
  };
}

function compileCase(bound: BoundCase, column: Columns): ColumnReader {
  const branches = bound.branches.map(({ when, then }) => ({
    when: condition(when, column),
    then: compile(then, column),
  }));
  const otherwise = compile(bound.otherwise, column);
  return (row) => {
    for (const { when, then } of branches) {
      if (when(row) === true) return then(row);
    }
    return otherwise(row);
  };
}

/** Types whose equal values are the same JavaScript value. */
const HASHED: ReadonlySet<string> = new Set([
  "boolean",
  "byte",
  "short",
  "integer",
  "long",
  // A Set takes NaN for itself and -0 for 0, as the comparison does.
  "float",
  "double",
  "string",
  "date",
  "timestamp",
  "timestamp_ntz",
]);

const TESTS: Readonly<
  Record<Exclude<CompareOp, "<=>">, (order: number) => boolean>
> = {
  "=": (order) => order === 0,
  "!=": (order) => order !== 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

function allOf(args: readonly RowPredicate[]): RowPredicate {
  return (row) => {
    let result: boolean | null = true;
    for (const arg of args) {
      const value = arg(row);
      if (value === false) return false;
      if (value === null) result = null;
    }
    return result;
  };
}

function anyOf(args: readonly RowPredicate[]): RowPredicate {
  return (row) => {
    let result: boolean | null = false;
    for (const arg of args) {
      const value = arg(row);
      if (value === true) return true;
      if (value === null) result = null;
    }
    return result;
  };
}
