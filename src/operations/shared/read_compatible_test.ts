import { assertEquals } from "@std/assert";
import { column, columns } from "../../../testing/built_table.ts";
import type { StructType } from "../../schema/data_type.ts";
import { incompatibility } from "./read_compatible.ts";

const named = (name: string, physical: string) =>
  column(name, "long", { "delta.columnMapping.physicalName": physical });

Deno.test("incompatibility() allows added columns and widened types, at any depth", () => {
  const written = columns(
    column("id", "integer"),
    column("s", columns(column("a", "short"))),
    column("l", {
      kind: "array",
      elementType: { kind: "float" },
      containsNull: true,
    }),
  );
  const read = columns(
    column("new", "string"),
    column("ID", "long"),
    column("s", columns(column("a", "integer"), column("b", "date"))),
    column("l", {
      kind: "array",
      elementType: { kind: "double" },
      containsNull: true,
    }),
  );
  assertEquals(incompatibility(written, read), undefined);
});

Deno.test("incompatibility() names the column that stands in the way", () => {
  const cases: readonly (readonly [StructType, StructType, string])[] = [
    [columns(column("a", "long")), columns(column("b", "long")), "a is gone"],
    [
      columns(named("a", "col-1")),
      columns(named("a", "col-2")),
      "a is another column",
    ],
    [
      columns(column("a", "long")),
      columns({ ...column("a", "long"), nullable: false }),
      "a became NOT NULL",
    ],
    [
      columns(column("s", columns(column("a", "long")))),
      columns(column("s", columns(column("a", "integer")))),
      "s.a was long and is integer",
    ],
    [
      columns(column("m", {
        kind: "map",
        keyType: { kind: "string" },
        valueType: { kind: "date" },
        valueContainsNull: true,
      })),
      columns(column("m", {
        kind: "map",
        keyType: { kind: "string" },
        valueType: { kind: "string" },
        valueContainsNull: true,
      })),
      "m.value was date and is string",
    ],
  ];
  for (const [written, read, part] of cases) {
    const why = incompatibility(written, read) ?? "nothing";
    assertEquals(why.includes(part), true, `${why} lacks ${part}`);
  }
});
