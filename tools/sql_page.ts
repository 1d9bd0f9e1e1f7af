/**
 * `docs/sql.md`: the SQL that expressions may be written in, its functions from
 * the table that the parser's calls are looked up in, each with an example that
 * the engine works out while the page is made.
 *
 * @module
 */

import { bindExpression, REWRITTEN_CALLS } from "../src/expression/bind.ts";
import { CHOICE_FUNCTIONS } from "../src/expression/choice_functions.ts";
import { evaluateConstant } from "../src/expression/evaluate.ts";
import { formatSql } from "../src/expression/format_sql.ts";
import {
  FUNCTION_NAMES,
  functionName,
  functionNamed,
} from "../src/expression/functions.ts";
import { NUMBER_FUNCTIONS } from "../src/expression/number_functions.ts";
import { parseSql } from "../src/expression/parse_sql.ts";
import { TEXT_FUNCTIONS } from "../src/expression/text_functions.ts";
import { TIME_FUNCTIONS } from "../src/expression/time_functions.ts";
import { parseTimestamp } from "../src/schema/time.ts";

/** The time that examples take for now. */
const NOW = parseTimestamp("2024-02-29 12:30:45.5", "utc");

/** A call of each function, by its one name. */
const EXAMPLES: Readonly<Record<string, string>> = {
  abs: "abs(-1.5)",
  add_months: "add_months(DATE '2024-01-31', 1)",
  ceil: "ceil(1.2)",
  coalesce: "coalesce(NULL, 2, 3)",
  concat: "concat('a', 'b', 'c')",
  concat_ws: "concat_ws('-', 'a', NULL, 'b')",
  contains: "contains('Delta', 'lt')",
  current_date: "current_date()",
  current_timestamp: "current_timestamp()",
  date_add: "date_add(DATE '2024-02-28', 2)",
  date_format:
    "date_format(TIMESTAMP '2024-02-29 12:30:00', 'yyyy-MM-dd HH:mm')",
  date_sub: "date_sub(DATE '2024-03-01', 1)",
  date_trunc: "date_trunc('MONTH', TIMESTAMP '2024-02-29 12:30:00')",
  datediff: "datediff(DATE '2024-03-01', DATE '2024-02-01')",
  day: "day(DATE '2024-02-29')",
  dayofweek: "dayofweek(DATE '2024-02-29')",
  dayofyear: "dayofyear(DATE '2024-02-29')",
  endswith: "endswith('Delta', 'ta')",
  floor: "floor(-1.2)",
  greatest: "greatest(1, NULL, 3)",
  hour: "hour(TIMESTAMP '2024-02-29 12:30:45')",
  if: "if(1 < 2, 'yes', 'no')",
  instr: "instr('Delta', 'lt')",
  isnan: "isnan(CAST('NaN' AS DOUBLE))",
  isnotnull: "isnotnull(1)",
  isnull: "isnull(NULL)",
  last_day: "last_day(DATE '2024-02-01')",
  least: "least(1, NULL, 3)",
  left: "left('Delta', 2)",
  length: "length('Delta')",
  lower: "lower('Delta')",
  lpad: "lpad('7', 3, '0')",
  ltrim: "ltrim('  a ')",
  minute: "minute(TIMESTAMP '2024-02-29 12:30:45')",
  mod: "mod(-7, 3)",
  month: "month(DATE '2024-02-29')",
  negative: "negative(3)",
  now: "now()",
  nullif: "nullif(1, 1)",
  nvl2: "nvl2(NULL, 'there', 'not there')",
  octet_length: "octet_length('é')",
  positive: "positive(3)",
  power: "power(2, 10)",
  quarter: "quarter(DATE '2024-02-29')",
  repeat: "repeat('ab', 3)",
  replace: "replace('Delta', 'l', 'L')",
  reverse: "reverse('Delta')",
  right: "right('Delta', 2)",
  round: "round(2.345, 2)",
  rpad: "rpad('7', 3, '0')",
  rtrim: "rtrim(' a  ')",
  second: "second(TIMESTAMP '2024-02-29 12:30:45')",
  sign: "sign(-2.5)",
  sqrt: "sqrt(2)",
  startswith: "startswith('Delta', 'De')",
  substring: "substring('Delta', 2, 3)",
  to_date: "to_date('2024-02-29')",
  to_timestamp: "to_timestamp('2024-02-29 12:30:00')",
  trim: "trim('  a ')",
  trunc: "trunc(DATE '2024-02-29', 'YEAR')",
  unix_date: "unix_date(DATE '1970-01-02')",
  unix_micros: "unix_micros(TIMESTAMP '1970-01-01 00:00:01')",
  upper: "upper('Delta')",
  weekday: "weekday(DATE '2024-02-29')",
  weekofyear: "weekofyear(DATE '2024-02-29')",
  year: "year(DATE '2024-02-29')",
};

/** What an expression without columns is worth, as SQL. */
export function worth(sql: string): string {
  const none = { kind: "struct", fields: [] } as const;
  const bound = bindExpression(parseSql(sql), none, { now: NOW });
  const value = evaluateConstant(bound);
  if (value === null) return "NULL";
  return formatSql({ kind: "literal", value, type: bound.type });
}

