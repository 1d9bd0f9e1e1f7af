/**
 * The engine: Delta tables on memory, a folder or S3, read, written and
 * time-travelled exactly.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const table = await DeltaTable.create("memory://lake/pets", {
 *   schema: {
 *     kind: "struct",
 *     fields: [
 *       { name: "id", type: { kind: "long" }, nullable: false, metadata: {} },
 *       { name: "name", type: { kind: "string" }, nullable: true, metadata: {} },
 *     ],
 *   },
 * });
 * await table.append([{ id: 1n, name: "Rex" }, { id: 2n, name: null }]);
 * const named = await Array.fromAsync(
 *   table.rows({ where: col("name").isNotNull() }),
 * );
 * assert.deepEqual(named, [{ id: 1n, name: "Rex" }]);
 * ```
 *
 * @module
 */

export {
  type CommitEntry,
  type CreateTableOptions,
  DeltaTable,
  type HistoryOptions,
  type SignalOptions,
} from "./table.ts";
export { TableSnapshot } from "./table/table_snapshot.ts";
export type {
  FilterOptions,
  OpenOptions,
  PointInTime,
  ReadOptions,
  ScanOptions,
  TableOptions,
} from "./table/table_options.ts";

export type { CreateMode, SchemaInput } from "./operations/create.ts";
export type {
  ApplicationVersion,
  CommitReport,
  WriteOptions,
  WriteOutcome,
} from "./operations/write_options.ts";
export type { TableData } from "./data/row_input.ts";

export {
  type CommitOptions,
  type CommitResult,
  Transaction,
  type TransactionOptions,
} from "./commit/transaction.ts";
export { resolveCommit, type ResolvedCommit } from "./commit/resolve_commit.ts";
export { defaultRules, type RebaseRules } from "./commit/rebase_rules.ts";

export {
  type ConflictName,
  DeltaError,
  ERROR_CODES,
  type ErrorCode,
  type ErrorDetails,
  type ErrorKind,
  type Outcome,
  type Retry,
} from "./errors.ts";
export { type Host, systemHost } from "./host.ts";

export * from "./actions/action.ts";
export {
  and,
  col,
  Column,
  type Expression,
  lit,
  not,
  or,
  type Predicate,
} from "./expression/predicate.ts";
export {
  type ArrayType,
  type DataType,
  type DecimalType,
  type JsonValue,
  type MapType,
  type PrimitiveName,
  type PrimitiveType,
  sameType,
  type StructField,
  type StructType,
  typeName,
} from "./schema/data_type.ts";
export { formatSchema, parseSchema } from "./schema/schema_json.ts";
export { formatDecimal, parseDecimal } from "./schema/decimal.ts";
export type {
  Decimal,
  Row,
  RowInput,
  StructValue,
  Value,
  Variant,
} from "./schema/value.ts";
export { fromArrowSchema, toArrowSchema } from "./parquet/arrow_schema.ts";

export * from "./store/mod.ts";
