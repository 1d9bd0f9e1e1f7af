/**
 * Makes a table, or a new definition of one that is there.
 *
 * Creating is one put-if-absent of version 0: of many that try, one wins, and
 * the others are told so.
 *
 * Source: Delta protocol, "Change Metadata", "Protocol Evolution".
 *
 * @module
 */

import type * as arrow from "apache-arrow";
import type { Metadata, Protocol } from "../actions/action.ts";
import { Transaction } from "../commit/transaction.ts";
import type { TableData } from "../data/row_input.ts";
import type { WriteTarget } from "../data/write_data_files.ts";
import { DeltaError, throwIfAborted } from "../errors.ts";
import { fromArrowSchema } from "../parquet/arrow_schema.ts";
import { protocolFor, upgradedProtocol } from "../protocol/protocol_for.ts";
import { checkWritable } from "../protocol/support.ts";
import {
  storedConfiguration,
  validateProperties,
  withRowTrackingColumns,
} from "../protocol/table_property.ts";
import {
  assignColumnMapping,
  columnMappingMode,
  mapFields,
  MAX_ID_KEY,
} from "../schema/column_mapping.ts";
import { checkSchemaShape } from "../schema/check_shape.ts";
import type { JsonValue, StructType } from "../schema/data_type.ts";
import { validateSchema } from "../schema/schema_evolution.ts";
import { formatSchema, parseSchema } from "../schema/schema_json.ts";
import { checkNames, findField } from "../schema/schema_path.ts";
import { loadSnapshot } from "../snapshot/load_snapshot.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";
import { checkNotAppendOnly, removeAll } from "./overwrite.ts";
import { checkTargetFileSize, type OperationOptions } from "./write_options.ts";
import { commitWritten, writeRows } from "./write_rows.ts";

/** What to do when there is a table already. */
export type CreateMode = "error" | "ignore" | "overwrite";

/** The schema of Arrow data. */
export type ArrowSchema = arrow.RecordBatch["schema"];

/** A schema in any of the forms people have it in: Delta's type, its JSON, or Arrow's. */
export type SchemaInput =
  | StructType
  | ArrowSchema
  | string
  | { readonly type: "struct"; readonly fields: readonly JsonValue[] };

/** Options of {@link createTable}. */
export interface CreateOptions extends OperationOptions {
  /** The columns. */
  readonly schema: SchemaInput;
  /** Columns to partition by; none by default. */
  readonly partitionBy?: readonly string[] | undefined;
  /** Table properties. */
  readonly properties?: Readonly<Record<string, string>> | undefined;
  /** What to do when there is a table already: refuse by default. */
  readonly mode?: CreateMode | undefined;
  /** A name for people. */
  readonly name?: string | undefined;
  /** A description for people. */
  readonly description?: string | undefined;
  /** Rows that the creating commit itself adds; none by default. */
  readonly data?: TableData | undefined;
  /** Size in bytes at which a data file is closed; as for an append. */
  readonly targetFileSize?: number | undefined;
}

/** What became of a create. */
export interface CreateResult {
  /** The table as it is now. */
  readonly snapshot: Snapshot;
  /** Whether this call made or replaced it; false where mode `ignore` found one. */
  readonly created: boolean;
}

/** The definition of a table, checked. */
interface Definition {
  readonly schema: StructType;
  readonly partitionColumns: readonly string[];
  readonly configuration: Readonly<Record<string, string>>;
}

/**
 * Creates a table, or by mode leaves the one that is there, or replaces its
 * definition and rows in one commit that keeps its id and history.
 *
 * @param context Where.
 * @param options What.
 * @returns The table, and whether this call made it.
 * @throws {DeltaError} `DELTA_TABLE_ALREADY_EXISTS`, `DELTA_INVALID_SCHEMA`,
 *   `DELTA_UNKNOWN_CONFIGURATION`, `DELTA_INVALID_CONFIGURATION`, `DELTA_COMMIT_UNKNOWN`.
 */
