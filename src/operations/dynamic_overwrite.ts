/**
 * Replaces the partitions that data holds rows of, in one commit; all other
 * partitions stay.
 *
 * @module
 */

import type { AddFile } from "../actions/action.ts";
import { Transaction } from "../commit/transaction.ts";
import type { TableData } from "../data/row_input.ts";
import { and, type Expression, or } from "../expression/predicate.ts";
import { columnMappingMode, physicalName } from "../schema/column_mapping.ts";
import type { StructField } from "../schema/data_type.ts";
import {
  formatPartitionValue,
  parsePartitionValue,
} from "../schema/partition_value.ts";
import { eachFile } from "../snapshot/file_set.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";
import { removeOf } from "./shared/removes.ts";
import {
  unwritten,
  type WriteOptions,
  type WriteResult,
} from "./write_options.ts";
import { commitWritten, writeRows } from "./write_rows.ts";

/**
 * Replaces the partitions that the data holds rows of.
 *
 * @param context The table, which must be partitioned.
 * @param base The state whose partitions go.
 * @param data The new rows.
 * @param options What else to do.
 * @returns The report, and the table's new state.
 * @throws {DeltaError} As `overwrite`.
 */
export async function overwritePartitions(
  context: TableContext,
  base: Snapshot,
  data: TableData,
  options: WriteOptions,
): Promise<WriteResult> {
  const { partitionColumns } = base.metadata;
  const transaction = new Transaction(context, base, {
    operation: "WRITE",
    operationParameters: {
      mode: "Overwrite",
      partitionBy: JSON.stringify(partitionColumns),
      isDynamicPartitionOverwrite: "true",
    },
    intent: "overwrite",
    userMetadata: options.userMetadata,
    rules: options.rules,
    signal: options.signal,
  });
  if (options.txn) transaction.setTxn(options.txn);
  const live = await base.files(options.signal);
  const written = await writeRows(context, base, data, options);
  if (written.adds.length === 0 && !written.metadata && !options.txn) {
    return unwritten(base, "nothing-to-do");
  }
  const columns = partitionFields(base);
  const replaced = new Map<string, Expression>();
  for (const add of written.adds) {
    const key = partitionKey(add, columns);
    if (!replaced.has(key)) replaced.set(key, partitionIs(add, columns));
  }
  transaction.readPredicate(or(...replaced.values()));
  const now = context.host.now();
  let removed = 0;
  for (const add of eachFile(live)) {
    if (!replaced.has(partitionKey(add, columns))) continue;
    transaction.readFile(add.path, add.deletionVector);
    transaction.remove(removeOf(add, now));
    removed++;
  }
  return await commitWritten(context, transaction, written, removed);
}

/** A partition column and its name in the log. */
interface PartitionField {
  readonly field: StructField;
  readonly physical: string;
}

function partitionFields({ schema, metadata }: Snapshot): PartitionField[] {
  const mode = columnMappingMode(metadata.configuration);
  return metadata.partitionColumns.map((name) => {
    const field = schema.fields.find((f) => f.name === name)!;
    return { field, physical: mode === "none" ? name : physicalName(field) };
  });
}

/** What two files share exactly where they are of one partition, however their writers spelled its values. */
function partitionKey(
  add: AddFile,
  columns: readonly PartitionField[],
): string {
  return JSON.stringify(
    columns.map(({ field: { type }, physical }) =>
      formatPartitionValue(
        parsePartitionValue(add.partitionValues[physical], type),
        type,
      )
    ),
  );
}

/** The predicate that is true for the rows of a file's partition alone. */
function partitionIs(
  add: AddFile,
  columns: readonly PartitionField[],
): Expression {
  return and(...columns.map(({ field, physical }): Expression => {
    const column = { kind: "column", path: [field.name] } as const;
    const value = parsePartitionValue(
      add.partitionValues[physical],
      field.type,
    );
    return value === null ? { kind: "isNull", arg: column } : {
      kind: "compare",
      op: "=",
      left: column,
      right: { kind: "literal", value },
    };
  }));
}
