import { assertEquals } from "@std/assert";
import type { AddFile } from "../../actions/action.ts";
import {
  type CompactionAims,
  planCompaction,
  TARGET_SIZE_TAG,
  Z_ORDER_TAG,
} from "./compaction_plan.ts";

const file = (
  path: string,
  size: number,
  more: Partial<AddFile> & { p?: string | null } = {},
): AddFile => ({
  path,
  size,
  partitionValues: { p: more.p ?? null },
  modificationTime: 1,
  dataChange: true,
  ...more,
});

const plan = (
  files: readonly AddFile[],
  aims: Partial<CompactionAims> = {},
) =>
  planCompaction(files, { targetSize: 100, rowCount: () => 1_000, ...aims })
    .map((group) => group.files.map((f) => f.path).join(" "));

const vector = (cardinality: number): Partial<AddFile> => ({
  deletionVector: {
    storageType: "i",
    pathOrInlineDv: "x",
    sizeInBytes: 1,
    cardinality,
  },
});

Deno.test("planCompaction() puts the small files of a partition together, oldest first", () => {
  assertEquals(
    plan([
      file("b", 10, { p: "x", modificationTime: 2 }),
      file("a", 10, { p: "x" }),
      file("c", 10, { p: "y" }),
      file("d", 10, { p: "" }),
      file("e", 10),
      file("large", 75),
    ]),
    ["a b", "d e"],
  );
});

Deno.test("planCompaction() does nothing where no fewer files would come of it", () => {
  assertEquals(plan([file("a", 70), file("b", 70)]), []);
  assertEquals(plan([file("a", 70), file("b", 70), file("c", 70)]), []);
  assertEquals(
    plan([file("a", 70), file("b", 70), file("c", 70), file("d", 70)]),
    ["a b c d"],
  );
  assertEquals(plan([file("a", 0), file("b", 0)]), ["a b"]);
});

Deno.test("planCompaction() leaves a file alone that was closed because it was full", () => {
  const full = (size: number) => ({ tags: { [TARGET_SIZE_TAG]: `${size}` } });
  const files = [file("a", 10, full(100)), file("b", 10, full(100))];
  assertEquals(plan(files), []);
  assertEquals(plan(files, { targetSize: 50 }), []);
  assertEquals(plan(files, { targetSize: 200 }), ["a b"]);
});

Deno.test("planCompaction() takes files with many deleted rows in any case", () => {
  assertEquals(plan([file("a", 500, vector(50))]), []);
  assertEquals(plan([file("a", 500, vector(51))]), ["a"]);
  assertEquals(plan([file("a", 500, vector(51)), file("b", 3)]), ["a b"]);
  assertEquals(
    plan([file("a", 500, vector(1))], { rowCount: () => undefined }),
    ["a"],
  );
});

Deno.test("planCompaction() orders a partition whole, until every file of it is in order", () => {
  const done = {
    tags: { [TARGET_SIZE_TAG]: "100", [Z_ORDER_TAG]: "x,y" },
  };
  const aims = { zOrderBy: "x,y" };
  assertEquals(plan([file("a", 500, done), file("b", 3, done)], aims), []);
  assertEquals(plan([file("a", 500, done), file("b", 3)], aims), ["a b"]);
  assertEquals(plan([file("a", 500, done)], { zOrderBy: "x" }), ["a"]);
  assertEquals(
    plan([file("a", 500, { ...done, ...vector(1) })], aims),
    ["a"],
  );
});
