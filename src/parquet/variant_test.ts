import { assert, assertEquals, assertThrows } from "@std/assert";
import * as arrow from "apache-arrow";
import { DeltaError } from "../errors.ts";
import type { DataType } from "../schema/data_type.ts";
import type { Value, Variant } from "../schema/value.ts";
import { buildColumn } from "./build_column.ts";
import { columnReader } from "./arrow_values.ts";
import { castColumn } from "./cast_batch.ts";
import { toArrowType } from "./arrow_schema.ts";
import { dataOf } from "./column_data.ts";
import { decodeVariant, encodeVariant } from "./variant.ts";
import { Dice, randomVariant } from "./parquet_fixture_test.ts";

const NO_NAMES = Uint8Array.of(1, 0, 0);
const bytes = (hex: string) =>
  Uint8Array.from(hex.match(/../g) ?? [], (h) => Number.parseInt(h, 16));

/** Each primitive by its id, written down from the specification. */
const PRIMITIVES: [string, string, Variant][] = [
  ["null", "00", { kind: "null" }],
  ["true", "04", { kind: "boolean", value: true }],
  ["false", "08", { kind: "boolean", value: false }],
  ["int8", "0cff", { kind: "int", value: -1n }],
  ["int16", "10ff7f", { kind: "int", value: 32767n }],
  ["int32", "1400000080", { kind: "int", value: -(2n ** 31n) }],
  ["int64", "18ffffffffffffff7f", { kind: "int", value: 2n ** 63n - 1n }],
  ["double", "1c000000000000f0bf", { kind: "double", value: -1 }],
  ["decimal4", "2002ffffffff", {
    kind: "decimal",
    value: { unscaled: -1n, scale: 2 },
  }],
  ["decimal8", "240500e40b5402000000", {
    kind: "decimal",
    value: { unscaled: 10n ** 10n, scale: 5 },
  }],
  ["decimal16", "28000000000000000000" + "0100000000000000", {
    kind: "decimal",
    value: { unscaled: 2n ** 64n, scale: 0 },
  }],
  ["date", "2cffffffff", { kind: "date", value: -1 }],
  ["timestamp", "300100000000000000", { kind: "timestamp", value: 1n }],
  ["timestamp_ntz", "340100000000000000", { kind: "timestamp_ntz", value: 1n }],
  ["float", "380000c03f", { kind: "float", value: 1.5 }],
  ["binary", "3c0200000000ff", {
    kind: "binary",
    value: Uint8Array.of(0, 255),
  }],
  ["string", "4002000000c3a9", { kind: "string", value: "é" }],
  ["time", "440100000000000000", { kind: "time", value: 1n }],
  ["timestamp_nanos", "480100000000000000", {
    kind: "timestamp_nanos",
    value: 1n,
  }],
  ["timestamp_ntz_nanos", "4c0100000000000000", {
    kind: "timestamp_ntz_nanos",
    value: 1n,
  }],
  ["uuid", "5000112233445566778899aabbccddeeff", {
    kind: "uuid",
    value: "00112233-4455-6677-8899-aabbccddeeff",
  }],
  ["short string", "09c3a9", { kind: "string", value: "é" }],
  ["empty array", "030000", { kind: "array", value: [] }],
  ["empty object", "020000", { kind: "object", value: new Map() }],
  [
    "large array, 4-byte offsets",
    "1f" + "01000000" + "00000000" + "01000000" + "00",
    { kind: "array", value: [{ kind: "null" }] },
  ],
];

for (const [name, hex, expected] of PRIMITIVES) {
  Deno.test(`decodeVariant() decodes ${name}`, () => {
    assertEquals(decodeVariant(NO_NAMES, bytes(hex)), expected);
  });
}

