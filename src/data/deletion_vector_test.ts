import { assertEquals, assertRejects } from "@std/assert";
import type { DeletionVectorDescriptor } from "../actions/action.ts";
import { DeltaError, type ErrorCode } from "../errors.ts";
import { memoryStore } from "../store/memory_store.ts";
import { contextOf, type TableContext } from "../store/table_context.ts";
import { deletionVectorName, deletionVectorPath } from "./data_path.ts";
import {
  formatDeletionVectorFile,
  inlineDeletionVector,
  loadDeletionVector,
} from "./deletion_vector.ts";
import { RowSet } from "./roaring.ts";

const UUID = "d2c639aa-8816-431a-aaf6-d3fe2512ff61";

async function refused(
  context: TableContext,
  vector: DeletionVectorDescriptor,
  code: ErrorCode,
  words: RegExp,
): Promise<void> {
  const error = await assertRejects(
    () => loadDeletionVector(context, vector),
    DeltaError,
  );
  assertEquals(error.code, code);
  assertEquals(words.test(error.message), true, error.message);
}

Deno.test("loadDeletionVector() reads the protocol's inline example", async () => {
  const context = contextOf(memoryStore());
  const rows = await loadDeletionVector(context, {
    storageType: "i",
    pathOrInlineDv: "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L",
    sizeInBytes: 40,
    cardinality: 6,
  });
  assertEquals([...rows], [3, 4, 7, 11, 18, 29]);
});

Deno.test("loadDeletionVector() reads back every vector of a file, with and without a prefix", async () => {
  const context = contextOf(memoryStore());
  const sets = [
    RowSet.of([1, 5, 9]),
    RowSet.of([70_000]),
    RowSet.of([2 ** 33]),
  ];
  const file = formatDeletionVectorFile(sets);
  for (const prefix of ["", "ab"]) {
    await context.store.put(deletionVectorPath(prefix, UUID), file.bytes);
    for (const [i, entry] of file.entries.entries()) {
      const rows = await loadDeletionVector(context, {
        storageType: "u",
        pathOrInlineDv: deletionVectorName(prefix, UUID),
        ...entry,
      });
      assertEquals([...rows], [...sets[i]!]);
    }
  }
});

Deno.test("deletionVectorName() writes the UUID as the protocol's example does", () => {
  assertEquals(deletionVectorName("ab", UUID), "ab^-aqEH.-t@S}K{vb[*k^");
});

Deno.test("loadDeletionVector() refuses a vector that is not whole and right", async (t) => {
  const context = contextOf(memoryStore());
  const file = formatDeletionVectorFile([RowSet.of([1, 5, 9])]);
  const path = deletionVectorPath("", UUID);
  const vector: DeletionVectorDescriptor = {
    storageType: "u",
    pathOrInlineDv: deletionVectorName("", UUID),
    ...file.entries[0]!,
  };
  const corrupt = "DELTA_DELETION_VECTOR_CORRUPT";
  await t.step(
    "missing",
    () =>
      refused(context, vector, "DELTA_FILE_NOT_FOUND", /deletion_vector_d2c/),
  );
  await t.step("cut at every byte", async () => {
    for (let size = 0; size < file.bytes.length; size++) {
      await context.store.put(path, file.bytes.subarray(0, size));
      await refused(context, vector, corrupt, /deletion_vector_d2c/);
    }
  });
  await t.step("any bit of any byte flipped", async () => {
    for (let at = 0; at < file.bytes.length; at++) {
      const damaged = file.bytes.slice();
      damaged[at]! ^= 1 << (at % 8);
      await context.store.put(path, damaged);
      await refused(context, vector, corrupt, /deletion_vector_d2c/);
    }
  });
  await context.store.put(path, file.bytes);
  await t.step(
    "another cardinality",
    () =>
      refused(context, { ...vector, cardinality: 4 }, corrupt, /holds 3 rows/),
  );
  await t.step(
    "another size",
    () => refused(context, { ...vector, sizeInBytes: 30 }, corrupt, /bytes/),
  );
  await t.step(
    "no UUID",
    () => refused(context, { ...vector, pathOrInlineDv: "x" }, corrupt, /Z85/),
  );
});

Deno.test("loadDeletionVector() refuses inline text that is not Z85, or of another size", async () => {
  const context = contextOf(memoryStore());
  const vector = inlineDeletionVector(RowSet.of([0]));
  const corrupt = "DELTA_DELETION_VECTOR_CORRUPT";
  const { pathOrInlineDv } = vector;
  await refused(
    context,
    { ...vector, pathOrInlineDv: `~${pathOrInlineDv.slice(1)}` },
    corrupt,
    /not valid Z85/,
  );
  await refused(
    context,
    { ...vector, sizeInBytes: vector.sizeInBytes + 8 },
    corrupt,
    /size/,
  );
});
