import { assert, assertEquals } from "@std/assert";
import { buildTable, column, columns } from "../../testing/built_table.ts";
import { bindPredicate } from "../expression/bind.ts";
import { compilePredicate } from "../expression/evaluate.ts";
import { col, lit, not, type Predicate } from "../expression/predicate.ts";
import type { Row, Value } from "../schema/value.ts";
import { openDataFile } from "./open_data_file.ts";
import { rowGroupsToRead } from "./row_group_skipping.ts";

const GROUP_ROWS = 10;

const SCHEMA = columns(
  column("i", "integer"),
  column("l", "long"),
  column("f", "float"),
  column("d", "double"),
  column("s", "string"),
  column("b", "binary"),
  column("ok", "boolean"),
  column("day", "date"),
  column("t", "timestamp"),
  column("small", { kind: "decimal", precision: 9, scale: 2 }),
  column("wide", { kind: "decimal", precision: 38, scale: 3 }),
  column("in", columns(column("x", "long"))),
  column("p", "string"),
);

/** Row `n` of group `n / 10`: values grow with `n`, below zero at first. */
function rowOf(n: number): Row {
  const sign = n - 15;
  if (n >= 40) return emptyRow();
  return {
    i: sign,
    l: BigInt(sign) * 2n ** 40n,
    f: n === 35 ? NaN : sign / 4,
    d: sign === 0 ? -0 : sign / 8,
    s: `${String.fromCodePoint(0x61 + n)}${"é".repeat(40)}`,
    b: Uint8Array.of(0x70 + n, n),
    ok: n >= 20,
    day: sign,
    t: BigInt(sign) * 1_000_001n,
    small: { unscaled: BigInt(sign) * 101n, scale: 2 },
    wide: { unscaled: BigInt(sign) * 10n ** 30n, scale: 3 },
    in: n % 10 === 3 ? null : { x: BigInt(n) },
  };
}

function emptyRow(): Row {
  return Object.fromEntries(SCHEMA.fields.map(({ name }) => [name, null]));
}

function predicates(path: [string, ...string[]], value: Value): Predicate[] {
  const column = col(...path);
  if (value === null) return [column.isNull(), column.isNotNull()];
  const literal = lit(value);
  return [
    column.eq(literal),
    column.ne(literal),
    column.lt(literal),
    column.le(literal),
    column.gt(literal),
    column.ge(literal),
    not(column.lt(literal)),
    column.in([value]),
  ];
}

Deno.test("rowGroupsToRead() never leaves out a row that matches", async () => {
  const rows = Array.from({ length: 50 }, (_, n) => rowOf(n));
  const file = columns(...SCHEMA.fields.slice(0, -1));
  const { context, adds, snapshot } = await buildTable({
    schema: SCHEMA,
    partitionColumns: ["p"],
    files: [{
      path: "f.parquet",
      schema: file,
      rows,
      rowGroupRows: GROUP_ROWS,
      partitionValues: { p: "a" },
    }],
  });
  const open = await openDataFile(context, adds[0]!);
  assertEquals(open.footer.rowGroups.length, 5);
  let skipped = 0;
  const paths: [string, ...string[]][] = [
    ...file.fields.slice(0, -1).map(({ name }): [string] => [name]),
    ["in", "x"],
  ];
  for (const path of paths) {
    for (const n of [0, 3, 9, 10, 15, 29, 33, 39, 45]) {
      const value = path.reduce<Value>(
        (v, step) => v === null ? null : (v as Row)[step] ?? null,
        rows[n]! as Value,
      );
      for (const where of predicates(path, value)) {
        const bound = bindPredicate(where, SCHEMA);
        const matches = compilePredicate(
          bound,
          (path) => (row) =>
            path.reduce<Value>(
              (v, step) => v === null ? null : (v as Row)[step] ?? null,
              rows[row]! as Value,
            ),
        );
        const kept = new Set(rowGroupsToRead(open, snapshot, bound));
        skipped += 5 - kept.size;
        rows.forEach((_, row) => {
          const group = Math.floor(row / GROUP_ROWS);
          assert(
            matches(row) !== true || kept.has(group),
            `row ${row} matches ${path} ${JSON.stringify(where.kind)}`,
          );
        });
      }
    }
  }
  assert(skipped > 400, `only ${skipped} row groups were skipped`);
});

Deno.test("rowGroupsToRead() skips by order, by null count and by partition value", async () => {
  const rows = Array.from({ length: 50 }, (_, n) => rowOf(n));
  const { context, adds, snapshot } = await buildTable({
    schema: SCHEMA,
    partitionColumns: ["p"],
    files: [{
      path: "f.parquet",
      schema: columns(...SCHEMA.fields.slice(0, -1)),
      rows,
      rowGroupRows: GROUP_ROWS,
      partitionValues: { p: "a" },
    }],
  });
  const open = await openDataFile(context, adds[0]!);
  const groups = (where: Predicate) =>
    rowGroupsToRead(open, snapshot, bindPredicate(where, SCHEMA));
  assertEquals(groups(col("i").ge(10)), [2, 3]);
  assertEquals(groups(col("l").lt(lit(-5n * 2n ** 40n))), [0]);
  assertEquals(groups(col("i").isNull()), [4]);
  assertEquals(groups(col("i").isNotNull()), [0, 1, 2, 3]);
  assertEquals(groups(col("s").lt("b")), [0]);
  assertEquals(groups(col("day").eq(lit(0))), [1]);
  assertEquals(groups(col("p").eq("b")), []);
  assertEquals(groups(col("p").eq("a")), [0, 1, 2, 3, 4]);
});
