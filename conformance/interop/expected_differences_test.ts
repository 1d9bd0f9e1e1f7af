import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  assertExpected,
  type ExpectedDifference,
  expectedDifferences,
} from "./expected_differences.ts";

const KNOWN: readonly ExpectedDifference[] = [{
  engine: "Other",
  subjects: ["widened"],
  says: "cannot read typeWidening",
  because: "it knows no such feature",
  evidence: "here",
}];

Deno.test("assertExpected() lets known differences pass, and no others", () => {
  const known = ["version 1: refused: cannot read typeWidening"];
  assertExpected("Other", "widened", known, KNOWN);
  assertThrows(() =>
    assertExpected("Other", "widened", [...known, "version 2: 1 rows"], KNOWN)
  );
  assertThrows(() => assertExpected("Other", "plain", known, KNOWN));
});

Deno.test("assertExpected() fails for an entry that differs no more", () => {
  assertThrows(() => assertExpected("Other", "widened", [], KNOWN));
});

Deno.test("every known difference says what it is and where that is shown", () => {
  for (const entry of expectedDifferences) {
    assert(entry.because.length > 10 && entry.evidence.length > 10);
    assert(entry.subjects.length > 0);
  }
  const keys = expectedDifferences.flatMap(({ engine, subjects, says }) =>
    subjects.map((subject) => `${engine} ${subject} ${says}`)
  );
  assertEquals(new Set(keys).size, keys.length);
});
