/**
 * An engine as the suite sees it: the operations of the engine protocol as typed
 * methods, with the protocol's encodings. A child process is only a transport.
 *
 * An adapter adds no retries, locks or checks of its own: the suite judges the
 * engine. It reports what the engine said, `unknown` where the engine does not
 * say whether a commit happened.
 *
 * @module
 */

import type { Host, ObjectStore } from "../src/mod.ts";

/** A value in the canonical encoding: longs are strings, null is null. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** A row: values in schema order. */
export type JsonRow = readonly Json[];

/** A column's name, or the way to a nested field. */
export type ColumnName = string | readonly string[];

/** A predicate as the engine protocol writes it. */
export type JsonPredicate =
  | JsonLogic
  | readonly ["not", JsonPredicate]
  | readonly ["isNull", ColumnName]
  | readonly ["in", ColumnName, readonly Json[]]
  | readonly ["=" | "!=" | "<" | "<=" | ">" | ">=", ColumnName, Json];

/** Predicates joined. */
export interface JsonLogic extends ReadonlyArray<JsonPredicate | "and" | "or"> {
  /** How. */
  readonly 0: "and" | "or";
}

/** A Delta schema, as JSON. */
export interface JsonSchema {
  /** Always `struct`. */
  readonly type: "struct";
  /** The columns. */
  readonly fields: readonly JsonField[];
}

/** A column of a Delta schema, as JSON. */
export interface JsonField {
  /** Its name. */
  readonly name: string;
  /** Its type: a primitive's name, or a nested type. */
  readonly type: Json;
  /** Whether it may be null. */
  readonly nullable: boolean;
  /** Its metadata. */
  readonly metadata: Readonly<Record<string, Json>>;
}

/** A change of a column in an update: a value, or a number to add. */
export type JsonSet =
  | { readonly value: Json }
  | { readonly add: number };

/** An application's version of a write. */
export interface JsonTxn {
  /** The application. */
  readonly appId: string;
  /** Its version. */
  readonly version: number;
}

/** One change of a table's schema, properties or features; exactly one member is given. */
export interface AlterChange {
  /** Columns to add. */
  readonly addColumns?: readonly JsonField[];
  /** A column to rename. */
  readonly renameColumn?: { readonly from: string; readonly to: string };
  /** Columns to drop. */
  readonly dropColumns?: readonly string[];
  /** A column to give a wider type. */
  readonly widenColumn?: { readonly name: string; readonly type: Json };
  /** Properties to set. */
  readonly setProperties?: Readonly<Record<string, string>>;
  /** Properties to unset. */
  readonly unsetProperties?: readonly string[];
  /** A column that may no longer be null. */
  readonly setNotNull?: string;
  /** A column that may be null again. */
  readonly dropNotNull?: string;
  /** A CHECK constraint to add. */
  readonly addConstraint?: {
    readonly name: string;
    readonly expression: string;
  };
  /** A CHECK constraint to drop. */
  readonly dropConstraint?: string;
  /** A feature to add. */
  readonly addFeature?: string;
  /** A feature to drop. */
  readonly dropFeature?: string;
  /** A metadata domain to set. */
  readonly setDomain?: {
    readonly domain: string;
    readonly configuration: string;
  };
  /** A metadata domain to remove. */
  readonly removeDomain?: string;
}

/** What each operation is asked with, besides its handle. */
export interface Requests {
  /** Makes a table. */
  readonly create: {
    readonly schema: JsonSchema;
    readonly partitionColumns?: readonly string[];
    readonly configuration?: Readonly<Record<string, string>>;
    readonly mode?: "error" | "ignore" | "overwrite";
  };
  /** Opens a table, at a version or time. */
  readonly open: { readonly version?: number; readonly timestampMs?: number };
  /** Moves a handle to the newest version. */
  readonly refresh: Record<never, never>;
  /** What the handle's version says of itself. */
  readonly describe: Record<never, never>;
  /** Reads the rows of the handle's version. */
  readonly read: {
    readonly columns?: readonly string[];
    readonly where?: JsonPredicate;
  };
  /** Adds rows. */
  readonly append: {
    readonly rows: readonly JsonRow[];
    readonly schema?: JsonSchema;
    readonly mergeSchema?: boolean;
    readonly txn?: JsonTxn;
  };
  /** Replaces rows. */
  readonly overwrite: {
    readonly rows: readonly JsonRow[];
    readonly where?: JsonPredicate;
    readonly partitions?: "dynamic";
    readonly schema?: JsonSchema;
    readonly overwriteSchema?: boolean;
  };
  /** Adds rows selected from the table itself. */
  readonly appendSelect: {
    readonly where?: JsonPredicate;
    readonly add?: Readonly<Record<string, number>>;
  };
  /** Deletes rows. */
  readonly delete: { readonly where?: JsonPredicate };
  /** Changes rows. */
  readonly update: {
    readonly set: Readonly<Record<string, JsonSet>>;
    readonly where?: JsonPredicate;
  };
  /** Merges rows by key. */
  readonly merge: {
    readonly rows: readonly JsonRow[];
    readonly schema: JsonSchema;
    readonly on: readonly string[];
    readonly whenMatched?: "update" | "delete" | null;
    readonly whenNotMatched?: "insert" | null;
    readonly whenNotMatchedBySource?: "delete" | null;
  };
  /** Rewrites files and leaves the rows as they are. */
  readonly optimize: {
    readonly where?: JsonPredicate;
    readonly targetSizeBytes?: number;
    readonly zOrderBy?: readonly string[];
  };
  /** Deletes files that no version in retention needs. */
  readonly vacuum: {
    readonly mode?: "lite" | "full";
    readonly retentionHours?: number;
    readonly dryRun?: boolean;
    readonly enforceRetention?: boolean;
  };
  /** Makes the table what it was. */
  readonly restore: {
    readonly version?: number;
    readonly timestampMs?: number;
  };
  /** Changes schema, properties or features. */
  readonly alter: AlterChange;
  /** Writes a checkpoint. */
  readonly checkpoint: Record<never, never>;
  /** Puts commits together in one file of the log, which readers may take in their place. */
  readonly compactLog: Record<never, never>;
  /** Deletes expired files of the log. */
  readonly cleanup: Record<never, never>;
  /** Settles an unknown outcome for ever. */
  readonly resolve: {
    readonly token: string;
    readonly attemptedVersion: number;
  };
  /** The commits, newest first. */
  readonly history: { readonly limit?: number };
  /** The change feed. */
  readonly changes: { readonly from: number; readonly to: number };
}

