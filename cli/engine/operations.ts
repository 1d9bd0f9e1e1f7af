/**
 * The operations of the engine protocol on this engine's tables. Each takes
 * its request as it came and answers in the protocol's words; nothing is
 * retried, locked or checked that the engine would not.
 *
 * @module
 */

import { ENGINE_INFO } from "../../src/commit/commit_bytes.ts";
import { DeltaError } from "../../src/errors.ts";
import { type CommitReport, DeltaTable } from "../../src/mod.ts";
import {
  changesSchema,
  COMMIT_TIMESTAMP,
} from "../../src/operations/change_data_feed.ts";
import { buildBatch } from "../../src/parquet/column_builder.ts";
import type { JsonValue } from "../../src/schema/data_type.ts";
import { parseSchema } from "../../src/schema/schema_json.ts";
import { columnsToScan } from "../../src/scan/plan_scan.ts";
import { rowsDigest } from "../canonical_rows.ts";
import { decodeRow } from "../canonical_values.ts";
import { type Forms, invalid, type JsonObject } from "./arguments.ts";
import { describeSnapshot } from "./describe.ts";
import { encodeBatches } from "./encode_batches.ts";
import { parsePredicate } from "./json_predicate.ts";
import { RawJson } from "./replies.ts";

/** What a client has said and opened so far. */
export interface Session {
  /** Storage options, from `hello`. */
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
  readonly run: (session: Session, request: JsonObject) => Promise<Answer>;
}

/** The operations that this engine has, by name. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  hello: reads(
    { "protocol?": "natural", "storage?": "strings", "clientId?": "text" },
    hello,
  ),
  create: writes({
    table: "text",
    handle: "text",
    schema: "object",
    "partitionColumns?": "names",
    "configuration?": "strings",
    "mode?": "text",
  }, create),
  open: reads({
    table: "text",
    handle: "text",
    "version?": "natural",
    "timestampMs?": "integer",
  }, open),
  refresh: reads({ handle: "text" }, refresh),
  describe: reads(
    { handle: "text" },
    async (session, request) =>
      await describeSnapshot(tableOf(session, request).snapshot),
  ),
  read: reads({
    handle: "text",
    "columns?": "names",
    "where?": "list",
    "digest?": "boolean",
  }, read),
  append: writes({
    handle: "text",
    rows: "list",
    "schema?": "object",
    "mergeSchema?": "boolean",
    "txn?": "txn",
  }, append),
  overwrite: writes({
    handle: "text",
    rows: "list",
    "where?": "list",
    "partitions?": "text",
    "schema?": "object",
    "overwriteSchema?": "boolean",
  }, overwrite),
  checkpoint: reads({ handle: "text" }, checkpoint),
  resolve: writes({
    handle: "text",
    token: "text",
    attemptedVersion: "natural",
  }, resolve),
  history: reads({ handle: "text", "limit?": "natural" }, history),
  changes: reads({ handle: "text", from: "natural", to: "natural" }, changes),
  close: reads({ handle: "text" }, close),
};

/** What `hello` says the engine has. */
export const CAPABILITIES: readonly string[] = [
  ...Object.keys(OPERATIONS),
  "append.txn",
  "append.mergeSchema",
];

function reads(forms: Forms, run: Operation["run"]): Operation {
  return { forms, writes: false, run };
}

function writes(forms: Forms, run: Operation["run"]): Operation {
  return { forms, writes: true, run };
}

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

async function create(session: Session, request: JsonObject): Promise<Answer> {
  const mode = request.mode ?? "error";
  if (mode !== "error" && mode !== "ignore" && mode !== "overwrite") {
    throw invalid("create", `there is no mode ${JSON.stringify(mode)}`);
  }
  const table = await DeltaTable.create(request.table as string, {
    schema: JSON.stringify(request.schema),
    partitionBy: (request.partitionColumns ?? []) as string[],
    properties: (request.configuration ?? {}) as Record<string, string>,
    mode,
    storage: session.storage,
  });
  await keep(session, request, table);
  return { version: table.version, created: table.created };
}

async function open(session: Session, request: JsonObject): Promise<Answer> {
  const { version, timestampMs } = request;
  if (typeof version === "number" && typeof timestampMs === "number") {
    throw invalid("open", "it takes a version or a timestamp, not both");
  }
  const table = await DeltaTable.open(request.table as string, {
    storage: session.storage,
    ...(typeof version === "number" ? { version } : {}),
    ...(typeof timestampMs === "number" ? { timestamp: timestampMs } : {}),
  });
  await keep(session, request, table);
  return { version: table.version };
}

