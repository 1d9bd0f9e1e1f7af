import { assert, assertEquals, assertThrows } from "@std/assert";
import * as arrow from "apache-arrow";
import { DeltaError } from "../errors.ts";
import type { DataType } from "../schema/data_type.ts";
import type { Value } from "../schema/value.ts";
import { toArrowType } from "./arrow_schema.ts";
import { columnReader } from "./arrow_values.ts";
import { castColumn } from "./cast_batch.ts";
import { dataOf } from "./column_data.ts";
import { field, schemaOf } from "./parquet_fixture_test.ts";

const bits = (...flags: number[]) =>
  Uint8Array.of(flags.reduce((sum, flag, i) => sum | flag << i, 0));
const offsets = (...values: number[]) => Int32Array.from(values);
const longs = (...values: bigint[]) => BigInt64Array.from(values);
const utf8 = (text: string) => new TextEncoder().encode(text);
const p = (kind: string) => ({ kind }) as DataType;
const dec = (precision: number, scale: number): DataType => ({
  kind: "decimal",
  precision,
  scale,
});
const listOf = (elementType: DataType): DataType => ({
  kind: "array",
  elementType,
  containsNull: true,
});

/** A column of three rows; the buffers' values are the row's own. */
function column(type: arrow.DataType, values: unknown): arrow.Data {
  return dataOf(type, 3, 0, { values });
}

function ints(
  type: arrow.DataType,
  ...values: number[]
): arrow.Data {
  return column(type, new type.ArrayType(values));
}

const strings = dataOf(new arrow.Utf8(), 3, 1, {
  nulls: bits(1, 0, 1),
  offsets: offsets(0, 1, 1, 3),
  values: utf8("aé"),
});

function strings64(): arrow.Data {
  return new arrow.Data(new arrow.LargeUtf8(), 0, 3, 0, [
    longs(0n, 1n, 1n, 3n),
    utf8("aé"),
  ] as never);
}

function view(): arrow.Data {
  const views = new Uint8Array(48);
  const words = new DataView(views.buffer);
  words.setInt32(0, 3, true);
  views.set(utf8("abc"), 4);
  words.setInt32(32, 14, true);
  words.setInt32(44, 2, true);
  return new arrow.Data(
    new arrow.Utf8View(),
    0,
    3,
    0,
    [undefined, views] as never,
    [],
    undefined,
    [utf8("--long text here")],
  );
}

const dictionary = new arrow.Data(
  new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8()),
  0,
  3,
  0,
  [undefined, Int8Array.of(2, 0, 1)] as never,
  [],
  new arrow.Vector([strings]),
);

const words = (...values: bigint[]) =>
  new Uint32Array(longs(...values.flatMap((v) => [v, v >> 64n])).buffer);
const timestamps = (unit: arrow.TimeUnit, zone?: string) =>
  column(new arrow.Timestamp(unit, zone), longs(-1n, 0n, 1999n));
const { SECOND, MILLISECOND, MICROSECOND, NANOSECOND } = arrow.TimeUnit;

const listChild = ints(new arrow.Int16(), 1, 2, 3);
const listType = new arrow.Field("element", new arrow.Int16(), true);
const d = (unscaled: bigint, scale: number) => ({ unscaled, scale });