export async function createTable(
  context: TableContext,
  options: CreateOptions,
): Promise<CreateResult> {
  const { mode = "error", signal } = options;
  throwIfAborted(signal, `Creating ${context.url}`);
  checkMode(mode);
  checkTargetFileSize(options.targetFileSize, `Cannot create ${context.url}`);
  checkText("name", options.name);
  checkText("description", options.description);
  const definition = definitionOf(options);
  const found = await existing(context, signal);
  if (found) return await whereFound(context, found, definition, options);
  try {
    return await createNew(context, definition, options);
  } catch (error) {
    if (mode === "error" || !isExists(error)) throw error;
    // A stream of rows can be read once only: who lost with one has to run again.
    if (mode === "overwrite" && options.data) {
      throw lostWithData(context, error);
    }
    const winner = await loadSnapshot(context, { signal });
    return await whereFound(context, winner, definition, options);
  }
}

function checkMode(mode: string): void {
  if (["error", "ignore", "overwrite"].includes(mode)) return;
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: `Cannot create a table in mode ${mode}`,
    why: "the modes are error, ignore and overwrite",
    fix: "Use one of them",
  });
}

function checkText(option: string, value: unknown): void {
  if (value === undefined || typeof value === "string") return;
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: "Cannot create a table",
    why: `its ${option} is not text`,
    fix: `Give text, or leave ${option} out`,
  });
}

/** The newest state of the table that is there, if one is. */
export async function existing(
  context: TableContext,
  signal?: AbortSignal,
): Promise<Snapshot | undefined> {
  try {
    return await loadSnapshot(context, { signal });
  } catch (error) {
    if (error instanceof DeltaError && error.code === "DELTA_TABLE_NOT_FOUND") {
      return undefined;
    }
    throw error;
  }
}

async function whereFound(
  context: TableContext,
  found: Snapshot,
  definition: Definition,
  options: CreateOptions,
): Promise<CreateResult> {
  if (options.mode === "ignore") return { snapshot: found, created: false };
  if (options.mode === "overwrite") {
    return await replace(context, found, definition, options);
  }
  throw new DeltaError("DELTA_TABLE_ALREADY_EXISTS", {
    what: `Cannot create ${context.url}`,
    why: `there is a table at version ${found.version}`,
    fix: 'Open it, or use mode "ignore" or "overwrite"',
    context: { version: found.version },
  });
}

function lostWithData(context: TableContext, cause: unknown): DeltaError {
  return new DeltaError("DELTA_CONCURRENT_WRITE", {
    what: `Cannot create ${context.url}`,
    why: "another create came first, after the data had been read",
    fix: "Run the operation again: it will replace that table",
    cause,
  });
}

function isExists(error: unknown): boolean {
  return error instanceof DeltaError &&
    error.code === "DELTA_TABLE_ALREADY_EXISTS";
}

async function createNew(
  context: TableContext,
  definition: Definition,
  options: CreateOptions,
): Promise<CreateResult> {
  const { schema, configuration } = mapped(context, definition, 0);
  const protocol = protocolFor(schema, configuration);
  const metadata = metadataOf(
    context,
    { ...definition, schema, configuration },
    options,
    context.host.uuid(),
  );
  checkWritable(protocol, metadata, schema, { operation: "create" });
  const transaction = new Transaction(context, undefined, {
    operation: options.data === undefined
      ? "CREATE TABLE"
      : "CREATE TABLE AS SELECT",
    intent: "create",
    operationParameters: parametersOf(metadata),
    userMetadata: options.userMetadata,
    rules: options.rules,
    signal: options.signal,
  });
  transaction.setProtocol(protocol);
  transaction.setMetadata(metadata);
  const target = { schema, metadata, protocol };
  return await commitDefinition(context, transaction, target, options, 0);
}

/** Commits the definition, and in the same commit the rows that it begins with. */
async function commitDefinition(
  context: TableContext,
  transaction: Transaction,
  target: WriteTarget,
  options: CreateOptions,
  removedFiles: number,
): Promise<CreateResult> {
  const { data, targetFileSize, signal } = options;
  if (data === undefined) {
    const { snapshot } = await transaction.commit();
    return { snapshot, created: true };
  }
  const written = await writeRows(context, target, data, {
    targetFileSize,
    signal,
  });
  const done = await commitWritten(context, transaction, written, removedFiles);
  return { snapshot: done.snapshot, created: true };
}

