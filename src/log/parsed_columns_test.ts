import { assertEquals } from "@std/assert";
import type { AddFile } from "../actions/action.ts";
import type { DataType, StructField } from "../schema/data_type.ts";
import type { Value } from "../schema/value.ts";
import { FileBatchBuilder } from "./file_batch.ts";
import { parsedColumns } from "./parsed_columns.ts";

function field(name: string, type: DataType): StructField {
  return { name, type, nullable: true, metadata: {} };
}

function build(
  type: DataType,
  file: Pick<AddFile, "partitionValues" | "stats">,
) {
  const builder = new FileBatchBuilder();
  builder.add({
    path: "f",
    size: 1,
    modificationTime: 1,
    dataChange: true,
    ...file,
  });
  const schema = {
    kind: "struct" as const,
    fields: [field("p", { kind: "date" }), field("v", type)],
  };
  const columns = parsedColumns(schema, ["p"]);
  return { columns, values: columns.build(builder.finish()[0]!) };
}

Deno.test("parsedColumns() gives every bound its column's type, every digit kept", async (t) => {
  const cases: [string, DataType, string, Value][] = [
    ["long", { kind: "long" }, "9007199254740993", 9007199254740993n],
    ["integer", { kind: "integer" }, "-7", -7],
    ["double", { kind: "double" }, "1.5", 1.5],
    [
      "decimal",
      { kind: "decimal", precision: 20, scale: 2 },
      "123456789012345678.9",
      { unscaled: 12345678901234567890n, scale: 2 },
    ],
    ["string", { kind: "string" }, '"a"', "a"],
    ["date", { kind: "date" }, '"1970-01-03"', 2],
    [
      "timestamp",
      { kind: "timestamp" },
      '"1970-01-01T00:00:01.000Z"',
      1_000_000n,
    ],
    [
      "a decimal too fine",
      { kind: "decimal", precision: 9, scale: 1 },
      "1.25",
      null,
    ],
    ["a text for a long", { kind: "long" }, '"many"', null],
    ["a null", { kind: "long" }, "null", null],
  ];
  for (const [name, type, json, expected] of cases) {
    await t.step(name, () => {
      const { values } = build(type, {
        partitionValues: { p: null },
        stats: `{"numRecords":3,"minValues":{"v":${json}},"nullCount":{"v":1}}`,
      });
      assertEquals(values.stats_parsed, [{
        numRecords: 3n,
        minValues: { v: expected },
        maxValues: null,
        nullCount: { v: 1n },
        tightBounds: null,
      }]);
    });
  }
});

Deno.test("parsedColumns() leaves out bounds that no type of the table has", () => {
  const { columns } = build({ kind: "binary" }, {
    partitionValues: { p: null },
  });
  const stats = columns.fields.find((f) => f.name === "stats_parsed")!.type;
  assertEquals(
    stats.kind === "struct" && stats.fields.map((f) => f.name),
    ["numRecords", "nullCount", "tightBounds"],
  );
});

Deno.test("parsedColumns() parses partition values, and takes what is no JSON for no statistics", () => {
  const { values } = build({ kind: "long" }, {
    partitionValues: { p: "1970-01-02" },
    stats: "{cut",
  });
  assertEquals(values.partitionValues_parsed, [{ p: 1 }]);
  assertEquals(values.stats_parsed, [null]);
});
