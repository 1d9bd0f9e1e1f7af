import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  DAY,
  HOUR,
  type MaintainedTable,
  maintainedTable,
  passThrough,
  rowsOf,
} from "../../testing/maintained_table.ts";
import type { AddFile } from "../actions/action.ts";
import { formatCommit } from "../actions/commit_codec.ts";
import { decodePath } from "../actions/file_key.ts";
import { Transaction } from "../commit/transaction.ts";
import { deletionVectorName, deletionVectorPath } from "../data/data_path.ts";
import { formatDeletionVectorFile } from "../data/deletion_vector.ts";
import { RowSet } from "../data/roaring.ts";
import { DeltaError } from "../errors.ts";
import { commitPath } from "../log/log_path.ts";
import { loadSnapshot } from "../snapshot/load_snapshot.ts";
import { memoryStore } from "../store/memory_store.ts";
import type { ObjectStore } from "../store/object_store.ts";
import { contextOf } from "../store/table_context.ts";
import { createTable } from "./create.ts";
import { optimize } from "./optimize.ts";
import { removeOf } from "./shared/removes.ts";
import { restore } from "./restore.ts";
import { vacuum, type VacuumOptions } from "./vacuum.ts";

const REAL = { dryRun: false } as const;

/** A table of three overwrites, a day apart, the last one two days ago. */
async function overwritten(): Promise<MaintainedTable> {
  const table = await maintainedTable();
  await table.append(rowsOf(0, 3));
  table.advance(DAY);
  await table.overwrite(rowsOf(3, 5));
  table.advance(DAY);
  await table.overwrite(rowsOf(5, 9));
  table.advance(2 * DAY);
  return table;
}

const run = async (table: MaintainedTable, options: VacuumOptions = REAL) =>
  await vacuum(table.context, await table.load(), options);

const pathAt = async (table: MaintainedTable, version: number) =>
  (await table.files(version)).map((file) => decodePath(file.path));

/** What was deleted since the trace was reset, without the clock's scratch object. */
const deletions = ({ store }: MaintainedTable) =>
  store.calls.filter((call) => call.name === "delete")
    .flatMap((call) => call.paths)
    .filter((path) => !path.startsWith("_delta_log/.litmus-clock-")).sort();

Deno.test("vacuum() only tells what it would delete, unless it is told to", async () => {
  const table = await overwritten();
  table.advance(4 * DAY + HOUR);
  table.store.reset();
  const base = await table.load();
  const dry = await vacuum(table.context, base);
  assertEquals(dry.outcome, "dry-run");
  assertEquals(dry.files, await pathAt(table, 1));
  assertEquals(deletions(table), []);
  assertEquals(table.store.counts().put, 0);
  const real = await vacuum(table.context, base, REAL);
  assertEquals(real.outcome, "deleted");
  assertEquals(real.files, dry.files);
  assertEquals(deletions(table), dry.files);
  assertEquals(real.metrics.files, 1);
  assert(real.metrics.bytes > 0);
});

Deno.test("vacuum() keeps what versions within retention need, and makes no version", async () => {
  const table = await overwritten();
  const [first] = await pathAt(table, 1) as [string];
  const [second] = await pathAt(table, 2) as [string];
  // The first file was removed three days ago, the second one two.
  assertEquals((await run(table)).outcome, "nothing-to-do");
  table.advance(4 * DAY + HOUR);
  assertEquals((await run(table)).files, [first]);
  assertEquals(await table.ids(2), [3, 4]);
  assertEquals(await table.ids(3), [5, 6, 7, 8]);
  await assertRejects(() => table.ids(1), DeltaError, "DELTA_FILE_NOT_FOUND");
  table.advance(DAY);
  assertEquals((await run(table)).files, [second]);
  assertEquals(await table.ids(), [5, 6, 7, 8]);
  assertEquals((await table.load()).version, 3);
});

