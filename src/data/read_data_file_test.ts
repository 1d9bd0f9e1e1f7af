import { assertEquals } from "@std/assert";
import {
  buildTable,
  type BuiltTableOptions,
  column,
  columns,
} from "../../testing/built_table.ts";
import { bindPredicate } from "../expression/bind.ts";
import { col, type Predicate } from "../expression/predicate.ts";
import { columnReader } from "../parquet/arrow_values.ts";
import { everyRow } from "../parquet/take_rows.ts";
import type { StructType } from "../schema/data_type.ts";
import type { Row } from "../schema/value.ts";
import { openDataFile } from "./open_data_file.ts";
import { partitionRows, readDataFile, readFileRows } from "./read_data_file.ts";

interface Read {
  readonly columns?: StructType;
  readonly where?: Predicate;
  readonly batchRows?: number;
}

/** The rows of a table's only file. */
async function rowsOf(
  options: BuiltTableOptions,
  read: Read = {},
): Promise<Row[]> {
  const { context, snapshot, adds } = await buildTable(options);
  const wanted = read.columns ?? options.schema;
  const rows: Row[] = [];
  const batches = readDataFile(context, snapshot, adds[0]!, {
    columns: wanted,
    predicate: read.where && bindPredicate(read.where, options.schema),
    batchRows: read.batchRows,
  });
  for await (const batch of batches) {
    const readers = wanted.fields.map(({ name, type }, i) =>
      [name, columnReader(batch.data.children[i]!, type)] as const
    );
    for (let row = 0; row < batch.numRows; row++) {
      rows.push(
        Object.fromEntries(readers.map(([name, value]) => [name, value(row)])),
      );
    }
  }
  return rows;
}

const numbers = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ n: BigInt(i) }));
const N = columns(column("n", "long"));

Deno.test("readDataFile() leaves deleted rows out, by their place in the file", async () => {
  const deleted = [0, 7, 8, 9, 10, 24];
  const rows = await rowsOf({
    schema: N,
    files: [{
      path: "f",
      schema: N,
      rows: numbers(25),
      deleted,
      rowGroupRows: 8,
    }],
  }, { batchRows: 3, where: col("n").ge(6) });
  const expected = numbers(25).filter(({ n }) =>
    n >= 6n && !deleted.includes(Number(n))
  );
  assertEquals(rows, expected);
});

Deno.test("readDataFile() takes partition values from the log, also where the file has the column", async () => {
  const schema = columns(column("p", "date"), column("n", "long"));
  const rows = await rowsOf({
    schema,
    partitionColumns: ["p"],
    files: [{
      path: "p=x/f",
      schema: columns(column("p", "string"), column("n", "long")),
      rows: [{ p: "wrong", n: 1n }, { p: "wrong", n: 2n }],
      partitionValues: { p: "1970-01-03" },
    }],
  }, { where: col("p").eq("1970-01-03") });
  assertEquals(rows, [{ p: 2, n: 1n }, { p: 2, n: 2n }]);
});

Deno.test("readDataFile() finds columns by physical name, nested ones too", async () => {
  const mapped = (name: string, physical: string) => ({
    "delta.columnMapping.id": name.length,
    "delta.columnMapping.physicalName": physical,
  });
  const schema = columns(
    column("b", "string", mapped("b", "a")),
    column(
      "s",
      columns(column("x", "long", mapped("xx", "col-2"))),
      mapped("sss", "col-1"),
    ),
    column("p", "integer", mapped("pppp", "col-3")),
  );
  const rows = await rowsOf({
    schema,
    partitionColumns: ["p"],
    configuration: { "delta.columnMapping.mode": "name" },
    files: [{
      path: "f",
      schema: columns(
        column("a", "string"),
        column("b", "string"),
        column("col-1", columns(column("col-2", "long"))),
      ),
      rows: [{ a: "right", b: "wrong", "col-1": { "col-2": 5n } }],
      partitionValues: { "col-3": "8" },
    }],
  }, { where: col("s", "x").eq(5) });
  assertEquals(rows, [{ b: "right", s: { x: 5n }, p: 8 }]);
});