async function refresh(session: Session, request: JsonObject): Promise<Answer> {
  const table = tableOf(session, request);
  await table.refresh();
  return { version: table.version };
}

async function read(session: Session, request: JsonObject): Promise<Answer> {
  const { snapshot } = tableOf(session, request);
  const columns = (request.columns ?? undefined) as string[] | undefined;
  const where = request.where
    ? parsePredicate(request.where, snapshot.schema)
    : undefined;
  const batches = snapshot.scan({
    ...(columns ? { columns } : {}),
    ...(where ? { where } : {}),
  });
  const texts = await encodeBatches(
    batches,
    columnsToScan(snapshot.schema, columns),
  );
  const answer = { version: snapshot.version, totalRows: texts.length };
  return request.digest
    ? { ...answer, rowsSha256: rowsDigest(texts) }
    : { ...answer, rows: new RawJson(`[${texts.join(",")}]`) };
}

async function append(session: Session, request: JsonObject): Promise<Answer> {
  const table = tableOf(session, request);
  const txn = request.txn as { appId: string; version: number } | undefined;
  const report = await table.append(dataOf(table, request), {
    ...(request.mergeSchema ? { mergeSchema: true } : {}),
    ...(txn ? { txn } : {}),
  });
  return committed(report);
}

async function overwrite(
  session: Session,
  request: JsonObject,
): Promise<Answer> {
  for (const option of ["where", "partitions", "overwriteSchema"]) {
    if (request[option]) {
      throw refused("overwrite", `the option ${option}`);
    }
  }
  const table = tableOf(session, request);
  return committed(await table.overwrite(dataOf(table, request)));
}

/** The request's rows as a batch, in the order of its own schema where it has one. */
function dataOf(table: DeltaTable, request: JsonObject) {
  const schema = request.schema
    ? parseSchema(JSON.stringify(request.schema))
    : table.schema;
  const rows = (request.rows as readonly JsonValue[])
    .map((row) => decodeRow(row, schema));
  return request.schema ? buildBatch(schema, rows) : rows;
}

function committed(report: CommitReport): Answer {
  const { outcome, version, readVersion, attempts, token } = report;
  if (outcome === "committed") return { version, readVersion, attempts, token };
  return outcome === "already-applied"
    ? { version, skipped: true, committed: false }
    : { version, committed: false };
}

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

async function history(session: Session, request: JsonObject): Promise<Answer> {
  const table = tableOf(session, request);
  const limit = (request.limit ?? undefined) as number | undefined;
  const commits: Answer[] = [];
  for await (
    const commit of table.history(limit === undefined ? {} : { limit })
  ) {
    const { version, timestamp: timestampMs, operation, isBlindAppend } =
      commit;
    commits.push({
      version,
      timestampMs,
      operation,
      ...(isBlindAppend === undefined ? {} : { isBlindAppend }),
    });
  }
  return { commits };
}

async function changes(session: Session, request: JsonObject): Promise<Answer> {
  const table = tableOf(session, request);
  const { from, to } = request as { from: number; to: number };
  const batches = table.changes({ from, to });
  const { schema } = to === table.version
    ? table
    : await table.at({ version: to });
  const columns = changesSchema(schema).fields
    .filter((field) => field.name !== COMMIT_TIMESTAMP);
  const texts = await encodeBatches(batches, {
    kind: "struct",
    fields: columns,
  });
  return { rows: new RawJson(`[${texts.join(",")}]`) };
}

async function close(session: Session, request: JsonObject): Promise<Answer> {
  const table = tableOf(session, request);
  session.tables.delete(request.handle as string);
  await table.close();
  return {};
}

/** Keeps a table under its handle; one that was there under it is let go. */
async function keep(
  session: Session,
  request: JsonObject,
  table: DeltaTable,
): Promise<void> {
  const handle = request.handle as string;
  const before = session.tables.get(handle);
  session.tables.set(handle, table);
  await before?.close();
}

function tableOf(session: Session, request: JsonObject): DeltaTable {
  const table = session.tables.get(request.handle as string);
  if (table) return table;
  throw invalid(
    String(request.op),
    `no table is open under ${JSON.stringify(request.handle)}`,
  );
}

function refused(op: string, what: string): DeltaError {
  return new DeltaError("DELTA_UNSUPPORTED_OPERATION", {
    what: `Cannot run ${op}`,
    why: `this engine does not have ${what}`,
    fix: "Look at the capabilities that hello answers",
  });
}