Deno.test("vacuum() refuses a retention below the table's, unless it is not to be enforced", async () => {
  const table = await overwritten();
  table.store.reset();
  const error = await assertRejects(
    () => run(table, { ...REAL, retentionHours: 47 }),
    DeltaError,
    "DELTA_INVALID_ARGUMENT",
  );
  assert(error.message.includes("168 hours"), error.message);
  assertEquals(deletions(table), []);
  const gone = await run(table, {
    ...REAL,
    retentionHours: 60,
    enforceRetention: false,
  });
  assertEquals(gone.files, await pathAt(table, 1));
  for (const retentionHours of [-1, NaN, Infinity]) {
    await assertRejects(
      () => run(table, { retentionHours, enforceRetention: false }),
      DeltaError,
      "DELTA_INVALID_ARGUMENT",
    );
  }
  await assertRejects(
    () => run(table, { mode: "half" } as never),
    DeltaError,
    "no mode half",
  );
  const longer = await maintainedTable({
    properties: { "delta.deletedFileRetentionDuration": "interval 30 days" },
  });
  await assertRejects(
    () => run(longer, { ...REAL, retentionHours: 168 }),
    DeltaError,
    "720 hours",
  );
});

Deno.test("vacuum() keeps the file of an append whose commit is under way (D7)", async () => {
  let hold: (() => Promise<void>) | undefined;
  const wrap = (inner: ObjectStore): ObjectStore => ({
    ...passThrough(inner),
    putIfAbsent: async (path, bytes, options) => {
      const held = hold;
      hold = undefined;
      await held?.();
      return await inner.putIfAbsent(path, bytes, options);
    },
  });
  for (const mode of ["full", "lite"] as const) {
    const table = await maintainedTable({ wrap });
    await table.append(rowsOf(0, 1));
    table.advance(30 * DAY);
    let seen: readonly string[] = ["never"];
    hold = async () => {
      table.advance(HOUR);
      const state = await loadSnapshot(table.context);
      seen = (await vacuum(table.context, state, { ...REAL, mode })).files;
    };
    await table.append(rowsOf(1, 2));
    assertEquals(seen, []);
    assertEquals(await table.ids(), [0, 1]);
  }
});

const VALUES = [
  "a b",
  "x:y",
  "50%",
  "100%25",
  "~t",
  "s/l",
  "ü→日本",
  "a=b",
  "_hidden",
  ".dot",
  "q?#[]",
  "+&'\"",
  null,
];

Deno.test("vacuum() tells files in encoded folders apart, whatever the partition value (D8)", async () => {
  for (const mode of ["full", "lite"] as const) {
    const table = await maintainedTable({ partitioned: true });
    const rows = VALUES.map((p, id) => ({ id, p, v: "" }));
    await table.append(rows);
    const old = (await pathAt(table, 1)).sort();
    await table.overwrite(rows.map((row) => ({ ...row, v: "new" })));
    const live = (await pathAt(table, 2)).sort();
    assertEquals((await table.objects()).length, 2 * VALUES.length);
    table.advance(8 * DAY);
    const done = await run(table, { ...REAL, mode });
    assertEquals([...done.files].sort(), old);
    assertEquals(await table.objects(), live.sort());
    assertEquals((await table.ids()).length, VALUES.length);
  }
});

Deno.test("vacuum() refuses when the clock here is far ahead of the store's (D9)", async () => {
  const table = await overwritten();
  const before = await table.objects();
  for (const skew of [30 * DAY, -30 * DAY]) {
    table.host.advance(skew);
    table.store.reset();
    await assertRejects(
      () => run(table),
      DeltaError,
      "DELTA_UNSUPPORTED_OPERATION",
    );
    assertEquals(deletions(table), []);
    table.host.advance(-skew);
  }
  // Within a day the earlier clock counts.
  table.advance(5 * DAY - HOUR);
  table.host.advance(DAY - HOUR);
  assertEquals((await run(table)).files, await pathAt(table, 1));
  assertEquals((await table.objects()).length, before.length - 1);
});

Deno.test("vacuum() keeps a file that a writer with a slow clock removed (D9)", async () => {
  const table = await maintainedTable();
  await table.append(rowsOf(0, 3));
  table.advance(40 * DAY);
  table.host.advance(-30 * DAY);
  await table.overwrite(rowsOf(3, 5));
  table.host.advance(30 * DAY);
  for (const mode of ["full", "lite"] as const) {
    assertEquals((await run(table, { ...REAL, mode })).files, []);
  }
  assertEquals(await table.ids(1), [0, 1, 2]);
  table.advance(8 * DAY);
  assertEquals((await run(table)).files, await pathAt(table, 1));
});

