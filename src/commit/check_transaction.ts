/**
 * Everything about a transaction that can be refused before a request is sent.
 *
 * @module
 */

import type { Metadata, Protocol } from "../actions/action.ts";
import { DeltaError } from "../errors.ts";
import { commitPath } from "../log/log_path.ts";
import { checkWritable, type Operation } from "../protocol/support.ts";
import { hasFeature } from "../protocol/table_feature.ts";
import { tableProperties } from "../protocol/table_property.ts";
import { columnMappingMode, physicalName } from "../schema/column_mapping.ts";
import type { StructType } from "../schema/data_type.ts";
import { parseSchema } from "../schema/schema_json.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { checkStaged, type StagedActions } from "./staged_actions.ts";

/** What is to be committed, and on what. */
export interface CheckedTransaction {
  /** The table's URL, for messages. */
  readonly table: string;
  /** The snapshot it stands on; `undefined` creates the table. */
  readonly base: Snapshot | undefined;
  /** What it writes. */
  readonly staged: StagedActions;
  /** What is being done. */
  readonly operation: Operation;
}

/**
 * Refuses what no commit may hold, what the table does not allow, and what this
 * engine cannot write.
 *
 * @throws {DeltaError} By the name of what is wrong; no request was sent.
 */
export function checkTransaction(transaction: CheckedTransaction): void {
  const { table, base, staged, operation } = transaction;
  if (base) checkNotEmpty(table, base);
  checkStaged(staged, {
    table,
    version: (base?.version ?? -1) + 1,
    appendOnly: base !== undefined &&
      tableProperties(base.metadata.configuration).appendOnly,
  });
  const protocol: Protocol = (staged.protocol ?? base?.protocol)!;
  const metadata: Metadata = (staged.metadata ?? base?.metadata)!;
  const schema = staged.metadata
    ? parseSchema(staged.metadata.schemaString)
    : base!.schema;
  if (base) {
    checkWritable(base.protocol, base.metadata, base.schema, { operation });
  }
  checkWritable(protocol, metadata, schema, { operation });
  checkPartitions(transaction, metadata, schema);
  if (staged.domains.length > 0 && !hasFeature(protocol, "domainMetadata")) {
    throw new DeltaError("DELTA_UNSUPPORTED_OPERATION", {
      what: whatFails(table, base),
      why: "the table does not have the domainMetadata feature",
      fix: "Create the table with delta.feature.domainMetadata=supported",
    });
  }
}

/** What cannot be done, as the beginning of a message. */
export function whatFails(table: string, base: Snapshot | undefined): string {
  return base ? `Cannot commit to ${table}` : `Cannot create ${table}`;
}

/** What the staged actions look like where the caller does not say. */
export function operationOf(
  staged: StagedActions,
  base: Snapshot | undefined,
): Operation {
  if (!base) return "create";
  if (staged.removes.some((remove) => remove.dataChange)) return "delete";
  if (staged.removes.length > 0) return "optimize";
  return staged.metadata || staged.protocol ? "metadata" : "append";
}

function checkNotEmpty(table: string, base: Snapshot): void {
  if (!base.emptyCommits.includes(base.version)) return;
  const path = commitPath(base.version);
  throw new DeltaError("DELTA_LOG_FILE_CORRUPT", {
    what: whatFails(table, base),
    why:
      `${path} holds nothing, so nobody knows what version ${base.version} was`,
    fix: `Repair or remove ${path}: nothing may be committed on top of it`,
    context: { table, path, version: base.version },
  });
}

function checkPartitions(
  { table, base, staged }: CheckedTransaction,
  metadata: Metadata,
  schema: StructType,
): void {
  if (staged.adds.length === 0) return;
  const mode = columnMappingMode(metadata.configuration);
  const wanted = metadata.partitionColumns.map((name) => {
    const field = schema.fields.find((f) => f.name === name);
    return field && mode !== "none" ? physicalName(field) : name;
  });
  for (const add of staged.adds) {
    const values = add.partitionValues;
    const fits = Object.keys(values).length === wanted.length &&
      wanted.every((name) => Object.hasOwn(values, name));
    if (fits) continue;
    throw new DeltaError("DELTA_INVALID_ARGUMENT", {
      what: whatFails(table, base),
      why: `${add.path} has partition values of (${
        Object.keys(values).join(", ")
      }), and the table is partitioned by (${wanted.join(", ")})`,
      fix: "Give every partition column a value, null included, and no other",
      context: { table },
    });
  }
}
