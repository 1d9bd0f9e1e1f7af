import { assertEquals, assertThrows } from "@std/assert";
import { column, columns } from "../../../testing/built_table.ts";
import { plainText, rowsOfBatch } from "../../../testing/changed_table.ts";
import { DeltaError } from "../../errors.ts";
import { col } from "../../expression/predicate.ts";
import { buildBatch } from "../../parquet/build_column.ts";
import { contextOf } from "../../store/table_context.ts";
import { memoryStore } from "../../store/memory_store.ts";
import {
  type Assignments,
  bindAssignments,
  columnsOfBatch,
  microsOf,
  rowUpdater,
} from "./assignments.ts";
import { predicateText } from "./predicate_text.ts";

const SCHEMA = columns(
  column("id", "long"),
  column("a.b", "integer"),
  column("s", columns(column("x", "double"), column("y", "string"))),
);

function updated(set: Assignments): string[] {
  const bound = bindAssignments(set, SCHEMA, SCHEMA, "Cannot test");
  const batch = buildBatch(SCHEMA, [
    { id: 1n, "a.b": 2, s: { x: 3, y: "z" } },
    { id: null, "a.b": null, s: null },
  ]);
  const rows = rowUpdater(bound, SCHEMA)(batch, columnsOfBatch(batch, SCHEMA));
  return rowsOfBatch(rows, SCHEMA).map(plainText);
}

Deno.test("bindAssignments() finds columns whatever their capitals, and names with dots before paths", () => {
  assertEquals(updated({ ID: 5, "A.B": 6, "s.Y": "new" }), [
    '{"id":5,"a.b":6,"s":{"x":3,"y":"new"}}',
    '{"id":5,"a.b":6,"s":{"x":null,"y":"new"}}',
  ]);
});

Deno.test("rowUpdater() sees the row as it was, and casts to the column's type", () => {
  assertEquals(
    updated({ id: col("a.b"), "a.b": { sql: "id + 1" }, "s.x": col("id") }),
    [
      '{"id":2,"a.b":2,"s":{"x":1,"y":"z"}}',
      '{"id":null,"a.b":null,"s":{"x":null,"y":null}}',
    ],
  );
});

Deno.test("bindAssignments() refuses a column set twice, also through its struct", () => {
  for (const set of [{ id: 1, Id: 2 }, { s: null, "s.x": 1 }]) {
    assertThrows(() => updated(set), DeltaError, "set twice");
  }
  assertThrows(() => updated({ "id.x": 1 }), DeltaError, "no column");
});

Deno.test("microsOf() gives the host's clock in microseconds", () => {
  const host = {
    now: () => 1_700_000_000_123.7,
    sleep: () => Promise.resolve(),
    uuid: () => "",
    random: () => 0,
  };
  const context = contextOf(memoryStore(), { host });
  assertEquals(microsOf(context), 1_700_000_000_123_000n);
});

Deno.test("predicateText() keeps SQL as it came, and writes builders like SQL", () => {
  assertEquals(predicateText("id  >  1", SCHEMA), "id  >  1");
  assertEquals(predicateText(col("id").gt(1), SCHEMA), "id > 1");
});
