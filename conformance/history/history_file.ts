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
  readonly lists: ReadonlyMap<Json, readonly string[]>;
}

/**
 * The history in Elle's list-append shape, a map of EDN per line: appends
 * write their row ids to the list of their partition, reads see lists. What
 * other writes inserted has to be said; without it they are left out.
 */
export function toElle(
  history: readonly HistoryEvent[],
  readsOf: (opId: string) => ListState | undefined,
  insertedBy: (
    opId: string,
  ) => readonly (readonly [Json, string])[] = () => [],
): string {
  const clients = [...new Set(history.map((event) => event.client))].sort();
  const lines: string[] = [];
  const calls = new Map<string, HistoryEvent & { type: "invoke" }>();
  for (const event of history) {
    if (event.type === "invoke") calls.set(event.opId, event);
    const call = calls.get(event.opId)?.call;
    if (!call) continue;
    const txn = call.op === "read"
      ? readOps(event, readsOf(event.opId))
      : call.op === "append"
      ? call.request.rows.map((row) => appendOp(row[0], idOf(row)))
      : insertedBy(event.opId).map(([key, id]) => appendOp(key, id));
    if (txn.length === 0) continue;
    lines.push(
      `{:index ${lines.length}, :time ${event.time}, :type :${
        typeOf(event)
      }, ` +
        `:process ${clients.indexOf(event.client)}, :f :txn, :value [${
          txn.join(" ")
        }]}`,
    );
  }
  return lines.map((line) => line + "\n").join("");
}

/** A write that was acknowledged without a commit has no effect. */
function typeOf(event: HistoryEvent): string {
  const isVoid = event.type === "ok" && event.reply.committed === false;
  return isVoid ? "fail" : event.type;
}

function readOps(
  event: HistoryEvent,
  read: ListState | undefined,
): string[] {
  return [...read?.lists ?? []].map(([key, ids]) =>
    `[:r ${keyOf(key)} ${
      event.type === "ok" ? `[${ids.map(edn).join(" ")}]` : "nil"
    }]`
  );
}

const appendOp = (key: Json | undefined, id: string): string =>
  `[:append ${keyOf(key)} ${edn(id)}]`;

/** The key of a list: a partition's value, `:null` where there is none. */
const keyOf = (key: Json | undefined): string =>
  key === null || key === undefined ? ":null" : edn(key);

const idOf = (row: readonly Json[]): string => `${row[2]}/${row[3]}`;

const edn = (value: Json | undefined): string =>
  value === null || value === undefined ? "nil" : JSON.stringify(value);
