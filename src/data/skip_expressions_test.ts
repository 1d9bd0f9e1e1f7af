import { assert, assertEquals } from "@std/assert";
import { bindPredicate } from "../expression/bind.ts";
import { compareValues, compilePredicate } from "../expression/evaluate.ts";
import { parseSql } from "../expression/parse_sql.ts";
import { DeltaError } from "../errors.ts";
import { parseSchema } from "../schema/schema_json.ts";
import { fieldAt } from "../schema/schema_path.ts";
import type { Row, Value } from "../schema/value.ts";
import { type ColumnBounds, exactly, mayMatchBounds } from "./data_skipping.ts";

const SCHEMA = parseSchema(JSON.stringify({
  type: "struct",
  fields: [
    { name: "b", type: "byte" },
    { name: "n", type: "integer" },
    { name: "l", type: "long" },
    { name: "f", type: "float" },
    { name: "m", type: "decimal(9,2)" },
    { name: "s", type: "string" },
    { name: "day", type: "date" },
    { name: "t", type: "timestamp" },
  ],
}));

function may(sql: string, bounds: Record<string, ColumnBounds>): boolean {
  const bound = bindPredicate(parseSql(sql), SCHEMA);
  return mayMatchBounds(bound, ([name]) => bounds[name!]);
}

const between = (low: Value, high: Value): ColumnBounds => ({
  low,
  high,
  nulls: "none",
});

Deno.test("mayMatchBounds() knows what LIKE asks of the start of a text", () => {
  const s = between("apple", "banana");
  const cases: [string, boolean][] = [
    ["s LIKE 'b%'", true],
    ["s LIKE 'bb%'", false],
    ["s LIKE 'aa%'", false],
    ["s LIKE 'app%'", true],
    ["s LIKE 'c_%x'", false],
    ["s LIKE '%z'", true],
    ["s NOT LIKE 'c%'", true],
    ["s NOT LIKE '%'", false],
    ["s LIKE NULL", false],
    ["s LIKE 'a\\\\x'", true],
  ];
  for (const [sql, expected] of cases) {
    assertEquals(may(sql, { s }), expected, sql);
  }
  const same = between("apple", "apricot");
  assertEquals(may("s NOT LIKE 'ap%'", { s: same }), false);
  const cut = { ...between("apple", "b"), highIsPrefix: true };
  assertEquals(may("s LIKE 'banana%'", { s: cut }), true);
  assertEquals(may("s LIKE 'c%'", { s: cut }), false);
});

Deno.test("mayMatchBounds() looks through conversions that keep the order", () => {
  const n = between(10, 20);
  for (
    const [sql, expected] of [
      ["n > 20.5", false],
      ["n > 19.5", true],
      ["n < 9000000000", true],
      ["n > 9000000000", false],
      ["n BETWEEN 20.1D AND 30", false],
      ["n IN (1.5, 25)", false],
      ["n = '15'", true],
      ["n = '25'", false],
      ["CAST(n AS BIGINT) > 20", false],
      ["CAST(n AS STRING) > 'x'", true],
      ["n + 1 > 100", true],
      ["n <=> 5", false],
      ["n <=> NULL", false],
      ["NOT (n <=> NULL)", true],
    ] as const
  ) assertEquals(may(sql, { n }), expected, sql);
});

Deno.test("mayMatchBounds() computes what partition values alone decide", () => {
  const day = exactly(19782); // 2024-02-29
  for (
    const [sql, expected] of [
      ["year(day) = 2024", true],
      ["year(day) = 2023", false],
      ["date_format(day, 'yyyy-MM') IN ('2024-03')", false],
      ["day + 1 = DATE '2024-03-01' AND l > 5", true],
      ["CASE WHEN month(day) = 2 THEN false ELSE true END", false],
      ["1 / (year(day) - 2024) > 0", true],
    ] as const
  ) assertEquals(may(sql, { day }), expected, sql);
  assertEquals(may("year(day) IS NULL", { day: exactly(null) }), true);
});

/** Random rows, and conditions of every kind over them. */
function generator(seed: number): (n: number) => number {
  let state = seed;
  return (n) => (state = (state * 1103515245 + 12345) % 2 ** 31) % n;
}

