/**
 * Overwrites a table, and looks at what it held before.
 *
 *     deno run -A examples/time_travel.ts [URL of the table]
 *
 * @module
 */

import { DeltaTable } from "@litmus/delta";

const url = Deno.args[0] ?? "memory://examples/prices";

const table = await DeltaTable.create(url, {
  schema: {
    kind: "struct",
    fields: [
      { name: "item", type: { kind: "string" }, nullable: false, metadata: {} },
      {
        name: "price",
        type: { kind: "decimal", precision: 9, scale: 2 },
        nullable: false,
        metadata: {},
      },
    ],
  },
});
await table.append([{ item: "kite", price: "12.50" }]);
await table.overwrite([{ item: "kite", price: "14.00" }]);

for (const version of [1, 2]) {
  const then = await table.at({ version });
  for await (const { price } of then.rows()) console.log(version, price);
}

// Every commit: when, what, and whether it read the table.
for await (const commit of table.history()) {
  console.log(commit.version, new Date(commit.timestamp).toISOString());
}

await table.close();
