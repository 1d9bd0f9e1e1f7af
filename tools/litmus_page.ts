/**
 * `docs/litmus.md`: every litmus test, and what this engine made of each race at
 * each level, found by running it.
 *
 * @module
 */

import { LITMUS_TESTS, STORIES } from "../conformance/litmus/all.ts";
import {
  EVERY_LEVEL,
  type Litmus,
  race,
  type RaceEnd,
  type RaceTest,
} from "../conformance/litmus/litmus_test_kit.ts";

const KEPT = /<!-- scopes -->[\s\S]*<!-- end of scopes -->/;
const NO_SCOPES = "<!-- scopes -->\n<!-- end of scopes -->";

/** `refused: ConcurrentAppend`, `commits`, `nothing to do`, with the rows that are left. */
function told(end: RaceEnd): string {
  const second = end.second === "ok"
    ? "both commit"
    : end.second === "nothing"
    ? "nothing to do"
    : end.second;
  const rows = end.rows.length === 0 ? "none" : end.rows.join(" ");
  return `${second} → ${rows}`;
}

async function ends(test: RaceTest, xFirst: boolean): Promise<string[]> {
  const { setup, x, y } = test;
  const cells: string[] = [];
  for (const level of EVERY_LEVEL) {
    const end = xFirst
      ? await race(setup, x, y, level)
      : await race(setup, y, x, level);
    if (end.first !== "ok") throw new Error(`the first ended as ${end.first}`);
    cells.push(told(end));
  }
  return cells;
}

const short = (cells: readonly string[]): string =>
  new Set(cells).size === 1 ? `${cells[0]} | ″ | ″` : cells.join(" | ");

async function raceRows({ id, races = [] }: Litmus): Promise<string[]> {
  const lines: string[] = [];
  for (const [i, test] of races.entries()) {
    const label = races.length > 1 ? `${id}.${i + 1}` : id;
    for (const xFirst of [true, false]) {
      const cells = await ends(test, xFirst);
      const order = xFirst ? "as told" : "the other first";
      lines.push(`| ${label} | ${order} | ${short(cells)} |`);
    }
  }
  return lines;
}

/** Without what is the same race, written once more for other levels: all run here at each. */
function distinct(test: Litmus): Litmus {
  const seen = new Set<string>();
  const races = (test.races ?? []).filter(({ setup, x, y, levels }) => {
    const key = `${JSON.stringify(setup)} ${x} ${y}`;
    const isSeen = seen.has(key);
    seen.add(key);
    return !isSeen || levels === undefined || levels.includes("Serializable");
  });
  return { ...test, races };
}

/**
 * The page.
 *
 * @param current The page as it is: the part on scopes is written by hand and kept.
 */
export async function litmusPage(current: string): Promise<string> {
  const stories = LITMUS_TESTS.map(({ id, name }) => {
    const { what, allowed, forbidden } = STORIES[id]!;
    return `| ${id} | ${name} | ${what} | ${allowed} | ${forbidden} |`;
  });
  const lines: string[] = [];
  for (const test of LITMUS_TESTS) {
    lines.push(...await raceRows(distinct(test)));
  }
  return `<!-- deno-fmt-ignore-file -->

# Litmus tests

A litmus test is the smallest program that tells one thing: two operations on a
handful of rows, or one operation and one thing that goes wrong. Each is here
because some engine got it wrong. \`deno test -A conformance/litmus\` runs them,
each under its own name.

\`x ‖ y\`: both are prepared on the same version; x commits first, then y. The first
table of rows is (a,1), (a,2), (b,1); a test that needs another says so.
[How it works](how_it_works.md) explains the rest from the beginning.

This page is made by \`deno task docs\`, which runs every race; a test holds it to be
current.

## What happens, level by level

S, W and I are the levels \`Serializable\`, \`WriteSerializable\` and
\`SnapshotIsolation\`. A cell says what became of the second operation, and which
rows were left. ″ is the same as at S. "B4.2" is the second race of B4.

| id | order | S | W | I |
| --- | --- | --- | --- | --- |
${lines.join("\n")}

## Every test

| id | name | what happens | allowed | forbidden |
| --- | --- | --- | --- | --- |
${stories.join("\n")}

## Scopes

Where a scope is small enough, every schedule of it is run, with every fault at every
place; beyond that, schedules are drawn at random.

${current.match(KEPT)?.[0] ?? NO_SCOPES}
`;
}
