/**
 * Creates a table, appends to it and reads some of it back.
 *
 *     deno run -A examples/append_and_read.ts [URL of the table]
 *
 * Any store will do: memory (the default), a folder, `s3://bucket/path`.
 *
 * @module
 */

import { and, col, DeltaTable } from "@litmus/delta";

const url = Deno.args[0] ?? "memory://examples/readings";

const table = await DeltaTable.create(url, {
  schema: {
    kind: "struct",
    fields: [
      {
        name: "sensor",
        type: { kind: "string" },
        nullable: false,
        metadata: {},
      },
      {
        name: "at",
        type: { kind: "timestamp" },
        nullable: false,
        metadata: {},
      },
      {
        name: "celsius",
        type: { kind: "double" },
        nullable: true,
        metadata: {},
      },
    ],
  },
  partitionBy: ["sensor"],
});

await table.append([
  { sensor: "roof", at: "2025-06-01T12:00:00Z", celsius: 31.5 },
  { sensor: "roof", at: "2025-06-01T13:00:00Z", celsius: null },
  { sensor: "cellar", at: "2025-06-01T12:00:00Z", celsius: 14.25 },
]);

// Only the files of the partition are opened.
const warm = and(col("sensor").eq("roof"), col("celsius").gt(30));
for await (
  const row of table.rows({ columns: ["at", "celsius"], where: warm })
) {
  console.log(row.at, row.celsius);
}

await table.close();
