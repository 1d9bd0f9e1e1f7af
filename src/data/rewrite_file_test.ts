import { assertEquals } from "@std/assert";
import { buildTable, column, columns } from "../../testing/built_table.ts";
import { bindPredicate } from "../expression/bind.ts";
import { col } from "../expression/predicate.ts";
import type { RecordBatch } from "apache-arrow";
import { columnReader } from "../parquet/arrow_values.ts";
import { findRows, PositionList, splitFile } from "./rewrite_file.ts";

const SCHEMA = columns(column("id", "long"));

const built = () =>
  buildTable({
    schema: SCHEMA,
    files: [{
      path: "f",
      schema: SCHEMA,
      rows: [0, 1, 2, 3, 4, 5, 6, 7].map((i) => ({ id: BigInt(i) })),
      deleted: [1, 4],
      rowGroupRows: 3,
    }],
  });

const ids = (batch: RecordBatch | undefined): number[] => {
  if (!batch) return [];
  const read = columnReader(batch.data.children[0]!, { kind: "long" });
  return Array.from({ length: batch.numRows }, (_, i) => Number(read(i)));
};

Deno.test("findRows() gives positions in the file, deleted rows left out", async () => {
  const { context, snapshot, adds } = await built();
  const predicate = bindPredicate(col("id").in([1, 2, 5, 7]), SCHEMA);
  const found = await findRows(context, snapshot, adds[0]!, { predicate });
  assertEquals([...found.positions!], [2, 5, 7]);
  assertEquals([found.found, found.rowCount, found.deleted!.size], [3, 8, 2]);
});

Deno.test("findRows() gives no positions when every live row is found", async () => {
  const { context, snapshot, adds } = await built();
  const all = bindPredicate(col("id").ge(0), SCHEMA);
  for (const predicate of [undefined, all]) {
    const found = await findRows(context, snapshot, adds[0]!, { predicate });
    assertEquals([found.positions, found.found], [undefined, 6]);
  }
  const none = bindPredicate(col("id").gt(50), SCHEMA);
  const nothing = await findRows(context, snapshot, adds[0]!, {
    predicate: none,
  });
  assertEquals([nothing.found, nothing.positions?.length], [0, 0]);
});

Deno.test("splitFile() parts live rows across row groups, counting touched ones", async () => {
  const { context, snapshot, adds } = await built();
  for (const keeps of [true, false]) {
    const touched = { add: adds[0]!, positions: Uint32Array.of(0, 3, 6) };
    const apart: number[] = [], kept: number[] = [], firsts: number[] = [];
    const parts = splitFile(context, snapshot, touched, { keeps });
    for await (const part of parts) {
      if (part.touched) firsts.push(part.firstTouched);
      apart.push(...ids(part.touched));
      kept.push(...ids(part.kept));
    }
    assertEquals(apart, [0, 3, 6]);
    assertEquals(kept, keeps ? [2, 5, 7] : []);
    assertEquals(firsts[0], 0);
  }
});

Deno.test("splitFile() touches every live row without positions", async () => {
  const { context, snapshot, adds } = await built();
  const apart: number[] = [];
  const touched = { add: adds[0]!, positions: undefined };
  const all = { keeps: true };
  for await (const part of splitFile(context, snapshot, touched, all)) {
    assertEquals(part.kept, undefined);
    apart.push(...ids(part.touched));
  }
  assertEquals(apart, [0, 2, 3, 5, 6, 7]);
});

Deno.test("PositionList grows past its first buffer", () => {
  const list = new PositionList();
  for (let i = 0; i < 1_000; i++) list.add(2 * i);
  list.addAll(5_000, Uint32Array.of(1, 3), 10);
  list.addAll(6_000, undefined, 2);
  assertEquals(list.length, 1_004);
  assertEquals([...list.toArray().slice(-4)], [5_001, 5_003, 6_000, 6_001]);
});
