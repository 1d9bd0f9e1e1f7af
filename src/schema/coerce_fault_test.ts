import { assert, assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { mismatch, naming, nullInside, outOfRange } from "./coerce_fault.ts";
import { parseDate } from "./time.ts";

Deno.test("mismatch(), outOfRange() and nullInside() name the column and say what came", () => {
  const cases: [() => never, string, string][] = [
    [
      () => mismatch("secret", { kind: "long" }, "a.b"),
      "DELTA_SCHEMA_MISMATCH",
      "a string",
    ],
    [
      () => mismatch(new Map(), { kind: "long" }, "a.b"),
      "DELTA_SCHEMA_MISMATCH",
      "Map",
    ],
    [
      () => outOfRange(300, { kind: "byte" }, "a.b"),
      "DELTA_VALUE_OUT_OF_RANGE",
      "number 300",
    ],
    [
      () => nullInside("a.b", "key"),
      "DELTA_NOT_NULL_CONSTRAINT_VIOLATED",
      "null key",
    ],
  ];
  for (const [run, code, word] of cases) {
    const error = assertThrows(run, DeltaError);
    assertEquals([error.code, error.context["column"]], [code, "a.b"]);
    assert(error.message.includes(word), error.message);
    // The value of a text may be private: only its kind is told.
    assert(!error.message.includes("secret"));
  }
});

Deno.test("naming() adds the column to what a parser throws, and keeps code and cause", () => {
  const error = assertThrows(
    () => naming("day", () => parseDate("x")),
    DeltaError,
  );
  assertEquals([error.code, error.context["column"]], [
    "DELTA_VALUE_OUT_OF_RANGE",
    "day",
  ]);
  assert(error.cause instanceof DeltaError);
  assertEquals(naming("day", () => 1), 1);
});
