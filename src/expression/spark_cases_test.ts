import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { DeltaError } from "../errors.ts";
import type { DataType, StructType } from "../schema/data_type.ts";
import { typeName } from "../schema/data_type.ts";
import type { StructValue, Value } from "../schema/value.ts";
import { bindExpression } from "./bind.ts";
import { textOf } from "./cast_text.ts";
import { compileExpression, evaluateConstant } from "./evaluate.ts";
import { parseSql } from "./parse_sql.ts";
import { typeNamed } from "./sql_type.ts";

interface Head {
  readonly columns: readonly { name: string; type: string }[];
  readonly rows: readonly (readonly string[])[];
}

interface Case {
  readonly sql: string;
  readonly type: string;
  readonly values: readonly (string | boolean | null | { error: true })[];
}

const file = new URL(
  "../../conformance/golden/expressions/cases.jsonl",
  import.meta.url,
);
const lines = readFileSync(file, "utf8").trim().split("\n");
const spark = JSON.parse(lines[0]!) as Head;
const cases = lines.slice(1).map((line) => JSON.parse(line) as Case);

/** What is known to be said otherwise, and why. */
const DIFFERENT: Readonly<Record<string, string>> = {
  "(i, 1) IS NULL": "a struct made on the way is refused",
  "s RLIKE 'l+'": "regular expressions of Java are refused",
  "i & 1": "operations on bits are refused",
  "date_format(ts, 'yy')": "the pattern is refused",
  "date_format(ts, 'MMM')": "the pattern is refused",
  "CAST(123456789.123F AS STRING)":
    "Java before 19 writes a digit more than the number needs",
};

const PAIR: StructType = {
  kind: "struct",
  fields: [
    { name: "n", type: { kind: "integer" }, nullable: true, metadata: {} },
    { name: "s", type: { kind: "string" }, nullable: true, metadata: {} },
  ],
};

const NOTHING: StructType = { kind: "struct", fields: [] };

const schema: StructType = {
  kind: "struct",
  fields: spark.columns.map(({ name, type }) => {
    const [, word, digits] = /^(\w+)(?:\(([\d,]+)\))?/.exec(type)!;
    const parameters = digits?.split(",").map(Number) ?? [];
    const known = word === "STRUCT" ? PAIR : typeNamed(word!, parameters)!;
    return { name, type: known, nullable: true, metadata: {} };
  }),
};

function constant(sql: string): Value {
  return evaluateConstant(bindExpression(parseSql(sql), NOTHING));
}

const rows = spark.rows.map((row) =>
  row.map((sql, i): Value => {
    if (sql === "NULL") return null;
    const pair = /^named_struct\('n', (.*), 's', (.*)\)$/.exec(sql);
    if (!pair) return constant(`CAST(${sql} AS ${spark.columns[i]!.type})`);
    return { n: constant(pair[1]!), s: constant(pair[2]!) };
  })
);

/** A value as make.py writes it. */
function canonical(value: Value, type: DataType): string | boolean | null {
  if (value === null || typeof value === "boolean") return value;
  switch (type.kind) {
    case "binary":
      return Array.from(
        value as Uint8Array,
        (byte) => byte.toString(16).padStart(2, "0"),
      ).join("");
    case "float":
    case "double":
      return String(value);
    default:
      return textOf(value, type);
  }
}

function evaluated(sql: string): { type: string; values: unknown[] } {
  const bound = bindExpression(parseSql(sql), schema);
  const column = (path: readonly string[]) => {
    const at = schema.fields.findIndex((field) => field.name === path[0]);
    return (row: number) => {
      const value = rows[row]![at]!;
      return path.length === 1 || value === null
        ? value
        : (value as StructValue)[path[1]!]!;
    };
  };
  const values = rows.map((_, row) => {
    try {
      return canonical(compileExpression(bound, column)(row), bound.type);
    } catch (cause) {
      if (
        cause instanceof DeltaError && cause.code === "DELTA_EXPRESSION_FAILED"
      ) return { error: true };
      throw cause;
    }
  });
  return { type: typeName(bound.type), values };
}

const SPARK_NAMES: Readonly<Record<string, string>> = {
  byte: "tinyint",
  short: "smallint",
  integer: "int",
  long: "bigint",
};

/** Spark's value beside ours: numbers by what they are, not by how they are written. */
function comparable(value: unknown, type: string): unknown {
  if (type.startsWith("decimal") && typeof value === "string") {
    return value.includes(".") ? value.replace(/\.?0+$/, "") : value;
  }
  const isNumber = type === "double" || type === "float";
  if (!isNumber || typeof value !== "string") return value;
  const number = Number(value);
  return String(type === "float" ? Math.fround(number) : number);
}

Deno.test("what is said to differ from Spark does", () => {
  const known = new Map(cases.map((c) => [c.sql, c]));
  for (const sql of Object.keys(DIFFERENT)) {
    let ours: unknown;
    try {
      ours = evaluated(sql).values;
    } catch (cause) {
      assert(cause instanceof DeltaError, String(cause));
      assertEquals(cause.code, "DELTA_UNSUPPORTED_EXPRESSION");
    }
    assertNotEquals(ours, known.get(sql)!.values, sql);
  }
});

for (const { sql, type, values } of cases) {
  if (sql in DIFFERENT) continue;
  Deno.test(`an expression says what Spark says: ${sql}`, () => {
    const ours = evaluated(sql);
    assertEquals(
      ours.values.map((value) => comparable(value, type)),
      values.map((value) => comparable(value, type)),
    );
    assertEquals(SPARK_NAMES[ours.type] ?? ours.type, type);
  });
}
