/**
 * The operations of the engine protocol that look after a table.
 *
 * @module
 */

import type { JsonObject } from "./arguments.ts";
import {
  type Answer,
  type Operation,
  reads,
  type Session,
  tableOf,
  writes,
} from "./session.ts";

/** The operations, by name. */
export const MAINTENANCE_OPERATIONS: Readonly<Record<string, Operation>> = {
  checkpoint: reads({ handle: "text" }, checkpoint),
  resolve: writes({
    handle: "text",
    token: "text",
    attemptedVersion: "natural",
  }, resolve),
};

async function checkpoint(
  session: Session,
  request: JsonObject,
): Promise<Answer> {
  const table = tableOf(session, request);
  await table.checkpoint();
  return { version: table.version };
}

async function resolve(session: Session, request: JsonObject): Promise<Answer> {
  const table = tableOf(session, request);
  const { committed, version } = await table.resolve(
    request.token as string,
    request.attemptedVersion as number,
  );
  return { committed, version };
}
