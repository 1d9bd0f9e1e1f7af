/**
 * Whether this engine may read or write a table: by its protocol versions, its
 * features, and whether a feature that is listed is used. What is refused is
 * refused by name, all names at once.
 *
 * Source: Delta protocol, "Protocol Evolution", "Table Features", "Active Features",
 * "Reader Version Requirements" and "Writer Version Requirements".
 *
 * @module
 */

import type { Metadata, Protocol } from "../actions/action.ts";
import { DeltaError, type ErrorCode } from "../errors.ts";
import { mapFields } from "../schema/column_mapping.ts";
import type { DataType, StructField, StructType } from "../schema/data_type.ts";
import {
  constraintsOf,
  generatedColumnsOf,
  invariantsOf,
} from "./row_rules.ts";
import { takenHiddenName, whyRowsCannotMove } from "./row_tracking.ts";
import {
  featureNamed,
  featuresOf,
  type TableFeature,
} from "./table_feature.ts";
import { tableProperties } from "./table_property.ts";

/** What is about to be done to a table. */
export type Operation =
  | "create"
  | "append"
  | "overwrite"
  | "delete"
  | "update"
  | "merge"
  | "optimize"
  | "restore"
  | "metadata"
  | "vacuum";

/** What a write is about to do. */
export interface WriteIntent {
  /** Which operation. */
  readonly operation: Operation;
}

/**
 * Refuses a table that this engine cannot read.
 *
 * @throws {DeltaError} `DELTA_UNSUPPORTED_READER_VERSION`, `DELTA_UNSUPPORTED_FEATURES_FOR_READ`
 *   naming every such feature, `DELTA_INVALID_PROTOCOL`.
 */
export function checkReadable(protocol: Protocol): void {
  const reader = protocol.minReaderVersion;
  if (reader > 3) {
    throw refusal(
      "DELTA_UNSUPPORTED_READER_VERSION",
      "read",
      `it needs reader version ${reader}, and this engine knows 1 to 3`,
    );
  }
  if (reader === 3 && protocol.minWriterVersion < 7) {
    throw broken(
      `reader version 3 needs writer version 7, and it has ${protocol.minWriterVersion}`,
    );
  }
  if (reader === 3 && protocol.readerFeatures === undefined) {
    throw broken(
      "reader version 3 needs a list of reader features, and it has none",
    );
  }
  const refused = (protocol.readerFeatures ?? []).filter((name) =>
    featureNamed(name)?.read !== "yes"
  );
  if (refused.length > 0) {
    throw refusal(
      "DELTA_UNSUPPORTED_FEATURES_FOR_READ",
      "read",
      `it uses ${quoted(refused)}, which this engine cannot read`,
      refused,
    );
  }
}

/**
 * Refuses a write that this engine cannot do as the table demands. A feature
 * that is listed and not used asks nothing.
 *
 * @param schema The schema the table will have.
 * @throws {DeltaError} As {@link checkReadable}; `DELTA_UNSUPPORTED_WRITER_VERSION`;
 *   `DELTA_UNSUPPORTED_FEATURES_FOR_WRITE` naming every such feature and why;
 *   `DELTA_CANNOT_MODIFY_APPEND_ONLY`.
 */
export function checkWritable(
  protocol: Protocol,
  metadata: Pick<Metadata, "configuration" | "partitionColumns">,
  schema: StructType,
  intent: WriteIntent,
): void {
  checkReadable(protocol);
  checkWriterVersion(protocol);
  const names = featuresOf(protocol);
  const table: TableUse = { metadata, schema, intent };
  const refused: string[] = [];
  const reasons: string[] = [];
  for (const name of names) {
    const reason = whyNot(name, table);
    if (reason === undefined) continue;
    refused.push(name);
    reasons.push(`${name} (${reason})`);
  }
  if (refused.length > 0) {
    throw refusal(
      "DELTA_UNSUPPORTED_FEATURES_FOR_WRITE",
      "write",
      `this engine cannot honour ${reasons.join(", ")}`,
      refused,
    );
  }
  checkAppendOnly(names, table);
}

/** A column that takes a default where rows leave it out. */
export interface ColumnDefault {
  /** The column, from the top. */
  readonly path: readonly string[];
  /** The default, as an SQL expression. */
  readonly expression: string;
}

/** The top-level columns with a default, which rows that leave the column out get. */
export function columnDefaults(schema: StructType): readonly ColumnDefault[] {
  return schema.fields.flatMap((field) => {
    const expression = field.metadata["CURRENT_DEFAULT"];
    return expression === undefined || expression === null
      ? []
      : [{ path: [field.name], expression: String(expression) }];
  });
}

/** What the rules below look at. */
interface TableUse {
  readonly metadata: Pick<Metadata, "configuration" | "partitionColumns">;
  readonly schema: StructType;
  readonly intent: WriteIntent;
}

/** Why a feature that is only honoured while unused stands in the way; undefined when it does not. */
type Rule = (table: TableUse) => string | undefined;

const ADDS_ROWS: ReadonlySet<Operation> = new Set([
  "create",
  "append",
  "overwrite",
  "update",
  "merge",
]);

const REMOVES_ROWS: ReadonlySet<Operation> = new Set([
  "overwrite",
  "delete",
  "update",
  "merge",
  "restore",
]);

const whenRowsAdded = (rule: Rule): Rule => (table) =>
  ADDS_ROWS.has(table.intent.operation) ? rule(table) : undefined;

const columnWith = (key: string, what: string): Rule =>
  whenRowsAdded(({ schema }) => {
    const column = findColumn(
      schema,
      (field) => field.metadata[key] !== undefined,
    );
    return column && `column ${column.name} has ${what}`;
  });

