import { assert, assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { DeltaError } from "../errors.ts";
import { bindExpression } from "./bind.ts";
import type { BoundExpression } from "./bound.ts";
import { castTo } from "./cast_to.ts";
import { CHOICE_FUNCTIONS } from "./choice_functions.ts";
import { evaluateConstant } from "./evaluate.ts";
import { writtenText } from "./function_rule.ts";
import { FUNCTION_NAMES, functionName, functionNamed } from "./functions.ts";
import { NUMBER_FUNCTIONS } from "./number_functions.ts";
import { call } from "./predicate.ts";
import { TEXT_FUNCTIONS } from "./text_functions.ts";
import { TIME_FUNCTIONS } from "./time_functions.ts";

const NOTHING = { kind: "struct", fields: [] } as const;

Deno.test("every function stands in one table, under a name of its own", () => {
  const tables = [
    CHOICE_FUNCTIONS,
    NUMBER_FUNCTIONS,
    TEXT_FUNCTIONS,
    TIME_FUNCTIONS,
  ];
  const names = tables.flatMap((table) => Object.keys(table));
  assertEquals(new Set(names).size, names.length);
  assertEquals(new Set(FUNCTION_NAMES).size, FUNCTION_NAMES.length);
  for (const name of FUNCTION_NAMES) {
    assert(functionNamed(functionName(name)), name);
  }
});

Deno.test("every function is compared with Spark", () => {
  const file = new URL(
    "../../conformance/golden/expressions/expressions.sql",
    import.meta.url,
  );
  const text = readFileSync(file, "utf8").toLowerCase();
  const called = new Set(
    [...text.matchAll(/(\w+)\(/g)].map(([, name]) => functionName(name!)),
  );
  const missing = FUNCTION_NAMES.map(functionName)
    .filter((name) => !called.has(name));
  assertEquals([...new Set(missing)], []);
});

Deno.test("functionNamed() refuses a function by its name", () => {
  for (const name of ["soundex", "constructor", "__proto__"]) {
    const error = assertThrows(
      () => functionNamed(name),
      DeltaError,
      `${name}()`,
    );
    assertEquals(error.code, "DELTA_UNSUPPORTED_EXPRESSION");
  }
});

Deno.test("functions take values of the caller as well as expressions", () => {
  const value = (name: string, ...args: unknown[]) =>
    evaluateConstant(bindExpression(call(name, ...args), NOTHING));
  assertEquals(value("upper", "straße"), "STRASSE");
  assertEquals(value("substring", "\u{1f600}bc", 2, 1), "b");
  assertEquals(value("coalesce", null, 5n), 5n);
  assertEquals(value("greatest", 1, call("abs", -7)), 7);
  assertEquals(value("date_trunc", "MONTH", "2024-02-29"), 1706745600000000n);
  assertThrows(() => value("repeat", "x".repeat(1000), 2 ** 30), DeltaError);
});

Deno.test("writtenText() and castTo() leave what only rows can tell", () => {
  const text = { kind: "string" } as const;
  const column: BoundExpression = { kind: "column", path: ["s"], type: text };
  assertThrows(() => writtenText(column, "trunc"), DeltaError, "trunc()");
  const bad: BoundExpression = { kind: "literal", value: "x", type: text };
  assertEquals(castTo(bad, { kind: "long" }).kind, "cast");
  assertEquals(castTo(bad, { kind: "long" }, true), {
    kind: "literal",
    value: null,
    type: { kind: "long" },
  });
});
