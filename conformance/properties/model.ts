/**
 * A table in memory: every version as an array of rows, and nothing of how an
 * engine stores it. Columns have keys that outlive their names, so a rename is
 * nothing and a dropped column's values are seen by old versions only.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  DeltaError,
  DeltaTable,
  type ErrorCode,
  type Row,
  sameType,
  type StructType,
  type TableSnapshot,
  typeName,
  type Value,
} from "../../src/mod.ts";
import type { ObjectStore } from "../../src/store/mod.ts";
import type { VirtualHost } from "../../testing/virtual_host.ts";
import { encoderOf, sortUtf8 } from "../canonical/canonical_rows.ts";
import type { Condition, Visible } from "./conditions.ts";
import type { RowIds } from "./row_ids.ts";

/** A column of the model. */
export interface ModelColumn extends Visible {
  /** Its name now. */
  readonly name: string;
}

/** A row of the model: values by the keys of columns. */
export type ModelRow = Readonly<Record<string, Value>>;

/** A CHECK constraint of the model. */
export interface ModelConstraint {
  /** Key of the one column that it looks at. */
  readonly key: string;
  /** Its text. */
  readonly sql: string;
  /** Whether a row keeps it. */
  readonly test: Condition<ModelRow>["test"];
}

/** Everything of one version. */
export interface ModelVersion {
  /** The rows. */
  readonly rows: readonly ModelRow[];
  /** The columns, in order. */
  readonly columns: readonly ModelColumn[];
  /** Keys of the columns that the table is partitioned by. */
  readonly partitionBy: readonly string[];
  /** The properties that the model follows. */
  readonly properties: Readonly<Record<string, string>>;
  /** Constraints by name. */
  readonly constraints: Readonly<Record<string, ModelConstraint>>;
  /** When it was committed. */
  readonly time: number;
  /** Whether its columns became others than those before, so that its feed may be refused. */
  readonly redefined: boolean;
}

/** What the engine works on. */
export interface Real {
  /** The store, whose clock is the host's. */
  readonly store: ObjectStore;
  /** The clock. */
  readonly host: VirtualHost;
  /** The handle in use. */
  table: DeltaTable;
  /** What was done so far, for people. */
  readonly trail: string[];
  /** The row ids seen so far, where the table has any. */
  readonly rowIds: RowIds;
}

/** Errors that say that a version, or its changes, are no longer there. */
export const GONE: readonly ErrorCode[] = [
  "DELTA_VERSION_NOT_FOUND",
  "DELTA_FILE_NOT_FOUND",
  "DELTA_TIMESTAMP_OUT_OF_RANGE",
];

const LOG_RETENTION_MS = 30 * 24 * 3_600_000;

/** The table in memory. */
export class Model {
  readonly versions: ModelVersion[];
  /** A version that was replaced before this is not owed its files. */
  vacuumCutoff = -Infinity;
  /** A version older than this is not owed its place in the log. */
  logCutoff = -Infinity;
  #keys = 0;

  /** Begins with version 0. */
  constructor(first: ModelVersion) {
    this.versions = [first];
  }

  /** The newest version. */
  get now(): ModelVersion {
    return this.versions.at(-1)!;
  }

  /** Its number. */
  get version(): number {
    return this.versions.length - 1;
  }

  /** Whether a property is true. */
  is(property: string, version: ModelVersion = this.now): boolean {
    return version.properties[property] === "true";
  }

  /** Whether columns are mapped. */
  get maps(): boolean {
    return this.now.properties["delta.columnMapping.mode"] === "name";
  }

  /** A column that the table does not have, so not even under another name. */
  newColumn(name: string, type: ModelColumn["type"]): ModelColumn {
    // Without mapping a file knows its columns by their names alone.
    const key = this.maps ? `#${this.#keys++}` : name;
    return { key, name, type, path: [name] };
  }

  /** Whether a version must still be readable. */
  isOwed(version: number): boolean {
    const next = this.versions[version + 1];
    return next === undefined ||
      next.time > this.vacuumCutoff && this.isInLog(version);
  }

  /** Whether a version's own commit must still be there. */
  isInLog(version: number): boolean {
    return this.versions[version]!.time > this.logCutoff;
  }

  /** The clock of the table has moved: the log may be cleaned up to there. */
  tick(now: number): void {
    this.logCutoff = Math.max(this.logCutoff, now - LOG_RETENTION_MS);
  }

  /** The row as a table keeps it: an empty text is no partition value. */
  kept(row: ModelRow, version: ModelVersion = this.now): ModelRow {
    const empty = version.partitionBy.filter((key) => row[key] === "");
    return empty.length === 0
      ? row
      : { ...row, ...Object.fromEntries(empty.map((key) => [key, null])) };
  }

  /** Whether every row keeps the constraints. */
  allows(rows: readonly ModelRow[]): boolean {
    return Object.values(this.now.constraints)
      .every(({ test }) => rows.every((row) => test(row) === true));
  }

  /** Names of constraints that look at a column. */
  uses(key: string): boolean {
    return Object.values(this.now.constraints)
      .some((constraint) => constraint.key === key);
  }
}

/** The engine's form of the schema. */
export function schemaOf(columns: readonly ModelColumn[]): StructType {
  return {
    kind: "struct",
    fields: columns.map(({ name, type }) => ({
      name,
      type,
      nullable: true,
      metadata: {},
    })),
  };
}

