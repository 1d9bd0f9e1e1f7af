/**
 * Random programs of row changes against plain JavaScript objects: every version
 * must hold the rows that the model holds, and the change feed must tell exactly
 * how one version became the next.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { column, columns } from "../../testing/built_table.ts";
import {
  type ChangedTable,
  changedTable,
  choices,
  plainText,
} from "../../testing/changed_table.ts";
import { and, col, type Expression, not, or } from "../expression/predicate.ts";
import { appendSelect } from "./append_select.ts";
import { deleteRows } from "./delete.ts";
import { merge } from "./merge.ts";
import { overwrite } from "./overwrite.ts";
import { update } from "./update.ts";

interface ModelRow {
  id: number | null;
  p: string | null;
  n: number | null;
  s: { x: number | null; y: string | null } | null;
  tags: readonly string[] | null;
}

const SCHEMA = columns(
  column("id", "long"),
  column("p", "string"),
  column("n", "integer"),
  column("s", columns(column("x", "integer"), column("y", "string"))),
  column("tags", {
    kind: "array",
    elementType: { kind: "string" },
    containsNull: true,
  }),
);

type Choice = ReturnType<typeof choices>;
type Test = (row: ModelRow) => boolean | null;

const PARTITIONS = [null, "a", "b", "x y/%=ü#?", "a'b"];

function someRow({ below, one }: Choice): ModelRow {
  return {
    id: below(8) === 0 ? null : below(30),
    p: one(PARTITIONS),
    n: below(5) === 0 ? null : below(20) - 5,
    s: below(4) === 0
      ? null
      : { x: below(3) === 0 ? null : below(9), y: one(["q", null, "ß"]) },
    tags: one([null, [], ["t"], ["u", "v"]]),
  };
}

/** A predicate, and the same in JavaScript. */
function somePredicate(choice: Choice, depth = 0): [Expression, Test] {
  const { below, one } = choice;
  const number = below(20);
  const name = one(PARTITIONS);
  const simple: (() => [Expression, Test])[] = [
    () => [
      col("id").lt(number),
      (r) => r.id === null ? null : r.id < number,
    ],
    () => [
      col("id").in([number, number + 3]),
      (r) => r.id === null ? null : r.id === number || r.id === number + 3,
    ],
    () => [
      name === null ? col("p").isNull() : col("p").eq(name),
      (r) => name === null ? r.p === null : r.p === null ? null : r.p === name,
    ],
    () => [col("n").ge(number), (r) => r.n === null ? null : r.n >= number],
    () => [
      col("s", "x").gt(number % 9),
      (r) => (r.s?.x ?? null) === null ? null : r.s!.x! > number % 9,
    ],
    () => [col("s", "y").isNull(), (r) => (r.s?.y ?? null) === null],
  ];
  if (depth < 2 && below(3) === 0) {
    const [a, f] = somePredicate(choice, depth + 1);
    const [b, g] = somePredicate(choice, depth + 1);
    if (below(3) === 0) {
      return [not(a), (r) => {
        const value = f(r);
        return value === null ? null : !value;
      }];
    }
    const isAnd = below(2) === 0;
    const stop = !isAnd;
    return [isAnd ? and(a, b) : or(a, b), (r) => {
      const values = [f(r), g(r)];
      if (values.includes(stop)) return stop;
      return values.includes(null) ? null : !stop;
    }];
  }
  return one(simple)();
}

const text = (row: ModelRow): string => plainText({ ...row });
const texts = (rows: readonly ModelRow[]): string[] => rows.map(text).sort();
const isTrue = (test: Test) => (row: ModelRow): boolean => test(row) === true;

