/**
 * A writer in a process of its own: appends batches of rows to a table and says
 * so, a line of JSON per acknowledged commit. Started by the verification.
 *
 * @module
 */

import { DeltaTable } from "../../src/mod.ts";
import { signals } from "./neural_signals.ts";

/** What the process is told, as JSON in its only argument. */
export interface WriterOrder {
  /** The table. */
  readonly url: string;
  /** Storage options. */
  readonly storage: Record<string, string>;
  /** Which writer it is: its session's name. */
  readonly session: string;
  /** Number of its first row, so that no two writers share one. */
  readonly firstRow: number;
  /** How many batches to append. */
  readonly batches: number;
  /** Rows per batch. */
  readonly rowsPerBatch: number;
}

async function main(order: WriterOrder): Promise<void> {
  const table = await DeltaTable.open(order.url, { storage: order.storage });
  console.log(JSON.stringify({ ready: true }));
  await waitForLine();
  for (let i = 0; i < order.batches; i++) {
    const first = order.firstRow + i * order.rowsPerBatch;
    const report = await table.append(
      signals(first, order.rowsPerBatch, order.session),
    );
    console.log(
      JSON.stringify({
        batch: i,
        version: report.version,
        attempts: report.attempts,
      }),
    );
  }
  await table.close();
}

/** The start signal: a byte on standard input. */
async function waitForLine(): Promise<void> {
  await Deno.stdin.read(new Uint8Array(1));
}

if (import.meta.main) await main(JSON.parse(Deno.args[0]!) as WriterOrder);
