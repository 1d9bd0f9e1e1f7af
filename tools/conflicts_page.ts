/**
 * `docs/conflicts.md`: this engine's answer for every pair of commits that
 * collide, made by asking its rules.
 *
 * @module
 */

import {
  ALLOWED,
  BLIND_IN,
  CHANGED,
  CONSERVATIVE,
  DATA,
  DEFINITION_LOSERS,
  DEFINITION_RIVALS,
  ELSEWHERE,
  FILE_LOSERS,
  FILE_RIVALS,
  judge,
  letterOf,
  type Level,
  LEVELS,
  type Loser,
  METADATA,
  MOVED,
  MOVED_ELSEWHERE,
  OUTSIDE,
  PROTOCOLS,
  RAISE,
  REMOVED,
  removesWhatMoved,
  type Rival,
  ROW_IDS,
  SAME_DOMAIN,
  SEEING_IN,
  TXN,
  UNSUPPORTED,
} from "../testing/conflict_matrix.ts";

interface Column {
  readonly title: string;
  readonly takes: (loser: Loser, rival: Rival) => boolean;
}

const of = (title: string, column: string): Column => ({
  title,
  takes: (_, rival) =>
    rival.column === column && !rival.name.endsWith("without statistics"),
});

const FILE_COLUMNS: readonly Column[] = [
  of("blind append inside", BLIND_IN),
  of("append outside", OUTSIDE),
  of("other append inside", SEEING_IN),
  of("removed a file I read", REMOVED),
  of("removed others", ELSEWHERE),
  {
    title: "OPTIMIZE of a file I remove",
    takes: (loser, rival) =>
      rival.column === MOVED && removesWhatMoved(loser, rival),
  },
  {
    title: "OPTIMIZE of a file I only read, or do not know",
    takes: (loser, rival) =>
      rival.column === MOVED && !removesWhatMoved(loser, rival),
  },
  of("OPTIMIZE elsewhere", MOVED_ELSEWHERE),
];

const DEFINITION_COLUMNS: readonly { title: string; losers: Loser[] }[] = [
  {
    title: "append",
    losers: DEFINITION_LOSERS.filter((l) => l.name === "append"),
  },
  {
    title: "other data",
    losers: DEFINITION_LOSERS.filter((l) =>
      l.row === DATA && l.name !== "append"
    ),
  },
  {
    title: "carries metaData",
    losers: DEFINITION_LOSERS.filter((l) => l.row === METADATA),
  },
  {
    title: "carries protocol",
    losers: DEFINITION_LOSERS.filter((l) => l.row === PROTOCOLS),
  },
  {
    title: "RESTORE",
    losers: DEFINITION_LOSERS.filter((l) => l.operation === "restore"),
  },
];

const levels = Object.keys(LEVELS) as Level[];