Deno.test("decodeVariant() decodes objects of every width, in any order of values", () => {
  // Names b, a, unsorted; the object has a first, whose value lies last.
  const metadata = bytes("01" + "02" + "00" + "01" + "02" + "6261");
  const narrow = bytes(
    "02" + "02" + "0100" + "02" + "00" + "03" + "0c07" + "00",
  );
  const wide = bytes(
    "7e" + "02000000" + "01000000" + "00000000" +
      "02000000" + "00000000" + "03000000" + "0c07" + "00",
  );
  const expected: Variant = {
    kind: "object",
    value: new Map<string, Variant>([
      ["a", { kind: "null" }],
      ["b", { kind: "int", value: 7n }],
    ]),
  };
  assertEquals(decodeVariant(metadata, narrow), expected);
  assertEquals(decodeVariant(metadata, wide), expected);
  const wideNames = bytes(
    "c1" + "02000000" + "00000000" + "01000000" + "02000000" + "6261",
  );
  assertEquals(decodeVariant(wideNames, narrow), expected);
});

Deno.test("encodeVariant() gives back what it was given", () => {
  const dice = new Dice(11);
  for (let i = 0; i < 2000; i++) {
    const variant = randomVariant(dice, 3);
    const { metadata, value } = encodeVariant(variant);
    const decoded = decodeVariant(metadata, value);
    assertEquals(sorted(decoded), sorted(variant), `variant ${i}`);
  }
});

Deno.test("encodeVariant() uses the bytes of the specification for primitives", () => {
  for (const [name, hex, variant] of PRIMITIVES) {
    if (["string", "int64"].includes(name) || name.startsWith("large")) {
      continue;
    }
    assertEquals(encodeVariant(variant).value, bytes(hex), name);
  }
});

Deno.test("encodeVariant() takes wide names, long values and many fields", () => {
  const fields = new Map<string, Variant>();
  for (let i = 0; i < 70_000; i++) {
    fields.set(`name ${i}`, { kind: "int", value: BigInt(i) });
  }
  fields.set("text", { kind: "string", value: "x".repeat(300_000) });
  const { metadata, value } = encodeVariant({ kind: "object", value: fields });
  const decoded = decodeVariant(metadata, value);
  assert(decoded.kind === "object");
  assertEquals(decoded.value.size, 70_001);
  assertEquals(decoded.value.get("name 69999"), { kind: "int", value: 69999n });
});

Deno.test("encodeVariant() refuses what a variant cannot hold", async (t) => {
  const cases: [string, Variant, string][] = [
    [
      "an integer of 65 bits",
      { kind: "int", value: 2n ** 63n },
      "DELTA_VALUE_OUT_OF_RANGE",
    ],
    ["a decimal of 39 digits", {
      kind: "decimal",
      value: { unscaled: 10n ** 38n, scale: 0 },
    }, "DELTA_VALUE_OUT_OF_RANGE"],
    ["a scale above 38", {
      kind: "decimal",
      value: { unscaled: 1n, scale: 39 },
    }, "DELTA_VALUE_OUT_OF_RANGE"],
    ["no UUID", { kind: "uuid", value: "xyz" }, "DELTA_INVALID_ARGUMENT"],
  ];
  for (const [name, variant, code] of cases) {
    await t.step(name, () => {
      const error = assertThrows(() => encodeVariant(variant), DeltaError);
      assertEquals(error.code, code);
    });
  }
});

Deno.test("decodeVariant() refuses damaged bytes, or decodes them, and never hangs", () => {
  const dice = new Dice(5);
  let refused = 0;
  for (let i = 0; i < 3000; i++) {
    const { metadata, value } = encodeVariant(randomVariant(dice, 3));
    const broken = dice.roll(2) ? value : metadata;
    if (dice.roll(3) === 0) broken[dice.roll(broken.length)] = dice.roll(256);
    const cut = value.subarray(0, value.length - dice.roll(2));
    try {
      decodeVariant(metadata, cut);
    } catch (error) {
      assert(error instanceof DeltaError, String(error));
      assertEquals(error.code, "DELTA_DATA_FILE_CORRUPT");
      refused++;
    }
  }
  assert(refused > 500, `${refused}`);
});

