/**
 * One change of a table's definition as one commit: what the operations in this
 * folder share.
 *
 * Source: Delta protocol, "Change Metadata" and "Protocol Evolution".
 *
 * @module
 */

import type {
  AddFile,
  DomainMetadata,
  Metadata,
  Protocol,
} from "../../actions/action.ts";
import { Transaction } from "../../commit/transaction.ts";
import { DeltaError, throwIfAborted } from "../../errors.ts";
import { upgradedProtocol } from "../../protocol/protocol_for.ts";
import {
  assignColumnMapping,
  columnMappingMode,
  MAX_ID_KEY,
} from "../../schema/column_mapping.ts";
import type { StructField, StructType } from "../../schema/data_type.ts";
import { validateSchema } from "../../schema/schema_evolution.ts";
import { formatSchema } from "../../schema/schema_json.ts";
import { fieldAt, formatPath, resolvePath } from "../../schema/schema_path.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import type { TableContext } from "../../store/table_context.ts";
import type { OperationOptions } from "../write_options.ts";

/** Options that every change of a table has. */
export const COMMON_OPTIONS: readonly string[] = [
  "userMetadata",
  "signal",
  "rules",
];

/** A column: its name, or its path from the top through structs and `element`, `key`, `value`. */
export type ColumnInput = string | readonly string[];

/** What became of a change. */
export interface AlterResult {
  /** Whether there is a new version; false where the table was as wanted. */
  readonly committed: boolean;
  /** In the words of the other operations. */
  readonly outcome: "committed" | "nothing-to-do";
  /** The version it made, or the one it found as wanted. */
  readonly version: number;
  /** The version it was prepared on. */
  readonly readVersion: number;
  /** Requests that tried to create a version. */
  readonly attempts: number;
  /** The commit's `txnId`, for `resolve()`; empty where no commit was tried. */
  readonly token: string;
  /** The table as of `version`. */
  readonly snapshot: Snapshot;
  /** What it took. */
  readonly metrics: AlterMetrics;
}

/** What a change took. */
export interface AlterMetrics {
  /** Milliseconds from call to answer, by the host's clock. */
  readonly durationMs: number;
  /** Files named again to give their rows ids. */
  readonly files: number;
}

/** The table as it shall be; what is left out stays as it is. */
export interface TableChange {
  /** The operation's name in the history. */
  readonly operation: string;
  /** Its parameters in the history. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The schema. */
  readonly schema?: StructType | undefined;
  /** The partition columns, where one was renamed. */
  readonly partitionColumns?: readonly string[] | undefined;
  /** The properties. */
  readonly configuration?: Readonly<Record<string, string>> | undefined;
  /** The name for people. */
  readonly name?: string | undefined;
  /** The description for people. */
  readonly description?: string | undefined;
  /** The protocol, before what schema and properties need is added. */
  readonly protocol?: Protocol | undefined;
  /** A domain to set or remove. */
  readonly domain?: DomainMetadata | undefined;
  /** Files to name again. */
  readonly adds?: readonly AddFile[] | undefined;
  /** Whether the rows or files were read to allow the change: whoever adds or removes some meanwhile conflicts. */
  readonly readsTable?: boolean | undefined;
}

/** An operation under way. */
export interface Alteration {
  /** The table. */
  readonly context: TableContext;
  /** The version to change. */
  readonly base: Snapshot;
  /** The caller's options. */
  readonly options: OperationOptions;
  /** What cannot be done, for messages: `Cannot rename a column of <table>`. */
  readonly what: string;
  /** When it began. */
  readonly startedAt: number;
}

/** Begins an operation. */
export function beginAlteration(
  context: TableContext,
  base: Snapshot,
  options: OperationOptions,
  verb: string,
): Alteration {
  const what = `Cannot ${verb} ${context.url}`;
  throwIfAborted(options.signal, what);
  return { context, base, options, what, startedAt: context.host.now() };
}

/** Commits a change, or finds that the table is so already. */
export async function commitChange(
  alteration: Alteration,
  change: TableChange,
): Promise<AlterResult> {
  const { context, base, options } = alteration;
  const metadata = changedMetadata(alteration, change);
  const schema = metadata.schema;
  const protocol = upgradedProtocol(
    change.protocol ?? base.protocol,
    schema,
    metadata.metadata.configuration,
  );
  const newProtocol = protocol === base.protocol ? undefined : protocol;
  const newMetadata = sameMetadata(metadata.metadata, base.metadata)
    ? undefined
    : metadata.metadata;
  if (!newProtocol && !newMetadata && !change.domain) {
    return unchanged(alteration);
  }
  const transaction = new Transaction(context, base, {
    operation: change.operation,
    operationParameters: change.parameters,
    intent: "metadata",
    userMetadata: options.userMetadata,
    rules: options.rules,
    signal: options.signal,
  });
  if (newProtocol) transaction.setProtocol(newProtocol);
  if (newMetadata) transaction.setMetadata(newMetadata);
  if (change.domain) transaction.setDomain(change.domain);
  if (change.readsTable) transaction.readWholeTable();
  for (const add of change.adds ?? []) transaction.add(add);
  const result = await transaction.commit();
  const { version, readVersion, attempts, token, snapshot } = result;
  return {
    committed: true,
    outcome: "committed",
    version,
    readVersion,
    attempts,
    token,
    snapshot,
    metrics: metricsOf(alteration, change.adds?.length),
  };
}

