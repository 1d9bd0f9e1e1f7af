/**
 * Replaces rows of a table in one commit: all of them, those of a predicate, or
 * the partitions that the data holds rows of; and the schema, if that is asked
 * for.
 *
 * @module
 */

import { Transaction } from "../commit/transaction.ts";
import type { TableData } from "../data/row_input.ts";
import type { WriteTarget } from "../data/write_data_files.ts";
import { DeltaError, throwIfAborted } from "../errors.ts";
import type { PredicateInput } from "../expression/predicate_input.ts";
import { checkWritable } from "../protocol/support.ts";
import type { StructType } from "../schema/data_type.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";
import { overwritePartitions } from "./dynamic_overwrite.ts";
import { replaceWhere } from "./replace_where.ts";
import { peekSchema, redefined } from "./shared/new_schema.ts";
import { checkNotAppendOnly, removeAll } from "./shared/removes.ts";
import {
  checkKnown,
  checkTargetFileSize,
  isApplied,
  unwritten,
  WRITE_OPTIONS,
  type WriteOptions,
  type WriteResult,
} from "./write_options.ts";
import { commitWritten, writeRows } from "./write_rows.ts";

export { checkNotAppendOnly, removeAll, removeOf } from "./shared/removes.ts";

/** Options of {@link overwrite}. */
export interface OverwriteOptions extends WriteOptions {
  /** Replaces only the rows for which it is true, which must be true for the data too; a predicate or SQL text. */
  readonly where?: PredicateInput | undefined;
  /** `dynamic` replaces only the partitions that the data holds rows of; every row goes by default, and where the table has no partitions. */
  readonly partitions?: "static" | "dynamic" | undefined;
  /** Gives the table the schema of the data in the same commit; off by default. */
  readonly overwriteSchema?: boolean | undefined;
  /** With `overwriteSchema`: the new schema, where the data's first rows do not tell it. */
  readonly schema?: StructType | undefined;
  /** With `overwriteSchema`: the new partition columns; those that the table has by default. */
  readonly partitionBy?: readonly string[] | undefined;
}

const OPTIONS: readonly string[] = [
  ...WRITE_OPTIONS,
  "where",
  "partitions",
  "overwriteSchema",
  "schema",
  "partitionBy",
];

/**
 * Replaces rows: every row, or with `where` and `partitions` those that they
 * say. It has read what it replaces, so whatever another commit changes there
 * meanwhile is a conflict; data without rows leaves nothing there.
 *
 * @param context The table.
 * @param base The state whose rows go.
 * @param data The new rows.
 * @param options What else to do.
 * @returns The report, and the table's new state.
 * @throws {DeltaError} `DELTA_CANNOT_MODIFY_APPEND_ONLY`; `DELTA_REPLACE_WHERE_MISMATCH`; else as `append`.
 */
export async function overwrite(
  context: TableContext,
  base: Snapshot,
  data: TableData,
  options: OverwriteOptions = {},
): Promise<WriteResult> {
  const what = `Cannot overwrite ${context.url}`;
  checkOptions(options, what);
  throwIfAborted(options.signal, `Overwriting ${context.url}`);
  checkWritable(base.protocol, base.metadata, base.schema, {
    operation: "overwrite",
  });
  if (isApplied(base, options.txn)) return unwritten(base, "already-applied");
  checkNotAppendOnly(context, base);
  const { where, partitions, overwriteSchema, schema, partitionBy, ...plain } =
    options;
  if (where !== undefined) {
    return await replaceWhere(context, base, data, where, plain);
  }
  const isDynamic = partitions === "dynamic" &&
    base.metadata.partitionColumns.length > 0;
  if (isDynamic) return await overwritePartitions(context, base, data, plain);
  if (!overwriteSchema) {
    return await replaceAll(context, base, base, data, plain);
  }
  const peeked = schema ? { schema, data } : await peekSchema(data);
  if (peeked.schema.fields.length === 0) {
    throw new DeltaError("DELTA_INVALID_ARGUMENT", {
      what,
      why: "the data has no rows, so nothing tells the new schema",
      fix: "Give the option schema",
    });
  }
  const target = redefined(context, base, peeked.schema, partitionBy);
  return await replaceAll(context, base, target, peeked.data, plain);
}

/** Replaces every row, and the definition where the target's is another. */
async function replaceAll(
  context: TableContext,
  base: Snapshot,
  target: WriteTarget,
  data: TableData,
  options: WriteOptions,
): Promise<WriteResult> {
  const { protocol, metadata, schema } = target;
  checkWritable(protocol, metadata, schema, { operation: "overwrite" });
  const transaction = new Transaction(context, base, {
    operation: "WRITE",
    operationParameters: {
      mode: "Overwrite",
      partitionBy: JSON.stringify(metadata.partitionColumns),
    },
    intent: "overwrite",
    userMetadata: options.userMetadata,
    rules: options.rules,
    signal: options.signal,
  });
  transaction.readWholeTable();
  if (options.txn) transaction.setTxn(options.txn);
  const removes = await removeAll(context, base, options.signal);
  for (const remove of removes) transaction.remove(remove);
  const rows = await writeRows(context, target, data, options);
  const written = target === base ? rows : {
    ...rows,
    metadata: rows.metadata ?? target.metadata,
    protocol: rows.protocol ??
      (target.protocol === base.protocol ? undefined : target.protocol),
  };
  const isNothing = removes.length === 0 && written.adds.length === 0 &&
    !written.metadata && !options.txn;
  if (isNothing) return unwritten(base, "nothing-to-do");
  return await commitWritten(context, transaction, written, removes.length);
}

function checkOptions(options: OverwriteOptions, what: string): void {
  checkKnown(options, OPTIONS, what);
  checkTargetFileSize(options.targetFileSize, what);
  const refuse = (why: string, fix: string): never => {
    throw new DeltaError("DELTA_INVALID_ARGUMENT", { what, why, fix });
  };
  const { where, partitions, overwriteSchema, mergeSchema } = options;
  if (partitions !== undefined && !["static", "dynamic"].includes(partitions)) {
    refuse(`partitions is ${partitions}`, "Say static or dynamic");
  }
  const isPart = where !== undefined || partitions === "dynamic";
  if (where !== undefined && partitions === "dynamic") {
    refuse(
      "where and dynamic partitions both say which rows go",
      "Give one of them",
    );
  }
  if (overwriteSchema && isPart) {
    refuse(
      "a new schema cannot be given to a part of the rows",
      "Overwrite every row, or leave overwriteSchema out",
    );
  }
  if (overwriteSchema && mergeSchema) {
    refuse(
      "overwriteSchema and mergeSchema say different things of the schema",
      "Give one of them",
    );
  }
  if (mergeSchema && where !== undefined) {
    refuse(
      "the schema cannot grow while only some rows are replaced",
      "Add the columns first",
    );
  }
  if (!overwriteSchema && (options.schema || options.partitionBy)) {
    refuse(
      "schema and partitionBy define the table anew",
      "Give them with overwriteSchema only",
    );
  }
}
