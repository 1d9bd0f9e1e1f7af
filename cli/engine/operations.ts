/**
 * The operations of the engine protocol on this engine's tables.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { DeltaError } from "../../src/errors.ts";
import { DeltaTable } from "../../src/mod.ts";
import type { JsonValue, StructType } from "../../src/schema/data_type.ts";
import { parseSchema } from "../../src/schema/schema_json.ts";
import { fieldAt } from "../../src/schema/schema_path.ts";
import { rowsDigest, sortUtf8 } from "../canonical_rows.ts";
import { decodeRow } from "../canonical_values.ts";
import { type Forms, invalid, type JsonObject } from "./arguments.ts";
import { encodeBatches } from "./encode_batches.ts";
import { parsePredicate } from "./json_predicate.ts";

/** What a client has said and opened so far. */
export interface Session {
  /** Storage options of `hello`. */
  storage: Readonly<Record<string, string>>;
  /** Open tables by handle. */
  readonly tables: Map<string, DeltaTable>;
}

/** The parts of a reply besides its envelope. */
export type Answer = Readonly<Record<string, unknown>>;

/** One operation. */
export interface Operation {
  /** The arguments it takes. */
  readonly forms: Forms;
  /** Whether it may commit. */
  readonly writes: boolean;
  /** Runs it. */
  run(session: Session, request: JsonObject): Promise<Answer>;
}

/** Options of operations, beyond their names, that the engine has. */
export const OPTIONS: readonly string[] = ["append.txn", "append.mergeSchema"];

/** Arguments of the protocol that this engine refuses, by operation. */
export const REFUSED: Readonly<Record<string, readonly string[]>> = {
  overwrite: ["where", "partitions"],
};