const CASES: [string, arrow.Data, DataType, Value[]][] = [
  ["Int8 as byte", ints(new arrow.Int8(), 1, -128, 127), p("byte"), [
    1,
    -128,
    127,
  ]],
  ["Int32 as byte", ints(new arrow.Int32(), 1, -128, 127), p("byte"), [
    1,
    -128,
    127,
  ]],
  ["Int8 as short", ints(new arrow.Int8(), 1, -2, 3), p("short"), [1, -2, 3]],
  ["Int16 as integer", ints(new arrow.Int16(), 1, -2, 3), p("integer"), [
    1,
    -2,
    3,
  ]],
  ["Uint8 as short", ints(new arrow.Uint8(), 1, 2, 255), p("short"), [
    1,
    2,
    255,
  ]],
  ["Uint16 as integer", ints(new arrow.Uint16(), 1, 2, 65535), p("integer"), [
    1,
    2,
    65535,
  ]],
  ["Int32 as long", ints(new arrow.Int32(), 1, -2, 3), p("long"), [
    1n,
    -2n,
    3n,
  ]],
  ["Uint32 as long", ints(new arrow.Uint32(), 1, 2, 2 ** 32 - 1), p("long"), [
    1n,
    2n,
    2n ** 32n - 1n,
  ]],
  [
    "Int64 as long",
    column(new arrow.Int64(), longs(2n ** 63n - 1n, -(2n ** 63n), 0n)),
    p("long"),
    [2n ** 63n - 1n, -(2n ** 63n), 0n],
  ],
  ["Int32 as double", ints(new arrow.Int32(), 1, -2, 3), p("double"), [
    1,
    -2,
    3,
  ]],
  ["Float32 as double", ints(new arrow.Float32(), 0.1, -0, NaN), p("double"), [
    Math.fround(0.1),
    -0,
    NaN,
  ]],
  ["Float64 as double", ints(new arrow.Float64(), 0.1, -0, NaN), p("double"), [
    0.1,
    -0,
    NaN,
  ]],
  [
    "Float16 as float",
    column(new arrow.Float16(), Uint16Array.of(0x3c00, 0xfc00, 0x0001)),
    p("float"),
    [1, -Infinity, 2 ** -24],
  ],
  [
    "Decimal128 as decimal",
    column(new arrow.Decimal(2, 38, 128), words(1n, -1n, 10n ** 37n)),
    dec(38, 2),
    [d(1n, 2), d(-1n, 2), d(10n ** 37n, 2)],
  ],
  [
    "Decimal128 as a wider decimal",
    column(new arrow.Decimal(2, 9, 128), words(1n, -1n, 150n)),
    dec(20, 4),
    [d(100n, 4), d(-100n, 4), d(15000n, 4)],
  ],
  [
    "Decimal32 as decimal",
    column(new arrow.Decimal(2, 9, 32), Uint32Array.of(1, 0xffffffff, 5)),
    dec(9, 2),
    [d(1n, 2), d(-1n, 2), d(5n, 2)],
  ],
  [
    "Decimal64 as decimal",
    column(
      new arrow.Decimal(2, 18, 64),
      new Uint32Array(longs(1n, -1n, 5n).buffer),
    ),
    dec(18, 2),
    [d(1n, 2), d(-1n, 2), d(5n, 2)],
  ],
  ["Int32 as decimal", ints(new arrow.Int32(), 1, -2, 3), dec(12, 1), [
    d(10n, 1),
    d(-20n, 1),
    d(30n, 1),
  ]],
  [
    "Int64 as decimal",
    column(new arrow.Int64(), longs(1n, -2n, 3n)),
    dec(20, 0),
    [d(1n, 0), d(-2n, 0), d(3n, 0)],
  ],
  ["Utf8 as string", strings, p("string"), ["a", null, "é"]],
  ["LargeUtf8 as string", strings64(), p("string"), ["a", "", "é"]],
  ["Utf8View as string", view(), p("string"), ["abc", "", "long text here"]],
  ["Dictionary as string", dictionary, p("string"), ["é", "a", null]],
  ["Utf8 as binary", strings, p("binary"), [utf8("a"), null, utf8("é")]],
  [
    "FixedSizeBinary as binary",
    column(new arrow.FixedSizeBinary(2), Uint8Array.of(1, 2, 3, 4, 5, 6)),
    p("binary"),
    [Uint8Array.of(1, 2), Uint8Array.of(3, 4), Uint8Array.of(5, 6)],
  ],
  ["Bool as boolean", column(new arrow.Bool(), bits(1, 0, 1)), p("boolean"), [
    true,
    false,
    true,
  ]],
  ["DateDay as date", ints(new arrow.DateDay(), 0, -1, 2932896), p("date"), [
    0,
    -1,
    2932896,
  ]],
  [
    "DateMillisecond as date",
    column(new arrow.DateMillisecond(), longs(0n, -1n, 86_400_000n)),
    p("date"),
    [0, -1, 1],
  ],
  [
    "DateDay as timestamp_ntz",
    ints(new arrow.DateDay(), 0, -1, 1),
    p("timestamp_ntz"),
    [0n, -86_400_000_000n, 86_400_000_000n],
  ],
  ["seconds as timestamp", timestamps(SECOND, "UTC"), p("timestamp"), [
    -1_000_000n,
    0n,
    1_999_000_000n,
  ]],
  [
    "milliseconds as timestamp",
    timestamps(MILLISECOND, "UTC"),
    p("timestamp"),
    [-1000n, 0n, 1_999_000n],
  ],
  [
    "microseconds as timestamp_ntz",
    timestamps(MICROSECOND),
    p("timestamp_ntz"),
    [-1n, 0n, 1999n],
  ],
  [
    "nanoseconds as timestamp",
    timestamps(NANOSECOND, "Europe/Berlin"),
    p("timestamp"),
    [-1n, 0n, 1n],
  ],
  [
    "List as array",
    dataOf(new arrow.List(listType), 3, 1, {
      nulls: bits(1, 0, 1),
      offsets: offsets(0, 2, 2, 3),
    }, [listChild]),
    listOf(p("long")),
    [[1n, 2n], null, [3n]],
  ],
  [
    "LargeList as array",
    new arrow.Data(
      new arrow.LargeList(listType),
      0,
      3,
      0,
      [longs(0n, 2n, 2n, 3n)] as never,
      [listChild],
    ),
    listOf(p("integer")),
    [[1, 2], [], [3]],
  ],
  [
    "FixedSizeList as array",
    dataOf(new arrow.FixedSizeList(1, listType), 3, 0, {}, [listChild]),
    listOf(p("integer")),
    [[1], [2], [3]],
  ],
  [
    "Struct as struct",
    dataOf(
      new arrow.Struct([
        new arrow.Field("B", new arrow.Int16(), true),
        new arrow.Field("a", new arrow.Utf8(), true),
      ]),
      3,
      1,
      { nulls: bits(1, 1, 0) },
      [listChild, strings],
    ),
    schemaOf(field("a", "string"), field("b", "integer"), field("c", "date")),
    [{ a: "a", b: 1, c: null }, { a: null, b: 2, c: null }, null],
  ],
  ["Null as long", new arrow.Data(new arrow.Null(), 0, 3, 3), p("long"), [
    null,
    null,
    null,
  ]],
];

