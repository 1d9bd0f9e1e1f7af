/**
 * The operations of the engine protocol that change rows.
 *
 * @module
 */

import type { DeltaTable } from "../../src/mod.ts";
import { buildBatch } from "../../src/parquet/column_builder.ts";
import type { JsonValue } from "../../src/schema/data_type.ts";
import { parseSchema } from "../../src/schema/schema_json.ts";
import { decodeRow } from "../canonical_values.ts";
import type { JsonObject } from "./arguments.ts";
import {
  type Answer,
  committed,
  type Operation,
  refused,
  type Session,
  tableOf,
  writes,
} from "./session.ts";

/** The operations, by name. */
export const WRITE_OPERATIONS: Readonly<Record<string, Operation>> = {
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
};

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
