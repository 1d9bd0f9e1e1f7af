import { assert, assertEquals } from "@std/assert";
import { column, columns } from "../../testing/built_table.ts";
import { columnReader } from "../parquet/arrow_values.ts";
import { buildBatch } from "../parquet/build_column.ts";
import type { Row, Value } from "../schema/value.ts";
import { interleavedOrder, ranksOf, zOrdered } from "./z_order.ts";

Deno.test("ranksOf() spreads distinct values over 32 bits, nulls first, equal ones together", () => {
  const values: Value[] = ["b", null, "a", "b", "c"];
  const ranks = [...ranksOf(values, { kind: "string" })];
  assertEquals(ranks[1], 0);
  assertEquals(ranks[0], ranks[3]);
  assert(ranks[2]! > 0 && ranks[2]! < ranks[0]! && ranks[0]! < ranks[4]!);
  assertEquals(ranks[4], 2 ** 32 - 1);
  assertEquals([...ranksOf([null, null], { kind: "long" })], [0, 0]);
});

/** Interleaved bits, the slow way: the first column has the higher bit. */
function interleave(ranks: readonly number[]): bigint {
  let code = 0n;
  for (let bit = 31; bit >= 0; bit--) {
    for (const rank of ranks) {
      code = code << 1n | BigInt(Math.floor(rank / 2 ** bit) % 2);
    }
  }
  return code;
}

Deno.test("interleavedOrder() is the order of the interleaved bits", () => {
  let seed = 7;
  const next = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0);
  for (let count = 1; count <= 3; count++) {
    const ranks = Array.from(
      { length: count },
      () => Uint32Array.from({ length: 300 }, () => next() >>> (next() % 30)),
    );
    const codes = Array.from(
      { length: 300 },
      (_, row) => interleave(ranks.map((column) => column[row]!)),
    );
    const expected = [...codes.keys()].sort((a, b) =>
      codes[a]! < codes[b]! ? -1 : codes[a]! > codes[b]! ? 1 : a - b
    );
    assertEquals([...interleavedOrder(ranks, 300)], expected);
  }
});

Deno.test("zOrdered() sorts group by group, and loses no row", async () => {
  const schema = columns(column("x", "long"), column("s", "string"));
  async function* batches() {
    for (let i = 0; i < 10; i++) {
      const rows: Row[] = Array.from({ length: 10 }, (_, j) => ({
        x: j % 4 === 0 ? null : BigInt((i * 7 + j * 31) % 100),
        s: `${i}/${j}`,
      }));
      yield await Promise.resolve(buildBatch(schema, rows));
    }
  }
  const seen: { x: Value; s: Value }[] = [];
  let groups = 0;
  const ordered = zOrdered(
    batches(),
    [{ index: 0, type: { kind: "long" } }],
    { rows: 30, bytes: Infinity },
  );
  for await (const batch of ordered) {
    groups++;
    const [x, s] = batch.data.children.map((data, i) =>
      columnReader(data, schema.fields[i]!.type)
    );
    const own: Value[] = [];
    for (let row = 0; row < batch.numRows; row++) {
      seen.push({ x: x!(row), s: s!(row) });
      own.push(x!(row));
    }
    const sorted = [...own].sort((a, b) => Number(a ?? -1) - Number(b ?? -1));
    assertEquals(own, sorted);
  }
  assertEquals(groups, 4);
  assertEquals(new Set(seen.map((row) => row.s)).size, 100);
});
