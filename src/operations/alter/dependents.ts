/**
 * Who would notice that a column changes: constraints, generated columns,
 * invariants, partitioning and clustering.
 *
 * @module
 */

import { columnsOf } from "../../expression/bind.ts";
import { parseSql } from "../../expression/parse_sql.ts";
import {
  CONSTRAINT_KEY,
  GENERATION_KEY,
  INVARIANT_KEY,
} from "../../protocol/row_rules.ts";
import {
  columnMappingMode,
  mapFields,
  physicalPath,
} from "../../schema/column_mapping.ts";
import { foldCase, formatPath } from "../../schema/schema_path.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";

/** The metadata domain of a clustered table. */
export const CLUSTERING_DOMAIN = "delta.clustering";

/**
 * What uses a column, or a column inside it or around it, in an expression: each
 * named as messages name it.
 *
 * @param path The column, spelled as the schema spells it.
 */
export function usersOf(
  snapshot: Snapshot,
  path: readonly string[],
): readonly string[] {
  const users: string[] = [];
  for (const { owner, sql } of expressionsOf(snapshot, path)) {
    if (mentions(sql, path)) users.push(owner);
  }
  return users;
}

/** Whether the table is clustered by a column, or by one inside it. */
export function isClusteredBy(
  snapshot: Snapshot,
  path: readonly string[],
): boolean {
  const mode = columnMappingMode(snapshot.metadata.configuration);
  const physical = physicalPath(snapshot.schema, path, mode);
  if (!physical) return false;
  return clusteringColumns(snapshot).some((column) =>
    physical.every((step, i) => column[i] === step)
  );
}

/** Physical paths of the columns that the table is clustered by. */
export function clusteringColumns(
  snapshot: Snapshot,
): readonly (readonly string[])[] {
  const domain = snapshot.domains.get(CLUSTERING_DOMAIN);
  if (!domain) return [];
  const parsed = JSON.parse(domain.configuration) as {
    clusteringColumns?: unknown;
  } | null;
  const columns = parsed?.clusteringColumns;
  return Array.isArray(columns) ? columns : [];
}

interface Owned {
  readonly owner: string;
  readonly sql: string;
}

/** Every expression that the table holds, but those of the column itself. */
function expressionsOf(
  { metadata, schema }: Snapshot,
  path: readonly string[],
): readonly Owned[] {
  const found: Owned[] = [];
  for (const [key, sql] of Object.entries(metadata.configuration)) {
    if (!key.startsWith(CONSTRAINT_KEY)) continue;
    found.push({
      owner: `the constraint ${key.slice(CONSTRAINT_KEY.length)}`,
      sql,
    });
  }
  for (const column of schema.fields) {
    const itself = path.length === 1 && path[0] === column.name;
    const generation = column.metadata[GENERATION_KEY];
    if (typeof generation === "string" && !itself) {
      const owner = `the generated column ${formatPath([column.name])}`;
      found.push({ owner, sql: generation });
    }
  }
  mapFields(schema, (field) => {
    const sql = invariantOf(field.metadata[INVARIANT_KEY]);
    const owner = `the invariant of column ${formatPath([field.name])}`;
    if (sql !== undefined) found.push({ owner, sql });
    return field;
  });
  return found;
}

/** The SQL inside the JSON of an invariant. */
function invariantOf(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  try {
    const parsed = JSON.parse(value) as {
      expression?: { expression?: unknown };
    };
    const sql = parsed.expression?.expression;
    return typeof sql === "string" ? sql : value;
  } catch {
    // Whatever it says, it may say it of the column.
    return value;
  }
}

/** Whether an expression looks at a column, at one inside it, or at one it is inside of. */
function mentions(sql: string, path: readonly string[]): boolean {
  let columns: readonly (readonly string[])[];
  try {
    columns = columnsOf(parseSql(sql));
  } catch {
    // What cannot be understood counts as using every name that occurs in it.
    return words(sql).has(foldCase(path[0]!));
  }
  return columns.some((column) => {
    const shared = Math.min(column.length, path.length);
    return path.slice(0, shared).every((step, i) =>
      foldCase(step) === foldCase(column[i]!)
    );
  });
}

function words(sql: string): ReadonlySet<string> {
  const found = sql.matchAll(/`((?:[^`]|``)+)`|[\p{L}\p{N}_]+/gu);
  return new Set(
    [...found].map(([word, quoted]) =>
      foldCase(quoted?.replaceAll("``", "`") ?? word)
    ),
  );
}
