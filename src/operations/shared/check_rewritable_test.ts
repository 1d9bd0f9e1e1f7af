import { assertThrows } from "@std/assert";
import { column, columns } from "../../../testing/built_table.ts";
import { maintainedTable } from "../../../testing/maintained_table.ts";
import { DeltaError } from "../../errors.ts";
import { checkRewritable } from "./check_rewritable.ts";

Deno.test("checkRewritable() names what a rewrite would break", async () => {
  const table = await maintainedTable({ partitioned: true });
  const base = await table.load();
  checkRewritable(base, "");
  const variants = columns(
    column("a", {
      kind: "array",
      elementType: columns(column("v", "variant")),
      containsNull: true,
    }),
  );
  const listed = (writerFeatures: readonly string[]) => ({
    minReaderVersion: 1,
    minWriterVersion: 7,
    writerFeatures,
  });
  for (
    const [over, name] of [
      [{ schema: variants }, "variantType"],
      [
        { protocol: listed(["materializePartitionColumns"]) },
        "materializePartitionColumns",
      ],
      [{
        metadata: {
          ...base.metadata,
          configuration: { "delta.enableRowTracking": "true" },
        },
      }, "rowTracking"],
      [{ protocol: listed(["somethingNew"]) }, "somethingNew"],
    ] as const
  ) {
    assertThrows(
      () => checkRewritable({ ...base, ...over }, "Cannot optimize"),
      DeltaError,
      name,
    );
  }
});