Deno.test("vacuum() leaves the log, hidden files and other tables alone", async () => {
  const table = await maintainedTable({ partitioned: true });
  await table.append(rowsOf(0, 1, "a"));
  const put = (path: string) => table.store.put(path, new Uint8Array([1]));
  const kept = [
    "_delta_log/_staged/x.parquet",
    "_delta_log/00000000000000000000.crc",
    "_spark_metadata/0",
    ".hidden/x",
    "p=a/.part.crc",
    "p=a/_temporary/x",
    "inner/_delta_log/00000000000000000000.json",
    "inner/part-0.parquet",
    "folder/",
  ];
  const gone = [
    "orphan.parquet",
    "p=a/orphan.parquet",
    "deletion_vector_x.bin",
    "_change_data/cdc-1.parquet",
    "_change_data/p=a/cdc-2.parquet",
    "inner2/x.parquet",
  ];
  for (const path of [...kept, ...gone]) {
    if (path.endsWith("/")) continue;
    await put(path);
  }
  assertEquals((await run(table)).files, []);
  table.advance(8 * DAY);
  assertEquals((await run(table, { ...REAL, mode: "lite" })).files, []);
  assertEquals((await run(table)).files, gone.sort());
  const left = await Array.fromAsync(table.store.list(""), (o) => o.path);
  for (const path of kept.filter((p) => !p.endsWith("/"))) {
    assert(left.includes(path), path);
  }
  assertEquals(await table.ids(), [0]);
});

Deno.test("vacuum() looks into folders of a partition column with an underscore", async () => {
  const store = memoryStore();
  const host = { ...contextOf(store).host };
  let now = 1_700_000_000_000;
  host.now = () => now;
  const clocked = memoryStore(undefined, host);
  const context = contextOf(clocked, { host });
  const { snapshot } = await createTable(context, {
    schema: {
      kind: "struct",
      fields: [
        { name: "_p", type: { kind: "long" }, nullable: true, metadata: {} },
        { name: "x", type: { kind: "long" }, nullable: true, metadata: {} },
      ],
    },
    partitionBy: ["_p"],
  });
  await clocked.put("_p=1/orphan.parquet", new Uint8Array(1));
  await clocked.put("_q=1/x.parquet", new Uint8Array(1));
  now += 8 * DAY;
  const { files } = await vacuum(context, snapshot, REAL);
  assertEquals(files, ["_p=1/orphan.parquet"]);
});

Deno.test("vacuum() in lite mode deletes what the log removed and nothing else", async () => {
  const table = await overwritten();
  await table.store.put("orphan.parquet", new Uint8Array([1]));
  table.advance(8 * DAY);
  table.store.reset();
  const done = await run(table, { ...REAL, mode: "lite" });
  const old = [...await pathAt(table, 1), ...await pathAt(table, 2)].sort();
  assertEquals(done.files, old);
  assertEquals(deletions(table), old);
  assertEquals(
    table.store.calls.filter((c) => c.name === "list" && c.path === "").length,
    0,
  );
  const again = await run(table, { ...REAL, mode: "lite" });
  assertEquals(again.outcome, "nothing-to-do");
  assertEquals((await run(table)).files, ["orphan.parquet"]);
});

/** Puts a deletion vector file, and commits it on the only file of the table. */
async function deleteRows(table: MaintainedTable, rows: readonly number[]) {
  const [file] = await table.files() as [AddFile];
  const uuid = table.host.uuid();
  const made = formatDeletionVectorFile([RowSet.of([...rows])]);
  const path = deletionVectorPath("ab", uuid);
  await table.store.put(path, made.bytes);
  const transaction = new Transaction(table.context, await table.load(), {
    operation: "DELETE",
  });
  transaction.remove(removeOf(file, table.host.now()));
  transaction.add({
    ...file,
    deletionVector: {
      storageType: "u",
      pathOrInlineDv: deletionVectorName("ab", uuid),
      ...made.entries[0]!,
    },
  });
  await transaction.commit();
  return path;
}

Deno.test("vacuum() keeps deletion vectors while a version in retention has them", async () => {
  for (const mode of ["full", "lite"] as const) {
    const table = await maintainedTable({
      properties: { "delta.enableDeletionVectors": "true" },
    });
    await table.append(rowsOf(0, 5));
    table.advance(DAY);
    const first = await deleteRows(table, [0]);
    table.advance(DAY);
    const second = await deleteRows(table, [0, 1]);
    table.advance(7 * DAY - HOUR);
    assertEquals((await run(table, { ...REAL, mode })).files, []);
    assertEquals(await table.ids(2), [1, 2, 3, 4]);
    table.advance(2 * HOUR);
    assertEquals((await run(table, { ...REAL, mode })).files, [first]);
    assertEquals(await table.ids(), [2, 3, 4]);
    assert((await table.objects()).includes(second));
    // The data file itself is live, whatever its tombstones say.
    assert((await pathAt(table, 1)).every((p) => p !== first));
  }
});

