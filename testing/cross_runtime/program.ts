/**
 * Creates a table, appends to it and reads it back, on whichever runtime runs
 * this: Deno, Node 22 or later, Bun. Prints what it found as one line of JSON.
 *
 * @module
 */

import process from "node:process";
import { col, DeltaTable, type StructType } from "../../src/mod.ts";

const SCHEMA: StructType = {
  kind: "struct",
  fields: [
    { name: "id", type: { kind: "long" }, nullable: false, metadata: {} },
    { name: "name", type: { kind: "string" }, nullable: true, metadata: {} },
    { name: "at", type: { kind: "timestamp" }, nullable: true, metadata: {} },
  ],
};

const table = await DeltaTable.create(process.argv[2]!, { schema: SCHEMA });
await table.append([
  { id: 1n, name: "one", at: 253402300799999999n },
  { id: 2n ** 62n, name: null, at: null },
]);
const { version } = await table.append([{ id: 3n, name: "三", at: 0n }]);
const texts: string[] = [];
for await (const row of table.rows({ where: col("id").gt(1) })) {
  texts.push(`${row.id} ${row.name} ${row.at}`);
}
const first = await table.at({ version: 1 });
console.log(JSON.stringify({
  version,
  rows: texts.sort(),
  rowsAtVersion1: await first.count(),
}));
await table.close();
