import { assert, assertEquals, assertRejects } from "@std/assert";
import { buildTable, column, columns } from "../../testing/built_table.ts";
import {
  DAY,
  type MaintainedTable,
  maintainedTable,
  rowsOf,
} from "../../testing/maintained_table.ts";
import type { Action, AddFile } from "../actions/action.ts";
import { parseCommit } from "../actions/commit_codec.ts";
import { Transaction } from "../commit/transaction.ts";
import { inlineDeletionVector } from "../data/deletion_vector.ts";
import { RowSet } from "../data/roaring.ts";
import { DeltaError } from "../errors.ts";
import { and, col } from "../expression/predicate.ts";
import { commitPath } from "../log/log_path.ts";
import { ROW_ID_COLUMN_KEY } from "../protocol/table_property.ts";
import { eachFile } from "../snapshot/file_set.ts";
import { optimize } from "./optimize.ts";
import { removeOf } from "./shared/removes.ts";

async function commitAt(
  { store }: MaintainedTable,
  version: number,
): Promise<Action[]> {
  const found = await store.get(commitPath(version));
  return parseCommit(found!.bytes, commitPath(version));
}

async function dataPuts({ store }: MaintainedTable): Promise<number> {
  await Promise.resolve();
  return store.calls.filter((call) =>
    call.name === "put" && call.path.endsWith(".parquet")
  ).length;
}

Deno.test("optimize() packs the small files of each partition, and every version reads as before", async () => {
  const table = await maintainedTable({ partitioned: true });
  for (let i = 0; i < 4; i++) {
    await table.append([
      ...rowsOf(i * 10, i * 10 + 5, "a"),
      ...rowsOf(
        100 + i,
        101 + i,
        "b/ü 1%",
      ),
    ]);
  }
  const before = await table.hashes();
  const base = await table.load();
  const result = await optimize(table.context, base);
  assertEquals(result.outcome, "committed");
  assertEquals(result.version, 5);
  assertEquals(result.metrics.filesRemoved, 8);
  assertEquals(result.metrics.filesAdded, 2);
  assertEquals(result.metrics.rows, 24);
  assertEquals((await table.files()).length, 2);
  assertEquals([...eachFile(await result.snapshot.files())].length, 2);
  assertEquals(await table.hashes(), [...before, before.at(-1)!]);
  const actions = await commitAt(table, 5);
  for (const action of actions) {
    if ("add" in action) {
      assertEquals(action.add.dataChange, false);
      assert(action.add.stats!.includes("numRecords"));
    }
    if ("remove" in action) assertEquals(action.remove.dataChange, false);
    if ("commitInfo" in action) {
      assertEquals(action.commitInfo.operation, "OPTIMIZE");
      assertEquals(action.commitInfo.isBlindAppend, false);
    }
  }
});

Deno.test("optimize() commits nothing the second time, whatever size came out", async (t) => {
  for (const targetSizeBytes of [1, 700, 2_000, 20_000, undefined]) {
    await t.step(`target ${targetSizeBytes}`, async () => {
      const table = await maintainedTable();
      for (let i = 0; i < 12; i++) {
        await table.append(rowsOf(i * 100, i * 100 + 100));
      }
      const options = { targetSizeBytes };
      await optimize(table.context, await table.load(), options);
      const base = await table.load();
      table.store.reset();
      const again = await optimize(table.context, base, options);
      assertEquals(again.outcome, "nothing-to-do");
      assertEquals(again.committed, false);
      assertEquals(again.version, base.version);
      assertEquals(await dataPuts(table), 0);
      assertEquals((await table.ids()).length, 1200);
    });
  }
});

Deno.test("optimize() leaves large files and single small ones alone", async () => {
  const table = await maintainedTable();
  await table.append(rowsOf(0, 3_000));
  await table.append(rowsOf(3_000, 3_010));
  const [first, second] = (await table.files()).map((f) => f.size)
    .sort((a, b) => b - a) as [number, number];
  const target = Math.floor(first * 1.2);
  assert(second < target / 2);
  const base = await table.load();
  const one = await optimize(table.context, base, { targetSizeBytes: target });
  assertEquals(one.outcome, "nothing-to-do");
  assertEquals(one.metrics.filesSkipped, 2);
  await table.append(rowsOf(3_010, 3_020));
  const two = await optimize(table.context, await table.load(), {
    targetSizeBytes: target,
  });
  assertEquals(two.metrics.filesRemoved, 2);
  assertEquals(two.metrics.filesAdded, 1);
});

