import { assertEquals, assertRejects } from "@std/assert";
import { buildTable, column, columns } from "../../testing/built_table.ts";
import { DeltaError } from "../errors.ts";
import { bindPredicate } from "../expression/bind.ts";
import { and, col } from "../expression/predicate.ts";
import { type OpenDataFile, openDataFile } from "./open_data_file.ts";
import { columnsToRead, fileColumns } from "./projection.ts";

const SCHEMA = columns(
  column("a", columns(column("x", "long"), column("y", "string"))),
  column("b", "long"),
  column("c", "string"),
);

async function openBuilt(): Promise<OpenDataFile> {
  const { context, adds } = await buildTable({
    schema: SCHEMA,
    files: [{ path: "f.parquet", schema: SCHEMA, rows: [] }],
  });
  return await openDataFile(context, adds[0]!);
}

Deno.test("columnsToRead() adds what only the predicate looks at, and no more of it", () => {
  const where = bindPredicate(
    and(col("a", "x").gt(1), col("b").isNull()),
    SCHEMA,
  );
  const asked = columns(SCHEMA.fields[1]!);
  assertEquals(columnsToRead(SCHEMA, asked, where), [
    SCHEMA.fields[1]!,
    column("a", columns(column("x", "long"))),
  ]);
  assertEquals(columnsToRead(SCHEMA, asked, undefined), asked.fields);
});

Deno.test("fileColumns() names only what the fields need", async () => {
  const open = await openBuilt();
  const of = (...fields: ReturnType<typeof column>[]) =>
    fileColumns(open, {}, fields);
  assertEquals(of(column("C", "string")), [["c"]]);
  assertEquals(of(column("a", columns(column("y", "string")))), [["a", "y"]]);
  assertEquals(of(column("late", "long"), column("c", "void")), []);
  // Which rows of the struct are null can be had from any of its leaves.
  assertEquals(of(column("a", columns(column("z", "long")))), [["a"]]);
});

Deno.test("fileColumns() refuses a file without ids where columns go by id", async () => {
  const open = await openBuilt();
  const byId = { "delta.columnMapping.mode": "id" };
  const error = await assertRejects(
    () => Promise.resolve().then(() => fileColumns(open, byId, SCHEMA.fields)),
    DeltaError,
  );
  assertEquals(error.code, "DELTA_DATA_FILE_CORRUPT");
  assertEquals(/f\.parquet/.test(error.message), true);
});
