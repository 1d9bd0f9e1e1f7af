import { assertEquals } from "@std/assert";
import { withAttribution } from "./program.ts";

Deno.test("copies of copies are told apart by the sum of their operations' numbers", () => {
  // Given the numbers that a run's operations add to the rows that they copy,
  const numbers = ["w1", "w1+", "w2", "w2+", "w3", "w3+"].flatMap((client) =>
    [0, 1, 2, 3, 4, 5].map((step) => {
      const request = { add: { gen: 1 } };
      const call = withAttribution(
        { op: "appendSelect", request },
        `${client}.${step}`,
      );
      return call.op === "appendSelect" ? call.request.add!.gen! : 0;
    })
  );
  // when any one, two or three of them follow one another,
  const sums: number[] = [...numbers];
  numbers.forEach((a, i) =>
    numbers.slice(i + 1).forEach((b, j) => {
      sums.push(a + b);
      for (const c of numbers.slice(i + j + 2)) sums.push(a + b + c);
    })
  );
  // then no two sums are the same, and a dozen of them fit 31 bits.
  assertEquals(new Set(sums).size, sums.length);
  assertEquals(Math.max(...numbers) * 12 < 2 ** 31, true);
});