Deno.test("optimize() takes its target from delta.targetFileSize, else 100 MiB", async () => {
  const parameter = async (properties: Record<string, string>) => {
    const table = await maintainedTable({ properties });
    await table.append(rowsOf(0, 2));
    await table.append(rowsOf(2, 4));
    const { version } = await optimize(table.context, await table.load());
    const [first] = await commitAt(table, version);
    assert("commitInfo" in first!);
    return first.commitInfo.operationParameters?.targetSize;
  };
  assertEquals(await parameter({}), "104857600");
  assertEquals(await parameter({ "delta.targetFileSize": "1mb" }), "1048576");
});

Deno.test("optimize() works on the partitions of a condition, and refuses any other condition", async () => {
  const table = await maintainedTable({ partitioned: true });
  for (let i = 0; i < 2; i++) {
    await table.append([...rowsOf(i, i + 1, "a"), ...rowsOf(i, i + 1, null)]);
  }
  const base = await table.load();
  for (
    const where of [col("id").gt(1), and(col("p").eq("a"), col("v").eq("x"))]
  ) {
    await assertRejects(
      () => optimize(table.context, base, { where }),
      DeltaError,
      "partition columns p alone",
    );
  }
  const where = col("p").isNull();
  const result = await optimize(table.context, base, { where });
  assertEquals(result.metrics.filesRemoved, 2);
  assertEquals((await table.files()).length, 3);
  assertEquals(
    (await table.files()).filter((f) => f.partitionValues.p === null).length,
    1,
  );
});

Deno.test("optimize() refuses options it does not have and sizes that are none", async () => {
  const table = await maintainedTable();
  const base = await table.load();
  for (
    const options of [
      { targetSizeBytes: 0 },
      { targetSizeBytes: NaN },
      { zOrderBy: [] },
      { maxFileSize: 3 } as never,
    ]
  ) {
    await assertRejects(
      () => optimize(table.context, base, options),
      DeltaError,
      "DELTA_INVALID_ARGUMENT",
    );
  }
});

const FILE = columns(column("id", "long"));

/** A table of one file of 100 rows and one of 10, some rows of the first deleted. */
const worn = (deleted: readonly number[]) =>
  buildTable({
    schema: FILE,
    files: [
      {
        path: "big.parquet",
        schema: FILE,
        rows: Array.from({ length: 100 }, (_, i) => ({ id: BigInt(i) })),
        deleted: [...deleted],
      },
    ],
  });

Deno.test("optimize() rewrites a file of whose rows more than a twentieth are deleted", async () => {
  const few = await worn([1, 2, 3, 4, 5]);
  const left = await optimize(few.context, few.snapshot);
  assertEquals(left.outcome, "nothing-to-do");
  const many = await worn([1, 2, 3, 4, 5, 99]);
  const done = await optimize(many.context, many.snapshot);
  assertEquals(done.metrics.filesRemoved, 1);
  assertEquals(done.metrics.rows, 94);
  const [file] = [...eachFile(await done.snapshot.files())];
  assertEquals(file!.deletionVector, undefined);
  assert(file!.stats!.includes('"numRecords":94'));
});

Deno.test("optimize() removes a file whose rows are all deleted, and adds none for it", async () => {
  const built = await worn(Array.from({ length: 100 }, (_, i) => i));
  const done = await optimize(built.context, built.snapshot);
  assertEquals(done.metrics.filesAdded, 0);
  assertEquals(done.metrics.filesRemoved, 1);
  assertEquals((await done.snapshot.files()).count, 0);
});

