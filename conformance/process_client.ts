/**
 * A client of the suite in a process of its own: runs a script on a table and
 * writes its history, a line of JSON an event, each before or after the call
 * that it is about.
 *
 * @module
 */

import process from "node:process";
import { thisEngine } from "./adapters/this_engine.ts";
import type { OperationCall } from "./history/history.ts";
import { withAttribution } from "./simulation/program.ts";

/** What the process is told, as JSON in its first argument. */
export interface ProcessOrder {
  /** The table. */
  readonly url: string;
  /** Its name. */
  readonly client: string;
  /** What it does. */
  readonly steps: readonly OperationCall[];
}

/** Microseconds since the epoch. */
function now(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1_000);
}

function say(event: unknown): void {
  process.stdout.write(JSON.stringify(event) + "\n");
}

async function main({ url, client, steps }: ProcessOrder): Promise<void> {
  const table = await thisEngine().connect({ client, table: url });
  const run = async (asked: OperationCall, i: number): Promise<void> => {
    const opId = `${client}.${i}`;
    const call = withAttribution(asked, opId);
    say({ type: "invoke", client, opId, time: now(), handle: "t", call });
    const reply = await table.run(call.op, "t", call.request as never);
    const type = reply.ok ? "ok" : reply.outcome === "failed" ? "fail" : "info";
    say({ type, client, opId, time: now(), reply });
  };
  await run({ op: "open", request: {} }, 0);
  // Whoever started it says when all are there.
  await new Promise<void>((resolve) =>
    process.stdin.once("data", () => resolve())
  );
  process.stdin.destroy();
  for (const [i, step] of steps.entries()) await run(step, i + 1);
  await table.close();
}

await main(JSON.parse(process.argv[2]!) as ProcessOrder);