Deno.test("vacuum() keeps files that are named by an absolute URI", async () => {
  let now = 1_700_000_000_000;
  const { host: machine } = contextOf(memoryStore());
  const host = { ...machine, now: () => now };
  const store = memoryStore("vacuum-absolute/a b", host);
  const context = contextOf(store, { host });
  const schema = {
    kind: "struct",
    fields: [{
      name: "x",
      type: { kind: "long" },
      nullable: true,
      metadata: {},
    }],
  } as const;
  const { snapshot } = await createTable(context, { schema });
  await store.put("live.parquet", new Uint8Array(4));
  await store.put("dead.parquet", new Uint8Array(4));
  const transaction = new Transaction(context, snapshot);
  transaction.add({
    path: "memory://vacuum-absolute/a%20b/live.parquet",
    partitionValues: {},
    size: 4,
    modificationTime: now,
    dataChange: true,
  });
  const result = await transaction.commit();
  now += 8 * DAY;
  const { files } = await vacuum(context, result.snapshot, REAL);
  assertEquals(files, ["dead.parquet"]);
});

/** Vacuums while a restore takes an expired file back, after the read of a number. */
async function vacuumWithRestore(at: number) {
  let reads = -Infinity;
  let between: (() => Promise<void>) | undefined;
  const tick = async (): Promise<void> => {
    if (++reads !== at) return;
    const act = between;
    between = undefined;
    await act?.();
  };
  const table = await maintainedTable({
    wrap: (inner) => ({
      ...passThrough(inner),
      get: async (path, options) => {
        const found = await inner.get(path, options);
        await tick();
        return found;
      },
      async *list(prefix, options) {
        yield* inner.list(prefix, options);
        await tick();
      },
    }),
  });
  await table.append(rowsOf(0, 3));
  await table.overwrite(rowsOf(3, 4));
  table.advance(8 * DAY);
  const base = await table.load();
  between = async () => {
    const undone = await loadSnapshot(table.context);
    await restore(table.context, undone, { version: 1 });
  };
  reads = 0;
  const done = await vacuum(table.context, base, REAL);
  return { table, done, reads };
}

Deno.test("vacuum() lets a commit that comes in between keep its files", async () => {
  const alone = await vacuumWithRestore(Infinity);
  assertEquals(alone.done.files.length, 1);
  // Behind the last look at the log nothing is between it and the deletion.
  assert(alone.reads > 8);
  for (let at = 1; at < alone.reads; at++) {
    const { table, done } = await vacuumWithRestore(at);
    assertEquals(done.files, [], `read ${at}`);
    assertEquals(await table.ids(), [0, 1, 2], `read ${at}`);
  }
});

Deno.test("vacuum() checks that it may write the table", async () => {
  const table = await overwritten();
  const { version } = await table.load();
  await table.store.put(
    commitPath(version + 1),
    formatCommit([{
      protocol: {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: ["vacuumProtocolCheck"],
        writerFeatures: ["vacuumProtocolCheck", "somethingNew"],
      },
    }]),
  );
  table.advance(8 * DAY);
  table.store.reset();
  const base = await table.load(version);
  for (const mode of ["full", "lite"] as const) {
    await assertRejects(
      () => vacuum(table.context, base, { ...REAL, mode }),
      DeltaError,
      "somethingNew",
    );
  }
  assertEquals(deletions(table), []);
});

Deno.test("vacuum() leaves every version in retention as it was, over optimizes and checkpoints", async () => {
  const table = await maintainedTable({
    properties: { "delta.checkpointInterval": "3" },
  });
  for (let i = 0; i < 8; i++) {
    await table.append(rowsOf(i, i + 1));
    table.advance(DAY);
    await optimize(table.context, await table.load());
    table.advance(DAY);
  }
  const before = await table.hashes();
  const { version } = await table.load();
  const done = await run(table);
  assert(done.files.length > 0);
  let readable = 0;
  for (let v = version; v >= 0; v--) {
    try {
      const ids = await table.ids(v);
      assertEquals(ids.length, new Set(ids).size);
      readable++;
    } catch (error) {
      assert(error instanceof DeltaError);
      assertEquals(error.code, "DELTA_FILE_NOT_FOUND");
      break;
    }
  }
  assert(readable >= 7 && readable < before.length, `${readable} readable`);
});
