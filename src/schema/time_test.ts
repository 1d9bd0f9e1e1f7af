import { assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import {
  formatDate,
  formatTimestamp,
  namesZone,
  parseDate,
  parseTimestamp,
  timeMs,
} from "./time.ts";

Deno.test("parseDate() and formatDate() agree with the platform's calendar over 20,000 years", () => {
  // Given days far apart, a prime number of them between,
  for (let days = -4_371_587; days < 2_932_896; days += 997) {
    const iso = new Date(days * 86_400_000).toISOString();
    const text = iso.slice(0, iso.indexOf("T"));
    // then both ways agree with toISOString.
    assertEquals(formatDate(days), text);
    assertEquals(parseDate(text), days);
  }
});

Deno.test("parseDate() reaches beyond the platform's Date", () => {
  for (const days of [-2_147_483, 2_147_483_647, 200_000_000]) {
    assertEquals(parseDate(formatDate(days)), days);
  }
});

Deno.test("parseDate() refuses days that the calendar lacks", () => {
  for (
    const text of ["2023-02-29", "2024-13-01", "2024-00-10", "1900-02-29", "x"]
  ) assertThrows(() => parseDate(text), DeltaError, text);
});

Deno.test("parseTimestamp() reads every form the protocol and its writers use", () => {
  const cases: [string, bigint][] = [
    ["1970-01-01 00:00:00", 0n],
    ["1970-01-01 00:00:00.123456", 123_456n],
    ["1970-01-01T00:00:00.123456Z", 123_456n],
    ["1970-01-01T00:00:00.5", 500_000n],
    ["1969-12-31 23:59:59.999999", -1n],
    ["2021-09-08 11:11:11", 1_631_099_471_000_000n],
    ["2021-09-08T13:11:11+02:00", 1_631_099_471_000_000n],
    ["2021-09-08T06:41:11-0430", 1_631_099_471_000_000n],
    ["1970-01-01 00:00:00.123456789", 123_456n],
    ["1970-01-02", 86_400_000_000n],
    ["0001-01-01 00:00:00", -62_135_596_800_000_000n],
    ["9999-12-31 23:59:59.999999", 253_402_300_799_999_999n],
    ["+10000-01-01 00:00:00", 253_402_300_800_000_000n],
  ];
  for (const [text, micros] of cases) {
    assertEquals(parseTimestamp(text, "utc"), micros, text);
  }
});

Deno.test("parseTimestamp() refuses times that the clock lacks, and a zone where there is none", () => {
  for (
    const text of ["1970-01-01 24:00:00", "1970-01-01 00:60:00", "noon", ""]
  ) assertThrows(() => parseTimestamp(text, "utc"), DeltaError, text);
  assertThrows(
    () => parseTimestamp("1970-01-01T00:00:00+01:00", "none"),
    DeltaError,
  );
  assertEquals(parseTimestamp("1970-01-01T00:00:01Z", "none"), 1_000_000n);
});

Deno.test("formatTimestamp() is the way back, before and after the epoch", () => {
  const samples = [-1n, 0n, 1n, -62_135_596_800_000_000n, 10n ** 17n + 7n];
  for (const micros of samples) {
    const [utc, none] = [
      formatTimestamp(micros),
      formatTimestamp(micros, "none"),
    ];
    assertEquals(parseTimestamp(utc, "utc"), micros, utc);
    assertEquals(parseTimestamp(none, "none"), micros, none);
  }
  assertEquals(formatTimestamp(-1n), "1969-12-31T23:59:59.999999Z");
  assertEquals(formatTimestamp(1_000_000n, "none"), "1970-01-01 00:00:01");
});

Deno.test("namesZone() tells an instant from a wall clock", () => {
  assertEquals(namesZone("2024-01-01T00:00:00Z"), true);
  assertEquals(namesZone("2024-01-01T00:00:00-03:00"), true);
  assertEquals(namesZone("2024-01-01 00:00:00"), false);
});

Deno.test("timeMs() reads a Date, milliseconds and text, and knows what is no time", () => {
  assertEquals(timeMs(new Date(1500)), 1500);
  assertEquals(timeMs(-1.5), -1.5);
  assertEquals(timeMs("1970-01-01 00:00:01"), 1000);
  assertEquals(timeMs("1970-01-01T02:00:01.5+02:00"), 1500);
  assertEquals(timeMs(new Date(NaN)), NaN);
  assertThrows(() => timeMs("soon"), DeltaError);
});
