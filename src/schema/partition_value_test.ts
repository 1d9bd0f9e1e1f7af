import { assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { needs, tablesFolder } from "../../testing/needs.ts";
import type { DataType } from "./data_type.ts";
import { parseDecimal } from "./decimal.ts";
import {
  formatPartitionValue,
  isPartitionType,
  parsePartitionValue,
} from "./partition_value.ts";
import { parseDataType } from "./schema_json.ts";
import type { Value } from "./value.ts";

const type = (name: string): DataType => parseDataType(name);
const bytes = (text: string) => new TextEncoder().encode(text);

/** Type, text in the log, value; the way back gives the same text. */
const CASES: readonly [string, string, Value][] = [
  ["string", "a/b%20c=d", "a/b%20c=d"],
  ["string", "__HIVE_DEFAULT_PARTITION__", "__HIVE_DEFAULT_PARTITION__"],
  ["byte", "-128", -128],
  ["short", "32767", 32767],
  ["integer", "-2147483648", -2147483648],
  ["long", "9223372036854775807", 9223372036854775807n],
  ["boolean", "true", true],
  ["float", "0.1", Math.fround(0.1)],
  ["float", "1.0", 1],
  ["double", "-0.0", -0],
  ["double", "NaN", NaN],
  ["double", "-Infinity", -Infinity],
  ["double", "1e+300", 1e300],
  ["decimal(12,4)", "-1.5000", parseDecimal("-1.5000")],
  ["date", "0001-01-01", -719162],
  ["timestamp", "2021-09-08T11:11:11.000000Z", 1631099471000000n],
  ["timestamp_ntz", "1969-12-31 23:59:59.999999", -1n],
  ["binary", "h\u00e9llo", bytes("h\u00e9llo")],
];

Deno.test("parsePartitionValue() and formatPartitionValue() are each other's way back", () => {
  for (const [name, text, value] of CASES) {
    assertEquals(
      parsePartitionValue(text, type(name)),
      value,
      `${name} ${text}`,
    );
    assertEquals(
      formatPartitionValue(value, type(name)),
      text,
      `${name} ${text}`,
    );
  }
});

Deno.test("parsePartitionValue() takes null, absent and the empty string for null, in every type", () => {
  for (const [name] of CASES) {
    for (const nothing of [null, undefined, ""]) {
      assertEquals(parsePartitionValue(nothing, type(name)), null);
    }
  }
  assertEquals(formatPartitionValue("", type("string")), null);
  assertEquals(formatPartitionValue(null, type("date")), null);
  assertEquals(formatPartitionValue(new Uint8Array(), type("binary")), null);
});

Deno.test("parsePartitionValue() refuses text that is no value of the type", () => {
  for (
    const [name, text] of [
      ["byte", "128"],
      ["integer", "2021.0"],
      ["long", "9223372036854775808"],
      ["boolean", "yes"],
      ["double", "1,5"],
      ["date", "2023-02-29"],
      ["timestamp", "soon"],
      ["decimal(3,1)", "100.0"],
      ["decimal(3,1)", "1.25"],
    ] as const
  ) {
    const error = assertThrows(
      () => parsePartitionValue(text, type(name)),
      DeltaError,
    );
    assertEquals(error.code, "DELTA_LOG_FILE_CORRUPT", `${name} ${text}`);
  }
});

Deno.test("formatPartitionValue() refuses binary that text cannot hold", () => {
  const error = assertThrows(
    () => formatPartitionValue(Uint8Array.of(0xff), type("binary")),
    DeltaError,
  );
  assertEquals(error.code, "DELTA_VALUE_OUT_OF_RANGE");
});

Deno.test("isPartitionType() lets simple types through and no others", () => {
  assertEquals(isPartitionType(type("decimal(5,2)")), true);
  for (const name of ["variant", "void"]) {
    assertEquals(isPartitionType(type(name)), false);
  }
  const list: DataType = {
    kind: "array",
    elementType: type("long"),
    containsNull: true,
  };
  assertEquals(isPartitionType(list), false);
  assertThrows(() => formatPartitionValue([], list), DeltaError);
});

Deno.test({
  name:
    "parsePartitionValue() reads every partition value that other engines wrote",
  ...needs({ tables: true }),
  fn() {
    // Given tables that partition by every type, with special values,
    let values = 0;
    for (
      const name of [
        "rs-partition-type-primitives",
        "made-partition-values-torture",
        "golden-data-reader-partition-values",
        "dat-multi-partitioned",
        "golden-kernel-timestamp-partition-col-iso8601",
      ]
    ) {
      const log = `${tablesFolder()}/${name}/table/_delta_log`;
      const lines = [...Deno.readDirSync(log)].map((entry) => entry.name)
        .filter((name) => name.endsWith(".json")).sort()
        .flatMap((name) => Deno.readTextFileSync(`${log}/${name}`).split("\n"))
        .filter((line) => line !== "").map((line) => JSON.parse(line));
      const metadata = lines.findLast((line) => line.metaData).metaData;
      const types = new Map<string, DataType>(
        JSON.parse(metadata.schemaString).fields.map((
          field: { name: string; type: unknown },
        ) => [field.name, parseDataType(field.type)]),
      );
      // when each value of each add is read, then it has its type, or is null.
      for (const { add } of lines.filter((line) => line.add)) {
        for (const [column, text] of Object.entries(add.partitionValues)) {
          const value = parsePartitionValue(
            text as string | null,
            types.get(column)!,
          );
          assertEquals(value === null, text === null || text === "");
          values++;
        }
      }
    }
    assertEquals(values > 200, true, `only ${values} values`);
  },
});
