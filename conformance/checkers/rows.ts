/**
 * Rows as the judge sees them: values in the canonical encoding by column name;
 * multisets of them, and their differences.
 *
 * @module
 */

import type {
  Json,
  JsonField,
  JsonRow,
  JsonSchema,
} from "../engine_adapter.ts";

/** A row: a column that is absent is null. */
export type ModelRow = Readonly<Record<string, Json>>;

/** A text that two rows share exactly when they are equal. */
export function rowKey(row: ModelRow): string {
  const names = Object.keys(row).filter((name) => row[name] !== null).sort();
  return `{${
    names.map((name) => `${name}: ${JSON.stringify(row[name])}`).join(", ")
  }}`;
}

/** The key of every row, sorted. */
export function rowKeys(rows: Iterable<ModelRow>): string[] {
  return Array.from(rows, rowKey).sort();
}

/** What one multiset of rows has more than another. */
export interface RowDifference {
  /** Only in the first. */
  readonly missing: readonly string[];
  /** Only in the second. */
  readonly extra: readonly string[];
}

/** Compares two multisets: `missing` is what the second lacks, `extra` what it has too much. */
export function compareRows(
  expected: Iterable<ModelRow>,
  actual: Iterable<ModelRow>,
): RowDifference {
  const counts = countKeys(expected);
  const extra: string[] = [];
  for (const row of actual) {
    const key = rowKey(row);
    const left = counts.get(key) ?? 0;
    if (left === 0) extra.push(key);
    else counts.set(key, left - 1);
  }
  const missing = [...counts].flatMap(([key, n]) => Array(n).fill(key));
  return { missing: missing.sort(), extra: extra.sort() };
}

/** How often each row occurs. */
export function countKeys(rows: Iterable<ModelRow>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const key = rowKey(row);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Whether two multisets are equal. */
export function sameRows(
  a: Iterable<ModelRow>,
  b: Iterable<ModelRow>,
): boolean {
  const { missing, extra } = compareRows(a, b);
  return missing.length + extra.length === 0;
}

/** The rows of `from` without those of `taken`, one for one. */
export function without(
  from: readonly ModelRow[],
  taken: readonly ModelRow[],
): ModelRow[] {
  const counts = countKeys(taken);
  return from.filter((row) => {
    const key = rowKey(row);
    const left = counts.get(key) ?? 0;
    if (left > 0) counts.set(key, left - 1);
    return left === 0;
  });
}

/** What a change took and gave. */
export interface Delta {
  /** Rows gone. */
  readonly removed: readonly string[];
  /** Rows come. */
  readonly added: readonly string[];
}

/** The net change from one multiset to another. */
export function deltaOf(
  before: readonly ModelRow[],
  after: readonly ModelRow[],
): Delta {
  const { missing, extra } = compareRows(before, after);
  return { removed: missing, added: extra };
}

/** Whether two changes are the same. */
export function sameDelta(a: Delta, b: Delta): boolean {
  return a.removed.join("\n") === b.removed.join("\n") &&
    a.added.join("\n") === b.added.join("\n");
}

/** Says what differs, in the middle of a sentence. */
export function describeDifference({ missing, extra }: RowDifference): string {
  const parts = [
    ...(missing.length > 0 ? [`${missing.length} row(s) missing`] : []),
    ...(extra.length > 0 ? [`${extra.length} row(s) too many`] : []),
  ];
  return parts.join(" and ") || "no difference in rows";
}

/** The rows of a difference, for a verdict. */
export function shownRows({ missing, extra }: RowDifference): string[] {
  return [
    ...missing.map((row) => `missing ${row}`),
    ...extra.map((row) => `too many ${row}`),
  ];
}

/** A request's rows by column name. */
export function namedRows(
  rows: readonly JsonRow[],
  schema: JsonSchema,
): ModelRow[] {
  return rows.map((row) =>
    Object.fromEntries(
      schema.fields.map((
        field,
        i,
      ) => [field.name, canonical(row[i] ?? null, field.type)]),
    )
  );
}

/** A value in the canonical encoding of a column's type. */
export function canonical(value: Json, type: Json): Json {
  if (value === null) return null;
  if (type === "long") return String(value);
  if (type === "string") return String(value);
  return value;
}

/** What a partition's text is as a value: nothing and "" are null. */
export function partitionValue(
  text: string | null | undefined,
  type: Json,
): Json {
  if (text === null || text === undefined || text === "") return null;
  switch (type) {
    case "integer":
    case "short":
    case "byte":
    case "double":
    case "float":
      return Number(text);
    case "boolean":
      return text === "true";
    default:
      return text;
  }
}

/** The physical name of a column: its own unless the table maps columns. */
export function physicalNameOf(field: JsonField): string {
  const mapped = field.metadata["delta.columnMapping.physicalName"];
  return typeof mapped === "string" ? mapped : field.name;
}