Deno.test("optimize() refuses by name what a rewrite would break", async () => {
  const table = await maintainedTable({
    properties: { "delta.enableRowTracking": "true" },
  });
  await table.append(rowsOf(0, 1));
  await table.append(rowsOf(1, 2));
  const base = await table.load();
  const { [ROW_ID_COLUMN_KEY]: _, ...configuration } =
    base.metadata.configuration;
  const broken = { ...base, metadata: { ...base.metadata, configuration } };
  await assertRejects(
    () => optimize(table.context, broken),
    DeltaError,
    "rowTracking",
  );
});

Deno.test("optimize() takes no tag and no clusteringProvider along: they tell of the files that go", async () => {
  const table = await maintainedTable();
  await table.append(rowsOf(0, 1));
  await table.append(rowsOf(1, 2));
  const base = await table.load();
  const tagged = new Transaction(table.context, base, { operation: "WRITE" });
  for (const file of await table.files()) {
    tagged.add({
      ...file,
      dataChange: false,
      tags: { INSERTION_TIME: "1", ZCUBE_ID: "z" },
      clusteringProvider: "liquid",
    });
  }
  await tagged.commit();
  const done = await optimize(table.context, await table.load());
  assertEquals(done.metrics.filesRemoved, 2);
  const [file] = await table.files();
  assertEquals([file!.tags, file!.clusteringProvider], [undefined, undefined]);
});

Deno.test("optimize() may run on an append-only table", async () => {
  const table = await maintainedTable({
    properties: { "delta.appendOnly": "true" },
  });
  await table.append(rowsOf(0, 1));
  await table.append(rowsOf(1, 2));
  const done = await optimize(table.context, await table.load());
  assertEquals(done.metrics.filesRemoved, 2);
  assertEquals(await table.ids(), [0, 1]);
});

Deno.test("optimize() puts rows in Z-order, so that files cover small parts of each column", async () => {
  const table = await maintainedTable();
  // A grid of 64 by 64, shuffled over many files.
  const grid = Array.from({ length: 4096 }, (_, i) => (i * 2731) % 4096);
  for (let at = 0; at < grid.length; at += 1024) {
    await table.append(
      grid.slice(at, at + 1024).map((i) => ({
        id: i % 64,
        p: `${Math.floor(i / 64)}`.padStart(2, "0"),
        v: `${i}`,
      })),
    );
  }
  const before = await table.rows();
  const zOrderBy = ["id", "p"];
  const options = { zOrderBy, targetSizeBytes: 8_000 };
  const done = await optimize(table.context, await table.load(), options);
  assert(done.metrics.filesAdded >= 3, `${done.metrics.filesAdded} files`);
  assertEquals(await table.rows(), before);
  const widths = (await table.files()).map((file) => {
    const { minValues, maxValues } = JSON.parse(file.stats!) as Record<
      string,
      { id: number; p: string }
    >;
    return (maxValues!.id - minValues!.id + 1) *
      (Number(maxValues!.p) - Number(minValues!.p) + 1);
  });
  // Unordered, each of the n files covers the whole grid of 4096.
  const covered = widths.reduce((a, b) => a + b, 0) / widths.length;
  assert(covered < 4096 * 0.75, `a file covers ${covered} of 4096`);
  const again = await optimize(table.context, await table.load(), options);
  assertEquals(again.outcome, "nothing-to-do");
  await table.append(rowsOf(0, 1));
  const more = await optimize(table.context, await table.load(), options);
  assertEquals(more.outcome, "committed");
});

Deno.test("optimize() refuses columns that files are not skipped by", async () => {
  const table = await maintainedTable({
    partitioned: true,
    properties: { "delta.dataSkippingNumIndexedCols": "1" },
  });
  const base = await table.load();
  for (
    const [zOrderBy, why] of [
      [["nope"], "DELTA_COLUMN_NOT_FOUND"],
      [["p"], "partitioned by it"],
      [["v"], "first 1 columns"],
      [["id", "ID"], "named twice"],
    ] as const
  ) {
    await assertRejects(
      () => optimize(table.context, base, { zOrderBy }),
      DeltaError,
      why,
    );
  }
});

// ---- races, staged by states that were held --------------------------------------

async function twoFiles(): Promise<MaintainedTable> {
  const table = await maintainedTable({ partitioned: true });
  await table.append(rowsOf(0, 2, "a"));
  await table.append(rowsOf(2, 4, "a"));
  return table;
}

