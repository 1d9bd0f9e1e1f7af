import { assertEquals } from "@std/assert";
import { bytes, codec, integerFrom, parseInterval } from "./property_kind.ts";

const DAY = 86_400_000;

Deno.test("parseInterval() adds up units and refuses what has no one length", () => {
  const cases: [string, number | undefined][] = [
    ["interval 30 days", 30 * DAY],
    ["INTERVAL 1 week 2 days", 9 * DAY],
    ["7 days", 7 * DAY],
    ["interval 1 days", DAY],
    ["12 hours 30 minutes", 12.5 * 3_600_000],
    ["interval 0 seconds", 0],
    ["1500 milliseconds", 1500],
    ["interval 1 month", undefined],
    ["1 year", undefined],
    ["-1 days", undefined],
    ["5", undefined],
    ["days", undefined],
    ["1 day, 2 hours", undefined],
    ["", undefined],
  ];
  for (const [text, ms] of cases) assertEquals(parseInterval(text), ms, text);
});

Deno.test("bytes reads plain numbers and binary units", () => {
  const cases: [string, number | undefined][] = [
    ["134217728", 2 ** 27],
    ["128mb", 2 ** 27],
    ["1 GB", 2 ** 30],
    ["2k", 2048],
    ["0", undefined],
    ["-1", undefined],
    ["1.5mb", undefined],
    ["99999999t", undefined],
  ];
  for (const [text, size] of cases) assertEquals(bytes.parse(text), size, text);
});

Deno.test("codec and integerFrom() refuse what is not theirs", () => {
  assertEquals(codec.parse("Snappy"), "snappy");
  assertEquals(codec.parse("lzo"), undefined);
  const kind = integerFrom(2, "2 or more");
  assertEquals([kind.parse("2"), kind.parse("1"), kind.parse("2.0")], [
    2,
    undefined,
    undefined,
  ]);
});