/** A row of the table of functions. */
function row(name: string, examples: Readonly<Record<string, string>>): string {
  const example = examples[name];
  if (example === undefined) {
    throw new Error(`tools/sql_page.ts has no example of ${name}()`);
  }
  const others = FUNCTION_NAMES
    .filter((other) => other !== name && functionName(other) === name)
    .map((other) => `\`${other}\``);
  return `| \`${name}\` | ${countOf(name)} | ${others.join(", ")} | \`${
    example.replaceAll("|", "\\|")
  }\` | \`${worth(example)}\` |`;
}

const REWRITTEN_COUNTS: Readonly<
  Record<typeof REWRITTEN_CALLS[number], string>
> = {
  current_date: "0",
  current_timestamp: "0",
  if: "3",
  isnotnull: "1",
  isnull: "1",
  mod: "2",
  now: "0",
  nullif: "2",
  nvl2: "3",
};

function countOf(name: string): string {
  if (name in REWRITTEN_COUNTS) {
    return REWRITTEN_COUNTS[name as keyof typeof REWRITTEN_COUNTS];
  }
  const [least, most] = functionNamed(name).arity;
  return least === most
    ? `${least}`
    : most === Infinity
    ? `${least} or more`
    : `${least} or ${most}`;
}

/** The table of some functions. */
export function functionTable(
  names: readonly string[],
  examples: Readonly<Record<string, string>> = EXAMPLES,
): string {
  return [
    "| function | values | also | such as | is |",
    "| --- | --- | --- | --- | --- |",
    ...[...names].sort().map((name) => row(name, examples)),
  ].join("\n");
}

/** The page. */
export function sqlPage(): string {
  const always = REWRITTEN_CALLS.filter((name) => !/now|current_/.test(name));
  const clock = REWRITTEN_CALLS.filter((name) => /now|current_/.test(name));
  return `<!-- deno-fmt-ignore-file -->

# SQL

Conditions, new values, CHECK constraints, generated columns and defaults may be
written as expressions of SQL, in Spark's dialect and with its meaning in ANSI
mode: an overflow, a division by zero or a text that is no number is an error of
the row that comes to it. Times without a zone are UTC. There are no statements.
What is not on this page is refused by name, with \`DELTA_UNSUPPORTED_EXPRESSION\`.

This page is made from the source by \`deno task docs\`; the values are what the
engine worked out.

## Operators

From the loosest to the tightest; capitals make no difference.

| operator | meaning |
| --- | --- |
| \`OR\` | |
| \`AND\` | |
| \`NOT\`, \`!\` | |
| \`IS [NOT] NULL\`, \`IS [NOT] TRUE\`, \`IS [NOT] FALSE\`, \`IS [NOT] UNKNOWN\`, \`IS [NOT] DISTINCT FROM\`, \`[NOT] IN (…)\`, \`[NOT] BETWEEN … AND …\`, \`[NOT] LIKE … [ESCAPE '…']\`, \`[NOT] ILIKE …\` | tests |
| \`=\`, \`==\`, \`!=\`, \`<>\`, \`<\`, \`<=\`, \`>\`, \`>=\`, \`<=>\` | comparisons; the last one takes two nulls for equal |
| \`+\`, \`-\`, \`\\|\\|\` | sums; texts put together |
| \`*\`, \`/\`, \`%\`, \`DIV\` | products |
| \`-x\`, \`+x\` | signs |
| \`x::type\` | a cast |

\`CASE [x] WHEN … THEN … [ELSE …] END\`, \`CAST(x AS type)\`, \`TRY_CAST(x AS type)\`
and \`EXTRACT(part FROM x)\` are known too; a part is the name of a function of
one time, such as \`YEAR\`.

## Columns, values and types

| what | such as |
| --- | --- |
| columns | \`id\`, \`place.zip\`, \`\` \`home city\`.zip \`\` |
| texts | \`'it''s'\`, \`"text"\` |
| numbers | \`1\`, \`1.5\` (a decimal), \`1e3\` (a double), \`5L\`, \`5S\`, \`5Y\`, \`1.5BD\`, \`1.5D\`, \`1.5F\` |
| bytes | \`X'00FF'\` |
| times | \`DATE '2024-02-29'\`, \`TIMESTAMP '2024-02-29 12:30:00'\`, \`TIMESTAMP_NTZ '…'\` |
| others | \`TRUE\`, \`FALSE\`, \`NULL\` |
| types of a cast | \`BOOLEAN\`, \`TINYINT\`, \`SMALLINT\`, \`INT\`, \`BIGINT\`, \`FLOAT\`, \`DOUBLE\`, \`DECIMAL(p,s)\`, \`STRING\`, \`BINARY\`, \`DATE\`, \`TIMESTAMP\`, \`TIMESTAMP_NTZ\` |

## Functions

Null where an argument is null, unless the function is about nulls.

### Choices

${functionTable([...Object.keys(CHOICE_FUNCTIONS), ...always])}

### Numbers

${functionTable(Object.keys(NUMBER_FUNCTIONS))}

### Texts

${functionTable(Object.keys(TEXT_FUNCTIONS))}

### Dates and times

${functionTable(Object.keys(TIME_FUNCTIONS))}

### The clock

In defaults and new values alone, where it is the time of the write; a condition or
a constraint that looked at the clock would mean something else every time.

${functionTable(clock)}
`;
}