/** The answers of some pairs, levels that agree together: `S: A · W, I: ✓`. */
export function answers(
  pairs: readonly (readonly [Loser, Rival])[],
): string {
  if (pairs.length === 0) return "–";
  const byAnswer = new Map<string, Level[]>();
  for (const level of levels) {
    const letters = new Set(
      pairs.map(([loser, rival]) => letterOf(judge(loser, rival, level))),
    );
    const answer = [...letters].sort().join(" or ");
    byAnswer.set(answer, [...byAnswer.get(answer) ?? [], level]);
  }
  if (byAnswer.size === 1) return [...byAnswer.keys()][0]!;
  return [...byAnswer].map(([answer, at]) => `${at.join(", ")}: ${answer}`)
    .join(" · ");
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  return [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
}

function fileTable(): string {
  return table(
    ["ours, behind →", ...FILE_COLUMNS.map((c) => c.title)],
    FILE_LOSERS.map((loser) => [
      loser.name,
      ...FILE_COLUMNS.map((column) =>
        answers(
          FILE_RIVALS.filter((rival) => column.takes(loser, rival))
            .map((rival) => [loser, rival]),
        )
      ),
    ]),
  );
}

const DEFINITION_ORDER = [
  CHANGED,
  ALLOWED,
  RAISE,
  UNSUPPORTED,
  TXN,
  SAME_DOMAIN,
  ROW_IDS,
];

function definitionTable(): string {
  const rivals = DEFINITION_ORDER.flatMap((column) =>
    DEFINITION_RIVALS.filter((rival) => rival.column === column)
  );
  return table(
    ["the winner …", ...DEFINITION_COLUMNS.map((c) => c.title)],
    rivals.map((rival) => [
      rival.name,
      ...DEFINITION_COLUMNS.map(({ losers }) =>
        answers(
          losers.filter((loser) => rival.against?.(loser) ?? true)
            .map((loser) => [loser, rival]),
        )
      ),
    ]),
  );
}

/** The page. */
export function conflictsPage(): string {
  return `<!-- deno-fmt-ignore-file -->

# Conflicts

Two commits prepared on one version cannot both become the next. One wins; the
other is checked against it, and against every further winner, one at a time,
oldest first. Where nothing stands in the way it is built anew for the version
behind them and tried again, with pauses that grow and are random in part, until
it lands or ten minutes are over. Else it is refused by the name of what came
between; the error says which winner, which file and which predicate, and nothing
of it took effect: run the operation again on the new snapshot.

This page is made by \`deno task docs\` from the rules themselves, and a test holds
every cell to the specification it was written from.

✓ lands behind the winner, adapted where that is needed. A letter is a refusal:
A \`DELTA_CONCURRENT_APPEND\`, R \`DELTA_CONCURRENT_DELETE_READ\`,
D \`DELTA_CONCURRENT_DELETE_DELETE\`, M \`DELTA_METADATA_CHANGED\`,
P \`DELTA_PROTOCOL_CHANGED\`, T \`DELTA_CONCURRENT_TRANSACTION\`,
W \`DELTA_CONCURRENT_WRITE\`. "A or R" stands where it depends on the case. S, W
and I are the levels \`Serializable\` (the default), \`WriteSerializable\` and
\`SnapshotIsolation\` of \`delta.isolationLevel\`; a cell without them is the same at
all three.

## Files

*Inside* is a file whose rows a predicate may match that the transaction read, by
partition values and statistics; everything is inside of a transaction that read
the whole table. Only a winner that says \`isBlindAppend\` of itself, and did nothing
that contradicts it, counts as a blind append. OPTIMIZE stands for every commit
whose files all say \`dataChange: false\`: it moves rows and changes none, so it is
itself judged at SnapshotIsolation, and it concerns those alone who remove what it
moved. Two deletion vectors on one file are two removals of it.

${fileTable()}

## Definition, applications and domains

The losers here also record a version of an application and set a domain of
their own. "Enables" means that the property is turned on and nothing else
changes; whatever else changes the metadata is M. A commit that writes nothing but
an application's version, or nothing at all, passes any change of metadata.

${definitionTable()}

A winner that holds our application's version, or a later one, is no conflict: the
work is there already, and the answer is \`already-applied\`.

## Refused although it might pass

Nothing else is refused where a choice is allowed.

| the winner … | refused to | reason |
| --- | --- | --- |
${
    CONSERVATIVE.map(({ rival, whom, reason }) => row([rival, whom, reason]))
      .join("\n")
  }
| adds rows that mention no statistics in part of their files only | as without statistics, file by file | as above |
| adds the feature rowTracking | whoever adds files that do not say how many rows they hold | Row ids are counted by them. |
| adds any other feature that asks something of files (IcebergCompat, materialised partition columns, …) | everybody | The files may lack it. |
| writes a file's add once more, the same path | whoever gives that file a deletion vector | Its facts (row ids, tags) may be others now. |
| mixes \`dataChange\` true and false | as if all were true | Nobody can tell which rows are the same. |

## WriteSerializable, seen as a whole

What passes a blind append unseen is placed before it. So nobody who saw that
append may come between: a further winner that is no blind append, changes rows, and
may have read what was appended is refused as A. Pair by pair it would pass; the
three together have no order. It has not read it where it says an older
\`readVersion\`, or where it is a DELETE or UPDATE of this engine that removed no file
of the append; of other winners nobody knows what they read.

## What others' rows are promised

A CHECK constraint or NOT NULL speaks of every row of the version it lands on, so
it is refused behind any added row, at every level. Row tracking, IcebergCompat and
the end of a feature that files tell of speak of every file: they are refused behind
any added file. Whoever drops a feature is refused behind any change of metadata,
and behind any domain that is set while the feature domainMetadata goes.
`;
}

if (import.meta.main) {
  const path = new URL("../docs/conflicts.md", import.meta.url);
  await Deno.writeTextFile(path, conflictsPage());
}
