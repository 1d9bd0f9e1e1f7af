import { assert, assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { parseSchema } from "../schema/schema_json.ts";
import { bindExpression } from "./bind.ts";
import { evaluateConstant } from "./evaluate.ts";
import { formatSql } from "./format_sql.ts";
import { parseSql } from "./parse_sql.ts";
import { col } from "./predicate.ts";
import { hexLiteral, numberLiteral } from "./sql_literal.ts";

const NOTHING = parseSchema('{"type":"struct","fields":[]}');

function valueOf(sql: string): unknown {
  return evaluateConstant(bindExpression(parseSql(sql), NOTHING));
}

Deno.test("parseSql() binds operators as Spark does", () => {
  const cases: [string, string][] = [
    ["a OR b AND NOT c", "(a OR (b AND (NOT c)))"],
    ["a = 1 AND b IS NOT NULL", "((a = 1) AND (b IS NOT NULL))"],
    ["NOT a = b", "(NOT (a = b))"],
    ["a + b * -c - 2", "((a + (b * negative(c))) - 2)"],
    ["a || b || 'x' = c", "(concat(concat(a, b), 'x') = c)"],
    ["a = b IS NULL", "((a = b) IS NULL)"],
    ["a BETWEEN 1 AND 2 OR b", "(((a >= 1) AND (a <= 2)) OR b)"],
    ["a NOT IN (1, b, NULL)", "(NOT (a IN (1, b, NULL)))"],
    ["a NOT LIKE 'x!%' ESCAPE '!'", "(NOT (a LIKE 'x!%' ESCAPE '!'))"],
    ["a <> b == c", "((a != b) = c)"],
    ["a <=> b", "(a <=> b)"],
    ["a IS DISTINCT FROM b", "(NOT (a <=> b))"],
    ["(a div 2) % 3 / 4", "(((a DIV 2) % 3) / 4)"],
    ["`a b`.`c``d`.e", "`a b`.`c``d`.e"],
    ["CAST(x AS DECIMAL(9, 2))", "CAST(x AS DECIMAL(9,2))"],
    ["x::bigint", "CAST(x AS BIGINT)"],
    ["try_cast(x as int)", "TRY_CAST(x AS INT)"],
    [
      "CASE WHEN a THEN 1 WHEN b THEN 2 ELSE 3 END",
      "CASE WHEN a THEN 1 WHEN b THEN 2 ELSE 3 END",
    ],
    ["CASE a WHEN 1 THEN 'x' END", "CASE WHEN (a = 1) THEN 'x' END"],
    ["if(a, 1, 2)", "CASE WHEN a THEN 1 ELSE 2 END"],
    ["EXTRACT(YEAR FROM d)", "year(d)"],
    ["substring(s FROM 1 FOR 2)", "substring(s, 1, 2)"],
    ["date > DATE '2024-02-29'", "(date > DATE '2024-02-29')"],
    ["year(date) = 2024", "(year(date) = 2024)"],
    ["int > 0 -- so it is", "(int > 0)"],
    ["a /* or b */ = X'0aFF'", "(a = X'0AFF')"],
    ["!a", "(NOT a)"],
    ["a IS TRUE", "(a <=> TRUE)"],
  ];
  for (const [sql, formatted] of cases) {
    assertEquals(formatSql(parseSql(sql)), formatted, sql);
    // And what was written is read back as the same.
    assertEquals(formatSql(parseSql(formatted)), formatted, formatted);
  }
});

Deno.test("parseSql() reads literals as Spark does", () => {
  const cases: [string, unknown][] = [
    ["5", 5],
    ["-2147483648", -2147483648],
    ["2147483648", 2147483648n],
    ["-9223372036854775808", -(2n ** 63n)],
    ["9223372036854775808", { unscaled: 2n ** 63n, scale: 0 }],
    ["5L", 5n],
    ["7S", 7],
    ["1.50", { unscaled: 150n, scale: 2 }],
    ["1.5D", 1.5],
    ["0.1F", Math.fround(0.1)],
    ["1e3", 1000],
    ["1.5BD", { unscaled: 15n, scale: 1 }],
    [".5", { unscaled: 5n, scale: 1 }],
    ["'it''s'", "it's"],
    ['"say ""x"""', 'say "x"'],
    ["'a\\nb\\\\c\\'d'", "a\nb\\c'd"],
    ["'\\u00e9\\x'", "éx"],
    ["'\\%\\_'", "\\%\\_"],
    ["r'a\\nb'", "a\\nb"],
    ["'a' 'b'", "ab"],
    ["X'0'", Uint8Array.of(0)],
    ["NULL", null],
    ["TRUE", true],
    ["DATE '1970-01-02'", 1],
    ["TIMESTAMP '1970-01-01 00:00:01'", 1_000_000n],
    ["TIMESTAMP '1970-01-01T01:00:00+01:00'", 0n],
    ["TIMESTAMP_NTZ '1970-01-01 00:00:00.5'", 500_000n],
  ];
  for (const [sql, value] of cases) assertEquals(valueOf(sql), value, sql);
});

Deno.test("parseSql() refuses what it does not read, and says where", () => {
  const cases: [string, string][] = [
    ["", "character 1"],
    ["a >", "it ends at character 4"],
    ["a = 'x", "character 5"],
    ["a b", '"b" is not expected at character 3'],
    ["(a", "it ends where ) should stand"],
    ["a = INTERVAL 1 DAY", "INTERVAL"],
    ["a[0] = 1", '"["'],
    ["CAST(a AS ARRAY<INT>)", "ARRAY"],
    ["CAST(a AS DECIMAL(40, 2))", "DECIMAL"],
    ["a IN (SELECT 1)", '"1" is not expected'],
    ["a RLIKE 'x'", "RLIKE"],
    ["DATE 'tomorrow'", "tomorrow"],
    ["transform(a, x -> x)", '"->"'],
    ["5000000000S", "5000000000"],
    ["a & 1", '"&"'],
    ["x LIKE 'a' ESCAPE 'bc'", "ESCAPE"],
    ["(".repeat(1000), "deep"],
  ];
  for (const [sql, wanted] of cases) {
    const error = assertThrows(() => parseSql(sql), DeltaError, wanted);
    assertEquals(error.code, "DELTA_UNSUPPORTED_EXPRESSION");
  }
});

Deno.test("parseSql() gives what the builders give", () => {
  assertEquals(
    formatSql(parseSql("a.b > 1 and s like 'x%' and n + 1 = 2")),
    formatSql(
      parseSql(
        formatSql({
          kind: "and",
          args: [
            col("a", "b").gt(1),
            col("s").like("x%"),
            col("n").plus(1).eq(2),
          ],
        }),
      ),
    ),
  );
});

Deno.test("formatSql() writes values of any kind so that they are read back", () => {
  const schema = parseSchema(JSON.stringify({
    type: "struct",
    fields: [
      "byte",
      "short",
      "integer",
      "long",
      "float",
      "double",
      "decimal(9,2)",
      "string",
      "binary",
      "date",
      "timestamp",
      "timestamp_ntz",
      "boolean",
    ].map((type) => ({ name: type.replace(/\W.*/, ""), type })),
  }));
  const values: [string, unknown][] = [
    ["byte", -5],
    ["short", 300],
    ["integer", -(2 ** 31)],
    ["long", -(2n ** 63n)],
    ["float", 0.1],
    ["float", NaN],
    ["double", 1e300],
    ["double", -Infinity],
    ["decimal", "-0.05"],
    ["string", 'it\'s \\ \0 "quoted" \u{1f600}\n%_'],
    ["binary", Uint8Array.of(0, 255)],
    ["date", "2024-02-29"],
    ["timestamp", "2024-02-29T12:00:00.000001Z"],
    ["timestamp_ntz", "2024-02-29T12:00:00.000001"],
    ["boolean", false],
  ];
  for (const [name, value] of values) {
    const bound = bindExpression(col(name).eq(value), schema);
    const again = bindExpression(parseSql(formatSql(bound)), schema);
    assert(again.kind === "compare" && bound.kind === "compare");
    assert(again.right.kind === "literal" && bound.right.kind === "literal");
    assertEquals(again.right.value, bound.right.value, formatSql(bound));
    assertEquals(again.right.type.kind, bound.right.type.kind);
  }
});

Deno.test("numberLiteral() and hexLiteral() refuse what is no value", () => {
  for (
    const read of [
      () => numberLiteral("128Y"),
      () => numberLiteral("1.5L"),
      () => hexLiteral("0g"),
    ]
  ) assertThrows(read, DeltaError);
});

Deno.test("parseSql() reads back any expression that formatSql() writes", () => {
  let state = 11;
  const next = (n: number) =>
    (state = (state * 1103515245 + 12345) % 2 ** 31) % n;
  const pick = <T>(list: readonly T[]): T => list[next(list.length)]!;
  const literals = [
    "5",
    "-5L",
    "1.50BD",
    "-2.5D",
    "'it\\'s'",
    "NULL",
    "TRUE",
    "DATE '2024-02-29'",
    "X'00FF'",
  ];
  const random = (depth: number): string => {
    const inner = () => random(depth - 1);
    if (depth === 0) {
      return pick([...literals, "a", "`b c`.d", "x", "date", "`and`"]);
    }
    switch (next(9)) {
      case 0:
        return `(${inner()} ${
          pick(["+", "-", "*", "/", "%", "DIV"])
        } ${inner()})`;
      case 1:
        return `(${inner()} ${pick(["=", "!=", "<", ">=", "<=>"])} ${inner()})`;
      case 2:
        return `(${inner()} ${pick(["AND", "OR"])} ${pick(literals)})`;
      case 3:
        return `(NOT (${inner()} < ${inner()}))`;
      case 4:
        return `(${inner()} IS ${pick(["", "NOT "])}NULL)`;
      case 5:
        return `(${inner()} IN (${inner()}, ${pick(literals)}))`;
      case 6:
        return `CASE WHEN ${inner()} THEN ${inner()} ELSE ${inner()} END`;
      case 7:
        return `CAST(${inner()} AS ${
          pick(["BIGINT", "DECIMAL(9,2)", "DATE"])
        })`;
      default:
        return `(f(${inner()}, ${inner()}) LIKE 'a\\\\_%')`;
    }
  };
  for (let i = 0; i < 3000; i++) {
    const written = formatSql(parseSql(random(3)));
    assertEquals(formatSql(parseSql(written)), written);
  }
});
