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
  type CreateTableOptions,
  DeltaTable,
  type HistoryOptions,
  type SignalOptions,
  type TableCommit,
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

export type { ChangesOptions } from "./operations/change_data_feed.ts";
export type {
  ArrowSchema,
  CreateMode,
  CreateOptions,
  SchemaInput,
} from "./operations/create.ts";
export type {
  ApplicationVersion,
  CommitReport,
  OperationOptions,
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
export {
  resolveCommit,
  type ResolvedCommit,
  type ResolveOptions,
} from "./commit/resolve_commit.ts";
export {
  type CommitIdentity,
  defaultRules,
  type EarlierAttempt,
  type NextStep,
  type Owner,
  type RebaseRules,
  type VersionAttempts,
} from "./commit/rebase_rules.ts";
export type {
  CheckResult,
  ConflictCheck,
  ConflictChecks,
  Ours,
  TableFacts,
  Winner,
} from "./commit/conflict_checker.ts";
export type {
  IsolationLevel,
  Reads,
  StagedActions,
} from "./commit/staged_actions.ts";
export type { CommitLimits } from "./commit/commit_loop.ts";
export type { Maintenance } from "./commit/after_commit.ts";
export type { Operation } from "./protocol/support.ts";
export type { WrittenCheckpoint } from "./log/checkpoint_writer.ts";
export type {
  CheckpointFiles,
  CommitEntry,
  CompactionEntry,
} from "./log/log_listing.ts";
export type { Version } from "./log/log_path.ts";
export type { LogSegment } from "./log/log_segment.ts";
export type { Snapshot } from "./snapshot/snapshot.ts";
export type { FileBatch, FileSet } from "./snapshot/file_set.ts";

export {
  type CodeFacts,
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
  type ColumnExpression,
  type CompareExpression,
  type CompareOp,
  type Expression,
  type InExpression,
  type IsNullExpression,
  lit,
  type LiteralExpression,
  type LogicExpression,
  not,
  type NotExpression,
  or,
  type Predicate,
} from "./expression/predicate.ts";
export type {
  BoundColumn,
  BoundCompare,
  BoundIn,
  BoundIsNull,
  BoundLiteral,
  BoundLogic,
  BoundNot,
  BoundOperand,
  BoundPredicate,
} from "./expression/bind.ts";
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

export * from "./store/mod.ts";
