/**
 * An expression and a schema to a bound expression: columns found, every part
 * with its type, literals turned into values, everything that cannot be
 * evaluated refused by name.
 *
 * A value given by a caller takes the type of what it stands beside where it is
 * one of that type; else both meet in the type that Spark's ANSI mode gives.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import { coerceValue } from "../schema/coerce_value.ts";
import {
  type DataType,
  type StructType,
  typeName,
} from "../schema/data_type.ts";
import { fieldAt, formatPath, resolvePath } from "../schema/schema_path.ts";

import type {
  BoundColumn,
  BoundExpression,
  BoundLiteral,
  BoundPredicate,
} from "./bound.ts";
import { castTo } from "./cast_to.ts";
import { bindLiteral, decimalOf, isUntyped, narrowed } from "./bind_literal.ts";
import { unified } from "./choice_functions.ts";
import { unsupported } from "./expression_error.ts";
import {
  type ArithmeticExpression,
  type CallExpression,
  type CaseExpression,
  type CompareOp,
  type Expression,
  type InExpression,
  isExpression,
  type LiteralExpression,
} from "./expression_tree.ts";
import { functionName, functionNamed } from "./functions.ts";
import {
  asDecimal,
  commonType,
  decimalResult,
  isIntegral,
  isNumeric,
} from "./type_coercion.ts";

export type * from "./bound.ts";
export { columnsOf } from "./columns_of.ts";

/** What an expression may know beside the row. */
export interface BindOptions {
  /** Microseconds since the epoch, for `current_timestamp()` and its like; without it they are refused. */
  readonly now?: bigint | undefined;
}

const BOOLEAN: DataType = { kind: "boolean" };
const FLIPPED: Readonly<Record<CompareOp, CompareOp>> = {
  "=": "=",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
  "<=>": "<=>",
};

/**
 * Binds an expression to a schema. Columns are found whatever their
 * capitalisation.
 *
 * @throws {DeltaError} `DELTA_COLUMN_NOT_FOUND` for a column that is not there,
 *   `DELTA_UNSUPPORTED_EXPRESSION` for what cannot be evaluated,
 *   `DELTA_SCHEMA_MISMATCH` or `DELTA_VALUE_OUT_OF_RANGE` for a value that cannot meet the column beside it.
 */
export function bindExpression(
  expression: Expression,
  schema: StructType,
  options: BindOptions = {},
): BoundExpression {
  return new Binder(schema, options).bind(expression);
}

/**
 * Binds a predicate: an expression whose type is boolean. As {@link bindExpression}.
 */
export function bindPredicate(
  predicate: Expression,
  schema: StructType,
  options: BindOptions = {},
): BoundPredicate {
  return new Binder(schema, options).condition(predicate);
}

/**
 * Binds an expression whose value goes into a column: cast to its type. A value
 * given by the caller must be one of that type.
 *
 * @param path The column, for messages.
 */
export function bindAs(
  expression: Expression,
  type: DataType,
  schema: StructType,
  path: string,
  options: BindOptions = {},
): BoundExpression {
  if (expression.kind === "literal" && !expression.type) {
    const value = coerceValue(expression.value, type, path);
    return { kind: "literal", value, type };
  }
  return castTo(bindExpression(expression, schema, options), type);
}

/** Calls that stand for other expressions; not in the table of functions. */
export const REWRITTEN_CALLS = [
  "isnull",
  "isnotnull",
  "if",
  "nullif",
  "nvl2",
  "mod",
  "now",
  "current_timestamp",
  "current_date",
] as const;

class Binder {
  readonly #schema: StructType;
  readonly #options: BindOptions;

  constructor(schema: StructType, options: BindOptions) {
    this.#schema = schema;
    this.#options = options;
  }

  bind(expression: Expression): BoundExpression {
    switch (expression.kind) {
      case "column":
        return bindColumn(expression.path, this.#schema);
      case "literal":
        return bindLiteral(expression, undefined);
      case "and":
      case "or":
        return {
          kind: expression.kind,
          args: expression.args.map((arg) => this.condition(arg)),
          type: BOOLEAN,
        };
      case "not":
        return {
          kind: "not",
          arg: this.condition(expression.arg),
          type: BOOLEAN,
        };
      case "isNull":
        return {
          kind: "isNull",
          arg: this.bind(expression.arg),
          type: BOOLEAN,
        };
      case "compare":
        return this.#compare(
          expression.op,
          ...this.#pair(expression.left, expression.right),
        );
      case "in":
        return this.#in(expression);
      case "arithmetic":
        return this.#arithmetic(expression);
      case "cast":
        return castTo(
          this.bind(expression.arg),
          expression.type,
          expression.safe,
        );
      case "like": {
        const text = (arg: Expression) =>
          castTo(this.bind(arg), { kind: "string" });
        return {
          kind: "like",
          arg: text(expression.arg),
          pattern: text(expression.pattern),
          escape: expression.escape ?? "\\",
          type: BOOLEAN,
        };
      }
      case "case":
        return this.#case(expression);
      case "call":
        return this.#call(expression);
      default:
        throw unsupported(
          `the expression of kind ${
            JSON.stringify((expression as Expression).kind)
          }`,
          "this engine does not know it",
        );
    }
  }

