import { assertEquals, assertThrows } from "@std/assert";
import { column, columns } from "../../testing/built_table.ts";
import { DeltaError } from "../errors.ts";
import { columnReader } from "../parquet/arrow_values.ts";
import { buildColumn } from "../parquet/build_column.ts";
import { toArrowType } from "../parquet/arrow_schema.ts";
import type { DataType } from "../schema/data_type.ts";
import type { Value } from "../schema/value.ts";
import {
  constantColumn,
  findFileField,
  nullColumn,
  toLogicalColumn,
} from "./logical_columns.ts";

const named = (...names: string[]) =>
  names.map((name) => ({ name, id: undefined }));

function converted(
  from: DataType,
  values: readonly Value[],
  to: DataType,
): Value[] {
  const data = toLogicalColumn(buildColumn(from, values), to, "none", "c");
  assertEquals(String(data.type), String(toArrowType(to)));
  const read = columnReader(data, to);
  return values.map((_, row) => read(row));
}

Deno.test("findFileField() goes by name, by physical name, or by id alone", () => {
  const field = column("a", "long", {
    "delta.columnMapping.physicalName": "col-1",
    "delta.columnMapping.id": 7,
  });
  assertEquals(findFileField(named("b", "a"), field, "none"), 1);
  assertEquals(findFileField(named("a", "col-1"), field, "name"), 1);
  assertEquals(findFileField(named("a", "col-1"), field, "id"), -1);
  const withIds = [{ name: "col-1", id: 1 }, { name: "x", id: 7 }];
  assertEquals(findFileField(withIds, field, "id"), 1);
});

Deno.test("findFileField() ignores case where no name is spelled the same", () => {
  const field = column("Ab", "long");
  assertEquals(findFileField(named("x", "aB"), field, "none"), 1);
  assertEquals(findFileField(named("ab", "Ab"), field, "none"), 1);
  assertThrows(
    () => findFileField(named("ab", "AB"), field, "none"),
    DeltaError,
    "DELTA_DATA_FILE_CORRUPT",
  );
});

Deno.test("toLogicalColumn() fills, drops, orders and widens at every depth", () => {
  const old = columns(
    column("gone", "string"),
    column("n", "integer"),
    column("list", {
      kind: "array",
      elementType: columns(column("x", "byte")),
      containsNull: true,
    }),
    column("map", {
      kind: "map",
      keyType: { kind: "integer" },
      valueType: { kind: "float" },
      valueContainsNull: true,
    }),
  );
  const now = columns(
    column("list", {
      kind: "array",
      elementType: columns(column("y", "string"), column("x", "long")),
      containsNull: true,
    }),
    column("n", { kind: "decimal", precision: 12, scale: 2 }),
    column("map", {
      kind: "map",
      keyType: { kind: "long" },
      valueType: { kind: "double" },
      valueContainsNull: true,
    }),
    column("late", "date"),
  );
  const row: Value = {
    gone: "g",
    n: 5,
    list: [{ x: 1 }, null, { x: null }],
    map: new Map<Value, Value>([[1, 0.5], [2, null]]),
  };
  assertEquals(converted(old, [row, null], now), [
    {
      list: [{ y: null, x: 1n }, null, { y: null, x: null }],
      n: { unscaled: 500n, scale: 2 },
      map: new Map<Value, Value>([[1n, 0.5], [2n, null]]),
      late: null,
    },
    null,
  ]);
});

Deno.test("toLogicalColumn() shares the buffers of a column that is right already", () => {
  const data = buildColumn({ kind: "long" }, [1n, 2n]);
  const same = toLogicalColumn(data, { kind: "long" }, "none", "c");
  assertEquals(same.values === data.values, true);
});

Deno.test("toLogicalColumn() refuses another shape, naming the column", () => {
  const list: DataType = {
    kind: "array",
    elementType: { kind: "long" },
    containsNull: true,
  };
  for (
    const [from, to] of [
      [{ kind: "long" }, list],
      [{ kind: "long" }, columns(column("x", "long"))],
      [list, { kind: "string" }],
      [{ kind: "string" }, { kind: "variant" }],
    ] as const
  ) {
    const error = assertThrows(
      () => toLogicalColumn(buildColumn(from, []), to, "none", "the_column"),
      DeltaError,
    );
    assertEquals(/the_column/.test(error.message), true, error.message);
  }
});

Deno.test("nullColumn() and constantColumn() have one value in every row", () => {
  const types: DataType[] = [
    { kind: "string" },
    { kind: "void" },
    columns(column("x", "long")),
  ];
  for (const type of types) {
    const read = columnReader(nullColumn(type, 3), type);
    assertEquals([0, 1, 2].map(read), [null, null, null]);
  }
  const read = columnReader(constantColumn({ kind: "date" }, 9, 2), {
    kind: "date",
  });
  assertEquals([read(0), read(1)], [9, 9]);
});