Deno.test("decodeVariant() refuses values that overlap, whose number doubles at each level", () => {
  // An array of two elements, both at offset 0, forty levels deep.
  const levels = 40;
  const value = new Uint8Array(levels * 5 + 1);
  for (let i = 0; i < levels; i++) {
    const rest = value.length - (i + 1) * 5;
    value.set([3, 2, 0, 0, rest], i * 5);
  }
  assertThrows(() => decodeVariant(NO_NAMES, value), DeltaError, "overlap");
});

// Shredded columns, made by hand.

interface Shredded {
  readonly value?: Variant | null;
  readonly typed?: Value;
}

function binaryColumn(values: readonly (Uint8Array | null)[]): arrow.Data {
  return buildColumn({ kind: "binary" }, values);
}

function struct(
  children: Record<string, arrow.Data>,
  valid?: number,
): arrow.Data {
  const fields = Object.entries(children).map(([name, data]) =>
    new arrow.Field(name, data.type, true)
  );
  const columns = Object.values(children);
  const { length } = columns[0]!;
  const nulls = valid === undefined ? undefined : Uint8Array.of(valid);
  return dataOf(
    new arrow.Struct(fields),
    length,
    valid === undefined ? 0 : -1,
    { nulls },
    columns,
  );
}

/** A shredded column of rows; all names are `x` and `y`. */
function shredded(
  rows: readonly Shredded[],
  typed: arrow.Data,
): { data: arrow.Data } {
  const names = encodeVariant({
    kind: "object",
    value: new Map<string, Variant>([["x", { kind: "null" }], [
      "y",
      { kind: "null" },
    ]]),
  }).metadata;
  const values = rows.map(({ value }) => value ? encoded(value) : null);
  return {
    data: struct({
      metadata: binaryColumn(rows.map(() => names)),
      value: binaryColumn(values),
      typed_value: typed,
    }),
  };
}

/** A variant whose object names are ids in the dictionary x, y. */
function encoded(value: Variant): Uint8Array {
  const { value: own } = encodeVariant(value);
  if (value.kind !== "object" || !value.value.has("y")) return own;
  // Its only name is y, which is 1 in the shared dictionary.
  own[2] = 1;
  return own;
}

const readAll = (data: arrow.Data) => {
  const read = columnReader(data, { kind: "variant" });
  return Array.from({ length: data.length }, (_, row) => read(row));
};
const int = (n: number): Variant => ({ kind: "int", value: BigInt(n) });

Deno.test("columnReader() puts a shredded primitive together", async (t) => {
  const cases: [DataType, Value, Variant][] = [
    [{ kind: "boolean" }, true, { kind: "boolean", value: true }],
    [{ kind: "byte" }, 5, int(5)],
    [{ kind: "short" }, -5, int(-5)],
    [{ kind: "integer" }, 70_000, int(70_000)],
    [{ kind: "long" }, 2n ** 60n, { kind: "int", value: 2n ** 60n }],
    [{ kind: "float" }, 1.5, { kind: "float", value: 1.5 }],
    [{ kind: "double" }, 0.1, { kind: "double", value: 0.1 }],
    [{ kind: "decimal", precision: 20, scale: 3 }, { unscaled: 5n, scale: 3 }, {
      kind: "decimal",
      value: { unscaled: 5n, scale: 3 },
    }],
    [{ kind: "date" }, -7, { kind: "date", value: -7 }],
    [{ kind: "timestamp" }, 9n, { kind: "timestamp", value: 9n }],
    [{ kind: "timestamp_ntz" }, 9n, { kind: "timestamp_ntz", value: 9n }],
    [{ kind: "string" }, "é", { kind: "string", value: "é" }],
    [{ kind: "binary" }, Uint8Array.of(1), {
      kind: "binary",
      value: Uint8Array.of(1),
    }],
  ];
  for (const [type, typed, expected] of cases) {
    await t.step(type.kind, () => {
      const rows: Shredded[] = [{}, {
        value: { kind: "string", value: "other" },
      }, {}];
      const { data } = shredded(rows, buildColumn(type, [typed, null, null]));
      assertEquals(readAll(data), [
        expected,
        { kind: "string", value: "other" },
        { kind: "null" },
      ]);
    });
  }
});