const propertyOn = (key: string): Rule => ({ metadata }) =>
  metadata.configuration[key]?.trim().toLowerCase() === "true"
    ? `${key} is true`
    : undefined;

const noVariants: Rule = whenRowsAdded(({ schema }) => {
  const column = findColumn(schema, (field) => holdsVariant(field.type));
  return column && `column ${column.name} holds variants`;
});

/** Rows that move take their ids along in columns that nothing else may be mistaken for. */
const hiddenColumns: Rule = ({ metadata, schema, intent }) =>
  takenHiddenName(metadata, schema) ??
    (intent.operation === "optimize" ? whyRowsCannotMove(metadata) : undefined);

const noCollations: Rule = whenRowsAdded(({ schema }) => {
  const column = findColumn(
    schema,
    (field) => field.metadata["__COLLATIONS"] !== undefined,
  );
  return column && `column ${column.name} has a collation`;
});

/** Rows are checked and columns computed; what cannot be evaluated stands in the way. */
function evaluable(rules: (table: TableUse) => unknown): Rule {
  return whenRowsAdded((table) => {
    try {
      rules(table);
      return undefined;
    } catch (cause) {
      if (!(cause instanceof DeltaError)) throw cause;
      return `${cause.details.what}: ${cause.details.why}`;
    }
  });
}

const RULES: Readonly<Record<string, Rule>> = {
  invariants: evaluable(({ schema }) => invariantsOf(schema)),
  checkConstraints: evaluable(({ schema, metadata }) =>
    constraintsOf(schema, metadata.configuration)
  ),
  generatedColumns: evaluable(({ schema }) => generatedColumnsOf(schema)),
  identityColumns: columnWith("delta.identity.start", "generated identities"),
  variantType: noVariants,
  "variantType-preview": noVariants,
  variantShredding: propertyOn("delta.enableVariantShredding"),
  "variantShredding-preview": propertyOn("delta.enableVariantShredding"),
  icebergCompatV1: propertyOn("delta.enableIcebergCompatV1"),
  icebergCompatV2: propertyOn("delta.enableIcebergCompatV2"),
  icebergCompatV3: propertyOn("delta.enableIcebergCompatV3"),
  rowTracking: hiddenColumns,
  materializePartitionColumns: whenRowsAdded(({ metadata }) =>
    metadata.partitionColumns.length > 0
      ? "the table is partitioned"
      : undefined
  ),
  collations: noCollations,
  "collations-preview": noCollations,
};

function whyNot(name: string, table: TableUse): string | undefined {
  const feature: TableFeature | undefined = featureNamed(name);
  if (!feature) return "nobody here knows it";
  if (feature.write === "no") return "not supported";
  return RULES[name]?.(table);
}

function checkWriterVersion(protocol: Protocol): void {
  const { minReaderVersion: reader, minWriterVersion: writer } = protocol;
  if (writer > 7) {
    throw refusal(
      "DELTA_UNSUPPORTED_WRITER_VERSION",
      "write",
      `it needs writer version ${writer}, and this engine knows 1 to 7`,
    );
  }
  if (writer < 7) return;
  if (protocol.writerFeatures === undefined) {
    throw broken(
      "writer version 7 needs a list of writer features, and it has none",
    );
  }
  const writers = new Set(protocol.writerFeatures);
  const orphan = protocol.readerFeatures?.find((name) => !writers.has(name));
  if (orphan !== undefined) {
    throw broken(
      `reader feature ${
        JSON.stringify(orphan)
      } is missing among the writer features`,
    );
  }
  const readers = new Set(protocol.readerFeatures);
  for (const name of writers) {
    const feature = featureNamed(name);
    if (feature?.kind !== "reader-writer" || readers.has(name)) continue;
    if (reader === 2 && feature.legacy?.reader === 2) continue;
    throw broken(`feature ${JSON.stringify(name)} is not told to readers`);
  }
}

function checkAppendOnly(
  names: ReadonlySet<string>,
  { metadata, intent }: TableUse,
): void {
  if (!names.has("appendOnly") || !REMOVES_ROWS.has(intent.operation)) return;
  if (!tableProperties(metadata.configuration).appendOnly) return;
  throw new DeltaError("DELTA_CANNOT_MODIFY_APPEND_ONLY", {
    what: `Cannot ${intent.operation} the table`,
    why: "its property delta.appendOnly is true, so rows may only be added",
    fix: "Append, or set delta.appendOnly to false first",
    context: { operation: intent.operation },
  });
}

function findColumn(
  schema: StructType,
  test: (field: StructField) => boolean,
): StructField | undefined {
  let found: StructField | undefined;
  mapFields(schema, (field) => {
    if (!found && test(field)) found = field;
    return field;
  });
  return found;
}

function holdsVariant(type: DataType): boolean {
  switch (type.kind) {
    case "variant":
      return true;
    case "array":
      return holdsVariant(type.elementType);
    case "map":
      return holdsVariant(type.keyType) || holdsVariant(type.valueType);
    default:
      return false;
  }
}

function quoted(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(", ");
}

function refusal(
  code: ErrorCode,
  verb: string,
  why: string,
  features: readonly string[] = [],
): DeltaError {
  return new DeltaError(code, {
    what: `Cannot ${verb} the table`,
    why,
    fix: "Use an engine that supports what the table demands",
    context: features.length > 0 ? { features } : {},
  });
}

function broken(why: string): DeltaError {
  return new DeltaError("DELTA_INVALID_PROTOCOL", {
    what: "Cannot use the table",
    why,
    fix:
      "Its protocol action was not written by the protocol; correct it with the engine that wrote it",
  });
}
