import { assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { buildBatch } from "../parquet/column_builder.ts";
import type { DataType, StructType } from "../schema/data_type.ts";
import type { Value } from "../schema/value.ts";
import { partitionColumnsOf, splitPartitions } from "./split_partitions.ts";

function split(
  columns: Record<string, DataType>,
  rows: Record<string, Value>[],
) {
  const schema: StructType = {
    kind: "struct",
    fields: Object.entries(columns).map(([name, type]) => ({
      name,
      type,
      nullable: true,
      metadata: {},
    })),
  };
  const names = Object.keys(columns);
  return splitPartitions(
    buildBatch(schema, rows),
    partitionColumnsOf(schema, names, (field) => `p-${field.name}`),
  );
}

Deno.test("splitPartitions() takes null and the empty string for one partition", () => {
  const groups = split({ s: { kind: "string" } }, [
    { s: "" },
    { s: "a" },
    { s: null },
    { s: "a" },
  ]);
  assertEquals(groups.map((g) => [g.values, [...g.rows!]]), [
    [{ "p-s": null }, [0, 2]],
    [{ "p-s": "a" }, [1, 3]],
  ]);
});

Deno.test("splitPartitions() keeps apart values that a separator could join", () => {
  const string: DataType = { kind: "string" };
  const groups = split({ a: string, b: string }, [
    { a: "x|1:y", b: "z" },
    { a: "x", b: "1:y|z" },
    { a: "x", b: null },
    { a: null, b: "x" },
  ]);
  assertEquals(groups.length, 4);
});

Deno.test("splitPartitions() spells values of every simple type as the log does", () => {
  const columns: Record<string, DataType> = {
    long: { kind: "long" },
    date: { kind: "date" },
    decimal: { kind: "decimal", precision: 9, scale: 2 },
    double: { kind: "double" },
    boolean: { kind: "boolean" },
    ntz: { kind: "timestamp_ntz" },
    binary: { kind: "binary" },
  };
  const [group] = split(columns, [{
    long: 9007199254740993n,
    date: 0,
    decimal: { unscaled: -150n, scale: 2 },
    double: -0,
    boolean: false,
    ntz: 1n,
    binary: new TextEncoder().encode("é"),
  }]);
  assertEquals(group!.values, {
    "p-long": "9007199254740993",
    "p-date": "1970-01-01",
    "p-decimal": "-1.50",
    "p-double": "-0.0",
    "p-boolean": "false",
    "p-ntz": "1970-01-01 00:00:00.000001",
    "p-binary": "é",
  });
  assertEquals(group!.rows, undefined);
});

Deno.test("splitPartitions() tells zero from negative zero", () => {
  const groups = split({ d: { kind: "double" } }, [{ d: 0 }, { d: -0 }]);
  assertEquals(groups.map((g) => g.values["p-d"]), ["0.0", "-0.0"]);
});

Deno.test("splitPartitions() refuses binary that the log cannot hold", () => {
  assertThrows(
    () => split({ b: { kind: "binary" } }, [{ b: Uint8Array.of(255) }]),
    DeltaError,
    "not UTF-8",
  );
});
