/**
 * The operations of the engine protocol that change rows.
 *
 * @module
 */

import type {
  ChangeReport,
  DeltaTable,
  WhenMatched,
  WhenNotMatched,
} from "../../src/mod.ts";
import { buildBatch } from "../../src/parquet/column_builder.ts";
import type { JsonValue, StructType } from "../../src/schema/data_type.ts";
import { parseSchema } from "../../src/schema/schema_json.ts";
import { decodeRow } from "../canonical_values.ts";
import { invalid, type JsonObject } from "./arguments.ts";
import { type Assigned, parseAdd, parseSet } from "./json_assignments.ts";
import {
  columnsIn,
  type FindColumn,
  parsePredicate,
} from "./json_predicate.ts";
import {
  type Answer,
  committed,
  type Operation,
  type Session,
  tableOf,
  whereOf,
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
  appendSelect: writes({
    handle: "text",
    "where?": "list",
    "add?": "object",
  }, appendSelect),
  delete: writes({ handle: "text", "where?": "list" }, deleteRows),
  update: writes({ handle: "text", set: "object", "where?": "list" }, update),
  merge: writes({
    handle: "text",
    rows: "list",
    schema: "object",
    on: "names",
    "whenMatched?": "text",
    "whenMatchedCondition?": "list",
    "whenMatchedSet?": "object",
    "whenNotMatched?": "text",
    "whenNotMatchedCondition?": "list",
    "whenNotMatchedSet?": "object",
    "whenNotMatchedBySource?": "text",
    "whenNotMatchedBySourceCondition?": "list",
    "whenNotMatchedBySourceSet?": "object",
  }, merge),
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
  const partitions = request.partitions ?? undefined;
  if (partitions !== undefined && partitions !== "dynamic") {
    throw invalid("overwrite", `partitions is ${JSON.stringify(partitions)}`);
  }
  const table = tableOf(session, request);
  const where = whereOf(request, table.schema);
  const report = await table.overwrite(dataOf(table, request), {
    ...(where ? { where } : {}),
    ...(partitions ? { partitions } : {}),
    ...(request.overwriteSchema
      ? { overwriteSchema: true, ...schemaOf(request) }
      : {}),
  });
  return committed(report);
}

function schemaOf(request: JsonObject): { readonly schema?: StructType } {
  return request.schema
    ? { schema: parseSchema(JSON.stringify(request.schema)) }
    : {};
}

async function appendSelect(
  session: Session,
  request: JsonObject,
): Promise<Answer> {
  const table = tableOf(session, request);
  const { schema } = table;
  const add = (request.add ?? undefined) as JsonObject | undefined;
  const report = await table.appendSelect({
    where: whereOf(request, schema),
    set: add && parseAdd("appendSelect", add, schema),
  });
  return committed(report);
}

async function deleteRows(
  session: Session,
  request: JsonObject,
): Promise<Answer> {
  const table = tableOf(session, request);
  const report = await table.delete({ where: whereOf(request, table.schema) });
  const { numDeletedRows } = report.metrics;
  return { ...committed(report), deletedRows: numDeletedRows };
}

async function update(session: Session, request: JsonObject): Promise<Answer> {
  const table = tableOf(session, request);
  const report = await table.update({
    set: parseSet("update", request.set as JsonObject, table.schema),
    where: whereOf(request, table.schema),
  });
  return { ...committed(report), updatedRows: report.metrics.numUpdatedRows };
}

async function merge(session: Session, request: JsonObject): Promise<Answer> {
  const table = tableOf(session, request);
  const target = table.schema;
  const source = parseSchema(JSON.stringify(request.schema));
  const report = await table.merge({
    source: dataOf(table, request),
    sourceSchema: source,
    on: request.on as string[],
    whenMatched: rowClauses(request, "whenMatched", target, source),
    whenNotMatched: insertClauses(request, target, source),
    whenNotMatchedBySource: rowClauses(
      request,
      "whenNotMatchedBySource",
      target,
      undefined,
    ),
  });
  return { ...committed(report), ...mergedRows(report) };
}

function mergedRows({ metrics }: ChangeReport): Answer {
  return {
    inserted: metrics.numInsertedRows,
    updated: metrics.numUpdatedRows,
    deleted: metrics.numDeletedRows ?? 0,
  };
}

/** The clause for rows of the table: its columns come first, the source's where it has no such column. */
function rowClauses(
  request: JsonObject,
  name: "whenMatched" | "whenNotMatchedBySource",
  target: StructType,
  source: StructType | undefined,
): readonly WhenMatched[] {
  const action = request[name] ?? undefined;
  const set = (request[`${name}Set`] ?? undefined) as JsonObject | undefined;
  const json = request[`${name}Condition`] ?? undefined;
  if (action === undefined) {
    refuseLoose(name, set, json);
    return [];
  }
  const condition = json === undefined ? undefined : parsePredicate(
    json,
    sides([["target", target], ...source ? [["source", source] as const] : []]),
  );
  if (action === "delete" && set === undefined) {
    return [{ delete: true, condition }];
  }
  if (action === "update" && (set !== undefined || source !== undefined)) {
    const update: Assigned | "all" = set
      ? parseSet("merge", set, target, ["target"])
      : "all";
    return [{ update, condition }];
  }
  throw invalid(
    "merge",
    `${name} cannot be ${JSON.stringify(action)}${
      set === undefined ? ` without ${name}Set` : ` with ${name}Set`
    }`,
  );
}

function insertClauses(
  request: JsonObject,
  target: StructType,
  source: StructType,
): readonly WhenNotMatched[] {
  const name = "whenNotMatched";
  const action = request[name] ?? undefined;
  const set = (request[`${name}Set`] ?? undefined) as JsonObject | undefined;
  const json = request[`${name}Condition`] ?? undefined;
  if (action === undefined) {
    refuseLoose(name, set, json);
    return [];
  }
  if (action !== "insert") {
    throw invalid("merge", `${name} cannot be ${JSON.stringify(action)}`);
  }
  const condition = json === undefined
    ? undefined
    : parsePredicate(json, sides([["source", source]]));
  const insert: Assigned | "all" = set
    ? parseSet("merge", set, target, ["source"])
    : "all";
  return [{ insert, condition }];
}

/** A condition or values of a clause that is not there mean something that would not happen. */
function refuseLoose(name: string, set: unknown, condition: unknown): void {
  if (set === undefined && condition === undefined) return;
  throw invalid("merge", `there is no ${name} for its condition or values`);
}

/** Columns of a merge: those of the first side that has them, unless the path begins with a side. */
function sides(
  named: readonly (readonly [string, StructType])[],
): FindColumn {
  return (path) => {
    for (const [side, schema] of named) {
      const found = columnsIn(schema)(path);
      if (found) return { path: [side, ...path], type: found.type };
    }
    const [first, ...rest] = path;
    const schema = named.find(([side]) => side === first)?.[1];
    const found = schema && rest.length > 0 &&
      columnsIn(schema)(rest as [string, ...string[]]);
    return found ? { path, type: found.type } : undefined;
  };
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
