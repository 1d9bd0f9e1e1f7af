import { assert, assertEquals, assertRejects } from "@std/assert";
import type { AddFile } from "../actions/action.ts";
import { DeltaError } from "../errors.ts";
import { faultOn, faultyStore } from "../store/faulty_store.ts";
import { memoryStore } from "../store/memory_store.ts";
import { contextOf } from "../store/table_context.ts";
import { loadDeletionVector } from "./deletion_vector.ts";
import { RowSet } from "./roaring.ts";
import {
  type FileDeletion,
  withWideBounds,
  writeDeletionVectors,
} from "./write_deletion_vectors.ts";

const add = (path: string): AddFile => ({
  path,
  partitionValues: {},
  size: 10,
  modificationTime: 5,
  dataChange: false,
  stats: '{"numRecords":9}',
  baseRowId: 40,
});

const deletion = (path: string, ...rows: number[]): FileDeletion => ({
  add: add(path),
  deleted: RowSet.of(rows),
  rowCount: 9,
});

Deno.test("writeDeletionVectors() puts several vectors into one file, each found by its action", async () => {
  const context = contextOf(memoryStore());
  const paths: string[] = [];
  const adds = await writeDeletionVectors(
    context,
    {},
    [deletion("a", 1, 3), deletion("b", 8)],
    paths,
  );
  assertEquals(paths.length, 1);
  assert(/^deletion_vector_[0-9a-f-]{36}\.bin$/.test(paths[0]!));
  const rows = await Promise.all(
    adds.map((file) => loadDeletionVector(context, file.deletionVector!)),
  );
  assertEquals(rows.map((set) => [...set]), [[1, 3], [8]]);
  assertEquals(adds.map((file) => [file.path, file.baseRowId]), [
    ["a", 40],
    ["b", 40],
  ]);
  assert(adds.every((file) => file.dataChange));
});

Deno.test("writeDeletionVectors() uses random prefixes where the table does", async () => {
  const context = contextOf(memoryStore());
  const paths: string[] = [];
  const adds = await writeDeletionVectors(
    context,
    { "delta.randomizeFilePrefixes": "true" },
    [deletion("a", 0)],
    paths,
  );
  assert(/^\w{2}\/deletion_vector_/.test(paths[0]!), paths[0]);
  const rows = await loadDeletionVector(context, adds[0]!.deletionVector!);
  assertEquals([...rows], [0]);
});

Deno.test("writeDeletionVectors() names the file that the store refuses, having told its path", async () => {
  const plan = faultOn({ name: "put" }, { kind: "rejected" });
  const context = contextOf(faultyStore(memoryStore(), plan));
  const paths: string[] = [];
  const error = await assertRejects(
    () => writeDeletionVectors(context, {}, [deletion("a", 0)], paths),
    DeltaError,
  );
  assertEquals([error.code, error.context["path"]], [
    "DELTA_STORE_REJECTED",
    paths[0],
  ]);
});

Deno.test("withWideBounds() changes what it must and keeps every digit of the rest", () => {
  const stats =
    '{"numRecords":3, "minValues":{"tightBounds":9007199254740993,"s":"a\\"}{,"},"tightBounds":true}';
  assertEquals(
    withWideBounds(stats, 3),
    '{"numRecords":3,"minValues":{"tightBounds":9007199254740993,"s":"a\\"}{,"},"tightBounds":false}',
  );
  for (const none of [undefined, "", "{}", "nonsense", "[]", "null"]) {
    assertEquals(
      withWideBounds(none, 7),
      '{"numRecords":7,"tightBounds":false}',
    );
  }
});
