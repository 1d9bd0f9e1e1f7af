import { assertEquals, assertThrows } from "@std/assert";
import { column, columns } from "../../testing/built_table.ts";
import type { AddFile, Metadata } from "../actions/action.ts";
import { DeltaError } from "../errors.ts";
import { memoryStore } from "../store/memory_store.ts";
import { contextOf } from "../store/table_context.ts";
import { checkPartitionValues } from "./check_partition_values.ts";

const METADATA = {
  partitionColumns: ["part"],
  configuration: { "delta.columnMapping.mode": "name" },
} as unknown as Metadata;

function check(value: string | null): void {
  const mapped = { "delta.columnMapping.physicalName": "col-1" };
  const schema = columns(
    column("id", "long"),
    column("part", "integer", mapped),
  );
  const file = { path: "f", partitionValues: { "col-1": value } };
  checkPartitionValues(
    contextOf(memoryStore()),
    { schema, metadata: METADATA },
    file as unknown as AddFile,
  );
}

Deno.test("checkPartitionValues() tells a value that is too wide from one that is none", () => {
  for (const value of [null, "", "7", "-2147483648"]) check(value);
  const codeOf = (value: string) =>
    assertThrows(() => check(value), DeltaError).code;
  for (const value of ["2147483648", "1.5", "1e300"]) {
    assertEquals(codeOf(value), "DELTA_UNSUPPORTED_TYPE_CHANGE", value);
  }
  for (const value of ["x", "2024-01-01"]) {
    assertEquals(codeOf(value), "DELTA_LOG_FILE_CORRUPT", value);
  }
});
