import { assert, assertEquals } from "@std/assert";
import type { DataType } from "../schema/data_type.ts";
import { parseDataType } from "../schema/schema_json.ts";
import type { Value } from "../schema/value.ts";
import { conversion } from "./cast_value.ts";
import { compareValues } from "./compare_values.ts";
import { commonType, decimalResult, keepsOrder } from "./type_coercion.ts";

const TYPES: readonly DataType[] = [
  "byte",
  "short",
  "integer",
  "long",
  "float",
  "double",
  "decimal(5,2)",
  "decimal(38,10)",
  "string",
  "binary",
  "boolean",
  "date",
  "timestamp",
  "timestamp_ntz",
  "void",
].map((type) => parseDataType(type));

Deno.test("commonType() does not mind which side a type stands on", () => {
  let met = 0;
  for (const a of TYPES) {
    assertEquals(commonType(a, a), a);
    for (const b of TYPES) {
      assertEquals(commonType(a, b), commonType(b, a), `${a.kind} ${b.kind}`);
      met += Number(commonType(a, b) !== undefined);
    }
  }
  assert(met > 100, `${met}`);
});

Deno.test("decimalResult() gives up digits after the point before those ahead of it", () => {
  const wide = { kind: "decimal", precision: 38, scale: 10 } as const;
  const small = { kind: "decimal", precision: 9, scale: 2 } as const;
  const shape = (op: "+" | "*" | "/" | "%", a = small, b = small) => {
    const { precision, scale } = decimalResult(op, a, b);
    return [precision, scale];
  };
  assertEquals(shape("+"), [10, 2]);
  assertEquals(shape("*"), [19, 4]);
  assertEquals(shape("/"), [21, 12]);
  assertEquals(shape("%"), [9, 2]);
  const { precision, scale } = decimalResult("*", wide, wide);
  assertEquals([precision, scale], [38, 6]);
});

Deno.test("keepsOrder() is right about every conversion it vouches for", () => {
  const values: Readonly<Record<string, readonly Value[]>> = {
    byte: [-128, -1, 0, 1, 127],
    short: [-32768, -1, 0, 1, 32767],
    integer: [-(2 ** 31), -1, 0, 1, 16777216, 16777217, 2 ** 31 - 1],
    long: [-(2n ** 63n), -1n, 0n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n],
    float: [-Infinity, -1.5, -0, 0, Math.fround(0.1), Infinity, NaN],
    double: [-Infinity, -1e300, -0, 0, 0.1, 1e300, Infinity, NaN],
    "decimal 5": [-99999n, -1n, 0n, 1n, 99999n]
      .map((unscaled) => ({ unscaled, scale: 2 })),
    "decimal 38": [-(10n ** 38n) + 1n, -1n, 0n, 1n, 10n ** 38n - 1n]
      .map((unscaled) => ({ unscaled, scale: 10 })),
    timestamp: [-1n, 0n, 1n],
    timestamp_ntz: [-1n, 0n, 1n],
  };
  let checked = 0;
  for (const from of TYPES) {
    const key = from.kind === "decimal"
      ? `decimal ${from.precision}`
      : from.kind;
    for (const to of TYPES) {
      if (from === to || !keepsOrder(from, to)) continue;
      const convert = conversion(from, to);
      const converted = values[key]!.map((value) => convert(value!));
      for (let i = 1; i < converted.length; i++) {
        const order = compareValues(converted[i - 1]!, converted[i]!, to);
        assert(order <= 0, `${key} to ${to.kind}: ${i}`);
        checked++;
      }
    }
  }
  assert(checked > 50, `${checked}`);
});
