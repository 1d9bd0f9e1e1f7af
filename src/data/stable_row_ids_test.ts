import { assertEquals, assertRejects } from "@std/assert";
import { buildTable, column, columns } from "../../testing/built_table.ts";
import type { AddFile } from "../actions/action.ts";
import { DeltaError } from "../errors.ts";
import { columnReader } from "../parquet/arrow_values.ts";
import type { RowTrackingColumns } from "../protocol/row_tracking.ts";
import type { Row } from "../schema/value.ts";
import { readDataFile } from "./read_data_file.ts";

const SCHEMA = columns(column("id", "long"));
const TRACKING: RowTrackingColumns = [
  column("_row-id-col-x", "long"),
  column("_row-commit-version-col-x", "long"),
];
const STORED = columns(...TRACKING, column("id", "long"));

/** `id`, row id and row commit version of each row of a file. */
async function read(
  rows: readonly Row[],
  add: Partial<AddFile>,
  options: { batchRows?: number; schema?: typeof SCHEMA } = {},
): Promise<number[][]> {
  const { context, snapshot, adds } = await buildTable({
    schema: SCHEMA,
    files: [{
      path: "f",
      schema: options.schema ?? SCHEMA,
      rows,
      deleted: [1],
      rowGroupRows: 3,
    }],
  });
  const found: number[][] = [];
  const batches = readDataFile(context, snapshot, { ...adds[0]!, ...add }, {
    columns: SCHEMA,
    tracking: TRACKING,
    batchRows: options.batchRows,
  });
  for await (const batch of batches) {
    const readers = batch.data.children.map((data) =>
      columnReader(data, { kind: "long" })
    );
    for (let row = 0; row < batch.numRows; row++) {
      found.push(readers.map((value) => Number(value(row))));
    }
  }
  return found;
}

const FIVE = [0n, 1n, 2n, 3n, 4n].map((id) => ({ id }));

Deno.test("rows without materialised ids have those of their places in the file, deleted rows counted", async () => {
  const add = { baseRowId: 100, defaultRowCommitVersion: 7 };
  const expected = [[0, 100, 7], [2, 102, 7], [3, 103, 7], [4, 104, 7]];
  for (const batchRows of [1, 2, 65_536]) {
    assertEquals(await read(FIVE, add, { batchRows }), expected);
  }
});

Deno.test("rows have the ids and versions that were materialised, and each null is filled alone", async () => {
  const [id, version] = TRACKING.map(({ name }) => name) as [string, string];
  const big = 2n ** 53n + 2n;
  const rows = [
    { id: 0n, [id]: 9n, [version]: 1n },
    { id: 1n, [id]: 8n, [version]: null },
    { id: 2n, [id]: null, [version]: 2n },
    { id: 3n, [id]: big, [version]: null },
    { id: 4n, [id]: null, [version]: null },
  ];
  const add = { baseRowId: 100, defaultRowCommitVersion: 7 };
  assertEquals(await read(rows, add, { schema: STORED, batchRows: 2 }), [
    [0, 9, 1],
    [2, 102, 2],
    [3, Number(big), 7],
    [4, 104, 7],
  ]);
});

Deno.test("a file whose action has no row ids to begin from is refused by name", async () => {
  for (const add of [{}, { baseRowId: 3 }]) {
    const error = await assertRejects(() => read(FIVE, add), DeltaError);
    assertEquals(error.code, "DELTA_INVALID_PROTOCOL");
    assertEquals(String(error.context["path"]).endsWith("/f"), true);
  }
});
