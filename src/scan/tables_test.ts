import { assert, assertEquals } from "@std/assert";
import type * as arrow from "apache-arrow";
import { needs } from "../../testing/needs.ts";
import { eachSharedTable } from "../../testing/shared_tables.ts";
import { bindPredicate } from "../expression/bind.ts";
import { compilePredicate } from "../expression/evaluate.ts";
import { Column, lit, not, type Predicate } from "../expression/predicate.ts";
import { columnReader } from "../parquet/arrow_values.ts";
import type { StructType } from "../schema/data_type.ts";
import { leafFields } from "../schema/schema_path.ts";
import type { StructValue, Value } from "../schema/value.ts";
import { loadSnapshot } from "../snapshot/load_snapshot.ts";
import { openContext } from "../store/table_context.ts";
import { count } from "./count.ts";
import { scan } from "./read_scan.ts";

const MOST_ROWS = 20_000;
const MOST_COLUMNS = 24;

/** Its statistics speak of a column that no file has: every engine skips wrongly there. */
const FORGED_STATISTICS = ["kernel-rs-parsed-stats"];

/** The value of a column, which may be inside structs, in a row. */
function reader(
  batch: arrow.RecordBatch,
  schema: StructType,
  path: readonly string[],
): (row: number) => Value {
  const at = schema.fields.findIndex((field) => field.name === path[0]);
  const read = columnReader(batch.data.children[at]!, schema.fields[at]!.type);
  return (row) =>
    path.slice(1).reduce<Value>(
      (value, step) => value === null ? null : (value as StructValue)[step]!,
      read(row),
    );
}

/** Predicates about a column, around a value that it has. */
function predicates(column: Column, value: Value): Predicate[] {
  const tests: Predicate[] = [column.isNull(), column.isNotNull()];
  if (value === null) return tests;
  const literal = lit(value);
  return [
    ...tests,
    column.eq(literal),
    column.ne(literal),
    column.lt(literal),
    column.le(literal),
    column.gt(literal),
    column.ge(literal),
    not(column.le(literal)),
    column.in([value]),
  ];
}

Deno.test({
  name:
    "scan() with a predicate finds the rows that a whole scan has, in every shared table",
  ...needs({ tables: true }),
  fn: async (t) => {
    let compared = 0;
    await eachSharedTable(async (table) => {
      const expected = table.versions.at(-1);
      const rows = expected?.totalRows ?? 0;
      if (FORGED_STATISTICS.includes(table.name)) return;
      if (rows === 0 || rows > MOST_ROWS || expected!.error) return;
      await t.step(table.name, async () => {
        const context = await openContext(table.folder, { warn: () => {} });
        try {
          const { version } = expected!;
          const snapshot = await loadSnapshot(context, { version });
          const { schema } = snapshot;
          const batches = await Array.fromAsync(scan(context, snapshot));
          const leaves = leafFields(schema).filter(({ field }) =>
            !["array", "map", "variant", "void"].includes(field.type.kind)
          );
          for (const { path } of leaves.slice(0, MOST_COLUMNS)) {
            const middle = batches[batches.length >> 1]!;
            const value = reader(middle, schema, path)(middle.numRows >> 1);
            for (const where of predicates(new Column(path), value)) {
              const bound = bindPredicate(where, schema);
              let wanted = 0;
              for (const batch of batches) {
                const matches = compilePredicate(
                  bound,
                  (path) => reader(batch, schema, path),
                );
                for (let row = 0; row < batch.numRows; row++) {
                  if (matches(row) === true) wanted++;
                }
              }
              const counted = await count(context, snapshot, { where });
              assertEquals(counted, wanted, `${path}: ${where.kind}`);
              compared++;
            }
          }
        } finally {
          await context.close();
        }
      });
    });
    assert(compared > 0, "there were tables, and nothing was compared");
  },
});