Deno.test("readDataFile() finds columns by id alone where the table says so", async () => {
  const id = (n: number, physical: string) => ({
    "delta.columnMapping.id": n,
    "delta.columnMapping.physicalName": physical,
  });
  const rows = await rowsOf({
    schema: columns(
      column("now", columns(column("y", "long", id(2, "x"))), id(1, "q")),
      column("late", "string", id(9, "then")),
    ),
    configuration: { "delta.columnMapping.mode": "id" },
    files: [{
      path: "f",
      schema: columns(
        column(
          "then",
          columns(column("other", "long", id(2, "o"))),
          id(1, "t"),
        ),
      ),
      rows: [{ then: { other: 3n } }],
    }],
  });
  assertEquals(rows, [{ now: { y: 3n }, late: null }]);
});

Deno.test("readDataFile() reads what the predicate needs and gives what was asked, in that order", async () => {
  const schema = columns(
    column("a", "long"),
    column("b", "string"),
    column("c", "boolean"),
  );
  const rows = await rowsOf({
    schema,
    files: [{
      path: "f",
      schema,
      rows: [
        { a: 1n, b: "x", c: true },
        { a: 2n, b: "y", c: false },
        { a: 3n, b: null, c: true },
      ],
    }],
  }, {
    columns: columns(schema.fields[2]!, schema.fields[1]!),
    where: col("a").gt(1),
  });
  assertEquals(rows, [{ c: false, b: "y" }, { c: true, b: null }]);
});

Deno.test("readDataFile() has rows without columns to count", async () => {
  const { context, snapshot, adds } = await buildTable({
    schema: N,
    files: [{ path: "f", schema: N, rows: numbers(10), deleted: [1, 2] }],
  });
  for (const [where, expected] of [[undefined, 8], ["n", 4]] as const) {
    let rows = 0;
    const batches = readDataFile(context, snapshot, adds[0]!, {
      columns: columns(),
      predicate: where && bindPredicate(col(where).ge(6), N),
    });
    for await (const batch of batches) rows += batch.numRows;
    assertEquals(rows, expected);
  }
});

Deno.test("readFileRows() tells where in the file each row stands", async () => {
  const { context, snapshot, adds } = await buildTable({
    schema: N,
    files: [{
      path: "f",
      schema: N,
      rows: numbers(25),
      deleted: [11],
      rowGroupRows: 10,
    }],
  });
  const open = await openDataFile(context, adds[0]!);
  const found: number[] = [];
  const parts = readFileRows(open, snapshot, {
    columns: N,
    predicate: bindPredicate(col("n").in([3, 11, 12, 24]), N),
    batchRows: 4,
  });
  for await (const { batch, firstRow, rows } of parts) {
    const read = columnReader(batch.data.children[0]!, { kind: "long" });
    for (const row of rows ?? everyRow(batch.numRows)) {
      assertEquals(read(row), BigInt(firstRow + row));
      found.push(firstRow + row);
    }
  }
  assertEquals(found, [3, 12, 24]);
});

Deno.test("partitionRows() repeats the partition values", async () => {
  const schema = columns(column("p", "string"), column("n", "long"));
  const { snapshot, adds } = await buildTable({
    schema,
    partitionColumns: ["p"],
    files: [{ path: "f", schema: N, rows: [], partitionValues: { p: "é" } }],
  });
  const batches = [
    ...partitionRows(snapshot, adds[0]!, 5, columns(schema.fields[0]!), 2),
  ];
  assertEquals(batches.map((batch) => batch.numRows), [2, 2, 1]);
  const read = columnReader(batches[2]!.data.children[0]!, { kind: "string" });
  assertEquals(read(0), "é");
});
