/**
 * A loader that may be started again at any time, and never writes twice.
 *
 *     deno run -A examples/exactly_once.ts [URL of the table]
 *
 * @module
 */

import { DeltaError, DeltaTable } from "@litmus/delta";

const url = Deno.args[0] ?? "memory://examples/events";

const table = await DeltaTable.create(url, {
  schema: {
    kind: "struct",
    fields: [
      { name: "id", type: { kind: "long" }, nullable: false, metadata: {} },
    ],
  },
  mode: "ignore",
});

/** Loads one numbered batch, at most once however often it is called. */
async function load(batch: number, rows: readonly { id: bigint }[]) {
  try {
    const txn = { appId: "loader", version: batch };
    const report = await table.append(rows, { txn });
    console.log(batch, report.outcome, report.version);
  } catch (error) {
    // Nobody knows whether it took effect: the same call again is safe.
    if (error instanceof DeltaError && error.outcome === "unknown") {
      return await load(batch, rows);
    }
    throw error;
  }
}

await load(1, [{ id: 1n }, { id: 2n }]);
await load(2, [{ id: 3n }]);
await load(2, [{ id: 3n }]);
console.log(await table.count());

await table.close();
