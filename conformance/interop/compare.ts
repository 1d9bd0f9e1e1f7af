/**
 * This engine's view of a table beside another engine's: rows and schema, in the
 * canonical encoding.
 *
 * @module
 */

import type * as arrow from "apache-arrow";
import {
  DeltaTable,
  formatSchema,
  type JsonValue,
  type StructField,
  type StructType,
  type TableSnapshot,
} from "../../src/mod.ts";
import { columnReader } from "../../src/parquet/arrow_values.ts";
import {
  type Encoder,
  encoderOf,
  rowsDigest,
} from "../canonical/canonical_rows.ts";
import type {
  Answer,
  Contents,
  ForeignEngine,
  SchemaJson,
} from "./foreign_engine.ts";

/** What this engine reads of a version. */
export async function ourContents(snapshot: TableSnapshot): Promise<Contents> {
  const encode = encoderOf(snapshot.schema);
  const rows: string[] = [];
  for await (const row of snapshot.rows()) rows.push(encode(row));
  return contentsOf(rows, snapshot.schema);
}

/** Encoded rows, as an engine's answer. */
export function contentsOf(rows: string[], schema: StructType): Contents {
  return {
    totalRows: rows.length,
    rowsSha256: rowsDigest(rows),
    rows,
    schema: JSON.parse(formatSchema(schema)) as SchemaJson,
  };
}

/** Reads versions of a table with this engine. */
export async function readOurs(
  folder: string,
  versions: readonly number[],
): Promise<Contents[]> {
  await using table = await DeltaTable.open(folder);
  const read: Contents[] = [];
  for (const version of versions) {
    read.push(await ourContents(await table.at({ version })));
  }
  return read;
}

/** Versions `from` to `to`, both included. */
export function versionRange(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/**
 * Where an engine's reading of versions is not ours, in words; nothing where it
 * is everywhere.
 */
export async function differences(
  engine: ForeignEngine,
  folder: string,
  versions: readonly number[],
): Promise<string[]> {
  const ours = await readOurs(folder, versions);
  const theirs = await engine.read(folder, versions);
  return versions.flatMap((version, i) =>
    difference(ours[i]!, theirs[i]!).map((found) =>
      `${engine.name}, version ${version}: ${found}`
    )
  );
}

/** Where an answer is not what was expected, in words; at most one difference. */
export function difference(
  expected: Contents,
  answer: Answer<Contents>,
): string[] {
  if (!answer.ok) return [`refused: ${answer.error.slice(0, 1500)}`];
  const [want, got] = [expected, answer].map((contents) =>
    JSON.stringify(contents.schema.fields.map(withoutMetadata))
  );
  if (want !== got) return [`the schema is ${got}, not ${want}`];
  if (expected.rowsSha256 === answer.rowsSha256) return [];
  const missing = without(expected.rows, answer.rows);
  const extra = without(answer.rows, expected.rows);
  return [
    `${answer.totalRows} rows, not ${expected.totalRows}; ` +
    `missing ${sample(missing)}; unexpected ${sample(extra)}`,
  ];
}

function sample(rows: readonly string[]): string {
  return rows.length === 0
    ? "none"
    : `${rows.length}: ${rows.slice(0, 3).join(" ")}`;
}

function without(rows: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const row of others) left.set(row, (left.get(row) ?? 0) + 1);
  return rows.filter((row) => {
    const count = left.get(row) ?? 0;
    if (count > 0) left.set(row, count - 1);
    return count === 0;
  });
}

/** A type's JSON with names and types only: what engines say beside them is their own. */
function withoutMetadata(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutMetadata);
  const { name, type, ...rest } = value as Record<string, JsonValue>;
  const kept = ["fields", "elementType", "keyType", "valueType"]
    .filter((key) => rest[key] !== undefined)
    .map((key) => [key, withoutMetadata(rest[key]!)]);
  return Object.fromEntries([
    ...(name === undefined ? [] : [["name", name]]),
    ["type", withoutMetadata(type!)],
    ...kept,
  ]);
}

/** What this engine reads of the change feed, the commits' times apart. */
export async function ourChanges(
  table: DeltaTable,
  from: number,
  to: number,
): Promise<Contents> {
  const { schema } = await table.at({ version: to });
  const feed: StructType = {
    kind: "struct",
    fields: [
      ...schema.fields,
      changeColumn("_change_type", "string"),
      changeColumn("_commit_version", "long"),
    ],
  };
  const encode = encoderOf(feed);
  const rows: string[] = [];
  for await (const batch of table.changes({ from, to })) {
    rows.push(...encodeBatch(batch, feed, encode));
  }
  return contentsOf(rows, feed);
}

function encodeBatch(
  batch: arrow.RecordBatch,
  schema: StructType,
  encode: Encoder,
): string[] {
  const readers = schema.fields.map(({ name, type }, i) => ({
    name,
    read: columnReader(batch.data.children[i]!, type),
  }));
  return Array.from(
    { length: batch.numRows },
    (_, at) =>
      encode(Object.fromEntries(readers.map(({ name, read }) => [
        name,
        read(at),
      ]))),
  );
}

function changeColumn(name: string, kind: "string" | "long"): StructField {
  return { name, type: { kind }, nullable: true, metadata: {} };
}