  /** Binds something that is true or false. */
  condition(expression: Expression): BoundPredicate {
    const bound = this.bind(expression);
    if (bound.type.kind === "boolean") return bound;
    if (bound.type.kind === "void") return castTo(bound, BOOLEAN);
    throw unsupported(
      `${describe(bound)} as a condition`,
      `its type is ${typeName(bound.type)}, not boolean`,
    );
  }

  /** Two expressions side by side: a value without a type takes that of the other. */
  #pair(
    left: Expression,
    right: Expression,
  ): [BoundExpression, BoundExpression] {
    if (isUntyped(left) && !isUntyped(right)) {
      const b = this.bind(right);
      return [bindLiteral(left, b.type), b];
    }
    const a = this.bind(left);
    return [
      a,
      isUntyped(right) ? bindLiteral(right, a.type) : this.bind(right),
    ];
  }

  #compare(
    op: CompareOp,
    left: BoundExpression,
    right: BoundExpression,
  ): BoundExpression {
    checkOrdered(left, op);
    checkOrdered(right, op);
    const [a, b, by] = meeting(left, right, op);
    return a.kind === "literal" && b.kind !== "literal"
      ? {
        kind: "compare",
        op: FLIPPED[op],
        left: b,
        right: a,
        by,
        type: BOOLEAN,
      }
      : { kind: "compare", op, left: a, right: b, by, type: BOOLEAN };
  }

  #in({ arg, values }: InExpression): BoundExpression {
    const a = this.bind(arg);
    checkOrdered(a, "in");
    if (!Array.isArray(values)) {
      throw malformed("the values of IN are no list", "col(name).in([1, 2])");
    }
    const members = values.map((value) =>
      isExpression(value)
        ? isUntyped(value) ? bindLiteral(value, a.type) : this.bind(value)
        : bindLiteral({ kind: "literal", value }, a.type)
    );
    for (const member of members) checkOrdered(member, "in");
    const compared = members.map((member) => meeting(a, member, "in"));
    const [first] = compared;
    // The usual case: one type, values written out.
    const isList = members.every((member) => member.kind === "literal") &&
      compared.every(([x, y]) => x === first![0] && y.kind === "literal");
    if (isList) {
      return {
        kind: "in",
        arg: first?.[0] ?? a,
        values: compared.map(([, y]) => (y as BoundLiteral).value),
        by: first?.[2] ?? a.type,
        type: BOOLEAN,
      };
    }
    const { args: [all, ...others] } = unified([a, ...members], "IN");
    return {
      kind: "or",
      args: others.map((other) => this.#compare("=", all!, other)),
      type: BOOLEAN,
    };
  }

  #arithmetic({ op, left, right }: ArithmeticExpression): BoundExpression {
    const [a, b] = this.#pair(left, right);
    if (a.type.kind === "date" && (op === "+" || op === "-")) {
      if (isIntegral(b.type)) {
        return this.#calling(op === "+" ? "date_add" : "date_sub", [a, b]);
      }
    }
    const met = commonType(a.type, b.type);
    const common = met?.kind === "void" ? { kind: "double" } as const : met;
    if (!common || !isNumeric(common)) {
      throw unsupported(
        `${describe(a)} ${op} ${describe(b)}`,
        `there is no arithmetic of ${typeName(a.type)} and ${typeName(b.type)}`,
      );
    }
    if (common.kind === "decimal") {
      const [x, y] = [decimalOf(a), decimalOf(b)];
      const type = op === "div"
        ? { kind: "long" } as const
        : decimalResult(op, x, y);
      return {
        kind: "arithmetic",
        op,
        left: castTo(a, x),
        right: castTo(b, y),
        type,
      };
    }
    const operands: DataType = op === "/" ? { kind: "double" } : common;
    return {
      kind: "arithmetic",
      op,
      left: castTo(a, operands),
      right: castTo(b, operands),
      type: op === "div" ? { kind: "long" } : operands,
    };
  }

  #case({ branches, otherwise }: CaseExpression): BoundExpression {
    const values = [
      ...branches.map(({ then }) => then),
      otherwise ?? { kind: "literal", value: null } as const,
    ];
    const { args, type } = unified(this.#several(values), "CASE");
    return {
      kind: "case",
      branches: branches.map(({ when }, i) => ({
        when: this.condition(when),
        then: args[i]!,
      })),
      otherwise: args.at(-1)!,
      type,
    };
  }

  #call({ name: given, args }: CallExpression): BoundExpression {
    const name = functionName(given.toLowerCase());
    const [first, second, third] = args;
    const count = (wanted: number) => checkCount(name, args, wanted, wanted);
    // A case that is not in the list does not compile.
    switch (name as typeof REWRITTEN_CALLS[number]) {
      case "isnull":
        count(1);
        return this.bind({ kind: "isNull", arg: first! });
      case "isnotnull":
        count(1);
        return this.bind({ kind: "not", arg: { kind: "isNull", arg: first! } });
      case "if":
        count(3);
        return this.bind({
          kind: "case",
          branches: [{ when: first!, then: second! }],
          otherwise: third!,
        });
      case "nullif":
        count(2);
        return this.bind({
          kind: "case",
          branches: [{
            when: { kind: "compare", op: "=", left: first!, right: second! },
            then: { kind: "literal", value: null },
          }],
          otherwise: first!,
        });
      case "nvl2":
        count(3);
        return this.bind({
          kind: "case",
          branches: [{ when: { kind: "isNull", arg: first! }, then: third! }],
          otherwise: second!,
        });
      case "mod":
        count(2);
        return this.bind({
          kind: "arithmetic",
          op: "%",
          left: first!,
          right: second!,
        });
      case "now":
      case "current_timestamp":
      case "current_date":
        count(0);
        return this.#now(name);
    }
    return this.#calling(name, this.#several(args));
  }

  #calling(name: string, args: readonly BoundExpression[]): BoundExpression {
    const rule = functionNamed(name);
    checkCount(name, args, ...rule.arity);
    const typed = rule.bind(args, name);
    return { kind: "call", name, args: typed.args, type: typed.type };
  }

  #now(name: string): BoundExpression {
    const { now } = this.#options;
    if (now === undefined) {
      throw unsupported(`${name}()`, "its value differs from call to call");
    }
    const literal: BoundLiteral = {
      kind: "literal",
      value: now,
      type: { kind: "timestamp" },
    };
    return name === "current_date"
      ? castTo(literal, { kind: "date" })
      : literal;
  }

  /** Values without a type take that of the first one that has one. */
  #several(args: readonly Expression[]): readonly BoundExpression[] {
    const typed = args.map((arg) =>
      isUntyped(arg) ? undefined : this.bind(arg)
    );
    const peer = typed.find((arg) => arg && arg.type.kind !== "void")?.type;
    return args.map((arg, i) =>
      typed[i] ?? bindLiteral(arg as LiteralExpression, peer, true)
    );
  }
}

