/**
 * What the tests of this room share: schemas, seeded values, files in memory.
 *
 * @module
 */

import type * as arrow from "apache-arrow";
import type { DataType, StructField, StructType } from "../schema/data_type.ts";
import type { Row, Value, Variant } from "../schema/value.ts";
import { columnReader } from "./arrow_values.ts";
import { bytesSource } from "./byte_source.ts";
import { castBatch } from "./cast_batch.ts";
import { type ReadOptions, readParquet } from "./parquet_codec.ts";

/** A nullable field. */
export function field(
  name: string,
  type: DataType | DataType["kind"],
  metadata: StructField["metadata"] = {},
): StructField {
  return {
    name,
    type: typeof type === "string" ? { kind: type } as DataType : type,
    nullable: true,
    metadata,
  };
}

/** A schema. */
export function schemaOf(...fields: StructField[]): StructType {
  return { kind: "struct", fields };
}

const list = (elementType: DataType): DataType => ({
  kind: "array",
  elementType,
  containsNull: true,
});
const map = (keyType: DataType, valueType: DataType): DataType => ({
  kind: "map",
  keyType,
  valueType,
  valueContainsNull: true,
});
const decimal = (precision: number, scale: number): DataType => ({
  kind: "decimal",
  precision,
  scale,
});

/** One column of each type, and nested ones three levels deep. */
export const EVERY_TYPE: StructType = schemaOf(
  field("bool", "boolean"),
  field("i8", "byte"),
  field("i16", "short"),
  field("i32", "integer"),
  field("i64", "long", { "delta.columnMapping.id": 7 }),
  field("f32", "float"),
  field("f64", "double"),
  field("d9", decimal(9, 2)),
  field("d18", decimal(18, 0)),
  field("d38", decimal(38, 38)),
  field("text", "string"),
  field("bytes", "binary"),
  field("day", "date"),
  field("at", "timestamp"),
  field("wall", "timestamp_ntz"),
  field("any", "variant"),
  field("nothing", "void"),
  field(
    "record",
    schemaOf(
      field("a", "long", { "delta.columnMapping.id": 9 }),
      field("a.b", "string"),
      field("deep", schemaOf(field("x", "boolean"), field("y", decimal(5, 1)))),
    ),
  ),
  field("list", list({ kind: "string" })),
  field("lists", list(list({ kind: "integer" }))),
  field(
    "records",
    list(schemaOf(field("n", "integer"), field("v", "variant"))),
  ),
  field("map", map({ kind: "string" }, { kind: "long" })),
  field("maps", map({ kind: "date" }, list(schemaOf(field("t", "timestamp"))))),
);

/** Numbers that only the seed decides. */
export class Dice {
  #state: number;

  /** Starts from a seed. */
  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  /** A whole number from 0 to `sides - 1`. */
  roll(sides: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state % sides;
  }

  /** One of the choices. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.roll(choices.length)]!;
  }

  /** A signed integer of up to so many bits, often at the edges. */
  integer(bits: number): bigint {
    const edge = 2n ** BigInt(bits - 1);
    if (this.roll(4) === 0) return this.pick([0n, -1n, edge - 1n, -edge]);
    let value = 0n;
    for (let i = 0; i < bits; i += 16) {
      value = value << 16n | BigInt(this.roll(65536));
    }
    return BigInt.asIntN(bits, value);
  }
}

const TEXTS = [
  "",
  "a",
  "é",
  "日本語",
  "😀 and more",
  "\uFEFFbom",
  "x".repeat(99),
];
const DOUBLES = [
  0,
  -0,
  NaN,
  Infinity,
  -Infinity,
  5e-324,
  1.7976931348623157e308,
];

