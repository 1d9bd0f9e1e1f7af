import { assert, assertEquals } from "@std/assert";
import {
  CONSERVATIVE,
  DATA,
  DEFINITION_LOSERS,
  DEFINITION_RIVALS,
  FILE_LOSERS,
  FILE_RIVALS,
  judge,
  letterOf,
  type Level,
  LEVELS,
  type Loser,
  METADATA,
  PROTOCOLS,
  removesWhatMoved,
  type Rival,
} from "../../testing/conflict_matrix.ts";

// The two tables of the specification, cell by cell, as they are written there.
// "✓" must commit, capitals must not, lower case may fail; a level that a cell
// leaves out is a weaker one, and commits.

const FILES = `
| loser | blind append in my predicate | append outside, blind or not | non-blind add in my predicate | removed a file I read, dataChange | removes elsewhere | OPTIMIZE of files I read / remove | OPTIMIZE elsewhere |
| blind append | ✓ | ✓ | ✓ | ✓ (reads nothing) | ✓ | ✓ | ✓ |
| INSERT…SELECT from target | S:A W,I:✓ | ✓/a | S,W:A | S,W:R I:r | ✓/a | a,r | ✓/a |
| DELETE / UPDATE / MERGE with predicate | S:A W:✓ | ✓/a | S,W:A | A,R,D | ✓/a | if I remove them A,R,D; if only read a,r | ✓/a |
| DELETE all / OVERWRITE | S:A W:✓ | = inside | A | A,R,D | = inside | A,R,D | = inside |
| replaceWhere / dynamic partition overwrite | S:A W:✓ | ✓/a | A | A,R,D | ✓/a | A,R,D | ✓/a |
| OPTIMIZE / ZORDER / REORG | ✓ | ✓ | ✓ | R,D | ✓ | R,D | ✓ |
| RESTORE / CLONE / CONVERT | W | W | W | W | W | W | W |
| ALTER metadata only | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |
| ADD CHECK / SET NOT NULL / SYNC IDENTITY | A | A | A | a,r | a,r | a,r | a,r |
| VACUUM log entry, empty commit | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |
`;

const DEFINITIONS = `
| loser | schema/props, not allow-listed | allow-listed feature enable | protocol raise I support | raise I do not support, or feature drop | txn with an appId I depend on | same domainMetadata | delta.rowTracking |
| anything with data | M | ✓r or m | ✓r or p | P | T | T | ✓r |
| anything carrying metaData | M | M | ✓r or p | P | T | T | ✓r |
| anything carrying protocol | M or ✓ | ✓r or m | P | P | T | T | ✓r |
| RESTORE/CLONE/CONVERT | W | W | W | W/P | W/T | W | W |
`;

type Oracle = ReadonlyMap<string, ReadonlyMap<string, string>>;

function parseTable(text: string): Oracle {
  const [head, ...rows] = text.trim().split("\n").map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim())
  );
  return new Map(
    rows.map(([row, ...cells]) => [
      row!,
      new Map(cells.map((cell, i) => [head![i + 1]!, cell])),
    ]),
  );
}

/** What a cell allows at a level: a tick, and letters of conflicts. */
function allowed(cell: string, level: Level): ReadonlySet<string> {
  const byLevel = [...cell.matchAll(/([SWI](?:,[SWI])*):(\S+)/g)];
  if (byLevel.length > 0) {
    const found = byLevel.find(([, levels]) =>
      levels!.split(",").includes(level)
    );
    return found ? allowed(found[2]!, level) : new Set("✓");
  }
  const words = cell.replace(/\(.*\)/, "").split(/[\s,\/]+/)
    .filter((word) => word !== "" && word !== "or");
  const isTick = (word: string) => word.startsWith("✓");
  const mayPass = words.some((word) => isTick(word) || /^[a-z]$/.test(word));
  return new Set([
    ...words.filter((word) => !isTick(word)).map((word) => word.toUpperCase()),
    ...(mayPass ? ["✓"] : []),
  ]);
}

function cellOf(
  oracle: Oracle,
  loser: Loser,
  rival: Rival,
  column: string,
): string {
  const row = oracle.get(loser.row)!;
  const cell = row.get(column);
  assert(cell !== undefined, `no cell for ${loser.row}, ${column}`);
  if (cell.startsWith("if I remove")) {
    const [removed, read] = cell.split(";");
    return (removesWhatMoved(loser, rival) ? removed! : read!)
      .replace(/^ ?if (I remove them|only read) /, "");
  }
  if (cell !== "= inside") return cell;
  // Whoever wants everything has no outside: the columns that say inside rule.
  return row.get(insideOf(rival))!;
}

