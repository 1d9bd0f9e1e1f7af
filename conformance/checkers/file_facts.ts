/**
 * What a commit says of its files and its table, beside their rows: statistics,
 * by which engines leave files out; times of removal, by which vacuum deletes;
 * the table's id.
 *
 * @module
 */

import type { Evidence } from "./evidence.ts";
import type { JudgedCommit, LoggedAdd, TableState } from "./replay.ts";
import type { ModelRow } from "./rows.ts";
import type { Finding } from "./verdict.ts";

/** A clock may be wrong by so much. */
const CLOCKS_DIFFER_MS = 86_400_000;

/** A removal dated before its operation began: vacuum would not wait for it. */
export function removalTimes(
  { version, removes }: JudgedCommit,
  { trace, authors, operationById }: Evidence,
): Finding[] {
  const author = operationById.get(authors.get(version) ?? "");
  // It waited nobody knows how long for its first call.
  const begun = author &&
    trace.findLast((entry) => entry.time < author.invokedAt)?.atMs;
  const early = removes.find(({ deletionTimestamp }) =>
    begun !== undefined && deletionTimestamp !== undefined &&
    deletionTimestamp < begun - CLOCKS_DIFFER_MS
  );
  return early === undefined ? [] : [{
    anomaly: "removed before its time",
    story: `Version ${version} removes ${early.path} and dates that ` +
      `${begun! - early.deletionTimestamp!} ms before ${author!.opId} began: ` +
      "versions in retention would lose it.",
    rows: [early.path],
  }];
}

/** A table keeps its id, unless it is made anew. */
export function sameTable(
  { version }: JudgedCommit,
  before: TableState,
  after: TableState,
  { authors, operationById }: Evidence,
): Finding[] {
  const [was, is] = [before.metadata?.id, after.metadata?.id];
  const by = operationById.get(authors.get(version) ?? "");
  if (was === undefined || was === is || by?.call.op === "create") return [];
  return [{
    anomaly: "another table",
    story: `Version ${version} gives the table the id ${is}; it was ${was}.`,
  }];
}

interface Statistics {
  readonly numRecords?: unknown;
  readonly minValues?: Readonly<Record<string, unknown>>;
  readonly maxValues?: Readonly<Record<string, unknown>>;
  readonly nullCount?: Readonly<Record<string, unknown>>;
}

/** Statistics that its rows belie: a reader who trusts them misses rows. */
export function statistics(
  { version, adds }: JudgedCommit,
  { rowsOf, unreadable }: Evidence,
): Finding[] {
  return adds.flatMap((file) => {
    const rows = rowsOf(file);
    if (file.stats === undefined || !rows || unreadable.size > 0) return [];
    const lie = untrue(file, file.stats, rows);
    return lie === undefined ? [] : [{
      anomaly: "statistics untrue",
      story: `Version ${version} adds ${file.path}, and its statistics say ` +
        `${lie}.`,
      rows: [file.path],
    }];
  });
}

/** The first thing that is not so; rows that a deletion vector hides may count or not. */
function untrue(
  file: LoggedAdd,
  text: string,
  rows: readonly ModelRow[],
): string | undefined {
  const stats = parsed(text);
  if (!stats) return `${text}, which is no object`;
  const { numRecords, minValues = {}, maxValues = {}, nullCount = {} } = stats;
  const differs = (said: unknown, shown: number): boolean =>
    typeof said === "number" &&
    (file.deletionVector ? said < shown : said !== shown);
  if (differs(numRecords, rows.length)) {
    return `${numRecords} rows, and it has ${rows.length}`;
  }
  for (const name of Object.keys({ ...minValues, ...maxValues })) {
    const values = rows.map((row) => numberIn(row[name]));
    const [least, most] = [minValues[name], maxValues[name]];
    const out = values.find((value) =>
      value !== undefined &&
      (typeof least === "number" && value < least ||
        typeof most === "number" && value > most)
    );
    if (out !== undefined) {
      return `that ${name} is from ${least} to ${most}, and it has ${out}`;
    }
  }
  for (const [name, said] of Object.entries(nullCount)) {
    if (!rows.every((row) => name in row)) continue;
    const nulls = rows.filter((row) => row[name] === null).length;
    if (differs(said, nulls)) {
      return `${said} nulls in ${name}, and it has ${nulls}`;
    }
  }
  return undefined;
}

function parsed(text: string): Statistics | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A number that JSON tells exactly: longs are strings in rows. */
function numberIn(value: unknown): number | undefined {
  const isWhole = typeof value === "number" ||
    typeof value === "string" && /^-?\d+$/.test(value);
  return isWhole && Number.isSafeInteger(Number(value))
    ? Number(value)
    : undefined;
}
