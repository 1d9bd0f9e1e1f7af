/**
 * This engine, in this process: every client has its own store handle and
 * machine, and reports what `DeltaTable` says, no more.
 *
 * @module
 */

import {
  type CommitReport,
  DeltaError,
  DeltaTable,
  parseSchema,
  type Predicate,
  type RebaseRules,
  type TableOptions,
} from "../../src/mod.ts";
import type {
  ClientOptions,
  EngineAdapter,
  EngineClient,
  JsonPredicate,
  OperationName,
  Reply,
  Requests,
  SuccessReply,
} from "../engine_adapter.ts";
import { decodeRow, encodeRow, toPredicate } from "./canonical.ts";
import { READS } from "./this_engine_reads.ts";
import { moreOperations, OPTIONAL } from "./this_engine_operations.ts";

/** What may be put in the engine's place: for planted defects. */
export interface ThisEngineOptions {
  /** Its name in reports. */
  readonly name?: string;
  /** The decisions of its commit loop. */
  readonly rules?: RebaseRules;
}

/** One operation on a client's tables. */
export type Run<Name extends OperationName> = (
  client: ThisClient,
  handle: string,
  request: Requests[Name],
) => Promise<Omit<SuccessReply, "ok">>;

/** Operations by name. */
export type Runs = { readonly [Name in OperationName]?: Run<Name> };

const unchanged = new WeakSet<EngineAdapter>();

/** Whether an adapter is this engine with nothing in its place: what another process would run. */
export function isThisEngine(adapter: EngineAdapter): boolean {
  return unchanged.has(adapter);
}

/** This engine as a subject of the suite. */
export function thisEngine(options: ThisEngineOptions = {}): EngineAdapter {
  const adapter: EngineAdapter = {
    name: options.name ?? "litmus",
    capabilities: [
      ...Object.keys(OPERATIONS),
      "append.txn",
      "append.mergeSchema",
      ...OPTIONAL,
    ],
    inProcess: true,
    connect: (client) => Promise.resolve(new ThisClient(client, options)),
  };
  if (Object.keys(options).length === 0) unchanged.add(adapter);
  return adapter;
}

/** A client: its handles by name. */
export class ThisClient implements EngineClient {
  /** Open tables by handle. */
  readonly tables: Map<string, DeltaTable> = new Map();
  readonly #client: ClientOptions;
  readonly #options: ThisEngineOptions;