function insideOf(rival: Rival): string {
  if (rival.wrote.removes === undefined) {
    return rival.wrote.commitInfo?.isBlindAppend
      ? "blind append in my predicate"
      : "non-blind add in my predicate";
  }
  return rival.name.startsWith("OPTIMIZE")
    ? "OPTIMIZE of files I read / remove"
    : "removed a file I read, dataChange";
}

/** What the oracle allows a pair: of several columns the strictest, with the names of all. */
function expected(
  oracle: Oracle,
  loser: Loser,
  rival: Rival,
  level: Level,
): ReadonlySet<string> {
  const sets = [rival.column, ...(rival.alsoIn ? [rival.alsoIn] : [])]
    .map((column) => allowed(cellOf(oracle, loser, rival, column), level));
  const passes = sets.every((set) => set.has("✓"));
  return new Set([
    ...sets.flatMap((set) => [...set]).filter((c) => c !== "✓"),
    ...(passes ? ["✓"] : []),
  ]);
}

interface Pair {
  readonly oracle: Oracle;
  readonly loser: Loser;
  readonly rival: Rival;
}

function* pairs(): Generator<Pair> {
  const files = parseTable(FILES);
  const definitions = parseTable(DEFINITIONS);
  for (const loser of FILE_LOSERS) {
    for (const rival of FILE_RIVALS) yield { oracle: files, loser, rival };
  }
  for (const loser of DEFINITION_LOSERS) {
    for (const rival of DEFINITION_RIVALS) {
      if (rival.against && !rival.against(loser)) continue;
      yield { oracle: definitions, loser, rival };
    }
  }
}

const levels = Object.keys(LEVELS) as Level[];

for (const level of levels) {
  Deno.test(`checkWinner() answers every pair as the specification has it at ${LEVELS[level]}`, () => {
    const wrong: string[] = [];
    for (const { oracle, loser, rival } of pairs()) {
      const letter = letterOf(judge(loser, rival, level));
      const may = expected(oracle, loser, rival, level);
      if (may.has(letter)) continue;
      wrong.push(
        `${loser.name} behind "${rival.name}": ${letter}, not ${[...may]}`,
      );
    }
    assertEquals(wrong, []);
  });
}

Deno.test("checkWinner() refuses what it might allow only where that is listed, and all that is listed", () => {
  const wrong: string[] = [];
  const used = new Set<string>();
  for (const level of levels) {
    for (const { oracle, loser, rival } of pairs()) {
      if (!expected(oracle, loser, rival, level).has("✓")) continue;
      const refused = letterOf(judge(loser, rival, level)) !== "✓";
      const listed = CONSERVATIVE.find((entry) =>
        [rival.name, rival.column].includes(entry.rival) &&
        entry.refuses(loser)
      );
      if (listed && refused) used.add(listed.rival);
      if (refused && !listed) {
        wrong.push(`${loser.name} behind "${rival.name}" at ${level}`);
      }
    }
  }
  assertEquals(wrong, []);
  assertEquals(used, new Set(CONSERVATIVE.map((entry) => entry.rival)));
});

Deno.test("the table of conflicts has every cell of the specification, at every level", () => {
  // Given every cell of both tables, by row, column and level,
  const cells = new Set<string>();
  for (const [name, text] of [["files", FILES], ["definitions", DEFINITIONS]]) {
    for (const [row, columns] of parseTable(text!)) {
      for (const column of columns.keys()) {
        for (const level of levels) {
          cells.add(`${name}: ${row}, ${column}, ${level}`);
        }
      }
    }
  }
  // when the pairs that are tested are taken out,
  const left = new Set(cells);
  let judged = 0;
  for (const { oracle, loser, rival } of pairs()) {
    const name = oracle.has("blind append") ? "files" : "definitions";
    for (
      const column of [rival.column, ...(rival.alsoIn ? [rival.alsoIn] : [])]
    ) {
      for (const level of levels) {
        left.delete(
          `${name}: ${loser.row}, ${column}, ${level}`,
        );
      }
    }
    judged += levels.length;
  }
  // then none is left.
  console.log(`conflict table: ${cells.size} cells, ${judged} pairs judged`);
  assertEquals([...left], []);
  assertEquals(cells.size, (10 * 7 + 4 * 7) * 3);
  assert(
    [DATA, METADATA, PROTOCOLS].every((row) =>
      DEFINITION_LOSERS.some((loser) => loser.row === row)
    ),
  );
});