Deno.test("mayMatchBounds() never says no where a row says yes", () => {
  const next = generator(17);
  const pick = <T>(list: readonly T[]): T => list[next(list.length)]!;
  const texts = ["", "a", "ab", "abc", "b", "b_", "ü", "\u{1f600}"];
  const VALUES: Readonly<Record<string, () => Value>> = {
    b: () => pick([-128, -1, 0, 3, 127]),
    n: () => next(9) - 4,
    l: () => pick([-1n, 0n, 3n, 2n ** 53n + 1n]),
    f: () => pick([-1.5, 0, -0, Math.fround(0.1), 3, NaN]),
    m: () => ({ unscaled: BigInt(next(900) - 450), scale: 2 }),
    s: () => pick(texts),
    day: () => 19782 + next(3) - 1,
    t: () => BigInt(next(5) - 2) * 43_200_000_000n + 19782n * 86_400_000_000n,
  };
  const operand = (): string =>
    pick([
      "b",
      "n",
      "l",
      "f",
      "m",
      "0",
      "3",
      "0.1",
      "-1.5D",
      "2.50",
      "9007199254740993",
      "NULL",
      "CAST(n AS DOUBLE)",
      "CAST(b AS DECIMAL(5,2))",
      "n + 1",
      "abs(m)",
    ]);
  const atom = (): string =>
    pick([
      () =>
        `${operand()} ${
          pick(["=", "!=", "<", "<=", ">", ">=", "<=>"])
        } ${operand()}`,
      () => `${operand()} IN (${operand()}, ${operand()})`,
      () => `${operand()} BETWEEN ${operand()} AND ${operand()}`,
      () => `${operand()} IS NULL`,
      () =>
        `s LIKE '${pick(["a%", "ab%", "_b%", "%", "b\\\\_%", "ü%", "", "a"])}'`,
      () => `s ${pick(["<", ">=", "="])} '${pick(texts)}'`,
      () => `s || 'x' > 'b'`,
      () =>
        `day ${pick(["<", "=", ">"])} ${
          pick(["'2024-02-29'", "TIMESTAMP '2024-02-29 12:00:00'", "t"])
        }`,
      () => `day(day) = 29`,
    ])();
  const condition = (depth: number): string => {
    if (depth === 0) return atom();
    switch (next(4)) {
      case 0:
        return `(${condition(depth - 1)} AND ${condition(depth - 1)})`;
      case 1:
        return `(${condition(depth - 1)} OR ${condition(depth - 1)})`;
      case 2:
        return `(NOT ${condition(depth - 1)})`;
      default:
        return atom();
    }
  };
  let skipped = 0, kept = 0;
  for (let i = 0; i < 6000; i++) {
    const nulls = next(4);
    const isOne = next(6) === 0;
    const rows: Row[] = Array.from(
      { length: 1 + next(3) },
      () =>
        Object.fromEntries(
          Object.entries(VALUES).map(([name, value]) =>
            [name, next(4) < nulls - 1 ? null : value()] as const
          ),
        ),
    );
    if (isOne) rows.length = 1;
    const sql = condition(2);
    const bound = bindPredicate(parseSql(sql), SCHEMA);
    const read = compilePredicate(
      bound,
      ([name]) => (row) => rows[row]![name!]!,
    );
    let holds = false;
    try {
      holds = rows.some((_, row) => read(row) === true);
    } catch (cause) {
      if (!(cause instanceof DeltaError)) throw cause;
    }
    const answer = mayMatchBounds(
      bound,
      ([name]) => boundsOf(rows.map((row) => row[name!]!), name!, isOne),
    );
    assert(answer || !holds, `${sql} ${JSON.stringify(rows, text)}`);
    if (answer) kept++;
    else skipped++;
  }
  assert(skipped > 500 && kept > 500, `${skipped} skipped, ${kept} kept`);
});

function text(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}` : value;
}

function boundsOf(
  values: readonly Value[],
  name: string,
  isOne: boolean,
): ColumnBounds {
  const { type } = fieldAt(SCHEMA, [name])!;
  if (isOne && type.kind !== "float") return exactly(values[0]!);
  const known = values.filter((v) => v !== null && !Number.isNaN(v))
    .toSorted((a, b) => compareValues(a, b, type));
  const nulls = values.filter((value) => value === null).length;
  return {
    low: known[0],
    high: known.at(-1),
    mayHoldNaN: type.kind === "float",
    nulls: nulls === 0 ? "none" : nulls === values.length ? "all" : "some",
  };
}
