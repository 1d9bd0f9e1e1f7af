import { assert, assertEquals } from "@std/assert";
import { column, columns } from "../../testing/built_table.ts";
import { toArrowSchema } from "../parquet/arrow_schema.ts";
import { bytesSource } from "../parquet/byte_source.ts";
import { type ParquetFooter, readFooter } from "../parquet/footer.ts";
import { buildBatch } from "../parquet/build_column.ts";
import { writeParquet } from "../parquet/parquet_codec.ts";
import type { StructType } from "../schema/data_type.ts";
import { fileTree, findNode, hasFieldIds } from "./file_tree.ts";

async function footerOf(schema: StructType): Promise<ParquetFooter> {
  const { bytes } = await writeParquet(
    toArrowSchema(schema),
    [buildBatch(schema, [])],
    { codec: "zstd" },
  );
  return await readFooter(bytesSource("f", bytes));
}

const NESTED = columns(
  column("a", columns(column("x", "long"), column("y", "string"))),
  column("b", "long"),
);

Deno.test("fileTree() nests the leaves under their ancestors", async () => {
  const tree = fileTree(await footerOf(NESTED));
  assertEquals(tree.map((node) => node.name), ["a", "b"]);
  assertEquals(tree[0]!.children.map((node) => node.path), [
    ["a", "x"],
    ["a", "y"],
  ]);
  assertEquals(tree[1]!.leaf?.index, 2);
});

Deno.test("findNode() finds a field inside structs, or nothing", async () => {
  const tree = fileTree(await footerOf(NESTED));
  const { fields } = NESTED;
  assertEquals(findNode(tree, fields, ["a", "y"], "none")?.node.leaf?.index, 1);
  const more = columns(
    column("a", columns(column("z", "long"))),
    column("c", "long"),
  ).fields;
  assertEquals(findNode(tree, more, ["a", "z"], "none"), undefined);
  assertEquals(findNode(tree, more, ["c"], "none"), undefined);
  assertEquals(findNode(tree, more, ["nobody"], "none"), undefined);
});

Deno.test("hasFieldIds() tells whether a file has any", async () => {
  assert(!hasFieldIds(await footerOf(NESTED)));
  const id = { "delta.columnMapping.id": 4 };
  assert(hasFieldIds(await footerOf(columns(column("a", "long", id)))));
});
