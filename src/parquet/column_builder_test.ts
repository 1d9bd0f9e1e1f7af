import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import * as arrow from "apache-arrow";
import { DeltaError } from "../errors.ts";
import type { DataType } from "../schema/data_type.ts";
import type { Value } from "../schema/value.ts";
import { toArrowSchema } from "./arrow_schema.ts";
import {
  buildBatch,
  buildBatchOfColumns,
  buildColumn,
  castBatch,
  concatBatches,
  takeRows,
} from "./column_builder.ts";
import {
  EVERY_TYPE,
  field,
  randomRows,
  rowsOf,
  schemaOf,
} from "./parquet_fixture_test.ts";

Deno.test("buildBatch() keeps every value of every type", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const rows = randomRows(seed, EVERY_TYPE, 50);
    const batch = buildBatch(EVERY_TYPE, rows);
    assertEquals(rowsOf(batch, EVERY_TYPE), rows, `seed ${seed}`);
  }
});

Deno.test("buildBatch() makes batches that Arrow's own formats carry", () => {
  const rows = randomRows(3, EVERY_TYPE, 77);
  const batch = buildBatch(EVERY_TYPE, rows);
  const ipc = arrow.tableToIPC(new arrow.Table(batch.schema, [batch]));
  const [back] = arrow.tableFromIPC(ipc).batches;
  assertEquals(rowsOf(back!, EVERY_TYPE), rows);
});

Deno.test("takeRows() picks any rows in any order, of slices too", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const rows = randomRows(seed, EVERY_TYPE, 40);
    const batch = buildBatch(EVERY_TYPE, rows).slice(seed, 40 - seed);
    const own = rows.slice(seed, 40 - seed);
    const picked = [3, 0, 3, own.length - 1, 7, 7, 1];
    const taken = takeRows(batch, Uint32Array.from(picked));
    assertEquals(rowsOf(taken, EVERY_TYPE), picked.map((i) => own[i]!));
    assertEquals(rowsOf(takeRows(batch, new Uint32Array(0)), EVERY_TYPE), []);
  }
});

Deno.test("concatBatches() puts batches end to end, slices and empty ones too", () => {
  const rows = randomRows(8, EVERY_TYPE, 60);
  const batch = buildBatch(EVERY_TYPE, rows);
  const parts = [batch.slice(5, 20), batch.slice(0, 0), batch.slice(30, 60)];
  const joined = concatBatches(batch.schema, parts);
  assertEquals(rowsOf(joined, EVERY_TYPE), [
    ...rows.slice(5, 20),
    ...rows.slice(30, 60),
  ]);
  assertEquals(concatBatches(batch.schema, []).numRows, 0);
});

Deno.test("castBatch() shares what is canonical and adds what is missing", () => {
  const from = schemaOf(field("a", "long"), field("b", "string"));
  const batch = buildBatch(from, [{ a: 1n, b: "x" }, { a: null, b: "y" }]);
  const to = schemaOf(
    field("b", "string"),
    field("c", "date"),
    field("a", "long"),
  );
  const cast = castBatch(batch, to);
  assertEquals(rowsOf(cast, to), [
    { b: "x", c: null, a: 1n },
    { b: "y", c: null, a: null },
  ]);
  assertEquals(String(cast.schema), String(toArrowSchema(to)));
  assertStrictEquals(
    cast.data.children[2]!.values,
    batch.data.children[0]!.values,
  );
});

Deno.test("castBatch() renames physical columns, nested ones too", () => {
  const physical = schemaOf(
    field("col-1", schemaOf(field("col-2", "integer"))),
  );
  const logical = schemaOf(
    field(
      "person",
      schemaOf(
        field("age", "long", { "delta.columnMapping.physicalName": "col-2" }),
      ),
      { "delta.columnMapping.physicalName": "col-1" },
    ),
  );
  const batch = buildBatch(physical, [{ "col-1": { "col-2": 5 } }]);
  const cast = castBatch(
    batch,
    logical,
    (f) => String(f.metadata["delta.columnMapping.physicalName"]),
  );
  assertEquals(rowsOf(cast, logical), [{ person: { age: 5n } }]);
});

Deno.test("castBatch() fills every type with nulls where a column is missing", () => {
  const batch = buildBatch(schemaOf(field("other", "long")), [{ other: 1n }, {
    other: 2n,
  }]);
  const cast = castBatch(batch, EVERY_TYPE);
  const empty = Object.fromEntries(
    EVERY_TYPE.fields.map((f) => [f.name, null]),
  );
  assertEquals(rowsOf(cast, EVERY_TYPE), [empty, empty]);
  const taken = takeRows(cast, Uint32Array.of(1));
  assertEquals(rowsOf(taken, EVERY_TYPE), [empty]);
});

Deno.test("buildBatchOfColumns() takes columns, absent ones as nulls", () => {
  const schema = schemaOf(field("a", "long"), field("b", "string"));
  const batch = buildBatchOfColumns(schema, { b: ["x", null] }, 2);
  assertEquals(rowsOf(batch, schema), [
    { a: null, b: "x" },
    { a: null, b: null },
  ]);
});

Deno.test("buildBatch() takes names that objects have anyway", () => {
  const schema = schemaOf(
    field("constructor", "string"),
    field("__proto__", "long"),
  );
  assertEquals(
    rowsOf(buildBatch(schema, [{}]), schema).map((row) =>
      Object.entries(row as object)
    ),
    [[["constructor", null], ["__proto__", null]]],
  );
});

Deno.test("buildColumn() refuses values of another form", async (t) => {
  const decimal: DataType = { kind: "decimal", precision: 4, scale: 2 };
  const cases: [DataType, Value][] = [
    [{ kind: "long" }, 1],
    [{ kind: "integer" }, 1n],
    [{ kind: "string" }, 5],
    [{ kind: "binary" }, "text"],
    [{ kind: "array", elementType: { kind: "long" }, containsNull: true }, "x"],
    [{
      kind: "map",
      keyType: { kind: "long" },
      valueType: { kind: "long" },
      valueContainsNull: true,
    }, []],
    [decimal, { unscaled: 10000n, scale: 2 }],
    [decimal, { unscaled: 1n, scale: 3 }],
  ];
  for (const [type, value] of cases) {
    await t.step(type.kind, () => {
      const error = assertThrows(() => buildColumn(type, [value]), DeltaError);
      assertEquals(error.code, "DELTA_SCHEMA_MISMATCH");
    });
  }
});
