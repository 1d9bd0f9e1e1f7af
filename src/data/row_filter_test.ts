import { assertEquals } from "@std/assert";
import { column, columns } from "../../testing/built_table.ts";
import { bindPredicate } from "../expression/bind.ts";
import { col, type Predicate } from "../expression/predicate.ts";
import { buildBatch } from "../parquet/build_column.ts";
import { rowFilter } from "./row_filter.ts";

const SCHEMA = columns(
  column("n", "long"),
  column("s", columns(column("x", "long"))),
);
const DATA = buildBatch(SCHEMA, [
  { n: 1n, s: { x: 1n } },
  { n: 2n, s: null },
  { n: null, s: { x: null } },
  { n: 4n, s: { x: 4n } },
]).data.children;

function kept(where: Predicate, live?: number[]): number[] | undefined {
  const filter = rowFilter(bindPredicate(where, SCHEMA), SCHEMA.fields)!;
  const rows = filter(DATA, 4, live && Uint32Array.from(live));
  return rows && [...rows];
}

Deno.test("rowFilter() keeps the rows for which the predicate is true, not null", () => {
  assertEquals(kept(col("n").gt(1)), [1, 3]);
  assertEquals(kept(col("n").isNull()), [2]);
  assertEquals(kept(col("n").lt(0)), []);
});

Deno.test("rowFilter() takes a field of a null struct for null", () => {
  assertEquals(kept(col("s", "x").isNull()), [1, 2]);
  assertEquals(kept(col("s", "x").ge(1)), [0, 3]);
});

Deno.test("rowFilter() looks at live rows only, and says undefined for all rows", () => {
  assertEquals(kept(col("n").gt(0), [0, 2, 3]), [0, 3]);
  assertEquals(kept(col("s").isNotNull(), [0]), [0]);
  const all = rowFilter(bindPredicate(col("n").ne(9), SCHEMA), SCHEMA.fields)!;
  assertEquals(
    all(DATA.map((data) => data.slice(0, 2)), 2, undefined),
    undefined,
  );
  assertEquals(rowFilter(undefined, []), undefined);
});
