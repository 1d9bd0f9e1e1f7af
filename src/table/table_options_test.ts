import { assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { timestampMs } from "./table_options.ts";

Deno.test("timestampMs() reads a Date, milliseconds and ISO text, in UTC where no zone is named", () => {
  const ms = Date.UTC(2024, 1, 29, 12, 30);
  for (
    const timestamp of [
      new Date(ms),
      ms,
      "2024-02-29T12:30:00Z",
      "2024-02-29 12:30:00",
      "2024-02-29T13:30:00+01:00",
    ]
  ) assertEquals(timestampMs({ timestamp }), ms);
  assertEquals(timestampMs({ version: 3 }), undefined);
  assertEquals(timestampMs({}), undefined);
});

Deno.test("timestampMs() refuses what is no point in time", () => {
  const points = [
    { version: -1 },
    { version: 1.5 },
    { timestamp: NaN },
    { timestamp: new Date("no") },
    { timestamp: "yesterday" },
    { version: 1, timestamp: 0 },
  ];
  for (const point of points) {
    assertThrows(() => timestampMs(point), DeltaError);
  }
});