Deno.test("optimize() behind an append commits, and the append stays (B2)", async () => {
  const table = await twoFiles();
  const held = await table.load();
  await table.append(rowsOf(4, 6, "a"));
  const done = await optimize(table.context, held);
  assertEquals(done.version, 4);
  assertEquals(done.readVersion, 2);
  assertEquals(await table.ids(), [0, 1, 2, 3, 4, 5]);
});

Deno.test("an append behind optimize() commits (B2, the other order)", async () => {
  const table = await twoFiles();
  const held = await table.load();
  await optimize(table.context, held);
  await table.append(rowsOf(4, 6, "a"), held);
  assertEquals(await table.ids(), [0, 1, 2, 3, 4, 5]);
});

Deno.test("optimize() behind optimize() is refused, and no row is doubled (B3)", async () => {
  const table = await twoFiles();
  const held = await table.load();
  await optimize(table.context, held);
  const objects = await table.objects();
  const error = await assertRejects(
    () => optimize(table.context, held),
    DeltaError,
  );
  assert(/CONCURRENT_DELETE_(READ|DELETE)/.test(error.message), error.message);
  assertEquals(await table.ids(), [0, 1, 2, 3]);
  assertEquals((await table.objects()).length, objects.length);
});

/** Commits the removal of the files of a partition. */
async function deletePartition(table: MaintainedTable, p: string) {
  const base = await table.load();
  const transaction = new Transaction(table.context, base, {
    operation: "DELETE",
  });
  for (const file of await table.files()) {
    if (file.partitionValues.p !== p) continue;
    transaction.readFile(file.path);
    transaction.remove(removeOf(file, table.host.now()));
  }
  await transaction.commit();
}

Deno.test("optimize() behind a delete elsewhere commits, behind one of its files it is refused (B5)", async () => {
  const table = await twoFiles();
  await table.append(rowsOf(10, 12, "b"));
  const held = await table.load();
  await deletePartition(table, "b");
  const done = await optimize(table.context, held);
  assertEquals(done.committed, true);
  assertEquals(await table.ids(), [0, 1, 2, 3]);
  await table.append(rowsOf(4, 5, "a"));
  const stale = await table.load();
  await deletePartition(table, "a");
  await assertRejects(
    () => optimize(table.context, stale),
    DeltaError,
    "CONCURRENT_DELETE",
  );
  assertEquals(await table.ids(), []);
});

Deno.test("optimize() deletes what it wrote when a file cannot be read", async () => {
  const table = await maintainedTable({ partitioned: true });
  for (let i = 0; i < 2; i++) {
    await table.append([...rowsOf(i, i + 1, "a"), ...rowsOf(i, i + 1, "b")]);
  }
  const gone = (await table.files()).find((f) => f.partitionValues.p === "b")!;
  await table.store.delete([gone.path]);
  const before = await table.objects();
  const base = await table.load();
  await assertRejects(
    () => optimize(table.context, base),
    DeltaError,
    "DELTA_FILE_NOT_FOUND",
  );
  assertEquals(await table.objects(), before);
  assertEquals((await table.load()).version, base.version);
});

Deno.test("optimize() keeps the deletion vector of a removed file in its tombstone", async () => {
  const table = await maintainedTable({
    properties: { "delta.enableDeletionVectors": "true" },
  });
  await table.append(rowsOf(0, 4));
  const [file] = await table.files() as [AddFile];
  const deletionVector = inlineDeletionVector(RowSet.of([0, 1]));
  const transaction = new Transaction(table.context, await table.load(), {
    operation: "DELETE",
  });
  transaction.remove(removeOf(file, table.host.now()));
  transaction.add({ ...file, deletionVector });
  await transaction.commit();
  const done = await optimize(table.context, await table.load());
  assertEquals(await table.ids(), [2, 3]);
  const removed = (await commitAt(table, done.version)).find((a) =>
    "remove" in a
  );
  assert(removed && "remove" in removed);
  assertEquals(removed.remove.deletionVector, deletionVector);
  table.advance(DAY);
  assertEquals(await table.ids(1), [0, 1, 2, 3]);
});
