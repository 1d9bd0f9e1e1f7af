/**
 * The engine: Delta tables on memory, a folder or S3, read, written and
 * time-travelled exactly.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { col, DeltaTable } from "@litmus/delta/engine";
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

export { type CreateTableOptions, DeltaTable } from "./table.ts";
export { type HistoryOptions, TableReads } from "./table/table_reads.ts";
export type {
  ChangeReport,
  CheckpointReport,
  OperationCost,
  OptimizeReport,
  RestoreReport,
  TableCommit,
  VacuumReport,
  WriteReport,
} from "./table/table_reports.ts";
export {
  type Alter,
  type AlterReport,
  type RunAlter,
  TableAlter,
} from "./table/table_alter.ts";
export { TableSnapshot } from "./table/table_snapshot.ts";
export type {
  FilterOptions,
  OpenOptions,
  PointInTime,
  ReadOptions,
  ScanOptions,
  SignalOptions,
  TableOptions,
} from "./table/table_options.ts";

export type {
  AlterMetrics,
  AlterResult,
  ColumnInput,
} from "./operations/alter/alter_table.ts";
export type { TypeInput } from "./operations/alter/column_checks.ts";
export type {
  DropColumnsOptions,
  RenameColumnOptions,
} from "./operations/alter/columns.ts";
export type {
  AddConstraintOptions,
  DropConstraintOptions,
  NotNullOptions,
} from "./operations/alter/constraints.ts";
export type {
  DropDefaultOptions,
  SetDefaultOptions,
} from "./operations/alter/defaults.ts";
export type {
  RemoveDomainOptions,
  SetDomainOptions,
  SetTableDescriptionOptions,
  SetTableNameOptions,
} from "./operations/alter/domains.ts";
export type {
  AddFeatureOptions,
  DropFeatureOptions,
} from "./operations/alter/features.ts";
export type {
  AddColumnsOptions,
  NewColumn,
} from "./operations/alter/new_columns.ts";
export type {
  SetPropertiesOptions,
  UnsetPropertiesOptions,
} from "./operations/alter/properties.ts";
export type { WidenColumnOptions } from "./operations/alter/widen_column.ts";
export type { AppendSelectOptions } from "./operations/append_select.ts";
export type { ChangeBounds } from "./operations/change_bounds.ts";
export {
  type ChangesOptions,
  changesSchema,
  COMMIT_TIMESTAMP,
} from "./operations/change_data_feed.ts";
export type { CheckpointResult } from "./operations/checkpoint.ts";
export type {
  CleanupLogOptions,
  CleanupLogResult,
} from "./operations/cleanup.ts";
export type {
  CompactLogOptions,
  CompactLogResult,
} from "./operations/compact_log.ts";
export type { DeleteOptions } from "./operations/delete.ts";
export type {
  MergeOptions,
  MergeRowClause,
  WhenMatched,
  WhenNotMatched,
  WhenNotMatchedBySource,
} from "./operations/merge.ts";
export type {
  OptimizeMetrics,
  OptimizeOptions,
  OptimizeResult,
} from "./operations/optimize.ts";
export type { OverwriteOptions } from "./operations/overwrite.ts";
export type {
  RestoreMetrics,
  RestoreOptions,
  RestoreResult,
} from "./operations/restore.ts";
export type { Assignments } from "./operations/shared/assignments.ts";
export type {
  ChangeMetrics,
  ChangeOptions,
  ChangeOutcome,
  ChangeResult,
} from "./operations/shared/change_result.ts";
export type { MaintenanceResult } from "./operations/shared/maintenance_result.ts";
export type { UpdateOptions } from "./operations/update.ts";
export type {
  VacuumMetrics,
  VacuumOptions,
  VacuumResult,
} from "./operations/vacuum.ts";
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
export type { Claim } from "./commit/claims.ts";
export type { MissedAppends } from "./commit/conflict_types.ts";
export type { Maintenance } from "./commit/after_commit.ts";
export type { Operation } from "./protocol/support.ts";
export type { WrittenCheckpoint } from "./log/checkpoint_writer.ts";
export type { WrittenCompaction } from "./log/compaction_writer.ts";
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
export * from "./expression/predicate.ts";
export { parseSql } from "./expression/parse_sql.ts";
export type { PredicateInput, SqlText } from "./expression/predicate_input.ts";
export type * from "./expression/bound.ts";
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
export type { FieldPosition } from "./schema/edit_schema.ts";
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
