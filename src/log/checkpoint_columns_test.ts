import { assertEquals } from "@std/assert";
import { checkpointLayout } from "./checkpoint_columns.ts";
import { FileBatchBuilder } from "./file_batch.ts";
import { childOf, columnOf, validityReader } from "./plain_values.ts";

Deno.test("checkpointLayout() has the columns that a file of its kind needs", async (t) => {
  const core = ["txn", "metaData", "protocol", "domainMetadata"];
  const files = ["add", "remove"];
  const head = ["checkpointMetadata", "sidecar"];
  const cases: [string, boolean, boolean, boolean, string[]][] = [
    ["classic", true, true, false, [...core, ...files]],
    ["V2 on top", true, false, true, [...core, ...head]],
    ["sidecar", false, true, true, files],
  ];
  for (const [name, withCore, withFiles, v2, expected] of cases) {
    await t.step(name, () => {
      const layout = checkpointLayout({
        core: withCore,
        files: withFiles,
        v2,
        statsAsJson: true,
        parsed: undefined,
      });
      assertEquals(layout.schema.fields.map((f) => f.name), expected);
    });
  }
});

Deno.test("checkpointLayout() puts one action in a row", () => {
  const layout = checkpointLayout({
    core: true,
    files: true,
    v2: false,
    statsAsJson: false,
    parsed: undefined,
  });
  const builder = new FileBatchBuilder();
  builder.add({
    path: "f",
    partitionValues: {},
    size: 1,
    modificationTime: 1,
    dataChange: true,
  });
  const batches = [
    layout.coreBatch({
      protocol: { minReaderVersion: 1, minWriterVersion: 2 },
      metadata: {
        id: "t",
        format: { provider: "parquet" },
        schemaString: "",
        partitionColumns: [],
        configuration: {},
      },
      transactions: [{ appId: "a", version: 1 }, { appId: "b", version: 2 }],
      domains: [],
    }),
    layout.fileBatch(builder.finish()[0]!),
    layout.removeBatch([{ path: "g", dataChange: true }]),
  ];
  const kinds = batches.flatMap((batch) =>
    Array.from(
      { length: batch.numRows },
      (_, row) =>
        batch.schema.fields.map((f) => f.name)
          .filter((name) => validityReader(columnOf(batch, name)!)(row)),
    )
  );
  assertEquals(kinds, [
    ["protocol"],
    ["metaData"],
    ["txn"],
    ["txn"],
    ["add"],
    ["remove"],
  ]);
  const add = columnOf(batches[1]!, "add")!;
  assertEquals(childOf(add, "stats"), undefined);
});