  /** Made by {@link thisEngine}. */
  constructor(client: ClientOptions, options: ThisEngineOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Where its tables are. */
  get uri(): string {
    return this.#client.table;
  }

  /** How its tables are reached. */
  get tableOptions(): TableOptions {
    const { store, host, storage } = this.#client;
    return { store, host, storage, rules: this.#options.rules, onWarning };
  }

  /** The table of a handle. */
  table(handle: string): DeltaTable {
    const table = this.tables.get(handle);
    if (!table) throw new TypeError(`there is no handle ${handle}`);
    return table;
  }

  /** A predicate of a request, bound to the handle's schema. */
  where(
    handle: string,
    json: JsonPredicate | undefined,
  ): Predicate | undefined {
    return json && toPredicate(json, this.table(handle).schema);
  }

  async run<Name extends OperationName>(
    op: Name,
    handle: string,
    request: Requests[Name],
  ): Promise<Reply> {
    const run = OPERATIONS[op] as Run<Name> | undefined;
    if (!run) return unsupported(op);
    try {
      return { ok: true, ...await run(this, handle, request) };
    } catch (error) {
      return failureOf(error);
    }
  }

  async close(): Promise<void> {
    for (const table of this.tables.values()) await table.close();
    this.tables.clear();
  }
}

function onWarning(): void {
  // A simulated fault is no news.
}

/** A write's report in the protocol's words. */
export function reported(report: CommitReport): Omit<SuccessReply, "ok"> {
  const { outcome, version, readVersion, attempts, token } = report;
  if (outcome === "committed") return { version, readVersion, attempts, token };
  return {
    version,
    committed: false,
    ...(outcome === "already-applied" && { skipped: true }),
  };
}

const OPERATIONS: Runs = {
  create: async (client, handle, request) => {
    const table = await DeltaTable.create(client.uri, {
      ...client.tableOptions,
      schema: JSON.stringify(request.schema),
      partitionBy: request.partitionColumns ?? [],
      properties: request.configuration ?? {},
      mode: request.mode ?? "error",
    });
    client.tables.set(handle, table);
    return {
      version: table.version,
      created: table.created,
      ...(!table.created && { committed: false }),
    };
  },
  open: async (client, handle, { version, timestampMs: timestamp }) => {
    const table = await DeltaTable.open(client.uri, {
      ...client.tableOptions,
      version,
      timestamp,
    });
    client.tables.set(handle, table);
    return { version: table.version };
  },
  refresh: async (client, handle) => {
    const { version } = await client.table(handle).refresh();
    return { version };
  },
  read: async (client, handle, request) => {
    const { snapshot } = client.table(handle);
    const where = client.where(handle, request.where);
    const { columns } = request;
    const fields = columns
      ? columns.map((name) =>
        snapshot.schema.fields.find((f) => f.name === name)!
      )
      : snapshot.schema.fields;
    const schema = { kind: "struct" as const, fields };
    const rows = [];
    for await (const row of snapshot.rows({ where, columns })) {
      rows.push(encodeRow(row, schema));
    }
    return {
      version: snapshot.version,
      rows,
      columns: fields.map((field) => field.name),
    };
  },
  append: async (client, handle, request) => {
    const table = client.table(handle);
    const { txn, mergeSchema } = request;
    const schema = request.schema
      ? parseSchema(JSON.stringify(request.schema))
      : table.schema;
    const rows = request.rows.map((row) => decodeRow(row, schema));
    return reported(await table.append(rows, { txn, mergeSchema }));
  },
  overwrite: async (client, handle, request) => {
    const table = client.table(handle);
    const rows = request.rows.map((row) => decodeRow(row, table.schema));
    const where = client.where(handle, request.where);
    const options = {
      ...(where && { where }),
      ...(request.partitions && { partitions: request.partitions }),
    };
    return reported(await table.overwrite(rows, options as object));
  },
  checkpoint: async (client, handle) => {
    const table = client.table(handle);
    await table.checkpoint();
    return { version: table.version, committed: false };
  },
  resolve: async (client, handle, request) => {
    const { token, attemptedVersion } = request;
    const { committed, version } = await client.table(handle).resolve(
      token,
      attemptedVersion,
    );
    return { committed, version };
  },
  history: async (client, handle, { limit }) => {
    const commits = [];
    for await (const commit of client.table(handle).history({ limit })) {
      commits.push({ version: commit.version, timestampMs: commit.timestamp });
    }
    return { commits, version: client.table(handle).version };
  },
  ...READS,
  ...moreOperations,
};

function failureOf(error: unknown): Reply {
  if (error instanceof DeltaError) {
    const { kind, conflict, code, message, context } = error;
    const unknown = error.outcome !== "failed";
    return {
      ok: false,
      outcome: unknown ? "unknown" : "failed",
      ...(typeof context.token === "string" && { token: context.token }),
      ...(typeof context.attemptedVersion === "number" &&
        { attemptedVersion: context.attemptedVersion }),
      error: { kind, code, message, ...(conflict && { name: conflict }) },
    };
  }
  const message = error instanceof Error
    ? error.stack ?? error.message
    : String(error);
  return {
    ok: false,
    outcome: "unknown",
    error: { kind: "internal", message },
  };
}

function unsupported(op: string): Reply {
  return {
    ok: false,
    outcome: "failed",
    error: { kind: "unsupported", message: `the engine has no ${op}` },
  };
}
