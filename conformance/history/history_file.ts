/**
 * Histories as files: a line of JSON per event, to be checked again later, and
 * a list-append form for Elle.
 *
 * @module
 */

import type { Json } from "../engine_adapter.ts";
import type { HistoryEvent } from "./history.ts";

/** A history as NDJSON. */
export function formatHistory(history: readonly HistoryEvent[]): string {
  return history.map((event) => JSON.stringify(event) + "\n").join("");
}

/**
 * Reads what {@link formatHistory} wrote.
 *
 * @throws {SyntaxError} Naming the line that is not an event.
 */
export function parseHistory(text: string): HistoryEvent[] {
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    const event = JSON.parse(line) as HistoryEvent;
    if (
      typeof event.type === "string" && typeof event.opId === "string" &&
      typeof event.time === "number"
    ) return [event];
    throw new SyntaxError(`line ${i + 1} of the history is not an event`);
  });
}

/** A version's rows by key: what Elle calls the final reads. */
export interface ListState {
  /** The version. */
  readonly version: number;
  /** For each key (a partition), the row ids in it, in the order they were inserted. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
}

/**
 * The history in Elle's list-append shape, one EDN-like map per line: appends
 * write their row ids to the list of their partition, reads see lists.
 */
export function toElle(
  history: readonly HistoryEvent[],
  readsOf: (opId: string) => ListState | undefined,
): string {
  const clients = [...new Set(history.map((event) => event.client))].sort();
  const lines: string[] = [];
  const calls = new Map<string, HistoryEvent & { type: "invoke" }>();
  for (const event of history) {
    if (event.type === "invoke") calls.set(event.opId, event);
    const call = calls.get(event.opId)?.call;
    if (!call) continue;
    const txn = call.op === "append"
      ? call.request.rows.map((row) =>
        `[:append ${edn(row[0])} ${edn(idOf(row))}]`
      )
      : call.op === "read"
      ? [...readsOf(event.opId)?.lists ?? [["*", undefined] as const]].map(
        ([key, ids]) =>
          `[:r ${edn(key)} ${
            event.type === "ok" && ids ? `[${ids.map(edn).join(" ")}]` : "nil"
          }]`,
      )
      : undefined;
    if (!txn) continue;
    lines.push(
      `{:index ${lines.length}, :time ${event.time}, :type :${event.type}, ` +
        `:process ${clients.indexOf(event.client)}, :f :txn, :value [${
          txn.join(" ")
        }]}`,
    );
  }
  return lines.map((line) => line + "\n").join("");
}

const idOf = (row: readonly Json[]): string => `${row[2]}/${row[3]}`;

const edn = (value: Json | undefined): string =>
  value === null || value === undefined ? "nil" : JSON.stringify(value);
