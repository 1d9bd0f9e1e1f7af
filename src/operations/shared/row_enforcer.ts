/**
 * What a table demands of changed rows: the enforcer of its rules, and which
 * generated columns have to be worked out anew.
 *
 * @module
 */

import { type RowEnforcer, rowEnforcer } from "../../data/enforce_rows.ts";
import type { WriteTarget } from "../../data/write_data_files.ts";
import type { TableContext } from "../../store/table_context.ts";
import { type BoundAssignment, microsOf } from "./assignments.ts";

/** The enforcer of a table's rules for rows that are written now. */
export function enforcerOf(
  context: TableContext,
  table: WriteTarget,
): RowEnforcer {
  const { schema, metadata, protocol } = table;
  return rowEnforcer(schema, metadata, protocol, { now: microsOf(context) });
}

/** The generated columns that assignments leave alone: their values follow the columns that are set. */
export function outdated(
  enforcer: RowEnforcer,
  assignments: readonly BoundAssignment[],
  table: WriteTarget,
): ReadonlySet<string> {
  const names = new Set(enforcer.generated);
  for (const { index } of assignments) {
    names.delete(table.schema.fields[index]!.name);
  }
  return names;
}