/** Runs one operation on both; the model's new rows. */
async function step(
  table: ChangedTable,
  model: readonly ModelRow[],
  choice: Choice,
  partitioned: boolean,
): Promise<readonly ModelRow[]> {
  const { below } = choice;
  const { context } = table;
  const base = await table.load();
  const fresh = Array.from(
    { length: 1 + below(8) },
    () => someRow(choice),
  );
  const [where, test] = somePredicate(choice);
  const holds = isTrue(test);
  switch (below(9)) {
    case 0:
    case 1:
      await table.append(fresh as never);
      return [...model, ...fresh];
    case 2: {
      const result = await deleteRows(context, base, { where });
      const kept = model.filter((row) => !holds(row));
      assertEquals(result.committed, kept.length < model.length);
      if (result.metrics.numDeletedRows !== undefined) {
        assertEquals(result.metrics.numDeletedRows, model.length - kept.length);
      }
      assertEquals(await table.rows(result.snapshot), texts(kept));
      return kept;
    }
    case 3: {
      const p = choice.one(PARTITIONS);
      const set = below(2) === 0
        ? { n: { sql: "n + 1" }, p }
        : { "s.x": 7, tags: ["new"], n: col("id").cast({ kind: "integer" }) };
      const result = await update(context, base, { set, where });
      let updated = 0;
      const rows = model.map((row) => {
        if (!holds(row)) return row;
        updated++;
        return "p" in set
          ? { ...row, n: row.n === null ? null : row.n + 1, p }
          : {
            ...row,
            n: row.id,
            s: { x: 7, y: row.s?.y ?? null },
            tags: ["new"],
          };
      });
      assertEquals(result.metrics.numUpdatedRows, updated);
      assertEquals(await table.rows(result.snapshot), texts(rows));
      return rows;
    }
    case 4: {
      const seen = new Set<number | null>();
      const source = fresh.filter((row) => {
        if (row.id !== null && seen.has(row.id)) return false;
        seen.add(row.id);
        return true;
      });
      const bySource = below(3) === 0;
      await merge(context, base, {
        source: source as never,
        on: ["id"],
        whenMatched: [
          { delete: true, condition: "source.n < 0" },
          {
            update: {
              n: { sql: "target.n + source.n" },
              p: col("source", "p"),
            },
          },
        ],
        whenNotMatched: [{ insert: "all" }],
        ...(bySource && {
          whenNotMatchedBySource: [{
            update: { n: -99 },
            condition: "target.n > 15",
          }],
        }),
      });
      const byId = new Map(source.map((row) => [row.id, row]));
      const matched = new Set<ModelRow>();
      const rows = model.flatMap((row): ModelRow[] => {
        const match = row.id === null ? undefined : byId.get(row.id);
        if (!match) {
          return [
            bySource && row.n !== null && row.n > 15 ? { ...row, n: -99 } : row,
          ];
        }
        matched.add(match);
        if (match.n !== null && match.n < 0) return [];
        const n = row.n === null || match.n === null ? null : row.n + match.n;
        return [{ ...row, n, p: match.p }];
      });
      return [...rows, ...source.filter((row) => !matched.has(row))];
    }
    case 5: {
      const rows = fresh.filter(holds);
      await overwrite(context, base, rows as never, { where });
      return [...model.filter((row) => !holds(row)), ...rows];
    }
    case 6: {
      await overwrite(context, base, fresh as never, { partitions: "dynamic" });
      if (!partitioned) return fresh;
      const replaced = new Set(fresh.map((row) => row.p));
      return [...model.filter((row) => !replaced.has(row.p)), ...fresh];
    }
    case 7: {
      await appendSelect(context, base, { where, add: { id: 100 } });
      const copies = model.filter(holds).map((row) => ({
        ...row,
        id: row.id === null ? null : row.id + 100,
      }));
      return model.length > 60 ? await deleted(table) : [...model, ...copies];
    }
    default:
      return below(4) === 0 ? await deleted(table) : model;
  }
}

async function deleted(table: ChangedTable): Promise<readonly ModelRow[]> {
  await deleteRows(table.context, await table.load());
  return [];
}

/** The rows before, changed as the feed says. */
function replay(
  before: readonly string[],
  changes: readonly Readonly<Record<string, unknown>>[],
): string[] {
  const rows = [...before];
  const told = changes.map(({ _change_type: type, ...row }) => ({
    type,
    row: plainText(row),
  }));
  for (const { type, row } of told) {
    if (type !== "delete" && type !== "update_preimage") continue;
    const at = rows.indexOf(row);
    assert(at >= 0, `a change takes away a row that was not there: ${row}`);
    rows.splice(at, 1);
  }
  for (const { type, row } of told) {
    if (type === "insert" || type === "update_postimage") rows.push(row);
  }
  return rows.sort();
}

async function program(
  seed: number,
  properties: Readonly<Record<string, string>>,
  partitioned: boolean,
): Promise<void> {
  const choice = choices(seed);
  const table = await changedTable(SCHEMA, {
    properties,
    partitionBy: partitioned ? ["p"] : [],
  });
  let model: readonly ModelRow[] = [];
  let before: string[] = [];
  let version = 0;
  for (let i = 0; i < 10; i++) {
    model = await step(table, model, choice, partitioned);
    const after = await table.rows();
    assertEquals(after, texts(model), `step ${i}`);
    const { version: now } = await table.load();
    if (properties["delta.enableChangeDataFeed"] === "true" && now > version) {
      const changes = await table.changes(now);
      if (now === version + 1) assertEquals(replay(before, changes), after);
    }
    [before, version] = [after, now];
  }
}

const PROPERTIES: readonly Readonly<Record<string, string>>[] = [
  {},
  { "delta.enableDeletionVectors": "true" },
  { "delta.enableChangeDataFeed": "true" },
  {
    "delta.enableDeletionVectors": "true",
    "delta.enableChangeDataFeed": "true",
    "delta.columnMapping.mode": "name",
  },
  { "delta.columnMapping.mode": "id", "delta.enableChangeDataFeed": "true" },
];

for (const properties of PROPERTIES) {
  for (const partitioned of [false, true]) {
    const names = Object.entries(properties).map(([k, v]) => `${k}=${v}`);
    Deno.test(
      `row changes do what a plain model does (${
        [...names, partitioned ? "partitioned" : "unpartitioned"].join(", ")
      })`,
      async () => {
        for (let seed = 1; seed <= 6; seed++) {
          try {
            await program(seed, properties, partitioned);
          } catch (error) {
            throw new Error(`seed ${seed}`, { cause: error });
          }
        }
      },
    );
  }
}
