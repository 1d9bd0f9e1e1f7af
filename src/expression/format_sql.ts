/**
 * Expressions as SQL text, in Spark's dialect: for constraints made with
 * builders, and for what a commit says about its condition.
 *
 * @module
 */

import { isDecimal } from "../schema/coerce_scalar.ts";
import type { DataType } from "../schema/data_type.ts";
import { formatDecimal } from "../schema/decimal.ts";
import { formatDate, formatTimestamp } from "../schema/time.ts";
import type { Decimal, Value } from "../schema/value.ts";
import type { BoundExpression } from "./bound.ts";
import { unsupported } from "./expression_error.ts";
import { type Expression, isExpression } from "./expression_tree.ts";
import { sqlTypeName } from "./sql_type.ts";

type Any = Expression | BoundExpression;

/**
 * Writes an expression as SQL that `parseSql` reads back.
 *
 * Bind it first where values take their types from columns: a number beside a
 * date column is then written as the date it means.
 *
 * @throws {DeltaError} `DELTA_UNSUPPORTED_EXPRESSION` for a value that SQL text has no form for.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const expression = { kind: "isNull", arg: { kind: "column", path: ["a b"] } } as const;
 * assert.equal(formatSql(expression), "(`a b` IS NULL)");
 * ```
 */
export function formatSql(expression: Any): string {
  switch (expression.kind) {
    case "column":
      return expression.path.map(identifier).join(".");
    case "literal":
      return expression.type
        ? typedLiteral(expression.value as Value, expression.type)
        : literal(expression.value);
    case "compare":
    case "arithmetic": {
      const { op, left, right } = expression;
      return `(${formatSql(left)} ${op.toUpperCase()} ${formatSql(right)})`;
    }
    case "and":
    case "or": {
      const { kind, args } = expression;
      if (args.length === 0) return kind === "and" ? "TRUE" : "FALSE";
      return `(${args.map(formatSql).join(` ${kind.toUpperCase()} `)})`;
    }
    case "not":
      return expression.arg.kind === "isNull"
        ? `(${formatSql(expression.arg.arg)} IS NOT NULL)`
        : `(NOT ${formatSql(expression.arg)})`;
    case "isNull":
      return `(${formatSql(expression.arg)} IS NULL)`;
    case "in": {
      const by = "by" in expression ? expression.by : undefined;
      const { arg, values } = expression;
      if (values.length === 0) return "FALSE";
      const list = (values as readonly unknown[]).map((value) =>
        isExpression(value)
          ? formatSql(value)
          : by
          ? typedLiteral(value as Value, by)
          : literal(value)
      );
      return `(${formatSql(arg)} IN (${list.join(", ")}))`;
    }
    case "call":
      return `${expression.name}(${expression.args.map(formatSql).join(", ")})`;
    case "cast":
      return `${expression.safe ? "TRY_CAST" : "CAST"}(${
        formatSql(expression.arg)
      } AS ${sqlTypeName(expression.type)})`;
    case "like": {
      const { arg, pattern, escape = "\\" } = expression;
      const tail = escape === "\\" ? "" : ` ESCAPE ${text(escape)}`;
      return `(${formatSql(arg)} LIKE ${formatSql(pattern)}${tail})`;
    }
    case "case": {
      const branches = expression.branches.map(({ when, then }) =>
        ` WHEN ${formatSql(when)} THEN ${formatSql(then)}`
      );
      const otherwise = expression.otherwise
        ? ` ELSE ${formatSql(expression.otherwise)}`
        : "";
      return `CASE${branches.join("")}${otherwise} END`;
    }
  }
}

/** Words that mean something by themselves, so that a column of that name is quoted. */
const KEYWORDS: ReadonlySet<string> = new Set(
  ("AND BETWEEN CASE CURRENT_DATE CURRENT_TIMESTAMP DIV ELSE END ESCAPE FALSE FOR FROM " +
    "ILIKE IN INTERVAL IS LIKE NOT NULL OR THEN TRUE WHEN").split(" "),
);

function identifier(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) && !KEYWORDS.has(name.toUpperCase())
    ? name
    : `\`${name.replaceAll("`", "``")}\``;
}

function text(value: string): string {
  const escaped = value.replaceAll(
    /[\\'\0]/g,
    (found) => found === "\0" ? "\\u0000" : `\\${found}`,
  );
  return `'${escaped}'`;
}

/** A value without a type, as SQL would give it the type that it has by itself. */
function literal(value: unknown): string {
  if (value === null || value === undefined) return "NULL";
  switch (typeof value) {
    case "boolean":
      return value ? "TRUE" : "FALSE";
    case "string":
      return text(value);
    case "bigint":
      return String(value);
    case "number":
      return Number.isSafeInteger(value) && !Object.is(value, -0)
        ? String(value)
        : double(value, "DOUBLE");
  }
  if (value instanceof Uint8Array) return bytes(value);
  if (value instanceof Date) {
    return timestamp(BigInt(value.getTime()) * 1000n);
  }
  if (isDecimal(value)) return `${formatDecimal(value)}BD`;
  throw unsupported("a literal", "SQL text has no form for it");
}

function typedLiteral(value: Value, type: DataType): string {
  if (value === null) {
    return type.kind === "void" ? "NULL" : `CAST(NULL AS ${sqlTypeName(type)})`;
  }
  switch (type.kind) {
    case "byte":
      return `${value}Y`;
    case "short":
      return `${value}S`;
    case "integer":
      return `${value}`;
    case "long":
      return `${value}L`;
    case "float":
      return double(value as number, "FLOAT");
    case "double":
      return double(value as number, "DOUBLE");
    case "decimal":
      return `${formatDecimal(value as Decimal)}BD`;
    case "date":
      return `DATE '${formatDate(value as number)}'`;
    case "timestamp":
      return timestamp(value as bigint);
    case "timestamp_ntz":
      return `TIMESTAMP_NTZ '${formatTimestamp(value as bigint, "none")}'`;
    default:
      return literal(value);
  }
}

function double(value: number, type: "FLOAT" | "DOUBLE"): string {
  return Number.isFinite(value)
    ? `${Object.is(value, -0) ? "-0" : value}${type[0]}`
    : `CAST('${value}' AS ${type})`;
}

function timestamp(micros: bigint): string {
  return `TIMESTAMP '${formatTimestamp(micros)}'`;
}

function bytes(value: Uint8Array): string {
  const digits = Array.from(
    value,
    (byte) => byte.toString(16).padStart(2, "0"),
  );
  return `X'${digits.join("").toUpperCase()}'`;
}
