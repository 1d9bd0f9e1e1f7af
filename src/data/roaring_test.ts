import { assert, assertEquals, assertThrows } from "@std/assert";
import { RowSet } from "./roaring.ts";

/** A small generator with a seed, so that a failure can be run again. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = Math.imul(state ^ state >>> 15, state | 1);
    state ^= state + Math.imul(state ^ state >>> 7, state | 61);
    return ((state ^ state >>> 14) >>> 0) / 2 ** 32;
  };
}

const every = (from: number, to: number, step = 1) =>
  Array.from(
    { length: Math.ceil((to - from) / step) },
    (_, i) => from + i * step,
  );

const SETS: readonly [string, number[]][] = [
  ["nothing", []],
  ["one row", [0]],
  ["a list", [3, 4, 7, 11, 18, 29]],
  ["a run", every(10, 60_000)],
  ["a whole container", every(65_536, 131_072)],
  ["a scattered bitmap", every(1, 65_536, 3)],
  ["list, run and bitmap over containers", [
    5,
    ...every(65_536, 70_000),
    ...every(131_072, 196_608, 2),
    ...every(200_000, 200_100, 7),
    262_144,
    400_000,
  ]],
  ["rows past 2^32", [1, 2 ** 32, 2 ** 32 + 5, 3 * 2 ** 32 + 70_000, 2 ** 50]],
];

for (const [name, rows] of SETS) {
  Deno.test(`RowSet reads back what it wrote: ${name}`, () => {
    const set = RowSet.parsePortable(RowSet.of(rows).serialise());
    assertEquals([...set], rows);
    assertEquals(set.size, rows.length);
    assertEquals(set.greatest, rows.at(-1) ?? -1);
  });
}

Deno.test("RowSet.others() gives the rows between, whatever the window", () => {
  const random = numbers(7);
  const rows = new Set<number>();
  for (let i = 0; i < 6_000; i++) rows.add(Math.floor(random() * 200_000));
  for (let i = 70_000; i < 140_000; i++) if (i % 5) rows.add(i);
  const set = RowSet.of(rows);
  for (let i = 0; i < 60; i++) {
    const first = Math.floor(random() * 220_000);
    const count = Math.floor(random() * 90_000);
    const kept = every(0, count).filter((row) => !rows.has(first + row));
    const others = set.others(first, count);
    assertEquals(
      others ? [...others] : every(0, count),
      kept,
      `${first}, ${count}`,
    );
  }
  for (let i = 0; i < 1_000; i++) {
    const row = Math.floor(random() * 220_000);
    assertEquals(set.has(row), rows.has(row));
  }
});

Deno.test("RowSet.others() says undefined where no row is in the set", () => {
  assertEquals(RowSet.of([5, 500_000]).others(6, 400_000), undefined);
  assertEquals(RowSet.of([]).others(0, 0), undefined);
  assertEquals(RowSet.of([5]).others(5, 1)?.length, 0);
});

Deno.test("RowSet.union() holds the rows of both", () => {
  const a = RowSet.of([1, 2, ...every(65_536, 80_000)]);
  const b = RowSet.of([2, 3, ...every(70_000, 90_000), 2 ** 33]);
  assertEquals(
    [...a.union(b)],
    [1, 2, 3, ...every(65_536, 90_000), 2 ** 33],
  );
});

Deno.test("RowSet.parsePortable() refuses every cut of a bitmap", () => {
  for (const [name, rows] of SETS) {
    const bytes = RowSet.of(rows).serialise();
    const step = Math.max(1, Math.floor(bytes.length / 97));
    for (let length = 0; length < bytes.length; length += step) {
      const cut = bytes.subarray(0, length);
      assertThrows(() => RowSet.parsePortable(cut), RangeError);
    }
    assert(name);
  }
});
