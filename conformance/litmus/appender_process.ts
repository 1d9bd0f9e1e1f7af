/**
 * A writer in a process of its own, for C12: appends rows to a folder, one a commit.
 *
 * @module
 */

import process from "node:process";
import { DeltaTable } from "../../src/mod.ts";

const [url, name, count] = process.argv.slice(2);
const table = await DeltaTable.open(url!, { storage: { fsync: "false" } });
const versions: number[] = [];
for (let x = 0; x < Number(count); x++) {
  versions.push((await table.append([{ p: name, x }])).version);
}
console.log(JSON.stringify(versions));