Deno.test("columnReader() puts times, nanoseconds and UUIDs together", () => {
  const longs = BigInt64Array.of(5n);
  const one = (type: arrow.DataType, values: unknown) =>
    readAll(shredded([{}], dataOf(type, 1, 0, { values })).data)[0];
  assertEquals(one(new arrow.TimeMicrosecond(), longs), {
    kind: "time",
    value: 5n,
  });
  assertEquals(one(new arrow.TimestampNanosecond("UTC"), longs), {
    kind: "timestamp_nanos",
    value: 5n,
  });
  assertEquals(one(new arrow.TimestampNanosecond(), longs), {
    kind: "timestamp_ntz_nanos",
    value: 5n,
  });
  assertEquals(one(new arrow.FixedSizeBinary(16), new Uint8Array(16)), {
    kind: "uuid",
    value: "00000000-0000-0000-0000-000000000000",
  });
});

Deno.test("columnReader() puts a shredded object together with what is left over", () => {
  // Given rows: x typed; x of another type; x missing, y left over; no object; x and y,
  const left = (y: number): Variant => ({
    kind: "object",
    value: new Map([["y", int(y)]]),
  });
  const x = struct({
    value: binaryColumn([
      null,
      encoded({ kind: "string", value: "s" }),
      null,
      null,
      null,
    ]),
    typed_value: buildColumn({ kind: "integer" }, [1, null, null, null, 5]),
  });
  const rows: Shredded[] = [
    {},
    {},
    { value: left(3) },
    { value: int(4) },
    { value: left(6) },
  ];
  const { data } = shredded(rows, struct({ x }, 0b10111));
  // when they are read,
  const object = (entries: [string, Variant][]): Variant => ({
    kind: "object",
    value: new Map(entries),
  });
  // then each is one value.
  const expected = [
    object([["x", int(1)]]),
    object([["x", { kind: "string", value: "s" }]]),
    object([["y", int(3)]]),
    int(4),
    object([["y", int(6)], ["x", int(5)]]),
  ];
  assertEquals(readAll(data), expected);
  // and a cast makes a plain variant column of them.
  const cast = castColumn(
    data,
    { kind: "variant" },
    toArrowType({ kind: "variant" }),
  );
  assertEquals(
    readAll(cast).map((v) => sorted(v as Variant)),
    expected.map(sorted),
  );
});

Deno.test("columnReader() puts a shredded array together", () => {
  const element = struct({
    value: binaryColumn([
      null,
      encoded({ kind: "boolean", value: true }),
      null,
    ]),
    typed_value: buildColumn({ kind: "string" }, ["a", null, null]),
  });
  const typed = dataOf(
    new arrow.List(new arrow.Field("element", element.type, false)),
    3,
    1,
    { nulls: Uint8Array.of(0b011), offsets: Int32Array.of(0, 3, 3, 3) },
    [element],
  );
  const { data } = shredded([{}, {}, { value: int(9) }], typed);
  assertEquals(readAll(data), [
    {
      kind: "array",
      value: [
        { kind: "string", value: "a" },
        { kind: "boolean", value: true },
        {
          kind: "null",
        },
      ],
    },
    { kind: "array", value: [] },
    int(9),
  ]);
});

Deno.test("columnReader() refuses a shredded row that is an object and something else", () => {
  const x = struct({ typed_value: buildColumn({ kind: "integer" }, [1]) });
  const { data } = shredded([{ value: int(4) }], struct({ x }));
  const error = assertThrows(() => readAll(data), DeltaError);
  assertEquals(error.code, "DELTA_DATA_FILE_CORRUPT");
});

/** Objects compare by their fields in order, and have none. */
function sorted(variant: Variant): unknown {
  if (variant.kind === "array") return variant.value.map(sorted);
  if (variant.kind !== "object") return variant;
  return {
    object: [...variant.value].map(([name, value]) => [name, sorted(value)])
      .sort((a, b) => String(a[0]) < String(b[0]) ? -1 : 1),
  };
}
