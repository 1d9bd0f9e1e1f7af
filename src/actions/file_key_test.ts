import { assertEquals, assertNotEquals } from "@std/assert";
import type { DeletionVectorDescriptor } from "./action.ts";
import { decodePath, dvUniqueId, encodePath, fileKey } from "./file_key.ts";

const DV: DeletionVectorDescriptor = {
  storageType: "u",
  pathOrInlineDv: "ab^-aqEH.-t@S}K{vb[*k^",
  offset: 4,
  sizeInBytes: 40,
  cardinality: 6,
};

Deno.test("dvUniqueId() adds the offset where there is one, zero included", () => {
  assertEquals(dvUniqueId(DV), "uab^-aqEH.-t@S}K{vb[*k^@4");
  assertEquals(dvUniqueId({ ...DV, offset: 0 }), "uab^-aqEH.-t@S}K{vb[*k^@0");
  const { offset: _, ...inline } = { ...DV, storageType: "i" as const };
  assertEquals(dvUniqueId(inline), "iab^-aqEH.-t@S}K{vb[*k^");
});

Deno.test("fileKey() is one for one file in all its spellings", () => {
  const same: string[][] = [
    ["p=a%20b/f", "p=a b/f"],
    ["/x/y%23z", "file:/x/y%23z", "file:///x/y#z"],
    ["s3://b/k", "s3a://b/k", "s3n://b/k"],
  ];
  for (const spellings of same) {
    assertEquals(new Set(spellings.map((path) => fileKey(path))).size, 1);
  }
});

Deno.test("fileKey() tells files and deletion vectors apart", () => {
  const keys = [
    fileKey("f"),
    fileKey("F"),
    fileKey("f", DV),
    fileKey("f", { ...DV, offset: 5 }),
    fileKey("/f"),
    fileKey("s=a%2520b"),
    fileKey("s=a%20b"),
  ];
  assertEquals(new Set(keys).size, keys.length);
  assertEquals(fileKey("f", null), fileKey("f"));
});

Deno.test("decodePath() decodes exactly once, and leaves what is no escape", () => {
  assertEquals(decodePath("s=a%2520b/%C3%A9"), "s=a%20b/é");
  assertEquals(decodePath("100%/a%20b%zz%"), "100%/a b%zz%");
  assertEquals(decodePath("a+b"), "a+b");
});

Deno.test("encodePath() writes what decodePath() reads back, with no character a URI may not hold", () => {
  const paths = [
    "s=a%20b/x.parquet",
    "a b?c#d:e",
    "é/😀",
    '"<>\\^`{|}[]',
    "+&=@",
  ];
  for (const path of paths) {
    const uri = encodePath(path);
    assertEquals(decodePath(uri), path);
    assertEquals(/^[A-Za-z0-9\-_.!~*'();\/@&=+$,%]*$/.test(uri), true, uri);
  }
  assertNotEquals(encodePath("a%b"), "a%b");
});
