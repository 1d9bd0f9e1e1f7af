import { assert, assertEquals, assertThrows } from "@std/assert";
import { REWRITTEN_CALLS } from "../src/expression/bind.ts";
import { FUNCTION_NAMES } from "../src/expression/functions.ts";
import { parseSql } from "../src/expression/parse_sql.ts";
import { functionTable, sqlPage, worth } from "./sql_page.ts";

Deno.test("docs/sql.md is current: run `deno task docs` where not", async () => {
  const path = new URL("../docs/sql.md", import.meta.url);
  assertEquals(await Deno.readTextFile(path), sqlPage());
});

Deno.test("sqlPage() names every function that the engine knows", () => {
  const page = sqlPage();
  for (const name of [...FUNCTION_NAMES, ...REWRITTEN_CALLS]) {
    assert(page.includes(`\`${name}\``), name);
  }
});

Deno.test("sqlPage() shows operators, values and types that are read", () => {
  const page = sqlPage();
  const cases: readonly (readonly [string, string])[] = [
    ["`<=>`", "NULL <=> NULL"],
    ["`DIV`", "7 DIV 2"],
    ["ILIKE", "'A' NOT ILIKE 'a'"],
    ["DISTINCT FROM", "1 IS NOT DISTINCT FROM 1"],
    ["`5L`", "5L"],
    ["`5S`", "5S"],
    ["`5Y`", "5Y"],
    ["`1.5BD`", "1.5BD"],
    ["`1.5D`", "1.5D"],
    ["`1.5F`", "1.5F"],
    ['`"text"`', '"text"'],
    ["`'it''s'`", "'it''s'"],
    ["`X'00FF'`", "X'00FF'"],
    ["`x::type`", "'1'::TINYINT"],
    ["`EXTRACT(part FROM x)`", "EXTRACT(YEAR FROM DATE '2024-02-29')"],
    ["`TRY_CAST(x AS type)`", "TRY_CAST('x' AS INT)"],
    ["home city", "`home city`.zip"],
  ];
  for (const [shown, sql] of cases) {
    assert(page.includes(shown), shown);
    parseSql(sql);
  }
  const types = /types of a cast \| (.*) \|/.exec(page)![1]!;
  for (const [, type] of types.matchAll(/`([^`]*)`/g)) {
    parseSql(`CAST(NULL AS ${type!.replace("p,s", "9,2")})`);
  }
});

Deno.test("functionTable() wants an example of every function", () => {
  assertThrows(() => functionTable(["abs"], {}), Error, "no example of abs()");
  const table = functionTable(["lower"], { lower: "lower('A')" });
  assert(table.includes("| `lower` | 1 | `lcase` | `lower('A')` | `'a'` |"));
});

Deno.test("worth() is what the engine works out", () => {
  assertEquals(worth("1 + 1"), "2");
  assertEquals(worth("nullif(1, 1)"), "NULL");
});