for (const [name, data, type, expected] of CASES) {
  Deno.test(`columnReader() reads ${name}`, () => {
    const read = columnReader(data, type);
    assertEquals([read(0), read(1), read(2)], expected);
    // A slice shares the buffers and shifts the bitmaps.
    const slice = columnReader(data.slice(1, 2), type);
    assertEquals([slice(0), slice(1)], expected.slice(1));
  });

  Deno.test(`castColumn() makes ${name} canonical`, () => {
    const to = toArrowType(type);
    for (const [part, from] of [[data, 0], [data.slice(1, 2), 1]] as const) {
      const cast = castColumn(part, type, to);
      const read = columnReader(cast, type);
      assertEquals(String(cast.type), String(to));
      assertEquals(
        Array.from({ length: cast.length }, (_, row) => read(row)),
        expected.slice(from),
      );
    }
  });
}

Deno.test("columnReader() refuses a column that does not widen to the type", async (t) => {
  const cases: [arrow.Data, DataType][] = [
    [strings, p("long")],
    [column(new arrow.Int64(), longs(1n, 2n, 3n)), p("double")],
    [column(new arrow.Int64(), longs(1n, 2n, 3n)), p("string")],
    [column(new arrow.Decimal(4, 9, 128), words(1n, 2n, 3n)), dec(9, 2)],
    [ints(new arrow.Float64(), 1, 2, 3), p("long")],
    [ints(new arrow.DateDay(), 1, 2, 3), p("timestamp")],
    [timestamps(MICROSECOND), p("date")],
    [strings, schemaOf(field("a", "long"))],
    [strings, p("variant")],
    [strings, listOf(p("string"))],
  ];
  for (const [data, type] of cases) {
    await t.step(`${data.type} as ${type.kind}`, () => {
      const error = assertThrows(() => columnReader(data, type), DeltaError);
      assertEquals(error.code, "DELTA_UNSUPPORTED_TYPE_CHANGE");
    });
  }
});

Deno.test("columnReader() refuses a value that does not fit a narrower type", () => {
  const read = columnReader(ints(new arrow.Int32(), 127, 128, -129), p("byte"));
  assertEquals(read(0), 127);
  for (const row of [1, 2]) {
    const error = assertThrows(() => read(row), DeltaError);
    assertEquals(error.code, "DELTA_VALUE_OUT_OF_RANGE");
  }
});

Deno.test("columnReader() finds struct fields by name, id, then ignoring case", () => {
  const named = (name: string, id?: number) =>
    new arrow.Field(
      name,
      new arrow.Int16(),
      true,
      id === undefined
        ? undefined
        : new Map([["PARQUET:field_id", String(id)]]),
    );
  const one = (value: number) =>
    dataOf(new arrow.Int16(), 1, 0, { values: Int16Array.of(value) });
  const data = dataOf(
    new arrow.Struct([named("A"), named("a"), named("moved", 4)]),
    1,
    0,
    {},
    [one(1), one(2), one(3)],
  );
  const type = schemaOf(
    field("a", "short"),
    field("b", "short", { "delta.columnMapping.id": 4 }),
    field("MOVED", "short"),
  );
  assertEquals(columnReader(data, type)(0), { a: 2, b: 3, MOVED: 3 });
});

Deno.test("columnReader() reads long text columns the same before and after it decodes them whole", () => {
  for (const text of ["abcdefghij", "abcdéfghi"]) {
    const one = utf8(text);
    const values = new Uint8Array(one.length * 50);
    for (let i = 0; i < 50; i++) values.set(one, i * one.length);
    const data = dataOf(new arrow.Utf8(), 50, 0, {
      offsets: Int32Array.from({ length: 51 }, (_, i) => i * one.length),
      values,
    }).slice(5, 45);
    const read = columnReader(data, p("string"));
    assert(
      Array.from({ length: 45 }, (_, i) => read(i)).every((v) => v === text),
    );
  }
});