/** The answer of a change that the table needs no version for. */
export function unchanged(alteration: Alteration): AlterResult {
  const { base } = alteration;
  return {
    committed: false,
    outcome: "nothing-to-do",
    version: base.version,
    readVersion: base.version,
    attempts: 0,
    token: "",
    snapshot: base,
    metrics: metricsOf(alteration),
  };
}

function metricsOf(
  { context, startedAt }: Alteration,
  files = 0,
): AlterMetrics {
  return {
    durationMs: Math.max(0, context.host.now() - startedAt),
    files,
  };
}

/** The metadata anew, with ids and physical names for new columns where the table maps them. */
function changedMetadata(
  { context, base }: Alteration,
  change: TableChange,
): { schema: StructType; metadata: Metadata } {
  let schema = change.schema ?? base.schema;
  let configuration = change.configuration ?? base.metadata.configuration;
  const partitionColumns = change.partitionColumns ??
    base.metadata.partitionColumns;
  const anyNames = columnMappingMode(configuration) !== "none";
  if (anyNames && schema !== base.schema) {
    const uuid = () => context.host.uuid();
    const assigned = assignColumnMapping(schema, configuration, uuid);
    schema = assigned.schema;
    configuration = {
      ...configuration,
      [MAX_ID_KEY]: String(assigned.maxColumnId),
    };
  }
  if (schema !== base.schema) {
    validateSchema(schema, partitionColumns, { anyNames });
  }
  const { name, description } = change;
  return {
    schema,
    metadata: {
      ...base.metadata,
      ...(name !== undefined && { name }),
      ...(description !== undefined && { description }),
      partitionColumns,
      configuration,
      schemaString: schema === base.schema
        ? base.metadata.schemaString
        : formatSchema(schema),
    },
  };
}

function sameMetadata(a: Metadata, b: Metadata): boolean {
  return a.schemaString === b.schemaString && a.name === b.name &&
    a.description === b.description &&
    a.partitionColumns.join("\0") === b.partitionColumns.join("\0") &&
    sameConfiguration(a.configuration, b.configuration);
}

function sameConfiguration(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length &&
    keys.every((key) => a[key] === b[key]);
}

/** A column of the table, found. */
export interface FoundColumn {
  /** Its path, spelled as the schema spells it. */
  readonly path: readonly string[];
  /** It itself; without metadata where the path ends inside a list or map. */
  readonly field: StructField;
}

/**
 * Finds a column of the table.
 *
 * @throws {DeltaError} `DELTA_COLUMN_NOT_FOUND` naming it, `DELTA_INVALID_ARGUMENT` for an empty path.
 */
export function findColumn(
  { base, what }: Alteration,
  column: ColumnInput,
): FoundColumn {
  const wanted = pathOf(column, what);
  const path = resolvePath(base.schema, wanted);
  const field = path && fieldAt(base.schema, path);
  if (path && field) return { path, field };
  throw new DeltaError("DELTA_COLUMN_NOT_FOUND", {
    what,
    why: `there is no column ${formatPath(wanted)} among ${
      base.schema.fields.map((f) => formatPath([f.name])).join(", ") ||
      "no columns"
    }`,
    fix: "Name one of them; a nested one by its path from the top, as a list",
    context: { column: wanted },
  });
}

/**
 * A column's path: a string names a column at the top, dots and all.
 *
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` for what names no column.
 */
export function pathOf(column: ColumnInput, what: string): readonly string[] {
  const path: unknown = typeof column === "string" ? [column] : column;
  const isPath = Array.isArray(path) && path.length > 0 &&
    path.every((step) => typeof step === "string");
  if (isPath) return path;
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what,
    why: "no column is named",
    fix: "Name one, or give its path from the top as a list of names",
  });
}

/** The error of something that the table or this engine does not do. */
export function refused(
  { what }: Alteration,
  why: string,
  fix: string,
  context: Readonly<Record<string, unknown>> = {},
): DeltaError {
  return new DeltaError("DELTA_UNSUPPORTED_OPERATION", {
    what,
    why,
    fix,
    context,
  });
}

/** The error of a call that makes no sense for the table. */
export function badArgument(
  { what }: Alteration,
  why: string,
  fix: string,
  context: Readonly<Record<string, unknown>> = {},
): DeltaError {
  return new DeltaError("DELTA_INVALID_ARGUMENT", { what, why, fix, context });
}
