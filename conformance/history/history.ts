/**
 * What clients did and were told: a history of invoke, ok, fail and info
 * events, one logical clock for all of them and for the store's trace.
 *
 * - `ok`: acknowledged.
 * - `fail`: the engine promises that there is no effect and never will be.
 * - `info`: nobody said; the effect may come at any later time.
 *
 * Every row that an operation inserts carries the operation's id and a number
 * of its own, so rows attribute themselves.
 *
 * @module
 */

import type {
  FailureReply,
  OperationName,
  Requests,
  SuccessReply,
} from "../engine_adapter.ts";

/** An operation as it was asked for. */
export type OperationCall = {
  [Name in OperationName]: {
    /** Which operation. */
    readonly op: Name;
    /** What it was asked with. */
    readonly request: Requests[Name];
  };
}[OperationName];

/** One event. */
export type HistoryEvent =
  | {
    /** The operation begins. */
    readonly type: "invoke";
    /** Who. */
    readonly client: string;
    /** The operation's id: `w1.0` is the first of client w1. */
    readonly opId: string;
    /** Logical time. */
    readonly time: number;
    /** The handle that it is run on. */
    readonly handle: string;
    /** What was asked. */
    readonly call: OperationCall;
  }
  | {
    /** It was acknowledged. */
    readonly type: "ok";
    readonly client: string;
    readonly opId: string;
    readonly time: number;
    /** What the engine said. */
    readonly reply: SuccessReply;
  }
  | {
    /** It failed, or nobody knows. */
    readonly type: "fail" | "info";
    readonly client: string;
    readonly opId: string;
    readonly time: number;
    /** What the engine said; nothing where the client crashed. */
    readonly reply: FailureReply | undefined;
  };

/** A clock that counts events. */
export class LogicalClock {
  #now: number;

  /** @param start The last moment before the first. */
  constructor(start: number = 0) {
    this.#now = start;
  }

  /** The next moment. */
  tick(): number {
    return ++this.#now;
  }

  /** The last moment handed out. */
  get now(): number {
    return this.#now;
  }
}

/** One operation of a history, put together from its events. */
export interface Operation {
  /** Its id. */
  readonly opId: string;
  /** Who ran it. */
  readonly client: string;
  /** On which handle. */
  readonly handle: string;
  /** What was asked. */
  readonly call: OperationCall;
  /** When it began. */
  readonly invokedAt: number;
  /** When it was answered; infinity where it never was. */
  readonly returnedAt: number;
  /** How it ended. */
  readonly outcome: "ok" | "fail" | "info";
  /** The answer when it succeeded. */
  readonly success: SuccessReply | undefined;
  /** The answer when it did not. */
  readonly failure: FailureReply | undefined;
}

/** Puts a history's events together; an operation never answered is `info`. */
export function operationsOf(history: readonly HistoryEvent[]): Operation[] {
  const operations = new Map<string, Operation>();
  for (const event of history) {
    const { opId, client, time } = event;
    if (event.type === "invoke") {
      operations.set(opId, {
        opId,
        client,
        handle: event.handle,
        call: event.call,
        invokedAt: time,
        returnedAt: Infinity,
        outcome: "info",
        success: undefined,
        failure: undefined,
      });
      continue;
    }
    const begun = operations.get(opId);
    if (!begun) throw new TypeError(`${opId} ends and never began`);
    operations.set(opId, {
      ...begun,
      returnedAt: time,
      outcome: event.type,
      success: event.type === "ok" ? event.reply : undefined,
      failure: event.type === "ok" ? undefined : event.reply,
    });
  }
  return [...operations.values()];
}

/** The operations that may change a table's contents. */
export const WRITES: ReadonlySet<OperationName> = new Set<OperationName>([
  "create",
  "append",
  "overwrite",
  "appendSelect",
  "delete",
  "update",
  "merge",
  "optimize",
  "restore",
  "alter",
]);