/** The name of an operation. */
export type OperationName = keyof Requests;

/** What an operation answers when it succeeds; members apply where the protocol has them. */
export interface SuccessReply {
  /** It succeeded. */
  readonly ok: true;
  /** The version that it made, or that the handle is at. */
  readonly version?: number;
  /** `false` where nothing was committed. */
  readonly committed?: boolean;
  /** Whether a txn was found applied. */
  readonly skipped?: boolean;
  /** Whether a create made the table. */
  readonly created?: boolean;
  /** The version that the committed operation was evaluated on. */
  readonly readVersion?: number;
  /** Requests that tried to create a version. */
  readonly attempts?: number;
  /** The commit's token. */
  readonly token?: string;
  /** Rows read. */
  readonly rows?: readonly JsonRow[];
  /** Columns of `rows`. */
  readonly columns?: readonly string[];
  /** The table's id. */
  readonly tableId?: string;
  /** The schema, as the log has it. */
  readonly schema?: JsonSchema;
  /** Partition columns. */
  readonly partitionColumns?: readonly string[];
  /** The properties. */
  readonly configuration?: Readonly<Record<string, string>>;
  /** The protocol, as the log has it. */
  readonly protocol?: Readonly<Record<string, Json>>;
  /** Live files. */
  readonly numFiles?: number;
  /** Their bytes. */
  readonly sizeInBytes?: number;
  /** Versions by application. */
  readonly appTransactions?: Readonly<Record<string, number>>;
  /** Configuration by metadata domain. */
  readonly domainMetadata?: Readonly<Record<string, string>>;
  /** Commits of the history. */
  readonly commits?: readonly {
    readonly version: number;
    readonly timestampMs: number;
  }[];
  /** Paths that a vacuum deleted. */
  readonly deleted?: readonly string[];
}

/** What an operation answers when it does not succeed. */
export interface FailureReply {
  /** It did not. */
  readonly ok: false;
  /** `failed`: no effect, ever. `unknown`: perhaps one, now or later. */
  readonly outcome: "failed" | "unknown";
  /** The commit's token, where the engine has one. */
  readonly token?: string;
  /** The version that was tried. */
  readonly attemptedVersion?: number;
  /** Why. */
  readonly error: {
    /** The protocol's kind of error. */
    readonly kind: string;
    /** The conflict's name in Delta's terms. */
    readonly name?: string;
    /** The engine's own code. */
    readonly code?: string;
    /** For people. */
    readonly message: string;
  };
}

/** What an operation answers. */
export type Reply = SuccessReply | FailureReply;

/** One client of the engine: its own process, or its own store handle. */
export interface EngineClient {
  /** Runs an operation on a handle; `open` and `create` make the handle. Never throws for what the engine refuses. */
  run<Name extends OperationName>(
    op: Name,
    handle: string,
    request: Requests[Name],
  ): Promise<Reply>;
  /** Ends the client. */
  close(): Promise<void>;
}

/** What a client stands on. */
export interface ClientOptions {
  /** Its name. */
  readonly client: string;
  /** The table, as the engine is told. */
  readonly table: string;
  /** Its handle on the store, for engines in this process. */
  readonly store?: ObjectStore;
  /** Its machine, for engines in this process. */
  readonly host?: Host;
  /** Storage options, for engines in another process. */
  readonly storage?: Readonly<Record<string, string>>;
}

/** An engine. */
export interface EngineAdapter {
  /** Its name in reports. */
  readonly name: string;
  /** The operations and options that it has, as `hello` says them: `delete`, `append.txn`, … */
  readonly capabilities: readonly string[];
  /** Whether its clients take a store and a host, so that it can be simulated. */
  readonly inProcess: boolean;
  /** Starts a client. */
  connect(options: ClientOptions): Promise<EngineClient>;
}

/** Whether the engine has an operation. */
export function has(adapter: EngineAdapter, capability: string): boolean {
  return adapter.capabilities.includes(capability);
}
