/**
 * A part of C17: of a table that tracks its rows, no row id is there twice, and a
 * commit that says so has kept the ids, and the commit versions, of the rows
 * that it moved.
 *
 * Source: Delta protocol, "Row Tracking".
 *
 * @module
 */

import type { Evidence } from "./evidence.ts";
import {
  type JudgedCommit,
  type LoggedAdd,
  logicalRow,
  type TableState,
} from "./replay.ts";
import { rowKey } from "./rows.ts";
import type { Finding } from "./verdict.ts";

/** A commit, and the table before and after it. */
export interface RowIdStep {
  /** The commit. */
  readonly commit: JudgedCommit;
  /** The version before. */
  readonly before: TableState;
  /** The version that it made. */
  readonly after: TableState;
  /** Everything else. */
  readonly evidence: Evidence;
}

/** A row as row tracking sees it. */
interface TrackedRow {
  /** Operation and number that made the row: what tells it from all others. */
  readonly name: string;
  readonly id: string;
  readonly version: string;
  /** What it holds. */
  readonly content: string;
}

const ENABLED = "delta.enableRowTracking";
const ID_COLUMN = "delta.rowTracking.materializedRowIdColumnName";
const VERSION_COLUMN =
  "delta.rowTracking.materializedRowCommitVersionColumnName";

/** What is wrong with the stable row ids of a version. */
export function stableRowIds(step: RowIdStep): Finding[] {
  const { commit, after, evidence } = step;
  const rows = trackedRows(after, evidence);
  if (!rows) return [];
  const owners = new Map<string, TrackedRow>();
  for (const row of rows) {
    const other = owners.get(row.id);
    owners.set(row.id, row);
    if (!other) continue;
    return [{
      anomaly: "stable row id twice",
      story: `In version ${commit.version} two rows have the row id ${row.id}.`,
      rows: [other.content, row.content],
    }];
  }
  return keptRowIds(step, rows);
}

/** The rows of a version with their stable ids; `undefined` where it does not track them. */
function trackedRows(
  { metadata, protocol, live, schema }: TableState,
  { rowsOf }: Evidence,
): TrackedRow[] | undefined {
  const tracks = protocol?.writerFeatures?.includes("rowTracking") &&
    metadata?.configuration[ENABLED]?.toLowerCase() === "true";
  if (!tracks) return undefined;
  const idColumn = metadata.configuration[ID_COLUMN] ?? "";
  const versionColumn = metadata.configuration[VERSION_COLUMN] ?? "";
  return [...live.values()].flatMap((file) => {
    const undeleted = new Set(rowsOf(file));
    return (rowsOf(withoutVector(file)) ?? []).flatMap((row, position) => {
      if (!undeleted.has(row)) return [];
      const values = logicalRow(row, file, metadata, schema);
      return {
        name: `${values.op}/${values.seq}`,
        id: String(row[idColumn] ?? Number(file.baseRowId) + position),
        version: String(row[versionColumn] ?? file.defaultRowCommitVersion),
        content: rowKey(values),
      };
    });
  });
}

function withoutVector({ deletionVector: _, ...file }: LoggedAdd): LoggedAdd {
  return file;
}

function keptRowIds(
  { commit, before, evidence }: RowIdStep,
  rows: readonly TrackedRow[],
): Finding[] {
  const old = trackedRows(before, evidence);
  const tags = commit.commitInfo?.tags as
    | Readonly<Record<string, unknown>>
    | undefined;
  if (!old || tags?.["delta.rowTracking.preserved"] !== "true") return [];
  // It brings rows back that are told from their copies by their ids alone.
  if (commit.commitInfo?.operation === "RESTORE") return [];
  const names = onlyOnes(old);
  for (const row of onlyOnes(rows).values()) {
    const then = names.get(row.name);
    if (!then) continue;
    const story = `Version ${commit.version} says that it kept row ids; a row`;
    if (row.id !== then.id) {
      return [{
        anomaly: "row id not kept",
        story: `${story} had ${then.id} and has ${row.id}.`,
        rows: [row.content],
      }];
    }
    if (versionsOf(then, row, commit, evidence).includes(row.version)) continue;
    return [{
      anomaly: "row commit version not kept",
      story: `${story} had the version ${then.version} and has ${row.version}.`,
      rows: [row.content],
    }];
  }
  return [];
}

/** The commit versions that a row may have: its own while it stays, the commit's once it is written. */
function versionsOf(
  then: TrackedRow,
  row: TrackedRow,
  commit: JudgedCommit,
  { authors, operationById }: Evidence,
): string[] {
  const author = authors.get(commit.version);
  const op = author && operationById.get(author)?.call.op;
  const isUpdate = op === "update" || op === "merge" || op === undefined;
  return [
    ...(row.content === then.content ? [then.version] : []),
    ...(isUpdate ? [String(commit.version)] : []),
  ];
}

/** Rows by name, without names that several have. */
function onlyOnes(rows: readonly TrackedRow[]): Map<string, TrackedRow> {
  const byName = new Map<string, TrackedRow>();
  const several = new Set<string>();
  for (const row of rows) {
    if (byName.has(row.name)) several.add(row.name);
    byName.set(row.name, row);
  }
  for (const name of several) byName.delete(name);
  return byName;
}
