import { assert, assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import {
  checkPath,
  checkRange,
  compareUtf8,
  formatLocation,
  isUrl,
  parseLocation,
} from "./store_path.ts";

Deno.test("checkPath() takes plain paths and refuses what could leave the root", () => {
  for (
    const path of ["a", "a/b", "..a/b..", "a/...", "a//b", "%2e%2e/x", "a\\b"]
  ) {
    checkPath(path, "memory://x");
  }
  for (
    const path of [
      "",
      "/a",
      "..",
      "a/..",
      "../a",
      "a/../b",
      ".",
      "a/./b",
      "\0",
      "\ud800",
    ]
  ) {
    const error = assertThrows(() => checkPath(path, "memory://x"), DeltaError);
    assertEquals(error.code, "DELTA_INVALID_ARGUMENT");
  }
});

Deno.test("checkRange() takes whole numbers in order only", () => {
  checkRange(undefined, "a");
  checkRange({ start: 0, end: 0 }, "a");
  for (
    const [start, end] of [[-1, 2], [2, 1], [0.5, 2], [0, NaN], [0, Infinity]]
  ) {
    assertThrows(
      () => checkRange({ start: start!, end: end! }, "a"),
      DeltaError,
    );
  }
});

Deno.test("compareUtf8() orders as the encoded bytes do, over random texts", () => {
  // given texts with characters from every length of UTF-8,
  const alphabet = [
    "a",
    "/",
    "é",
    "\uD7FF",
    "\uE000",
    "\uFFFD",
    "😀",
    "\u{10FFFF}",
  ];
  let seed = 7;
  const next = (below: number): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  const text = (): string =>
    Array.from({ length: next(5) }, () => alphabet[next(alphabet.length)]).join(
      "",
    );
  const encoder = new TextEncoder();
  for (let i = 0; i < 3000; i++) {
    const [a, b] = [text(), text()];
    // when both are compared, then text and bytes agree.
    const bytes = compareBytes(encoder.encode(a), encoder.encode(b));
    assertEquals(Math.sign(compareUtf8(a, b)), Math.sign(bytes), `${a} ${b}`);
  }
});

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!;
  }
  return a.length - b.length;
}

Deno.test("parseLocation() takes URLs apart and decodes their path once", () => {
  const cases: readonly (readonly [string, string, string, string])[] = [
    ["s3://bucket/a/b/", "s3", "bucket", "a/b"],
    ["S3A://bucket", "s3a", "bucket", ""],
    ["s3://bucket/a%2520b%20c", "s3", "bucket", "a%20b c"],
    ["memory://lake/x", "memory", "lake", "x"],
    ["file:///data/a%20b", "file", "", "/data/a b"],
    ["file:/data/x", "file", "", "/data/x"],
    ["/plain/100%/x", "", "", "/plain/100%/x"],
    ["C:\\data", "", "", "C:\\data"],
    ["relative/path", "", "", "relative/path"],
  ];
  for (const [url, scheme, authority, path] of cases) {
    assertEquals(parseLocation(url), { scheme, authority, path }, url);
  }
});

Deno.test("parseLocation() refuses credentials in a URL without repeating them, and bad escapes", () => {
  const error = assertThrows(
    () => parseLocation("s3://me:hush@bucket/x"),
    DeltaError,
  );
  assert(!error.message.includes("hush"));
  assertThrows(() => parseLocation("s3://bucket/100%"), DeltaError, "%25");
});

Deno.test("formatLocation() spells what parseLocation() gives back", () => {
  for (const path of ["", "a/b", "50%/x", "a b"]) {
    const parts = parseLocation(formatLocation("s3", "bucket", path));
    assertEquals(parts.path, path);
  }
});

Deno.test("isUrl() tells absolute URIs of a log from relative paths", () => {
  for (const url of ["s3://b/k", "file:/a", "file:///a", "abfss://c@a/x"]) {
    assert(isUrl(url));
  }
  for (const path of ["part-0.parquet", "a=1/b:2.parquet", "x:y"]) {
    assert(!isUrl(path));
  }
});
