import { assert, assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import {
  compareDecimals,
  decimalDigits,
  formatDecimal,
  parseDecimal,
  rescale,
} from "./decimal.ts";

Deno.test("parseDecimal() keeps every digit and the scale that is written", () => {
  const cases: [string, bigint, number][] = [
    ["0", 0n, 0],
    ["-0", 0n, 0],
    ["1.50", 150n, 2],
    ["-0.05", -5n, 2],
    ["+.5", 5n, 1],
    ["7.", 7n, 0],
    ["1E+3", 1000n, 0],
    ["1.25e-2", 125n, 4],
    ["99999999999999999999999999999999999999", 10n ** 38n - 1n, 0],
  ];
  for (const [text, unscaled, scale] of cases) {
    assertEquals(parseDecimal(text), { unscaled, scale }, text);
  }
});

Deno.test("parseDecimal() refuses what is no number", () => {
  for (const text of ["", ".", "-", "1,5", "NaN", "0x10", "1e", "1 2"]) {
    assertThrows(() => parseDecimal(text), DeltaError, text);
  }
});

Deno.test("formatDecimal() is the way back when the scale is not negative", () => {
  for (const text of ["0", "0.00", "-0.50", "12", "-123.456", "0.001"]) {
    assertEquals(formatDecimal(parseDecimal(text)), text);
  }
});

Deno.test("rescale() adds zeros, drops zeros, and refuses to drop a digit", () => {
  assertEquals(rescale(parseDecimal("1.5"), 3), parseDecimal("1.500"));
  assertEquals(rescale(parseDecimal("1.500"), 1), parseDecimal("1.5"));
  assertThrows(() => rescale(parseDecimal("1.55"), 1), DeltaError);
});

Deno.test("compareDecimals() orders by value, whatever the scales", () => {
  assertEquals(compareDecimals(parseDecimal("1.5"), parseDecimal("1.50")), 0);
  assert(compareDecimals(parseDecimal("-2"), parseDecimal("-1.99")) < 0);
  assert(compareDecimals(parseDecimal("0.1"), parseDecimal("0.09")) > 0);
});

Deno.test("decimalDigits() counts digits of the unscaled number", () => {
  assertEquals(decimalDigits(parseDecimal("-0.50")), 2);
  assertEquals(decimalDigits(parseDecimal("0.00")), 0);
});
