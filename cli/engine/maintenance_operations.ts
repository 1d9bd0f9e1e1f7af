/**
 * The operations of the engine protocol that look after a table.
 *
 * @module
 */

import { invalid, type JsonObject } from "./arguments.ts";
import {
  type Answer,
  committed,
  type Operation,
  reads,
  type Session,
  tableOf,
  whereOf,
  writes,
} from "./session.ts";

/** The operations, by name. */
export const MAINTENANCE_OPERATIONS: Readonly<Record<string, Operation>> = {
  optimize: writes({
    handle: "text",
    "where?": "list",
    "targetSizeBytes?": "natural",
    "zOrderBy?": "names",
  }, optimize),
  vacuum: reads({
    handle: "text",
    "mode?": "text",
    "retentionHours?": "number",
    "dryRun?": "boolean",
    "enforceRetention?": "boolean",
  }, vacuum),
  restore: writes({
    handle: "text",
    "version?": "natural",
    "timestampMs?": "integer",
  }, restore),
  checkpoint: reads({ handle: "text" }, checkpoint),
  compactLog: reads({ handle: "text" }, compactLog),
  cleanup: reads({ handle: "text" }, cleanup),
  resolve: writes({
    handle: "text",
    token: "text",
    attemptedVersion: "natural",
  }, resolve),
};

async function optimize(
  session: Session,
  request: JsonObject,
): Promise<Answer> {
  const table = tableOf(session, request);
  const report = await table.optimize({
    where: whereOf(request, table.schema),
    targetSizeBytes: (request.targetSizeBytes ?? undefined) as
      | number
      | undefined,
    zOrderBy: (request.zOrderBy ?? undefined) as string[] | undefined,
  });
  const { filesAdded, filesRemoved } = report.metrics;
  return { ...committed(report), filesAdded, filesRemoved };
}

async function vacuum(session: Session, request: JsonObject): Promise<Answer> {
  const mode = request.mode ?? undefined;
  if (mode !== undefined && mode !== "lite" && mode !== "full") {
    throw invalid("vacuum", `there is no mode ${JSON.stringify(mode)}`);
  }
  // The protocol's default is to do what is asked; the table's own to look first.
  const { files: deleted, version } = await tableOf(session, request).vacuum({
    mode,
    dryRun: request.dryRun === true,
    retentionHours: (request.retentionHours ?? undefined) as number | undefined,
    enforceRetention: (request.enforceRetention ?? undefined) as
      | boolean
      | undefined,
  });
  return { deleted, version };
}

async function restore(session: Session, request: JsonObject): Promise<Answer> {
  const version = (request.version ?? undefined) as number | undefined;
  const timestamp = (request.timestampMs ?? undefined) as number | undefined;
  if ((version === undefined) === (timestamp === undefined)) {
    throw invalid("restore", "it takes a version or a timestamp");
  }
  const report = await tableOf(session, request)
    .restore({ version, timestamp });
  return committed(report);
}

async function checkpoint(
  session: Session,
  request: JsonObject,
): Promise<Answer> {
  const { version } = await tableOf(session, request).checkpoint();
  return { version };
}

async function compactLog(
  session: Session,
  request: JsonObject,
): Promise<Answer> {
  const table = tableOf(session, request);
  await table.compactLog();
  return { version: table.version };
}

async function cleanup(session: Session, request: JsonObject): Promise<Answer> {
  const table = tableOf(session, request);
  await table.cleanup();
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
