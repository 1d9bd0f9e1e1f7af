import { assert, assertEquals, assertThrows } from "@std/assert";
import { buildTable, column, columns } from "../../testing/built_table.ts";
import { DeltaError } from "../errors.ts";
import { bindPredicate } from "../expression/bind.ts";
import { and, col } from "../expression/predicate.ts";
import {
  columnsToScan,
  countByStatistics,
  isPartitionOnly,
  planScan,
} from "./plan_scan.ts";

const SCHEMA = columns(column("Id", "long"), column("p", "string"));

Deno.test("columnsToScan() finds columns in any capitalisation, in the order asked", () => {
  const names = columnsToScan(SCHEMA, ["P", "id"]).fields.map((f) => f.name);
  assertEquals(names, ["p", "Id"]);
  assertEquals(columnsToScan(SCHEMA, undefined), SCHEMA);
  assertEquals(columnsToScan(SCHEMA, []).fields, []);
});

Deno.test("columnsToScan() refuses a column that is not there, or named twice", () => {
  for (
    const [names, code] of [
      [["x"], "DELTA_COLUMN_NOT_FOUND"],
      [["p", "P"], "DELTA_INVALID_ARGUMENT"],
    ] as const
  ) assertThrows(() => columnsToScan(SCHEMA, names), DeltaError, code);
});

Deno.test("planScan() keeps the files that may match", async () => {
  const file = columns(column("Id", "long"));
  const { snapshot } = await buildTable({
    schema: SCHEMA,
    partitionColumns: ["p"],
    files: [0, 1, 2, 3].map((i) => ({
      path: `f${i}`,
      schema: file,
      rows: [{ Id: BigInt(i) }],
      partitionValues: { p: i % 2 === 0 ? "even" : "odd" },
    })),
  });
  const files = await snapshot.files();
  const plan = (where?: ReturnType<typeof and>) =>
    [...planScan(files, snapshot, where && bindPredicate(where, SCHEMA))]
      .map((add) => add.path).sort();
  assertEquals(plan(), ["f0", "f1", "f2", "f3"]);
  assertEquals(plan(and(col("id").ge(2))), ["f2", "f3"]);
  assertEquals(plan(and(col("id").ge(2), col("p").eq("odd"))), ["f3"]);
});

Deno.test("countByStatistics() takes deleted rows off, and says nothing where it cannot", async () => {
  const built = await buildTable({
    schema: SCHEMA,
    files: [{
      path: "f",
      schema: SCHEMA,
      rows: [{ Id: 1n, p: null }, { Id: 2n, p: null }],
      deleted: [0],
    }],
  });
  const add = built.adds[0]!;
  assertEquals(countByStatistics(add), 1);
  const { stats: _, ...without } = add;
  assertEquals(countByStatistics(without), undefined);
  assertEquals(
    countByStatistics({ ...add, stats: '{"numRecords":0}' }),
    undefined,
  );
});

Deno.test("isPartitionOnly() is about every column of the predicate", async () => {
  const { snapshot } = await buildTable({
    schema: SCHEMA,
    partitionColumns: ["p"],
    files: [],
  });
  const only = (where: ReturnType<typeof and>) =>
    isPartitionOnly(bindPredicate(where, SCHEMA), snapshot.metadata);
  assert(only(and(col("p").eq("a"), col("p").isNotNull())));
  assert(!only(and(col("p").eq("a"), col("id").eq(1))));
});
