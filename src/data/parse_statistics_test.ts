import { assertEquals } from "@std/assert";
import type { DataType, StructType } from "../schema/data_type.ts";
import { parseStatistics } from "./parse_statistics.ts";

const of = (type: DataType): StructType => ({
  kind: "struct",
  fields: [{ name: "c", type, nullable: true, metadata: {} }],
});

Deno.test("parseStatistics() reads bounds of every type without losing a digit", () => {
  const cases: readonly [DataType, string, unknown][] = [
    [{ kind: "byte" }, "-7", -7],
    [{ kind: "long" }, "9223372036854775807", 9223372036854775807n],
    [{ kind: "long" }, "-9223372036854775808", -9223372036854775808n],
    [{ kind: "float" }, "1.1", Math.fround(1.1)],
    [{ kind: "double" }, "1.1", 1.1],
    [{ kind: "double" }, "2.2250738585072014E-308", 2.2250738585072014e-308],
    [{ kind: "double" }, '"NaN"', NaN],
    [{ kind: "double" }, '"-Infinity"', -Infinity],
    [
      { kind: "decimal", precision: 38, scale: 2 },
      "12345678901234567890123456789012345.67",
      { unscaled: 1234567890123456789012345678901234567n, scale: 2 },
    ],
    [
      { kind: "decimal", precision: 10, scale: 2 },
      "1.5E+3",
      { unscaled: 150000n, scale: 2 },
    ],
    [{ kind: "string" }, '"x"', "x"],
    [{ kind: "date" }, '"1970-01-11"', 10],
    [{ kind: "timestamp" }, '"1970-01-01T00:00:01.000Z"', 1_000_000n],
    [{ kind: "timestamp" }, '"1970-01-01T00:00:01.000"', undefined],
    [{ kind: "timestamp_ntz" }, '"1970-01-01T00:00:01.000"', 1_000_000n],
    [{ kind: "boolean" }, "true", true],
    [{ kind: "long" }, '"text"', undefined],
    [{ kind: "string" }, "5", undefined],
    [{ kind: "date" }, '"soon"', undefined],
    [{ kind: "binary" }, '"x"', undefined],
  ];
  for (const [type, json, expected] of cases) {
    const text = `{"numRecords":3,"minValues":{"c":${json}}}`;
    assertEquals(parseStatistics(text, of(type)).column(["c"]).min, expected);
  }
});

Deno.test("parseStatistics() takes what it cannot understand for absent", () => {
  for (const text of ["", "null", "[]", "{", '{"minValues":[1]}', null]) {
    const stats = parseStatistics(text, of({ kind: "long" }));
    assertEquals(stats.numRecords, undefined);
    assertEquals(stats.column(["c"]), {});
    assertEquals(stats.column(["nobody"]), {});
  }
});

Deno.test("parseStatistics() says whether bounds are tight, which they are unless it is denied", () => {
  const schema = of({ kind: "long" });
  assertEquals(
    parseStatistics('{"tightBounds":false}', schema).tightBounds,
    false,
  );
  assertEquals(parseStatistics("{}", schema).tightBounds, true);
});