/** A random value of a type; null one time in five. */
export function randomValue(
  dice: Dice,
  type: DataType,
  nullable = true,
): Value {
  if (type.kind === "void" || nullable && dice.roll(5) === 0) return null;
  switch (type.kind) {
    case "boolean":
      return dice.roll(2) === 0;
    case "byte":
      return Number(dice.integer(8));
    case "short":
      return Number(dice.integer(16));
    case "integer":
    case "date":
      return Number(dice.integer(32));
    case "long":
    case "timestamp":
    case "timestamp_ntz":
      return dice.integer(64);
    case "float":
      return Math.fround(dice.pick([...DOUBLES, 0.1, dice.roll(1e9)]));
    case "double":
      return dice.pick([...DOUBLES, dice.roll(1e9) / 7]);
    case "decimal": {
      const limit = 10n ** BigInt(type.precision);
      const edge = dice.roll(4) === 0 ? limit - 1n : dice.integer(128) % limit;
      return { unscaled: dice.roll(2) ? edge : -edge, scale: type.scale };
    }
    case "string":
      return dice.pick(TEXTS);
    case "binary":
      return Uint8Array.from({ length: dice.roll(5) }, () => dice.roll(256));
    case "variant":
      return randomVariant(dice, 3);
    case "struct":
      return Object.fromEntries(
        type.fields.map((f) => [f.name, randomValue(dice, f.type)]),
      );
    case "array":
      return Array.from(
        { length: dice.roll(4) },
        () => randomValue(dice, type.elementType),
      );
    case "map": {
      const entries = Array.from(
        { length: dice.roll(4) },
        (): [Value, Value] => [
          randomValue(dice, type.keyType, false),
          randomValue(dice, type.valueType),
        ],
      );
      return new Map(entries);
    }
  }
}

/** A random variant, nested up to so many levels. */
export function randomVariant(dice: Dice, depth: number): Variant {
  const kind = dice.roll(depth > 0 ? 17 : 15);
  switch (kind) {
    case 0:
      return { kind: "null" };
    case 1:
      return { kind: "boolean", value: dice.roll(2) === 0 };
    case 2:
    case 3:
      return { kind: "int", value: dice.integer(dice.pick([8, 16, 32, 64])) };
    case 4:
      return { kind: "float", value: Math.fround(dice.pick(DOUBLES)) };
    case 5:
      return { kind: "double", value: dice.pick(DOUBLES) };
    case 6: {
      const unscaled = dice.integer(dice.pick([16, 32, 64, 120]));
      return { kind: "decimal", value: { unscaled, scale: dice.roll(39) } };
    }
    case 7:
      return { kind: "string", value: dice.pick(TEXTS) };
    case 8:
      return {
        kind: "binary",
        value: Uint8Array.from({ length: dice.roll(70) }, () => dice.roll(256)),
      };
    case 9:
      return { kind: "date", value: Number(dice.integer(32)) };
    case 10:
      return {
        kind: "uuid",
        value: "00112233-4455-6677-8899-aabbccddeeff",
      };
    case 11:
      return { kind: "time", value: dice.integer(36) };
    case 12:
      return { kind: "timestamp", value: dice.integer(64) };
    case 13:
      return { kind: "timestamp_ntz", value: dice.integer(64) };
    case 14:
      return { kind: "timestamp_nanos", value: dice.integer(64) };
    case 15:
      return {
        kind: "array",
        value: Array.from(
          { length: dice.pick([0, 1, 3, 300]) % (depth * 150) },
          () => randomVariant(dice, depth - 1),
        ),
      };
    default:
      return {
        kind: "object",
        value: new Map(
          Array.from(
            { length: dice.roll(4) },
            (_, i): [string, Variant] => [
              dice.pick(TEXTS) + i,
              randomVariant(dice, depth - 1),
            ],
          ),
        ),
      };
  }
}

/** Random rows of a schema. */
export function randomRows(
  seed: number,
  schema: StructType,
  count: number,
): Row[] {
  const dice = new Dice(seed);
  return Array.from(
    { length: count },
    () => randomValue(dice, schema, false) as Row,
  );
}

/** The rows of a batch, under a schema. */
export function rowsOf(
  batch: arrow.RecordBatch,
  schema: StructType,
): Value[] {
  const read = columnReader(batch.data, schema);
  return Array.from({ length: batch.numRows }, (_, row) => read(row));
}

/** All rows of a file, cast to a schema; checks that positions follow each other. */
export async function readRows(
  bytes: Uint8Array,
  schema: StructType,
  options: ReadOptions = {},
): Promise<Value[]> {
  const rows: Value[] = [];
  const source = bytesSource("memory.parquet", bytes);
  for await (const { batch } of readParquet(source, options)) {
    for (const row of rowsOf(castBatch(batch, schema), schema)) rows.push(row);
  }
  return rows;
}

/** Bytes of base64 text. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