/** The engine's form of a row. */
export function inputOf(
  row: ModelRow,
  columns: readonly ModelColumn[],
): Record<string, Value> {
  return Object.fromEntries(
    columns.map(({ name, key }) => [name, row[key] ?? null]),
  );
}

/** Rows of the model, each as one text. */
export function textsOf(
  rows: readonly ModelRow[],
  columns: readonly ModelColumn[],
): string[] {
  const encoders = columns.map(({ key, type }) => {
    const encode = encoderOf(type);
    return (row: ModelRow) => encode(row[key] ?? null);
  });
  return sortUtf8(
    rows.map((row) => `[${encoders.map((encode) => encode(row)).join(",")}]`),
  );
}

/** Rows of the engine, as {@link textsOf}. */
export function textsOfTable(
  rows: readonly Row[],
  columns: readonly ModelColumn[],
): string[] {
  const named = columns.map((column) => ({ ...column, key: column.name }));
  return textsOf(rows, named);
}

/** Properties that engines keep for themselves. */
const INTERNAL =
  /^delta\.(columnMapping\.maxColumnId|inCommitTimestampE|rowTracking\.mat)/;

function ownProperties(
  configuration: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(configuration).filter(([name]) => !INTERNAL.test(name)),
  );
}

function configurationOf(
  { properties, constraints }: ModelVersion,
): Record<string, string> {
  const checks = Object.entries(constraints)
    .map(([name, { sql }]) => [`delta.constraints.${name}`, sql] as const);
  return { ...properties, ...Object.fromEntries(checks) };
}

/** Compares a version of the engine with one of the model. */
export async function checkVersion(
  snapshot: TableSnapshot,
  version: ModelVersion,
  what: string,
): Promise<void> {
  const { columns, rows, partitionBy } = version;
  const wanted = schemaOf(columns);
  const found: StructType = {
    kind: "struct",
    fields: snapshot.schema.fields.map((f) => ({ ...f, metadata: {} })),
  };
  assert(
    sameType(found, wanted),
    `${what}: the columns are ${typeName(found)}, not ${typeName(wanted)}`,
  );
  assert.deepEqual(
    snapshot.partitionColumns,
    partitionBy.map((key) => columns.find((c) => c.key === key)!.name),
    what,
  );
  assert.deepEqual(
    ownProperties(snapshot.metadata.configuration),
    configurationOf(version),
    `${what}: the properties`,
  );
  const actual = textsOfTable(await Array.fromAsync(snapshot.rows()), columns);
  assert.deepEqual(actual, textsOf(rows, columns), `${what}: the rows`);
  assert.deepEqual(await snapshot.count(), rows.length, `${what}: their count`);
}

function rowWith(row: ModelRow, columns: readonly ModelColumn[]): ModelRow {
  return Object.fromEntries(
    columns.map(({ key }) => [key, row[key] ?? null]),
  );
}

/** What a commit answered. */
interface Report {
  readonly outcome: string;
  readonly version: number;
}

/** Runs an operation that must be accepted, and compares what became of the table. */
export async function accepted(
  model: Model,
  real: Real,
  run: () => Promise<Report>,
  next: Partial<ModelVersion>,
): Promise<void> {
  const report = await run();
  if (report.outcome === "committed") {
    const whole = { ...model.now, redefined: false, ...next };
    const rows = whole.rows.map((row) => rowWith(row, whole.columns));
    model.versions.push({ ...whole, rows, time: real.host.now() });
  } else {
    const { columns, rows } = model.now;
    assert.deepEqual(
      textsOf(next.rows ?? rows, next.columns ?? columns),
      textsOf(rows, columns),
      `nothing was committed (${report.outcome})`,
    );
  }
  assert.deepEqual(report.version, model.version, "the version of the report");
  assert.deepEqual(real.table.version, model.version, "the handle's version");
  await checkVersion(real.table.snapshot, model.now, "the handle");
  await real.rowIds.check(real.table.snapshot, model.now.columns);
}

/** Runs an operation that must be refused with one of some errors, and leave no trace. */
export async function refused(
  model: Model,
  real: Real,
  run: () => Promise<unknown>,
  codes: readonly ErrorCode[],
): Promise<void> {
  const answer = await run().then(
    (report) => `accepted: ${JSON.stringify(report)}`,
    (error) => error as Error,
  );
  if (!(answer instanceof DeltaError && codes.includes(answer.code))) {
    throw new Error(`it must be refused with ${codes.join(" or ")}`, {
      cause: answer,
    });
  }
  const newest = await real.table.refresh();
  assert.deepEqual(
    newest.version,
    model.version,
    "a refused operation commits",
  );
}

/** Runs what may be refused with some errors, and tells whether it was done. */
export async function ifThere<T>(
  isOwed: boolean,
  run: () => Promise<T>,
  codes: readonly ErrorCode[] = GONE,
): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    const isRefusal = error instanceof DeltaError && codes.includes(error.code);
    if (isOwed || !isRefusal) throw error;
    return undefined;
  }
}

/** Opens the table anew, as another process would. */
export async function reopened({ store, host }: Real): Promise<DeltaTable> {
  return await DeltaTable.open(store.url, { store, host, onWarning() {} });
}
