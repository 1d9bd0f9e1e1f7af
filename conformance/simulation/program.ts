/**
 * A program of the simulation: how the table is set up, what each client does,
 * and what may go wrong. Nothing in it is random: with a decision vector it is
 * one run.
 *
 * @module
 */

import type { JsonRow, JsonSchema } from "../engine_adapter.ts";
import type { OperationCall } from "../history/history.ts";
import type { Disturbance } from "./disturb.ts";
import type { SimulatedFault } from "./scheduled_store.ts";

/** One step of a script. */
export type Step =
  | (OperationCall & {
    /** The handle; `t` by default. */
    readonly handle?: string;
  })
  | {
    /** Settles the client's last unknown outcome, if it has one. */
    readonly op: "settle";
  }
  | {
    /** Waits, by the virtual clock. */
    readonly op: "sleep";
    /** How long. */
    readonly ms: number;
  }
  | {
    /** Does something to the store that no engine does: one gate, no client of the engine. */
    readonly op: "disturb";
    /** What. */
    readonly what: Disturbance;
  };

/** What one client does. */
export interface Script {
  /** Its name. */
  readonly client: string;
  /** Its steps, one after another. */
  readonly steps: readonly Step[];
  /** Whether handle `t` is opened before the race begins; true by default. */
  readonly opensFirst?: boolean;
  /** How far its clock is ahead, in milliseconds. */
  readonly skewMs?: number;
  /** What its next incarnation does when it crashed; the crashed step and the rest by default. */
  readonly afterCrash?: readonly Step[];
}

/** How the table comes to be: by the engine, alone, without faults. */
export interface Setup {
  /** The schema; the suite's own by default. */
  readonly schema?: JsonSchema;
  /** Partition columns. */
  readonly partitionColumns?: readonly string[];
  /** Properties. */
  readonly configuration?: Readonly<Record<string, string>>;
  /** What is done to it before the race; nothing at all leaves the location empty. */
  readonly steps?: readonly Step[];
  /** Whether there is a table at all; true by default. */
  readonly exists?: boolean;
}

/** What may go wrong. */
export interface FaultPlan {
  /** How many faults a run may have. */
  readonly budget: number;
  /** Which may strike a commit's exclusive create. */
  readonly onCommit?: readonly SimulatedFault[];
  /** Which may strike any other gated call. */
  readonly onOther?: readonly SimulatedFault[];
}

/** A program. */
export interface Program {
  /** Its name. */
  readonly name: string;
  /** How the table comes to be. */
  readonly setup: Setup;
  /** One script per client. */
  readonly scripts: readonly Script[];
  /** What may go wrong; nothing by default. */
  readonly faults?: FaultPlan;
  /** Whether calls on fresh names are gated too (crashes, vacuum); false by default. */
  readonly everyCallMatters?: boolean;
  /** Whether every answer is a gate of its own; false by default: only those of commits. */
  readonly everyAnswerMatters?: boolean;
  /** How often a run may turn away from a client that could go on; as often as it likes by default. */
  readonly maxPreemptions?: number;
  /** Whether the store is a simulated disk that may lose power once, at any call that changes it; false by default. */
  readonly powerCut?: boolean;
}

/** The suite's table: `p` and `x` for the model's predicates, and who wrote the row. */
export const SUITE_SCHEMA: JsonSchema = {
  type: "struct",
  fields: [
    { name: "p", type: "string", nullable: true, metadata: {} },
    { name: "x", type: "long", nullable: true, metadata: {} },
    { name: "op", type: "string", nullable: true, metadata: {} },
    { name: "seq", type: "integer", nullable: true, metadata: {} },
    { name: "gen", type: "integer", nullable: true, metadata: {} },
  ],
};

/** A short row `[p, x, …more]` of a script, with the columns that attribute it. */
export function attributed(
  row: JsonRow,
  opId: string,
  seq: number,
): JsonRow {
  const [p = null, x = null, ...more] = row;
  return [p, x === null ? null : String(x), opId, seq, 0, ...more];
}

/** Updates that add 1 to a row's `gen` before it might be taken for a copy. */
const MOST_UPDATES = 16;
/** A prime: a dozen copies of copies, each with so many updates, fit an integer. */
const LARGEST_OWN = 9_999_991;

/** The call with its rows attributed to the operation. */
export function withAttribution(
  call: OperationCall,
  opId: string,
): OperationCall {
  if (call.op === "appendSelect" && call.request.add?.gen !== undefined) {
    // Copies of one operation are told from those of any other.
    const gen = MOST_UPDATES * (1 + ownNumber(opId) % LARGEST_OWN);
    const add = { ...call.request.add, gen };
    return { ...call, request: { ...call.request, add } };
  }
  if (call.op !== "append" && call.op !== "overwrite" && call.op !== "merge") {
    return call;
  }
  const rows = call.request.rows.map((row, seq) => attributed(row, opId, seq));
  return { ...call, request: { ...call.request, rows } } as OperationCall;
}

/**
 * A number for an operation, such that no few operations of a run have the sum
 * of others: a copy of a copy is told from every other.
 */
function ownNumber(opId: string): number {
  // The first seed for which the sums of up to three clients' steps all differ.
  let hash = 2;
  for (const char of opId) {
    hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
