/**
 * The operations of the engine protocol that make, open, read and let go of
 * tables.
 *
 * @module
 */

import { DeltaTable } from "../../src/mod.ts";
import {
  changesSchema,
  COMMIT_TIMESTAMP,
} from "../../src/operations/change_data_feed.ts";
import { columnsToScan } from "../../src/scan/plan_scan.ts";
import { rowsDigest } from "../../conformance/canonical/canonical_rows.ts";
import { invalid, type JsonObject } from "./arguments.ts";
import { describeSnapshot } from "./describe.ts";
import { encodeBatches } from "./encode_batches.ts";
import { RawJson } from "./replies.ts";
import {
  type Answer,
  keep,
  type Operation,
  reads,
  type Session,
  tableOf,
  whereOf,
  writes,
} from "./session.ts";

/** The operations, by name. */
export const READ_OPERATIONS: Readonly<Record<string, Operation>> = {
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
  history: reads({ handle: "text", "limit?": "natural" }, history),
  changes: reads({ handle: "text", from: "natural", to: "natural" }, changes),
  close: reads({ handle: "text" }, close),
};

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
  const where = whereOf(request, snapshot.schema);
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
