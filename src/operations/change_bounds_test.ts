import { assertEquals, assertRejects } from "@std/assert";
import { buildTable, column, columns } from "../../testing/built_table.ts";
import { DeltaError } from "../errors.ts";
import { type ChangeBounds, versionsOf } from "./change_bounds.ts";

Deno.test("versionsOf() ends at the newest known version, and finds times in the log", async () => {
  const { context, snapshot } = await buildTable({
    schema: columns(column("id", "long")),
    files: [],
  });
  const { version } = snapshot;
  const find = (bounds: ChangeBounds) =>
    versionsOf(context, version, bounds, undefined);
  assertEquals(await find({ from: 0 }), { from: 0, to: version });
  assertEquals(await find({ from: 0, to: 7 }), { from: 0, to: 7 });
  assertEquals(await find({ fromTimestamp: 0 }), { from: 0, to: version });
  for (
    const [bounds, code] of [
      [{ from: version + 1 }, "DELTA_VERSION_NOT_FOUND"],
      [{ from: 2, to: 1 }, "DELTA_INVALID_ARGUMENT"],
      [{ from: -1 }, "DELTA_INVALID_ARGUMENT"],
      [{}, "DELTA_INVALID_ARGUMENT"],
      [{ from: 0, toTimestamp: 0 }, "DELTA_TIMESTAMP_OUT_OF_RANGE"],
      [{ fromTimestamp: "tomorrow" }, "DELTA_VALUE_OUT_OF_RANGE"],
    ] as const
  ) {
    const error = await assertRejects(() => find(bounds), DeltaError);
    assertEquals(error.code, code, error.message);
  }
});
