/**
 * The operations of the engine protocol on this engine's tables. Each takes
 * its request as it came and answers in the protocol's words; nothing is
 * retried, locked or checked that the engine would not.
 *
 * @module
 */

import { ENGINE_INFO } from "../../src/commit/commit_bytes.ts";
import { ALTER_CHANGES, ALTER_OPERATION } from "./alter_operation.ts";
import type { JsonObject } from "./arguments.ts";
import { MAINTENANCE_OPERATIONS } from "./maintenance_operations.ts";
import { READ_OPERATIONS } from "./read_operations.ts";
import {
  type Answer,
  type Operation,
  reads,
  refused,
  type Session,
} from "./session.ts";
import { WRITE_OPERATIONS } from "./write_operations.ts";

export type { Session } from "./session.ts";

/** The operations that this engine has, by name. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  hello: reads(
    { "protocol?": "natural", "storage?": "strings", "clientId?": "text" },
    hello,
  ),
  ...READ_OPERATIONS,
  ...WRITE_OPERATIONS,
  ...MAINTENANCE_OPERATIONS,
  alter: ALTER_OPERATION,
};

/** What `hello` says the engine has. */
export const CAPABILITIES: readonly string[] = [
  ...Object.keys(OPERATIONS),
  "append.txn",
  "append.mergeSchema",
  "overwrite.where",
  "overwrite.partitions",
  "overwrite.overwriteSchema",
  "merge.condition",
  "merge.set",
  "optimize.where",
  "optimize.zOrderBy",
  "restore.timestampMs",
  "vacuum.lite",
  "vacuum.full",
  ...ALTER_CHANGES.map((name) => `alter.${name}`),
];

function hello(session: Session, request: JsonObject): Promise<Answer> {
  if ((request.protocol ?? 1) !== 1) {
    throw refused(
      "hello",
      `protocol ${request.protocol}; it speaks protocol 1`,
    );
  }
  session.storage = (request.storage ?? {}) as Record<string, string>;
  const [engine, version] = ENGINE_INFO.split("/");
  return Promise.resolve({
    engine,
    version,
    protocol: 1,
    capabilities: CAPABILITIES,
  });
}
