/**
 * New values for columns, each in two forms: the engine's, and a function of rows.
 *
 * @module
 */

import fc from "fast-check";
import {
  type Expression,
  sameType,
  type StructValue,
  type Value,
} from "../../src/mod.ts";
import type { ModelColumn, ModelRow } from "./model.ts";
import { nastyValue } from "./nasty_values.ts";

/** A new value for a column, before there are columns. */
const setSeed = fc.record({
  column: fc.nat({ max: 11 }),
  how: fc.constantFrom("value", "copy", "arithmetic", "inside"),
  cell: fc.nat({ max: 59 }),
});
/** A new value, before there are columns. */
export type SetSeed = typeof setSeed extends fc.Arbitrary<infer T> ? T : never;
/** A few of them. */
export const setSeeds = fc.array(setSeed, { minLength: 1, maxLength: 3 });

/** New values for columns, in both forms. */
export interface Sets {
  readonly input: Readonly<Record<string, unknown>>;
  /** The row before with the values set that another row, or itself, gives. */
  readonly apply: (before: ModelRow, seen?: ModelRow) => ModelRow;
}

/**
 * Puts new values on columns.
 *
 * @param path Where the engine finds the values: a table's own column, or one of a merge's sides.
 */
export function setsOn(
  seeds: readonly SetSeed[],
  columns: readonly ModelColumn[],
  path: (column: ModelColumn) => readonly string[] = ({ name }) => [name],
): Sets {
  const input: Record<string, unknown> = {};
  const values = new Map<
    string,
    (seen: ModelRow, before: ModelRow) => Value
  >();
  for (const { column: at, how, cell } of seeds) {
    const column = columns[at % columns.length]!;
    const { key, name, type } = column;
    if (values.has(key)) continue;
    const column_ = (from: ModelColumn): Expression => ({
      kind: "column",
      path: path(from),
    });
    const twins = columns.filter((other) => sameType(other.type, type));
    const isWhole = type.kind === "long" || type.kind === "integer";
    if (how === "copy") {
      const twin = twins[cell % twins.length]!;
      input[name] = column_(twin);
      values.set(key, (row) => row[twin.key]!);
    } else if (how === "arithmetic" && isWhole) {
      input[name] = {
        kind: "arithmetic",
        op: "%",
        left: column_(column),
        right: { kind: "literal", value: 5 },
      };
      values.set(key, (row) => remainder(row[key]!));
    } else if (
      how === "inside" && type.kind === "struct" && !name.includes(".")
    ) {
      const field = type.fields[cell % type.fields.length]!;
      const value = nastyValue(field.type, cell);
      input[`${name}.${field.name}`] = value;
      values.set(key, (_, before) => {
        const nulls = type.fields.map((f) => [f.name, null] as const);
        return {
          ...Object.fromEntries(nulls),
          ...before[key] as StructValue | null,
          [field.name]: value,
        };
      });
    } else {
      const value = nastyValue(type, cell);
      input[name] = value;
      values.set(key, () => value);
    }
  }
  return {
    input,
    apply: (before, seen = before) => ({
      ...before,
      ...Object.fromEntries(
        [...values].map(([key, of]) => [key, of(seen, before)]),
      ),
    }),
  };
}

function remainder(value: Value): Value {
  if (value === null) return null;
  return typeof value === "bigint" ? value % 5n : (value as number) % 5 + 0;
}