/** A new definition for a table that is there: its rows go, its id, ids of columns and features stay. */
async function replace(
  context: TableContext,
  found: Snapshot,
  definition: Definition,
  options: CreateOptions,
): Promise<CreateResult> {
  checkNotAppendOnly(context, found);
  const highest = Number(found.metadata.configuration[MAX_ID_KEY] ?? "0");
  const { schema, configuration } = mapped(context, definition, highest);
  const protocol: Protocol = upgradedProtocol(
    found.protocol,
    schema,
    configuration,
  );
  const metadata = metadataOf(
    context,
    { ...definition, schema, configuration },
    options,
    found.metadata.id,
  );
  checkWritable(protocol, metadata, schema, { operation: "overwrite" });
  const removes = await removeAll(context, found, options.signal);
  const transaction = new Transaction(context, found, {
    operation: options.data === undefined
      ? "CREATE OR REPLACE TABLE"
      : "CREATE OR REPLACE TABLE AS SELECT",
    intent: "overwrite",
    operationParameters: parametersOf(metadata),
    userMetadata: options.userMetadata,
    rules: options.rules,
    signal: options.signal,
  });
  transaction.readWholeTable();
  if (protocol !== found.protocol) transaction.setProtocol(protocol);
  transaction.setMetadata(metadata);
  for (const remove of removes) transaction.remove(remove);
  const target = { schema, metadata, protocol };
  return await commitDefinition(
    context,
    transaction,
    target,
    options,
    removes.length,
  );
}

function definitionOf(options: CreateOptions): Definition {
  const configuration = options.properties ?? {};
  validateProperties(configuration);
  const schema = schemaOf(options.schema);
  const partitionColumns = checkNames(options.partitionBy ?? [], {
    what: "Cannot partition the table",
    option: "partitionBy",
  }).map((name) => findField(schema, name)?.name ?? name);
  const anyNames = columnMappingMode(configuration) !== "none";
  validateSchema(schema, partitionColumns, { anyNames });
  return { schema, partitionColumns, configuration };
}

/** Reads a schema in any of its forms. */
export function schemaOf(input: SchemaInput): StructType {
  if (typeof input === "string") return parseSchema(input);
  if (typeof input === "object" && input !== null) {
    if ("kind" in input) return checkSchemaShape(input);
    if ("type" in input) return parseSchema(JSON.stringify(input));
    if (Array.isArray(input.fields)) {
      // Field ids of whatever the Arrow schema came from are not the table's.
      return mapFields(
        fromArrowSchema(input),
        (field) => ({ ...field, metadata: {} }),
      );
    }
  }
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: "Cannot create a table",
    why: "the schema is neither Delta's nor Arrow's",
    fix: "Give a StructType, the JSON of one, or an Arrow schema",
  });
}

/** Gives columns their ids and physical names where the table maps columns, and names the hidden columns of row tracking. */
function mapped(
  context: TableContext,
  definition: Definition,
  highest: number,
): Pick<Definition, "schema" | "configuration"> {
  const { schema } = definition;
  const configuration = withRowTrackingColumns(
    definition.configuration,
    () => context.host.uuid(),
  );
  if (columnMappingMode(configuration) === "none") {
    return { schema, configuration };
  }
  const assigned = assignColumnMapping(
    schema,
    { ...configuration, [MAX_ID_KEY]: String(highest) },
    () => context.host.uuid(),
  );
  return {
    schema: assigned.schema,
    configuration: {
      ...configuration,
      [MAX_ID_KEY]: String(assigned.maxColumnId),
    },
  };
}

function metadataOf(
  context: TableContext,
  definition: Definition,
  options: CreateOptions,
  id: string,
): Metadata {
  return {
    id,
    ...(options.name !== undefined && { name: options.name }),
    ...(options.description !== undefined &&
      { description: options.description }),
    format: { provider: "parquet", options: {} },
    schemaString: formatSchema(definition.schema),
    partitionColumns: definition.partitionColumns,
    configuration: storedConfiguration(definition.configuration),
    createdTime: context.host.now(),
  };
}

function parametersOf(metadata: Metadata): Record<string, string> {
  return {
    isManaged: "false",
    partitionBy: JSON.stringify(metadata.partitionColumns),
    properties: JSON.stringify(metadata.configuration),
    ...(metadata.description !== undefined &&
      { description: metadata.description }),
  };
}
