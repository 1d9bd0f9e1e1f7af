/**
 * Conditions on rows, each in two forms: the engine's, and a JavaScript function
 * in SQL's three-valued logic.
 *
 * @module
 */

import fc from "fast-check";
import {
  and,
  type CompareOp,
  type DataType,
  type Expression,
  lit,
  not,
  or,
  type StructValue,
  type Value,
} from "../../src/mod.ts";
import { compareAs, isScalar, nastyValue } from "./nasty_values.ts";

/** True, false or unknown. */
export type Truth = boolean | null;

/** What a condition is made of, before there are columns. */
export type ConditionSeed =
  | {
    readonly is: "leaf";
    readonly column: number;
    readonly op: CompareOp | "isNull" | "in";
    readonly cell: number;
  }
  | { readonly is: "and" | "or"; readonly args: readonly ConditionSeed[] }
  | { readonly is: "not"; readonly arg: ConditionSeed };

/** A column that conditions may look at. */
export interface Visible {
  /** Names from the top, for the engine. */
  readonly path: readonly string[];
  /** Where a row of the model has it. */
  readonly key: string;
  /** Its type. */
  readonly type: DataType;
}

/** A condition. */
export interface Condition<Row> {
  /** The engine's form. */
  readonly expression: Expression;
  /** The form in SQL text; `undefined` where some literal has none here. */
  readonly sql: string | undefined;
  /** The model's form. */
  readonly test: (row: Row) => Truth;
}

const OPS: readonly (CompareOp | "isNull" | "in")[] = [
  "=",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "<=>",
  "isNull",
  "in",
];

/** Conditions of a few comparisons. */
export const conditionSeed: fc.Arbitrary<ConditionSeed> = fc.letrec((tie) => {
  const condition = tie("condition") as fc.Arbitrary<ConditionSeed>;
  const leaf: fc.Arbitrary<ConditionSeed> = fc.record({
    is: fc.constant("leaf" as const),
    column: fc.nat({ max: 11 }),
    op: fc.constantFrom(...OPS),
    cell: fc.nat({ max: 59 }),
  });
  return {
    condition: fc.oneof(
      { maxDepth: 2, depthSize: "small" },
      { arbitrary: leaf, weight: 4 },
      {
        weight: 1,
        arbitrary: fc.record({
          is: fc.constantFrom("and" as const, "or" as const),
          args: fc.array(condition, { minLength: 2, maxLength: 2 }),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          is: fc.constant("not" as const),
          arg: condition,
        }),
      },
    ),
  };
}).condition as fc.Arbitrary<ConditionSeed>;

type ModelValues = Readonly<Record<string, Value>>;

/** Puts a condition on columns. */
export function conditionOn(
  seed: ConditionSeed,
  columns: readonly Visible[],
): Condition<ModelValues> {
  switch (seed.is) {
    case "leaf":
      return leafOn(seed, columns[seed.column % columns.length]!);
    case "not": {
      const { expression, sql, test } = conditionOn(seed.arg, columns);
      return {
        expression: not(expression),
        sql: sql && `NOT (${sql})`,
        test: (row) => {
          const truth = test(row);
          return truth === null ? null : !truth;
        },
      };
    }
    default: {
      const parts = seed.args.map((arg) => conditionOn(arg, columns));
      const expressions = parts.map((part) => part.expression);
      const texts = parts.map(({ sql }) => sql);
      const decides = seed.is === "or";
      const word = seed.is.toUpperCase();
      return {
        expression: decides ? or(...expressions) : and(...expressions),
        sql: texts.includes(undefined)
          ? undefined
          : texts.map((text) => `(${text})`).join(` ${word} `),
        test: (row) => {
          const truths = parts.map(({ test }) => test(row));
          if (truths.includes(decides)) return decides;
          return truths.includes(null) ? null : !decides;
        },
      };
    }
  }
}

/** A column, or a field inside a struct. */
function narrowed(column: Visible, cell: number): {
  readonly path: readonly string[];
  readonly type: DataType;
  readonly read: (row: ModelValues) => Value;
} {
  const { path, type, key } = column;
  const whole = (row: ModelValues): Value => row[key]!;
  if (type.kind !== "struct" || cell % 4 === 0) {
    return { path, type, read: whole };
  }
  const field = type.fields[cell % type.fields.length]!;
  return {
    path: [...path, field.name],
    type: field.type,
    read: (row) => (whole(row) as StructValue | null)?.[field.name] ?? null,
  };
}

function leafOn(
  { op, cell }: ConditionSeed & { readonly is: "leaf" },
  column: Visible,
): Condition<ModelValues> {
  const { path, type, read } = narrowed(column, cell);
  const target: Expression = { kind: "column", path };
  const name = path.map((step) => `\`${step.replaceAll("`", "``")}\``)
    .join(".");
  if (op === "isNull" || !isScalar(type)) {
    return {
      expression: { kind: "isNull", arg: target },
      sql: `${name} IS NULL`,
      test: (row) => read(row) === null,
    };
  }
  if (op === "in") {
    const values = [0, 1, 2].map((i) => nastyValue(type, cell + i));
    const texts = values.map((value) => sqlLiteral(value, type));
    return {
      expression: { kind: "in", arg: target, values },
      sql: texts.includes(undefined)
        ? undefined
        : `${name} IN (${texts.join(", ")})`,
      test: (row) => {
        const value = read(row);
        if (value === null) return null;
        const found = values.some((one) =>
          one !== null && compareAs(value, one, type) === 0
        );
        return found || (values.includes(null) ? null : false);
      },
    };
  }
  const value = nastyValue(type, cell);
  const text = sqlLiteral(value, type);
  return {
    expression: { kind: "compare", op, left: target, right: lit(value) },
    sql: text && `${name} ${op} ${text}`,
    test: (row) => compared(op, read(row), value, type),
  };
}

function compared(op: CompareOp, a: Value, b: Value, type: DataType): Truth {
  if (op === "<=>") {
    if (a === null || b === null) return a === b;
    return compareAs(a, b, type) === 0;
  }
  if (a === null || b === null) return null;
  const sign = compareAs(a, b, type);
  switch (op) {
    case "=":
      return sign === 0;
    case "!=":
      return sign !== 0;
    case "<":
      return sign < 0;
    case "<=":
      return sign <= 0;
    case ">":
      return sign > 0;
    case ">=":
      return sign >= 0;
  }
}

/** The value in SQL; `undefined` where this module does not spell it. */
export function sqlLiteral(value: Value, type: DataType): string | undefined {
  if (value === null) return "NULL";
  switch (type.kind) {
    case "long":
    case "integer":
    case "boolean":
      return String(value);
    case "string":
      return /[\\\n]/.test(value as string)
        ? undefined
        : `'${(value as string).replaceAll("'", "''")}'`;
    default:
      return undefined;
  }
}
