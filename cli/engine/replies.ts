/**
 * The envelope of the engine protocol: what a request looks like, and how an
 * error is said.
 *
 * @module
 */

import { DeltaError } from "../../src/errors.ts";
import type { JsonValue } from "../../src/schema/data_type.ts";
import type { JsonObject } from "./arguments.ts";

/** A reply, ready to be written. */
export type Reply = Readonly<Record<string, unknown>>;

/** JSON text that goes into a reply as it is. */
export class RawJson {
  /** The text. */
  readonly text: string;

  /**
   * Marks a text as JSON.
   *
   * @param text JSON, on one line.
   */
  constructor(text: string) {
    this.text = text;
  }
}

/** Writes a reply as one line of JSON. */
export function formatReply(reply: Reply): string {
  const parts = Object.entries(reply)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      const text = value instanceof RawJson
        ? value.text
        : JSON.stringify(value);
      return `${JSON.stringify(name)}:${text}`;
    });
  return `{${parts.join(",")}}`;
}

/** A request whose envelope is right. */
export interface Request {
  /** The request's id. */
  readonly id: number;
  /** What to do. */
  readonly op: string;
  /** All of it. */
  readonly body: JsonObject;
}

/** Reads the envelope of a line; a reply where it is no request. */
export function parseRequest(line: string): Request | { reply: Reply } {
  let body: JsonValue;
  try {
    body = JSON.parse(line);
  } catch {
    return { reply: malformed("the line is not JSON") };
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return { reply: malformed("the line is not a JSON object") };
  }
  const { id, op } = body as JsonObject;
  if (!Number.isSafeInteger(id)) {
    return { reply: malformed("the request's id is not an integer") };
  }
  if (typeof op !== "string") {
    return { reply: { ...malformed("the request names no op"), id } };
  }
  return { id: id as number, op, body: body as JsonObject };
}

function malformed(message: string): Reply {
  return {
    id: null,
    ok: false,
    outcome: "failed",
    error: { kind: "invalid", code: "DELTA_INVALID_ARGUMENT", message },
  };
}

/**
 * What an error says of its request. What is no `DeltaError` says nothing of
 * the outcome, so a write that ended with one may have taken effect.
 */
export function failure(id: number, error: unknown, wrote: boolean): Reply {
  if (!(error instanceof DeltaError)) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      id,
      ok: false,
      outcome: wrote ? "unknown" : "failed",
      error: { kind: "internal", code: "DELTA_INTERNAL", message },
    };
  }
  const { kind, conflict: name, code, message } = error;
  const outcome = error.outcome === "failed" ? "failed" : "unknown";
  return {
    id,
    ok: false,
    outcome,
    error: { kind, ...(name ? { name } : {}), code, message },
    ...(outcome === "unknown" ? tracesOf(error) : {}),
  };
}

/** What settles an unknown outcome later. */
function tracesOf(error: DeltaError): Reply {
  const { token, attemptedVersion, version } = error.context;
  const attempted = attemptedVersion ?? version;
  return {
    ...(token === undefined ? {} : { token }),
    ...(attempted === undefined ? {} : { attemptedVersion: attempted }),
  };
}

/** The reply to an op that the engine does not have. */
export function unsupported(id: number, what: string): Reply {
  return {
    id,
    ok: false,
    outcome: "failed",
    error: {
      kind: "unsupported",
      code: "DELTA_UNSUPPORTED_OPERATION",
      message: `This engine does not have ${what}`,
    },
  };
}