/** Two expressions in the type whose order decides between them. */
function meeting(
  a: BoundExpression,
  b: BoundExpression,
  op: string,
): [BoundExpression, BoundExpression, DataType] {
  const by = commonType(a.type, b.type);
  if (!by) {
    throw unsupported(
      `${describe(a)} ${op} ${describe(b)}`,
      `${typeName(a.type)} and ${typeName(b.type)} have no common order`,
    );
  }
  // Decimals are compared exactly, whatever their digits.
  if (by.kind === "decimal") return [toDecimal(a), toDecimal(b), by];
  const right = narrowed(a, b);
  if (right) return [a, right, a.type];
  const left = narrowed(b, a);
  if (left) return [left, b, b.type];
  return [castTo(a, by), castTo(b, by), by];
}

function toDecimal(arg: BoundExpression): BoundExpression {
  return castTo(arg, asDecimal(arg.type));
}

function checkCount(
  name: string,
  args: readonly unknown[],
  least: number,
  most: number,
): void {
  if (args.length >= least && args.length <= most) return;
  const wanted = least === most
    ? `${least}`
    : most === Infinity
    ? `${least} or more`
    : `${least} to ${most}`;
  throw unsupported(
    `${name}()`,
    `it takes ${wanted} values, and is given ${args.length}`,
  );
}

function malformed(why: string, example: string): DeltaError {
  return new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: "Cannot use the expression",
    why,
    fix: `Write it as ${example}`,
  });
}

function bindColumn(
  path: readonly string[],
  schema: StructType,
): BoundColumn {
  if (!path.every((name) => typeof name === "string")) {
    throw malformed("a name of a column is no text", 'col("id")');
  }
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

function checkOrdered(operand: BoundExpression, op: string): void {
  const { kind } = operand.type;
  if (!["struct", "array", "map", "variant"].includes(kind)) return;
  throw unsupported(
    `${describe(operand)} with ${op}`,
    `values of type ${typeName(operand.type)} are not compared`,
  );
}

function describe(operand: BoundExpression): string {
  switch (operand.kind) {
    case "column":
      return `column ${formatPath(operand.path)}`;
    case "literal":
      return "the literal";
    case "call":
      return `${operand.name}()`;
    default:
      return `the ${operand.kind}`;
  }
}
