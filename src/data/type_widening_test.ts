import { assertEquals, assertThrows } from "@std/assert";
import { column, columns } from "../../testing/built_table.ts";
import { DeltaError } from "../errors.ts";
import { toArrowType } from "../parquet/arrow_schema.ts";
import type { DataType } from "../schema/data_type.ts";
import { checkReadableAs, checkTypeChanges } from "./type_widening.ts";

const changed = (fromType: string, toType: string) =>
  column("c", "long", { "delta.typeChanges": [{ fromType, toType }] });

Deno.test("checkTypeChanges() accepts the protocol's changes, at any depth", () => {
  for (
    const [from, to] of [
      ["byte", "long"],
      ["float", "double"],
      ["integer", "double"],
      ["date", "timestamp_ntz"],
      ["decimal(5,2)", "decimal(8,4)"],
      ["integer", "decimal(10,0)"],
    ] as const
  ) checkTypeChanges(columns(column("s", columns(changed(from, to)))));
});

Deno.test("checkTypeChanges() refuses others, naming column and types", () => {
  for (
    const [from, to] of [
      ["byte", "decimal(4,1)"],
      ["long", "integer"],
      ["long", "double"],
      ["string", "integer"],
    ] as const
  ) {
    const error = assertThrows(
      () => checkTypeChanges(columns(column("s", columns(changed(from, to))))),
      DeltaError,
    );
    assertEquals(error.code, "DELTA_UNSUPPORTED_TYPE_CHANGE");
    assertEquals(error.context, { column: "c", from, to });
  }
});

Deno.test("checkReadableAs() tells which types of a file a column may have", () => {
  const cases: readonly [DataType, DataType, boolean][] = [
    [{ kind: "long" }, { kind: "long" }, true],
    [{ kind: "byte" }, { kind: "integer" }, true],
    [{ kind: "integer" }, { kind: "byte" }, true],
    [{ kind: "long" }, { kind: "integer" }, false],
    [{ kind: "double" }, { kind: "float" }, false],
    [{ kind: "binary" }, { kind: "string" }, true],
    [{ kind: "timestamp" }, { kind: "timestamp_ntz" }, true],
    [{ kind: "string" }, { kind: "long" }, false],
    [
      { kind: "decimal", precision: 5, scale: 2 },
      { kind: "decimal", precision: 9, scale: 2 },
      true,
    ],
    [
      { kind: "decimal", precision: 9, scale: 2 },
      { kind: "decimal", precision: 5, scale: 2 },
      false,
    ],
  ];
  for (const [file, table, readable] of cases) {
    const check = () => checkReadableAs(toArrowType(file), table, "c");
    if (readable) check();
    else assertThrows(check, DeltaError, "DELTA_UNSUPPORTED_TYPE_CHANGE");
  }
});
