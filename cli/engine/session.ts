/**
 * What the operations of the engine protocol share: the client's session, the
 * form of an operation, and what a commit answers.
 *
 * @module
 */

import { DeltaError } from "../../src/errors.ts";
import type { DeltaTable } from "../../src/mod.ts";
import type { Predicate } from "../../src/expression/predicate.ts";
import type { StructType } from "../../src/schema/data_type.ts";
import { type Forms, invalid, type JsonObject } from "./arguments.ts";
import { parsePredicate } from "./json_predicate.ts";

/** What a client has said and opened so far. */
export interface Session {
  /** Storage options, from `hello`. */
  storage: Readonly<Record<string, string>>;
  /** Open tables by handle. */
  readonly tables: Map<string, DeltaTable>;
}

/** The parts of a reply besides its envelope. */
export type Answer = Readonly<Record<string, unknown>>;

/** Runs an operation. */
export type Run = (session: Session, request: JsonObject) => Promise<Answer>;

/** One operation. */
export interface Operation {
  /** The arguments it takes. */
  readonly forms: Forms;
  /** Whether it may commit. */
  readonly writes: boolean;
  /** Runs it. */
  readonly run: Run;
}

/** An operation that commits nothing. */
export function reads(forms: Forms, run: Run): Operation {
  return { forms, writes: false, run };
}

/** An operation that may commit. */
export function writes(forms: Forms, run: Run): Operation {
  return { forms, writes: true, run };
}

/** Keeps a table under its handle; one that was there under it is let go. */
export async function keep(
  session: Session,
  request: JsonObject,
  table: DeltaTable,
): Promise<void> {
  const handle = request.handle as string;
  const before = session.tables.get(handle);
  session.tables.set(handle, table);
  await before?.close();
}

/** The table under the request's handle. */
export function tableOf(session: Session, request: JsonObject): DeltaTable {
  const table = session.tables.get(request.handle as string);
  if (table) return table;
  throw invalid(
    String(request.op),
    `no table is open under ${JSON.stringify(request.handle)}`,
  );
}

/** The error of something that this engine does not have. */
export function refused(op: string, what: string): DeltaError {
  return new DeltaError("DELTA_UNSUPPORTED_OPERATION", {
    what: `Cannot run ${op}`,
    why: `this engine does not have ${what}`,
    fix: "Look at the capabilities that hello answers",
  });
}

/** The request's predicate, where it has one. */
export function whereOf(
  request: JsonObject,
  schema: StructType,
  name: string = "where",
): Predicate | undefined {
  const where = request[name];
  return where === undefined || where === null
    ? undefined
    : parsePredicate(where, schema);
}

/** What became of a commit, as far as the protocol speaks of it. */
export interface Committed {
  /** `committed`, `already-applied` or `nothing-to-do`. */
  readonly outcome: string;
  /** The version that it made, or the table's. */
  readonly version: number;
  /** The version it was prepared on. */
  readonly readVersion: number;
  /** Requests that tried to create a version. */
  readonly attempts: number;
  /** The commit's token. */
  readonly token: string;
}

/** The reply of an operation that commits, or finds nothing to commit. */
export function committed(result: Committed): Answer {
  const { outcome, version, readVersion, attempts, token } = result;
  if (outcome === "committed") return { version, readVersion, attempts, token };
  return outcome === "already-applied"
    ? { version, skipped: true, committed: false }
    : { version, committed: false };
}
