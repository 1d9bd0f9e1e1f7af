import { assert, assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import {
  invalidOption,
  parseBoolean,
  parseCount,
  parseDuration,
} from "./s3_option_value.ts";

Deno.test("parseBoolean() takes the usual words in any capitalisation", () => {
  for (const yes of ["true", "TRUE", "1", "Yes", " on "]) {
    assert(parseBoolean("x", yes));
  }
  for (const no of ["false", "False", "0", "no", "off"]) {
    assert(!parseBoolean("x", no));
  }
  for (const odd of ["", "maybe", "2"]) {
    assertThrows(() => parseBoolean("x", odd), DeltaError, "neither");
  }
});

Deno.test("parseCount() takes whole numbers only", () => {
  assertEquals(parseCount("x", " 12 "), 12);
  for (const odd of ["", "-1", "1.5", "1e3", "many", "99999999999999999999"]) {
    assertThrows(() => parseCount("x", odd), DeltaError, "whole number");
  }
});

Deno.test("parseDuration() takes units, and seconds where there is none", () => {
  assertEquals(parseDuration("x", "30"), 30_000);
  assertEquals(parseDuration("x", "500ms"), 500);
  assertEquals(parseDuration("x", "1.5 s"), 1500);
  assertEquals(parseDuration("x", "2M"), 120_000);
  assertEquals(parseDuration("x", "1h"), 3_600_000);
  for (const odd of ["", "s", "-1s", "3 parsecs", "1constructor"]) {
    assertThrows(() => parseDuration("x", odd), DeltaError, "duration");
  }
});

Deno.test("errors about options never show the value", () => {
  for (const parse of [parseBoolean, parseCount, parseDuration]) {
    const error = assertThrows(() => parse("x", "hush-hush"), DeltaError);
    assertEquals(error.code, "DELTA_STORE_OPTION_INVALID");
    assert(!error.message.includes("hush"));
  }
  assertEquals(invalidOption("x", "w", "f").context.option, "x");
});
